"""The guard against double presses: a key that bounces or is held down counts once.

A machine: times are monotonic seconds. Presses that arrive together because the program ran late were real
ones, so the guard is off for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

PULSE = 0.05
"""Seconds between two beats of a program that gets its turns."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The last press, and whether the one before it was let through."""

    within: float = 0.06
    """A second press of the same key within so many seconds does not count; 0 for never. A program that stood
    still for as long may have pushed two presses together, so the guard is off for those."""
    key: str = ""
    pressed_at: float = float("-inf")
    beat_at: float = float("inf")
    """When the newest beat came."""
    late_until: float = float("-inf")
    """Presses before this moment may have waited: the time between two of them says nothing."""
    counts: bool = True
    """Whether the newest press counts."""

    def press(self, key: str, pressed_at: float, handled_at: float) -> Guard:
        """Return the guard after a press: `counts` says what becomes of it.

        Args:
            key: which key.
            pressed_at: when the press reached the program.
            handled_at: when the loop came to it.
        """
        late = handled_at - pressed_at > self.within or pressed_at < self.late_until
        bounce = key == self.key and pressed_at - self.pressed_at < self.within
        return replace(self, key=key, pressed_at=pressed_at, counts=late or not bounce)

    def beat(self, now: float, *, resumed: bool = False) -> Guard:
        """Return the guard after a beat; one that is late shows that the program stood still.

        Args:
            now: when it came.
            resumed: whether it is the first after a rest, and cannot be late.
        """
        late = not resumed and now - self.beat_at > PULSE + self.within
        return replace(self, beat_at=now, late_until=now + PULSE + self.within if late else self.late_until)
