"""The rooms: what is next is handed on, anything else leads back to a whole state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from core.domain.ids import CommandId, Epoch, RoomId, TournamentId, tournament_room
from core.domain.state import Position
from core.realtime.effects import Advanced, Replaced, RoomLive, Told
from core.realtime.rooms import ASIDE_SECONDS, JOIN_SECONDS, MAX_TRIES, Rooms, Step
from core.wire.messages import Events, Join, Leave, Replay, Snapshot
from tests.support.moments import moment
from tests.support.tournaments import EPOCH, league, match, point, record

if TYPE_CHECKING:
    from core.domain.state import Tournament

PLAN = league()
LOG, STATE = record(PLAN, [point(PLAN, 1, "a") for _ in range(6)])
ROOM = tournament_room(PLAN.id)
OTHER = Epoch("e2")
NOW = moment(100.0)


def at(seq: int) -> Position:
    return Position(EPOCH, seq, LOG[seq - 1].command)


def state_at(seq: int, epoch: Epoch = EPOCH) -> Tournament:
    return msgspec.structs.replace(STATE, position=Position(epoch, seq, LOG[seq - 1].command))


def joining() -> Rooms:
    rooms = Rooms()
    rooms.receive_link(NOW)
    assert rooms.join(ROOM, NOW) == [Join(ROOM)]
    return rooms


def live(seq: int = 3) -> Rooms:
    rooms = joining()
    steps = rooms.receive(Replay(ROOM, EPOCH, LOG[:seq]), NOW)
    assert steps == [Advanced(PLAN.id, EPOCH, LOG[:seq]), RoomLive(PLAN.id, True)]
    return rooms


def told(steps: list[Step]) -> list[str]:
    return [step.line.text for step in steps if isinstance(step, Told)]


def test_a_room_is_joined_once_there_is_a_link() -> None:
    rooms = Rooms()
    assert rooms.join(ROOM, NOW) == []
    assert not rooms.catching_up
    assert rooms.receive_link(NOW) == [Join(ROOM)]
    assert rooms.catching_up
    assert rooms.barred() == {PLAN.id}


def test_a_replay_makes_a_room_live() -> None:
    rooms = live(3)
    assert not rooms.catching_up
    assert rooms.barred() == frozenset()
    assert rooms.positions[PLAN.id] == at(3)
    assert rooms.followed == (ROOM,)
    assert rooms.next_deadline() is None


def test_the_next_events_are_handed_on() -> None:
    rooms = live(3)
    assert rooms.receive(Events(ROOM, EPOCH, LOG[3:5]), NOW) == [Advanced(PLAN.id, EPOCH, LOG[3:5])]


def test_events_seen_before_are_dropped() -> None:
    rooms = live(3)
    assert rooms.receive(Events(ROOM, EPOCH, LOG[1:3]), NOW) == []
    assert rooms.receive(Events(ROOM, EPOCH, LOG[1:4]), NOW) == [Advanced(PLAN.id, EPOCH, LOG[3:4])]


def test_a_gap_joins_the_room_again_from_where_it_stands() -> None:
    rooms = live(3)
    steps = rooms.receive(Events(ROOM, EPOCH, (LOG[3], LOG[5])), NOW)
    assert steps == [
        Advanced(PLAN.id, EPOCH, LOG[3:4]),
        RoomLive(PLAN.id, False, NOW.at),
        Join(ROOM, at(4)),
    ]
    assert rooms.catching_up
    assert rooms.barred() == frozenset(), "entries go on while a live room is made whole"
    assert rooms.receive(Events(ROOM, EPOCH, LOG[6:]), NOW) == [], "the replay will hold them"
    steps = rooms.receive(Replay(ROOM, EPOCH, LOG[4:]), NOW)
    assert steps == [Advanced(PLAN.id, EPOCH, LOG[4:]), RoomLive(PLAN.id, True)]


def test_another_command_at_the_same_place_is_a_gap() -> None:
    rooms = live(3)
    other = msgspec.structs.replace(LOG[2], command=CommandId("x"))
    assert rooms.receive(Events(ROOM, EPOCH, (other,)), NOW)[-1] == Join(ROOM, at(3))


def test_events_of_another_epoch_join_the_room_again() -> None:
    rooms = live(3)
    assert rooms.receive(Events(ROOM, OTHER, LOG[3:]), NOW)[-1] == Join(ROOM, at(3))


def test_a_snapshot_replaces_the_state() -> None:
    rooms = joining()
    assert rooms.receive(Snapshot(ROOM, STATE), NOW) == [Replaced(STATE), RoomLive(PLAN.id, True)]
    assert rooms.positions[PLAN.id] == STATE.position


def test_a_second_answer_to_a_join_changes_nothing() -> None:
    rooms = live(3)
    assert rooms.receive(Replay(ROOM, EPOCH, LOG[:3]), NOW) == []
    assert rooms.receive(Snapshot(ROOM, state_at(2)), NOW) == []


def test_a_newer_snapshot_on_a_live_room_is_taken() -> None:
    assert live(3).receive(Snapshot(ROOM, STATE), NOW) == [Replaced(STATE)]


def test_inside_an_epoch_no_snapshot_takes_a_room_back() -> None:
    rooms = Rooms()
    assert rooms.restore([STATE]) == [Replaced(STATE, stored=True)]
    rooms.join(ROOM, NOW)
    rooms.receive_link(NOW)
    behind = Snapshot(ROOM, state_at(2))
    assert rooms.receive(behind, NOW) == [Join(ROOM, STATE.position)]
    (alarm,) = told(rooms.receive(behind, NOW))
    assert "ends at 2, before 8" in alarm
    assert rooms.positions[PLAN.id] == STATE.position
    assert rooms.barred() == {PLAN.id}
    assert rooms.receive(behind, NOW) == []
    assert rooms.next_deadline() == NOW.now + ASIDE_SECONDS
    assert rooms.handle_deadline(moment(NOW.now + ASIDE_SECONDS)) == [Join(ROOM, STATE.position)]


def test_inside_an_epoch_no_snapshot_takes_a_match_back() -> None:
    other = msgspec.structs.replace(STATE.position, command=CommandId("other"))
    ahead = Position(EPOCH, 99, CommandId("z"))
    first = STATE.matches[match(PLAN, 1)]
    back = {**STATE.matches, first.id: msgspec.structs.replace(first, version=first.version - 1)}
    gone = {id: one for id, one in STATE.matches.items() if id != first.id}
    for state, why in (
        (msgspec.structs.replace(STATE, position=other), "another event 8"),
        (msgspec.structs.replace(STATE, position=ahead, matches=back), "lacks events of M001"),
        (msgspec.structs.replace(STATE, position=ahead, matches=gone), "lacks events of M001"),
    ):
        rooms = live(8)
        rooms.receive_unlinked(NOW.at)
        rooms.receive_link(NOW)
        assert rooms.receive(Snapshot(ROOM, state), NOW) == [Join(ROOM, STATE.position)]
        (alarm,) = told(rooms.receive(Snapshot(ROOM, state), NOW))
        assert why in alarm
        assert rooms.positions[PLAN.id] == STATE.position


def test_inside_an_epoch_a_snapshot_may_be_further() -> None:
    rooms = live(3)
    rooms.receive_unlinked(NOW.at)
    rooms.receive_link(NOW)
    assert rooms.receive(Snapshot(ROOM, STATE), NOW) == [Replaced(STATE), RoomLive(PLAN.id, True)]


def test_another_epoch_is_taken_and_said() -> None:
    rooms = live(5)
    rooms.receive_unlinked(NOW.at)
    rooms.receive_link(NOW)
    steps = rooms.receive(Snapshot(ROOM, state_at(2, OTHER)), NOW)
    assert told(steps) == ["League: the hub began a new epoch"]
    assert rooms.positions[PLAN.id].epoch == OTHER


def test_a_snapshot_of_another_tournament_is_ignored() -> None:
    rooms = joining()
    other = msgspec.structs.replace(STATE, id=TournamentId("other"))
    assert rooms.receive(Snapshot(ROOM, other), NOW) == []


def test_a_room_that_cannot_be_made_whole_is_set_aside_and_tried_slowly() -> None:
    rooms = joining()
    broken = Replay(ROOM, EPOCH, LOG[2:])
    for _ in range(MAX_TRIES):
        assert rooms.receive(broken, NOW) == [Join(ROOM)]
    (alarm,) = told(rooms.receive(broken, NOW))
    assert "there is a gap" in alarm
    assert rooms.receive(broken, NOW) == []
    assert rooms.handle_deadline(NOW) == []


def test_a_join_without_an_answer_is_said_again() -> None:
    rooms = joining()
    assert rooms.next_deadline() == NOW.now + JOIN_SECONDS
    assert rooms.handle_deadline(moment(NOW.now + JOIN_SECONDS)) == [Join(ROOM)]


def test_a_lost_link_darkens_its_rooms_as_of_its_last_frame() -> None:
    rooms = live(3)
    before = moment(90.0).at
    assert rooms.receive_unlinked(before) == [RoomLive(PLAN.id, False, before)]
    assert rooms.receive_unlinked(before) == []
    assert rooms.next_deadline() is None
    assert rooms.receive_link(NOW) == [Join(ROOM, at(3))]


def test_a_room_that_the_hub_lacks_is_joined_when_it_is_listed() -> None:
    rooms = joining()
    assert told(rooms.receive_missing(ROOM, "no such room", NOW)) == ["tournament:league: no such room"]
    assert rooms.receive_missing(ROOM, "no such room", NOW) == []
    assert rooms.next_deadline() is None
    assert rooms.barred() == frozenset()
    assert rooms.receive_listed({TournamentId("other")}, NOW) == []
    assert rooms.receive_listed({PLAN.id}, NOW) == [Join(ROOM)]
    assert rooms.receive_listed({PLAN.id}, NOW) == []


def test_a_live_room_can_go_missing() -> None:
    steps = live(3).receive_missing(ROOM, "deleted", NOW)
    assert steps[0] == RoomLive(PLAN.id, False, NOW.at)


def test_a_room_nobody_follows_cannot_go_missing() -> None:
    assert Rooms().receive_missing(ROOM, "no such room", NOW) == []


def test_a_log_that_does_not_fold_is_fetched_from_its_beginning() -> None:
    rooms = live(3)
    steps = rooms.receive_bad_log(PLAN.id, "event 3 starts elsewhere", NOW)
    assert steps == [RoomLive(PLAN.id, False, NOW.at), Join(ROOM)]
    assert PLAN.id not in rooms.positions


def test_a_log_that_does_not_fold_waits_for_the_next_link_or_follower() -> None:
    rooms = live(3)
    rooms.receive_unlinked(NOW.at)
    assert rooms.receive_bad_log(PLAN.id, "bad", NOW) == []
    assert rooms.receive_link(NOW) == [Join(ROOM)]
    rooms.leave(ROOM, NOW)
    assert rooms.receive_bad_log(PLAN.id, "bad", NOW) == []


def test_following_is_counted() -> None:
    rooms = live(3)
    assert rooms.join(ROOM, NOW) == []
    assert rooms.leave(ROOM, NOW) == []
    assert rooms.leave(ROOM, NOW) == [RoomLive(PLAN.id, False, NOW.at), Leave(ROOM)]
    assert rooms.leave(ROOM, NOW) == []
    assert rooms.followed == ()
    assert rooms.join(ROOM, NOW) == [Join(ROOM, at(3))], "it goes on where it was left"


def test_leaving_without_a_link_needs_no_word() -> None:
    rooms = Rooms()
    rooms.join(ROOM, NOW)
    assert rooms.leave(ROOM, NOW) == []


@pytest.mark.parametrize("room", [RoomId("global"), tournament_room(TournamentId("other"))])
def test_what_is_said_in_a_room_nobody_follows_is_ignored(room: RoomId) -> None:
    rooms = joining()
    assert rooms.receive(Events(room, EPOCH, LOG), NOW) == []


def test_rooms_of_other_kinds_are_joined_without_a_position() -> None:
    rooms = Rooms()
    rooms.receive_link(NOW)
    room = RoomId("global")
    assert rooms.join(room, NOW) == [Join(room)]
    assert rooms.barred() == frozenset()
    assert rooms.receive(Events(room, EPOCH, LOG), NOW) == []
    assert len(rooms.receive_missing(room, "no such room", NOW)) == 1


def test_a_room_in_figures() -> None:
    rooms = Rooms()
    assert rooms.stats(ROOM, 100.0) is None
    rooms.join(ROOM, NOW)
    rooms.receive_link(NOW)
    before = rooms.stats(ROOM, 101.0)
    assert before is not None
    assert (before.member_count, before.subscription_count, before.last_activity) == (None, 1, None)
    assert (before.uptime, before.event_rate) == (0.0, 0.0)
    rooms.receive(Replay(ROOM, EPOCH, LOG[:5]), NOW)
    after = rooms.stats(ROOM, 103.0)
    assert after is not None
    assert (after.last_activity, after.uptime, after.event_rate) == (100.0, 3.0, 0.5)
