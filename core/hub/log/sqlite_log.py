"""The hub's log on disk: events and answers in SQLite, each round of them in one transaction.

Durable when `commit` returns: WAL with synchronous=FULL. Automatic checkpoints are off, so that no commit
pays for one; `checkpoint` is called in quiet moments. Events are JSON that people can read. All calls but
`page` and `side_tail` belong to one thread at a time.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import msgspec

from core.domain.answers import Answer, Outcome
from core.domain.events import EpochBegun, Event
from core.domain.ids import CommandId, Epoch, TournamentId
from core.domain.reduce import fold
from core.domain.spans import spans_of
from core.errors import BadLog, NotSaved
from core.hub.judging.ledger import Known, Ruling
from core.hub.log.chain_log import read_chain, write_step
from core.hub.log.side_log import SIDE_TABLES, read_heads, read_tail, write_sides
from core.hub.rooms.room import RECENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from core.domain.ids import RoomId
    from core.domain.spans import Spans
    from core.domain.state import Tournament
    from core.hub.judging.chain import Chain, Step
    from core.hub.rooms.side import SideHead, SideTail

SCHEMA = 2
"""Version of the tables: a log of a newer one is refused, an older one is brought up after a backup."""

_TABLES = """
CREATE TABLE hub (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tournaments (id TEXT PRIMARY KEY, epoch TEXT NOT NULL);
CREATE TABLE events (
    tournament TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    command TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (tournament, epoch, seq)
) WITHOUT ROWID;
CREATE TABLE answers (
    id TEXT PRIMARY KEY,
    tournament TEXT NOT NULL,
    digest BLOB NOT NULL,
    outcome TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    events INTEGER NOT NULL,
    reason TEXT NOT NULL
);
"""
_EPOCHS = """
CREATE TABLE epochs (
    tournament TEXT NOT NULL,
    epoch TEXT NOT NULL,
    parent TEXT,
    parent_seq INTEGER NOT NULL,
    begun_at TEXT NOT NULL,
    PRIMARY KEY (tournament, epoch)
);
"""
_UPGRADES: dict[int, str] = {
    1: f"{_EPOCHS}"
    "INSERT INTO epochs SELECT id, epoch, NULL, 0, strftime('%Y-%m-%dT%H:%M:%fZ') FROM tournaments;",
}
"""What brings a log up from a version to the next one."""

logger = logging.getLogger(__name__)

_event_json = msgspec.json.Encoder()
_event_of: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


@dataclass(frozen=True, slots=True)
class Kept:
    """One tournament as the log has it."""

    state: Tournament
    recent: tuple[Event, ...]
    """Its latest events, in order."""
    created_at: datetime
    """When its first event was received."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a hub needs to go on."""

    tournaments: tuple[Kept, ...]
    """In the order of their creation."""
    known: tuple[Known, ...]
    sides: tuple[SideHead, ...]
    """Where the rooms with logs of their own stand."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """An epoch of a tournament, and what it goes on from."""

    epoch: Epoch
    parent: Epoch | None
    """`None` for one that began with a plan."""
    after: int
    """Seq of the parent position; 0 without a parent."""


class SqliteLog:
    """One log file.

    Args:
        path: the file; made with its tables if it is not there.

    Raises:
        BadLog: the file is no log, is broken, or was written by a newer Courtside.
        NotSaved: it cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changed = False
        self._connection = self._open()
        self.hub = self._identity()

    def read(self) -> Content:
        """Read the whole log.

        Raises:
            BadLog: it contradicts itself or cannot be read.
        """
        with self._reading():
            current = self._connection.execute("SELECT id, epoch FROM tournaments ORDER BY rowid").fetchall()
            logs = {
                (tournament, epoch): {event.seq: event for event in self._events(tournament, epoch)}
                for tournament, epoch in self._connection.execute(
                    "SELECT DISTINCT tournament, epoch FROM events"
                )
            }
            kept = []
            for tournament, epoch in current:
                events = tuple(logs[tournament, epoch].values())
                kept.append(Kept(fold(events, Epoch(epoch)), events[-RECENT:], events[0].received_at))
            return Content(tuple(kept), tuple(self._known(logs)), read_heads(self._connection))

    def chain(self) -> Chain:
        """Return where this log stands in the stream of a backplane.

        Raises:
            BadLog: the file cannot be read.
        """
        with self._reading():
            return read_chain(self._connection)

    def commit(self, rulings: Sequence[Ruling], step: Step | None = None) -> None:
        """Store a round of answers with their events, all or none, and return when they are on disk.

        Args:
            rulings: the answers.
            step: where the log stands with them in the stream of a backplane; `None` without one.

        Raises:
            NotSaved: the disk refused; whether anything was stored is known only by reading again.
        """
        answers = [
            (answer, ruling.digest if answer is ruling.answer else b"", ruling.tournament)
            for ruling in rulings
            for answer in (ruling.answer, ruling.withdrawn)
            if answer is not None
        ]
        events = [
            (ruling.tournament, answer.epoch, event)
            for ruling in rulings
            for answer in (ruling.answer, ruling.withdrawn)
            if answer is not None
            for event in answer.events
        ]
        filed = [(ruling.tournament, epoch, event) for ruling in rulings for epoch, event in ruling.filed]
        with self._writing() as write:
            for ruling in rulings:
                if ruling.begins:
                    _begin(write, ruling)
            write.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", map(_event_row, events))
            # Where a position was seen with two contents, the first one stays; the log of today has both.
            write.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)", map(_event_row, filed))
            # Two hubs may have judged one id at once, for two tournaments: here the first one counts.
            verb = "INSERT" if step is None else "INSERT OR IGNORE"
            write.executemany(
                f"{verb} INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        answer.id,
                        tournament,
                        content,
                        answer.outcome,
                        answer.epoch,
                        answer.seq,
                        answer.version,
                        len(answer.events),
                        answer.reason,
                    )
                    for answer, content, tournament in answers
                ),
            )
            write_sides(write, (ruling.said for ruling in rulings if ruling.said is not None))
            if step is not None:
                write_step(write, step)
        self._changed = True

    def recover(self) -> Content:
        """Open the file anew after a failed commit, prove that it can be written, and read it.

        Raises:
            NotSaved: the disk still refuses.
            BadLog: the file contradicts itself.
        """
        self._connection.close()
        self._connection = self._open()
        with self._writing() as write:
            write.execute("INSERT OR REPLACE INTO hub VALUES ('recovered', strftime('%Y-%m-%dT%H:%M:%fZ'))")
        return self.read()

    def checkpoint(self) -> None:
        """Move what was committed out of the write-ahead file, if anything was.

        Raises:
            NotSaved: the disk refused; nothing is lost by that.
        """
        if self._changed:
            try:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.Error as error:
                raise NotSaved(str(self.path), str(error)) from error
            self._changed = False

    def close(self) -> None:
        """Close the file; the last one out empties the write-ahead file into it."""
        self._connection.close()

    def page(
        self, tournament: TournamentId, epoch: Epoch, after: int, until: int, limit: int
    ) -> tuple[msgspec.Raw, ...]:
        """Return committed events as JSON, those above seq `after` up to `until`; safe from any thread.

        Raises:
            BadLog: the file cannot be read.
        """
        with self._reader() as reader:
            rows = reader.execute(
                "SELECT data FROM events WHERE tournament = ? AND epoch = ? AND seq > ? AND seq <= ?"
                " ORDER BY seq LIMIT ?",
                (tournament, epoch, after, until, limit),
            )
            return tuple(msgspec.Raw(data) for (data,) in rows)

    def side_tail(self, room: RoomId) -> SideTail:
        """Return the end of what was said in a room with a log of its own; safe from any thread.

        Raises:
            BadLog: the file cannot be read.
        """
        with self._reader() as reader:
            return read_tail(reader, room)

    def spans(self, tournament: TournamentId, epoch: Epoch) -> Spans:
        """Return which seqs of an epoch are here.

        Raises:
            BadLog: the file cannot be read.
        """
        with self._reading():
            rows = self._connection.execute(
                "SELECT seq FROM events WHERE tournament = ? AND epoch = ?", (tournament, epoch)
            )
            return spans_of(seq for (seq,) in rows)

    def filed(self, tournament: TournamentId, epoch: Epoch, seqs: Collection[int]) -> dict[int, CommandId]:
        """Return the commands of those events of an epoch that are here, by seq.

        Args:
            tournament: whose log.
            epoch: of the events.
            seqs: which events; those between the first and the last are looked at.

        Raises:
            BadLog: the file cannot be read.
        """
        with self._reading():
            rows = self._connection.execute(
                "SELECT seq, command FROM events WHERE tournament = ? AND epoch = ? AND seq BETWEEN ? AND ?",
                (tournament, epoch, min(seqs, default=0), max(seqs, default=-1)),
            )
            return {seq: CommandId(command) for seq, command in rows}

    def epochs(self, tournament: TournamentId) -> tuple[Lineage, ...]:
        """Return the epochs of a tournament of which the log has anything, the newest last."""
        with self._reading():
            rows = self._connection.execute(
                "SELECT epoch, parent, parent_seq FROM epochs WHERE tournament = ? ORDER BY rowid",
                (tournament,),
            )
            return tuple(Lineage(epoch, parent, seq) for epoch, parent, seq in rows)

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=5)
        except sqlite3.Error as error:
            raise NotSaved(str(self.path), str(error)) from error
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA:
                raise BadLog(
                    str(self.path),
                    f"was written by a newer Courtside (log version {version}, this one knows {SCHEMA});"
                    " start that one",
                )
            if version == 0:
                connection.executescript(
                    f"BEGIN IMMEDIATE; {_TABLES}{_EPOCHS}"
                    f"INSERT INTO hub VALUES ('id', '{uuid4().hex}');"
                    f"PRAGMA user_version = {SCHEMA}; COMMIT;"
                )
            elif version < SCHEMA:
                self._upgrade(connection, version)
            connection.executescript(SIDE_TABLES)
        except sqlite3.OperationalError as error:
            connection.close()
            raise NotSaved(str(self.path), str(error)) from error
        except sqlite3.DatabaseError as error:
            connection.close()
            raise BadLog(str(self.path), f"is no log of a hub, or is broken ({error})") from error
        except BadLog:
            connection.close()
            raise
        return connection

    def _upgrade(self, connection: sqlite3.Connection, version: int) -> None:
        """Bring the tables up to today's version, after a copy of the file as it was."""
        backup = self.path.with_name(f"{self.path.name}.v{version}.bak")
        with closing(sqlite3.connect(backup)) as target:
            connection.backup(target)
        steps = "".join(_UPGRADES[step] for step in range(version, SCHEMA))
        connection.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {SCHEMA}; COMMIT;")
        logger.info("%s: brought up to version %d; as it was: %s", self.path, SCHEMA, backup.name)

    def _identity(self) -> str:
        with self._reading():
            (hub,) = self._connection.execute("SELECT value FROM hub WHERE key = 'id'").fetchone()
            return str(hub)

    def _events(self, tournament: str, epoch: str) -> list[Event]:
        rows = self._connection.execute(
            "SELECT data FROM events WHERE tournament = ? AND epoch = ? ORDER BY seq", (tournament, epoch)
        )
        return [_event_of.decode(data) for (data,) in rows]

    def _known(self, logs: dict[tuple[str, str], dict[int, Event]]) -> Iterator[Known]:
        rows = self._connection.execute(
            "SELECT id, tournament, digest, outcome, epoch, seq, version, events, reason FROM answers"
        )
        for command, tournament, content, outcome, epoch, seq, version, count, reason in rows:
            log = logs[tournament, epoch] if count else {}
            events = [log[one] for one in range(seq - count + 1, seq + 1)]
            answer = Answer(
                id=CommandId(command),
                outcome=cast("Outcome", outcome),
                epoch=Epoch(epoch),
                seq=seq,
                version=version,
                events=tuple(events),
                reason=reason,
            )
            yield Known(answer, content)

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """Open the file once more, to read what is committed.

        Raises:
            BadLog: it cannot be read.
        """
        try:
            with closing(sqlite3.connect(self.path.resolve().as_uri() + "?mode=ro", uri=True)) as reader:
                yield reader
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise BadLog(str(self.path), str(error)) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Translate what can be wrong with a file that is read."""
        try:
            yield
        except (sqlite3.Error, msgspec.MsgspecError, KeyError) as error:
            raise BadLog(str(self.path), f"cannot be read ({error!r})") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is committed at the end, or undone as far as the disk still allows."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as second:
                error.add_note(f"and the transaction could not be undone: {second}")
            raise NotSaved(str(self.path), str(error)) from error


def _begin(write: sqlite3.Connection, ruling: Ruling) -> None:
    """Make an epoch the current one of its tournament."""
    epoch, first = ruling.answer.epoch, ruling.answer.events[0]
    write.execute(
        "INSERT INTO tournaments VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch",
        (ruling.tournament, epoch),
    )
    begun = first.fact if isinstance(first.fact, EpochBegun) else None
    parent = (None, 0) if begun is None else (begun.parent, begun.after)
    write.execute(
        "INSERT INTO epochs VALUES (?, ?, ?, ?, ?)",
        (ruling.tournament, epoch, *parent, first.received_at.isoformat()),
    )


def _event_row(place: tuple[TournamentId, Epoch, Event]) -> tuple[str, str, int, str, str]:
    tournament, epoch, event = place
    return tournament, epoch, event.seq, event.command, _event_json.encode(event).decode()
