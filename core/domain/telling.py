"""Commands and facts about games, forfeits and the tournament itself, each in a few plain words.

For lines of logs and lists. Guarantees that names come out as `text.clean` left them; colour, width and what
is pressed next are the screen's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

from core.domain.commands import (
    AddPenalty,
    AddTeam,
    ChangeStatus,
    DrawLots,
    DrawRound,
    EnterSets,
    ForfeitMatch,
    MoveMatch,
    NameCourt,
    Organisation,
    ReinstateTeam,
    RemoveTeam,
    RenameTeam,
    RenameTournament,
    SetTime,
    WithdrawTeam,
)
from core.domain.events import (
    Change,
    CourtNamed,
    LotsDrawn,
    MatchForfeited,
    MatchMoved,
    PenaltyAdded,
    RoundDrawn,
    SetReopened,
    SetsEntered,
    SetWon,
    StatusChanged,
    TeamAdded,
    TeamReinstated,
    TeamRemoved,
    TeamRenamed,
    TeamWithdrawn,
    TimeSet,
    TournamentRenamed,
)
from core.domain.games import time_text
from core.domain.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.domain.commands import Cause, Score
    from core.domain.ids import CourtId, PoolId, TeamId
    from core.domain.state import Tournament

GameCommand: TypeAlias = EnterSets | SetTime | AddPenalty | ForfeitMatch | MoveMatch
Asked: TypeAlias = GameCommand | Organisation
GameFact: TypeAlias = (
    TimeSet | SetWon | SetReopened | SetsEntered | PenaltyAdded | MatchForfeited | MatchMoved
)
Happened: TypeAlias = GameFact | Change

CAUSES: dict[Cause, str] = {
    "forfeit": "forfeited",
    "no_show": "no-show",
    "withdrawn": "withdrawn",
    "disqualified": "disqualified",
}
STATUS_WORDS = {
    "draft": "back to draft",
    "open": "open for teams",
    "running": "started",
    "finished": "finished",
}


def tell_command(state: Tournament | None, asked: Asked) -> str:  # noqa: C901 - one flat case a command
    """Say what a command asks for."""
    match asked:
        case EnterSets(_, sets):
            return f"sets {_sets(sets)}"
        case SetTime(_, team, milliseconds):
            return f"{_team(state, team)} {time_text(milliseconds)}"
        case AddPenalty(_, team, points):
            return f"{_team(state, team)} penalty {points:+d}"
        case ForfeitMatch(_, team, cause):
            return f"{CAUSES[cause]}: {'both' if team is None else _team(state, team)}"
        case MoveMatch(_, court, starts_at):
            return _move(state, court, starts_at)
        case ChangeStatus(status):
            return f"tournament {STATUS_WORDS[status]}"
        case AddTeam(team):
            return f"add {team.name}"
        case RemoveTeam(team_id):
            return f"remove {_team(state, team_id)}"
        case RenameTeam(team_id, name):
            return f"rename {_team(state, team_id)} to {name}"
        case RenameTournament(name):
            return f"rename the tournament to {name}"
        case WithdrawTeam(team_id, cause):
            return f"{CAUSES[cause]}: {_team(state, team_id)}"
        case ReinstateTeam(team_id):
            return f"take {_team(state, team_id)} back"
        case NameCourt(court):
            return f"court {court.name}"
        case DrawRound(pool):
            return f"draw a round of {_pool(state, pool)}"
        case DrawLots(pool):
            return f"draw lots in {_pool(state, pool)}"
        case _:
            assert_never(asked)


def tell_fact(state: Tournament | None, fact: Happened) -> tuple[str, str]:
    """Say what happened, and the result if there is one."""
    match fact:
        case TimeSet(team, side, _, after):
            return f"{_team(state, team)} timed", time_text(after.home if side == "home" else after.away)
        case SetWon(side, score):
            return f"set won by the {side} side", _pair(score)
        case SetReopened(score):
            return "set goes on", _pair(score)
        case SetsEntered(_, _, sets, after):
            return "sets entered", _sets((*sets, after) if after.home or after.away else sets)
        case PenaltyAdded(team, _, points):
            return f"{_team(state, team)} penalty {points:+d}", ""
        case MatchForfeited(score, cause, winner):
            won = "both lose" if winner is None else f"{_team(state, winner)} wins"
            return f"{CAUSES[cause]}: {won}", _pair(score)
        case MatchMoved(court, starts_at):
            return _move(state, court, starts_at), ""
        case _:
            return _tell_change(state, fact), ""


def _tell_change(state: Tournament | None, fact: Change) -> str:  # noqa: C901 - one flat case a fact
    match fact:
        case StatusChanged(_, status, fixtures):
            return f"tournament {STATUS_WORDS[status]}" + _matches(fixtures)
        case TeamAdded(team, _, fixtures):
            return f"{team.name} joins" + _matches(fixtures)
        case TeamRemoved(team):
            return f"{team.name} leaves"
        case TeamRenamed(before, after):
            return f"{before.name} is now {after.name}"
        case TournamentRenamed(name_before, _, name):
            return f"{name_before} is now {name}"
        case TeamWithdrawn(team_id, cause):
            return f"{CAUSES[cause]}: {_team(state, team_id)}"
        case TeamReinstated(team_id):
            return f"{_team(state, team_id)} is back"
        case CourtNamed(court, before):
            return f"new court {court.name}" if before is None else f"{before.name} is now {court.name}"
        case RoundDrawn(pool, _, ()):
            return f"no more rounds of {_pool(state, pool)}: nobody is left to meet"
        case RoundDrawn(pool, number, fixtures, bye):
            free = "" if bye is None else f", bye: {_team(state, bye)}"
            return f"round {number} of {_pool(state, pool)} drawn{_matches(fixtures)}{free}"
        case LotsDrawn(pool, order):
            return f"lots in {_pool(state, pool)}: {', '.join(_team(state, team) for team in order)}"
        case _:
            assert_never(fact)


def _team(state: Tournament | None, team: TeamId) -> str:
    known = None if state is None else state.teams.get(team)
    return clean(team) if known is None else known.name


def _pool(state: Tournament | None, pool: PoolId) -> str:
    pools = () if state is None else (known for stage in state.stages for known in stage.pools)
    return next((known.name for known in pools if known.id == pool), clean(pool))


def _move(state: Tournament | None, court: CourtId | None, starts_at: datetime | None) -> str:
    known = None if state is None or court is None else state.courts.get(court)
    where = "no court" if court is None else clean(court) if known is None else known.name
    return f"moved to {where}, {'no time' if starts_at is None else f'{starts_at:%d %b %H:%M} UTC'}"


def _matches(fixtures: tuple[object, ...]) -> str:
    return f", {len(fixtures)} {'match' if len(fixtures) == 1 else 'matches'}" if fixtures else ""


def _sets(sets: Iterable[Score]) -> str:
    return " ".join(map(_pair, sets)) or "none"


def _pair(score: Score) -> str:
    return f"{score.home}-{score.away}"
