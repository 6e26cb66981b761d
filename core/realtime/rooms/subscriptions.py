"""Subscriptions: who wants to hear which events of which room, and telling them.

Owns the table and the one form in which events of all rooms are told. Guarantees that each hears a room's
events once and in order, that a callback which throws stops no other, and that one which was ended is not
called any more, not even for the rest of what is being told. Subscriptions outlive leaving: they hear again
once somebody here follows their room again. Told on one thread; ended from any.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, get_args

from core.domain.events import BroadcastSent, Event, Fact, fact_name
from core.domain.ids import match_room, presence_room, read_room, tournament_room
from core.domain.payload import read_payload
from core.errors import BadInput
from core.realtime.effects import Advanced, MembersChanged, Replaced, SideAdvanced
from core.wire.rooms import SideEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from core.domain.ids import DeviceId, RoomId
    from core.domain.payload import Json
    from core.domain.state import Tournament
    from core.realtime.effects import Change
    from core.wire.presence import Member

ALL = "*"
"""Stands for every event of a room."""
RESET = "reset"
"""The event that tells that what follows does not follow on what was told before."""
PRESENCE_EVENTS = ("member_joined", "member_changed", "member_left")
OWN_NAMES = frozenset(
    {RESET, *PRESENCE_EVENTS, *(str(kind.__struct_config__.tag) for kind in get_args(Fact))}
)
"""Names that only a hub or this device gives to an event: no broadcast passes for one of these."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """Something that happened in a room, in the one form for all kinds of rooms."""

    room: RoomId
    name: str
    """A fact's name (`points_added`), a broadcast's own, `member_joined`, `member_changed`, `member_left`,
    or `reset`."""
    seq: int
    """Its place in the room's log; in a match's room the match's version. 0 for presence, which is in no
    log; for `reset` the place where the log stands now."""
    source: Event | SideEvent | Member | Tournament | None
    """What the hub told: an event, a member, or with `reset` the tournament's new state; `None` for a reset
    of a room with a log of its own."""

    @property
    def data(self) -> Json:
        """Return what a broadcast carries; `None` for all else, and where it is withheld from its sender.

        Raises:
            BadPayload: what came is no JSON.
        """
        carrier = self.source.fact if isinstance(self.source, Event) else self.source
        if isinstance(carrier, BroadcastSent | SideEvent) and not carrier.withheld:
            return read_payload(carrier.data)
        return None

    @property
    def withheld(self) -> bool:
        """Tell whether this is a broadcast of this device's own that excluded its sender: it has no data."""
        carrier = self.source.fact if isinstance(self.source, Event) else self.source
        return isinstance(carrier, BroadcastSent | SideEvent) and carrier.withheld

    @property
    def by(self) -> str:
        """Return the person who did it; `""` for presence and `reset`."""
        return self.source.by if isinstance(self.source, Event | SideEvent) else ""

    @property
    def device(self) -> DeviceId | None:
        """Return the device on which it was done; `None` for presence and `reset`."""
        return self.source.device if isinstance(self.source, Event | SideEvent) else None

    @property
    def at(self) -> datetime | None:
        """Return when the hub took it, UTC; `None` for presence and `reset`."""
        return self.source.received_at if isinstance(self.source, Event | SideEvent) else None


Callback: TypeAlias = "Callable[[RoomEvent], object]"
"""What it returns is not looked at."""


class Subscription:
    """One callback on one room's events; made and ended by `Subscriptions`."""

    def __init__(self, room: RoomId, names: frozenset[str], callback: Callback) -> None:
        self.room = room
        self.names = names
        self.callback = callback
        self.ended = False
        """True from the moment somebody ends it: it is not called any more."""
        self.failed = False

    def wants(self, event: RoomEvent) -> bool:
        """Tell whether it is to hear of an event of its room."""
        return not self.ended and (ALL in self.names or event.name in self.names)


def event_names(events: str | Iterable[str]) -> frozenset[str]:
    """Return the names of events that somebody wants to hear of.

    Args:
        events: one name, several, or `*` for all.

    Raises:
        BadInput: there is none.
    """
    names = frozenset([events] if isinstance(events, str) else events)
    if not names or "" in names:
        raise BadInput("name the events to hear of, or write * for all")
    return names


class Subscriptions:
    """All subscriptions of this process, by room."""

    def __init__(self) -> None:
        self._by_room: dict[RoomId, dict[Subscription, None]] = {}

    def count(self, room: RoomId) -> int:
        """Return how many there are on a room."""
        return len(self._by_room.get(room, ()))

    def begin(self, subscription: Subscription) -> None:
        """Tell it from now on; one that has ended before it began is not taken."""
        if not subscription.ended:
            self._by_room.setdefault(subscription.room, {})[subscription] = None

    def end(self, subscription: Subscription) -> None:
        """Tell it no more; may be done twice."""
        subscription.ended = True
        on_room = self._by_room.get(subscription.room, {})
        on_room.pop(subscription, None)
        if not on_room:
            self._by_room.pop(subscription.room, None)

    def receive(self, change: Change) -> list[str]:
        """Tell everybody whom a change concerns.

        Returns:
            Callbacks that failed, in words; one that fails again and again is named once.
        """
        if not self._by_room:
            return []
        return [why for event in self._events(change) for why in self._tell(event)]

    def _tell(self, event: RoomEvent) -> Iterator[str]:
        for subscription in tuple(self._by_room.get(event.room, ())):
            if not subscription.wants(event):
                continue
            try:
                subscription.callback(event)
            except Exception as error:  # noqa: BLE001 - a callback from outside is one of the program's edges
                _log.exception("a callback of %s failed", event.room)
                if not subscription.failed:
                    yield f"a callback of {event.room} failed: {type(error).__name__}: {error}"
                subscription.failed = True
            else:
                subscription.failed = False

    def _events(self, change: Change) -> Iterator[RoomEvent]:
        """Return what a change is in each room that it concerns, in order."""
        match change:
            case Advanced():
                return _advanced(change)
            case Replaced(state):
                return self._replaced(state)
            case SideAdvanced():
                return _said(change)
            case MembersChanged():
                return _came_and_went(change)
            case _:
                return iter(())

    def _replaced(self, state: Tournament) -> Iterator[RoomEvent]:
        yield RoomEvent(tournament_room(state.id), RESET, state.position.seq, state)
        for room in tuple(self._by_room):
            parts = read_room(room)
            match = None if parts is None or parts.match is None else state.matches.get(parts.match)
            if match is not None:
                yield RoomEvent(room, RESET, match.version, state)


def _advanced(change: Advanced) -> Iterator[RoomEvent]:
    room = tournament_room(change.tournament)
    for event in change.events:
        yield _of_log(room, event.seq, event)
        if event.match is not None:
            yield _of_log(match_room(event.match), event.version, event)


def _said(change: SideAdvanced) -> Iterator[RoomEvent]:
    if change.reset:
        before = change.events[0].seq - 1 if change.events else change.seq
        yield RoomEvent(change.room, RESET, before, None)
    for event in change.events:
        yield RoomEvent(change.room, _own_name(event.event), event.seq, event)


def _came_and_went(change: MembersChanged) -> Iterator[RoomEvent]:
    room = presence_room(change.tournament)
    told = zip(PRESENCE_EVENTS, (change.joined, change.changed, change.left), strict=True)
    return (RoomEvent(room, name, 0, member) for name, members in told for member in members)


def _of_log(room: RoomId, seq: int, event: Event) -> RoomEvent:
    fact = event.fact
    name = _own_name(fact.event, fact_name(fact)) if isinstance(fact, BroadcastSent) else fact_name(fact)
    return RoomEvent(room, name, seq, event)


def _own_name(name: str, otherwise: str = "broadcast_sent") -> str:
    """Return a broadcast's name, or what it is called when it passes itself off for what it is not."""
    return otherwise if name in OWN_NAMES else name
