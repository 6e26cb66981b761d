"""Matches drawn up from formats: the fixtures of every stage that has a format and lists none.

Guarantees that the same plan is drawn up the same way everywhere. Rounds of a Swiss stage are not drawn here:
each follows from the table before it (`swiss`).
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from core.domain.draws.elimination import double_elimination, single_elimination
from core.domain.draws.roundrobin import round_robin
from core.domain.draws.timetable import lay
from core.domain.ids import MatchId, StageId, TournamentId, match_id
from core.domain.plan import DoubleElimination, Fixture, PlaceOf, RoundRobin, SingleElimination, Slot, Swiss

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.domain.plan import Plan, Pool, Stage


class Numbering:
    """Gives ids to new matches: `m001` and on, behind the highest number in use.

    Args:
        tournament: the tournament that they belong to.
        taken: ids in use.
    """

    def __init__(self, tournament: TournamentId, taken: Collection[MatchId]) -> None:
        self._tournament = tournament
        numbers = [id_.rpartition(".")[2].removeprefix("m") for id_ in taken]
        self._last = max((int(number) for number in numbers if number.isdecimal()), default=0)

    def __call__(self) -> MatchId:
        """Return the next id."""
        self._last += 1
        return match_id(self._tournament, f"m{self._last:03d}")


def draw_up(plan: Plan) -> Plan:
    """Return the plan with the matches of all stages that have a format and list none, and their times."""
    numbering = Numbering(plan.id, [fixture.id for fixture in plan.fixtures])
    fixtures = list(plan.fixtures)
    for stage in plan.stages:
        if not any(fixture.stage == stage.id for fixture in fixtures):
            fixtures += _stage(plan, stage, numbering)
    drawn = replace(plan, fixtures=tuple(fixtures))
    return drawn if plan.timetable is None else lay(drawn, plan.timetable)


def across(pools: Sequence[Pool], places: int) -> tuple[Slot, ...]:
    """Return the entrants of a knock-out that follows on pools, the strongest first.

    All firsts come before all seconds, and so on. As far as can be, nobody meets somebody of its own pool in
    the first round.

    Args:
        pools: the pools.
        places: how many teams of each go on.
    """
    ranked = [[Slot(None, PlaceOf(pool.id, rank)) for pool in pools] for rank in range(1, places + 1)]
    for rank in range(1, places):
        turns = [ranked[rank][turn:] + ranked[rank][:turn] for turn in range(len(pools))]
        tries = [[*ranked[:rank], turn, *ranked[rank + 1 :]] for turn in turns]
        ranked = min(tries, key=_own_pool_meetings)
    return tuple(slot for rank in ranked for slot in rank)


def _own_pool_meetings(ranked: Sequence[Sequence[Slot]]) -> int:
    """Count the first matches between two of one pool."""
    entrants = [slot for rank in ranked for slot in rank]
    drawn = single_elimination(StageId("trial"), entrants, Numbering(TournamentId("trial"), ()))
    sides = [(fixture.home.source, fixture.away.source) for fixture in drawn]
    return sum(
        isinstance(home, PlaceOf) and isinstance(away, PlaceOf) and home.pool == away.pool
        for home, away in sides
    )


def _stage(plan: Plan, stage: Stage, numbering: Numbering) -> tuple[Fixture, ...]:
    everybody = tuple(Slot(team.id) for team in plan.teams)
    match stage.format:
        case RoundRobin(legs):
            return _pools(stage, legs, numbering)
        case SingleElimination(entrants, third_place):
            return single_elimination(stage.id, entrants or everybody, numbering, third_place=third_place)
        case DoubleElimination(entrants, reset):
            return double_elimination(stage.id, entrants or everybody, numbering, reset=reset)
        case Swiss() | None:
            return ()
        case _:
            assert_never(stage.format)


def _pools(stage: Stage, legs: int, numbering: Numbering) -> tuple[Fixture, ...]:
    """Return the matches of all pools of a stage, round by round, so that the pools go on side by side."""
    rounds = zip_longest(*(round_robin(pool.teams, legs) for pool in stage.pools), fillvalue=())
    return tuple(
        Fixture(numbering(), stage.id, f"Round {number}", Slot(home), Slot(away), pool.id)
        for number, pairs in enumerate(rounds, 1)
        for pool, of_pool in zip(stage.pools, pairs, strict=True)
        for home, away in of_pool
    )
