"""What of a tournament can have changed between two of its states: tables, and who plays where.

States share what an event left alone, so this is told by identity, without making any table. Guarantees that
nothing which changed is left out; what is named may be as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from core.domain.plan import LoserOf, OneOf, PlaceOf, WinnerOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.domain.ids import PoolId
    from core.domain.plan import Source
    from core.domain.state import Match, Tournament


class Touched:
    """What changed from one state of a tournament to a later or earlier one.

    Args:
        before: the one state.
        after: the other.
    """

    def __init__(self, before: Tournament, after: Tournament) -> None:
        self._after = after
        changed = [match for id, match in after.matches.items() if before.matches.get(id) is not match]
        self._matches = {match.id for match in changed}
        was = [before.matches[id] for id in self._matches if id in before.matches]
        alike = (
            before.stages is after.stages
            and before.withdrawn is after.withdrawn
            and before.lots is after.lots
            and before.byes is after.byes
            and before.drawn is after.drawn
        )
        self._pools: set[PoolId | None] = (
            {pool for match in (*changed, *was) for pool in _pools(match)}
            if alike
            else {pool.id for stage in after.stages for pool in stage.pools}
        )

    def pool(self, pool: PoolId) -> bool:
        """Tell whether a pool's table may be another."""
        return pool in self._pools

    def matches(self) -> Iterator[Match]:
        """Yield the matches on whose sides somebody else may belong, in playing order."""
        for match in self._after.matches.values():
            home, away = match.home.source, match.away.source
            if home is None and away is None:
                continue
            itself = match.id in self._matches or match.reset_of in self._matches
            if itself or self._fed(home) or self._fed(away):
                yield match

    def _fed(self, source: Source | None) -> bool:
        match source:
            case WinnerOf(match) | LoserOf(match):
                return match in self._matches
            case PlaceOf(pool):
                return pool in self._pools
            case OneOf(pools):
                return not self._pools.isdisjoint(pools)
            case None:
                return False
            case _:
                assert_never(source)


def _pools(match: Match) -> Iterator[PoolId | None]:
    """Yield the pools whose tables a match has a part in: by its result, or by a place that ops assigned."""
    yield match.pool
    for side in match.assigned:
        source = match.slot(side).source
        if isinstance(source, PlaceOf):
            yield source.pool
