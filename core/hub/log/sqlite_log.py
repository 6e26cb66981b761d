"""The hub's log on disk: events and answers in SQLite, each round of them in one transaction.

Durable when `commit` returns. No commit pays for a checkpoint or a snapshot: `checkpoint` and `store` are
called in quiet moments. Events are JSON that people can read. `page` and `side_tail` are safe from any
thread; `known` belongs to one thread at a time, and so do all other calls.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from core.domain.events import EpochBegun, Event
from core.domain.ids import CommandId, Epoch, TournamentId
from core.domain.reduce import fold
from core.domain.spans import spans_of
from core.errors import BadLog, NotSaved
from core.hub.log.answer_log import read_answer, write_answers
from core.hub.log.chain_log import read_chain, write_step
from core.hub.log.side_log import read_heads, read_tail, trim_sides, write_sides
from core.hub.log.snapshot_log import Snapshots
from core.hub.log.tables import SPARE_BYTES, opened, reader
from core.hub.rooms.room import RECENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from core.domain.ids import RoomId
    from core.domain.spans import Spans
    from core.domain.state import Tournament
    from core.hub.judging.chain import Chain, Step
    from core.hub.judging.ledger import Known, Ruling
    from core.hub.rooms.side import SideHead, SideTail

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
        self._snapshots = Snapshots()
        self._lookup: sqlite3.Connection | None = None
        self._connection = opened(path)
        self.hub = self._identity()

    def read(self) -> Content:
        """Read what a hub needs: stored snapshots, what follows them, and the latest events.

        Raises:
            BadLog: the log contradicts itself or cannot be read.
        """
        with self._reading():
            current = self._connection.execute("SELECT id, epoch FROM tournaments ORDER BY rowid").fetchall()
            states = [self._state(TournamentId(tournament), Epoch(epoch)) for tournament, epoch in current]
            # Many tournaments share what one would have: nobody asks for the latest of all of them.
            recent = max(RECENT // 20, min(RECENT, 3 * RECENT // max(1, len(states))))
            kept = tuple(self._kept(state, recent) for state in states)
            return Content(kept, read_heads(self._connection))

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
        answers = [(ruling.tournament, known) for ruling in rulings for known in ruling.answered]
        events = [
            (tournament, known.answer.epoch, event)
            for tournament, known in answers
            for event in known.answer.events
        ]
        filed = [(ruling.tournament, epoch, event) for ruling in rulings for epoch, event in ruling.filed]
        with self._writing() as write:
            for ruling in rulings:
                if ruling.begins:
                    _begin(write, ruling)
            write.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", map(_event_row, events))
            # Where a position was seen with two contents, the first one stays; the log of today has both.
            write.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)", map(_event_row, filed))
            write_answers(write, answers, shared=step is not None)
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
        self._connection = opened(self.path)
        with self._writing() as write:
            write.execute("INSERT OR REPLACE INTO hub VALUES ('recovered', strftime('%Y-%m-%dT%H:%M:%fZ'))")
        return self.read()

    def store(self, states: Iterable[Tournament], apart: int) -> None:
        """Store snapshots of states that are as committed, for the next start.

        Args:
            states: the tournaments.
            apart: events that a state must be ahead of what is stored of it.

        Raises:
            NotSaved: the disk refused; nothing is lost by that.
        """
        ahead = [state for state in states if self._snapshots.behind(state) >= apart]
        if ahead:
            if shutil.disk_usage(self.path.parent).free < SPARE_BYTES:
                raise NotSaved(str(self.path), "the disk is nearly full, what is left of it is for scores")
            with self._writing() as write:
                written = self._snapshots.write(write, ahead)
            self._snapshots.keep(written)
            self._changed = True

    def trim(self, keep: int, oldest: datetime) -> None:
        """Forget broadcasts that are too many or too old; events of tournaments and answers stay for ever.

        Args:
            keep: how many of its latest ones each room keeps.
            oldest: those received before are forgotten.

        Raises:
            NotSaved: the disk refused; nothing is lost by that.
        """
        with self._writing() as write:
            trim_sides(write, keep, oldest)
        self._changed = True

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
        if self._lookup is not None:
            self._lookup.close()
            self._lookup = None
        self._connection.close()

    def known(self, command: CommandId) -> Known | None:
        """Return what became of an id as committed; `None` if it was never answered.

        Raises:
            BadLog: the file cannot be read.
        """
        with self._reading():
            self._lookup = lookup = self._lookup or reader(self.path)
            return read_answer(lookup, command)

    def page(
        self, tournament: TournamentId, epoch: Epoch, after: int, until: int, limit: int
    ) -> tuple[msgspec.Raw, ...]:
        """Return committed events as JSON, those above seq `after` up to `until`; safe from any thread.

        Raises:
            BadLog: the file cannot be read.
        """
        with self._reader() as connection:
            rows = connection.execute(
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
        with self._reader() as connection:
            return read_tail(connection, room)

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

    def _identity(self) -> str:
        with self._reading():
            (hub,) = self._connection.execute("SELECT value FROM hub WHERE key = 'id'").fetchone()
            return str(hub)

    def _state(self, tournament: TournamentId, epoch: Epoch) -> Tournament:
        state = self._snapshots.read(self._connection, tournament, epoch)
        after = 0 if state is None else state.position.seq
        rows = self._connection.execute(
            "SELECT data FROM events WHERE tournament = ? AND epoch = ? AND seq > ? ORDER BY seq",
            (tournament, epoch, after),
        )
        return fold((_event_of.decode(data) for (data,) in rows), epoch, state)

    def _kept(self, state: Tournament, recent: int) -> Kept:
        here = state.position
        rows = self._connection.execute(
            "SELECT data FROM events WHERE tournament = ? AND epoch = ? AND (seq = 1 OR seq > ?)"
            " ORDER BY seq",
            (state.id, here.epoch, here.seq - recent),
        )
        events = [_event_of.decode(data) for (data,) in rows]
        return Kept(state, tuple(events[-recent:]), events[0].received_at)

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """Open the file once more, to read what is committed.

        Raises:
            BadLog: it cannot be read.
        """
        try:
            with closing(reader(self.path)) as connection:
                yield connection
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
