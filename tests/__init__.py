"""Everything that proves Courtside: unit, sim, integration, tui, architecture, benchmarks."""
