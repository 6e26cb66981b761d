"""Courtside measured beside its peers: `python -m tests.benchmarks [NAME ...]`."""
