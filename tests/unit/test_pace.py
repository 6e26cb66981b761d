"""Paces: events a minute, over the last few minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.ids import GLOBAL_ROOM, RoomId
from core.hub.rooms.pace import Paces
from tests.support.tournaments import NOON

MINUTE = timedelta(minutes=1)
OTHER = RoomId("tournament:cup")


def test_a_rate_is_taken_over_the_last_minutes() -> None:
    paces = Paces()
    for minute in range(10):
        paces.note(GLOBAL_ROOM, 6, NOON + minute * MINUTE)
    assert paces.rate(GLOBAL_ROOM, NOON + 10 * MINUTE) == 6
    assert paces.rate(OTHER, NOON + 10 * MINUTE) == 0


def test_the_minute_that_runs_counts_for_as_much_of_it_as_there_was() -> None:
    paces = Paces()
    paces.note(GLOBAL_ROOM, 4, NOON)
    paces.note(GLOBAL_ROOM, 7, NOON + MINUTE * 0.25)
    assert paces.rate(GLOBAL_ROOM, NOON + MINUTE * 0.5) == pytest.approx(11 / 5.5)


def test_what_happened_long_ago_counts_no_more() -> None:
    paces = Paces()
    paces.note(GLOBAL_ROOM, 5, NOON)
    assert paces.rate(GLOBAL_ROOM, NOON + 6 * MINUTE) == 0
    paces.note(OTHER, 5, NOON + 60 * MINUTE)
    assert paces.rate(GLOBAL_ROOM, NOON) == 0, "it is forgotten"
