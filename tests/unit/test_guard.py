"""The guard against double presses: a bounce counts once, and presses that came late all count."""

from __future__ import annotations

from tui.guard import Guard


def pressed(guard: Guard, *presses: tuple[str, float]) -> list[bool]:
    """Return which presses count, each handled at once."""
    counts = []
    for key, at in presses:
        guard = guard.press(key, at, at)
        counts.append(guard.counts)
    return counts


def test_presses_apart_all_count() -> None:
    assert pressed(Guard(), ("a", 1.0), ("a", 1.061), ("a", 1.2)) == [True, True, True]


def test_a_bounce_counts_once() -> None:
    assert pressed(Guard(), ("a", 1.0), ("a", 1.03)) == [True, False]


def test_a_key_held_down_counts_once() -> None:
    assert pressed(Guard(), *(("a", 1 + number * 0.03) for number in range(10))).count(True) == 1


def test_another_key_is_no_bounce() -> None:
    assert pressed(Guard(), ("a", 1.0), ("l", 1.01), ("a", 1.02)) == [True, True, True]


def test_presses_that_waited_in_a_late_loop_all_count() -> None:
    guard = Guard()
    for at in (1.0, 1.01, 1.02):
        guard = guard.press("a", at, 1.5)
        assert guard.counts


def test_presses_read_together_after_the_program_stood_still_all_count() -> None:
    guard = Guard().beat(4.0, resumed=True).beat(4.05).beat(4.3)
    assert pressed(guard, ("a", 4.29), ("a", 4.31), ("a", 4.33)) == [True, True, True]
    assert pressed(guard, ("a", 4.5), ("a", 4.51)) == [True, False]


def test_beats_in_time_and_the_first_after_a_rest_leave_the_guard_on() -> None:
    guard = Guard().beat(4.0, resumed=True)
    for number in range(1, 10):
        guard = guard.beat(4.0 + number * 0.06)
    assert pressed(guard, ("a", 4.6), ("a", 4.61)) == [True, False]
    rested = guard.beat(60.0, resumed=True)
    assert pressed(rested, ("a", 60.0), ("a", 60.01)) == [True, False]


def test_the_guard_can_be_off() -> None:
    assert pressed(Guard(0), ("a", 1.0), ("a", 1.0)) == [True, True]
