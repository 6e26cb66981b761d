"""A room: complete replays or snapshots, and who is in."""

from __future__ import annotations

import pytest

from core.domain.answers import Answer
from core.domain.ids import CommandId, Epoch, RoomId, tournament_room
from core.domain.state import Position
from core.hub.room import Room, Rooms
from core.wire.messages import Join, Problem, Replay, Snapshot
from tests.support.tournaments import EPOCH, league, point, record

PLAN = league()
EVENTS, STATE = record(PLAN, [point(PLAN, 1, "a") for _ in range(9)])
"""Eleven events: the tournament, the match's start, nine points."""
ROOM = tournament_room(PLAN.id)


def position(seq: int, *, command: str | None = None, epoch: str = EPOCH) -> Position:
    """Return the position at a seq; its own command unless another is named."""
    named = command or (EVENTS[seq - 1].command if 0 < seq <= len(EVENTS) else None)
    return Position(Epoch(epoch), seq, CommandId(named) if named else None)


def room(keep: int = 100) -> Room[str]:
    """Return a room that came to all events one by one."""
    made: Room[str] = Room(record(PLAN)[1], EVENTS[:1], keep)
    for event in EVENTS[1:]:
        made.advance(STATE, [event])
    return made


@pytest.mark.parametrize("seq", range(12))
def test_a_member_gets_every_event_after_its_position(seq: int) -> None:
    assert room().after(position(seq)) == EVENTS[seq:]


@pytest.mark.parametrize(
    "unusable",
    [
        None,
        position(5, epoch="another"),
        position(5, command="another"),
        position(12),
        position(-1),
    ],
)
def test_a_position_that_is_not_of_this_log_gets_no_events(unusable: Position | None) -> None:
    assert room().after(unusable) is None


def test_a_position_older_than_what_is_kept_gets_no_part_of_a_replay() -> None:
    kept = room(keep=4)
    assert kept.after(position(0)) is None
    assert kept.after(position(2)) is None
    assert kept.after(position(9)) == EVENTS[9:]


def test_the_events_kept_are_bounded() -> None:
    kept = room(keep=4)
    recent = [seq for seq in range(12) if kept.after(position(seq)) is not None]
    assert 4 <= len(recent) <= 6


def test_a_complete_replay_recovers_and_anything_else_is_a_snapshot() -> None:
    answers = (Answer(id=CommandId("c9"), outcome="accepted", epoch=EPOCH, seq=11),)
    assert room().welcome(position(9), answers) == Replay(ROOM, EPOCH, EVENTS[9:], answers)
    assert room().welcome(None, answers) == Snapshot(ROOM, STATE, answers)


def test_a_member_that_saw_what_the_hub_lacks_is_noticed() -> None:
    assert room().contradicts(position(12))
    assert room().contradicts(position(11, command="other"))
    assert not room().contradicts(position(11))
    assert not room().contradicts(position(12, epoch="another"))
    assert not room().contradicts(position(0))
    assert not room().contradicts(None)
    assert not room(keep=4).contradicts(position(1, command="forgotten"))


def test_members_join_once_and_leave() -> None:
    rooms: Rooms[str] = Rooms()
    rooms.open(STATE, EVENTS)
    found = rooms.room(PLAN.id)
    assert found is not None
    for _ in range(2):
        assert isinstance(rooms.join(Join(ROOM), (), "ann"), Snapshot)
    assert isinstance(rooms.join(Join(ROOM, position(11)), (), "bo"), Replay)
    assert found.members == {"ann", "bo"}
    assert rooms.leave(ROOM, "ann") is None
    assert found.members == {"bo"}
    rooms.forget("bo")
    assert found.members == set()


@pytest.mark.parametrize("name", ["tournament:nowhere", "league", "global", "", "match:league.m001"])
def test_a_room_that_is_not_there_is_a_problem(name: str) -> None:
    rooms: Rooms[str] = Rooms()
    rooms.open(STATE, EVENTS)
    joined = rooms.join(Join(RoomId(name)), (), "ann")
    assert isinstance(joined, Problem)
    assert (joined.code, joined.room) == ("no_such_room", name)
    assert isinstance(rooms.leave(RoomId(name), "ann"), Problem)


def test_the_listing_shows_where_each_tournament_stands() -> None:
    rooms: Rooms[str] = Rooms()
    rooms.open(STATE, EVENTS)
    (listing,) = rooms.listings()
    assert (listing.id, listing.epoch, listing.seq) == (PLAN.id, EPOCH, 11)
    assert rooms.room(league(name="other").id) is None
