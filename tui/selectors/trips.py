"""Round trips over the last hour, one sample a second for each endpoint, and how they are drawn.

Owns the samples of this console's own links; durations are seconds. Guarantees that an hour of samples is
kept and no more, and that a second without an answer is drawn as a loss, not as a gap.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core import LinkView

KEPT = 3600
"""Samples of an endpoint."""
LOST = math.inf
"""A second in which a link that should answer did not."""
LEVELS = (0.05, 0.1, 0.5, 2.0)
"""Upper bounds of the graph's rows, in seconds, the lowest first: a logarithm, near enough to read."""
_BARS = " ▁▂▃▄▅▆▇█"
_ASCII = " .:-=+*#@"
_OPEN = ("live", "slow")


class Trips:
    """The samples of all endpoints."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[tuple[float, float]]] = {}
        self._noted_at = float("-inf")

    def note(self, links: Iterable[LinkView], now: float) -> None:
        """Take a sample of every link, at most one a second."""
        if now - self._noted_at < 1.0:
            return
        self._noted_at = now
        for link in links:
            kept = self._samples.setdefault(link.endpoint, deque(maxlen=KEPT))
            if link.state in _OPEN and link.latency is not None:
                kept.append((now, link.latency))
            elif kept:
                kept.append((now, LOST))

    def window(self, endpoint: str, seconds: float, columns: int, now: float) -> tuple[float | None, ...]:
        """Return the slowest trip of each of `columns` equal parts of the window; `None` for none."""
        parts: list[float | None] = [None] * columns
        for at, trip in self._samples.get(endpoint, ()):
            place = int((at - (now - seconds)) / seconds * columns) if at <= now else columns
            if 0 <= place < columns:
                before = parts[place]
                parts[place] = trip if before is None else max(before, trip)
        return tuple(parts)

    def percentiles(self, endpoint: str, seconds: float, now: float) -> Mapping[str, float]:
        """Return `p50`, `p95`, `p99` and `max` of the window; empty without a sample."""
        trips = sorted(
            trip for at, trip in self._samples.get(endpoint, ()) if at > now - seconds and trip != LOST
        )
        if not trips:
            return {}
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        return {name: trips[min(len(trips) - 1, int(share * len(trips)))] for name, share in shares.items()}


def spark(parts: Iterable[float | None], *, ascii: bool) -> str:
    """Return round trips as one row of bars; `x` for a loss."""
    bars = _ASCII if ascii else _BARS
    return "".join(_bar(part, bars) for part in parts)


def graph(parts: tuple[float | None, ...], *, ascii: bool) -> tuple[str, ...]:
    """Return round trips as rows of a graph, the highest first, one for each of `LEVELS`."""
    block = "|" if ascii else "█"
    rows = []
    for number, bound in reversed(tuple(enumerate(LEVELS))):
        below = LEVELS[number - 1] if number else 0.0
        row = "".join(_cell(part, below, block, bottom=number == 0) for part in parts)
        rows.append(f"{_label(bound):>6} |{row}")
    return tuple(rows)


def told(seconds: float | None) -> str:
    """Return a round trip in words of a column: `42 ms`, `1.8 s`, `-`."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _label(bound: float) -> str:
    return f"{bound:g} s"


def _bar(part: float | None, bars: str) -> str:
    if part is None:
        return bars[0]
    if part == LOST:
        return "x"
    # A millisecond is the lowest bar, two seconds the highest.
    height = (math.log10(max(part, 0.001)) + 3) / (math.log10(2.0) + 3)
    return bars[max(1, min(len(bars) - 1, math.ceil(height * (len(bars) - 1))))]


def _cell(part: float | None, below: float, block: str, *, bottom: bool) -> str:
    if part is None:
        return " "
    if part == LOST:
        return "x" if bottom else " "
    return block if part > below else " "
