"""Viewers: how many are in which room, told as one sample a minute and room at most.

Pure. Guarantees that a room which empties is told once more, as empty, and then no more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.domain.ids import read_room
from core.wire.analytics import RoomViewers, ViewersMinute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from core.domain.ids import RoomId


@dataclass(frozen=True, slots=True)
class Sample:
    """A room in one minute."""

    room: RoomId
    at: datetime
    """The minute's beginning, UTC."""
    viewers: int
    """As counted last."""
    peak: int


class Viewers:
    """The minute that runs."""

    def __init__(self) -> None:
        self._running: dict[RoomId, Sample] = {}

    @property
    def running(self) -> tuple[Sample, ...]:
        """The samples of the minute that runs, as far as it is."""
        return tuple(self._running.values())

    def receive_counts(self, counts: Mapping[RoomId, int], at: datetime) -> tuple[Sample, ...]:
        """Take how many are in each room now; return the samples of a minute that is over by that.

        Args:
            counts: of the rooms that somebody is in.
            at: the hub's clock, UTC.
        """
        minute = at.replace(second=0, microsecond=0)
        over = tuple(sample for sample in self._running.values() if sample.at != minute)
        if over:
            # Whoever was there when the minute ended is there in the next one, until counted otherwise.
            self._running = {one.room: replace(one, at=minute, peak=0) for one in over if one.viewers}
        for room in {*self._running, *counts}:
            viewers = counts.get(room, 0)
            before = self._running.get(room)
            peak = viewers if before is None else max(viewers, before.peak)
            self._running[room] = Sample(room, minute, viewers, peak)
        return over


def by_room(samples: Iterable[Sample]) -> tuple[RoomViewers, ...]:
    """Return samples room by room, the best visited one first.

    Args:
        samples: in the order of their minutes; the later one of two for the same minute continues it.
    """
    rooms: dict[RoomId, dict[datetime, ViewersMinute]] = {}
    for one in samples:
        minutes = rooms.setdefault(one.room, {})
        before = minutes.get(one.at)
        peak = one.peak if before is None else max(one.peak, before.peak)
        minutes[one.at] = ViewersMinute(one.at, one.viewers, peak)
    found = [_room(room, tuple(minutes.values())) for room, minutes in rooms.items()]
    return tuple(sorted(found, key=lambda room: (-room.peak, room.room)))


def _room(room: RoomId, minutes: tuple[ViewersMinute, ...]) -> RoomViewers:
    parts = read_room(room)
    assert parts is not None, "somebody was in it"
    best = max(minutes, key=lambda minute: minute.peak)
    return RoomViewers(room, parts.kind, best.peak, best.at, minutes)
