"""Health: how good a link is, from 0 (useless) to 100 (perfect), and what it loses by what.

A live link starts from 100 and loses points by this formula; one that is not live has 0:

- latency: `40 * sqrt(min(1, t))`, t the smoothed round trip in seconds. The root tells near ones apart: 1 ms
  costs 1 point, 20 ms 6, 80 ms 11, 400 ms 25, a second all 40.
- tail: `20 * min(1, p / 2)`, p the 95th percentile of the round trips kept, in seconds.
- missed: 10 for each heartbeat in a row that is missing, at most 20.
- errors: 3 for each failure of its endpoint in a row, at most 15.
- youth: 5 at its birth, falling to 0 at the age of `MATURE_SECONDS`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.realtime.links.traffic import Latency

MATURE_SECONDS = 60.0
"""Age from which on a link's youth costs nothing."""


@dataclass(frozen=True, slots=True)
class HealthParts:
    """The points that a link loses, by what."""

    latency: float
    """0 to 40, by the smoothed round trip."""
    tail: float
    """0 to 20, by the slowest round trips."""
    missed: float
    """0 to 20, by heartbeats that are missing."""
    errors: float
    """0 to 15, by failures of its endpoint."""
    youth: float
    """0 to 5, by its age."""

    @property
    def score(self) -> float:
        """Return what is left of 100."""
        return 100.0 - self.latency - self.tail - self.missed - self.errors - self.youth


def health(latency: Latency, missed: int, failures: int, age: float) -> HealthParts:
    """Return what a live link loses.

    Args:
        latency: its round trips; a part is 0 before the first.
        missed: heartbeats in a row that are missing.
        failures: failures of its endpoint in a row.
        age: seconds since the hub welcomed it.
    """
    return HealthParts(
        latency=40 * math.sqrt(min(1.0, latency.smoothed or 0.0)),
        tail=20 * min(1.0, (latency.percentile(0.95) or 0.0) / 2),
        missed=10.0 * min(2, missed),
        errors=3.0 * min(5, failures),
        youth=5 * (1 - min(1.0, age / MATURE_SECONDS)),
    )
