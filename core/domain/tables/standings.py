"""Tables of pools: who stands where by the finished matches, and which rule decided it.

Guarantees that a place is given only by a rule of the stage or by what ops assigned; teams that neither
separates share their rank. Live matches do not count, and an unplayed one is no draw. How the rules work is
`tiebreaks`' affair, which slots the places fill `brackets`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.plan import PlaceOf, Pool, Stage
from core.domain.tables.tiebreaks import Decider, Group, Record, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from core.domain.ids import PoolId, StageId, TeamId
    from core.domain.state import Match, Tournament


@dataclass(frozen=True, slots=True)
class Row:
    """A team's line in a table."""

    rank: int
    """From 1; shared by teams that nothing separates."""
    team: TeamId
    name: str
    played: int
    """Finished matches, those that were forfeited included."""
    won: int
    drawn: int
    lost: int
    scored: int
    """Points or goals for; sets in a game of sets, milliseconds in one for time."""
    conceded: int
    """Points or goals against."""
    points: int
    """Table points."""
    decided_by: Decider
    decided: bool
    """Whether the place is final: all matches are finished, and nobody shares it."""
    byes: int = 0
    """Rounds without a match, each worth a win."""
    penalty: int = 0
    """Penalty points for fair play."""


@dataclass(frozen=True, slots=True)
class Table:
    """A pool's table, the best team first."""

    stage: StageId
    pool: PoolId
    name: str
    """The pool's name."""
    rows: tuple[Row, ...]
    complete: bool
    """Whether all the pool's matches are drawn and finished."""


def tables(state: Tournament, wanted: Callable[[PoolId], bool] = lambda _: True) -> tuple[Table, ...]:
    """Return the tables of all pools, or of those wanted, in the plan's order."""
    pooled: dict[PoolId | None, list[Match]] = {}
    for match in state.matches.values():
        pooled.setdefault(match.pool, []).append(match)
    assigned = [match for match in state.matches.values() if match.assigned]
    return tuple(
        _table(state, stage, pool, pooled.get(pool.id, ()), assigned)
        for stage in state.stages
        for pool in stage.pools
        if wanted(pool.id)
    )


def table(state: Tournament, stage: Stage, pool: Pool) -> Table:
    """Return one pool's table. Teams whose matches were annulled come last, without any figures."""
    matches = [match for match in state.matches.values() if match.pool == pool.id]
    assigned = [match for match in state.matches.values() if match.assigned]
    return _table(state, stage, pool, matches, assigned)


def _table(
    state: Tournament, stage: Stage, pool: Pool, matches: Sequence[Match], assigned: Sequence[Match]
) -> Table:
    record = Record(state, stage, pool, matches)
    groups = record.groups() if record.begun or any(bye.pool == pool.id for bye in state.byes) else []
    if not groups and record.teams:
        groups = [Group(record.teams, "")]
    places = _assigned(assigned, pool) if record.complete else {}
    rows = [
        _row(
            state,
            record.tallies[team],
            team,
            rank,
            group.by,
            decided=record.complete and len(group.teams) == 1,
        )
        for rank, group in _placed(groups, places)
        for team in group.teams
    ]
    rows += [
        _row(state, Tally(), team, len(record.teams) + 1, "withdrawn", decided=False)
        for team in record.annulled
    ]
    return Table(stage.id, pool.id, pool.name, tuple(rows), record.complete)


def _row(state: Tournament, tally: Tally, team: TeamId, rank: int, by: Decider, *, decided: bool) -> Row:
    return Row(
        rank=rank,
        team=team,
        name=state.teams[team].name,
        played=tally.won + tally.drawn + tally.lost,
        won=tally.won,
        drawn=tally.drawn,
        lost=tally.lost,
        scored=tally.scored,
        conceded=tally.conceded,
        points=tally.points,
        decided_by=by,
        decided=decided,
        byes=tally.byes,
        penalty=tally.penalty,
    )


def _assigned(matches: Iterable[Match], pool: Pool) -> dict[TeamId, int]:
    """Return the places that ops gave to teams of a pool by filling slots of its table."""
    places: dict[TeamId, int] = {}
    for match in matches:
        for side in match.assigned:
            slot = match.slot(side)
            match slot.source:
                case PlaceOf(of, rank) if of == pool.id and slot.team is not None:
                    places[slot.team] = rank
                case _:
                    pass
    return places


def _placed(groups: Iterable[Group], places: Mapping[TeamId, int]) -> list[tuple[int, Group]]:
    """Give each group its rank, and level teams the places that ops gave them; what a rule decided stays."""
    placed: list[tuple[int, Group]] = []
    first = 1
    for group in groups:
        ranks = range(first, first + len(group.teams))
        given = {
            places[team]: team
            for team in group.teams
            if group.by == "undecided" and places.get(team) in ranks
        }
        others = tuple(team for team in group.teams if team not in given.values())
        placed += [(rank, Group((team,), "assigned")) for rank, team in given.items()]
        if others:
            by = "assigned" if given and len(others) == 1 else group.by
            placed.append((next(rank for rank in ranks if rank not in given), Group(others, by)))
        first += len(group.teams)
    return sorted(placed, key=lambda ranked: ranked[0])
