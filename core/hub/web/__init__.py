"""The hub over HTTP: one table of routes, and who answers each."""
