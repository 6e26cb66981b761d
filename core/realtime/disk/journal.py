"""The journal: the outbox on disk, and the stored copies of tournaments, in one SQLite file.

Owns what is committed. The tables are `schema`'s affair, a damaged file `salvage`'s, who calls from which
thread `writer`'s, and what an entry's state means the outbox's. Several processes may have the file open: any
may append, and each finds what the others wrote by the revision that every write carries. Guarantees that
what `commit` has returned from is on disk (WAL, synchronous=FULL:
https://www.sqlite.org/pragma.html#pragma_synchronous) in the file that stands in the data folder, whatever
became of the one that was opened, and that rows stand in the order of the key presses.
"""

from __future__ import annotations

import logging
import sqlite3
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from core.domain.answers import Answer
from core.domain.commands import Entry
from core.domain.state import Tournament
from core.errors import BadLog, NotSaved
from core.realtime.disk.schema import OPEN, check_version, migrate
from core.realtime.effects import JournalRow, Record
from core.realtime.view import EntryState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from core.domain.ids import CommandId

ANSWERED_TO_LOAD = 200
"""How many of the newest answered rows are of interest at a start."""
BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's commit."""

COLUMNS = "row, entry, state, attempts, answer, reason"

Stored = tuple[int, str, str, int, str | None, str]
"""A row, column by column."""

_entry = msgspec.json.Decoder(Entry)
_answer = msgspec.json.Decoder(Answer)
_state: msgspec.json.Decoder[EntryState] = msgspec.json.Decoder(EntryState)
_copy = msgspec.json.Decoder(Tournament)
_encode = msgspec.json.Encoder().encode

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """A stored copy of a tournament."""

    state: Tournament
    written_at: datetime
    """By this device's clock, UTC."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a start needs from the journal."""

    rows: tuple[JournalRow, ...]
    """Unanswered, held and refused entries and the newest answered ones, by row."""
    copies: tuple[Copy, ...]


class Journal:
    """One open journal file. Not thread-safe: `writer` gives it a thread.

    Args:
        path: the file; its folder is there.
        create: make the file if it is not there.

    Raises:
        NotSaved: the file cannot be opened or made.
        BadLog: it is damaged (see `salvage`), or a newer version wrote it.
    """

    _db: sqlite3.Connection
    _file: tuple[int, int] | None
    _seen: int
    """The newest revision whose rows of others were told."""
    _version: int

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._create = create
        self._name = uuid.uuid4().hex
        self._open()

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self._db.close()

    def _open(self) -> None:
        mode = "rwc" if self._create else "ro"
        try:
            self._db = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=BUSY_TIMEOUT,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise NotSaved(str(self.path), str(error)) from error
        try:
            with self._translated():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        check_version(self._db, self.path)
        self._db.execute("PRAGMA synchronous = FULL")
        if self._create:
            self._db.execute("PRAGMA journal_mode = WAL")
            # Checkpoints lengthen the commit that they fall on: `checkpoint` does them in quiet moments.
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
            migrate(self._db, self.path)
        for (finding,) in self._db.execute("PRAGMA quick_check(1)"):
            if finding != "ok":
                raise BadLog(str(self.path), str(finding))
        self._version = self._data_version()
        self._seen = self._revision()
        self._file = self._identity()

    def _follow(self) -> None:
        """Go on in the file that stands in the data folder, should another process have set this one aside.

        Raises:
            NotSaved: there is none: whatever were written would be lost with the one that was opened.
        """
        found = self._identity()
        if found == self._file:
            return
        if found is None:
            raise NotSaved(str(self.path), "it is gone; nothing can be saved until it is back")
        logger.warning("%s was set aside by another process; going on in the new one", self.path)
        self._db.close()
        self._open()
        # Whatever stands there is news, what this one had written before included.
        self._name, self._seen, self._version = uuid.uuid4().hex, -1, -1

    def _identity(self) -> tuple[int, int] | None:
        """Return what tells the file from another of its name; `None` where there is none."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def commit(self) -> Iterator[Transaction]:
        """Collect writes; they are on disk, all of them, when the block has ended.

        Raises:
            NotSaved: nothing of them is.
        """
        self._follow()
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if self._identity() != self._file:
                    raise NotSaved(
                        str(self.path), "it was damaged, and has just been set aside; enter it again"
                    )
                revision = self._revision() + 1
                self._db.execute("UPDATE counter SET revision = ?", (revision,))
                yield Transaction(self._db, self._name, revision)
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def contents(self) -> Contents:
        """Read what a start needs."""
        with self._translated():
            stored: list[Stored] = self._db.execute(
                f"SELECT {COLUMNS} FROM entries WHERE state IN {OPEN}"
                f" UNION SELECT * FROM (SELECT {COLUMNS} FROM entries"
                f" WHERE state NOT IN {OPEN} ORDER BY row DESC LIMIT ?)"
                " ORDER BY row",
                (ANSWERED_TO_LOAD,),
            ).fetchall()
            copies = self._db.execute("SELECT state, written_at FROM copies ORDER BY tournament").fetchall()
            return Contents(
                tuple(read_row(found) for found in stored),
                tuple(read_copies(copies)),
            )

    def find(self, id: CommandId) -> JournalRow | None:
        """Return the row of an entry; `None` if it is not here."""
        with self._translated():
            found = self._db.execute(f"SELECT {COLUMNS} FROM entries WHERE id = ?", (id,)).fetchone()
            return None if found is None else read_row(found)

    def foreign(self) -> tuple[JournalRow, ...]:
        """Return the rows that other processes wrote since the last call, by row; cheap without any."""
        self._follow()
        with self._translated():
            version = self._data_version()
            if version == self._version:
                return ()
            revision = self._revision()
            stored = self._db.execute(
                f"SELECT {COLUMNS} FROM entries WHERE revision > ? AND revision <= ? AND writer != ?"
                " ORDER BY row",
                (self._seen, revision, self._name),
            ).fetchall()
            self._version, self._seen = version, revision
            return tuple(read_row(found) for found in stored)

    def checkpoint(self) -> None:
        """Move what was committed from the write-ahead log into the file, as far as nobody reads there."""
        with self._translated():
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _data_version(self) -> int:
        """Return what changes exactly when another connection has committed."""
        version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _revision(self) -> int:
        revision: int = self._db.execute("SELECT revision FROM counter").fetchone()[0]
        return revision

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            # Disk full, read-only, locked: the file itself is sound.
            raise NotSaved(str(self.path), str(error)) from error
        except (sqlite3.DatabaseError, msgspec.MsgspecError, TypeError, ValueError) as error:
            raise BadLog(str(self.path), str(error)) from error


class Transaction:
    """Writes that are committed together."""

    def __init__(self, db: sqlite3.Connection, writer: str, revision: int) -> None:
        self._db = db
        self._writer = writer
        self._revision = revision

    def append(self, entry: Entry) -> int:
        """Add an entry as saved and return its row; for an id that stands here already, its row as it is."""
        self._db.execute(
            "INSERT INTO entries (id, entry, state, writer, revision) VALUES (?, ?, 'saved', ?, ?)"
            " ON CONFLICT (id) DO NOTHING",
            (entry.id, _encode(entry).decode(), self._writer, self._revision),
        )
        row: int = self._db.execute("SELECT row FROM entries WHERE id = ?", (entry.id,)).fetchone()[0]
        return row

    def record(self, record: Record) -> None:
        """Write what became of an entry."""
        answer = None if record.answer is None else _encode(record.answer).decode()
        self._db.execute(
            "UPDATE entries SET state = ?, attempts = ?, answer = coalesce(?, answer), reason = ?,"
            " writer = ?, revision = ? WHERE id = ?",
            (
                record.state,
                record.attempts,
                answer,
                record.reason,
                self._writer,
                self._revision,
                record.id,
            ),
        )

    def copy(self, state: Tournament, at: datetime) -> None:
        """Store a tournament's state in place of the older copy."""
        self._db.execute(
            "INSERT INTO copies VALUES (?, ?, ?) ON CONFLICT (tournament)"
            " DO UPDATE SET state = excluded.state, written_at = excluded.written_at",
            (state.id, _encode(state), at.isoformat()),
        )


def read_row(stored: Stored) -> JournalRow:
    """Return a row as it is handed on.

    Raises:
        msgspec.MsgspecError: it cannot be read.
    """
    row, entry, state, attempts, answer, reason = stored
    return JournalRow(
        row=row,
        entry=_entry.decode(entry),
        state=_state.decode(f'"{state}"'),
        attempts=attempts,
        answer=None if answer is None else _answer.decode(answer),
        reason=reason,
    )


def read_copies(stored: Sequence[tuple[bytes, str]]) -> Iterator[Copy]:
    """Return the stored copies that can be read."""
    for state, at in stored:
        try:
            yield Copy(_copy.decode(state), datetime.fromisoformat(at))
        except (msgspec.MsgspecError, ValueError) as error:
            # The hub has it too: a copy of another version is fetched again, not mourned.
            logger.warning("a stored copy cannot be read: %s", error)
