"""The archive: every event of a tournament that this device saw, on disk, for a hub that lost it.

Owns one SQLite file beside the journal and the thread that works on it. What gathered during the last commit
goes into the next one, off the path of entries. Events are kept for the event (the occasion): a tournament of
which nothing was seen for `KEEP_DAYS` is dropped when the archive is opened, and when there are more than
`MAX_EVENTS`, so are those that were seen longest ago, but never the newest tournament. Several processes may
have the file open; a position is written once.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec

from core.domain.events import Event
from core.domain.ids import CommandId, Epoch, TournamentId
from core.domain.spans import spans_of
from core.domain.state import Position
from core.errors import BadLog, NotSaved
from core.realtime.effects import Recollection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from core.domain.spans import Spans

SCHEMA = 2
"""Version of the tables: a file of a newer one is refused, an older one is brought up."""
KEEP_DAYS = 30
MAX_EVENTS = 500_000
"""Some 150 MB."""
MAX_CHUNK_BYTES = 256 << 10
"""About how much is read at once to be brought."""
BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's commit."""

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE events (
    tournament TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (tournament, epoch, seq)
) WITHOUT ROWID;
CREATE TABLE positions (
    tournament TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    command TEXT,
    seen_at TEXT NOT NULL,
    forked INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tournament, epoch)
) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA};
COMMIT;
"""
_UPGRADE = f"""
BEGIN IMMEDIATE;
ALTER TABLE positions ADD COLUMN forked INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = {SCHEMA};
COMMIT;
"""
"""From version 1."""

T = TypeVar("T")

_encode = msgspec.msgpack.Encoder().encode
_event = msgspec.msgpack.Decoder(Event)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of an epoch."""

    tournament: TournamentId
    position: Position
    """The newest position."""
    at: datetime
    events: tuple[Event, ...] = ()


class Archive:
    """One open archive file. Not thread-safe: `Archivist` gives it a thread.

    Args:
        path: the file; made if it is not there.
        now: the wall clock, UTC.

    Raises:
        NotSaved: it cannot be opened or made.
        BadLog: it is damaged, or a newer version wrote it.
    """

    def __init__(self, path: Path, now: datetime) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise NotSaved(str(path), str(error)) from error
        try:
            with self._translated():
                self._prepare()
                self._prune(now)
        except BaseException:
            self._db.close()
            raise

    def write(self, sights: Sequence[Sight]) -> None:
        """Store what was seen; on return it is on disk.

        Raises:
            NotSaved: nothing of it is.
        """
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for sight in sights:
                    self._store(sight)
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def recall(self, tournament: TournamentId, epoch: Epoch, after: int) -> Recollection:
        """Return what is here of an epoch: all seqs, and the events above seq `after`."""
        with self._translated():
            position = self._db.execute(
                "SELECT seq, command, forked FROM positions WHERE tournament = ? AND epoch = ?",
                (tournament, epoch),
            ).fetchone()
            seqs = self._db.execute(
                "SELECT seq FROM events WHERE tournament = ? AND epoch = ?", (tournament, epoch)
            )
            spans = spans_of(seq for (seq,) in seqs)
            seq, command, forked = position or (0, None, 0)
            last = Position(epoch, seq, None if command is None else CommandId(command))
            events = self._read(tournament, epoch, max(after, 1), None)
        return Recollection(tournament, epoch, last, spans, tuple(events), after, bool(forked))

    def chunk(self, tournament: TournamentId, epoch: Epoch, spans: Spans) -> tuple[Event, ...]:
        """Return the first events of some seqs, as many as are brought at once; none if none is here."""
        found: list[Event] = []
        budget = MAX_CHUNK_BYTES
        with self._translated():
            for first, last in spans:
                for event, size in self._sized(tournament, epoch, first, last):
                    # A command's events stay together: the next one begins only where there is room.
                    if budget <= 0 and found[-1].command != event.command:
                        return tuple(found)
                    found.append(event)
                    budget -= size
        return tuple(found)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _prepare(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA:
            raise BadLog(str(self.path), "a newer version of this program wrote it; use that one")
        self._db.execute("PRAGMA journal_mode = WAL").fetchall()
        self._db.execute("PRAGMA synchronous = NORMAL")
        if version < SCHEMA:
            self._change(_UPGRADE if version else _SCHEMA)
        for (finding,) in self._db.execute("PRAGMA quick_check(1)"):
            if finding != "ok":
                raise BadLog(str(self.path), str(finding))

    def _change(self, script: str) -> None:
        try:
            self._db.executescript(script)
        except sqlite3.OperationalError:
            # Another process may have made the tables meanwhile.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version != SCHEMA:
                raise

    def _prune(self, now: datetime) -> None:
        oldest = (now - timedelta(days=KEEP_DAYS)).isoformat()
        seen = self._db.execute(
            "SELECT tournament, max(seen_at) AS at FROM positions GROUP BY tournament ORDER BY at DESC"
        ).fetchall()
        room = MAX_EVENTS
        for number, (tournament, at) in enumerate(seen):
            (count,) = self._db.execute(
                "SELECT count(*) FROM events WHERE tournament = ?", (tournament,)
            ).fetchone()
            room -= count
            if at < oldest or (room < 0 and number > 0):
                self._db.execute("DELETE FROM events WHERE tournament = ?", (tournament,))
                self._db.execute("DELETE FROM positions WHERE tournament = ?", (tournament,))
                logger.info("the archive lets go of %s, last seen %s", tournament, at)

    def _store(self, sight: Sight) -> None:
        tournament, position = sight.tournament, sight.position
        new = self._db.executemany(
            "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)",
            ((tournament, position.epoch, event.seq, _encode(event)) for event in sight.events),
        ).rowcount
        parted = new < len(sight.events) and self._differs(sight)
        # A state that was shown in place of what came after the position known here: the hub may have another
        # log than the one that was seen, and nothing tells from where on.
        self._db.execute(
            "INSERT INTO positions (tournament, epoch, seq, command, seen_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (tournament, epoch) DO UPDATE"
            " SET seq = excluded.seq, command = excluded.command, seen_at = excluded.seen_at,"
            " forked = forked OR (? AND excluded.command IS NOT positions.command)"
            " WHERE excluded.seq >= positions.seq",
            (
                tournament,
                position.epoch,
                position.seq,
                position.command,
                sight.at.isoformat(),
                not sight.events,
            ),
        )
        if parted:
            self._db.execute(
                "UPDATE positions SET forked = 1 WHERE tournament = ? AND epoch = ?",
                (tournament, position.epoch),
            )

    def _differs(self, sight: Sight) -> bool:
        """Tell whether another event was seen at one of these places: what a hub answered, and then lost."""
        seqs = [event.seq for event in sight.events]
        here = self._read(sight.tournament, sight.position.epoch, min(seqs), max(seqs))
        known = {event.seq: event.command for event in here}
        return any(known[event.seq] != event.command for event in sight.events)

    def _read(self, tournament: TournamentId, epoch: Epoch, first: int, last: int | None) -> Iterator[Event]:
        return (event for event, _ in self._sized(tournament, epoch, first, last))

    def _sized(
        self, tournament: TournamentId, epoch: Epoch, first: int, last: int | None
    ) -> Iterator[tuple[Event, int]]:
        rows = self._db.execute(
            "SELECT data FROM events WHERE tournament = ? AND epoch = ? AND seq >= ?"
            " AND (? IS NULL OR seq <= ?) ORDER BY seq",
            (tournament, epoch, first, last, last),
        )
        return ((_event.decode(data), len(data)) for (data,) in rows)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise NotSaved(str(self.path), str(error)) from error
        except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
            raise BadLog(str(self.path), str(error)) from error


class Archivist:
    """Gives an archive a thread of its own.

    What is to be written waits in memory without a bound of its own: it is what the hub sent, and the disk is
    faster than that. Where the disk refuses, it is dropped with a warning: the archive is a second copy.

    Args:
        archive: an open archive, which this closes at the end.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._requests: queue.SimpleQueue[Sight | Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="courtside-archive", daemon=True)
        self._thread.start()

    def keep(self, sight: Sight) -> None:
        """Store what was seen, soon."""
        self._requests.put(sight)

    def read(self, action: Callable[[Archive], T]) -> Future[T]:
        """Ask for something to be read after all earlier writes."""
        outcome: Future[T] = Future()

        def perform() -> None:
            try:
                outcome.set_result(action(self._archive))
            except Exception as error:  # noqa: BLE001 -- handed to whoever asked, a bug included
                outcome.set_exception(error)

        self._requests.put(perform)
        return outcome

    def close(self) -> None:
        """Finish what was asked for, close the archive and end the thread. Blocks meanwhile."""
        self._requests.put(None)
        self._thread.join()

    def _work(self) -> None:
        open_ = True
        while open_:
            group = [self._requests.get()]
            while not self._requests.empty():
                group.append(self._requests.get())
            open_ = None not in group
            sights: list[Sight] = []
            for request in group:
                if isinstance(request, Sight):
                    sights.append(request)
                elif request is not None:
                    self._write(sights)
                    sights = []
                    request()
            self._write(sights)
        self._archive.close()

    def _write(self, sights: Sequence[Sight]) -> None:
        if not sights:
            return
        try:
            self._archive.write(sights)
        except (NotSaved, BadLog) as error:
            logger.warning("not archived: %s", error)
