"""Names in a plan are made safe where they enter."""

from __future__ import annotations

from msgspec.structs import replace

from core.domain.ids import CourtId, MatchId, PoolId, StageId, TeamId
from core.domain.plan import Court, Fixture, Pool, Slot, Stage, Team
from tests.support.tournaments import league

DIRTY, SAFE = " Red\u202e  Hall ", "Red? Hall"


def test_every_name_of_a_plan_is_made_safe() -> None:
    plan = replace(league(), name=DIRTY, venue=DIRTY)
    assert (plan.name, plan.venue) == (SAFE, SAFE)
    team = Team(TeamId("a"), DIRTY, "abcdefghijk")
    assert (team.name, team.code) == (SAFE, "abcdefgh")
    assert Court(CourtId("c"), DIRTY).name == SAFE
    assert Pool(PoolId("p"), DIRTY, ()).name == SAFE
    assert Stage(StageId("s"), DIRTY, "pools").name == SAFE
    assert Fixture(MatchId("t.m1"), StageId("s"), DIRTY, Slot(), Slot()).round == SAFE
