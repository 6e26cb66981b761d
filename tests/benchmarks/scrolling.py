"""Moving through 2,000 matches: how long after a press the cursor stands a row further, at 120x40.

Each press moves one row down a list that is longer than the window, so the whole window is drawn anew. The
peer is a DataTable of as many rows, without a hub.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from functools import partial
from time import sleep

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures
from tests.benchmarks.crowd import COURTS, begin
from tests.benchmarks.paint import SETTLE, counted, figures, press_all
from tests.benchmarks.recorder import Recorder, recorded
from tests.benchmarks.servers import courtside, hub, port_of

MATCHES = 2000
BEFORE = 40
"""Rows moved before the first measured press: from there on every press scrolls."""


def run_courtside() -> Figures:
    """Measure the console's list of matches."""
    with hub() as url, tempfile.TemporaryDirectory() as folder:
        asyncio.run(begin(port_of(url), MATCHES))
        with recorded([courtside(), "--hub", url, "--data", folder], {}) as opened:
            opened.wait_for(f"All {MATCHES}")
            return scroll(opened)


def scroll(opened: Recorder) -> Figures:
    """Move down, and return from press to paint."""
    sleep(SETTLE)
    opened.press("j" * BEFORE)
    sleep(SETTLE)
    press_all(opened, "j")
    return figures(opened.latencies(partial(moved, BEFORE)), "scroll")


def moved(before: int, lines: list[str], presses: int) -> bool:
    """Tell whether the cursor is so many rows further: matches stand in the order of their courts."""
    for line in lines:
        if found := re.match(r">.*\bM(\d+)\b", line):
            number = int(found[1])
            return number % COURTS * (MATCHES // COURTS) + number // COURTS >= before + presses
    return False


def run_table() -> Figures:
    """Measure a DataTable of as many rows."""
    command = [sys.executable, "-m", "tests.benchmarks.peers.table_app", str(MATCHES), "0"]
    with recorded(command, {}) as opened:
        opened.wait_for("M000")
        sleep(SETTLE)
        opened.press("j" * BEFORE)
        sleep(SETTLE)
        press_all(opened, "j")
        shows = counted(r"at (\d+)")
        return figures(opened.latencies(lambda lines, presses: shows(lines, BEFORE + presses)), "scroll")


BENCHMARK = Benchmark(
    "scrolling",
    f"milliseconds from key to paint at 120x40 while moving through {MATCHES:,} matches, lower is better",
    (
        Contestant(OURS, ("courtside", "textual"), run_courtside),
        Contestant("DataTable board", ("textual",), run_table),
    ),
)
