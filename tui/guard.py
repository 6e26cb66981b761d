"""The guard against double presses: a key that bounces or is held down counts once.

A machine: times are monotonic seconds. Presses that arrive together because the program ran late were real
ones, so the guard is off for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

LATE = 0.06
"""Seconds between a press and its handling from which on the loop ran late."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The last press, and whether the one before it was let through."""

    within: float = 0.06
    """A second press of the same key within so many seconds does not count; 0 for never."""
    key: str = ""
    pressed_at: float = float("-inf")
    late_until: float = float("-inf")
    """Presses made before this moment waited in a loop that ran late."""
    counts: bool = True
    """Whether the newest press counts."""

    def press(self, key: str, pressed_at: float, handled_at: float) -> Guard:
        """Return the guard after a press: `counts` says what becomes of it.

        Args:
            key: which key.
            pressed_at: when the press reached the program.
            handled_at: when the loop came to it.
        """
        late = handled_at - pressed_at > LATE or pressed_at < self.late_until
        bounce = key == self.key and pressed_at - self.pressed_at < self.within
        return replace(self, key=key, pressed_at=pressed_at, counts=late or not bounce)

    def ran_late(self, now: float) -> Guard:
        """Return the guard after the loop noticed at `now` that it had stood still."""
        return replace(self, late_until=now + LATE)
