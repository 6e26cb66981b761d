"""The catalogue: every room that somebody may know of, with its figures, as it is asked for.

A room that a pass may not read is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.ids import GLOBAL_ROOM, ROOM_KINDS, RoomKind, RoomParts, read_room
from core.domain.rooms import room_name, rooms_of
from core.errors import BadInput
from core.hub.door.access import may_read
from core.wire.rooms import RoomInfo, RoomMetadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from core.domain.ids import RoomId, TournamentId
    from core.hub.door.access import Pass
    from core.hub.rooms.pace import Paces
    from core.hub.rooms.room import Room, Rooms
    from core.hub.rooms.side import Sides

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class RoomQuery:
    """Which rooms are asked for."""

    type: RoomKind | None = None
    """`None` for all kinds."""
    search: str = ""
    """Part of the id or the name, in whatever case; `""` for all."""
    has_members: bool | None = None
    """Whether somebody must be in, or nobody; `None` for both."""

    def wants_kind(self, kind: RoomKind) -> bool:
        """Tell whether rooms of a kind are asked for."""
        return self.type in (None, kind)

    def wants(self, info: RoomInfo) -> bool:
        """Tell whether a room of a kind that is asked for is asked for itself."""
        if self.has_members is not None and self.has_members != (info.members > 0):
            return False
        return self.search.casefold() in f"{info.id}\n{info.metadata.name}".casefold()


def read_query(params: Mapping[str, str]) -> RoomQuery:
    """Read a query of `GET /v1/rooms`.

    Raises:
        BadInput: a value is none that can be asked for.
    """
    kind, truth = params.get("type"), params.get("has_members")
    found = next((known for known in ROOM_KINDS if known == kind), None)
    if kind is not None and found is None:
        raise BadInput(f"type is one of {', '.join(ROOM_KINDS)}")
    if truth is not None and truth.lower() not in _TRUTH:
        raise BadInput("has_members is true or false")
    return RoomQuery(found, params.get("search", ""), None if truth is None else _TRUTH[truth.lower()])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The rooms of a hub, and their figures."""

    rooms: Rooms
    sides: Sides
    count: Callable[[RoomId], int]
    """How many are in a room."""
    count_there: Callable[[TournamentId], int]
    """How many are in a tournament, over all its rooms."""
    paces: Paces

    def find(self, query: RoomQuery, pass_: Pass, at: datetime) -> tuple[RoomInfo, ...]:
        """Return the rooms that are asked for, as far as a pass may know of them.

        Args:
            query: which are asked for.
            pass_: of the one who asks.
            at: the hub's clock.
        """
        return tuple(info for info in self._of_kind(query, pass_, at) if query.wants(info))

    def _of_kind(self, query: RoomQuery, pass_: Pass, at: datetime) -> Iterator[RoomInfo]:
        for room in self.rooms.all():
            for id in rooms_of(room.state):
                parts = read_room(id)
                assert parts is not None, "made of a tournament's ids"
                if query.wants_kind(parts.kind) and may_read(pass_, id):
                    yield self._info(id, parts, room, at)
        if query.wants_kind("global") and may_read(pass_, GLOBAL_ROOM):
            yield self._own_log(GLOBAL_ROOM, RoomParts("global"), RoomMetadata("Everybody"), None, at)

    def _info(self, id: RoomId, parts: RoomParts, room: Room, at: datetime) -> RoomInfo:
        metadata = RoomMetadata(room_name(room.state, parts), parts.team, parts.role, parts.match)
        if parts.has_own_log:
            return self._own_log(id, parts, metadata, room, at)
        events, last_at = room.state.position.seq, room.state.updated_at
        members = self.count(id)
        if parts.match is not None:
            match = room.state.matches[parts.match]
            events, last_at = match.version, match.changed_at
        elif parts.kind == "presence":
            events, last_at, members = 0, None, self.count_there(room.state.id)
        return RoomInfo(
            id=id,
            type=parts.kind,
            metadata=metadata,
            tournament=parts.tournament,
            members=members,
            events=events,
            event_rate=self.paces.rate(id, at),
            created_at=room.created_at,
            last_activity=last_at,
        )

    def _own_log(
        self, id: RoomId, parts: RoomParts, metadata: RoomMetadata, room: Room | None, at: datetime
    ) -> RoomInfo:
        head = self.sides.head(id)
        return RoomInfo(
            id=id,
            type=parts.kind,
            metadata=metadata,
            tournament=parts.tournament,
            members=self.count(id),
            events=0 if head is None else head.seq,
            event_rate=self.paces.rate(id, at),
            created_at=room.created_at if room is not None else head.created_at if head else None,
            last_activity=None if head is None else head.last_at,
        )
