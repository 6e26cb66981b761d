"""The view: everything that a screen or a program may know at one moment, as one frozen value.

The store holds the newest view; what a change did not touch is shared with the view before, so identity
answers "did this change?". Wall times are aware UTC; monotonic times are seconds of this process's monotonic
clock, comparable with `time.monotonic()`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.domain.commands import Entry, Priority
    from core.domain.events import Event
    from core.domain.ids import CommandId, DeviceId, Epoch, MatchId, Role, RoomId, TeamId, TournamentId
    from core.domain.state import Tournament
    from core.realtime.links.health import HealthParts
    from core.wire.messages import Listing
    from core.wire.presence import Member
    from core.wire.rooms import SideEvent

EntryState = Literal[
    "saving", "saved", "sending", "sent", "confirmed", "official", "conflict", "refused", "withdrawn"
]
"""What became of an entry so far. `saved` is on this laptop's disk, `confirmed` is durable at the hub.
`sent` left for an old server, which confirms nothing: it goes again only by hand."""

Via = Literal["websocket", "polling", "basic"]
"""How a link is carried: `polling` is HTTP long polling, `basic` the legacy dialect of old servers."""
LinkState = Literal["offline", "connecting", "catching_up", "live", "slow", "sign_in"]
"""`sign_in`: the hub refuses the token or the protocol; nothing is tried again before a person acts."""
EndpointState = Literal["offline", "connecting", "idle", "live", "slow", "sign_in"]
"""`idle`: its hub answered when last it was probed, and nothing needs a link to it."""


@dataclass(frozen=True, slots=True)
class Queued:
    """One entry of this device: in the outbox, or answered a short while ago."""

    entry: Entry
    state: EntryState
    priority: Priority
    row: int
    """Its place in the journal: the order of this device's key presses."""
    attempts: int = 0
    """How often it was sent."""
    reason: str = ""
    """Why it is held or refused, or waits."""
    seq: int = 0
    """Seq of its last event at the hub; 0 while unknown."""
    version: int = 0
    """The match's version with it; 0 while unknown."""
    latency: float | None = None
    """Seconds from the last sending to the answer; `None` without one."""
    epoch: Epoch | None = None
    """The epoch of `seq` and `version`; `None` while unknown."""

    @property
    def waiting(self) -> bool:
        """Whether it has no answer yet."""
        return self.state in ("saving", "saved", "sending")


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link of the pool, or an endpoint without one."""

    id: str
    """`""` for an endpoint that was never dialled."""
    endpoint: str
    state: EndpointState
    health: float
    """0 (useless) to 100 (perfect), by the formula in `core.realtime.links.health`."""
    latency: float | None
    """Newest round trip in seconds; `None` before the first."""
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    rooms: tuple[RoomId, ...]
    reconnects: int
    last_activity: float | None
    """Monotonic time of the newest frame; `None` before the first."""
    health_parts: HealthParts | None = None
    """What it loses of 100, by what; `None` while it is not live."""
    via: Via = "websocket"
    drained: bool = False
    """Whether a person wants nothing carried over its endpoint."""
    benched: bool = False
    """Whether its endpoint failed so often that it is only tried slowly."""
    failures: int = 0
    """Of its endpoint, in a row."""
    next_try_at: float | None = None
    """Monotonic time of the next attempt or probe; `None` while it is open or waits for a person."""
    reason: str = ""
    """Why the last attempt on its endpoint failed, in words; empty while it is live."""
    trips: tuple[float, ...] = ()
    """The newest round trips in seconds, oldest first, at most 40."""
    aside: tuple[TournamentId, ...] = ()
    """Followed tournaments that its hub shows in another epoch: it carries none of them."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How this device reaches the hub."""

    state: LinkState = "offline"
    since: float = 0.0
    """Monotonic time since when the state holds; attempts to connect do not end being offline."""
    endpoint: str = ""
    """The hub's address in use or tried next."""
    latency: float | None = None
    """Median of the last five round trips, in seconds; `None` before the first."""
    next_try_at: float | None = None
    """Monotonic time of the next attempt; `None` while connected or waiting for a person."""
    reason: str = ""
    """What the last attempt or the hub said, in words."""
    clock_offset: float = 0.0
    """The hub's clock less this device's, in seconds."""
    role: Role = "admin"
    team: TeamId | None = None
    """The team that this device's token is for; `None` for none."""
    last_frame_at: float | None = None
    """Monotonic time of the newest frame from the hub; `None` before the first."""
    durable: bool = True
    """False while the hub cannot reach its log."""
    message_rate_in: float = 0.0
    message_rate_out: float = 0.0
    """Messages a second, over the last ten seconds."""
    links: tuple[LinkView, ...] = ()
    hub_version: str = ""
    """The version of the hub's program, as it last said; `""` while unknown."""

    @property
    def connected(self) -> bool:
        """Whether frames flow."""
        return self.state in ("live", "slow", "catching_up")


@dataclass(frozen=True, slots=True)
class RoomStats:
    """A room in figures."""

    member_count: int | None
    """People in it; `None` while the hub does not tell."""
    subscription_count: int
    """Callbacks and readers that this process has on it."""
    last_activity: float | None
    """Monotonic time of its newest event here; `None` before the first."""
    uptime: float
    """Seconds since it is live without a break; 0 while it is not."""
    event_rate: float
    """Events a second, over the last ten seconds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A tournament as this device knows it."""

    confirmed: Tournament
    """The fold of the hub's log at its position."""
    projected: Tournament
    """The same with this device's unanswered entries laid over by the hub's own rules; `confirmed` itself
    when there are none. Its position is that of `confirmed`; versions of its matches count pending events
    too, so a new entry's base is made from `confirmed` (`core.realtime.outbox.overlay.base_of`)."""
    pending: frozenset[MatchId] = frozenset()
    """Matches with unanswered entries."""
    live: bool = False
    """Whether a link carries the room now: if not, every number is as of `as_of`."""
    as_of: datetime | None = None
    """By this device's clock: when the state was last known to be the newest; `None` if never. While `live`
    holds, that is now."""
    kept: frozenset[MatchId] = frozenset()
    """Matches with events of older epochs that only this device shows: the hub has not got them back yet."""
    refused: Mapping[CommandId, str] = field(default_factory=dict)
    """Pending entries that the rules refuse or would hold at the moment, with the reason: shown beside the
    score, never in it."""


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a tournament, as far as this device knows."""

    members: tuple[Member, ...] = ()
    """In the order of their coming."""
    live: bool = False
    """Whether a link tells of comings and goings now: if not, this is as of `as_of`."""
    as_of: datetime | None = None
    """By this device's clock; `None` before the first list came."""


MAX_SIDE = 500


@dataclass(frozen=True, slots=True)
class SideLog:
    """A room with a log of its own (of a team, a role, the admins, everybody), as this device knows it."""

    events: tuple[SideEvent, ...] = ()
    """The newest ones, oldest first, at most `MAX_SIDE`."""
    epoch: Epoch | None = None
    """`None` while nothing was ever said there."""
    seq: int = 0
    """Where its log stands here."""
    live: bool = False
    as_of: datetime | None = None
    """As in `Members`."""


@dataclass(frozen=True, slots=True)
class HubLine:
    """A line of the feed: an event of a tournament's log."""

    tournament: TournamentId
    event: Event


@dataclass(frozen=True, slots=True)
class LocalLine:
    """A line of the feed that is in no log: of this device, its link or entries, or who came and went."""

    at: datetime
    kind: Literal["link", "people", "queue", "problem"]
    text: str


FeedLine: TypeAlias = HubLine | LocalLine

MAX_FEED = 5_000


@dataclass(frozen=True, slots=True)
class Feed:
    """The newest lines, oldest first, at most `MAX_FEED`."""

    lines: tuple[FeedLine, ...] = ()
    total: int = 0
    """How many lines there have been: the last of `lines` has the number `total`."""


@dataclass(frozen=True, slots=True)
class View:
    """Everything at one moment."""

    device: DeviceId
    person: str
    """The name that new entries carry."""
    tournaments: Mapping[TournamentId, Shown] = field(default_factory=dict)
    """The tournaments that were joined or have a stored copy."""
    members: Mapping[TournamentId, Members] = field(default_factory=dict)
    """Who is there, in tournaments whose presence is followed or was."""
    sides: Mapping[RoomId, SideLog] = field(default_factory=dict)
    """The rooms with logs of their own that are followed or were."""
    directory: tuple[Listing, ...] = ()
    """The tournaments that the hub holds, as it last said."""
    connection: Connection = Connection()
    queue: tuple[Queued, ...] = ()
    """Unanswered, held and refused entries, and the latest answered ones, by journal row."""
    feed: Feed = Feed()
    can_save: bool = True
    """False when the journal cannot be written: nothing may be entered."""
    sends: bool = True
    """Whether this process is the one of its data folder that sends; the others append to its journal."""
    confirmed_total: int = 0
    """How many entries the hub has confirmed since this process started."""
    evicted_total: int = 0
    """How many low entries had to make room since this process started."""
