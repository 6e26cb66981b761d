"""A plan is checked as a whole before it is played, and says where it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from core.domain.ids import CourtId, MatchId, PoolId, StageId, TeamId, TournamentId
from core.domain.plan import (
    Court,
    Fixture,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    Pool,
    Slot,
    Stage,
    Team,
    WinnerOf,
    check,
)
from core.errors import BadPlan
from tests.support.tournaments import cup, finals, league

A, B = TeamId("a"), TeamId("b")


def broken(plan: Plan, number: int = 1, **changes: Any) -> Plan:
    """Return the plan with one fixture changed."""
    fixtures = list(plan.fixtures)
    fixtures[number - 1] = replace(fixtures[number - 1], **changes)
    return replace(plan, fixtures=tuple(fixtures))


def one_of(pool: str, rank: int = 1) -> Slot:
    return Slot(None, OneOf((PoolId("a"), PoolId(pool)), rank))


@pytest.mark.parametrize("plan", [league(), cup(8, third_place=True), finals(), cup(2)])
def test_a_plan_that_holds_together_passes(plan: Plan) -> None:
    check(plan)


def test_a_slot_may_wait_for_one_of_several_pools() -> None:
    check(broken(finals(), 3, home=one_of("b")))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (replace(league(), id=TournamentId("My Cup")), "tournament: id 'My Cup' is not a slug"),
        (replace(league(), teams=(Team(TeamId("A!"), "A"),)), "team A!: its id is not a slug"),
        (replace(league(), teams=(Team(TeamId("league.a"), "A"),)), "team league.a: its id is not a slug"),
        (replace(cup(2), teams=(*cup(2).teams, Team(A, "Again"))), "team a: stands twice"),
        (
            replace(league(), courts=(Court(CourtId("c"), "C"), Court(CourtId("c"), "D"))),
            "court c: stands twice",
        ),
        (replace(cup(2), stages=cup(2).stages * 2), "stage knockout: stands twice"),
        (broken(league(), id=MatchId("other.m001")), "match other.m001: its id does not begin with league."),
        (broken(league(), id=MatchId("league.M1")), "match M1: its id is not a slug"),
        (broken(league(), 2, id=MatchId("league.m001")), "match m001: stands twice"),
        (
            broken(league(), stage=StageId("x")),
            "match league.m001: names stage 'x', which is not in the plan",
        ),
        (broken(league(), pool=PoolId("x")), "match league.m001: names pool 'x'"),
        (broken(finals(), pool=PoolId("b")), "counts for pool 'b', which has no team 'a'"),
        (broken(finals(), 3, pool=PoolId("a")), "is in stage 'knockout', which has no pool 'a'"),
        (broken(league(), away=Slot(A)), "match league.m001: team 'a' cannot play itself"),
        (
            broken(finals(), 3, home=Slot(None, PlaceOf(PoolId("a"), 3))),
            "names place 3 of pool 'a', which has 2",
        ),
        (broken(finals(), 3, home=one_of("b", 0)), "names place 0 of pool 'a'"),
        (broken(league(), court=CourtId("x")), "match league.m001: names court 'x'"),
        (
            broken(league(), starts_at=datetime(9999, 12, 31, tzinfo=UTC)),
            "match league.m001: cannot start in the year 9999",
        ),
        (broken(league(), home=Slot(TeamId("x"))), "match league.m001: names team 'x'"),
        (broken(cup(2), home=Slot()), "match cup.m001: a side has neither a team nor a source"),
        (
            broken(cup(4), home=Slot(None, WinnerOf(MatchId("cup.m003")))),
            "match cup.m001: names match 'cup.m003', which is not an earlier match",
        ),
        (broken(cup(4), home=Slot(None, LoserOf(MatchId("cup.m001")))), "which is not an earlier match"),
        (broken(finals(), 3, home=Slot(None, PlaceOf(PoolId("x"), 1))), "match finals.m003: names pool 'x'"),
        (broken(finals(), 3, home=one_of("x")), "match finals.m003: names pool 'x'"),
    ],
)
def test_a_plan_that_does_not_hold_together_says_where(plan: Plan, message: str) -> None:
    with pytest.raises(BadPlan) as caught:
        check(plan)
    assert message in str(caught.value)


def test_a_pool_names_teams_of_the_plan() -> None:
    stage = Stage(StageId("s"), "S", "pools", (Pool(PoolId("a"), "A", (TeamId("ghost"),)),))
    with pytest.raises(BadPlan, match="pool a: names team 'ghost'"):
        check(replace(league(), stages=(stage,)))


def test_a_pool_names_a_team_once() -> None:
    stage = Stage(StageId("s"), "S", "pools", (Pool(PoolId("a"), "A", (A, B, A)),))
    with pytest.raises(BadPlan, match="pool a: names team 'a' twice"):
        check(replace(league(), stages=(stage,)))


def test_texts_in_a_plan_are_clean_however_they_came() -> None:
    dirty = "Re\x1bds"
    assert Team(A, dirty, "R\x00").name == "Re?ds"
    assert Team(A, dirty, "R\x00").code == "R?"
    assert Court(CourtId("c"), dirty).name == "Re?ds"
    assert Pool(PoolId("p"), dirty, (A,)).name == "Re?ds"
    assert Stage(StageId("s"), dirty, "pools").name == "Re?ds"
    fixture = Fixture(MatchId("t.m1"), StageId("s"), dirty, Slot(A), Slot(B))
    assert fixture.round == "Re?ds"
    plan = Plan(TournamentId("t"), dirty, (), (), (), venue=dirty)
    assert (plan.name, plan.venue) == ("Re?ds", "Re?ds")
