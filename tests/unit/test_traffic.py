"""Traffic: bounded figures of round trips and rates."""

from __future__ import annotations

import pytest

from core.realtime.links.traffic import KEPT_TRIPS, SHOWN_TRIPS, Latency, Rate, Traffic


def test_before_the_first_round_trip_nothing_is_known() -> None:
    latency = Latency()
    assert (latency.newest, latency.median, latency.smoothed, latency.percentile(0.5)) == (None,) * 4
    assert latency.clock_offset == 0


def test_the_median_looks_at_the_last_five() -> None:
    latency = Latency()
    for trip in (9.0, 9.0, 9.0, 0.3, 0.1, 0.2, 0.5, 0.4):
        latency.add(trip, 0.0)
    assert latency.median == 0.3
    assert latency.newest == 0.4


def test_percentiles_are_those_of_a_bounded_window() -> None:
    latency = Latency()
    latency.add(100.0, 0.0)
    for number in range(KEPT_TRIPS):
        latency.add((number % 100 + 1) / 100, 0.0)
    assert latency.percentile(0.99) is not None
    assert latency.percentile(1.0) == 1.0
    assert latency.percentile(0.0) == 0.01


def test_the_smoothed_round_trip_follows_slowly() -> None:
    latency = Latency()
    latency.add(0.1, 0.0)
    assert latency.smoothed == 0.1
    latency.add(1.1, 0.0)
    assert latency.smoothed == pytest.approx(0.3)


def test_the_clock_offset_is_that_of_the_quickest_round_trip() -> None:
    latency = Latency()
    latency.add(0.5, 3.0)
    latency.add(0.1, 2.0)
    latency.add(0.9, 9.0)
    assert latency.clock_offset == 2.0


def test_a_rate_is_the_mean_of_ten_seconds() -> None:
    rate = Rate()
    assert rate.per_second(0.0) == 0
    rate.add(100.1)
    rate.add(100.9, 4)
    rate.add(105.0, 5)
    assert rate.per_second(105.0) == 1.0
    assert rate.per_second(110.0) == 0.5
    assert rate.per_second(115.0) == 0


def test_seconds_that_have_passed_take_no_room() -> None:
    rate = Rate()
    rate.add(0.0, 100)
    rate.add(1000.0, 10)
    assert rate.per_second(1000.0) == 1.0


def test_the_newest_round_trips_are_kept_for_drawing() -> None:
    latency = Latency()
    assert latency.recent == ()
    for trip in range(SHOWN_TRIPS + 5):
        latency.add(float(trip), 0.0)
    assert latency.recent == tuple(float(trip) for trip in range(5, SHOWN_TRIPS + 5))


def test_what_went_over_several_links_is_added_up() -> None:
    total = Traffic(1, 2, 3, 4)
    total.add(Traffic(10, 20, 30, 40))
    assert total == Traffic(11, 22, 33, 44)
