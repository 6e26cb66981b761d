"""An old client's results: a point where they follow from the score, held where they do not."""

from __future__ import annotations

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from core.domain.commands import AddScore, Base, CompleteMatch, Score, SetScore, SetTime, StartMatch
from core.domain.games import CupsRules, Game, Rules, TimeRules
from core.domain.ids import GameId, TeamId
from core.domain.state import Tournament
from core.errors import Unknown
from core.hub.judging.interpreter import Wish, interpret
from core.wire.legacy import Action, LiveScore, MatchComplete, PlayerAction
from tests.support.tournaments import EPOCH, league, match, point, record

PLAN = league()
M1 = match(PLAN, 1)
_, STATE = record(PLAN, [point(PLAN, 1, "a"), point(PLAN, 1, "a"), point(PLAN, 1, "b")])
BASE = Base(EPOCH, STATE.matches[M1].version)


def live(team: str, score: int, delta: int, named: str = M1) -> LiveScore:
    return LiveScore(PLAN.id, named, team, score, delta)


@pytest.mark.parametrize(
    ("said", "command"),
    [
        (live("a", 3, 1), point(PLAN, 1, "a", 1)),
        (live("b", 4, 3), point(PLAN, 1, "b", 3)),
        (live("a", 1, -1), point(PLAN, 1, "a", -1)),
        (live("Team A", 3, 1, "m1"), point(PLAN, 1, "a", 1)),
    ],
)
def test_a_score_that_follows_from_the_current_one_is_a_point(said: LiveScore, command: AddScore) -> None:
    assert interpret(said, STATE) == Wish(command, BASE)


@pytest.mark.parametrize("score", [2, 7])
def test_a_score_that_does_not_follow_is_for_a_person(score: int) -> None:
    wish = interpret(live("a", score, 1), STATE)
    assert wish == Wish(
        point(PLAN, 1, "a", 1), BASE, f"an old client says {score} after +1, but the score was 2"
    )


def test_a_score_without_a_change_says_nothing_new() -> None:
    assert interpret(live("a", 2, 0), STATE) is None


@pytest.mark.parametrize(("team", "score"), [("a", Score(9, 1)), ("b", Score(2, 9))])
def test_another_score_without_a_change_is_for_a_person(team: str, score: Score) -> None:
    wish = interpret(live(team, 9, 0), STATE)
    assert wish is not None
    assert wish.command == SetScore(M1, score)
    assert "shows 9" in wish.objection


def test_what_a_player_did_is_the_reason() -> None:
    said = LiveScore(PLAN.id, M1, "a", 3, 1, 0, PlayerAction("p7", "bounce"))
    wish = interpret(said, STATE)
    assert wish is not None
    assert wish.why == "bounce by p7"
    assert interpret(LiveScore(PLAN.id, M1, "a", 3, 1, 0, UNSET), STATE) == Wish(point(PLAN, 1, "a", 1), BASE)


def played(rules: Rules) -> Tournament:
    """Return a tournament with a game of its own."""
    stage = replace(PLAN.stages[0], game=GameId("own"))
    plan = replace(PLAN, stages=(stage,), games=(Game(GameId("own"), "Own", rules),))
    return record(plan, [StartMatch(M1)])[1]


@pytest.mark.parametrize(("action", "delta"), [("cup", 1), ("bounce", 2), ("miss", 0)])
def test_what_a_player_did_counts_by_the_games_rule(action: Action, delta: int) -> None:
    said = LiveScore(PLAN.id, M1, "a", delta, delta, 0, PlayerAction("p7", action))
    wish = interpret(said, played(CupsRules()))
    assert wish is not None
    assert wish.command == AddScore(M1, TeamId("a"), delta, action, "p7")
    assert not wish.objection


def test_a_time_is_set_not_added() -> None:
    state = played(TimeRules())
    wish = interpret(live("a", 61_000, 61_000), state)
    assert wish is not None
    assert wish.command == SetTime(M1, TeamId("a"), 61_000)
    assert interpret(live("a", 0, 0), state) is None


def test_the_end_of_a_match_is_taken_from_who_names_the_leader() -> None:
    assert interpret(MatchComplete(PLAN.id, M1, "a"), STATE) == Wish(CompleteMatch(M1), BASE)


def test_a_draw_is_taken_where_the_score_is_level() -> None:
    _, level = record(PLAN, [point(PLAN, 1, "a"), point(PLAN, 1, "b")])
    wish = interpret(MatchComplete(PLAN.id, M1, None), level)
    assert wish is not None
    assert not wish.objection


@pytest.mark.parametrize(("winner", "words"), [("b", "Team B as the winner"), (None, "a draw")])
def test_another_winner_than_the_leader_is_for_a_person(winner: str | None, words: str) -> None:
    wish = interpret(MatchComplete(PLAN.id, M1, winner), STATE)
    assert wish is not None
    assert wish.objection == f"an old client says {words}, but the score is 2-1"


def test_the_away_side_may_lead() -> None:
    _, state = record(PLAN, [point(PLAN, 1, "b")])
    wish = interpret(MatchComplete(PLAN.id, M1, "b"), state)
    assert wish is not None
    assert not wish.objection


@pytest.mark.parametrize("said", [live("a", 3, 1, "m99"), live("zebras", 3, 1), live("d", 1, 1)])
def test_nothing_is_guessed(said: LiveScore) -> None:
    with pytest.raises(Unknown):
        interpret(said, STATE)
