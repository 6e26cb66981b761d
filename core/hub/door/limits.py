"""Rate limits: token buckets, one a key (a client, an address, or everybody together).

Pure. A bucket holds `burst` at most and fills by `rate` a second. Guarantees that what is remembered is
bounded: a bucket that is full again is forgotten, and past `MAX_KEYS` the longest untouched one.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_KEYS = 10_000
"""Buckets that are remembered at a time."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of something is allowed."""

    per_second: float
    """How fast a bucket fills, above 0."""
    burst: float
    """What it holds when it is full, at least 1."""


class Limiter:
    """The buckets of one kind.

    Args:
        rate: of each bucket.
        max_keys: how many are remembered.
    """

    def __init__(self, rate: Rate, max_keys: int = MAX_KEYS) -> None:
        self._rate = rate
        self._max_keys = max_keys
        # What is in each bucket, and when that was so; the longest untouched one first.
        self._levels: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._levels)

    def wait(self, key: str, now: float, cost: float = 1.0) -> float:
        """Return after how many seconds `cost` is there; 0.0 when it is there now. Takes nothing.

        Args:
            key: whose bucket.
            now: monotonic seconds.
            cost: how much is wanted; more than a full bucket has is there when it is full.
        """
        missing = min(cost, self._rate.burst) - self._level(key, now)
        return max(0.0, missing / self._rate.per_second)

    def take(self, key: str, now: float, cost: float = 1.0) -> float:
        """Take `cost` out if it is there; return 0.0 if so, else after how many seconds it will be."""
        wait = self.wait(key, now, cost)
        if wait == 0.0:
            self._put(key, self._level(key, now) - cost, now)
        return wait

    def _level(self, key: str, now: float) -> float:
        level, at = self._levels.get(key, (self._rate.burst, now))
        return min(self._rate.burst, level + (now - at) * self._rate.per_second)

    def _put(self, key: str, level: float, now: float) -> None:
        self._levels.pop(key, None)
        self._levels[key] = (level, now)
        while self._levels:
            oldest = next(iter(self._levels))
            if len(self._levels) <= self._max_keys and self._level(oldest, now) < self._rate.burst:
                break
            del self._levels[oldest]
