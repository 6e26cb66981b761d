"""Plans drawn up from formats: every stage gets its matches, numbered on, in playing order."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.domain.checks import check
from core.domain.draws.drawing import Numbering, across, draw_up
from core.domain.ids import CourtId, MatchId, PoolId, StageId, TeamId, TournamentId
from core.domain.plan import (
    Court,
    DoubleElimination,
    PlaceOf,
    Plan,
    Pool,
    RoundRobin,
    SingleElimination,
    Slot,
    Stage,
    Swiss,
    Timetable,
)
from tests.support.tournaments import NOON, cup, league

POOLS = tuple(Pool(PoolId(letter), letter, ()) for letter in "abcdef")


def bare(plan: Plan, **changes: object) -> Plan:
    """Return the plan without matches, its one stage changed."""
    return replace(plan, fixtures=(), stages=(replace(plan.stages[0], **changes),))


def test_ids_go_on_behind_the_highest_number_in_use() -> None:
    numbering = Numbering(TournamentId("t"), [MatchId("t.m007"), MatchId("t.final"), MatchId("t.m003")])
    assert (numbering(), numbering()) == ("t.m008", "t.m009")
    assert Numbering(TournamentId("t"), [])() == "t.m001"


def test_pools_go_on_side_by_side() -> None:
    pools = (
        Pool(PoolId("a"), "A", tuple(map(TeamId, "abcd"))),
        Pool(PoolId("b"), "B", tuple(map(TeamId, "efg"))),
    )
    plan = draw_up(bare(league(7), pools=pools, format=RoundRobin(2)))
    check(plan)
    assert [(fixture.round, fixture.pool) for fixture in plan.fixtures[:4]] == [
        ("Round 1", "a"),
        ("Round 1", "a"),
        ("Round 1", "b"),
        ("Round 2", "a"),
    ]
    assert len(plan.fixtures) == 2 * (6 + 3)
    assert [fixture.id for fixture in plan.fixtures] == [f"league.m{number:03d}" for number in range(1, 19)]


@pytest.mark.parametrize(
    ("format_", "matches"),
    [(SingleElimination((), True), 4), (DoubleElimination(), 7), (Swiss(3), 0), (None, 0)],
)
def test_a_stage_without_entrants_is_for_all_teams(format_: object, matches: int) -> None:
    plan = draw_up(bare(cup(4), format=format_))
    assert len(plan.fixtures) == matches
    if format_ is not None and matches:
        check(plan)


def test_entrants_come_from_where_the_format_says() -> None:
    entrants = (Slot(TeamId("b")), Slot(TeamId("d")))
    (final,) = draw_up(bare(cup(4), format=SingleElimination(entrants))).fixtures
    assert (final.home.team, final.away.team) == ("b", "d")


def test_a_stage_that_lists_matches_is_left_alone() -> None:
    plan = replace(league(3), stages=(replace(league(3).stages[0], format=RoundRobin()),))
    assert draw_up(plan) == plan


def test_a_timetable_gives_courts_and_times() -> None:
    plan = replace(bare(cup(4), format=SingleElimination()), timetable=Timetable(NOON, 30))
    courts = (Court(CourtId("x"), "X"),)
    assert {fixture.court for fixture in draw_up(replace(plan, courts=courts)).fixtures} == {"x"}


@pytest.mark.parametrize(("pools", "places"), [(2, 2), (3, 2), (4, 2), (5, 2), (6, 2), (2, 4), (3, 3)])
def test_nobody_meets_its_own_pool_in_the_first_round(pools: int, places: int) -> None:
    entrants = across(POOLS[:pools], places)
    assert len(set(entrants)) == pools * places
    assert [slot.source for slot in entrants[:pools]] == [PlaceOf(pool.id, 1) for pool in POOLS[:pools]]
    stage = Stage(StageId("cup"), "Cup", "knockout", format=SingleElimination(entrants))
    plan = draw_up(Plan(TournamentId("t"), "T", (), (stage,), ()))
    for fixture in plan.fixtures:
        sources = [slot.source for slot in (fixture.home, fixture.away)]
        met = [source.pool for source in sources if isinstance(source, PlaceOf)]
        assert len(met) == len(set(met))


def test_the_best_of_one_pool_may_have_to_meet() -> None:
    assert len(across(POOLS[:1], 4)) == 4
