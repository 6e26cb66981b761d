"""The journal: the outbox on disk, and the stored copies of tournaments, in one SQLite file.

Owns the schema, what is committed and how a damaged file is set aside. Who calls from which thread is
`writer`'s affair, what an entry's state means the outbox's. Several processes may have the file open: any
may append, and each finds what the others wrote by the revision that every write carries. Guarantees that
what `commit` has returned from is on disk (WAL, synchronous=FULL:
https://www.sqlite.org/pragma.html#pragma_synchronous) and that rows stand in the order of the key presses.
"""

from __future__ import annotations

import logging
import sqlite3
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from core.domain.answers import Answer
from core.domain.commands import Entry
from core.domain.state import Tournament
from core.errors import BadLog, NotSaved
from core.realtime.effects import JournalRow, Record
from core.realtime.view import EntryState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from core.domain.ids import CommandId

SCHEMA_VERSION = 1
ANSWERED_TO_LOAD = 200
"""How many of the newest answered rows are of interest at a start."""
BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's commit."""

_SCHEMA = f"""
CREATE TABLE entries (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    entry TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    answer TEXT,
    reason TEXT NOT NULL DEFAULT '',
    writer TEXT NOT NULL,
    revision INTEGER NOT NULL
);
CREATE INDEX entries_by_revision ON entries (revision);
CREATE INDEX entries_open ON entries (row) WHERE state IN ('saved', 'sending', 'conflict', 'refused');
CREATE TABLE copies (
    tournament TEXT PRIMARY KEY,
    state BLOB NOT NULL,
    written_at TEXT NOT NULL
);
CREATE TABLE counter (revision INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
PRAGMA user_version = {SCHEMA_VERSION};
"""
_COLUMNS = "row, entry, state, attempts, answer, reason"

_Stored = tuple[int, str, str, int, str | None, str]

_entry = msgspec.json.Decoder(Entry)
_answer = msgspec.json.Decoder(Answer)
_state: msgspec.json.Decoder[EntryState] = msgspec.json.Decoder(EntryState)
_copy = msgspec.json.Decoder(Tournament)
_encode = msgspec.json.Encoder().encode

logger = logging.getLogger(__name__)


class NewerJournal(BadLog):
    """A file that a newer version of this program wrote; there is nothing wrong with it."""


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


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged file."""

    kept_as: Path
    """Where it was set aside."""
    rows: int
    """How many entries were read from it and stand in the new file."""


class Journal:
    """One open journal file. Not thread-safe: `writer` gives it a thread.

    Args:
        path: the file; its folder is there.
        create: make the file if it is not there.

    Raises:
        NotSaved: the file cannot be opened or made.
        BadLog: it is damaged (see `set_aside`), or a newer version wrote it.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._name = uuid.uuid4().hex
        self._seen = 0
        self._version = 0
        mode = "rwc" if create else "ro"
        try:
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=BUSY_TIMEOUT,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise NotSaved(str(path), str(error)) from error
        try:
            with self._translated():
                self._prepare(create)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self._db.close()

    def _prepare(self, create: bool) -> None:
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise NewerJournal(str(self.path), "a newer version of this program wrote it; use that one")
        self._db.execute("PRAGMA synchronous = FULL")
        if create:
            self._db.execute("PRAGMA journal_mode = WAL")
            # Checkpoints lengthen the commit that they fall on: `checkpoint` does them in quiet moments.
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
            if version == 0:
                self._create()
        for (finding,) in self._db.execute("PRAGMA quick_check(1)"):
            if finding != "ok":
                raise BadLog(str(self.path), str(finding))
        self._version = self._data_version()
        self._seen = self._revision()

    def _create(self) -> None:
        # Another process may have made the tables between the look at the version and this lock.
        self._db.execute("BEGIN EXCLUSIVE")
        if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _SCHEMA.strip().split(";\n"):
                self._db.execute(statement)
        self._db.execute("COMMIT")

    @contextmanager
    def commit(self) -> Iterator[Transaction]:
        """Collect writes; they are on disk, all of them, when the block has ended.

        Raises:
            NotSaved: nothing of them is.
        """
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
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
            stored: list[_Stored] = self._db.execute(
                f"SELECT {_COLUMNS} FROM entries WHERE state IN ('saved', 'sending', 'conflict', 'refused')"
                f" UNION SELECT * FROM (SELECT {_COLUMNS} FROM entries"
                " WHERE state NOT IN ('saved', 'sending', 'conflict', 'refused') ORDER BY row DESC LIMIT ?)"
                " ORDER BY row",
                (ANSWERED_TO_LOAD,),
            ).fetchall()
            copies = self._db.execute("SELECT state, written_at FROM copies ORDER BY tournament").fetchall()
            return Contents(
                tuple(_row(found) for found in stored),
                tuple(_copies(copies)),
            )

    def find(self, id: CommandId) -> JournalRow | None:
        """Return the row of an entry; `None` if it is not here."""
        with self._translated():
            found = self._db.execute(f"SELECT {_COLUMNS} FROM entries WHERE id = ?", (id,)).fetchone()
            return None if found is None else _row(found)

    def foreign(self) -> tuple[JournalRow, ...]:
        """Return the rows that other processes wrote since the last call, by row; cheap without any."""
        with self._translated():
            version = self._data_version()
            if version == self._version:
                return ()
            revision = self._revision()
            stored = self._db.execute(
                f"SELECT {_COLUMNS} FROM entries WHERE revision > ? AND revision <= ? AND writer != ?"
                " ORDER BY row",
                (self._seen, revision, self._name),
            ).fetchall()
            self._version, self._seen = version, revision
            return tuple(_row(found) for found in stored)

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


def set_aside(path: Path, at: datetime) -> Salvage:
    """Put a damaged journal aside under a dated name, and begin a new one with the rows that can be read.

    Only the process that holds the folder's lock may do it.

    Raises:
        NotSaved: the files cannot be moved, or the new one not be made.
    """
    kept = path.with_name(f"{path.stem}.damaged-{at:%Y%m%dT%H%M%S%fZ}{path.suffix}")
    try:
        for suffix in ("", "-wal", "-shm"):
            file = path.with_name(path.name + suffix)
            if file.exists():
                file.rename(kept.with_name(kept.name + suffix))
    except OSError as error:
        raise NotSaved(str(path), error.strerror or str(error)) from error
    rows = _readable(kept)
    with closing(Journal(path)) as journal, journal.commit() as transaction:
        for row in rows:
            transaction.append(row.entry)
            if row.state != "saved" or row.attempts:
                transaction.record(_as_record(row))
    return Salvage(kept, len(rows))


def _readable(path: Path) -> list[JournalRow]:
    """Return the rows of a damaged file that can be read, from both ends towards the damage."""
    found: dict[int, JournalRow] = {}
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for order in ("ASC", "DESC"):
            try:
                for stored in db.execute(f"SELECT {_COLUMNS} FROM entries ORDER BY row {order}"):
                    try:
                        found[stored[0]] = _row(stored)
                    except (msgspec.MsgspecError, TypeError, ValueError):
                        logger.warning("row %s of %s cannot be read", stored[0], path.name)
            except sqlite3.DatabaseError as error:
                logger.warning("%s cannot be read further: %s", path.name, error)
    return [found[row] for row in sorted(found)]


def _row(stored: _Stored) -> JournalRow:
    row, entry, state, attempts, answer, reason = stored
    return JournalRow(
        row=row,
        entry=_entry.decode(entry),
        state=_state.decode(f'"{state}"'),
        attempts=attempts,
        answer=None if answer is None else _answer.decode(answer),
        reason=reason,
    )


def _as_record(row: JournalRow) -> Record:
    return Record(row.entry.id, row.state, row.attempts, row.answer, row.reason)


def _copies(stored: Sequence[tuple[bytes, str]]) -> Iterator[Copy]:
    for state, at in stored:
        try:
            yield Copy(_copy.decode(state), datetime.fromisoformat(at))
        except (msgspec.MsgspecError, ValueError) as error:
            # The hub has it too: a copy of another version is fetched again, not mourned.
            logger.warning("a stored copy cannot be read: %s", error)
