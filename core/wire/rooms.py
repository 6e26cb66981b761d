"""The messages of rooms with a log of their own (teams, roles, admins, everybody), and what a room is.

A join of such a room is answered by one `SideReplay`, its `SideEvents` follow from there without a gap. A
room's log is its own: what is told to some leaves no gap for the others.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import force_setattr

from core.domain.answers import Answer
from core.domain.ids import CommandId, DeviceId, Epoch, MatchId, Role, RoomId, RoomKind, TeamId, TournamentId
from core.domain.payload import NOTHING
from core.domain.text import clean


class SideEvent(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One broadcast at its place in a room's own log."""

    seq: int
    """Dense in the room's epoch, from 1."""
    id: CommandId
    """The entry that caused it."""
    event: str
    """The event's name, as whoever sent it chose it."""
    data: str = NOTHING
    """Its JSON text, for `core.domain.payload.read_payload`."""
    by: str
    """The person who sent it."""
    device: DeviceId
    entered_at: datetime
    received_at: datetime
    """When the hub took it, UTC; never goes back inside an epoch."""
    deliverer: str = ""
    """Who brought it, `""` when that was the author."""
    exclude_sender: bool = False
    """Whether the device that sent it gets it with its data withheld."""
    withheld: bool = False
    """True for the device that sent it and was excluded: the event keeps its place, without its data."""

    def __post_init__(self) -> None:
        for field in ("event", "by", "deliverer"):
            force_setattr(self, field, clean(getattr(self, field)))


class SideReplay(Struct, frozen=True, tag="side_replay", omit_defaults=True):
    """The answer to a join of a room with a log of its own."""

    room: RoomId
    epoch: Epoch
    """`""` while nothing was ever said in the room."""
    seq: int
    """Where the log stands with these events."""
    events: tuple[SideEvent, ...] = ()
    recovered: bool = True
    """True: these are all events after the client's position. False: that could not be had; these are the
    latest ones, up to `seq`, and the client begins anew with them."""
    answers: tuple[Answer, ...] = ()
    """Answers to ids that the join named, as far as the hub has any."""


class SideEvents(Struct, frozen=True, tag="side_events"):
    """What was said next in a room with a log of its own, in order; at least one."""

    room: RoomId
    epoch: Epoch
    events: tuple[SideEvent, ...]


class RoomMetadata(Struct, frozen=True, omit_defaults=True):
    """What a room is for, in words and ids."""

    name: str
    """For people: the tournament's or the team's name, `M017`, `Admins`."""
    team: TeamId | None = None
    role: Role | None = None
    match: MatchId | None = None


class RoomInfo(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A room as `GET /v1/rooms` lists it."""

    id: RoomId
    type: RoomKind
    metadata: RoomMetadata
    tournament: TournamentId | None = None
    """`None` for the global room."""
    members: int = 0
    """How many members are in it now: a member is a device and a person, not a link."""
    events: int = 0
    """How many events its log has; 0 for presence, which is in no log."""
    event_rate: float = 0.0
    """Events a minute, over the last minutes."""
    created_at: datetime | None = None
    """A room of a tournament is as old as that one; `None` for the global room before its first event."""
    last_activity: datetime | None = None
    """When its last event was received; `None` before the first."""
