"""A state answers what it holds: slots, sides, stages and pools."""

from __future__ import annotations

from msgspec.structs import replace

from core.domain.commands import Score
from core.domain.games import POINTS, CupsRules, Game
from core.domain.ids import Epoch, GameId, PoolId, StageId, TeamId
from core.domain.state import Forfeit, Past, Withdrawal
from tests.support.tournaments import finals, fold, match, official, result

PLAN = finals()
M1, FINAL = match(PLAN, 1), match(PLAN, 4)


def test_a_match_knows_its_slots_and_on_which_side_a_team_plays() -> None:
    found = fold(PLAN).matches[M1]
    assert (found.slot("home").team, found.slot("away").team) == ("a", "b")
    assert [found.side_of(TeamId(team)) for team in "abc"] == ["home", "away", None]


def test_a_match_is_finished_with_its_result_official_or_not() -> None:
    assert not fold(PLAN).matches[M1].finished
    assert fold(PLAN, *result(PLAN, 1, 1, 0)).matches[M1].finished
    assert fold(PLAN, *official(PLAN, 1, 1, 0)).matches[M1].finished


def test_stages_and_pools_are_found_by_their_ids() -> None:
    state = fold(PLAN)
    assert state.stage(StageId("knockout")).name == "Knock-out"
    assert state.pool(PoolId("b")).name == "Group B"


def test_a_result_is_sets_where_there_are_some_but_not_of_a_forfeit() -> None:
    played = replace(fold(PLAN).matches[M1], score=Score(3, 4))
    assert played.result == Score(3, 4)
    sets = replace(played, sets=(Score(21, 3), Score(3, 21), Score(21, 19)))
    assert sets.result == Score(2, 1)
    assert replace(sets, forfeit=Forfeit("no_show", Score())).result == Score(3, 4)


def test_a_stage_is_played_by_the_rules_of_its_game() -> None:
    game = Game(GameId("pong"), "Pong", CupsRules(6))
    state = replace(fold(PLAN), games=(game,))
    assert state.rules(StageId("groups")) == POINTS
    staged = replace(state, stages=tuple(replace(stage, game=game.id) for stage in state.stages))
    assert staged.rules(StageId("groups")) == CupsRules(6)


def test_who_is_out_is_known() -> None:
    out = Withdrawal(TeamId("a"), "withdrawn", False)
    state = replace(fold(PLAN), withdrawn=(out,))
    assert (state.withdrawal(TeamId("a")), state.withdrawal(TeamId("b")), state.withdrawal(None)) == (
        out,
        None,
        None,
    )


def test_what_is_missing_of_an_older_epoch_is_what_nobody_brought() -> None:
    assert Past(Epoch("e0"), 3, 9, adopted=((5, 6),)).missing == ((4, 4), (7, 9))
    assert Past(Epoch("e0"), 3, 9, adopted=((5, 6),), closed=7).missing == ((8, 9),)
