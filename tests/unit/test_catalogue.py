"""The catalogue of rooms: what somebody may know of, with its figures, as it is asked for."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.domain.ids import (
    GLOBAL_ROOM,
    Epoch,
    RoomId,
    TeamId,
    TournamentId,
    admin_room,
    match_room,
    presence_room,
    team_room,
    tournament_room,
)
from core.errors import BadInput
from core.hub.door.access import READER, TRUSTED, Pass
from core.hub.rooms.catalogue import Catalogue, RoomQuery, read_query
from core.hub.rooms.pace import Paces
from core.hub.rooms.room import Rooms
from core.hub.rooms.side import SideHead, Sides, SideTail
from core.wire.rooms import RoomInfo
from tests.support.tournaments import NOON, league, match, point, record

PLAN = league(3)
EVENTS, STATE = record(PLAN, [point(PLAN, 1, "a")])
ROOM, MATCH, THERE = tournament_room(PLAN.id), match_room(match(PLAN, 1)), presence_room(PLAN.id)
REDS, ADMINS = team_room(PLAN.id, TeamId("a")), admin_room(PLAN.id)
COUNTS = {ROOM: 3, REDS: 1}


def catalogue() -> Catalogue:
    rooms = Rooms()
    rooms.open(STATE, EVENTS)
    sides = Sides(lambda _: SideTail(Epoch(""), ()))
    sides.restart([SideHead(REDS, Epoch("s"), 4, NOON, EVENTS[-1].received_at)])
    paces = Paces()
    paces.note(ROOM, 10, NOON)
    return Catalogue(rooms, sides, lambda room: COUNTS.get(room, 0), lambda _: 2, paces)


def found(pass_: Pass = TRUSTED, at: datetime = NOON, **query: object) -> dict[RoomId, RoomInfo]:
    infos = catalogue().find(RoomQuery(**query), pass_, at)  # type: ignore[arg-type]
    return {info.id: info for info in infos}


def test_an_admin_finds_every_room() -> None:
    rooms = found()
    assert {info.type for info in rooms.values()} == {"tournament", "match", "presence", "private", "global"}
    assert len(rooms) == 3 + 4 + 3 + 3 + 1


def test_each_room_has_its_figures() -> None:
    rooms = found()
    last_at = EVENTS[-1].received_at
    main, match_, there, reds = (rooms[id] for id in (ROOM, MATCH, THERE, REDS))
    assert (main.members, main.events, main.event_rate, main.created_at) == (3, 3, 2.0, NOON)
    assert (main.tournament, main.metadata.name, main.last_activity) == (PLAN.id, "League", last_at)
    assert (match_.events, match_.metadata.name, match_.metadata.match) == (2, "M001", match(PLAN, 1))
    assert (there.members, there.events, there.last_activity) == (2, 0, None)
    assert (reds.members, reds.events, reds.last_activity, reds.created_at) == (1, 4, last_at, NOON)
    assert (reds.metadata.name, reds.metadata.team) == ("Team A", "a")
    assert (rooms[ADMINS].events, rooms[ADMINS].last_activity) == (0, None)
    everybody = rooms[GLOBAL_ROOM]
    assert (everybody.tournament, everybody.created_at, everybody.metadata.name) == (None, None, "Everybody")


def test_the_room_of_everybody_is_as_old_as_its_first_event() -> None:
    made = catalogue()
    made.sides.restart([SideHead(GLOBAL_ROOM, Epoch("s"), 1, NOON, NOON)])
    (info,) = made.find(RoomQuery(type="global"), TRUSTED, NOON)
    assert (info.events, info.created_at) == (1, NOON)


def test_nobody_finds_a_private_room_of_others() -> None:
    assert "private" not in {info.type for id, info in found(READER).items() if "role" not in id}
    assert REDS in found(Pass("p", "Bo", "participant", team=TeamId("a")))
    assert ADMINS not in found(Pass("p", "Bo", "participant", team=TeamId("a")))


def test_nobody_finds_rooms_of_a_tournament_that_the_pass_is_not_for() -> None:
    elsewhere = Pass("p", "Cy", "admin", frozenset([TournamentId("other")]))
    assert list(found(elsewhere)) == [GLOBAL_ROOM]
    assert found(Pass("p", "Cy", "admin", standing="expired")) == {}


def test_rooms_are_found_by_kind_by_name_and_by_whether_somebody_is_in() -> None:
    assert all(info.type == "match" for info in found(type="match").values())
    assert list(found(search="TEAM a")) == [REDS]
    assert list(found(search=":team:a")) == [REDS]
    assert set(found(has_members=True)) == {ROOM, THERE, REDS}
    assert ROOM not in found(has_members=False)


def test_a_query_is_read_from_its_parameters() -> None:
    assert read_query({}) == RoomQuery()
    asked = {"type": "match", "search": "m0", "has_members": "True"}
    assert read_query(asked) == RoomQuery("match", "m0", True)
    assert read_query({"has_members": "0"}) == RoomQuery(has_members=False)


@pytest.mark.parametrize("wrong", [{"type": "secret"}, {"has_members": "maybe"}])
def test_a_query_that_asks_for_nothing_there_is_says_what_there_is(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=r"type is one of tournament, match|has_members is true or false"):
        read_query(wrong)
