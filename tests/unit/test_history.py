"""A tournament at any moment, and what changed between two."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.commands import (
    AddScore,
    AddTeam,
    ChangeStatus,
    MoveMatch,
    ReinstateTeam,
    RenameTeam,
    Score,
    WithdrawTeam,
)
from core.domain.history import (
    Difference,
    MoveChange,
    PlaceChange,
    ResultChange,
    SlotChange,
    TeamChange,
    at_seq,
    at_time,
    difference,
)
from core.domain.ids import PoolId, TeamId
from core.domain.plan import Team
from core.errors import BadLog
from tests.support.bench import Bench
from tests.support.tournaments import COURT, EPOCH, NOON, cup, fold, league, match, record, result

A, B, C = map(TeamId, "abc")
ZEBRAS = Team(TeamId("z"), "Zebras")


@given(st.integers(1, 12))
def test_a_tournament_is_shown_as_it_stood_after_any_event(seq: int) -> None:
    plan = cup(4)
    log, state = record(plan, (*result(plan, 1, 1, 0), *result(plan, 2, 0, 1), *result(plan, 3, 1, 0)))
    at = at_seq(log, EPOCH, seq)
    assert at.position.seq == min(seq, len(log))
    assert at_seq(log, EPOCH, len(log) + 9) == state


def test_a_tournament_is_shown_as_it_stood_at_any_time() -> None:
    plan = league(2)
    log, _ = record(plan, result(plan, 1, 1, 0))
    assert at_time(log, EPOCH, NOON) == fold(plan)
    assert at_time(log, EPOCH, NOON + timedelta(seconds=1)).matches[match(plan, 1)].phase == "live"
    with pytest.raises(BadLog, match="it is empty"):
        at_time(log, EPOCH, NOON - timedelta(seconds=1))


def test_between_equal_states_nothing_changed() -> None:
    state = fold(league(3))
    assert difference(state, state) == Difference()


def test_results_places_slots_and_the_champion_are_compared() -> None:
    plan = cup(2)
    before = fold(plan, AddScore(match(plan, 1), A, 1))
    after = fold(plan, *result(plan, 1, 1, 2))
    found = difference(before, after)
    assert found.results == (
        ResultChange(match(plan, 1), (Score(1, 0), "live", None), (Score(1, 2), "final", B)),
    )
    assert found.champion == (None, B)
    four = cup(4)
    assert difference(fold(four), fold(four, *result(four, 1, 1, 0))).slots == (
        SlotChange(match(four, 3), "home", None, A),
    )
    pool = league(3)
    moved = difference(fold(pool), fold(pool, *result(pool, 3, 0, 1))).places
    assert moved == (PlaceChange(PoolId("a"), A, 1, 2), PlaceChange(PoolId("a"), B, 1, 3))


def test_teams_matches_moves_and_the_status_are_compared() -> None:
    bench = Bench(league(2))
    before = bench.state
    bench.enter(AddTeam(ZEBRAS), RenameTeam(A, "Ants"), MoveMatch(bench.id(1), None, NOON))
    bench.enter(WithdrawTeam(B), ChangeStatus("finished"), why="it rains")
    found = difference(before, bench.state)
    assert found.teams == (
        TeamChange(before.teams[A], Team(A, "Ants")),
        TeamChange(None, ZEBRAS),
    )
    assert found.matches == (bench.id(2), bench.id(3))
    begins = before.matches[bench.id(1)].starts_at
    assert found.moves == (MoveChange(bench.id(1), (COURT.id, begins), (None, NOON)),)
    assert (found.out, found.back, found.status) == ((B,), (), ("running", "finished"))
    assert PlaceChange(PoolId("a"), ZEBRAS.id, None, 1) in found.places


def test_the_way_back_is_the_same_difference_turned_round() -> None:
    bench = Bench(league(2))
    bench.enter(WithdrawTeam(B))
    before = bench.state
    bench.enter(ReinstateTeam(B))
    assert difference(before, bench.state).back == (B,)
    joined = Bench(league(2))
    early = joined.state
    joined.enter(AddTeam(ZEBRAS))
    assert difference(joined.state, early).teams == (TeamChange(ZEBRAS, None),)
    assert PlaceChange(PoolId("a"), ZEBRAS.id, 1, None) in difference(joined.state, early).places
