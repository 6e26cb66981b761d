"""Seconds until a hub with 1,000,000 events in its log answers, beside a bare read of the same rows.

A hundred tournaments of 91 matches with 10,000 entries each: the evenings of some years in one folder. The
log is made once a run, by the real ledger, and its snapshots are stored as a hub stores them when it is
stopped. The peer is a process that reads every row of the log, and does nothing with them.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from time import perf_counter

from core.domain.commands import AddScore, CreateTournament
from core.domain.ids import Epoch
from core.hub.judging.ledger import Ledger, Ruling
from core.hub.log.sqlite_log import SqliteLog
from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures, note
from tests.benchmarks.servers import courtside, running
from tests.support.tournaments import NOON, entry, league

TOURNAMENTS = 100
ENTRIES = 10_000
"""A tournament; each makes an event, and the first one of a match another."""
COPIED = ("events", "answers", "tournaments", "epochs")
READ = """
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT data FROM events")
print(sum(1 for _ in rows))
"""


@cache
def folder() -> Path:
    """Return a data folder whose hub has the log; it is removed when this process ends."""
    made = tempfile.TemporaryDirectory(prefix="courtside-startup-")
    _kept.append(made)
    path = Path(made.name) / "hub" / "log.sqlite3"
    path.parent.mkdir()
    began = perf_counter()
    with closing(SqliteLog(path)) as log:
        _one(log)
    _multiply(path)
    wrote = perf_counter()
    with closing(SqliteLog(path)) as log:
        states = [kept.state for kept in log.read().tournaments]
        folded = perf_counter()
        log.store(states, 1)
    events = sum(state.position.seq for state in states)
    note(
        f"{events:,} events written in {wrote - began:.0f} s, folded without snapshots in"
        f" {folded - wrote:.1f} s, snapshots stored in {perf_counter() - folded:.1f} s"
    )
    return Path(made.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _one(log: SqliteLog) -> None:
    """Write one tournament."""
    plan = league(14)
    ledger = Ledger(lambda: Epoch("e1"))
    rulings: list[Ruling] = []

    def submit(number: int, command: AddScore | CreateTournament) -> None:
        made = entry(plan.id, command, id=f"{plan.id}-{number:025d}")
        judged = ledger.submit(made, NOON + timedelta(seconds=number))
        assert isinstance(judged, Ruling)
        rulings.append(judged)

    submit(0, CreateTournament(plan))
    for number in range(1, ENTRIES + 1):
        fixture = plan.fixtures[number % len(plan.fixtures)]
        side = fixture.home if number % 3 else fixture.away
        assert side.team is not None
        submit(number, AddScore(fixture.id, side.team, 1))
    log.commit(rulings)


def _multiply(path: Path) -> None:
    """Write the other tournaments: the same, under other names."""
    with closing(sqlite3.connect(path)) as db, db:
        for table in COPIED:
            rows = db.execute(f"SELECT * FROM {table}").fetchall()
            marks = ", ".join("?" * len(rows[0]))
            for number in range(1, TOURNAMENTS):
                name = f"league{number:02d}"
                db.executemany(
                    f"INSERT INTO {table} VALUES ({marks})",
                    (
                        [cell.replace("league", name) if isinstance(cell, str) else cell for cell in row]
                        for row in rows
                    ),
                )


def run_courtside() -> Figures:
    """Start a hub on a copy of the folder, as it was when it stopped."""
    with tempfile.TemporaryDirectory(prefix="courtside-startup-") as data:
        shutil.copytree(folder() / "hub", Path(data) / "hub")
        began = perf_counter()
        command = [courtside(), "hub", "--host", "127.0.0.1", "--port", "0", "--data", data, "--json"]
        with running(command) as line:
            took = perf_counter() - began
            assert json.loads(line)["event"] == "ready"
            hub = json.loads((Path(data) / "hub" / "hub.json").read_text())
            resident = subprocess.check_output(["ps", "-o", "rss=", "-p", str(hub["pid"])])
        return {"seconds": took, "MiB resident": int(resident) / 1024}


def run_bare() -> Figures:
    """Read every row of the log in a process of its own."""
    command = [sys.executable, "-c", READ, str(folder() / "hub" / "log.sqlite3")]
    began = perf_counter()
    with running(command) as line:
        took = perf_counter() - began
        assert int(line) >= TOURNAMENTS * ENTRIES
        return {"seconds": took}


BENCHMARK = Benchmark(
    "startup",
    f"seconds from the start of a hub until it answers, {TOURNAMENTS * ENTRIES:,} events in its log, lower is"
    " better",
    (
        Contestant(OURS, ("courtside", "msgspec", "uvicorn"), run_courtside),
        Contestant("bare read of the rows", (), run_bare),
    ),
)
