"""The check-up of a hub's folder: its log and who holds it, looked at without a change.

Works beside a hub that runs there, and loads none of the server stack.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.hub.folder import LOG, hub_folder, running
from core.hub.log.backups import newest
from core.hub.log.tables import undisturbed

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 10.0
"""Longest look at the log, in seconds."""
STEPS = 50_000
"""Steps of SQLite between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class LogState:
    """A hub's log."""

    exists: bool
    problem: str = ""
    """What is wrong with it; `""` for nothing."""
    whole: bool = True
    """Whether all of it was looked at in time."""
    log_bytes: int = 0
    tournaments: int = 0
    events: int = 0
    holder: str | None = None
    """Where the hub is that works on it; `None` if none does."""
    written_at: datetime | None = None
    """When it was written to last."""
    backups: int = 0
    """How many automatic backups there are."""
    backed_up_at: datetime | None = None
    """When the newest of them was made; `None` without one."""


def check_log(data: Path) -> LogState:
    """Look at the log of a data folder's hub. Blocks, some `PATIENCE` at most."""
    path = hub_folder(data) / LOG
    try:
        if not path.exists():
            return LogState(exists=False)
        holder = running(data)
        files = [file for file in (path, path.with_name(f"{path.name}-wal")) if file.exists()]
        size = sum(file.stat().st_size for file in files)
        written_at = datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC)
        backups, backed_up_at = newest(path.parent)
        with closing(undisturbed(path)) as db:
            (tournaments,) = db.execute("SELECT count(*) FROM tournaments").fetchone()
            (events,) = db.execute("SELECT count(*) FROM events").fetchone()
            problem, whole = _damage(db)
    except (sqlite3.Error, OSError) as error:
        return LogState(exists=True, problem=str(error))
    return LogState(
        True, problem, whole, size, tournaments, events, holder, written_at, backups, backed_up_at
    )


def _damage(db: sqlite3.Connection) -> tuple[str, bool]:
    """Return what is wrong with a log, and whether all of it was looked at."""
    until = time.monotonic() + PATIENCE
    db.set_progress_handler(lambda: time.monotonic() > until, STEPS)
    try:
        (finding,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        if time.monotonic() <= until:
            raise
        return "", False
    finally:
        db.set_progress_handler(None, 0)
    return ("" if finding == "ok" else str(finding)), True
