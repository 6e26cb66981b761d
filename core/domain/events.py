"""Events, what happened: facts with their attribution, sequenced by the hub.

An event's seq is dense in its tournament's epoch, from 1; its version is dense in its match. The events of
one command are consecutive. An event never changes: what it says stays true of that moment, before and
after included. Tens of thousands are held, and none can lead back to itself: the collector leaves them alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import force_setattr

from core.domain.commands import Base, Cause, Entry, Level, Score, Side
from core.domain.games import Action
from core.domain.ids import CommandId, CourtId, DeviceId, Epoch, MatchId, PoolId, TeamId
from core.domain.payload import NOTHING
from core.domain.plan import Court, Fixture, Plan, Source, Status, Team
from core.domain.text import MAX_TEXT, clean

Touches = Literal["home", "away", "all"]
"""What of a match an entry concerns: one side's points, or the whole match."""


class TournamentCreated(Struct, frozen=True, gc=False, tag="tournament_created"):
    """The log begins with its plan."""

    plan: Plan


class PointsAdded(Struct, frozen=True, gc=False, tag="points_added", omit_defaults=True):
    """Points were added to a side (`delta` above 0) or taken off; in a game of sets, in the current set."""

    team: TeamId
    side: Side
    delta: int
    before: Score
    after: Score
    action: Action | None = None
    player: str = ""

    def __post_init__(self) -> None:
        force_setattr(self, "player", clean(self.player))


class ScoreSet(Struct, frozen=True, gc=False, tag="score_set"):
    """Both sides' points were set."""

    before: Score
    after: Score


class TimeSet(Struct, frozen=True, gc=False, tag="time_set"):
    """A side's time was set; both are in milliseconds."""

    team: TeamId
    side: Side
    before: Score
    after: Score


class SetWon(Struct, frozen=True, gc=False, tag="set_won"):
    """The current set is over; the next begins at 0-0."""

    side: Side
    score: Score
    """The set's."""


class SetReopened(Struct, frozen=True, gc=False, tag="set_reopened"):
    """The last set goes on again, as a point of it was taken back."""

    score: Score
    """At which it had ended."""


class SetsEntered(Struct, frozen=True, gc=False, tag="sets_entered"):
    """All sets were set."""

    sets_before: tuple[Score, ...]
    before: Score
    """Of the set that was on."""
    sets: tuple[Score, ...]
    """Those that are over."""
    after: Score
    """Of the set that is on, 0-0 where none has begun."""


class PenaltyAdded(Struct, frozen=True, gc=False, tag="penalty_added"):
    """A side got penalty points for fair play, or lost some again."""

    team: TeamId
    side: Side
    points: int


class EntryUndone(Struct, frozen=True, gc=False, tag="entry_undone"):
    """What a command did was taken back, or done again where it was an undo itself."""

    of: CommandId
    touches: Touches
    before: Score
    after: Score


class MatchStarted(Struct, frozen=True, gc=False, tag="match_started"):
    """The match is live."""

    implied: bool = False
    """True when a first score started it: then nobody's entry conflicts with the start."""


class MatchCompleted(Struct, frozen=True, gc=False, tag="match_completed", omit_defaults=True):
    """The match has a final result."""

    score: Score
    winner: TeamId | None = None
    """`None` for a draw."""
    shootout: Score | None = None


class MatchForfeited(Struct, frozen=True, gc=False, tag="match_forfeited", omit_defaults=True):
    """The match has a final result without having been played to its end."""

    score: Score
    """The result that the stage gives for it."""
    cause: Cause
    winner: TeamId | None = None
    """`None` when both sides lost."""
    loser: TeamId | None = None


class MatchMoved(Struct, frozen=True, gc=False, tag="match_moved", omit_defaults=True):
    """The match is played elsewhere or at another time."""

    court: CourtId | None = None
    starts_at: datetime | None = None
    court_before: CourtId | None = None
    starts_at_before: datetime | None = None


class ResultConfirmed(Struct, frozen=True, gc=False, tag="result_confirmed"):
    """The final result is official."""

    score: Score


class MatchReopened(Struct, frozen=True, gc=False, tag="match_reopened"):
    """The finished match is live again."""

    score: Score


class SlotFilled(Struct, frozen=True, gc=False, tag="slot_filled", omit_defaults=True):
    """A result elsewhere decided who plays on this side."""

    side: Side
    team: TeamId
    source: Source
    before: TeamId | None = None


class SlotAssigned(Struct, frozen=True, gc=False, tag="slot_assigned", omit_defaults=True):
    """Ops decided who plays on this side."""

    side: Side
    team: TeamId
    before: TeamId | None = None


class EntryHeld(Struct, frozen=True, gc=False, tag="entry_held", omit_defaults=True):
    """An entry counts nowhere until a person decides.

    Others touched the same thing after its base, or its author may no longer write there.
    """

    entry: Entry
    against: tuple[CommandId, ...]
    """The entries it conflicts with, in their order; empty where `reason` says why it is held."""
    reason: str = ""
    """Why today's rights refuse it; `""` for a conflict."""


class ConflictSettled(Struct, frozen=True, gc=False, tag="conflict_settled"):
    """A person decided about held entries; what counts in their place follows in the same command."""

    held: tuple[CommandId, ...]
    taken: Literal["hub", "instead", "withdrawn"]
    """`hub`: the score stayed; `instead`: other entries took their place; `withdrawn`: their author took them
    back."""


class Notified(Struct, frozen=True, gc=False, tag="notified"):
    """Everybody was told something."""

    title: str
    text: str
    level: Level

    def __post_init__(self) -> None:
        force_setattr(self, "title", clean(self.title))
        force_setattr(self, "text", clean(self.text, MAX_TEXT))


class BroadcastSent(Struct, frozen=True, gc=False, tag="broadcast_sent", omit_defaults=True):
    """A program said something to everybody in the tournament."""

    event: str
    data: str = NOTHING
    """JSON text, see `core.domain.payload`."""
    exclude_sender: bool = False
    """Whether the device that sent it gets it with its data withheld."""
    withheld: bool = False
    """True for that device: the event keeps its place, without its data. Never in a log."""

    def __post_init__(self) -> None:
        force_setattr(self, "event", clean(self.event))


class StatusChanged(Struct, frozen=True, gc=False, tag="status_changed", omit_defaults=True):
    """The tournament was opened, started, finished or taken up again."""

    before: Status
    status: Status
    fixtures: tuple[Fixture, ...] = ()
    """The matches that were drawn up, or got a court and a time, in playing order."""


class TeamAdded(Struct, frozen=True, gc=False, tag="team_added", omit_defaults=True):
    """A team takes part."""

    team: Team
    pools: tuple[PoolId, ...] = ()
    fixtures: tuple[Fixture, ...] = ()
    """The matches that it got, behind all others."""


class TeamRemoved(Struct, frozen=True, gc=False, tag="team_removed"):
    """A team does not take part after all."""

    team: Team


class TeamRenamed(Struct, frozen=True, gc=False, tag="team_renamed"):
    """A team has another name or code."""

    before: Team
    after: Team


class TournamentRenamed(Struct, frozen=True, gc=False, tag="tournament_renamed"):
    """The tournament has another name or venue."""

    name_before: str
    venue_before: str
    name: str
    venue: str

    def __post_init__(self) -> None:
        for field in self.__struct_fields__:
            force_setattr(self, field, clean(getattr(self, field)))


class TeamWithdrawn(Struct, frozen=True, gc=False, tag="team_withdrawn"):
    """A team is out; what it loses by that follows in the same command."""

    team: TeamId
    cause: Cause
    annulled: bool
    """Whether all its matches count for no table."""


class TeamReinstated(Struct, frozen=True, gc=False, tag="team_reinstated"):
    """A team that was out takes part again."""

    team: TeamId


class CourtNamed(Struct, frozen=True, gc=False, tag="court_named", omit_defaults=True):
    """A court was added, or has another name."""

    court: Court
    before: Court | None = None


class RoundDrawn(Struct, frozen=True, gc=False, tag="round_drawn", omit_defaults=True):
    """The next round of a Swiss pool was drawn; one without a match ends its rounds."""

    pool: PoolId
    number: int
    """From 1; the last one where nobody is left to meet."""
    fixtures: tuple[Fixture, ...]
    bye: TeamId | None = None
    """Who has no match, and the points of a win."""


class LotsDrawn(Struct, frozen=True, gc=False, tag="lots_drawn"):
    """Chance ordered teams that no rule separates."""

    pool: PoolId
    order: tuple[TeamId, ...]
    """The best first."""


class EpochBegun(Struct, frozen=True, gc=False, tag="epoch_begun"):
    """The log goes on in a new epoch from a copy: a client had seen what the log before does not have."""

    parent: Epoch
    after: int
    """Seq of the parent's last event that is in the copy: the parent position."""
    seen: int
    """The last seq that is known to have been in the parent's log somewhere."""
    copy: bytes
    """The tournament at the parent position, as `core.domain.adoption.pack_copy` makes it."""


class PastNamed(Struct, frozen=True, gc=False, tag="past_named"):
    """An older epoch was seen up to `seen`; positions after `after` are adopted when somebody brings them."""

    epoch: Epoch
    after: int
    seen: int


class EventAdopted(Struct, frozen=True, gc=False, tag="event_adopted", omit_defaults=True):
    """An event of an older epoch was brought; it is not judged again."""

    epoch: Epoch
    event: Event
    """As it was, its old seq, version, author and times included."""
    taken: Literal["counts", "held", "known"]
    """`counts`: it stands in its match by its old version; `held`: a person decides; `known`: its entry
    counted here already."""
    against: tuple[CommandId, ...] = ()
    """The entries that it would have held, in their order."""
    reason: str = ""
    """Why it is held, in words for a scorekeeper."""


class MissingClosed(Struct, frozen=True, gc=False, tag="missing_closed"):
    """A person waits no longer for what nobody brought of an older epoch."""

    epoch: Epoch
    until: int
    """The last seq that this is about."""


MatchFact: TypeAlias = (
    PointsAdded
    | ScoreSet
    | TimeSet
    | SetWon
    | SetReopened
    | SetsEntered
    | PenaltyAdded
    | EntryUndone
    | MatchStarted
    | MatchCompleted
    | MatchForfeited
    | MatchMoved
    | ResultConfirmed
    | MatchReopened
    | SlotFilled
    | SlotAssigned
    | EntryHeld
    | ConflictSettled
)
Change: TypeAlias = (
    StatusChanged
    | TeamAdded
    | TeamRemoved
    | TeamRenamed
    | TournamentRenamed
    | TeamWithdrawn
    | TeamReinstated
    | CourtNamed
    | RoundDrawn
    | LotsDrawn
)
"""A fact about what the tournament consists of."""
PastFact: TypeAlias = PastNamed | EventAdopted | MissingClosed
"""A fact about an older epoch."""
Fact: TypeAlias = MatchFact | Change | TournamentCreated | Notified | BroadcastSent | EpochBegun | PastFact


class Event(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One fact at its place in the tournament's log."""

    seq: int
    command: CommandId
    """The entry that caused it; several events may share one."""
    fact: Fact
    by: str
    """The person at the key press."""
    device: DeviceId
    entered_at: datetime
    received_at: datetime
    """When the hub took it, UTC; never goes back inside an epoch."""
    match: MatchId | None = None
    version: int = 0
    """The match's version with this event; 0 for an event of the tournament."""
    deliverer: str = ""
    """Who brought it, `""` when that was the author."""
    why: str = ""
    base: Base | None = None
    """What the author had seen, where that was in an older epoch; `None` for this one."""

    def __post_init__(self) -> None:
        force_setattr(self, "by", clean(self.by))
        force_setattr(self, "deliverer", clean(self.deliverer))
        force_setattr(self, "why", clean(self.why, MAX_TEXT))


def fact_name(fact: Fact) -> str:
    """Return the fact's name as it stands in logs and on the wire (`points_added`)."""
    return str(fact.__struct_config__.tag)
