"""From key to paint: how long after a press the console has written what it changed, at 120x40.

Courtside shows 200 matches while 500 events a second arrive from a hub process. One peer is the least that
Textual can do with a key and nothing else going on, so the difference is what Courtside adds; the other one
is a board of as many rows in Textual's own DataTable, which gets as many entries without a hub.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import tempfile
from statistics import median, quantiles
from threading import Event, Thread
from time import sleep

import uvloop

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures
from tests.benchmarks.crowd import COURTS, MATCHES, Device, begin, plan
from tests.benchmarks.recorder import Recorder, Shows, recorded
from tests.benchmarks.servers import courtside, hub, port_of

PRESSES = 60
RATE = 500
"""Entries a second from the others."""
BEAT = 0.05
"""Seconds between two frames of entries."""
SETTLE = 2.0
"""Seconds under load before the first press."""


def press_all(opened: Recorder, key: str, seed: int = 1) -> None:
    """Press a key again and again at uneven moments, so that no frame clock is met or missed each time."""
    moments = random.Random(seed)
    for _ in range(PRESSES):
        opened.press(key, measured=True)
        sleep(moments.uniform(0.2, 0.3))
    sleep(1.0)


def figures(seconds: list[float], name: str) -> Figures:
    """Return the 95th percentile and the median in milliseconds."""
    in_ms = [1000 * value for value in seconds]
    return {f"{name} p95 ms": quantiles(in_ms, n=20)[-1], f"{name} p50 ms": median(in_ms)}


def run_empty() -> Figures:
    """Measure an app with one line and one key."""
    with recorded([sys.executable, "-m", "tests.benchmarks.peers.empty_app"], {}) as opened:
        opened.wait_for("pressed 0")
        press_all(opened, "l")
        return figures(opened.latencies(counted(r"pressed (\d+)")), "key to paint")


def run_table() -> Figures:
    """Measure a DataTable of as many matches and entries."""
    command = [sys.executable, "-m", "tests.benchmarks.peers.table_app", str(MATCHES), str(RATE)]
    with recorded(command, {}) as opened:
        opened.wait_for("M000")
        sleep(SETTLE)
        press_all(opened, "l")
        scored = figures(opened.latencies(counted(r"pressed (\d+)")), "score")
        opened.presses.clear()
        press_all(opened, "j")
        return {**scored, **figures(opened.latencies(counted(r"at (\d+)")), "move")}


def counted(pattern: str) -> Shows:
    """Return what finds a number on the screen that each press raises by one."""

    def shows(lines: list[str], presses: int) -> bool:
        return any(int(found[1]) >= presses for line in lines for found in re.finditer(pattern, line))

    return shows


def run_courtside() -> Figures:
    """Measure the console among 200 matches and 500 events a second of others."""
    with hub() as url, tempfile.TemporaryDirectory() as folder:
        stop, scoring = Event(), Event()
        others = Thread(target=lambda: uvloop.run(score_steadily(port_of(url), stop, scoring)))
        others.start()
        try:
            if not scoring.wait(30):
                raise RuntimeError("the others never began to score")
            command = [courtside(), "--hub", url, "--data", folder]
            with recorded(command, {}) as opened:
                return measure_console(opened)
        finally:
            stop.set()
            others.join()


def measure_console(opened: Recorder) -> Figures:
    """Score the one match that nobody else scores, then move through the list that they keep changing."""
    opened.wait_for("LIVE")
    opened.press("/")
    opened.wait_for("team, court or match")
    opened.press("m000")
    opened.wait_for(r"(?m)^>.*M000")
    # The first Enter leaves the filter's field, the second opens the match.
    opened.press("\r")
    sleep(SETTLE)
    opened.press("\r")
    opened.wait_for("ENTRY")
    sleep(SETTLE)
    press_all(opened, "l")
    scored = figures(opened.latencies(counted(r"\b0\s?-\s?(\d+)\b")), "score")
    opened.presses.clear()
    opened.press("\x1b")
    opened.wait_for(r"(?m)^>.*M000")
    opened.press("\x1b")
    opened.wait_for(r"(?m)^\W.*M199|^\W.*M001")
    sleep(SETTLE)
    press_all(opened, "j")
    return {**scored, **figures(opened.latencies(moved), "move")}


def moved(lines: list[str], presses: int) -> bool:
    """Tell whether the cursor is so many matches down the list, which is in the order of the courts."""
    for line in lines:
        if found := re.match(r">.*\bM(\d{3})\b", line):
            number = int(found[1])
            return number % COURTS * (MATCHES // COURTS) + number // COURTS >= presses
    return False


async def score_steadily(port: int, stop: Event, scoring: Event) -> None:
    """Create the tournament and score all matches but the first until told to stop."""
    await begin(port)
    others = Device("others", plan().fixtures[1:])
    await others.open(port)
    loop = asyncio.get_running_loop()
    due = loop.time()
    while not stop.is_set():
        others.score(round(RATE * BEAT))
        scoring.set()
        due += BEAT
        await asyncio.sleep(max(0.0, due - loop.time()))
    await others.settled()
    others.close()


BENCHMARK = Benchmark(
    "paint",
    f"milliseconds from key to paint at 120x40, 200 matches, {RATE} events a second, lower is better",
    (
        Contestant(OURS, ("courtside", "textual"), run_courtside),
        Contestant("empty Textual app", ("textual",), run_empty),
        Contestant("DataTable board", ("textual",), run_table),
    ),
)
