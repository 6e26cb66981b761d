"""The rooms that a tournament has: which they are, which there are not, and what people call them."""

from __future__ import annotations

import pytest

from core.domain.ids import RoomId, read_room
from core.domain.rooms import room_exists, room_name, rooms_of
from tests.support.tournaments import fold, league

STATE = fold(league(3))


def test_a_tournament_has_all_its_rooms_from_the_beginning() -> None:
    rooms = rooms_of(STATE)
    assert rooms[:3] == ("tournament:league", "tournament:league:presence", "tournament:league:admin")
    assert "tournament:league:role:moderator" in rooms
    assert "tournament:league:team:b" in rooms
    assert rooms[-1] == "match:league.m003"
    assert all((parts := read_room(room)) is not None and room_exists(STATE, parts) for room in rooms)


@pytest.mark.parametrize(
    "room", ["tournament:cup", "tournament:league:team:z", "match:league.m099", "match:cup.m001", "global"]
)
def test_a_room_of_another_tournament_match_or_team_is_none_of_its_rooms(room: str) -> None:
    parts = read_room(RoomId(room))
    assert parts is not None
    assert not room_exists(STATE, parts)


@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("tournament:league", "League"),
        ("tournament:league:presence", "Presence"),
        ("tournament:league:admin", "Admins"),
        ("tournament:league:role:moderator", "All scorekeepers"),
        ("tournament:league:team:b", "Team B"),
        ("match:league.m002", "M002"),
    ],
)
def test_people_have_a_name_for_every_room(room: str, name: str) -> None:
    parts = read_room(RoomId(room))
    assert parts is not None
    assert room_name(STATE, parts) == name
