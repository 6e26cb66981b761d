"""Salvage: a damaged journal is set aside, and what can be read of it stands in a new one.

Owns the dated name under which a damaged file is kept, and the reading around the damage. Guarantees that the
damaged file is kept as it was found, for whoever may read more of it.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from core.errors import NotSaved
from core.realtime.disk.journal import BUSY_TIMEOUT, COLUMNS, Copy, Journal, read_copies, read_row
from core.realtime.effects import JournalRow, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged file."""

    kept_as: Path
    """Where it was set aside."""
    rows: int
    """How many entries were read from it and stand in the new file."""
    gaps: int
    """How many rows between those are missing: each was an entry once."""


def set_aside(path: Path, at: datetime) -> Salvage:
    """Put a damaged journal aside under a dated name, and begin a new one with what can be read.

    Only the process that holds the folder's lock may do it. Others that have the file open go on in the new
    one.

    Raises:
        NotSaved: the files cannot be moved, or the new one not be made.
    """
    kept = path.with_name(f"{path.stem}.damaged-{at:%Y%m%dT%H%M%S%fZ}{path.suffix}")
    with _alone(path):
        try:
            for suffix in ("", "-wal", "-shm"):
                file = path.with_name(path.name + suffix)
                if file.exists():
                    file.rename(kept.with_name(kept.name + suffix))
        except OSError as error:
            raise NotSaved(str(path), error.strerror or str(error)) from error
    rows, copies = _readable(kept)
    with closing(Journal(path)) as journal, journal.commit() as transaction:
        for row in rows:
            transaction.append(row.entry)
            if row.state != "saved" or row.attempts:
                transaction.record(Record(row.entry.id, row.state, row.attempts, row.answer, row.reason))
        for copy in copies:
            transaction.copy(copy.state, copy.written_at)
    missing = rows[-1].row - len(rows) if rows else 0
    return Salvage(kept, len(rows), missing)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from committing into a file that is being set aside, if it can be locked still."""
    with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            logger.info("%s is too damaged to be locked: %s", path.name, error)
        yield


def _readable(path: Path) -> tuple[list[JournalRow], list[Copy]]:
    """Return what can be read of a damaged file: rows from both ends towards the damage, and copies."""
    found: dict[int, JournalRow] = {}
    copies: list[Copy] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for order in ("ASC", "DESC"):
            try:
                for stored in db.execute(f"SELECT {COLUMNS} FROM entries ORDER BY row {order}"):
                    try:
                        found[stored[0]] = read_row(stored)
                    except (msgspec.MsgspecError, TypeError, ValueError):
                        logger.warning("row %s of %s cannot be read", stored[0], path.name)
            except sqlite3.DatabaseError as error:
                logger.warning("%s cannot be read further: %s", path.name, error)
        try:
            copies += read_copies(db.execute("SELECT state, written_at FROM copies").fetchall())
        except sqlite3.DatabaseError as error:
            logger.warning("the copies in %s cannot be read: %s", path.name, error)
    return [found[row] for row in sorted(found)], copies
