"""Durable commands a second, and how long one waits for its confirmation.

First as fast as the scorers get their answers, then at half of that: how long an entry takes to its answer,
against a bare SQLite writer with `synchronous=FULL` that commits the same rows a second in batches of the
same size. A row of the bare writer waits from its moment of arrival until its batch is committed.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from statistics import quantiles
from time import monotonic, sleep

import httpx
import uvloop

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures
from tests.benchmarks.courtside_fanout import score, score_steadily
from tests.benchmarks.crowd import Device, begin, gather_scorers
from tests.benchmarks.servers import hub, port_of

WARM_UP = 1.0
"""Seconds before the counting begins."""
COUNTED = 5.0
"""Seconds of counting."""
WINDOW = 32
"""Unanswered entries of a scorer while the hub is saturated."""
ROW_BYTES = 600
"""About what the hub's log has for an entry: its event and its answer."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What Courtside wrote at half of its saturation."""

    rows_a_second: float
    batch: float
    """Entries a commit."""


_paces: list[Pace] = []
"""The newest last; the bare writer goes by it."""


def run_courtside() -> Figures:
    """Saturate a hub, then pace it."""
    with hub() as url:
        gc.collect()
        return uvloop.run(_courtside(port_of(url)))


async def _courtside(port: int) -> Figures:
    # Made before anything is timed: it reads certificates for a tenth of a second, while nobody scores.
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as pages:
        return await _timed(port, pages)


async def _timed(port: int, pages: httpx.AsyncClient) -> Figures:
    await begin(port)
    devices = await gather_scorers(port)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for device in devices:
            group.create_task(score(device, stop, WINDOW))
        await asyncio.sleep(WARM_UP)
        before, began = _answered(devices), monotonic()
        await asyncio.sleep(COUNTED)
        saturated = (_answered(devices) - before) / (monotonic() - began)
        stop.set()
    stop.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(score_steadily(devices, saturated / 2, stop))
        await asyncio.sleep(WARM_UP)
        rows, commits = await _written(pages)
        # What gathered while the page was read is over before anything counts.
        await asyncio.sleep(WARM_UP / 4)
        for device in devices:
            device.waits.clear()
        await asyncio.sleep(COUNTED)
        later_rows, later_commits = await _written(pages)
        stop.set()
    hundredths = quantiles([wait for device in devices for wait in device.waits], n=100)
    _paces.append(Pace(saturated / 2, (later_rows - rows) / (later_commits - commits)))
    for device in devices:
        device.close()
    return {
        "confirm p99 ms": 1000 * hundredths[98],
        "confirm p50 ms": 1000 * hundredths[49],
        "durable commands a second": saturated,
        "paced commands a second": saturated / 2,
        "commands a commit": _paces[-1].batch,
    }


def _answered(devices: list[Device]) -> int:
    return sum(device.outcomes.total() for device in devices)


async def _written(pages: httpx.AsyncClient) -> tuple[float, float]:
    """Return how many entries and commits a hub has made durable so far."""
    told = (await pages.get("/metrics")).text
    rows = re.search(r'commands_total{outcome="accepted"} (\d+)', told)
    commits = re.search(r"commit_seconds_count (\d+)", told)
    assert rows is not None
    assert commits is not None
    return float(rows[1]), float(commits[1])


def run_sqlite() -> Figures:
    """Write rows at Courtside's pace and in its batches, and nothing else."""
    if not _paces:
        run_courtside()
    pace = _paces[-1]
    batch = max(1, round(pace.batch))
    waits: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(f"{folder}/log.db")) as database,
    ):
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, content BLOB)")
        content, began, written = b"x" * ROW_BYTES, monotonic(), 0
        while (now := monotonic()) < began + WARM_UP + COUNTED:
            full_at = began + (written + batch) / pace.rows_a_second
            if now < full_at:
                sleep(full_at - now)
            rows = range(written, written + batch)
            with database:
                database.executemany(
                    "INSERT INTO log VALUES (?, ?, ?)", ((row, f"{row:036d}", content) for row in rows)
                )
            done = monotonic()
            if done > began + WARM_UP:
                waits += [done - (began + (row + 1) / pace.rows_a_second) for row in rows]
            written += batch
    hundredths = quantiles(waits, n=100)
    return {"confirm p99 ms": 1000 * hundredths[98], "confirm p50 ms": 1000 * hundredths[49]}


BENCHMARK = Benchmark(
    "commands",
    "milliseconds from entry to confirmation at half of saturation, lower is better; commands a second",
    (
        Contestant(OURS, ("courtside", "uvicorn", "uvloop", "msgspec"), run_courtside),
        Contestant("sqlite FULL", (), run_sqlite, aim=4, at_most=True),
    ),
)
