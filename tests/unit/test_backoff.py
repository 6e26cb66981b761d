"""Backoff: full jitter, doubled with each failure, capped."""

from __future__ import annotations

from random import Random

from core.realtime.links.backoff import backoff
from tests.support.moments import Fixed


def test_the_longest_wait_doubles_up_to_the_cap() -> None:
    waits = [backoff(failures, 1.0, 30.0, Fixed(0.5)) for failures in range(7)]
    assert waits == [0.5, 1, 2, 4, 8, 15, 15]


def test_jitter_is_full() -> None:
    dice = Random(1)
    waits = [backoff(3, 1.0, 30.0, dice) for _ in range(1000)]
    assert min(waits) < 0.1
    assert 7.9 < max(waits) < 8.0


def test_no_count_of_failures_is_too_much() -> None:
    assert backoff(10_000, 1.0, 30.0, Fixed(0.9)) == 27.0
