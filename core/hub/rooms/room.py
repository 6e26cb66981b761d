"""Rooms: each tournament as committed, with its latest events for those who come back.

Only committed states and events get in here, so whatever a room hands out may leave the hub. A join is
answered by a complete replay or by a snapshot, never by a part. A match's room is its tournament's log
filtered, and its seqs are the match's versions. Who is in a room is `members`' affair, what is said in rooms
with logs of their own `side`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.ids import RoomId, TournamentId, match_room, read_room, tournament_room
from core.domain.rooms import room_exists
from core.hub.rooms.withheld import shown_to
from core.wire.messages import Listing, Problem, Replay, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from core.domain.answers import Answer
    from core.domain.events import Event
    from core.domain.ids import DeviceId, MatchId, RoomParts
    from core.domain.state import Position, Tournament

RECENT = 20_000
"""How many of its latest events a room keeps at least, once it has had so many."""


class Room:
    """A tournament's public room, and the rooms of its matches.

    Args:
        state: the tournament as committed.
        recent: its latest events, the last one at the state's position.
        keep: how many of the latest events to keep at least.
        created_at: when its first event was received; `None` where that is the first of `recent`.
    """

    def __init__(
        self,
        state: Tournament,
        recent: Sequence[Event],
        keep: int = RECENT,
        created_at: datetime | None = None,
    ) -> None:
        self.id: RoomId = tournament_room(state.id)
        self.state = state
        self.created_at = created_at or recent[0].received_at
        self._recent = list(recent)
        self._keep = keep

    def advance(self, state: Tournament, events: Iterable[Event]) -> None:
        """Take what was committed next."""
        self.state = state
        self._recent.extend(events)
        # Trimmed rarely, by a quarter: taking one off the front for each that comes moves the whole list.
        if len(self._recent) > self._keep * 5 // 4:
            del self._recent[: -self._keep]

    def restart(self, state: Tournament, events: Iterable[Event]) -> None:
        """Take the beginning of a new epoch; who is in stays in."""
        self.state = state
        self._recent = list(events)

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

    def after_in(self, match: MatchId, position: Position | None) -> tuple[Event, ...] | None:
        """Return every event of a match after a position whose seq is the match's version.

        `None` if not all are here, or the position is not of this log.
        """
        version = self.state.matches[match].version
        if position is None or position.epoch != self.state.position.epoch:
            return None
        if not 0 <= position.seq <= version:
            return None
        events = [event for event in self._recent if event.match == match]
        # As above: the event at the position must be there, or all must.
        at = position.seq - 1 - (version - len(events))
        if position.seq == 0:
            return tuple(events) if at == -1 else None
        if at < 0 or events[at].command != position.command:
            return None
        return tuple(events[at + 1 :])

    def welcome(
        self, position: Position | None, answers: tuple[Answer, ...], device: DeviceId
    ) -> Replay | Snapshot:
        """Return what brings a member on a device from its position to this room's."""
        events = self.after(position)
        if events is None:
            return Snapshot(self.id, self.state, answers)
        return Replay(self.id, self.state.position.epoch, shown_to(device, events), answers)

    def welcome_in(
        self, match: MatchId, position: Position | None, answers: tuple[Answer, ...]
    ) -> Replay | Snapshot:
        """Return what brings a member of a match's room from its position to the match's version."""
        events = self.after_in(match, position)
        if events is None:
            alone = replace(self.state, matches={match: self.state.matches[match]})
            return Snapshot(match_room(match), alone, answers)
        return Replay(match_room(match), self.state.position.epoch, events, answers)

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


class Rooms:
    """The tournaments of a hub."""

    def __init__(self) -> None:
        self._rooms: dict[TournamentId, Room] = {}

    def open(self, state: Tournament, recent: Sequence[Event], created_at: datetime | None = None) -> None:
        """Open the room of a tournament."""
        self._rooms[state.id] = Room(state, recent, created_at=created_at)

    def room(self, tournament: TournamentId) -> Room | None:
        """Return a tournament's room; `None` if there is none."""
        return self._rooms.get(tournament)

    def all(self) -> tuple[Room, ...]:
        """Return every tournament's room, in the order of their creation."""
        return tuple(self._rooms.values())

    def find(self, room: RoomId) -> RoomParts | None:
        """Return what a room's id says if there is such a room on this hub, else `None`."""
        parts = read_room(room)
        if parts is None or parts.tournament is None:
            return parts
        found = self._rooms.get(parts.tournament)
        return parts if found is not None and room_exists(found.state, parts) else None

    def listings(self) -> tuple[Listing, ...]:
        """Return every tournament, in the order of their creation."""
        return tuple(
            Listing(room.state.id, room.state.name, room.state.position.epoch, room.state.position.seq)
            for room in self._rooms.values()
        )
