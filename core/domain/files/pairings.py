"""Where the teams of a played knock-out came from: sources read back from its pairings.

A list of results names the teams of every match; the plan behind it had slots. Guarantees that a slot's
source is one that these results lead to; where no rule leads there, it says which team ops put in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.files.playback import Assignment
from core.domain.plan import LoserOf, OneOf, PlaceOf, Slot, Source, WinnerOf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.commands import Side
    from core.domain.ids import MatchId, PoolId, TeamId
    from core.domain.tables.standings import Row, Table


@dataclass(frozen=True, slots=True)
class Named:
    """A side whose team the list of results names."""

    team: TeamId


@dataclass(frozen=True, slots=True)
class Pairing:
    """A knock-out match as a list of results has it."""

    match: MatchId
    home: Named | Source
    away: Named | Source
    """A team, or the source that a placeholder (`W49`) stands for."""
    winner: TeamId | None
    """`None` while it has none."""

    def side(self, side: Side) -> Named | Source:
        """Return one side."""
        return self.home if side == "home" else self.away

    def has(self, team: TeamId) -> bool:
        """Tell whether the team is named on a side."""
        return Named(team) in (self.home, self.away)


@dataclass(frozen=True, slots=True)
class Inferred:
    """The slots of a knock-out as they were before it, and what ops decided on the way."""

    slots: dict[tuple[MatchId, Side], Slot]
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a pool that a team took."""

    pool: PoolId
    rank: int
    by_rule: bool


def infer(pairings: Sequence[Pairing], tables: Sequence[Table]) -> Inferred:
    """Read back where each side came from.

    A team's first match takes its place in its pool: `PlaceOf` if that rank advanced from every pool,
    otherwise `OneOf`. Where the table leaves teams level, the one listed first has the higher place. Later
    matches take the winner or loser of the team's match before. A team that comes from nowhere was in the
    draw.

    Args:
        pairings: the knock-out matches in playing order.
        tables: the pools' tables by the same results.
    """
    places = _places(pairings, [table for table in tables if table.complete])
    slots: dict[tuple[MatchId, Side], Slot] = {}
    assignments: list[Assignment] = []
    for number, pairing in enumerate(pairings):
        for side in _SIDES:
            given = pairing.side(side)
            if not isinstance(given, Named):
                slots[pairing.match, side] = Slot(None, given)
                continue
            source, by_rule = _source(given.team, pairings[:number], places, tables)
            slots[pairing.match, side] = Slot(None, source) if source is not None else Slot(given.team)
            if not by_rule:
                assignments.append(Assignment(pairing.match, side, given.team))
    return Inferred(slots, tuple(assignments))


_SIDES: tuple[Side, ...] = ("home", "away")


def _source(
    team: TeamId,
    earlier: Sequence[Pairing],
    places: dict[TeamId, _Place],
    tables: Sequence[Table],
) -> tuple[Source | None, bool]:
    """Return where a team came from, and whether the rules alone bring it there."""
    before = next((pairing for pairing in reversed(earlier) if pairing.has(team)), None)
    if before is not None:
        if before.winner in (team, None):
            return WinnerOf(before.match), before.winner is not None
        return LoserOf(before.match), True
    place = places.get(team)
    if place is None:
        return None, True
    advanced = {other.pool for other in places.values() if other.rank == place.rank}
    if len(advanced) == len(tables):
        return PlaceOf(place.pool, place.rank), place.by_rule
    return OneOf(tuple(table.pool for table in tables), place.rank), False


def _places(pairings: Sequence[Pairing], tables: Sequence[Table]) -> dict[TeamId, _Place]:
    """Return the place that each team of the knock-out took in its pool, as they are first listed."""
    rows: dict[TeamId, tuple[PoolId, Row]] = {
        row.team: (table.pool, row) for table in tables for row in table.rows
    }
    places: dict[TeamId, _Place] = {}
    taken: set[tuple[PoolId, int]] = set()
    named = (
        side.team for pairing in pairings for side in (pairing.home, pairing.away) if isinstance(side, Named)
    )
    for team in named:
        if team in places or team not in rows:
            continue
        pool, row = rows[team]
        rank = row.rank
        while (pool, rank) in taken:
            rank += 1
        taken.add((pool, rank))
        places[team] = _Place(pool, rank, row.decided)
    return places
