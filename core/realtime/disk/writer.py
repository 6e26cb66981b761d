"""The journal's thread: commits off the event loop, many at once.

Owns the one thread that uses the journal, and group commit: what gathered during the last commit goes into
the
next one. Guarantees that outcomes are told in the order of asking, each after its commit, that rows which
other processes wrote are told before the outcome of any later row of ours, and that nothing asked for is
left without an outcome.
"""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from core.errors import BadLog, NotSaved

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.realtime.disk.journal import Journal, Transaction
    from core.realtime.effects import JournalRow

MAX_GROUP = 2_000
"""Most writes in one commit."""
QUIET = 0.5
"""Seconds without a request after which the write-ahead log is moved into the file."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Hearer(Protocol):
    """Who is told of other processes' rows, on the journal's thread."""

    def __call__(self, rows: tuple[JournalRow, ...], /) -> None:
        """Hear of rows that others appended or changed."""
        ...


@dataclass(frozen=True, slots=True)
class _Write(Generic[T]):
    action: Callable[[Transaction], T]
    outcome: Future[T]


@dataclass(frozen=True, slots=True)
class _Read(Generic[T]):
    action: Callable[[Journal], T]
    outcome: Future[T]


class Writer:
    """Gives the journal a thread of its own.

    Its queue has no bound of its own: entries are bounded by the outbox, which refuses at the key, and the
    rest
    follows from entries.

    Args:
        journal: an open journal, which this closes at the end.
        hear: told of other processes' rows, on the journal's thread.
    """

    def __init__(self, journal: Journal, hear: Hearer) -> None:
        self._journal = journal
        self._hear = hear
        self._requests: queue.SimpleQueue[_Write[object] | _Read[object] | None] = queue.SimpleQueue()
        # A daemon: an interpreter that ends without `close` must not wait for it; what is committed is on
        # disk.
        self._thread = threading.Thread(target=self._work, name="courtside-journal", daemon=True)
        self._thread.start()

    def write(self, action: Callable[[Transaction], T]) -> Future[T]:
        """Ask for writes; the outcome comes when they are on disk, or as `NotSaved` or `BadLog`."""
        outcome: Future[T] = Future()
        self._requests.put(_Write(action, outcome))  # type: ignore[arg-type]  # the asker's affair
        return outcome

    def read(self, action: Callable[[Journal], T]) -> Future[T]:
        """Ask for something to be read after all earlier writes."""
        outcome: Future[T] = Future()
        self._requests.put(_Read(action, outcome))  # type: ignore[arg-type]  # as above
        return outcome

    def look(self) -> Future[None]:
        """Look for what other processes wrote; the outcome comes after it was told."""
        return self.read(lambda _: None)

    def close(self) -> None:
        """Finish what was asked for, close the journal and end the thread. Blocks meanwhile."""
        self._requests.put(None)
        self._thread.join()

    def _work(self) -> None:
        dirty = False
        open_ = True
        while open_:
            try:
                group = [self._requests.get(timeout=QUIET if dirty else None)]
            except queue.Empty:
                self._checkpoint()
                dirty = False
                continue
            while len(group) < MAX_GROUP and not self._requests.empty():
                group.append(self._requests.get())
            open_ = None not in group
            dirty |= self._perform([request for request in group if request is not None])
        if dirty:
            self._checkpoint()
        self._journal.close()

    def _perform(self, group: list[_Write[object] | _Read[object]]) -> bool:
        """Do what was asked for, adjoining writes in one commit; return whether there were any."""
        writes: list[_Write[object]] = []
        wrote = False
        for request in group:
            if isinstance(request, _Write):
                writes.append(request)
                wrote = True
            else:
                self._commit(writes)
                writes = []
                self._read(request)
        self._commit(writes)
        return wrote

    def _commit(self, writes: list[_Write[object]]) -> None:
        if not writes:
            return
        try:
            with self._journal.commit() as transaction:
                outcomes = [write.action(transaction) for write in writes]
        except Exception as error:  # noqa: BLE001 -- handed to whoever asked, a bug included
            for write in writes:
                write.outcome.set_exception(error)
            return
        try:
            self._look()
        except (NotSaved, BadLog) as error:
            # What is committed is committed: the outcome must not say otherwise.
            logger.warning("cannot see what other processes wrote: %s", error)
        for write, outcome in zip(writes, outcomes, strict=True):
            write.outcome.set_result(outcome)

    def _read(self, request: _Read[object]) -> None:
        try:
            self._look()
            request.outcome.set_result(request.action(self._journal))
        except Exception as error:  # noqa: BLE001 -- as above
            request.outcome.set_exception(error)

    def _look(self) -> None:
        rows = self._journal.foreign()
        if rows:
            self._hear(rows)

    def _checkpoint(self) -> None:
        try:
            self._journal.checkpoint()
        except (NotSaved, BadLog) as error:
            # What is committed stays in the write-ahead log; the next quiet moment tries again.
            logger.warning("the journal's log stays long: %s", error)
