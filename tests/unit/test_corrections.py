"""A correction is shown before it is made: what changes, what has begun, whether it needs a reason."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.commands import (
    AssignSlot,
    CompleteMatch,
    Notify,
    RenameTournament,
    ReopenMatch,
    Score,
    SetScore,
    StartMatch,
)
from core.domain.corrections import Dependent, dependents, preview
from core.domain.draws.drawing import across, draw_up
from core.domain.history import Difference, PlaceChange, SlotChange, difference
from core.domain.ids import MatchId, PoolId, TeamId
from core.domain.plan import OneOf, Plan, SingleElimination, Slot
from core.domain.state import Tournament
from core.domain.tables.brackets import Contradiction
from core.domain.tables.standings import tables
from tests.support.bench import Bench
from tests.support.tournaments import NOON, cup, finals, fold, match, result

A, B = TeamId("a"), TeamId("b")


def corrected(bench: Bench, number: int, home: int, away: int) -> tuple[ReopenMatch, SetScore, CompleteMatch]:
    return (
        ReopenMatch(bench.id(number)),
        SetScore(bench.id(number), Score(home, away)),
        CompleteMatch(bench.id(number)),
    )


def test_a_correction_shows_who_plays_where_instead() -> None:
    plan = cup(4, third_place=True)
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 1, 0), *result(plan, 2, 1, 0))
    before = bench.state
    found = preview(bench.state, corrected(bench, 1, 0, 1), NOON)
    assert (found.refusal, found.needs_reason) == ("", True)
    assert found.changes.slots == (
        SlotChange(bench.id(3), "home", B, A),
        SlotChange(bench.id(4), "home", A, B),
    )
    assert found.contradicted == ()
    assert found.dependents == (Dependent(bench.id(3), False), Dependent(bench.id(4), False))
    assert bench.state is before


def test_matches_that_have_begun_are_flagged_and_stay() -> None:
    plan = cup(4)
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 1, 0), *result(plan, 2, 1, 0), StartMatch(bench.id(3)))
    found = preview(bench.state, corrected(bench, 1, 0, 1), NOON)
    assert found.changes.slots == ()
    assert found.contradicted == (Contradiction(bench.id(3), "home", B),)
    assert found.dependents == (Dependent(bench.id(3), True),)
    assert found.needs_reason
    bench.enter(*corrected(bench, 1, 0, 1), why="counted again")
    again = preview(bench.state, corrected(bench, 1, 0, 2), NOON)
    assert (again.contradicted, again.needs_reason) == ((), True)


def test_a_correction_that_changes_nothing_else_needs_no_reason() -> None:
    plan = cup(4)
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 1, 0))
    found = preview(bench.state, corrected(bench, 1, 5, 0), NOON)
    assert (found.refusal, found.needs_reason, found.changes.slots) == ("", False, ())


def test_places_of_a_table_are_shown() -> None:
    plan = finals()
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 1, 0))
    found = preview(bench.state, corrected(bench, 1, 0, 1), NOON)
    assert found.changes.places == (PlaceChange(PoolId("a"), B, 2, 1), PlaceChange(PoolId("a"), A, 1, 2))
    assert [one.match for one in found.dependents] == [bench.id(3), bench.id(4)]


def test_what_would_be_refused_says_why_and_shows_what_came_before() -> None:
    bench = Bench(cup(2))
    commands = (RenameTournament("Other"), CompleteMatch(bench.id(1)), Notify("Never"))
    found = preview(bench.state, commands, NOON)
    assert found.refusal == "M001 has not started"
    assert (found.changes, found.needs_reason) == (Difference(), False)
    missing = preview(bench.state, (StartMatch(MatchId("cup.m009")),), NOON)
    assert missing.refusal == "there is no match 'cup.m009' in this tournament"
    assert missing.dependents == ()


def test_what_follows_follows_over_others_and_pools() -> None:
    plan = cup(8, third_place=True)
    state = fold(plan)
    assert [one.match for one in dependents(state, {match(plan, 1)})] == [
        match(plan, 5),
        match(plan, 7),
        match(plan, 8),
    ]
    several = finals()
    source = OneOf((PoolId("a"), PoolId("b")), 1)
    last = replace(several.fixtures[3], away=Slot(None, source))
    changed = fold(replace(several, fixtures=(*several.fixtures[:3], last)))
    assert match(several, 4) in [one.match for one in dependents(changed, {match(several, 2)})]
    assert dependents(fold(finals()), {match(finals(), 4)}) == ()


def test_an_assigned_side_is_contradicted_by_nothing() -> None:
    plan = cup(4)
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 1, 0), AssignSlot(bench.id(3), "home", A))
    found = preview(bench.state, corrected(bench, 1, 0, 1), NOON)
    assert (found.needs_reason, found.changes.slots) == (False, ())


def two_pools() -> Plan:
    """Return two pools of two, and a knock-out of their four teams."""
    given_plan = finals()
    four = SingleElimination(across(given_plan.stages[0].pools, 2), third_place=True)
    stages = (given_plan.stages[0], replace(given_plan.stages[1], format=four))
    return draw_up(replace(given_plan, stages=stages, fixtures=given_plan.fixtures[:2]))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(1, 5), st.integers(), st.integers(0, 9), st.integers(0, 9))
def test_a_correction_and_its_inverse_leave_tables_and_slots_as_they_were(
    played: int, number: int, seed: int, home: int, away: int
) -> None:
    plan, chance = two_pools(), random.Random(seed)
    bench = Bench(plan)
    right = [chance.choice(((2, 1), (0, 3), (1, 0))) for _ in range(played)]
    for at, score in enumerate(right, 1):
        bench.enter(*result(plan, at, *score))
    before, number = bench.state, min(number, played)
    wrong = (home, away + (home == away))
    for score in (wrong, right[number - 1]):
        bench.enter(*corrected(bench, number, *score), why="miscounted")

    def shown(state: Tournament) -> list[object]:
        return [(one.home, one.away, one.score, one.phase, one.winner) for one in state.matches.values()]

    assert shown(bench.state) == shown(before)
    assert tables(bench.state) == tables(before)
    assert difference(before, bench.state) == Difference()
