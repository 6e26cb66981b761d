"""Backoff: how long to wait before the next attempt. Pure; chance comes from an injected generator."""

from __future__ import annotations

from typing import Protocol


class Dice(Protocol):
    """Where chance comes from; `random.Random` is one."""

    def random(self) -> float:
        """Return a number from 0 up to but not including 1."""
        ...


def backoff(failures: int, first: float, cap: float, dice: Dice) -> float:
    """Return the wait before the next attempt: full jitter, U(0, min(cap, first * 2 ** failures)).

    Args:
        failures: failed attempts in a row before the last one, at least 0.
        first: longest first wait, in seconds.
        cap: longest wait of all, in seconds.
        dice: where chance comes from.
    """
    return dice.random() * min(cap, first * 2.0 ** min(failures, 64))
