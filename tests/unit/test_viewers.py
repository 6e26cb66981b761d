"""Viewers: one sample a minute and room, and none for rooms that stay empty."""

from __future__ import annotations

from datetime import timedelta

from core.domain.ids import RoomId
from core.hub.rooms.viewers import Sample, Viewers, by_room
from tests.support.tournaments import NOON

CUP, FINAL = RoomId("tournament:cup"), RoomId("match:cup.m003")
MINUTE = timedelta(minutes=1)


def test_a_minute_is_told_when_the_next_one_begins() -> None:
    viewers = Viewers()
    assert viewers.receive_counts({CUP: 2}, NOON + timedelta(seconds=5)) == ()
    assert viewers.receive_counts({CUP: 5}, NOON + timedelta(seconds=10)) == ()
    assert viewers.receive_counts({CUP: 3}, NOON + timedelta(seconds=59)) == ()
    assert viewers.receive_counts({CUP: 4}, NOON + MINUTE) == (Sample(CUP, NOON, 3, 5),)
    assert viewers.running == (Sample(CUP, NOON + MINUTE, 4, 4),)


def test_a_room_that_empties_is_told_as_empty_once() -> None:
    viewers = Viewers()
    viewers.receive_counts({CUP: 1, FINAL: 1}, NOON)
    viewers.receive_counts({CUP: 1}, NOON + MINUTE)
    [cup, final] = sorted(viewers.receive_counts({CUP: 1}, NOON + 2 * MINUTE), key=lambda one: -one.viewers)
    assert (cup.room, final) == (CUP, Sample(FINAL, NOON + MINUTE, 0, 0))
    assert [one.room for one in viewers.running] == [CUP]


def test_rooms_are_told_by_their_best_minute() -> None:
    found = by_room(
        [Sample(CUP, NOON, 2, 3), Sample(FINAL, NOON, 9, 9), Sample(CUP, NOON + MINUTE, 1, 3)],
    )
    assert [(room.room, room.type, room.peak) for room in found] == [
        (FINAL, "match", 9),
        (CUP, "tournament", 3),
    ]
    assert found[1].peak_at == NOON
    assert [minute.viewers for minute in found[1].minutes] == [2, 1]


def test_a_minute_that_a_restart_divided_is_one() -> None:
    [room] = by_room([Sample(CUP, NOON, 2, 7), Sample(CUP, NOON, 1, 1)])
    [minute] = room.minutes
    assert (minute.viewers, minute.peak) == (1, 7)
