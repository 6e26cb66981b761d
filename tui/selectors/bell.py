"""The bell: which alerts ops have, which of them somebody has seen, and when it rings.

A machine: `advance(bell, ...)` gives the next value. Times are monotonic seconds. It rings at most once in
`PAUSE`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

PAUSE = 10.0
"""Seconds between two rings."""


@dataclass(frozen=True, slots=True)
class Bell:
    """What was heard of so far."""

    alerts: frozenset[str] = frozenset()
    """The alerts of the newest moment."""
    seen: frozenset[str] = frozenset()
    """Those of them that somebody has acknowledged: they stay listed."""
    calls: int = 0
    """How often the link and this device's entries have asked for the bell."""
    rang_at: float | None = None
    rings: int = 0
    """How often it rang."""

    def acknowledge(self, alerts: frozenset[str]) -> Bell:
        """Return the bell with alerts that somebody has seen."""
        return replace(self, seen=self.seen | alerts)


def advance(bell: Bell, alerts: frozenset[str], calls: int, now: float, *, ops: bool) -> Bell:
    """Return the bell after a moment.

    Args:
        bell: as it was.
        alerts: all that there are now; one that is over may come, and ring, again.
        calls: how often the link and this device's entries have asked for it so far.
        now: the time.
        ops: whether alerts are for this person.
    """
    due = calls > bell.calls or (ops and bool(alerts - bell.alerts))
    bell = replace(bell, alerts=alerts, seen=bell.seen & alerts, calls=calls)
    if not due or (bell.rang_at is not None and now - bell.rang_at < PAUSE):
        return bell
    return replace(bell, rang_at=now, rings=bell.rings + 1)
