"""Token buckets: what is allowed at once, how it fills again, and how little is remembered."""

from __future__ import annotations

from core.hub.door.limits import Limiter, Rate

RATE = Rate(per_second=2.0, burst=3.0)


def test_a_burst_passes_then_the_rate_counts() -> None:
    limiter = Limiter(RATE)
    assert [limiter.take("ann", 10.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert limiter.take("ann", 10.5) == 0.0
    assert limiter.take("ann", 10.5) == 0.5


def test_keys_do_not_feel_each_other() -> None:
    limiter = Limiter(RATE)
    for _ in range(3):
        limiter.take("ann", 0.0)
    assert limiter.take("bo", 0.0) == 0.0


def test_asking_takes_nothing() -> None:
    limiter = Limiter(RATE)
    assert limiter.wait("ann", 0.0, 3.0) == 0.0
    assert limiter.wait("ann", 0.0, 3.0) == 0.0
    limiter.take("ann", 0.0, 2.0)
    assert limiter.wait("ann", 0.0, 2.0) == 0.5


def test_what_is_larger_than_a_bucket_waits_for_a_full_one_and_is_paid_for_afterwards() -> None:
    limiter = Limiter(RATE)
    assert limiter.take("ann", 0.0, 9.0) == 0.0
    assert limiter.take("ann", 0.0) == 3.5
    assert limiter.take("ann", 3.5) == 0.0


def test_a_full_bucket_is_forgotten() -> None:
    limiter = Limiter(RATE)
    limiter.take("ann", 0.0)
    limiter.take("bo", 100.0)
    assert len(limiter) == 1


def test_the_longest_untouched_bucket_is_forgotten_when_there_are_too_many() -> None:
    limiter = Limiter(RATE, max_keys=2)
    for name in ("ann", "bo", "cy"):
        limiter.take(name, 0.0, 3.0)
    assert len(limiter) == 2
    assert limiter.take("ann", 0.0) == 0.0
    assert limiter.take("cy", 0.0) > 0.0


def test_a_cost_of_a_full_bucket_leaves_no_trace_once_nothing_is_missing() -> None:
    limiter = Limiter(RATE)
    assert limiter.take("ann", 0.0, 0.0) == 0.0
    assert len(limiter) == 0
