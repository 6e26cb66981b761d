"""Courts by time slots: nobody in two places, nothing before what it follows from."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.draws.drawing import across, draw_up
from core.domain.draws.timetable import lay
from core.domain.ids import CourtId, MatchId, PoolId, StageId, TeamId, TournamentId
from core.domain.plan import (
    Court,
    DoubleElimination,
    Fixture,
    OneOf,
    Plan,
    Pool,
    RoundRobin,
    SingleElimination,
    Slot,
    Stage,
    Swiss,
    Team,
    Timetable,
)
from tests.support.tournaments import NOON

HALF = timedelta(minutes=30)
TABLE = Timetable(NOON, 30)


def event(pools: list[int], courts: int, *, swiss: bool = False, double: bool = False) -> Plan:
    """Return pools of these sizes and a knock-out of their first two, not drawn up."""
    names = [TeamId(f"t{number}") for number in range(sum(pools))]
    rest = iter(names)
    drawn = tuple(
        Pool(PoolId(f"p{number}"), f"Pool {number}", tuple(next(rest) for _ in range(size)))
        for number, size in enumerate(pools)
    )
    format_ = DoubleElimination if double else SingleElimination
    return Plan(
        id=TournamentId("event"),
        name="Event",
        teams=tuple(Team(name, f"Team {name}") for name in names),
        stages=(
            Stage(StageId("pools"), "Pools", "pools", drawn, format=Swiss(3) if swiss else RoundRobin()),
            Stage(StageId("cup"), "Cup", "knockout", format=format_(across(drawn, 2))),
        ),
        fixtures=(),
        courts=tuple(Court(CourtId(f"c{number}"), f"Court {number}") for number in range(courts)),
    )


def overlapping(plan: Plan) -> list[tuple[Fixture, Fixture]]:
    """Return the pairs of matches that are on at the same time."""
    timed = [(fixture.starts_at, fixture) for fixture in plan.fixtures if fixture.starts_at is not None]
    return [(one, two) for (at, one), (later, two) in combinations(timed, 2) if abs(at - later) < HALF]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(2, 6), min_size=1, max_size=4), st.integers(0, 4), st.booleans())
def test_no_team_is_due_in_two_places_and_no_court_holds_two_matches(
    pools: list[int], courts: int, double: bool
) -> None:
    plan = replace(event(pools, courts, double=double), timetable=TABLE)
    laid = draw_up(plan)
    assert all(fixture.starts_at is not None for fixture in laid.fixtures)
    for one, two in overlapping(laid):
        assert courts == 0 or one.court != two.court
        named = [slot.team for fixture in (one, two) for slot in (fixture.home, fixture.away) if slot.team]
        assert len(named) == len(set(named))
    ends = {fixture.id: fixture.starts_at + HALF for fixture in laid.fixtures if fixture.starts_at}
    last_of_pools = max(ends[fixture.id] for fixture in laid.fixtures if fixture.pool)
    for fixture in laid.fixtures:
        for slot in (fixture.home, fixture.away):
            match = getattr(slot.source, "match", None)
            assert fixture.starts_at is not None
            if match is not None:
                assert fixture.starts_at >= ends[match]
            elif slot.source is not None and len(pools) == 1:
                assert fixture.starts_at >= last_of_pools


def test_slots_are_filled_as_early_as_can_be() -> None:
    laid = draw_up(replace(event([4], 2), timetable=TABLE))
    begins = [fixture.starts_at for fixture in laid.fixtures]
    assert begins == [NOON, NOON, NOON + HALF, NOON + HALF, NOON + 2 * HALF, NOON + 2 * HALF, NOON + 3 * HALF]
    assert [fixture.court for fixture in laid.fixtures[:2]] == ["c0", "c1"]


def test_what_has_a_time_or_a_court_keeps_it_and_is_in_nobodys_way() -> None:
    drawn = draw_up(event([3], 1))
    first, second, third, *others = drawn.fixtures
    fixed = replace(first, starts_at=NOON + timedelta(minutes=10), court=CourtId("c0"))
    placed = replace(second, court=CourtId("c0"))
    laid = lay(replace(drawn, fixtures=(fixed, placed, third, *others)), TABLE).fixtures
    assert laid[0] == fixed
    assert (laid[1].court, laid[1].starts_at) == ("c0", NOON + 2 * HALF)
    assert laid[2].starts_at == NOON + 3 * HALF


def test_a_team_in_two_games_is_in_one_place_at_a_time() -> None:
    one = event([4], 8)
    darts = replace(
        one.stages[0], id=StageId("darts"), pools=(replace(one.stages[0].pools[0], id=PoolId("d")),)
    )
    laid = draw_up(replace(one, stages=(one.stages[0], darts), timetable=TABLE))
    for first, second in overlapping(laid):
        teams = {slot.team for fixture in (first, second) for slot in (fixture.home, fixture.away)}
        assert len(teams) == 4


def test_what_follows_on_rounds_that_are_not_drawn_yet_waits() -> None:
    laid = draw_up(replace(event([4], 1, swiss=True), timetable=TABLE))
    assert [fixture.starts_at for fixture in laid.fixtures] == [None]
    semis = draw_up(replace(event([4, 4], 1, swiss=True), timetable=TABLE))
    assert {fixture.starts_at for fixture in semis.fixtures} == {None}


@pytest.mark.parametrize("pools", [("p0",), ("p0", "p1")])
def test_a_place_of_one_of_several_pools_waits_for_all_of_them(pools: tuple[str, ...]) -> None:
    drawn = draw_up(event([2, 2], 2))
    final = drawn.fixtures[-1]
    source = OneOf(tuple(map(PoolId, pools)), 1)
    changed = replace(final, home=Slot(None, source), away=Slot(TeamId("t1"), source))
    laid = lay(replace(drawn, fixtures=(*drawn.fixtures[:2], changed)), TABLE)
    assert laid.fixtures[-1].starts_at == NOON + HALF


def test_a_match_with_a_team_against_nobody_known_can_be_laid() -> None:
    drawn = draw_up(event([2, 2], 2))
    lone = Fixture(MatchId("event.m009"), StageId("pools"), "Extra", Slot(TeamId("t0")), Slot())
    laid = lay(replace(drawn, fixtures=(lone,)), TABLE)
    assert laid.fixtures[0].starts_at == NOON
