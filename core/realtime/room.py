"""A room as a program is in it: what happens there, who is there, and what is said to it.

A handle, cheap to make and to drop: it owns nothing that the view does not hold. Every method may be called
from any thread; what waits is awaitable on any event loop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from core.domain.commands import Broadcast
from core.domain.ids import GLOBAL_ROOM, read_room
from core.domain.payload import pack_payload
from core.domain.rooms import room_name
from core.errors import BadInput
from core.realtime.attendance import MAX_WAITING
from core.realtime.rooms.membership import carrier_of
from core.realtime.rooms.presence import in_room
from core.realtime.rooms.subscriptions import ALL, OWN_NAMES, Subscription, event_names
from core.wire.rooms import RoomMetadata

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from core.domain.commands import Command
    from core.domain.ids import RoomId, RoomKind
    from core.domain.payload import Json
    from core.realtime.attendance import Attendance, EventReader
    from core.realtime.rooms.subscriptions import Callback
    from core.realtime.submission import Submission
    from core.realtime.view import RoomStats, View
    from core.wire.presence import Member


class Device(Protocol):
    """What a room needs of the realtime client that is in it."""

    @property
    def view(self) -> View:
        """Everything that is known now."""
        ...

    @property
    def attendance(self) -> Attendance:
        """The rooms that this program is in."""
        ...

    async def wait_for(self, predicate: Callable[[View], bool], timeout: float | None = None) -> View:  # noqa: ASYNC109 -- handed on
        """Wait for the first view that `predicate` is true of."""
        ...

    def room_stats(self, room: str) -> RoomStats | None:
        """Return a followed room in figures."""
        ...

    def submit(self, command: Command, *, tournament: str | None = None) -> Submission:
        """Enter a command."""
        ...


class Room:
    """A room that this device is in; made by `Realtime.join`.

    ```python
    room = await realtime.join("match:summer.m001").live(10)
    unsubscribe = room.subscribe("points_added", lambda event: print(event.seq, event.by))
    with room.events("points_added", "match_completed") as events:
        realtime.submit(core.commands.AddScore("m1", "reds", +1))
        async for event in events:
            print(event.name, event.at, room.stats())
            break
    unsubscribe()
    ```
    """

    def __init__(self, device: Device, id: RoomId, leave: Callable[[], None]) -> None:
        self._device = device
        self._leave = leave
        self.id = id

    def __await__(self) -> Generator[None, None, Room]:
        yield from asyncio.sleep(0).__await__()
        return self

    @property
    def kind(self) -> RoomKind:
        """Return what kind of room it is."""
        parts = read_room(self.id)
        assert parts is not None
        return parts.kind

    @property
    def is_live(self) -> bool:
        """Return whether a link carries the room now, and nothing is missing."""
        return _is_live(self._device.view, self.id)

    async def live(self, timeout: float | None = None) -> Room:  # noqa: ASYNC109 -- handed to asyncio.timeout
        """Wait until a link carries the room and nothing is missing.

        Args:
            timeout: longest wait in seconds; `None` for no limit.

        Raises:
            TimeoutError: it was not to be had in time; what is stored here is in the view all the same.
        """
        await self._device.wait_for(lambda view: _is_live(view, self.id), timeout)
        return self

    def subscribe(self, events: str | Iterable[str], callback: Callback) -> Callable[[], None]:
        """Call `callback` on the realtime thread with each such event from now on, in order.

        Args:
            events: names of events (`points_added`, a broadcast's own, `member_joined`, ...), or `*` for all.
                A subscriber of `*` or `reset` is told with `reset` that what follows does not follow on what
                it was told before.
            callback: called with the event; what it raises is logged, said in the feed, and stops nobody
                else. It may subscribe and unsubscribe.

        Returns:
            What ends that, at once; callable twice. It goes on over leaving and joining again.

        Raises:
            BadInput: no event is named.
        """
        subscription = Subscription(self.id, event_names(events), callback)
        return self._device.attendance.subscribe(subscription)

    def events(self, *names: str, limit: int = MAX_WAITING) -> EventReader:
        """Return the events from now on, to be read one after the other: `async for event in room.events():`.

        Args:
            names: names of events; none for all.
            limit: most events that wait for the reader. When more come it has fallen behind, and after those
                that wait reads `FellBehind`: nothing is left out in silence.

        Raises:
            BadInput: an event's name is empty, or the limit is below 1.
        """
        if limit < 1:
            raise BadInput("a reader needs room for one event at least")
        return self._device.attendance.read(self.id, event_names(names or ALL), limit)

    def members(self) -> tuple[Member, ...]:
        """Return who is in the room, in the order of their coming.

        That is known of tournaments whose presence is followed (the setting `auto_join`, or joining
        `tournament:{t}:presence`); a match's members are its tournament's.
        """
        return in_room(self.id, self._device.view.members) or ()

    def metadata(self) -> RoomMetadata:
        """Return what the room is for; its name is its id while its tournament is not known here."""
        parts = read_room(self.id)
        assert parts is not None
        shown = None if parts.tournament is None else self._device.view.tournaments.get(parts.tournament)
        name = str(self.id)
        if shown is not None and (parts.team is None or parts.team in shown.confirmed.teams):
            name = room_name(shown.confirmed, parts)
        return RoomMetadata(name, parts.team, parts.role, parts.match)

    def stats(self) -> RoomStats | None:
        """Return the room in figures; `None` while nobody here follows it."""
        return self._device.room_stats(self.id)

    def broadcast(self, event: str, data: Json = None, *, exclude_sender: bool = False) -> Submission:
        """Say something to everybody in the room, through the outbox.

        ```python
        room = await realtime.join("tournament:summer:admin").live(10)
        with room.events("doors") as events:
            await room.broadcast("doors", {"open": True}).confirmed(10)
            print((await anext(events)).data["open"])
        ```

        Args:
            event: its name, by which others subscribe to it.
            data: any JSON value, at most 4 KiB as text.
            exclude_sender: whether this device is not to be told what it said.

        Raises:
            BadInput: the name is one of the hub's own events, or the data is no JSON or too much of it.
        """
        return broadcast(self._device, self.id, event, data, exclude_sender=exclude_sender)

    def leave(self) -> None:
        """Be in the room no longer; others of this program who joined it stay. May be called twice."""
        self._leave()


def broadcast(device: Device, room: RoomId, event: str, data: Json, *, exclude_sender: bool) -> Submission:
    """Enter a broadcast to one room.

    Raises:
        BadInput: the name is one of the hub's own events, or the data is no JSON or too much of it.
    """
    if event in OWN_NAMES:
        raise BadInput(f"{event!r} is an event of the hub's own; give the broadcast another name")
    # To everybody it goes in the order of some tournament: which one is told to nobody.
    tournament = next(iter(device.view.tournaments), None) if room == GLOBAL_ROOM else None
    return device.submit(Broadcast(room, event, pack_payload(data), exclude_sender), tournament=tournament)


def _is_live(view: View, room: RoomId) -> bool:
    carrier = carrier_of(room)
    parts = read_room(carrier)
    if parts is None or parts.has_own_log or parts.tournament is None:
        side = view.sides.get(room)
        return side is not None and side.live
    if parts.kind == "presence":
        there = view.members.get(parts.tournament)
        return there is not None and there.live
    shown = view.tournaments.get(parts.tournament)
    return shown is not None and shown.live
