"""The keeper: the client's dealings with the journal and with other processes of the data folder.

Owns when entries, records and stored copies are written, when others' rows are looked for, and how a free
lock is taken over. Decides nothing about entries: outcomes go to the engine through its host. Guarantees
that a record that could not be written is written later, and that every row is known before this process
begins to send.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Protocol

from core.errors import BadLog, NotSaved
from core.realtime.disk.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from core.domain.commands import Entry
    from core.domain.ids import CommandId, TournamentId
    from core.domain.state import Tournament
    from core.realtime.disk.opening import Opened
    from core.realtime.effects import JournalRow, Record

LOOK_INTERVAL = 0.2
"""Seconds between two looks for what other processes of the data folder wrote, and for a free lock."""
COPY_INTERVAL = 2.0
"""Least seconds between two stored copies."""
PROBE_INTERVAL = 5.0
"""Seconds between two attempts to write a journal that could not be written."""

logger = logging.getLogger(__name__)


class Host(Protocol):
    """Who is told of outcomes. All but `put` is called on the loop."""

    def put(self, action: Callable[[], None]) -> None:
        """Have something done on the loop, in the order of asking; from any thread."""
        ...

    def put_saved(self, id: CommandId, row: int) -> None:
        """Take an entry's row, in the same order; from any thread."""
        ...

    def receive_unsaved(self, id: CommandId, error: NotSaved | BadLog) -> None:
        """An entry could not be committed."""
        ...

    def receive_appended(self, rows: tuple[JournalRow, ...]) -> None:
        """Other processes wrote rows."""
        ...

    def receive_lock(self) -> None:
        """This process is the one that sends now."""
        ...

    def receive_writable(self) -> None:
        """The journal, which could not be written, can be again."""
        ...


class Keeper:
    """Keeps what must outlive this process.

    Args:
        opened: the data folder's part; closed by `close`.
        host: told of outcomes.
        now: the monotonic time.
    """

    def __init__(self, opened: Opened, host: Host, now: float) -> None:
        self._opened = opened
        self._host = host
        self._writer = None if opened.journal is None else Writer(opened.journal, self._hear)
        self._newest: dict[CommandId, Record] = {}
        self._unrecorded: dict[CommandId, Record] = {}
        self._uncopied: dict[TournamentId, Tournament] = {}
        self._looking = False
        self._failed = False
        self._next_look = self._next_copy = now
        self._next_probe = now + PROBE_INTERVAL
        self.holds_lock = opened.holds_lock
        """Whether this process is the one that sends."""

    @property
    def next_deadline(self) -> float | None:
        """The monotonic time at which `tend` is due; `None` if it never is."""
        return None if self._writer is None else self._next_look

    def persist(self, entry: Entry) -> None:
        """Commit an entry."""
        if self._writer is None:
            error = NotSaved(str(self._opened.folder.journal), self._opened.why_not_saving)
            self._host.put(partial(self._host.receive_unsaved, entry.id, error))
            return
        outcome = self._writer.write(lambda transaction: transaction.append(entry))
        outcome.add_done_callback(partial(self._persisted, entry.id))

    def record(self, record: Record) -> None:
        """Write what became of an entry, soon."""
        if self._writer is not None and self.holds_lock:
            self._newest[record.id] = record
            self._unrecorded.pop(record.id, None)
            outcome = self._writer.write(lambda transaction: transaction.record(record))
            outcome.add_done_callback(partial(self._recorded, record))

    def when_recorded(self, id: CommandId, then: Callable[[NotSaved | None], None]) -> None:
        """Go on, on the loop, when the newest record of an entry is on disk, or could not be put there."""
        if self._writer is None:
            then(None)
            return

        def tell() -> None:
            why = "what became of the entry is not on disk yet; it is written as soon as that can be"
            then(NotSaved(str(self._opened.folder.journal), why) if id in self._unrecorded else None)

        self._writer.read(lambda _: None).add_done_callback(lambda _: self._host.put(tell))

    def copy(self, state: Tournament) -> None:
        """Store a tournament's state, once in a while the newest."""
        self._uncopied[state.id] = state

    def find(self, id: CommandId, then: Callable[[JournalRow | None], None]) -> None:
        """Look an entry up, and go on with its row on the loop; with `None` if it is not in the journal."""
        if self._writer is None:
            then(None)
            return

        def found(outcome: Future[JournalRow | None]) -> None:
            row = None if outcome.exception() is not None else outcome.result()
            self._host.put(lambda: then(row))

        self._writer.read(lambda journal: journal.find(id)).add_done_callback(found)

    def tend(self, now: float, at: datetime) -> None:
        """Do what is to be done from time to time."""
        if self._writer is None or now < self._next_look:
            return
        self._next_look = now + LOOK_INTERVAL
        if not self._looking:
            self._looking = True
            if self._opened.may_send and not self.holds_lock:
                self._writer.read(lambda _: self._opened.folder.acquire()).add_done_callback(self._tried_lock)
            else:
                self._writer.look().add_done_callback(lambda _: self._host.put(self._looked))
        if now >= self._next_copy and self.holds_lock and self._uncopied:
            self._next_copy = now + COPY_INTERVAL
            self.store_copies(at)
        if now >= self._next_probe and (self._failed or self._unrecorded):
            self._next_probe = now + PROBE_INTERVAL
            waiting, self._unrecorded = self._unrecorded, {}
            self._writer.write(lambda _: None).add_done_callback(self._probed)
            for record in waiting.values():
                self.record(record)

    def store_copies(self, at: datetime) -> None:
        """Store what changed since the last copies.

        Args:
            at: now, UTC.
        """
        if self._writer is None or not self.holds_lock:
            return
        for state in self._uncopied.values():
            outcome = self._writer.write(lambda transaction, state=state: transaction.copy(state, at))  # type: ignore[misc]
            outcome.add_done_callback(partial(_copied, state.id))
        self._uncopied = {}

    async def settle(self) -> None:
        """Wait until everything asked for so far has its outcome."""
        if self._writer is not None:
            await asyncio.wait((asyncio.wrap_future(self._writer.look()),))

    def close(self) -> None:
        """Commit what was asked for, close the journal and free the lock. Blocks."""
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            self._opened.folder.release()

    # On the journal's thread.

    def _hear(self, rows: tuple[JournalRow, ...]) -> None:
        self._host.put(partial(self._host.receive_appended, rows))

    def _persisted(self, id: CommandId, outcome: Future[int]) -> None:
        error = outcome.exception()
        if error is None:
            self._host.put_saved(id, outcome.result())
        elif isinstance(error, NotSaved | BadLog):
            self._host.put(partial(self._not_persisted, id, error))
        else:
            self._host.put(partial(_raise, error))

    def _recorded(self, record: Record, outcome: Future[None]) -> None:
        error = outcome.exception()
        if isinstance(error, NotSaved | BadLog):
            logger.warning("what became of %s is written later: %s", record.id, error)
            self._host.put(partial(self._not_recorded, record))
        elif error is not None:
            self._host.put(partial(_raise, error))
        elif self._newest.get(record.id) is record:
            self._newest.pop(record.id, None)

    def _tried_lock(self, outcome: Future[bool]) -> None:
        assert self._writer is not None
        if outcome.exception() is None and outcome.result():
            # Rows that the last holder wrote before it let go come in by this look, before the first sending.
            self._writer.look().add_done_callback(self._looked_with_lock)
        else:
            self._host.put(self._looked)

    def _looked_with_lock(self, outcome: Future[None]) -> None:
        # After a look that failed there may be rows that nobody knows here: the next one tries again.
        self._host.put(self._take_over if outcome.exception() is None else self._looked)

    def _probed(self, outcome: Future[None]) -> None:
        if outcome.exception() is None:
            self._host.put(self._writable)

    # On the loop.

    def _not_persisted(self, id: CommandId, error: NotSaved | BadLog) -> None:
        self._failed = True
        self._host.receive_unsaved(id, error)

    def _not_recorded(self, record: Record) -> None:
        # Never over a newer one. A row that lags is harmless meanwhile: the entry goes out again under its id
        # and gets its old answer.
        if self._newest.get(record.id, record) is record:
            self._unrecorded[record.id] = record

    def _looked(self) -> None:
        self._looking = False

    def _take_over(self) -> None:
        self._looking = False
        self.holds_lock = True
        self._host.receive_lock()

    def _writable(self) -> None:
        if self._failed:
            self._failed = False
            self._host.receive_writable()


def _copied(tournament: TournamentId, outcome: Future[None]) -> None:
    error = outcome.exception()
    if error is not None:
        logger.warning("no copy of %s was stored: %s", tournament, error)


def _raise(error: BaseException) -> None:
    raise error
