"""The check-up of a data folder: its disk and what this device has entered, looked at without a change.

Works beside consoles and hubs that use the folder: files are opened to be read, and what is written to try
the disk is gone at the end. Never takes much longer than `PATIENCE`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from core.domain.commands import Entry
from core.realtime.disk.folder import ClientFolder
from core.realtime.disk.schema import VERSION, version_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

PATIENCE = 10.0
"""Longest look at one file, in seconds."""
STEPS = 50_000
"""Steps of SQLite between two looks at the clock."""

_entry = msgspec.json.Decoder(Entry)


@dataclass(frozen=True, slots=True)
class DiskState:
    """The disk that the data folder is on."""

    folder: str
    """The folder, or the nearest one that is there."""
    free_bytes: int
    fsync: float | None
    """Seconds that a small write takes to be on the disk; `None` where none is possible."""
    why: str = ""
    """Why nothing can be written; `""` where it can."""


@dataclass(frozen=True, slots=True)
class JournalState:
    """What was entered on this device."""

    exists: bool
    problem: str = ""
    """What is wrong with the file; `""` for nothing."""
    waiting: int = 0
    """Entries that no hub has answered."""
    held: int = 0
    """Entries in conflict."""
    refused: int = 0
    """Entries that were refused, and that nobody has dismissed."""
    oldest: datetime | None = None
    """When the oldest of those that wait was entered; `None` if none waits."""


def check_disk(data: Path) -> DiskState:
    """Look at the disk of a data folder, and try it. Blocks."""
    folder = data
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            began = time.monotonic()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            took = time.monotonic() - began
    except OSError as error:
        return DiskState(str(folder), free, None, error.strerror or str(error))
    return DiskState(str(folder), free, took)


def check_journal(data: Path) -> JournalState:
    """Look at the journal of a data folder. Blocks."""
    path = ClientFolder(data).journal
    try:
        if not path.exists():
            return JournalState(exists=False)
        with closing(_read_only(path)) as db:
            if version_of(db) > VERSION:
                return JournalState(exists=True, problem="a newer version of this program wrote it")
            problem = _damage(db)
            states: dict[str, int] = dict(db.execute("SELECT state, count(*) FROM entries GROUP BY state"))
            first = db.execute(
                "SELECT entry FROM entries WHERE state IN ('saved', 'sending') ORDER BY row LIMIT 1"
            ).fetchone()
            oldest = None if first is None else _entry.decode(first[0]).entered_at
    except (sqlite3.Error, msgspec.MsgspecError, OSError) as error:
        return JournalState(exists=True, problem=str(error))
    return JournalState(
        exists=True,
        problem=problem,
        waiting=states.get("saved", 0) + states.get("sending", 0),
        held=states.get("conflict", 0),
        refused=states.get("refused", 0),
        oldest=oldest,
    )


def _read_only(path: Path) -> sqlite3.Connection:
    """Open a database so that nothing is left beside it.

    Without a write-ahead file nobody has it open, and it need not be locked; a reader of a database in WAL
    mode would else leave one behind (https://www.sqlite.org/wal.html#read_only_databases).
    """
    alone = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{alone}", uri=True, timeout=1.0)


def _damage(db: sqlite3.Connection) -> str:
    """Return what is wrong with a database, as far as it is found in time; `""` for nothing.

    Raises:
        sqlite3.Error: it cannot be read at all.
    """
    until = time.monotonic() + PATIENCE
    db.set_progress_handler(lambda: time.monotonic() > until, STEPS)
    try:
        (finding,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if time.monotonic() <= until:
            raise
        return "" if "interrupted" in str(error) else str(error)
    finally:
        db.set_progress_handler(None, 0)
    return "" if finding == "ok" else str(finding)
