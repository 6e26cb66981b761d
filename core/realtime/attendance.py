"""Attendance: the shell around membership and subscriptions, and what a program holds of them.

Owns both machines on the realtime thread, and hands their wishes to the engine. Every public method may be
called from any thread. Guarantees that leaving twice counts once, that a callback which fails is said in the
feed, and that an `EventReader` tells its reader when it could not keep up instead of leaving out events.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import weakref
from collections import deque
from concurrent.futures import Future, InvalidStateError
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self

from core.errors import FellBehind
from core.realtime.rooms.membership import Membership, carrier_of
from core.realtime.rooms.subscriptions import Subscription, Subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from core.domain.ids import RoomId, TournamentId
    from core.realtime.effects import Change
    from core.realtime.rooms.membership import Wish
    from core.realtime.rooms.subscriptions import RoomEvent
    from core.realtime.view import Connection, RoomStats

MAX_WAITING = 1_000
"""Most events that wait for a reader, unless it says otherwise."""


class Desk(Protocol):
    """What attendance needs of the client."""

    def ask(self, action: Callable[[], None]) -> None:
        """Have something done on the realtime thread; raises where the client is closed."""

    def put(self, action: Callable[[], None]) -> None:
        """Have something done on the realtime thread, if that still runs."""

    def receive_wish(self, wish: Wish) -> None:
        """Follow a room, or no longer; on the realtime thread."""

    def tell(self, problem: str) -> None:
        """Say something in the feed; on the realtime thread."""


class Attendance:
    """The rooms that this process is in, and who hears what in them.

    Args:
        desk: the client.
        idle_after: seconds after which an unused room is left.
    """

    def __init__(self, desk: Desk, idle_after: float) -> None:
        self._desk = desk
        self._membership = Membership(idle_after)
        self._subscriptions = Subscriptions()
        self._readers: weakref.WeakSet[EventReader] = weakref.WeakSet()
        self._closed = False

    # From any thread.

    def join(self, room: RoomId, *, company: bool) -> Callable[[], None]:
        """Be in a room from now on; return what ends that, callable twice."""
        self._desk.ask(lambda: self._wish(self._membership.join(room, time.monotonic(), company=company)))
        return _once(
            lambda: self._desk.put(lambda: self._wish(self._membership.leave(room, company=company)))
        )

    def join_all(self, directory: Callable[[], Iterable[TournamentId]], *, company: bool) -> None:
        """Be in every tournament that the hub holds, and in those that come."""
        self._desk.ask(
            lambda: self._wish(self._membership.join_all(directory(), time.monotonic(), company=company))
        )

    def subscribe(self, subscription: Subscription) -> Callable[[], None]:
        """Tell a subscription from now on; return what ends that, callable twice."""
        self._desk.ask(partial(self._begin, subscription))

        def end() -> None:
            # At once, whatever the thread: the rest is tidying up.
            subscription.ended = True
            self._desk.put(partial(self._end, subscription))

        return _once(end)

    def read(self, room: RoomId, names: frozenset[str], limit: int) -> EventReader:
        """Return a reader of a room's events from now on."""
        reader = EventReader(room, limit)
        # Weakly: a reader that a loop over it has dropped is to end by itself.
        put = weakref.WeakMethod(reader.receive)

        def pass_on(event: RoomEvent) -> None:
            if (receive := put()) is not None:
                receive(event)

        end = self.subscribe(Subscription(room, names, pass_on))
        reader.on_end = end
        weakref.finalize(reader, end).atexit = False
        self._desk.put(partial(self._know, weakref.ref(reader)))
        return reader

    def refined(self, room: RoomId, stats: RoomStats, members: int | None) -> RoomStats:
        """Return the figures of the room that carries a room as those of the room itself."""
        stats = replace(stats, member_count=members, subscription_count=self._subscriptions.count(room))
        activity = None if carrier_of(room) == room else self._membership.activity(room, time.monotonic())
        if activity is None:
            return stats
        return replace(stats, last_activity=activity.last_activity, event_rate=activity.event_rate)

    # On the realtime thread.

    def receive(self, change: Change) -> None:
        """Tell what happened to whom it concerns."""
        self._membership.receive(change, time.monotonic())
        for problem in self._subscriptions.receive(change):
            self._desk.tell(problem)

    def receive_connection(self, connection: Connection) -> None:
        """Hear who this device is to the hub."""
        if connection.connected:
            self._wish(self._membership.receive_standing(connection.role, connection.team))

    def receive_directory(self, tournaments: Iterable[TournamentId]) -> None:
        """Hear what the hub holds."""
        self._wish(self._membership.receive_directory(tournaments, time.monotonic()))

    def next_deadline(self) -> float | None:
        """Return when an unused room is left; `None` while none is."""
        return self._membership.next_deadline()

    def handle_deadline(self, now: float) -> None:
        """Leave what nobody uses."""
        self._wish(self._membership.handle_deadline(now))

    def close(self) -> None:
        """End all readers: nothing more will happen."""
        self._closed = True
        for reader in tuple(self._readers):
            reader.close()

    def _wish(self, wishes: Sequence[Wish]) -> None:
        # Later: the engine's effects of the call that brought this must be performed first.
        for wish in wishes:
            self._desk.put(partial(self._desk.receive_wish, wish))

    def _begin(self, subscription: Subscription) -> None:
        self._subscriptions.begin(subscription)
        self._wish(self._membership.subscribe(subscription.room, time.monotonic()))

    def _end(self, subscription: Subscription) -> None:
        self._subscriptions.end(subscription)
        self._membership.unsubscribe(subscription.room, time.monotonic())

    def _know(self, found: weakref.ref[EventReader]) -> None:
        reader = found()
        if reader is not None and self._closed:
            reader.close()
        elif reader is not None:
            self._readers.add(reader)


class EventReader:
    """A room's events, one after the other, for one reader on any event loop: `async for event in reader`.

    It ends when it is closed, when it is dropped, or when the client closes. At most `limit` events wait for
    the reader. When more come, it has fallen behind: no event is left out in silence, those that wait are
    read first, then `FellBehind` is raised, and a new reader begins with what comes then.

    ```python
    room = await realtime.join("tournament:summer").live(10)
    with room.events(limit=100) as events:
        room.broadcast("lights", "on")
        try:
            async for event in events:
                print(event.name, event.data)
                break
        except core.FellBehind as error:
            print("read again from the view, then open a new reader:", error)
    ```

    Args:
        room: the room.
        limit: most events that wait; at least 1.
    """

    def __init__(self, room: RoomId, limit: int) -> None:
        self._room = room
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: deque[RoomEvent] = deque()
        self._lost: RoomEvent | None = None
        self._ended = False
        self._wake: Future[None] | None = None
        self.on_end: Callable[[], None] = _nothing
        """What ends its subscription."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> RoomEvent:
        """Return the next event.

        Raises:
            FellBehind: events came faster than they were read; those before the first lost one were returned.
            RuntimeError: somebody else waits here already.
        """
        while True:
            with self._lock:
                if self._wake is not None:
                    raise RuntimeError("this reader has a reader already: open another one")
                if self._waiting:
                    return self._waiting.popleft()
                if self._lost is not None:
                    raise FellBehind(self._room, self._lost.seq, self._limit)
                if self._ended:
                    raise StopAsyncIteration
                wake = self._wake = Future()
            try:
                await asyncio.wrap_future(wake)
            finally:
                with self._lock:
                    self._wake = None

    def receive(self, event: RoomEvent) -> None:
        """Take an event; on the realtime thread."""
        with self._lock:
            if self._ended or self._lost is not None:
                return
            if len(self._waiting) < self._limit:
                self._waiting.append(event)
            else:
                self._lost = event
            self._rouse()

    def close(self) -> None:
        """End it: what waits can still be read."""
        with self._lock:
            self._ended = True
            self._rouse()
        self.on_end()

    def _rouse(self) -> None:
        if self._wake is not None:
            # Its reader may have given up waiting at this moment.
            with contextlib.suppress(InvalidStateError):
                self._wake.set_result(None)


def _nothing() -> None:
    """End nothing."""


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """Return `action` as one that does nothing when it is called again."""
    actions = [action]

    def call() -> None:
        with contextlib.suppress(IndexError):
            actions.pop()()

    return call
