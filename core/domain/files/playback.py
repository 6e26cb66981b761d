"""What a tournament file holds besides its plan: the results, as commands that a person could have entered.

Readers of formats make these; `courtside replay` plays them through the ordinary command path. A player
follows three rules:

- it gives each step an id of its own, and hands `rebound` the ids given so far, as an undo names an earlier
  step;
- before a step that `waits` it lets all earlier ones be confirmed: that match, or who plays in it, comes
  from them;
- steps are in time order, and those of one match stay in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, assert_never

import msgspec

from core.domain.commands import (
    AddScore,
    AssignSlot,
    Command,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    Entry,
    Score,
    SetScore,
    Side,
    StartMatch,
    Undo,
    match_of,
)
from core.domain.ids import (
    CommandId,
    DeviceId,
    Epoch,
    MatchId,
    TeamId,
    TournamentId,
    match_id,
    short_form,
)
from core.domain.plan import (
    DoubleElimination,
    Fixture,
    Format,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    SingleElimination,
    Slot,
    Source,
    WinnerOf,
)
from core.domain.rules import Refused, judge
from core.errors import BadPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.domain.state import Tournament

_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""When a tournament without any date begins."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a playback."""

    at: datetime
    """When it happened, UTC."""
    command: Command
    why: str = ""
    """The reason to enter with it."""
    waits: bool = False
    """Whether all earlier steps must be confirmed first."""
    recorded: CommandId | None = None
    """Its id in the log it was taken from; `None` where it comes from a list of results."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a file that was not used."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file says: the plan without results, and the results as a playback."""

    plan: Plan
    playback: tuple[Step, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """A point with its minute. `offset` counts the minutes of stoppage time after it."""

    team: TeamId
    minute: int
    offset: int = 0
    note: str = ""
    """Who scored, in words."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a match went, as far as a file tells."""

    score: Score
    shootout: Score | None = None
    goals: tuple[Goal, ...] = ()
    """All points of the score one by one, or none of them: then the score is set at the end."""
    minutes: int = 90
    """How long it was played."""
    phase: Literal["live", "final", "official"] = "official"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A team that ops put into a slot."""

    match: MatchId
    side: Side
    team: TeamId


@dataclass(slots=True)
class _Clock:
    """When the matches laid so far ended."""

    ends: dict[MatchId, datetime] = field(default_factory=dict)
    pools_end: datetime | None = None
    last: datetime = _UNDATED

    def fed(self, fixture: Fixture) -> datetime | None:
        """Return when all that a fixture's sides come from has ended; `None` if they come from nothing."""
        ends = [self._ended(slot.source) for slot in (fixture.home, fixture.away) if slot.source is not None]
        return max((end for end in ends if end is not None), default=None)

    def _ended(self, source: Source) -> datetime | None:
        match source:
            case WinnerOf(match) | LoserOf(match):
                return self.ends.get(match)
            case PlaceOf() | OneOf():
                return self.pools_end
            case _:
                assert_never(source)

    def note(self, fixture: Fixture, end: datetime) -> None:
        """Remember when a match ended."""
        self.ends[fixture.id] = self.last = end
        if fixture.pool is not None:
            self.pools_end = end if self.pools_end is None else max(self.pools_end, end)


def script(
    plan: Plan,
    results: Mapping[MatchId, Result],
    assignments: Sequence[Assignment] = (),
) -> tuple[Step, ...]:
    """Return the commands that lead from a plan to these results, in time order.

    A match begins when the plan says, but after all that its sides come from; without a time it begins after
    the match before it. Assignments come right after what the slot's source names.
    """
    steps: list[Step] = []
    clock = _Clock()
    for fixture in plan.fixtures:
        fed = clock.fed(fixture)
        begins = max(
            fixture.starts_at or clock.last + _MINUTE,
            fed + 2 * _MINUTE if fed else _UNDATED,
        )
        assigned = [found for found in assignments if found.match == fixture.id]
        why = f"read from the pairing of {short_form(fixture.id)}"
        for found in assigned:
            at = fed + _MINUTE if fed else begins - _MINUTE
            steps.append(Step(at, AssignSlot(found.match, found.side, found.team), why, waits=True))
        result = results.get(fixture.id)
        if result is not None:
            played = _match(fixture, result, begins)
            steps += played
            clock.note(fixture, played[-1].at)
    return tuple(sorted(steps, key=lambda step: step.at))


def _match(fixture: Fixture, result: Result, begins: datetime) -> list[Step]:
    """Return the steps of one match, in order."""
    waits = any(slot.source is not None for slot in (fixture.home, fixture.away))
    steps = [Step(begins, StartMatch(fixture.id), waits=waits)]
    for goal in sorted(result.goals, key=lambda goal: (goal.minute, goal.offset)):
        # Stoppage time counts in seconds here: 45+3 comes before the 46th minute, as it did on the pitch.
        at = begins + timedelta(minutes=goal.minute, seconds=goal.offset)
        steps.append(Step(at, AddScore(fixture.id, goal.team, 1), goal.note))
    end = max(begins + timedelta(minutes=result.minutes), steps[-1].at) + _MINUTE
    if not result.goals and result.score != Score():
        steps.append(Step(end, SetScore(fixture.id, result.score)))
    if result.phase != "live":
        steps.append(Step(end, CompleteMatch(fixture.id, result.shootout)))
    if result.phase == "official":
        steps.append(Step(end + _MINUTE, ConfirmResult(fixture.id)))
    return steps


def rehearse(plan: Plan, steps: Sequence[Step] = ()) -> Tournament:
    """Play the steps by the rules and return the state that they lead to.

    Raises:
        BadPlan: the rules refuse the plan or a step; says which match and why.
    """
    device, epoch = DeviceId("rehearsal"), Epoch("rehearsal")
    state: Tournament | None = None
    given: dict[CommandId, CommandId] = {}
    for number, step in enumerate((Step(_UNDATED, CreateTournament(plan)), *steps)):
        entry = Entry(
            id=CommandId(f"step-{number}"),
            tournament=plan.id,
            command=rebound(step.command, given),
            by="rehearsal",
            device=device,
            entered_at=step.at,
            why=step.why,
        )
        if step.recorded is not None:
            given[step.recorded] = entry.id
        verdict = judge(state, entry, step.at, epoch)
        if isinstance(verdict, Refused):
            on = match_of(step.command)
            raise BadPlan("tournament" if on is None else short_form(on), verdict.reason)
        state = verdict.state
    assert state is not None  # the first step created it
    return state


def rebound(command: Command, given: Mapping[CommandId, CommandId]) -> Command:
    """Return a recorded command with the ids that it names replaced by those given in this replay."""
    match command:
        case Undo(match, of):
            return Undo(match, given.get(of, of))
        case _:
            return command


def renamed(imported: Imported, tournament: TournamentId) -> Imported:
    """Return the same tournament under another id, its matches too."""
    plan = imported.plan
    fixtures = tuple(
        msgspec.structs.replace(
            fixture,
            id=_moved(fixture.id, tournament),
            home=_moved_slot(fixture.home, tournament),
            away=_moved_slot(fixture.away, tournament),
            reset_of=None if fixture.reset_of is None else _moved(fixture.reset_of, tournament),
        )
        for fixture in plan.fixtures
    )
    stages = tuple(
        msgspec.structs.replace(stage, format=_moved_format(stage.format, tournament))
        for stage in plan.stages
    )
    steps = tuple(
        replace(step, command=_moved_command(step.command, tournament)) for step in imported.playback
    )
    moved = msgspec.structs.replace(plan, id=tournament, fixtures=fixtures, stages=stages)
    return Imported(moved, steps, imported.skipped)


def _moved(match: MatchId, tournament: TournamentId) -> MatchId:
    return match_id(tournament, match.rpartition(".")[2])


def _moved_slot(slot: Slot, tournament: TournamentId) -> Slot:
    match slot.source:
        case WinnerOf(match):
            return Slot(slot.team, WinnerOf(_moved(match, tournament)))
        case LoserOf(match):
            return Slot(slot.team, LoserOf(_moved(match, tournament)))
        case _:
            return slot


def _moved_format(format_: Format | None, tournament: TournamentId) -> Format | None:
    if not isinstance(format_, SingleElimination | DoubleElimination):
        return format_
    entrants = tuple(_moved_slot(slot, tournament) for slot in format_.entrants)
    moved: Format = msgspec.structs.replace(format_, entrants=entrants)
    return moved


def _moved_command(command: Command, tournament: TournamentId) -> Command:
    on = match_of(command)
    if on is None:
        return command
    moved: Command = msgspec.structs.replace(command, match=_moved(on, tournament))
    return moved
