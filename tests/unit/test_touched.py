"""What changed between two states is told by identity, and nothing that changed is left out."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.commands import (
    AddPenalty,
    AddScore,
    AssignSlot,
    Command,
    CompleteMatch,
    CreateTournament,
    DrawLots,
    ForfeitMatch,
    ReinstateTeam,
    ReopenMatch,
    StartMatch,
    WithdrawTeam,
)
from core.domain.draws.drawing import across, draw_up
from core.domain.ids import PoolId, StageId, TeamId
from core.domain.plan import LoserOf, OneOf, Plan, RoundRobin, SingleElimination, Slot, Stage
from core.domain.rules import Accepted, judge
from core.domain.state import Tournament
from core.domain.tables.brackets import contradictions, fillings
from core.domain.tables.standings import tables
from core.domain.tables.touched import Touched
from tests.support.bench import Bench
from tests.support.tournaments import EPOCH, NOON, cup, entry, finals, fold, match, result


def two_pools() -> Plan:
    """Return two pools of two and a knock-out of their four teams; what is level is decided by lot."""
    given = finals()
    pools = replace(given.stages[0], format=RoundRobin(), tie_breaks=("difference", "lot"))
    four = SingleElimination(across(pools.pools, 2), third_place=True)
    knockout = Stage(StageId("knockout"), "Knock-out", "knockout", format=four)
    return draw_up(replace(given, stages=(pools, knockout), fixtures=()))


PLAN = two_pools()
TEAMS = tuple(team.id for team in PLAN.teams)


def anything(chance: random.Random) -> Command:
    """Return a command that may well be refused."""
    on, team = chance.choice(PLAN.fixtures).id, chance.choice(TEAMS)
    commands: list[Command] = [
        AddScore(on, team, 1),
        AddScore(on, team, 1),
        CompleteMatch(on),
        CompleteMatch(on),
        ReopenMatch(on),
        StartMatch(on),
        ForfeitMatch(on, team),
        AddPenalty(on, team, 1),
        AssignSlot(on, "home", team),
        WithdrawTeam(team),
        ReinstateTeam(team),
        DrawLots(chance.choice((PoolId("a"), PoolId("b")))),
    ]
    return chance.choice(commands)


def steps(seed: int) -> list[Tournament]:
    """Return the states of an evening in which anything is entered, as far as it counts."""
    chance = random.Random(seed)
    state: Tournament | None = None
    found: list[Tournament] = []
    for number in range(150):
        command = CreateTournament(PLAN) if state is None else anything(chance)
        verdict = judge(state, entry(PLAN.id, command, id=f"c{number}", why="so"), NOON, EPOCH)
        if isinstance(verdict, Accepted):
            state = verdict.state
            found.append(state)
    return found


@settings(max_examples=20, deadline=None)
@given(st.integers())
def test_what_is_not_named_as_touched_is_as_it_was(seed: int) -> None:
    states = steps(seed)
    assert len(states) > 10
    for before, after in pairwise(states):
        touched, back = Touched(before, after), Touched(after, before)
        for was, now in zip(tables(before), tables(after), strict=True):
            assert (touched.pool(now.pool) and back.pool(now.pool)) or was == now
        assert fillings(after) == ()
        known = contradictions(before)
        assert contradictions(after, before) == tuple(
            one for one in contradictions(after) if one not in known
        )


def test_a_result_touches_its_own_pool_and_the_matches_after_it_alone() -> None:
    bench = Bench(PLAN)
    before = bench.state
    bench.enter(*result(PLAN, 1, 1, 0))
    touched = Touched(before, bench.state)
    assert (touched.pool(PoolId("a")), touched.pool(PoolId("b"))) == (True, False)
    # Semi-finals that were filled touch what follows on them.
    assert [found.id for found in touched.matches()] == [bench.id(number) for number in (3, 4, 5, 6)]


def test_sources_of_every_kind_are_followed() -> None:
    plan = cup(4, third_place=True)
    played = fold(plan, *result(plan, 1, 1, 0))
    fourth = played.matches[match(plan, 4)]
    best = replace(fourth, home=Slot(None, OneOf((PoolId("x"), PoolId("y")), 1)), away=Slot(TeamId("d")))
    state = replace(played, matches={**played.matches, fourth.id: best})
    reset = replace(state.matches[match(plan, 1)], version=99)
    later = replace(state, matches={**state.matches, reset.id: reset})
    assert [found.id for found in Touched(state, later).matches()] == [match(plan, 3)]
    assert isinstance(played.matches[match(plan, 3)].home.source, LoserOf)
