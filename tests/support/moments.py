"""Moments and chance for tests of the machines: a clock that stands still, dice that fall as told."""

from __future__ import annotations

from datetime import timedelta

from core.realtime.effects import Moment
from tests.support.tournaments import NOON


def moment(now: float) -> Moment:
    """Return the moment `now` seconds after noon, monotonic zero."""
    return Moment(now, NOON + timedelta(seconds=now))


class Fixed:
    """Dice that always show the same.

    Args:
        value: what they show, from 0 up to but not including 1.
    """

    def __init__(self, value: float = 0.5) -> None:
        self.value = value

    def random(self) -> float:
        """Return the one number."""
        return self.value
