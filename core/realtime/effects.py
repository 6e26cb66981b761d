"""Effects: what a machine of the client side asks its shell to do, as values, and what the shell hands in.

The shell performs effects in order and decides nothing. `Persist` is the only one whose outcome comes back:
until `Engine.receive_saved` names the entry's row, it is neither shown nor sent. Of a link that was hung up
nothing need come back, not even its closing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NewType, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.answers import Answer
    from core.domain.commands import Entry
    from core.domain.events import Event
    from core.domain.ids import CommandId, Epoch, RoomId, TournamentId
    from core.domain.spans import Spans
    from core.domain.state import Position, Tournament
    from core.realtime.view import Connection, EntryState, LocalLine, Queued, Via
    from core.wire.messages import ClientMessage, Listing
    from core.wire.presence import Member
    from core.wire.rooms import SideEvent

LinkId = NewType("LinkId", str)

CLOSE_BLOCKED = 4990
"""Never on the wire: a dial reached something, but what answered there was no hub. A proxy that stops
WebSockets, or a captive portal."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, by both of this device's clocks, read together."""

    now: float
    """The monotonic clock, in seconds: what deadlines are measured by."""
    at: datetime
    """The wall clock, aware UTC: what people read; it orders nothing."""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An entry as it stands in the journal."""

    row: int
    """Its place, from 1: the order of this device's key presses, over all processes of the data folder."""
    entry: Entry
    state: EntryState
    attempts: int = 0
    """How often it was sent, as last recorded; after a restart it may have left once more than that."""
    answer: Answer | None = None
    """The hub's answer; `None` while there is none."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """Open a link; the outcome comes back by `receive_open` or `receive_closed`."""

    link: LinkId
    endpoint: str
    via: Via = "websocket"


@dataclass(frozen=True, slots=True)
class Hangup:
    """Close a link; nothing of it is heard any more."""

    link: LinkId
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message on an open link."""

    link: LinkId
    message: ClientMessage


@dataclass(frozen=True, slots=True)
class Persist:
    """Commit an entry to the journal."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Record:
    """Write what became of an entry into its journal row."""

    id: CommandId
    state: EntryState
    attempts: int
    answer: Answer | None = None
    """The hub's answer; `None` while there is none."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Advanced:
    """Events of a tournament's log, next in order."""

    tournament: TournamentId
    epoch: Epoch
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Replaced:
    """A tournament's state, whole: a snapshot or a stored copy."""

    state: Tournament
    stored: bool = False
    """True for a copy from this laptop's disk: it is as old as its last event."""


@dataclass(frozen=True, slots=True)
class RoomLive:
    """A tournament's room began or ceased to be carried by a link."""

    tournament: TournamentId
    live: bool
    as_of: datetime | None = None
    """When the state was last known to be the newest, by this device's clock; `None` for the moment of the
    change itself."""


@dataclass(frozen=True, slots=True)
class SideAdvanced:
    """Events of a room with a log of its own, next in order."""

    room: RoomId
    epoch: Epoch
    seq: int
    """Where the room's log stands with them."""
    events: tuple[SideEvent, ...]
    reset: bool = False
    """True when they do not follow on what was handed on before, but take its place."""


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """Who is in a tournament now, and what that changes; all in the order of their coming."""

    tournament: TournamentId
    members: tuple[Member, ...]
    joined: tuple[Member, ...] = ()
    left: tuple[Member, ...] = ()
    changed: tuple[Member, ...] = ()
    """Who was there before, but otherwise: idle, say, or in another role."""


@dataclass(frozen=True, slots=True)
class SideLive:
    """A presence room, or a room with a log of its own, began or ceased to be carried by a link."""

    room: RoomId
    live: bool
    as_of: datetime | None = None
    """As in `RoomLive`."""


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """The entries of this device, by journal row."""

    queue: tuple[Queued, ...]
    confirmed_total: int
    evicted_total: int = 0
    changed: tuple[Queued, ...] | None = None
    """Those that are not as they were in the queue before, by journal row; `None` where that is not known."""


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """How this device reaches the hub."""

    connection: Connection


@dataclass(frozen=True, slots=True)
class DirectoryChanged:
    """The tournaments that the hub holds."""

    directory: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A line for the feed that is in no log."""

    line: LocalLine


@dataclass(frozen=True, slots=True)
class SavingChanged:
    """Whether the journal can be written, and whether this process is the one that sends."""

    can_save: bool
    sends: bool


@dataclass(frozen=True, slots=True)
class KeptChanged:
    """Events of older epochs that this device has and the hub has not got back yet."""

    tournament: TournamentId
    events: tuple[tuple[Epoch, Event], ...]
    """With their epochs, in their order."""


Change: TypeAlias = (
    Advanced
    | Replaced
    | KeptChanged
    | RoomLive
    | SideAdvanced
    | SideLive
    | MembersChanged
    | QueueChanged
    | ConnectionChanged
    | DirectoryChanged
    | Told
    | SavingChanged
)
"""What the store applies to its view."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply a change to the store."""

    change: Change


@dataclass(frozen=True, slots=True)
class Recall:
    """Look what the archive has of an older epoch; `Engine.receive_recalled` takes it."""

    tournament: TournamentId
    epoch: Epoch
    after: int
    """The seq from which on the events themselves are wanted."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """What the archive has of an epoch."""

    tournament: TournamentId
    epoch: Epoch
    position: Position
    """The newest one that was seen; seq 0 for none."""
    spans: Spans
    """The seqs of all its events."""
    events: tuple[Event, ...]
    """Those from the asked seq on."""
    after: int
    forked: bool = False
    """Whether a later state of that epoch was shown without the way there: it may be another log's."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read the next events of some seqs from the archive; `Engine.receive_fetched` takes them."""

    tournament: TournamentId
    epoch: Epoch
    spans: Spans


Effect: TypeAlias = Dial | Hangup | Send | Persist | Record | Recall | Fetch | Apply


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What became of the wish to take an entry back."""

    outcome: Literal["withdrawn", "dismissed", "needs_undo", "impossible"]
    """`withdrawn`: it certainly never left and never will. `dismissed`: it was refused, and is listed no
    more. `needs_undo`: it may have left or counts already, so only an `Undo` that names it takes it back:
    submit one. `impossible`: see `reason`."""
    reason: str
    """Why, in words for a scorekeeper."""
    effects: tuple[Effect, ...] = ()
    """What to perform for it, in order."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says of the room that it is in."""

    outcome: Literal["whole", "broken", "short", "dropped"]
    """`whole`: all that the hub has told is known. `broken`: something is missing, join again. `short`: what
    is known here is not in it: the hub is to be told. `dropped`: it says nothing new, or not yet."""
    changes: tuple[Change, ...] = ()
    why: str = ""
    """What is missing, in words."""
