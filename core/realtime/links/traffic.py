"""What flows over a link, in figures: round trips and messages a second.

Owns bounded windows of samples and their summaries; what they mean for the link is `pool`'s and `engine`'s
affair. Times are monotonic seconds. Nothing here grows with the length of the event.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from itertools import islice

RECENT_TRIPS = 5
"""How many round trips the median looks at: slow is said of a link after three slow ones, not of one."""
KEPT_TRIPS = 240
"""How many round trips the percentiles look at: twenty minutes of pings."""
SHOWN_TRIPS = 40
"""How many round trips a screen draws."""
RATE_SECONDS = 10
_SMOOTHING = 0.2


class Latency:
    """Round trips of one link, in seconds."""

    def __init__(self) -> None:
        self._trips: deque[float] = deque(maxlen=KEPT_TRIPS)
        self._offsets: deque[tuple[float, float]] = deque(maxlen=RECENT_TRIPS)
        self._sorted: list[float] | None = None
        """The trips in order of length; `None` until somebody asks: health is looked at with each frame."""
        self.smoothed: float | None = None
        """Exponentially weighted mean; `None` before the first round trip."""

    def add(self, trip: float, offset: float) -> None:
        """Take a sample.

        Args:
            trip: seconds from sending to the answer, at least 0.
            offset: the other side's clock less this one's at the middle of the trip, in seconds.
        """
        self._trips.append(trip)
        self._sorted = None
        self._offsets.append((trip, offset))
        before = trip if self.smoothed is None else self.smoothed
        self.smoothed = before + _SMOOTHING * (trip - before)

    @property
    def newest(self) -> float | None:
        """Return the newest round trip; `None` before the first."""
        return self._trips[-1] if self._trips else None

    @property
    def recent(self) -> tuple[float, ...]:
        """Return the newest `SHOWN_TRIPS` round trips, oldest first."""
        return tuple(islice(self._trips, max(0, len(self._trips) - SHOWN_TRIPS), None))

    @property
    def median(self) -> float | None:
        """Return the median of the last `RECENT_TRIPS`; `None` before the first."""
        return _at(sorted(trip for trip, _ in self._offsets), 0.5)

    @property
    def clock_offset(self) -> float:
        """Return the offset of the quickest of the last round trips, the least blurred; 0 without any."""
        return min(self._offsets, default=(0.0, 0.0))[1]

    def percentile(self, share: float) -> float | None:
        """Return the round trip that `share` (0 to 1) of those kept do not exceed; `None` without any."""
        if self._sorted is None:
            self._sorted = sorted(self._trips)
        return _at(self._sorted, share)


@dataclass(slots=True)
class Traffic:
    """What went over links, counted; changed by who counts."""

    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def add(self, other: Traffic) -> None:
        """Add what another counted."""
        self.messages_in += other.messages_in
        self.messages_out += other.messages_out
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out


class Rate:
    """Messages a second, over the last `RATE_SECONDS`."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()

    def add(self, now: float, messages: int = 1) -> None:
        """Count messages at `now`, which never goes back."""
        second = int(now)
        if self._seconds and self._seconds[-1][0] == second:
            messages += self._seconds.pop()[1]
        self._seconds.append((second, messages))
        self._drop(now)

    def per_second(self, now: float) -> float:
        """Return the mean over the window that ends at `now`."""
        self._drop(now)
        return sum(messages for _, messages in self._seconds) / RATE_SECONDS

    def _drop(self, now: float) -> None:
        while self._seconds and self._seconds[0][0] <= int(now) - RATE_SECONDS:
            self._seconds.popleft()


def _at(ordered: list[float], share: float) -> float | None:
    """Return the nearest-rank percentile of sorted samples."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
