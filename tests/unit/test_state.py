"""A state answers what it holds: slots, sides, stages and pools."""

from __future__ import annotations

from core.domain.ids import PoolId, StageId, TeamId
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
