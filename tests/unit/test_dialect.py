"""What old clients are told of events: once each, in the old names, with the score that followed."""

from __future__ import annotations

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from core.domain.commands import (
    AddScore,
    AddTeam,
    ChangeStatus,
    Command,
    CompleteMatch,
    ConfirmResult,
    EnterSets,
    ForfeitMatch,
    Notify,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    StartMatch,
    Undo,
)
from core.domain.events import EventAdopted
from core.domain.games import CupsRules, Game, Rules, SetsRules, TimeRules
from core.domain.ids import Epoch, GameId, TeamId
from core.domain.plan import Plan, Team
from core.domain.state import Tournament
from core.wire.dialect import catch_up, leaderboard, ranks, standing, tell
from core.wire.legacy import (
    GameEnd,
    GameStart,
    Happening,
    LiveScore,
    MatchComplete,
    NamedTeam,
    Notification,
    PlayerAction,
    TeamJoined,
    TournamentComplete,
    TournamentStart,
    TournamentStatus,
)
from tests.support.tournaments import cup, league, match, point, record

PLAN = league(4)
M1, M2 = match(PLAN, 1), match(PLAN, 2)


def told(*commands: Command) -> tuple[list[Happening], Tournament]:
    """Return what is told of the last command, and where it led."""
    log, state = record(PLAN, list(commands))
    return [one for event in log if event.command == log[-1].command for one in tell(event, state)], state


def test_a_point_is_told_with_its_score_and_who_made_it() -> None:
    log, state = record(PLAN, [point(PLAN, 1, "a"), point(PLAN, 1, "a", 2)])
    action = PlayerAction("p7", "cup")
    (score,) = tell(log[-1], state, action)
    assert isinstance(score, LiveScore)
    assert (score.match_id, score.team_id, score.score, score.delta) == (M1, "a", 3, 2)
    assert score.player_action == action
    assert score.timestamp == log[-1].received_at.timestamp() * 1000
    (plain,) = tell(log[-1], state)
    assert isinstance(plain, LiveScore)
    assert plain.player_action is UNSET


def test_a_score_that_was_set_tells_each_side_that_changed() -> None:
    happenings, _ = told(point(PLAN, 1, "a"), SetScore(M1, Score(1, 4)))
    assert [(one.team_id, one.score, one.delta) for one in happenings if isinstance(one, LiveScore)] == [
        ("b", 4, 4)
    ]


def test_an_undo_takes_the_points_off() -> None:
    log, state = record(PLAN, [point(PLAN, 1, "a")])
    log, state = record(PLAN, [point(PLAN, 1, "a"), Undo(M1, log[-1].command)])
    (score,) = tell(log[-1], state)
    assert isinstance(score, LiveScore)
    assert (score.score, score.delta) == (0, -1)


def test_the_first_match_starts_the_tournament_the_second_does_not() -> None:
    happenings, _ = told(StartMatch(M1))
    assert happenings[0] == TournamentStart(PLAN.id)
    assert isinstance(happenings[1], GameStart)
    assert happenings[1].teams == (NamedTeam("a", "Team A"), NamedTeam("b", "Team B"))
    again, _ = told(StartMatch(M1), StartMatch(M2))
    assert [type(one) for one in again] == [GameStart]


def test_the_end_of_a_match_names_the_winner_and_the_scores() -> None:
    happenings, _ = told(point(PLAN, 1, "b"), CompleteMatch(M1))
    complete, end = happenings
    assert complete == MatchComplete(PLAN.id, M1, "b")
    assert isinstance(end, GameEnd)
    assert end.final_scores == {"a": 0, "b": 1}
    assert end.duration >= 0


def test_the_last_match_ends_the_tournament() -> None:
    plan = cup(2)
    log, state = record(plan, [point(plan, 1, "a"), CompleteMatch(match(plan, 1))])
    assert TournamentComplete(plan.id) in tell(log[-1], state)


def test_a_match_that_is_reopened_is_played_again() -> None:
    happenings, _ = told(point(PLAN, 1, "a"), CompleteMatch(M1), ReopenMatch(M1))
    assert [type(one) for one in happenings] == [GameStart]


def played(rules: Rules) -> Plan:
    """Return the league with a game of its own."""
    stage = replace(PLAN.stages[0], game=GameId("own"))
    return replace(PLAN, stages=(stage,), games=(Game(GameId("own"), "Own", rules),))


def last(plan: Plan, *commands: Command) -> list[Happening]:
    """Return what is told of the last command in another plan."""
    log, state = record(plan, list(commands))
    return [one for event in log if event.command == log[-1].command for one in tell(event, state)]


def test_what_a_player_did_is_told_where_the_log_has_it() -> None:
    plan = played(CupsRules())
    told_of = last(plan, point(plan, 1, "a"), AddScore(M1, TeamId("a"), 2, "bounce", "p7"))
    assert [one.player_action for one in told_of if isinstance(one, LiveScore)] == [
        PlayerAction("p7", "bounce")
    ]
    (start,) = [one for one in last(plan, StartMatch(M1)) if isinstance(one, GameStart)]
    assert start.game_type == "cups"


def test_sets_begin_at_nothing_and_go_on_when_they_are_reopened() -> None:
    plan = played(SetsRules(best_of=3, points=2, lead=1))
    won = (point(plan, 1, "a"), point(plan, 1, "a"))

    def scores(*commands: Command) -> list[tuple[int, int]]:
        return [(one.score, one.delta) for one in last(plan, *commands) if isinstance(one, LiveScore)]

    assert scores(*won) == [(2, 1), (0, -2)]
    log, _ = record(plan, won)
    assert scores(*won, Undo(M1, log[-1].command))[0] == (2, 2)
    assert scores(EnterSets(M1, (Score(2, 0), Score(1, 0)))) == [(1, 1)]


def test_times_and_forfeits_are_told() -> None:
    plan = played(TimeRules())
    (time,) = last(plan, StartMatch(M1), SetTime(M1, TeamId("a"), 61_000))
    assert isinstance(time, LiveScore)
    assert (time.score, time.delta) == (61_000, 61_000)
    assert [one.game_type for one in last(plan, StartMatch(M1)) if isinstance(one, GameStart)] == ["time"]
    complete = last(PLAN, StartMatch(M1), ForfeitMatch(M1, TeamId("a")))[0]
    assert complete == MatchComplete(PLAN.id, M1, "b")


def test_the_tournaments_own_steps_are_told() -> None:
    plan = replace(cup(2), status="draft")
    taken, closed = (TournamentStatus(plan.id, is_open=is_open) for is_open in (True, False))
    steps: list[Command] = [ChangeStatus("open")]
    assert last(plan, *steps) == [taken]
    steps.append(ChangeStatus("running"))
    assert last(plan, *steps) == [closed, TournamentStart(plan.id)]
    steps += [point(plan, 1, "a"), CompleteMatch(match(plan, 1)), ChangeStatus("finished")]
    assert last(plan, *steps) == [closed, TournamentComplete(plan.id)]
    plan = replace(PLAN, status="open")
    assert last(plan, AddTeam(Team(TeamId("x"), "Extras"))) == [TeamJoined(PLAN.id, NamedTeam("x", "Extras"))]


def test_an_adopted_event_shows_the_score_as_it_stands() -> None:
    log, state = record(PLAN, [point(PLAN, 1, "a")])
    fact = EventAdopted(Epoch("e0"), log[-1], "counts")
    told_of = tell(replace(log[-1], fact=fact), state)
    assert [(one.score, one.delta) for one in told_of if isinstance(one, LiveScore)] == [(1, 0), (0, 0)]


def test_a_notice_is_a_notification() -> None:
    assert told(Notify("Lunch", "in the hall", "warning"))[0] == [
        Notification(PLAN.id, "warning", "Lunch", "in the hall")
    ]


@pytest.mark.parametrize("count", [0, 3])
def test_what_the_dialect_has_no_word_for_is_left_out(count: int) -> None:
    commands: tuple[Command, ...] = (point(PLAN, 1, "a"), CompleteMatch(M1), ConfirmResult(M1))
    log, state = record(PLAN, commands[:count])
    assert tell(log[-1], state) == ()


def test_an_event_of_a_match_that_is_not_there_is_left_out() -> None:
    log, _ = record(PLAN, [point(PLAN, 1, "a")])
    _, other = record(cup(2), [])
    assert tell(log[-1], other) == ()


def test_who_comes_late_is_told_the_matches_that_are_played() -> None:
    _, state = record(PLAN, [point(PLAN, 1, "a"), StartMatch(M2), point(PLAN, 2, "c")])
    happenings = catch_up(state)
    assert happenings[0] == TournamentStatus(PLAN.id, is_open=False)
    scores = [
        (one.match_id, one.team_id, one.score, one.delta) for one in happenings if isinstance(one, LiveScore)
    ]
    assert scores == [(M1, "a", 1, 0), (M1, "b", 0, 0), (M2, "a", 0, 0), (M2, "c", 1, 0)]
    assert sum(isinstance(one, GameStart) for one in happenings) == 2


def test_the_leaderboard_is_told_when_it_changes() -> None:
    _, before = record(PLAN, [])
    _, after = record(PLAN, [point(PLAN, 1, "b"), CompleteMatch(M1)])
    assert leaderboard(after, ranks(after), ranks(after)) is None
    update = leaderboard(after, ranks(before), ranks(after))
    assert update is not None
    assert update.rankings[0].team_id == "b"
    assert ("a", 1) in [(one.team_id, one.old_rank) for one in update.changed_positions]


def test_a_match_without_a_time_is_told_without_one() -> None:
    _, state = record(PLAN, [])
    assert [score.timestamp for score in standing(state, state.matches[M1])] == [0, 0]


def test_a_side_that_nobody_has_taken_has_no_score() -> None:
    _, state = record(cup(4), [])
    assert standing(state, state.matches[match(cup(4), 3)]) == ()
