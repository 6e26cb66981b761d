"""The contents: what is in each room, judged by the machine of its kind.

Tournaments' rooms have the public `logs`, presence rooms `presence`, and the rooms of teams, roles, admins
and everybody a `side` log. A match's room is its tournament's log filtered, and never joined at a hub. Holds
no rule of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from core.domain.ids import read_room, tournament_room
from core.realtime.effects import Change, Heard, RoomLive, SideLive
from core.realtime.rooms.logs import Logs
from core.realtime.rooms.presence import Presence
from core.realtime.rooms.side import Side
from core.wire.messages import Events, Replay, Snapshot
from core.wire.presence import PresenceDiff, PresenceSnapshot
from core.wire.rooms import SideEvents, SideReplay

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.ids import RoomId, TournamentId
    from core.domain.state import Position

Answer: TypeAlias = Snapshot | Replay | SideReplay | PresenceSnapshot
"""What answers a join."""
RoomMessage: TypeAlias = Answer | Events | SideEvents | PresenceDiff


def log_of(room: RoomId) -> TournamentId | None:
    """Return the tournament whose public log a room carries; `None` for any other room."""
    parts = read_room(room)
    if parts is None or parts.tournament is None or room != tournament_room(parts.tournament):
        return None
    return parts.tournament


class Contents:
    """What this device has seen of all rooms."""

    def __init__(self) -> None:
        self.logs = Logs()
        self.presence = Presence()
        self.side = Side()

    def begin(self, room: RoomId) -> Position | None:
        """Return the position from which a room is joined now; `None` for its beginning."""
        tournament = log_of(room)
        if tournament is not None:
            return self.logs.positions.get(tournament)
        self.presence.begin(room)
        return self.side.positions.get(room)

    def forget(self, room: RoomId) -> None:
        """Drop what was seen of a room that is followed no longer, where that means nothing later."""
        self.presence.forget(room)

    def receive(self, message: RoomMessage, *, whole: bool) -> Heard:
        """Judge what a hub sent in a room.

        Args:
            message: what came.
            whole: whether the room was whole already on the link that brought it.
        """
        match message:
            case PresenceSnapshot() | PresenceDiff():
                return self.presence.receive(message)
            case SideReplay() | SideEvents():
                return self.side.receive(message)
            case _:
                tournament = log_of(message.room)
                if tournament is None:
                    return Heard("dropped")
                return self.logs.receive(tournament, message, whole=whole)

    def liveness(self, room: RoomId, live: bool, as_of: datetime | None = None) -> Change:
        """Return the change that says whether a link carries a room."""
        tournament = log_of(room)
        if tournament is not None:
            return RoomLive(tournament, live, as_of)
        return SideLive(room, live, as_of)
