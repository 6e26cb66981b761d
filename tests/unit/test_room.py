"""A room: complete replays or snapshots, of a tournament and of each of its matches."""

from __future__ import annotations

import pytest

from core.domain.answers import Answer
from core.domain.commands import Broadcast
from core.domain.events import BroadcastSent
from core.domain.ids import CommandId, DeviceId, Epoch, RoomId, match_room, read_room, tournament_room
from core.domain.state import Position
from core.hub.rooms.room import Room, Rooms, no_room
from core.wire.messages import Replay, Snapshot
from tests.support.tournaments import DEVICE, EPOCH, NOON, league, match, point, record

PLAN = league()
EVENTS, STATE = record(PLAN, [point(PLAN, 1, "a") for _ in range(9)])
"""Eleven events: the tournament, the match's start, nine points."""
ROOM = tournament_room(PLAN.id)
M1 = match(PLAN, 1)
OTHER = DeviceId("laptop-2")


def position(at: int, *, command: str | None = None, epoch: str = EPOCH, seq: int | None = None) -> Position:
    """Return the position at an event; its own seq and command unless others are named."""
    named = command or (EVENTS[at - 1].command if 0 < at <= len(EVENTS) else None)
    return Position(Epoch(epoch), at if seq is None else seq, CommandId(named) if named else None)


def room(keep: int = 100) -> Room:
    """Return a room that came to all events one by one."""
    made = Room(record(PLAN)[1], EVENTS[:1], keep)
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
    assert room().welcome(position(9), answers, DEVICE) == Replay(ROOM, EPOCH, EVENTS[9:], answers)
    assert room().welcome(None, answers, DEVICE) == Snapshot(ROOM, STATE, answers)


def test_a_member_that_saw_what_the_hub_lacks_is_noticed() -> None:
    assert room().contradicts(position(12))
    assert room().contradicts(position(11, command="other"))
    assert not room().contradicts(position(11))
    assert not room().contradicts(position(12, epoch="another"))
    assert not room().contradicts(position(0))
    assert not room().contradicts(None)
    assert not room(keep=4).contradicts(position(1, command="forgotten"))


def test_a_matchs_room_is_the_log_filtered_and_its_seqs_are_versions() -> None:
    own = EVENTS[1:]
    assert [event.version for event in own] == list(range(1, 11))
    for version in range(1, 11):
        assert room().after_in(M1, position(version + 1, seq=version)) == own[version:]
    assert room().after_in(M1, Position(EPOCH, 0)) == own
    assert room().welcome_in(M1, Position(EPOCH, 0), ()) == Replay(match_room(M1), EPOCH, own)


@pytest.mark.parametrize(
    "unusable",
    [
        None,
        Position(Epoch("another"), 0),
        Position(EPOCH, 11, EVENTS[-1].command),
        Position(EPOCH, -1),
        Position(EPOCH, 3, CommandId("another")),
    ],
)
def test_a_position_that_is_not_of_the_match_gets_it_as_it_stands(unusable: Position | None) -> None:
    welcome = room().welcome_in(M1, unusable, ())
    assert isinstance(welcome, Snapshot)
    assert welcome.room == match_room(M1)
    assert dict(welcome.state.matches) == {M1: STATE.matches[M1]}


def test_a_match_of_which_not_all_is_kept_gets_no_part_of_a_replay() -> None:
    kept = room(keep=4)
    assert kept.after_in(M1, Position(EPOCH, 0)) is None
    assert kept.after_in(M1, position(3, seq=2)) is None
    assert kept.after_in(M1, position(10, seq=9)) == EVENTS[10:]


def test_the_excluded_sender_gets_its_broadcast_without_the_data() -> None:
    said = Broadcast(ROOM, "lunch", '{"at":12}', exclude_sender=True)
    events, state = record(PLAN, [said])
    spoken = Room(state, events)
    own, others = (spoken.welcome(Position(EPOCH, 1, events[0].command), (), on) for on in (DEVICE, OTHER))
    assert isinstance(own, Replay)
    assert own.events[0].fact == BroadcastSent("lunch", exclude_sender=True, withheld=True)
    assert others == Replay(ROOM, EPOCH, events[1:])


def test_a_room_is_as_old_as_its_first_event() -> None:
    assert room().created_at == EVENTS[0].received_at
    assert Room(STATE, EVENTS[5:], created_at=NOON).created_at == NOON


def opened() -> Rooms:
    rooms = Rooms()
    rooms.open(STATE, EVENTS)
    return rooms


@pytest.mark.parametrize("name", ["tournament:nowhere", "league", "", "match:league.m099", "match:cup.m001"])
def test_a_room_that_is_not_there_is_not_found(name: str) -> None:
    assert opened().find(RoomId(name)) is None
    assert no_room(RoomId(name)).code == "no_such_room"


@pytest.mark.parametrize("name", ["tournament:league", "match:league.m001", "global"])
def test_a_room_that_is_there_is_found_by_its_id(name: str) -> None:
    assert opened().find(RoomId(name)) == read_room(RoomId(name))


def test_the_listing_shows_where_each_tournament_stands() -> None:
    rooms = opened()
    assert [found.id for found in rooms.all()] == [ROOM]
    (listing,) = rooms.listings()
    assert (listing.id, listing.epoch, listing.seq) == (PLAN.id, EPOCH, 11)
    assert rooms.room(league(name="other").id) is None


def test_a_new_epoch_takes_the_place_of_the_old_one() -> None:
    begun = room()
    events, state = record(PLAN)
    begun.restart(state, events)
    assert begun.after(Position(EPOCH, 0)) == events
