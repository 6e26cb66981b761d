"""The messages between a client and a hub, protocol 1. One message a frame.

A client says `Hello` first and gets `Welcome`; then it joins rooms. A join is answered by exactly one
`Replay` (everything after the position, complete) or one `Snapshot` (the whole state), carrying the answers
to the ids that the client named as unanswered, all at one position; the room's `Events` follow from there
without a gap. Rooms with a log of their own and presence answer with messages of their own (`rooms`,
`presence`). `Submit` is answered by `Answers`, in the order of the log, or by `Deferred`, which is no
answer. Everything else is a `Problem`. Nothing uncommitted is ever in a message.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from core.domain.answers import Answer
from core.domain.commands import Entry
from core.domain.events import Event
from core.domain.ids import CommandId, DeviceId, Epoch, Role, RoomId, TeamId, TournamentId
from core.domain.state import Position, Tournament
from core.wire.offers import Bring, Offer, Want
from core.wire.presence import Here, PresenceDiff, PresenceSnapshot
from core.wire.rooms import SideEvents, SideReplay

PROTOCOL = 1
JSON_SUBPROTOCOL = "courtside.v1.json"
BINARY_SUBPROTOCOL = "courtside.v1.msgpack"
MAX_CLIENT_FRAME_BYTES = 1 << 20
"""Largest frame that a hub takes from a client: a plan of 2,000 matches fits."""
MAX_ENTRY_BYTES = 8 << 10
"""Largest entry but a plan, alone in its frame: a window full of them still fits one frame."""
MAX_HUB_FRAME_BYTES = 64 << 20
"""Largest frame that a client takes from a hub: a snapshot of a long event fits."""

CLOSE_GOING_AWAY = 1001
CLOSE_PROTOCOL = 4400
"""The client broke the protocol: not retried."""
CLOSE_SIGN_IN = 4401
"""The token is refused: not retried until somebody signs in."""
CLOSE_TOO_LARGE = 1009
TERMINAL_CLOSES = frozenset({CLOSE_PROTOCOL, CLOSE_SIGN_IN})
"""Close codes after which the same attempt would fail again."""


class Hello(Struct, frozen=True, tag="hello", omit_defaults=True):
    """The first message of a client."""

    device: DeviceId
    name: str
    """The person at the device, as shown to others."""
    protocol: int = PROTOCOL
    version: str = ""
    """The client's own version, for people."""
    token: str | None = None


class Join(Struct, frozen=True, tag="join", omit_defaults=True):
    """Subscribe to a room from a position on; again for a room already joined, to be resynchronised."""

    room: RoomId
    position: Position | None = None
    """The last event seen; `None` for nothing yet."""
    unanswered: tuple[CommandId, ...] = ()
    """Entries of this room that were sent and have no answer yet."""


class Leave(Struct, frozen=True, tag="leave"):
    """Unsubscribe from a room."""

    room: RoomId


class Submit(Struct, frozen=True, tag="submit"):
    """Entries to judge, in the order of the device's key presses on each match."""

    entries: tuple[Entry, ...]


class Ping(Struct, frozen=True, tag="ping"):
    """Ask for a sign of life; `sent` comes back unchanged."""

    sent: float
    """The client's monotonic clock, in seconds."""


class Listing(Struct, frozen=True):
    """A tournament that the hub holds."""

    id: TournamentId
    name: str
    epoch: Epoch
    seq: int


class Welcome(Struct, frozen=True, tag="welcome", omit_defaults=True):
    """The hub's answer to `Hello`."""

    hub: str
    """The hub's id, the same for the life of its data folder."""
    session: str
    """This link's id, for logs."""
    heartbeat: float
    """Seconds between two heartbeats of the hub."""
    at: datetime
    """The hub's clock."""
    tournaments: tuple[Listing, ...]
    role: Role = "admin"
    """What this client may do; the hub judges every command by itself."""
    team: TeamId | None = None
    """The team that the client's token is for; `None` for none."""
    version: str = ""
    """The hub's own version, for people."""
    name: str = ""
    """The person, as ops named it; `""` where the client's own word counts."""
    standing: Literal["valid", "expired", "revoked"] = "valid"
    """What the sign-in is good for: one that is not valid delivers what was written with it, and reads
    nothing."""


class Directory(Struct, frozen=True, tag="directory"):
    """The hub's tournaments, again: one was added."""

    tournaments: tuple[Listing, ...]


class Snapshot(Struct, frozen=True, tag="snapshot", omit_defaults=True):
    """The whole state: it replaces what the client had, which could not be completed (recovered is false)."""

    room: RoomId
    state: Tournament
    answers: tuple[Answer, ...] = ()
    """Answers to ids that the join named, as far as the hub has any."""


class Replay(Struct, frozen=True, tag="replay", omit_defaults=True):
    """All events after the client's position, none left out; may be none."""

    room: RoomId
    epoch: Epoch
    events: tuple[Event, ...] = ()
    answers: tuple[Answer, ...] = ()


class Events(Struct, frozen=True, tag="events"):
    """What happened next in a room: the events of one write round, in order; at least one."""

    room: RoomId
    epoch: Epoch
    events: tuple[Event, ...]


class Answers(Struct, frozen=True, tag="answers"):
    """What became of submitted entries."""

    answers: tuple[Answer, ...]


class Deferred(Struct, frozen=True, tag="deferred", omit_defaults=True):
    """No answer: these entries were not judged.

    Nor is any later one of their matches on this link, before they are resent in order.
    """

    ids: tuple[CommandId, ...]
    code: Literal["busy", "read_only", "rate", "sign_in"]
    detail: str
    retry_after: float = 1.0
    """Seconds to wait before sending them again."""


class Pong(Struct, frozen=True, tag="pong"):
    """The answer to `Ping`."""

    sent: float
    at: datetime
    """The hub's clock."""


class Heartbeat(Struct, frozen=True, tag="heartbeat", omit_defaults=True):
    """The hub lives. Sent every `Welcome.heartbeat` seconds."""

    at: datetime
    durable: bool = True
    """False while the hub cannot reach its log: what it shows may be stale."""


class Problem(Struct, frozen=True, tag="problem", omit_defaults=True):
    """Something of the client's could not be used; the link stays."""

    code: str
    """`malformed`, `too_large`, `no_such_room`, `unknown_id_content`, `too_early`, ..."""
    detail: str
    ids: tuple[CommandId, ...] = ()
    """The entries it is about, if any."""
    room: RoomId | None = None


class Goodbye(Struct, frozen=True, tag="goodbye", omit_defaults=True):
    """The hub is about to close this link on purpose."""

    reason: str
    retry_after: float = 1.0
    """Seconds to wait before the next attempt."""
    endpoint: str | None = None
    """Where to go instead; `None` to come back here."""


ClientMessage: TypeAlias = Hello | Join | Leave | Submit | Ping | Here | Offer | Bring
HubMessage: TypeAlias = (
    Welcome
    | Directory
    | Snapshot
    | Replay
    | Events
    | SideReplay
    | SideEvents
    | PresenceSnapshot
    | PresenceDiff
    | Want
    | Answers
    | Deferred
    | Pong
    | Heartbeat
    | Problem
    | Goodbye
)
