"""Remembrance: the client's dealings with the archive.

Owns which changes are worth keeping (what was learnt from an old server is no hub's log), and the answers to
the engine's `Recall` and `Fetch`. A reader, and a device whose disk refuses, has no archive: then nothing is
kept, and nothing is found.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from core.domain.ids import tournament_of
from core.domain.state import Position
from core.errors import BadLog, NotSaved
from core.realtime.disk.archive import Archivist, Sight
from core.realtime.effects import Advanced, Fetch, Recall, Recollection, Replaced
from core.realtime.oldserver.learning import is_basic

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from core.domain.answers import Answer
    from core.domain.events import Event
    from core.realtime.disk.archive import Archive
    from core.realtime.effects import Change

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Host(Protocol):
    """Who is told what was found. All but `put` is called on the loop."""

    def put(self, action: Callable[[], None]) -> None:
        """Have something done on the loop, in the order of asking; from any thread."""
        ...

    def receive_recalled(self, recalled: Recollection) -> None:
        """The archive was looked into."""
        ...

    def receive_fetched(self, fetch: Fetch, events: tuple[Event, ...]) -> None:
        """The archive gave the next events to bring."""
        ...


class Remembrance:
    """Keeps what this device saw.

    Args:
        archive: an open archive, closed by `close`; `None` where there is none.
        host: told what was found.
    """

    def __init__(self, archive: Archive | None, host: Host) -> None:
        self._archivist = None if archive is None else Archivist(archive)
        self._host = host

    def receive(self, change: Change, at: datetime) -> None:
        """Keep what a change shows of a log."""
        if self._archivist is None:
            return
        match change:
            case Advanced(tournament, epoch, events) if not is_basic(epoch):
                position = Position(epoch, events[-1].seq, events[-1].command)
                self._archivist.keep(Sight(tournament, position, at, events))
            case Replaced(state, stored) if not stored and not is_basic(state.position.epoch):
                self._archivist.keep(Sight(state.id, state.position, at))
            case _:
                pass

    def receive_answer(self, answer: Answer, at: datetime) -> None:
        """Keep the events that an entry on a match became, whether or not its tournament is followed."""
        if self._archivist is None or not answer.events or answer.events[0].match is None:
            return
        if is_basic(answer.epoch):
            return
        last = answer.events[-1]
        position = Position(answer.epoch, last.seq, last.command)
        self._archivist.keep(Sight(tournament_of(answer.events[0].match), position, at, answer.events))

    def recall(self, recall: Recall) -> None:
        """Look what is here of an older epoch."""
        nothing = Recollection(
            recall.tournament, recall.epoch, Position(recall.epoch, 0), (), (), recall.after
        )
        self._read(
            lambda archive: archive.recall(recall.tournament, recall.epoch, recall.after),
            nothing,
            self._host.receive_recalled,
        )

    def fetch(self, fetch: Fetch) -> None:
        """Read the next events of an older epoch."""
        nothing: tuple[Event, ...] = ()
        self._read(
            lambda archive: archive.chunk(fetch.tournament, fetch.epoch, fetch.spans),
            nothing,
            partial(self._host.receive_fetched, fetch),
        )

    def close(self) -> None:
        """Store what was seen, and close the archive. Blocks."""
        if self._archivist is not None:
            self._archivist.close()

    def _read(self, action: Callable[[Archive], T], nothing: T, then: Callable[[T], None]) -> None:
        if self._archivist is None:
            self._host.put(lambda: then(nothing))
            return

        def found(outcome: Future[T]) -> None:
            error = outcome.exception()
            if isinstance(error, NotSaved | BadLog):
                logger.warning("the archive cannot be read: %s", error)
            elif error is not None:
                self._host.put(partial(_raise, error))
                return
            result = nothing if error is not None else outcome.result()
            self._host.put(lambda: then(result))

        self._archivist.read(action).add_done_callback(found)


def _raise(error: BaseException) -> None:
    raise error
