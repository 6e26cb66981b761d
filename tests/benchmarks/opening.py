"""What the console costs before anybody presses a key: seconds to its first paint, and the processor at rest.

At 120x40, on a hub with 200 matches in which nothing happens. The peers are the least that Textual can do,
and a board of the same 200 rows in a DataTable: both start with everything at hand, no hub and no disk.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures
from tests.benchmarks.crowd import begin
from tests.benchmarks.recorder import Recorder, recorded
from tests.benchmarks.servers import courtside, hub, port_of

OPENINGS = 3
"""Starts a run; the median counts."""
SETTLE = 3.0
"""Seconds from the first paint until the program counts as at rest."""
REST = 6.0
"""Seconds at rest that are measured."""
PEERS = [sys.executable, "-m"]


def opened_in(command: list[str], shows: str) -> float:
    """Return the seconds from a program's start until its screen shows a pattern."""
    began = monotonic()
    with recorded(command, {}) as opened:
        opened.wait_for(shows)
        return opened.first_shown(shows) - began


def at_rest(opened: Recorder) -> float:
    """Return the share of one processor, in percent, that a program takes while nothing happens."""
    sleep(SETTLE)
    before, began = processor_seconds(opened.pid), monotonic()
    sleep(REST)
    return 100 * (processor_seconds(opened.pid) - before) / (monotonic() - began)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process, from Linux' table of processes."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(command: list[str], shows: str) -> Figures:
    """Return the figures of one program."""
    openings = sorted(opened_in(command, shows) for _ in range(OPENINGS))
    with recorded(command, {}) as opened:
        opened.wait_for(shows)
        rest = at_rest(opened)
    return {"first paint ms": 1000 * openings[OPENINGS // 2], "at rest %": rest}


def run_courtside() -> Figures:
    """Measure the console."""
    with hub() as url, tempfile.TemporaryDirectory() as folder:
        asyncio.run(begin(port_of(url)))
        return measure([courtside(), "--hub", url, "--data", folder], "COURTSIDE")


def run_empty() -> Figures:
    """Measure an app with one line."""
    return measure([*PEERS, "tests.benchmarks.peers.empty_app"], "pressed 0")


def run_table() -> Figures:
    """Measure a DataTable of as many matches."""
    return measure([*PEERS, "tests.benchmarks.peers.table_app"], "M000")


BENCHMARK = Benchmark(
    "opening",
    "milliseconds from the start to the first paint at 120x40, lower is better; and the processor at rest",
    (
        Contestant(OURS, ("courtside", "textual"), run_courtside),
        Contestant("empty Textual app", ("textual",), run_empty, aim=2.0),
        Contestant("DataTable board", ("textual",), run_table),
    ),
)
