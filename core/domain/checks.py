"""Whether a plan can be played: every name in it leads somewhere, every format has what it needs.

Guarantees that what passes can be folded, shown and drawn up. Refusals say where in the plan and what to do.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime
from typing import TYPE_CHECKING, assert_never

from core.domain.games import CupsRules, SetsRules
from core.domain.ids import is_slug, tournament_of
from core.domain.names import twins
from core.domain.plan import (
    DoubleElimination,
    Fixture,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    Pool,
    RoundRobin,
    SingleElimination,
    Slot,
    Stage,
    Swiss,
    WinnerOf,
)
from core.errors import BadPlan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from core.domain.games import Game
    from core.domain.ids import MatchId, PoolId, TeamId
    from core.domain.plan import Status

MAX_ENTRANTS = 128
"""Most teams of a knock-out that is drawn up."""
MAX_POOL = 64
"""Most teams of a pool in which everybody plays everybody."""
MAX_LEGS = 8
MAX_SET = 1_000
MAX_CUPS = 100
MAX_SLOT_MINUTES = 10_080
"""A week."""


def check(plan: Plan) -> None:
    """Prove that a plan can be played.

    Raises:
        BadPlan: an id is not a slug or stands twice, or something named is not there; says where.
    """
    _check_ids(plan)
    teams = {team.id for team in plan.teams}
    pools = {pool.id: pool for stage in plan.stages for pool in stage.pools}
    for game in plan.games:
        _check_game(game)
    for stage in plan.stages:
        _check_stage(plan, stage, teams, pools)
    if plan.timetable is not None:
        check_start(plan.timetable.starts_at, "timetable")
        _in_range(plan.timetable.minutes, 1, MAX_SLOT_MINUTES, "timetable", "minutes")
    for pool in pools.values():
        for number, team in enumerate(pool.teams):
            _known(team, teams, "team", f"pool {pool.id}")
            if team in pool.teams[:number]:
                raise BadPlan(f"pool {pool.id}", f"names team {team!r} twice")
    earlier: set[MatchId] = set()
    for fixture in plan.fixtures:
        _check_fixture(plan, fixture, teams, pools, earlier)
        earlier.add(fixture.id)


def _check_fixture(
    plan: Plan,
    fixture: Fixture,
    teams: set[TeamId],
    pools: Mapping[PoolId, Pool],
    earlier: set[MatchId],
) -> None:
    where = f"match {fixture.id}"
    stages = {stage.id: stage for stage in plan.stages}
    _known(fixture.stage, stages, "stage", where)
    if fixture.pool is not None:
        _known(fixture.pool, pools, "pool", where)
    if fixture.court is not None:
        _known(fixture.court, {court.id for court in plan.courts}, "court", where)
    check_start(fixture.starts_at, where)
    for slot in (fixture.home, fixture.away):
        _check_slot(slot, where, teams, pools, earlier)
    if fixture.pool is not None:
        _check_pooled(fixture, stages[fixture.stage], pools[fixture.pool], where)
    if fixture.home.team is not None and fixture.home.team == fixture.away.team:
        raise BadPlan(where, f"team {fixture.home.team!r} cannot play itself")
    if fixture.reset_of is not None:
        _known(fixture.reset_of, earlier, "match", where, "an earlier match")


def check_start(moment: datetime | None, where: str) -> None:
    """Prove that a match's time can be told in every time zone.

    Raises:
        BadPlan: it stands at the first or last edge of the calendar.
    """
    if moment is not None and not MINYEAR < moment.year < MAXYEAR:
        raise BadPlan(where, f"cannot start in the year {moment.year}")


def _check_ids(plan: Plan) -> None:
    doubles = twins([team.name for team in plan.teams])
    if doubles:
        raise BadPlan("teams", f"two are called {doubles[0][1]!r}: give one of them another name")
    pools = tuple(pool for stage in plan.stages for pool in stage.pools)
    if not is_slug(plan.id):
        raise BadPlan("tournament", f"id {plan.id!r} is not a slug (a-z, 0-9, - and _; at most 64)")
    for what, values in (
        ("team", plan.teams),
        ("court", plan.courts),
        ("game", plan.games),
        ("stage", plan.stages),
        ("pool", pools),
        ("match", plan.fixtures),
    ):
        seen: set[str] = set()
        for value in values:
            short = str(value.id)
            if isinstance(value, Fixture):
                if tournament_of(value.id) != plan.id:
                    raise BadPlan(f"match {value.id}", f"its id does not begin with {plan.id}.")
                short = value.id.removeprefix(f"{plan.id}.")
            if not is_slug(short):
                raise BadPlan(f"{what} {short}", "its id is not a slug (a-z, 0-9, - and _; at most 64)")
            if value.id in seen:
                raise BadPlan(f"{what} {short}", "stands twice")
            seen.add(value.id)


def _check_game(game: Game) -> None:
    """Prove that a game can be won."""
    where = f"game {game.id}"
    match game.rules:
        case SetsRules(best_of, points, lead, cap, last):
            _in_range(best_of, 1, 15, where, "best_of")
            _in_range(points, 1, MAX_SET, where, "points")
            _in_range(lead, 1, points, where, "lead")
            if best_of % 2 == 0:
                raise BadPlan(where, f"best of {best_of} may be a draw: take an odd number of sets")
            if last:
                _in_range(last, lead, MAX_SET, where, "last")
            if cap:
                _in_range(cap, max(points, last), MAX_SET, where, "cap")
        case CupsRules(cups, bounce):
            _in_range(cups, 1, MAX_CUPS, where, "cups")
            _in_range(bounce, 0, cups, where, "bounce")
        case _:
            pass
    for worth in game.places:
        _in_range(worth, 0, 1_000_000, where, "places")


def _check_stage(plan: Plan, stage: Stage, teams: set[TeamId], pools: Mapping[PoolId, Pool]) -> None:
    where = f"stage {stage.id}"
    if stage.game is not None:
        _known(stage.game, {game.id for game in plan.games}, "game", where)
    if stage.forfeit is not None:
        for part in stage.forfeit:
            _in_range(part, 0, MAX_SET, where, "forfeit")
    if stage.format is None:
        return
    knockout = isinstance(stage.format, SingleElimination | DoubleElimination)
    if knockout != (stage.kind == "knockout"):
        needed = "knockout" if knockout else "pools"
        raise BadPlan(where, f"its format is played as {needed}: set kind = {needed!r}")
    match stage.format:
        case RoundRobin(legs):
            _in_range(legs, 1, MAX_LEGS, where, "legs")
            for pool in stage.pools:
                _check_pool(pool)
        case Swiss(rounds):
            _in_range(rounds, 1, MAX_ENTRANTS, where, "rounds")
        case SingleElimination(entrants) | DoubleElimination(entrants):
            _check_entrants(plan, entrants, where, teams, pools)
        case _:
            assert_never(stage.format)


def _check_pool(pool: Pool) -> None:
    """Prove that all of a pool can meet each other."""
    if len(pool.teams) > MAX_POOL:
        most = f"has {len(pool.teams)} teams, and at most {MAX_POOL} can all meet each other"
        raise BadPlan(f"pool {pool.id}", f"{most}: make several pools, or take another format")


def _check_entrants(
    plan: Plan, entrants: tuple[Slot, ...], where: str, teams: set[TeamId], pools: Mapping[PoolId, Pool]
) -> None:
    if plan.status == "running":
        _in_range(len(entrants or plan.teams), 2, MAX_ENTRANTS, where, "the number of its entrants")
    for slot in entrants:
        _check_slot(slot, where, teams, pools, {fixture.id for fixture in plan.fixtures}, plan.status)


def _in_range(number: int, least: int, most: int, where: str, what: str) -> None:
    if not least <= number <= most:
        raise BadPlan(where, f"{what} must be {least} to {most}, not {number}")


def _check_pooled(fixture: Fixture, stage: Stage, pool: Pool, where: str) -> None:
    """Prove that a match counts for a table of its own stage, between teams of that table."""
    if pool not in stage.pools:
        raise BadPlan(where, f"is in stage {stage.id!r}, which has no pool {pool.id!r}")
    for slot in (fixture.home, fixture.away):
        if slot.team is not None and slot.team not in pool.teams:
            raise BadPlan(where, f"counts for pool {pool.id!r}, which has no team {slot.team!r}")


def _check_slot(
    slot: Slot,
    where: str,
    teams: set[TeamId],
    pools: Mapping[PoolId, Pool],
    earlier: set[MatchId],
    status: Status = "running",
) -> None:
    if slot.team is None and slot.source is None:
        raise BadPlan(where, "a side has neither a team nor a source")
    if slot.team is not None:
        _known(slot.team, teams, "team", where)
    match slot.source:
        case WinnerOf(match) | LoserOf(match):
            _known(match, earlier, "match", where, "an earlier match")
        case PlaceOf(pool, rank):
            _check_place(pool, rank, where, pools, status)
        case OneOf(named, rank):
            for pool in named:
                _check_place(pool, rank, where, pools, status)
        case None:
            pass
        case _:
            assert_never(slot.source)


def _check_place(pool: PoolId, rank: int, where: str, pools: Mapping[PoolId, Pool], status: Status) -> None:
    """Prove that a pool has a place; one that still takes teams may get it later."""
    _known(pool, pools, "pool", where)
    most = len(pools[pool].teams) if status == "running" else MAX_ENTRANTS
    if not 1 <= rank <= most:
        raise BadPlan(where, f"names place {rank} of pool {pool!r}, which has {len(pools[pool].teams)} teams")


def _known(value: str, known: Collection[str], what: str, where: str, lacking: str = "in the plan") -> None:
    if value not in known:
        raise BadPlan(where, f"names {what} {value!r}, which is not {lacking}")
