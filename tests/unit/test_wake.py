"""The wake: a sleep is noticed by either clock, and nothing else is taken for one."""

from __future__ import annotations

from datetime import timedelta

from core.realtime.effects import Moment
from core.realtime.links.wake import Wake
from tests.support.moments import moment


def at(now: float, wall: float) -> Moment:
    return Moment(now, moment(0.0).at + timedelta(seconds=wall))


def test_a_device_that_looks_with_each_heartbeat_is_awake() -> None:
    wake = Wake(5.0)
    assert [wake.look(moment(now), linked=True) for now in (0.0, 5.0, 10.0, 20.0)] == [False] * 4


def test_a_sleep_in_which_the_monotonic_clock_stood_shows_by_the_wall_clock() -> None:
    wake = Wake(5.0)
    wake.look(at(100.0, 100.0), linked=False)
    assert wake.look(at(101.0, 3701.0), linked=False)
    assert not wake.look(at(102.0, 3702.0), linked=False), "it is told once"


def test_a_sleep_in_which_both_clocks_went_on_shows_by_a_missed_heartbeat() -> None:
    wake = Wake(5.0)
    wake.look(moment(100.0), linked=True)
    assert wake.look(moment(3700.0), linked=True)


def test_who_has_no_link_may_be_quiet_for_long() -> None:
    wake = Wake(5.0)
    wake.look(moment(100.0), linked=False)
    assert not wake.look(moment(130.0), linked=True)


def test_a_wall_clock_that_is_set_back_is_no_sleep() -> None:
    wake = Wake(5.0)
    wake.look(at(100.0, 3700.0), linked=False)
    assert not wake.look(at(101.0, 101.0), linked=False)
