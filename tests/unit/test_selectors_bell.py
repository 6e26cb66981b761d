"""The bell rings for what is new, for whom it concerns, at most once in ten seconds."""

from __future__ import annotations

from tui.selectors.bell import Bell, advance

NONE: frozenset[str] = frozenset()
SLOW = frozenset({"slow ws://a"})
BOTH = SLOW | {"lost laptop-4"}


def test_an_alert_rings_once_for_ops() -> None:
    bell = advance(Bell(), SLOW, 0, 100, ops=True)
    assert bell.rings == 1
    assert advance(bell, SLOW, 0, 200, ops=True).rings == 1


def test_others_hear_nothing_of_alerts() -> None:
    assert advance(Bell(), BOTH, 0, 100, ops=False).rings == 0


def test_whatever_calls_it_rings_at_most_once_in_ten_seconds() -> None:
    bell = advance(Bell(), SLOW, 0, 100, ops=True)
    bell = advance(bell, BOTH, 0, 104, ops=True)
    bell = advance(bell, BOTH, 1, 109, ops=True)
    assert bell.rings == 1
    assert advance(bell, BOTH, 2, 110, ops=True).rings == 2


def test_an_alert_that_comes_back_rings_again_and_is_no_longer_acknowledged() -> None:
    bell = advance(Bell(), SLOW, 0, 100, ops=True).acknowledge(SLOW)
    assert bell.seen == SLOW
    over = advance(bell, NONE, 0, 120, ops=True)
    again = advance(over, SLOW, 0, 140, ops=True)
    assert (again.seen, again.rings) == (NONE, 2)
