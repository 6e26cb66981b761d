"""How fast events come in a room: counted by the minute, over the last few minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.ids import RoomId

MINUTES = 5
"""Minutes over which a rate is taken."""


class Paces:
    """The rates of many rooms; one in which nothing happened of late costs nothing."""

    def __init__(self) -> None:
        self._counts: dict[int, dict[RoomId, int]] = {}

    def note(self, room: RoomId, count: int, at: datetime) -> None:
        """Count events of a room."""
        minute = _minute(at)
        if minute not in self._counts:
            self._forget(minute)
        counts = self._counts.setdefault(minute, {})
        counts[room] = counts.get(room, 0) + count

    def rate(self, room: RoomId, at: datetime) -> float:
        """Return a room's events a minute, over the last `MINUTES` whole minutes and the one that runs."""
        oldest = _minute(at) - MINUTES
        told = sum(counts.get(room, 0) for minute, counts in self._counts.items() if minute >= oldest)
        seconds = MINUTES * 60 + at.timestamp() % 60
        return told * 60 / seconds

    def _forget(self, minute: int) -> None:
        for old in [known for known in self._counts if known < minute - MINUTES]:
            del self._counts[old]


def _minute(at: datetime) -> int:
    return int(at.timestamp() // 60)
