"""Commands, what a person asked for, and the entry that carries one from the key press to its answer.

A command says what should happen, never what the result is. Its entry is made once, at the key press, with
an id that is kept for ever, and is resent unchanged over any link, endpoint or restart. Who may ask for
what is `core.hub.door.access`'s affair; whether it can happen is `rules`'. A value that a command sets
stands in it as it shall be; what it adds, as the difference.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias, assert_never, get_args

from msgspec import Struct
from msgspec.structs import force_setattr

from core.domain.games import Action
from core.domain.games import Score as Score
from core.domain.games import Side as Side
from core.domain.ids import (
    CommandId,
    CourtId,
    DeviceId,
    Epoch,
    Given,
    MatchId,
    PoolId,
    RoomId,
    TeamId,
    TournamentId,
)
from core.domain.payload import NOTHING, plain_payload
from core.domain.plan import Court, Plan, Status, Team
from core.domain.text import MAX_TEXT, clean
from core.domain.whole import Whole
from core.errors import BadPayload

Level = Literal["info", "warning", "urgent"]
Cause = Literal["forfeit", "no_show", "withdrawn", "disqualified"]
"""Why a side loses without playing on: it gave up, did not come, left the tournament, was put out of it."""


class AddScore(Struct, frozen=True, gc=False, tag="add_score", omit_defaults=True):
    """Add points to a side, or take them off (`delta` below 0). A scheduled match starts with it."""

    match: Given[MatchId]
    team: Given[TeamId]
    delta: Whole
    """In a game of cups, the cups hit."""
    action: Action | None = None
    """What a player did, in a game of cups; `delta` is then what it counts there, 0 for a miss."""
    player: str = ""
    """Who did it, `""` when nobody asked."""

    def __post_init__(self) -> None:
        force_setattr(self, "player", clean(self.player))


class SetScore(Struct, frozen=True, tag="set_score"):
    """Set both sides' points to exactly this score; in a game of sets, those of the current set."""

    match: Given[MatchId]
    score: Score


class EnterSets(Struct, frozen=True, tag="enter_sets"):
    """Set all sets of a match, as they stand on paper; the last may still go on."""

    match: Given[MatchId]
    sets: tuple[Score, ...]


class SetTime(Struct, frozen=True, tag="set_time"):
    """Set a side's time."""

    match: Given[MatchId]
    team: Given[TeamId]
    milliseconds: Whole
    """0 takes the time away."""


class AddPenalty(Struct, frozen=True, tag="add_penalty"):
    """Add a side's penalty points for fair play (cards, warnings), or take them off, at any time."""

    match: Given[MatchId]
    team: Given[TeamId]
    points: Whole


class Undo(Struct, frozen=True, tag="undo"):
    """Take back what the named command did; naming an undo redoes it.

    An id that the hub has never seen is remembered as withdrawn.
    """

    match: Given[MatchId]
    of: Given[CommandId]


class StartMatch(Struct, frozen=True, tag="start_match"):
    """Start a scheduled match."""

    match: Given[MatchId]


class CompleteMatch(Struct, frozen=True, tag="complete_match"):
    """End a live match with the score as it stands."""

    match: Given[MatchId]
    shootout: Score | None = None
    """What decided a level score (penalties, sudden death); `None` when there was none."""


class ForfeitMatch(Struct, frozen=True, tag="forfeit_match"):
    """End a match that is not played to its end; the stage says which result stands."""

    match: Given[MatchId]
    team: Given[TeamId | None]
    """Who loses; `None` when both do."""
    cause: Cause = "forfeit"


class MoveMatch(Struct, frozen=True, tag="move_match"):
    """Play a match on this court at this time."""

    match: Given[MatchId]
    court: Given[CourtId | None]
    starts_at: datetime | None


class ConfirmResult(Struct, frozen=True, tag="confirm_result"):
    """Make a final result official."""

    match: Given[MatchId]


class ReopenMatch(Struct, frozen=True, tag="reopen_match"):
    """Make a finished match live again; what was official no longer is."""

    match: Given[MatchId]


class AssignSlot(Struct, frozen=True, tag="assign_slot"):
    """Put a team into a side of a scheduled match, where no rule can decide it."""

    match: Given[MatchId]
    side: Side
    team: Given[TeamId]


class Settle(Struct, frozen=True, tag="settle"):
    """Decide a conflict: the held entries count nowhere from now on, `instead` takes their place."""

    match: Given[MatchId]
    held: tuple[CommandId, ...]
    """Ids of the held entries that this decides, all of this match; at least one."""
    instead: tuple[AddScore | SetScore | EnterSets | SetTime | CompleteMatch, ...] = ()
    """What counts in their place, in order; empty to leave the hub's score as it is."""


class ChangeStatus(Struct, frozen=True, tag="change_status"):
    """Open the tournament for teams, start it (formats are drawn up), finish it, take it up again."""

    status: Status


class AddTeam(Struct, frozen=True, tag="add_team", omit_defaults=True):
    """Let a team take part; once the tournament runs, it gets matches against all others of its pools."""

    team: Team
    pools: tuple[PoolId, ...] = ()
    """The pools that it joins; empty for the only pool of each stage that has one."""


class RemoveTeam(Struct, frozen=True, tag="remove_team"):
    """Take a team out before the tournament starts."""

    team: Given[TeamId]


class RenameTeam(Struct, frozen=True, tag="rename_team", omit_defaults=True):
    """Give a team another name and code."""

    team: Given[TeamId]
    name: str
    code: str = ""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))
        force_setattr(self, "code", clean(self.code, 8))


class RenameTournament(Struct, frozen=True, tag="rename_tournament", omit_defaults=True):
    """Give the tournament another name and venue."""

    name: str
    venue: str = ""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))
        force_setattr(self, "venue", clean(self.venue))


class WithdrawTeam(Struct, frozen=True, tag="withdraw_team"):
    """Take a team out of a running tournament: it loses what it has not finished."""

    team: Given[TeamId]
    cause: Literal["withdrawn", "disqualified"] = "withdrawn"


class ReinstateTeam(Struct, frozen=True, tag="reinstate_team"):
    """Take a withdrawn team back; matches that it lost meanwhile stay lost until they are reopened."""

    team: Given[TeamId]


class NameCourt(Struct, frozen=True, tag="name_court"):
    """Add a court, or give the one with this id another name."""

    court: Court


class DrawRound(Struct, frozen=True, tag="draw_round", omit_defaults=True):
    """Draw the next round of a Swiss pool from its table; with a reason its rounds end where none is left."""

    pool: Given[PoolId]
    starts_at: datetime | None = None
    """When it begins; `None` for the next free slots of the timetable, if there is one."""


class DrawLots(Struct, frozen=True, tag="draw_lots", omit_defaults=True):
    """Let chance order the teams of a complete pool that no other rule separates, once and for all."""

    pool: Given[PoolId]
    order: tuple[TeamId, ...] = ()
    """The order as it was drawn by hand, the best first; empty to have it follow from the entry's id."""


class Notify(Struct, frozen=True, tag="notify"):
    """Tell everybody in the tournament something."""

    title: str
    text: str = ""
    level: Level = "info"

    def __post_init__(self) -> None:
        force_setattr(self, "title", clean(self.title))
        force_setattr(self, "text", clean(self.text, MAX_TEXT))


class Broadcast(Struct, frozen=True, tag="broadcast", omit_defaults=True):
    """Say something to a room, for programs: the room's tournament, one of its private rooms, or `global`.

    Raises:
        BadPayload: the event has no name, or the data is no JSON text of a payload's size.
    """

    room: Given[RoomId]
    event: str
    """The event's name, as the sender chooses it."""
    data: str = NOTHING
    """JSON text, as `core.domain.payload.pack_payload` makes it."""
    exclude_sender: bool = False
    """Whether the sender's own device gets the event without its data."""

    def __post_init__(self) -> None:
        force_setattr(self, "event", clean(self.event))
        force_setattr(self, "data", plain_payload(self.data))
        if not self.event:
            raise BadPayload("an event needs a name")


class CreateTournament(Struct, frozen=True, tag="create_tournament"):
    """Begin a tournament's log with its plan."""

    plan: Plan


class ReviveTournament(Struct, frozen=True, tag="revive_tournament"):
    """Go on from a copy of a tournament that the hub no longer holds, in a new epoch."""

    copy: bytes
    """As `core.domain.adoption.pack_copy` makes it; its position is the new epoch's parent."""


class CloseMissing(Struct, frozen=True, tag="close_missing"):
    """Wait no longer for what nobody brings of an older epoch; should it come after all, it is adopted."""

    epoch: Given[Epoch]
    until: Whole
    """The last seq that this is about."""


MatchCommand: TypeAlias = (
    AddScore
    | SetScore
    | EnterSets
    | SetTime
    | AddPenalty
    | Undo
    | StartMatch
    | CompleteMatch
    | ForfeitMatch
    | MoveMatch
    | ConfirmResult
    | ReopenMatch
    | AssignSlot
    | Settle
)
"""A command on one match."""
Organisation: TypeAlias = (
    ChangeStatus
    | AddTeam
    | RemoveTeam
    | RenameTeam
    | RenameTournament
    | WithdrawTeam
    | ReinstateTeam
    | NameCourt
    | DrawRound
    | DrawLots
)
"""A command that changes what a tournament consists of; all are for admins."""
Founding: TypeAlias = CreateTournament | ReviveTournament
"""A command that begins a tournament's log; it is large, and alone in its frame."""
Command: TypeAlias = MatchCommand | Organisation | Notify | Broadcast | CloseMissing | Founding

Priority = Literal["critical", "high", "normal", "low"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""All priorities, the most urgent first."""


def priority(command: Command) -> Priority:
    """Return how urgent a command is: scores and winners, then status, then the rest, then activity."""
    match command:
        case AddScore() | SetScore() | EnterSets() | SetTime() | Undo() | Settle():
            return "critical"
        case CompleteMatch() | ForfeitMatch():
            return "critical"
        case StartMatch() | ConfirmResult() | ReopenMatch() | AssignSlot() | AddPenalty() | MoveMatch():
            return "high"
        case ChangeStatus() | WithdrawTeam() | ReinstateTeam() | DrawRound() | DrawLots():
            return "high"
        case AddTeam() | RemoveTeam() | RenameTeam() | RenameTournament() | NameCourt():
            return "normal"
        case CreateTournament() | ReviveTournament() | CloseMissing():
            return "normal"
        case Notify() | Broadcast():
            return "low"
        case _:
            assert_never(command)


def match_of(command: Command) -> MatchId | None:
    """Return the match that a command is on; `None` when it is on the tournament."""
    return command.match if isinstance(command, MatchCommand) else None


class Base(Struct, frozen=True, gc=False):
    """What the author saw: the match's version, in which epoch, in that device's store at the key press."""

    epoch: Epoch
    version: Whole


class Entry(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A command as entered: who, where, when, and on top of what."""

    id: CommandId
    tournament: TournamentId
    command: Command
    by: str
    """The person at the key press."""
    device: DeviceId
    entered_at: datetime
    """By that device's clock, UTC; it orders nothing."""
    base: Base | None = None
    """`None` for a command that is not on a match, or where the device knew nothing of it."""
    why: str = ""
    """The reason given, `""` when none was asked for."""

    def __post_init__(self) -> None:
        force_setattr(self, "by", clean(self.by))
        force_setattr(self, "why", clean(self.why, MAX_TEXT))
