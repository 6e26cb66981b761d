"""Tables of pools: who stands where by the finished matches, and which rule decided it.

Guarantees that a place is given only by a rule of the stage or by what ops assigned; teams that neither
separates share their rank. Live matches do not count. Which slots the places fill is `brackets`' affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from core.domain.plan import PlaceOf, Pool, Stage, TieBreak

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from core.domain.ids import PoolId, StageId, TeamId
    from core.domain.state import Match, Tournament

Decider: TypeAlias = Literal["", "points", "undecided", "assigned"] | TieBreak
"""What separated a row from its neighbours: points, a tie-break, or ops (`assigned`); `undecided` where the
rules leave teams level, `""` while nothing has been played."""


@dataclass(frozen=True, slots=True)
class Row:
    """A team's line in a table."""

    rank: int
    """From 1; shared by teams that nothing separates."""
    team: TeamId
    name: str
    played: int
    won: int
    drawn: int
    lost: int
    scored: int
    """Points or goals for."""
    conceded: int
    """Points or goals against."""
    points: int
    """Table points."""
    decided_by: Decider
    decided: bool
    """Whether the place is final: all matches are finished, and nobody shares it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A pool's table, the best team first."""

    stage: StageId
    pool: PoolId
    name: str
    """The pool's name."""
    rows: tuple[Row, ...]
    complete: bool
    """Whether all the pool's matches are finished."""


@dataclass(frozen=True, slots=True)
class _Tally:
    """What a team's matches add up to."""

    won: int = 0
    drawn: int = 0
    lost: int = 0
    scored: int = 0
    conceded: int = 0
    points: int = 0

    @property
    def difference(self) -> int:
        return self.scored - self.conceded


@dataclass(frozen=True, slots=True)
class _Group:
    """Teams that stand together after a rule, and the rule that set them apart from the others."""

    teams: tuple[TeamId, ...]
    by: Decider
    """For several teams: the last rule that left them level; for one: the rule that separated it."""


def tables(state: Tournament) -> tuple[Table, ...]:
    """Return the tables of all pools, in the plan's order."""
    return tuple(table(state, stage, pool) for stage in state.stages for pool in stage.pools)


def table(state: Tournament, stage: Stage, pool: Pool) -> Table:
    """Return one pool's table."""
    matches = [match for match in state.matches.values() if match.pool == pool.id]
    finished = [match for match in matches if match.finished]
    complete = len(finished) == len(matches) > 0
    overall = _tallies(stage, pool.teams, finished)
    groups = _ordered(stage, pool.teams, finished, overall) if finished else [_Group(pool.teams, "")]
    rows = tuple(
        _row(state, overall[team], team, rank, group.by, decided=complete and len(group.teams) == 1)
        for rank, group in _placed(groups, _assigned(state, pool) if complete else {})
        for team in group.teams
    )
    return Table(stage.id, pool.id, pool.name, rows, complete)


def _row(state: Tournament, tally: _Tally, team: TeamId, rank: int, by: Decider, *, decided: bool) -> Row:
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
    )


def _tallies(stage: Stage, teams: Collection[TeamId], matches: Iterable[Match]) -> dict[TeamId, _Tally]:
    """Add up the matches that these teams played among themselves."""
    tallies = dict.fromkeys(teams, _Tally())
    for match in matches:
        home, away = match.home.team, match.away.team
        if home is not None and away is not None and home in tallies and away in tallies:
            tallies[home] = _plus(stage, tallies[home], match.score.home, match.score.away)
            tallies[away] = _plus(stage, tallies[away], match.score.away, match.score.home)
    return tallies


def _plus(stage: Stage, tally: _Tally, scored: int, conceded: int) -> _Tally:
    won, lost = scored > conceded, scored < conceded
    return _Tally(
        won=tally.won + won,
        drawn=tally.drawn + (scored == conceded),
        lost=tally.lost + lost,
        scored=tally.scored + scored,
        conceded=tally.conceded + conceded,
        points=tally.points + (stage.win if won else stage.loss if lost else stage.draw),
    )


def _ordered(
    stage: Stage, teams: tuple[TeamId, ...], matches: Sequence[Match], overall: dict[TeamId, _Tally]
) -> list[_Group]:
    """Order teams by points, then by each tie-break in turn, applied to the teams still level."""
    groups = _split(_Group(teams, ""), lambda team: (overall[team].points,), "points")
    for rule in stage.tie_breaks:
        groups = [part for group in groups for part in _apart(stage, group, rule, matches, overall)]
    return [group if len(group.teams) == 1 else _Group(group.teams, "undecided") for group in groups]


def _apart(
    stage: Stage, group: _Group, rule: TieBreak, matches: Sequence[Match], overall: dict[TeamId, _Tally]
) -> list[_Group]:
    """Apply one tie-break to teams that are level."""
    if len(group.teams) == 1:
        return [group]
    match rule:
        case "head_to_head":
            return _head_to_head(stage, group, matches)
        case "difference":
            return _split(group, lambda team: (overall[team].difference,), rule)
        case "scored":
            return _split(group, lambda team: (overall[team].scored,), rule)
        case "wins":
            return _split(group, lambda team: (overall[team].won,), rule)
        case _:
            assert_never(rule)


def _head_to_head(stage: Stage, group: _Group, matches: Sequence[Match]) -> list[_Group]:
    """Compare level teams by the matches among themselves, and those still level again by theirs alone.

    Regulations of the UEFA European Football Championship 2022-24, article 20.01, criteria a) to d): points,
    goal difference and goals scored in the matches among the teams in question; then a) to c) again for the
    teams that remain level.
    """
    among = _tallies(stage, group.teams, matches)
    parts = _split(
        group,
        lambda team: (among[team].points, among[team].difference, among[team].scored),
        "head_to_head",
    )
    if len(parts) == 1:
        return parts
    return [
        again
        for part in parts
        for again in (_head_to_head(stage, part, matches) if len(part.teams) > 1 else [part])
    ]


def _split(group: _Group, key: Callable[[TeamId], tuple[int, ...]], rule: Decider) -> list[_Group]:
    """Part a group by a measure, the highest first; teams level in it keep their order."""
    ranked = sorted(group.teams, key=key, reverse=True)
    parts = [tuple(level) for _, level in groupby(ranked, key)]
    return [_Group(part, rule) for part in parts] if len(parts) > 1 else [group]


def _assigned(state: Tournament, pool: Pool) -> dict[TeamId, int]:
    """Return the places that ops gave to teams of a pool by filling slots of its table."""
    places: dict[TeamId, int] = {}
    for match in state.matches.values():
        for side in match.assigned:
            slot = match.slot(side)
            match slot.source:
                case PlaceOf(of, rank) if of == pool.id and slot.team is not None:
                    places[slot.team] = rank
                case _:
                    pass
    return places


def _placed(groups: Iterable[_Group], places: Mapping[TeamId, int]) -> list[tuple[int, _Group]]:
    """Give each group its rank, and level teams the places that ops gave them; what a rule decided stays."""
    placed: list[tuple[int, _Group]] = []
    first = 1
    for group in groups:
        ranks = range(first, first + len(group.teams))
        given = {
            places[team]: team
            for team in group.teams
            if group.by == "undecided" and places.get(team) in ranks
        }
        others = tuple(team for team in group.teams if team not in given.values())
        placed += [(rank, _Group((team,), "assigned")) for rank, team in given.items()]
        if others:
            by = "assigned" if given and len(others) == 1 else group.by
            placed.append((next(rank for rank in ranks if rank not in given), _Group(others, by)))
        first += len(group.teams)
    return sorted(placed, key=lambda ranked: ranked[0])
