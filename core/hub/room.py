"""Rooms: each tournament as committed, its latest events for those who come back, and who is in.

Only committed states and events get in here, so whatever a room hands out may leave the hub. A join is
answered by a complete replay or by a snapshot, never by a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from core.domain.ids import RoomId, TournamentId, tournament_room
from core.wire.messages import Join, Listing, Problem, Replay, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.domain.answers import Answer
    from core.domain.events import Event
    from core.domain.state import Position, Tournament

RECENT = 20_000
"""How many of its latest events a room keeps at least, once it has had so many."""

Member = TypeVar("Member")


class Room(Generic[Member]):
    """A tournament's public room.

    Args:
        state: the tournament as committed.
        recent: its latest events, the last one at the state's position.
        keep: how many of the latest events to keep at least.
    """

    def __init__(self, state: Tournament, recent: Sequence[Event], keep: int = RECENT) -> None:
        self.id: RoomId = tournament_room(state.id)
        self.state = state
        self.members: set[Member] = set()
        self._recent = list(recent)
        self._keep = keep

    def advance(self, state: Tournament, events: Iterable[Event]) -> None:
        """Take what was committed next."""
        self.state = state
        self._recent.extend(events)
        # Trimmed rarely, by a quarter: taking one off the front for each that comes moves the whole list.
        if len(self._recent) > self._keep * 5 // 4:
            del self._recent[: -self._keep]

    def after(self, position: Position | None) -> tuple[Event, ...] | None:
        """Return every event after a position; `None` if not all are here, or it is not of this log."""
        here = self.state.position
        if position is None or position.epoch != here.epoch or not 0 <= position.seq <= here.seq:
            return None
        # Place of the event at the position itself, which must be there to prove that it is the same one.
        at = self._place(position.seq)
        if position.seq == 0:
            return tuple(self._recent) if at == -1 else None
        if at < 0 or self._recent[at].command != position.command:
            return None
        return tuple(self._recent[at + 1 :])

    def welcome(self, position: Position | None, answers: tuple[Answer, ...]) -> Replay | Snapshot:
        """Return what brings a member from its position to this room's."""
        events = self.after(position)
        if events is None:
            return Snapshot(self.id, self.state, answers)
        return Replay(self.id, self.state.position.epoch, events, answers)

    def contradicts(self, position: Position | None) -> bool:
        """Tell whether a member saw what this log does not have: then the hub has lost something."""
        here = self.state.position
        if position is None or position.epoch != here.epoch or position.seq < 1:
            return False
        at = self._place(position.seq)
        return position.seq > here.seq or (at >= 0 and self._recent[at].command != position.command)

    def _place(self, seq: int) -> int:
        """Return where an event is among the latest ones; below 0 where it is no longer among them."""
        return seq - (self.state.position.seq - len(self._recent)) - 1


def no_room(room: RoomId) -> Problem:
    """Say that there is no such room; whoever may not know of it hears the same."""
    return Problem("no_such_room", f"there is no room {room[:80]!r} on this hub", room=room)


class Rooms(Generic[Member]):
    """All rooms of a hub."""

    def __init__(self) -> None:
        self._rooms: dict[TournamentId, Room[Member]] = {}

    def open(self, state: Tournament, recent: Sequence[Event]) -> None:
        """Open the room of a tournament."""
        self._rooms[state.id] = Room(state, recent)

    def room(self, tournament: TournamentId) -> Room[Member] | None:
        """Return a tournament's room; `None` if there is none."""
        return self._rooms.get(tournament)

    def find(self, room: RoomId) -> Room[Member] | Problem:
        """Return a room by its id, or what is wrong with the id."""
        found = self._rooms.get(TournamentId(room.removeprefix("tournament:")))
        if found is None or found.id != room:
            return no_room(room)
        return found

    def join(self, join: Join, answers: tuple[Answer, ...], member: Member) -> Replay | Snapshot | Problem:
        """Let a member in, again if it was in already, and return what it must know first."""
        room = self.find(join.room)
        if isinstance(room, Problem):
            return room
        room.members.add(member)
        return room.welcome(join.position, answers)

    def leave(self, room: RoomId, member: Member) -> Problem | None:
        """Let a member out."""
        found = self.find(room)
        if isinstance(found, Problem):
            return found
        found.members.discard(member)
        return None

    def forget(self, member: Member) -> None:
        """Let a member out of every room."""
        for room in self._rooms.values():
            room.members.discard(member)

    def listings(self) -> tuple[Listing, ...]:
        """Return every tournament, in the order of their creation."""
        return tuple(
            Listing(room.state.id, room.state.name, room.state.position.epoch, room.state.position.seq)
            for room in self._rooms.values()
        )
