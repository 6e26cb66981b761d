"""Reads an export of ours as a tournament to play again: its plan, and the entries that counted.

What the hub derived (a slot filled by a result, a start implied by a score) is left out, as it will derive it
again; so are held entries, whose settlement says what counted in their place, and broadcasts, which programs
told each other at that time.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, assert_never

from core.domain.commands import (
    AddPenalty,
    AddScore,
    AddTeam,
    AssignSlot,
    ChangeStatus,
    Command,
    CompleteMatch,
    ConfirmResult,
    DrawLots,
    DrawRound,
    EnterSets,
    ForfeitMatch,
    MoveMatch,
    NameCourt,
    Notify,
    ReinstateTeam,
    RemoveTeam,
    RenameTeam,
    RenameTournament,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    StartMatch,
    Undo,
    WithdrawTeam,
)
from core.domain.events import (
    Change,
    CourtNamed,
    EntryUndone,
    Event,
    EventAdopted,
    LotsDrawn,
    MatchCompleted,
    MatchFact,
    MatchForfeited,
    MatchMoved,
    MatchReopened,
    MatchStarted,
    Notified,
    PenaltyAdded,
    PointsAdded,
    ResultConfirmed,
    RoundDrawn,
    ScoreSet,
    SetsEntered,
    SlotAssigned,
    SlotFilled,
    StatusChanged,
    TeamAdded,
    TeamReinstated,
    TeamRemoved,
    TeamRenamed,
    TeamWithdrawn,
    TimeSet,
    TournamentCreated,
    TournamentRenamed,
)
from core.domain.files.export import fold_export, read_export
from core.domain.files.playback import Imported, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.ids import CommandId, MatchId


def read(path: str, content: bytes) -> Imported:
    """Read an export of a tournament.

    Args:
        path: the file's name, for errors.
        content: what `courtside export --format json` wrote.

    Raises:
        BadFile: it is no export, or its log is not complete.
    """
    fold_export(content, path)
    log, _ = read_export(path, content)
    created = log[0].fact
    assert isinstance(created, TournamentCreated)  # or the log would not fold
    plan = created.plan
    ready = {
        fixture.id for fixture in plan.fixtures if fixture.home.source is None and fixture.away.source is None
    }
    matches = {event.match for event in log if event.match is not None}
    return Imported(plan, _steps(log, matches - ready))


def _steps(log: Sequence[Event], fed: set[MatchId]) -> tuple[Step, ...]:
    """Return a step for each fact that an entry made.

    Args:
        log: the events.
        fed: the matches that follow from earlier steps: their sides come from results, or they are drawn
            later. The first step of each waits for these.
    """
    facts = Counter(event.command for event in log if isinstance(event.fact, PointsAdded | ScoreSet))
    # What an organiser's entry made of matches follows from it again; so do slots that were filled anew,
    # for which the rules ask a reason.
    organised = {event.command for event in log if isinstance(event.fact, Change)}
    refilled = {event.command for event in log if isinstance(event.fact, SlotFilled) and event.fact.before}
    steps: list[Step] = []
    for event in log:
        command = _command(event, facts)
        if command is None or (event.match is not None and event.command in organised):
            continue
        waits = event.match in fed or not isinstance(event.fact, MatchFact) or isinstance(command, AssignSlot)
        why = event.why or ("as recorded" if event.command in refilled else "")
        steps.append(Step(event.received_at, command, why, waits, event.command))
        fed = fed - {event.match}
    return tuple(steps)


def _command(event: Event, facts: Counter[CommandId]) -> Command | None:
    """Return the command that would make this event again; `None` where another event's does."""
    match event.fact:
        case Notified(title, text, level):
            return Notify(title, text, level)
        case EventAdopted(_, adopted, "counts"):
            return _command(adopted, facts)
        case fact if isinstance(fact, Change):
            return _organisation(fact)
        case fact if isinstance(fact, MatchFact) and event.match is not None:
            return _match_command(event.match, fact, facts)
        case _:
            return None


def _organisation(fact: Change) -> Command:  # noqa: C901 - one flat case a fact
    match fact:
        case StatusChanged(_, status):
            return ChangeStatus(status)
        case TeamAdded(team, pools):
            return AddTeam(team, pools)
        case TeamRemoved(team):
            return RemoveTeam(team.id)
        case TeamRenamed(_, after):
            return RenameTeam(after.id, after.name, after.code)
        case TournamentRenamed(_, _, name, venue):
            return RenameTournament(name, venue)
        case TeamWithdrawn(team_id, cause):
            return WithdrawTeam(team_id, "disqualified" if cause == "disqualified" else "withdrawn")
        case TeamReinstated(team_id):
            return ReinstateTeam(team_id)
        case CourtNamed(court):
            return NameCourt(court)
        case RoundDrawn(pool):
            return DrawRound(pool)
        case LotsDrawn(pool, order):
            return DrawLots(pool, order)
        case _:
            assert_never(fact)


def _match_command(  # noqa: C901 - one flat case a fact
    match: MatchId, fact: MatchFact, facts: Counter[CommandId]
) -> Command | None:
    match fact:
        case PointsAdded(team, _, delta, _, _, action, player):
            return AddScore(match, team, delta, action, player)
        case ScoreSet(_, after):
            return SetScore(match, after)
        case TimeSet(team, side, _, after):
            return SetTime(match, team, after.home if side == "home" else after.away)
        case SetsEntered(_, _, sets, after):
            return EnterSets(match, sets if after == Score() else (*sets, after))
        case PenaltyAdded(team, _, points):
            return AddPenalty(match, team, points)
        case EntryUndone(of, _, _, after):
            # What several facts of one decision did is several entries here: no single undo takes it back.
            return Undo(match, of) if facts[of] <= 1 else SetScore(match, after)
        case MatchStarted(implied):
            return None if implied else StartMatch(match)
        case MatchCompleted(_, _, shootout):
            return CompleteMatch(match, shootout)
        case MatchForfeited(_, cause, _, loser):
            return ForfeitMatch(match, loser, cause)
        case MatchMoved(court, starts_at):
            return MoveMatch(match, court, starts_at)
        case ResultConfirmed():
            return ConfirmResult(match)
        case MatchReopened():
            return ReopenMatch(match)
        case SlotAssigned(side, team):
            return AssignSlot(match, side, team)
        case _:
            return None
