"""What old clients and servers are told of an event: the legacy dialect's words for this program's facts.

Pure. Owns the translation out of the log; the words themselves stand in `legacy`. Guarantees that each change
of a score is told once, with the score that it led to, and that what the dialect has no word for is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from core.domain.commands import Score
from core.domain.events import (
    EntryUndone,
    EventAdopted,
    MatchCompleted,
    MatchForfeited,
    MatchReopened,
    MatchStarted,
    Notified,
    PointsAdded,
    ScoreSet,
    SetReopened,
    SetsEntered,
    SetWon,
    StatusChanged,
    TeamAdded,
    TimeSet,
)
from core.domain.games import CupsRules, TimeRules
from core.domain.tables.standings import tables
from core.wire.legacy import (
    MAX_LISTED,
    ChangedPosition,
    GameEnd,
    GameStart,
    LeaderboardUpdate,
    LiveScore,
    MatchComplete,
    NamedTeam,
    Notification,
    PlayerAction,
    Ranking,
    TeamJoined,
    TournamentComplete,
    TournamentStart,
    TournamentStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.domain.commands import Side
    from core.domain.events import Event
    from core.domain.ids import TeamId
    from core.domain.state import Match, Tournament
    from core.wire.legacy import GameType, Happening

SIDES: tuple[Side, Side] = ("home", "away")


def tell(event: Event, state: Tournament, action: PlayerAction | None = None) -> tuple[Happening, ...]:
    """Return what is told of an event.

    Args:
        event: what happened.
        state: the tournament with the event, and perhaps later ones, applied.
        action: what a player did for it, where an old client said so.
    """
    match = None if event.match is None else state.matches.get(event.match)
    if match is None:
        return _of_all(event, state)
    match event.fact:
        case PointsAdded(before=before, after=after, action=did, player=player):
            told = PlayerAction(player, did) if did is not None and player else action
            return live_scores(state, match, (before, after), event.received_at, told)
        case ScoreSet() | EntryUndone() | TimeSet() | SetsEntered() | SetWon() | SetReopened() as changed:
            return live_scores(state, match, _change(changed), event.received_at)
        case EventAdopted(taken="counts"):
            return standing(state, match)
        case MatchStarted():
            began = (TournamentStart(state.id),) if _is_first(state) else ()
            return (*began, game_start(state, match))
        case MatchReopened():
            return (game_start(state, match),)
        case MatchCompleted(score=score, winner=winner) | MatchForfeited(score=score, winner=winner):
            end = GameEnd(state.id, match.id, _by_team(match, score), _seconds(match, event.received_at))
            over = (TournamentComplete(state.id),) if _is_over(state) else ()
            return (MatchComplete(state.id, match.id, winner), end, *over)
        case _:
            return ()


def catch_up(state: Tournament) -> tuple[Happening, ...]:
    """Return what somebody must know who subscribes now: the matches that are played, as they stand."""
    told: list[Happening] = [TournamentStatus(state.id, is_open=state.status == "open")]
    for match in state.matches.values():
        if match.phase == "live":
            told.append(game_start(state, match))
            told += standing(state, match)
    return tuple(told)


def standing(state: Tournament, match: Match) -> tuple[LiveScore, ...]:
    """Return a match's score as it stands, without a change."""
    at = _millis(match.changed_at)
    return tuple(
        LiveScore(state.id, match.id, team, _of(match.score, side), 0, at)
        for side in SIDES
        if (team := match.slot(side).team) is not None
    )


def live_scores(
    state: Tournament,
    match: Match,
    change: tuple[Score, Score],
    at: datetime,
    action: PlayerAction | None = None,
) -> tuple[LiveScore, ...]:
    """Return a change of score, a side at a time.

    Args:
        state: the tournament.
        match: the match.
        change: the scores before and after.
        at: when that was.
        action: what a player did for it.
    """
    before, after = change
    return tuple(
        LiveScore(
            tournament_id=state.id,
            match_id=match.id,
            team_id=team,
            score=_of(after, side),
            delta=_of(after, side) - _of(before, side),
            timestamp=_millis(at),
            player_action=UNSET if action is None else action,
        )
        for side in SIDES
        if (team := match.slot(side).team) is not None and _of(after, side) != _of(before, side)
    )


def game_start(state: Tournament, match: Match) -> GameStart:
    """Return that a match is played."""
    teams = tuple(
        NamedTeam(team, state.teams[team].name)
        for side in SIDES
        if (team := match.slot(side).team) is not None
    )
    began = next((entry.entered_at for entry in match.entries), match.changed_at)
    return GameStart(state.id, match.id, _game_type(state, match), teams, _millis(began))


def ranks(state: Tournament) -> Mapping[TeamId, tuple[int, int]]:
    """Return each team's rank in its table and its table points; the best first."""
    rows = [row for table in tables(state) for row in table.rows]
    return {row.team: (row.rank, row.points) for row in sorted(rows, key=lambda row: row.rank)[:MAX_LISTED]}


def leaderboard(
    state: Tournament, before: Mapping[TeamId, tuple[int, int]], now: Mapping[TeamId, tuple[int, int]]
) -> LeaderboardUpdate | None:
    """Return the tables if they changed; `None` if they did not."""
    if before == now:
        return None
    changed = tuple(
        ChangedPosition(team, before[team][0], rank)
        for team, (rank, _) in now.items()
        if team in before and before[team][0] != rank
    )
    rankings = tuple(Ranking(team, rank, points) for team, (rank, points) in now.items())
    return LeaderboardUpdate(state.id, rankings, changed)


def _of_all(event: Event, state: Tournament) -> tuple[Happening, ...]:
    """Return what is told of an event of the tournament as a whole."""
    match event.fact:
        case Notified(title, text, level):
            return (Notification(state.id, level, title, text),)
        case TeamAdded(team=team):
            return (TeamJoined(state.id, NamedTeam(team.id, team.name)),)
        case StatusChanged(status=status):
            told = TournamentStatus(state.id, is_open=status == "open")
            over = (TournamentComplete(state.id),) if status == "finished" else ()
            return (told, *((TournamentStart(state.id),) if status == "running" else over))
        case _:
            return ()


def _change(
    fact: ScoreSet | EntryUndone | TimeSet | SetsEntered | SetWon | SetReopened,
) -> tuple[Score, Score]:
    """Return the running score before and after; it begins at nothing with each set."""
    match fact:
        case SetWon(score=score):
            return score, Score()
        case SetReopened(score=score):
            return Score(), score
        case _:
            return fact.before, fact.after


def _game_type(state: Tournament, match: Match) -> GameType:
    match state.rules(match.stage):
        case CupsRules():
            return "cups"
        case TimeRules():
            return "time"
        case _:
            return "points"


def _by_team(match: Match, score: Score) -> dict[str, int]:
    return {team: _of(score, side) for side in SIDES if (team := match.slot(side).team) is not None}


def _of(score: Score, side: Side) -> int:
    return score.home if side == "home" else score.away


def _seconds(match: Match, end: datetime) -> float:
    """Return how long a match took, as far as its entries tell; device clocks may be wrong."""
    began = next((entry.entered_at for entry in match.entries), end)
    return max(0.0, (end - began).total_seconds())


def _millis(at: datetime | None) -> float:
    """Return a time as old clients have it; 0 for none."""
    return 0.0 if at is None else round(max(0.0, at.timestamp()) * 1000)


def _is_first(state: Tournament) -> bool:
    return sum(match.phase != "scheduled" for match in state.matches.values()) == 1


def _is_over(state: Tournament) -> bool:
    return all(match.finished for match in state.matches.values())
