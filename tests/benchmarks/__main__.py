"""The command: runs all benchmarks or the named ones and prints medians, ranges and ratios."""

from __future__ import annotations

import argparse
import sys

from tests.benchmarks import commands, delivery, fanout, memory, opening, paint, recovery, scrolling, startup
from tests.benchmarks.contest import as_json, contest, report

ALL = (
    *fanout.BENCHMARKS,
    *delivery.BENCHMARKS,
    commands.BENCHMARK,
    recovery.BENCHMARK,
    memory.BENCHMARK,
    startup.BENCHMARK,
    paint.BENCHMARK,
    scrolling.BENCHMARK,
    opening.BENCHMARK,
)
BENCHMARKS = {found.name: found for found in ALL}


def main() -> int:
    """Run what the command line names and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which: {', '.join(BENCHMARKS)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant runs (default 5)")
    parser.add_argument("--only", action="append", default=[], help="a contestant to run; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object a benchmark instead")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    for name in options.names or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        results = contest(benchmark, options.rounds, options.only)
        print((as_json if options.json else report)(benchmark, results), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
