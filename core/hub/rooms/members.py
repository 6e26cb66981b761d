"""Members: which link is in which room, and what it is told on its way in.

The one place where a room is joined and left, whatever its kind. A room that a pass may not read is answered
like one that is not there, by the same steps, so that nobody can tell the two apart. Whatever is handed out
is committed: it comes from the rooms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from core.errors import BadLog
from core.hub.door.access import may_read
from core.hub.rooms.room import no_room
from core.wire.messages import Problem, Replay, Snapshot
from core.wire.presence import Member, PresenceSnapshot
from core.wire.rooms import SideReplay

if TYPE_CHECKING:
    from collections.abc import Collection, Set
    from datetime import datetime

    from core.domain.answers import Answer
    from core.domain.ids import RoomId, RoomParts, TournamentId
    from core.hub.door.access import Pass
    from core.hub.rooms.presence import Presence
    from core.hub.rooms.room import Rooms
    from core.hub.rooms.side import Sides
    from core.wire.messages import Join
    from core.wire.presence import Who

Welcomed: TypeAlias = Replay | Snapshot | SideReplay | PresenceSnapshot | Problem
"""The answer to a join."""


class Guest(Protocol):
    """Who may be in a room: one link of somebody."""

    pass_: Pass
    """What it may do, today."""

    @property
    def who(self) -> Who:
        """The device and the person at it."""
        ...

    @property
    def idle_since(self) -> datetime | None:
        """Since when nobody is at the keys; `None` while somebody is."""
        ...


G = TypeVar("G", bound=Guest)


class Members(Generic[G]):
    """All rooms of a hub, by who is in them.

    Args:
        rooms: the tournaments.
        sides: the rooms with logs of their own.
        presence: who is where.
    """

    def __init__(self, rooms: Rooms, sides: Sides, presence: Presence[G]) -> None:
        self._rooms = rooms
        self._sides = sides
        self._presence = presence
        self._in: dict[RoomId, set[G]] = {}
        self._of: dict[G, dict[RoomId, TournamentId | None]] = {}

    @property
    def in_use(self) -> Collection[RoomId]:
        """The rooms that somebody is in."""
        return self._in.keys()

    def of(self, room: RoomId) -> Set[G]:
        """Return everybody in a room."""
        return self._in.get(room, frozenset())

    def count(self, room: RoomId) -> int:
        """Return how many are in a room, each once over however many links."""
        return len({guest.who for guest in self.of(room)})

    def join(self, join: Join, answers: tuple[Answer, ...], guest: G, now: float, at: datetime) -> Welcomed:
        """Let somebody in, again if it was in already, and return what it must know first.

        Args:
            join: what it asked.
            answers: to the ids that it named as unanswered.
            guest: the link.
            now: monotonic seconds.
            at: the hub's clock.
        """
        parts = self._rooms.find(join.room)
        if not may_read(guest.pass_, join.room) or parts is None:
            return no_room(join.room)
        try:
            welcome = self._welcome(parts, join, answers, guest, now)
        except BadLog as error:
            return Problem("unreadable", f"the hub cannot read that room's log now: {error}", room=join.room)
        self._in.setdefault(join.room, set()).add(guest)
        self._of.setdefault(guest, {})[join.room] = parts.tournament
        if parts.tournament is not None:
            self._presence.receive_join(parts.tournament, guest, _member(guest, at))
        return welcome

    def leave(self, room: RoomId, guest: G, now: float) -> Problem | None:
        """Let somebody out; `None` if it was in, or might have been."""
        rooms = self._of.get(guest, {})
        if room not in rooms:
            there = self._rooms.find(room) is not None
            return None if may_read(guest.pass_, room) and there else no_room(room)
        tournament = rooms.pop(room)
        self._out(room, guest)
        if tournament is not None and tournament not in rooms.values():
            self._presence.receive_leave(tournament, guest, guest.who, now, clean=True)
        return None

    def forget(self, guest: G, now: float, *, clean: bool) -> None:
        """Let somebody out of every room: its link is over.

        Args:
            guest: the link.
            now: monotonic seconds.
            clean: whether the client meant to go.
        """
        rooms = self._of.pop(guest, {})
        for room in rooms:
            self._out(room, guest)
        for tournament in _tournaments(rooms):
            self._presence.receive_leave(tournament, guest, guest.who, now, clean=clean)

    def receive_idle(self, guest: G) -> None:
        """Take that a link says otherwise of the keys than before."""
        for tournament in _tournaments(self._of.get(guest, {})):
            self._presence.receive_idle(tournament, guest, guest.who, guest.idle_since)

    def _welcome(
        self, parts: RoomParts, join: Join, answers: tuple[Answer, ...], guest: G, now: float
    ) -> Welcomed:
        if parts.has_own_log:
            return self._sides.open(join.room, now).welcome(join.position, answers, guest.who.device)
        assert parts.tournament is not None, "only the global room is of no tournament"
        if parts.kind == "presence":
            return self._presence.snapshot(parts.tournament)
        room = self._rooms.room(parts.tournament)
        assert room is not None, "it was found"
        if parts.match is not None:
            return room.welcome_in(parts.match, join.position, answers)
        return room.welcome(join.position, answers, guest.who.device)

    def _out(self, room: RoomId, guest: G) -> None:
        guests = self._in[room]
        guests.discard(guest)
        if not guests:
            del self._in[room]


def _tournaments(rooms: dict[RoomId, TournamentId | None]) -> list[TournamentId]:
    """Return each tournament once, in the order of the joins."""
    return [tournament for tournament in dict.fromkeys(rooms.values()) if tournament is not None]


def _member(guest: Guest, at: datetime) -> Member:
    who, pass_ = guest.who, guest.pass_
    return Member(
        device=who.device,
        name=who.name,
        role=pass_.role,
        team=pass_.team,
        since=at,
        idle_since=guest.idle_since,
    )
