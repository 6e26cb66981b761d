"""Health: what a link loses by what."""

from __future__ import annotations

import pytest

from core.realtime.links.health import MATURE_SECONDS, HealthParts, health
from core.realtime.links.traffic import Latency


def trips(*seconds: float) -> Latency:
    latency = Latency()
    for trip in seconds:
        latency.add(trip, 0.0)
    return latency


def test_an_old_link_of_which_nothing_bad_is_known_is_perfect() -> None:
    assert health(Latency(), 0, 0, MATURE_SECONDS) == HealthParts(0, 0, 0, 0, 0)
    assert health(Latency(), 0, 0, 2 * MATURE_SECONDS).score == 100


@pytest.mark.parametrize(
    ("trip", "loss"), [(0.001, 1.3), (0.02, 5.7), (0.08, 11.3), (0.4, 25.3), (9.0, 40.0)]
)
def test_each_round_trip_costs_by_its_root(trip: float, loss: float) -> None:
    assert health(trips(trip), 0, 0, MATURE_SECONDS).latency == pytest.approx(loss, abs=0.05)


def test_the_slowest_round_trips_cost_besides() -> None:
    assert health(trips(*[0.0] * 19, 1.0), 0, 0, MATURE_SECONDS).tail == 0
    assert health(trips(*[0.0] * 9, 1.0), 0, 0, MATURE_SECONDS).tail == pytest.approx(10)
    assert health(trips(9.0), 0, 0, MATURE_SECONDS).tail == 20


def test_silence_failures_and_youth_cost_up_to_their_bounds() -> None:
    assert [health(Latency(), missed, 0, 60.0).missed for missed in (0, 1, 2, 9)] == [0, 10, 20, 20]
    assert [health(Latency(), 0, failures, 60.0).errors for failures in (0, 1, 5, 9)] == [0, 3, 15, 15]
    assert [health(Latency(), 0, 0, age).youth for age in (0.0, 30.0, 60.0, 99.0)] == [5, 2.5, 0, 0]


def test_the_worst_link_has_nothing_left() -> None:
    assert health(trips(9.0), 9, 9, 0.0).score == 0
