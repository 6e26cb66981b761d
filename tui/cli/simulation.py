"""A tournament that plays itself, for the demo: who plays, who scores when, and what ops decide.

Pure but for the generator handed in: the same seed gives the same teams, points and slips. `crowd` lets
people of flesh and wire do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from core import commands, ids, plan, standings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from core import Tournament

TOURNAMENT = ids.TournamentId("harbour-cup")
POINTS = 11
"""Points that win a match."""
SLIP = 0.04
"""How often a point goes to the wrong side and is taken back."""
TEAMS = (
    "Harbour Hawks", "River Rats", "Otters", "Comets", "Lions", "Tigers", "Zebras", "Meteors",
    "Owls", "Bears", "Wolves", "Rams", "Bulls", "Kites", "Foxes", "Herons",
)  # fmt: skip
COURTS = 4
STAGE, KNOCKOUT = ids.StageId("pools"), ids.StageId("knockout")


def cup(random: Random) -> plan.Plan:
    """Draw the tournament: sixteen teams in four pools, then quarter-finals to the final, on four courts."""
    names = list(TEAMS)
    random.shuffle(names)
    teams = tuple(plan.Team(_slug(name), name, _code(name)) for name in names)
    pools = tuple(
        plan.Pool(ids.PoolId("abcd"[at]), f"Pool {'ABCD'[at]}", tuple(team.id for team in teams[at::4]))
        for at in range(4)
    )
    fixtures = [*_pool_matches(pools), *_knockout()]
    return plan.Plan(
        id=TOURNAMENT,
        name="Harbour Cup",
        teams=teams,
        stages=(
            plan.Stage(STAGE, "Pools", "pools", pools, win=2, draw=1),
            plan.Stage(KNOCKOUT, "Knock-out", "knockout"),
        ),
        fixtures=tuple(
            plan.Fixture(
                id=ids.match_id(TOURNAMENT, f"m{number:03d}"),
                stage=fixture.stage,
                round=fixture.round,
                home=fixture.home,
                away=fixture.away,
                pool=fixture.pool,
                court=_court((number - 1) % COURTS),
            )
            for number, fixture in enumerate(fixtures, 1)
        ),
        courts=tuple(plan.Court(_court(at), f"Court {at + 1}") for at in range(COURTS)),
        venue="Harbour Hall",
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A fixture before it has a number and a court."""

    stage: ids.StageId
    round: str
    home: plan.Slot
    away: plan.Slot
    pool: ids.PoolId | None = None


def _pool_matches(pools: tuple[plan.Pool, ...]) -> Iterator[_Drawn]:
    """Yield the pools' matches in turns, so that every court is busy and no team waits long."""
    # Of four teams: the pairs that leave out nobody, round by round.
    turns = ((0, 3), (1, 2)), ((0, 2), (3, 1)), ((0, 1), (2, 3))
    assert {tuple(sorted(pair)) for turn in turns for pair in turn} == set(combinations(range(4), 2))
    for number, turn in enumerate(turns, 1):
        for home, away in turn:
            for pool in pools:
                sides = plan.Slot(pool.teams[home]), plan.Slot(pool.teams[away])
                yield _Drawn(STAGE, f"Round {number}", *sides, pool.id)


def _knockout() -> Iterator[_Drawn]:
    def place(pool: str, rank: int) -> plan.Slot:
        return plan.Slot(None, plan.PlaceOf(ids.PoolId(pool), rank))

    def of(source: type[plan.WinnerOf | plan.LoserOf], number: int) -> plan.Slot:
        return plan.Slot(None, source(ids.match_id(TOURNAMENT, f"m{number:03d}")))

    for first, second in ("ab", "cd", "ba", "dc"):
        yield _Drawn(KNOCKOUT, "Quarter-finals", place(first, 1), place(second, 2))
    for number in (25, 27):
        yield _Drawn(KNOCKOUT, "Semi-finals", of(plan.WinnerOf, number), of(plan.WinnerOf, number + 1))
    yield _Drawn(KNOCKOUT, "Third place", of(plan.LoserOf, 29), of(plan.LoserOf, 30))
    yield _Drawn(KNOCKOUT, "Final", of(plan.WinnerOf, 29), of(plan.WinnerOf, 30))


def _court(at: int) -> ids.CourtId:
    return ids.CourtId(f"c{at + 1}")


def _slug(name: str) -> ids.TeamId:
    return ids.TeamId(name.lower().replace(" ", "-"))


def _code(name: str) -> str:
    return "".join(word[0] for word in name.split()) if " " in name else name[:3].upper()


@dataclass(frozen=True, slots=True)
class Press:
    """One key press of a scorekeeper."""

    side: commands.Side
    kind: Literal["point", "slip"]
    """A slip is a point for the wrong side, taken back at once."""
    pause: float
    """Seconds since the press before."""


def presses(random: Random) -> Iterator[Press]:
    """Yield the key presses of one match, until one side has won."""
    home_share = random.uniform(0.3, 0.7)
    score: dict[commands.Side, int] = {"home": 0, "away": 0}
    while max(score.values()) < POINTS:
        side: commands.Side = "home" if random.random() < home_share else "away"
        pause = random.uniform(0.4, 2.0)
        if random.random() < SLIP:
            yield Press("away" if side == "home" else "home", "slip", pause)
            pause = 0.3
        score[side] += 1
        yield Press(side, "point", pause)


def assignments(state: Tournament) -> Iterator[commands.AssignSlot]:
    """Yield what ops must decide: places of finished pools that the rules leave level."""
    tables = {table.pool: table for table in standings.tables(state) if table.complete}
    for match in state.matches.values():
        for side in ("home", "away"):
            slot = match.slot(side)
            if slot.team is not None or not isinstance(slot.source, plan.PlaceOf):
                continue
            table = tables.get(slot.source.pool)
            if table is not None:
                yield commands.AssignSlot(match.id, side, table.rows[slot.source.rank - 1].team)
