"""When and where matches are played: courts by time slots.

Guarantees that no court holds two matches at once, that no team can be due in two places, and that a match
comes after all that its sides come from. What already has a time keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from core.domain.plan import LoserOf, OneOf, PlaceOf, Swiss, WinnerOf

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.ids import CourtId, MatchId, PoolId, StageId, TeamId
    from core.domain.plan import Fixture, Plan, Slot, Timetable


def lay(plan: Plan, timetable: Timetable) -> Plan:
    """Give the matches without a time one, in their order, each as early as can be.

    Without courts a slot holds any number of matches. Matches whose sides come from a Swiss stage stay
    without a time: its rounds are not drawn yet.

    Args:
        plan: the tournament.
        timetable: where the first slot begins, and how long one is.
    """
    known = _Known(plan)
    waiting = [fixture for fixture in plan.fixtures if fixture.starts_at is None]
    waiting = [fixture for fixture in waiting if fixture.id not in known.unsettled]
    length = timedelta(minutes=timetable.minutes)
    laid = {fixture.id: fixture for fixture in plan.fixtures if fixture.starts_at is not None}
    begins = timetable.starts_at
    while waiting:
        slot = _Slot(known, laid, begins, length)
        left = [fixture for fixture in waiting if not slot.take(fixture)]
        if slot.is_empty and len(left) == len(waiting):
            # What does not fit an empty slot waits for matches that have no time themselves.
            break
        waiting = left
        begins += length
    return replace(plan, fixtures=tuple(laid.get(fixture.id, fixture) for fixture in plan.fixtures))


class _Known:
    """What of a plan says who may play where, and after what."""

    def __init__(self, plan: Plan) -> None:
        self.courts = tuple(court.id for court in plan.courts)
        self.stage_kinds = {stage.id: stage.kind for stage in plan.stages}
        pools = [pool for stage in plan.stages for pool in stage.pools]
        self._pools: dict[PoolId, frozenset[TeamId]] = {pool.id: frozenset(pool.teams) for pool in pools}
        self._pooled: dict[PoolId, frozenset[MatchId]] = {
            pool.id: frozenset(fixture.id for fixture in plan.fixtures if fixture.pool == pool.id)
            for pool in pools
        }
        swiss = [stage for stage in plan.stages if isinstance(stage.format, Swiss)]
        self._swiss = {pool.id for stage in swiss for pool in stage.pools}
        self.teams: dict[MatchId, frozenset[TeamId]] = {}
        """Who may be on a side of a match."""
        self.after: dict[MatchId, frozenset[MatchId]] = {}
        """The matches that a match's sides come from."""
        self.unsettled: set[MatchId] = set()
        """The matches that come right after rounds which are not drawn yet."""
        for fixture in plan.fixtures:
            self._learn(fixture)

    def _learn(self, fixture: Fixture) -> None:
        sides = [self._side(slot) for slot in (fixture.home, fixture.away)]
        self.teams[fixture.id] = sides[0][0] | sides[1][0]
        self.after[fixture.id] = sides[0][1] | sides[1][1]
        pools = {
            pool
            for slot in (fixture.home, fixture.away)
            if isinstance(slot.source, PlaceOf | OneOf)
            for pool in ((slot.source.pool,) if isinstance(slot.source, PlaceOf) else slot.source.pools)
        }
        if pools & self._swiss:
            self.unsettled.add(fixture.id)

    def _side(self, slot: Slot) -> tuple[frozenset[TeamId], frozenset[MatchId]]:
        """Return who may come to a side, and from which matches."""
        here = frozenset(() if slot.team is None else (slot.team,))
        match slot.source:
            case WinnerOf(match) | LoserOf(match):
                return here or self.teams[match], frozenset((match,))
            case PlaceOf(pool, _):
                return here or self._pools[pool], self._pooled[pool]
            case OneOf(pools, _):
                several = [team for pool in pools for team in self._pools[pool]]
                before = [match for pool in pools for match in self._pooled[pool]]
                return here or frozenset(several), frozenset(before)
            case None:
                return here, frozenset()
            case _:
                assert_never(slot.source)


@dataclass(frozen=True, slots=True)
class _Busy:
    """A match in the way of others at the same time."""

    stage: StageId
    teams: frozenset[TeamId]


class _Slot:
    """One slot of time, as it fills."""

    def __init__(
        self, known: _Known, laid: dict[MatchId, Fixture], begins: datetime, length: timedelta
    ) -> None:
        self._known = known
        self._laid = laid
        self._begins = begins
        self._length = length
        overlapping = [fixture for fixture in laid.values() if self._start(fixture) > begins - length]
        self.is_empty = not overlapping
        """Whether nothing was laid here or later before this slot was filled."""
        self._later = {fixture.id for fixture in overlapping}
        meanwhile = [fixture for fixture in overlapping if self._start(fixture) < begins + length]
        self._busy = [_Busy(fixture.stage, known.teams[fixture.id]) for fixture in meanwhile]
        taken = {fixture.court for fixture in meanwhile}
        self._courts: list[CourtId] = [court for court in known.courts if court not in taken]

    @staticmethod
    def _start(fixture: Fixture) -> datetime:
        assert fixture.starts_at is not None  # only such are laid
        return fixture.starts_at

    def take(self, fixture: Fixture) -> bool:
        """Lay a match into this slot, if it fits."""
        known = self._known
        court = fixture.court
        if court is None and known.courts and not self._courts:
            return False
        if court is not None and court not in self._courts:
            return False
        for before in known.after[fixture.id]:
            if before not in self._laid or before in self._later:
                return False
        if any(self._clash(fixture, busy) for busy in self._busy):
            return False
        if court is None and self._courts:
            court = self._courts[0]
        if court is not None:
            self._courts.remove(court)
        self._laid[fixture.id] = replace(fixture, court=court, starts_at=self._begins)
        self._later.add(fixture.id)
        self._busy.append(_Busy(fixture.stage, known.teams[fixture.id]))
        return True

    def _clash(self, fixture: Fixture, busy: _Busy) -> bool:
        """Tell whether a team may be due in both matches.

        In one knock-out it cannot: of two matches of which none comes after the other, no team can reach
        both, as it leaves each match by one door.
        """
        if fixture.stage == busy.stage and self._known.stage_kinds[fixture.stage] == "knockout":
            return False
        return not busy.teams.isdisjoint(self._known.teams[fixture.id])
