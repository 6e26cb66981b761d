"""The rooms: what is next is handed on, anything else leads back to a whole state, here or elsewhere."""

from __future__ import annotations

import msgspec
import pytest

from core.domain.ids import CommandId, Epoch, RoomId, TournamentId, tournament_room
from core.domain.state import Past, Position, Tournament
from core.realtime.effects import Advanced, LinkId, Replaced, RoomLive, SideLive, Told
from core.realtime.rooms.contents import Contents, RoomMessage
from core.realtime.rooms.rooms import JOIN_SECONDS, MAX_TRIES, Moved, Rooms, Say, Short, Step, Unfit
from core.wire.messages import Events, Join, Leave, Replay, Snapshot
from core.wire.rooms import SideReplay
from tests.support.moments import moment
from tests.support.tournaments import EPOCH, league, point, record

PLAN = league()
LOG, STATE = record(PLAN, [point(PLAN, 1, "a") for _ in range(6)])
ROOM = tournament_room(PLAN.id)
GLOBAL = RoomId("global")
NOW = moment(100.0)
LATE = moment(100.0 + JOIN_SECONDS)
ONE, TWO = LinkId("one"), LinkId("two")


class Follower:
    """Rooms with their contents, driven by hand."""

    def __init__(self) -> None:
        self.contents = Contents()
        self.rooms = Rooms(self.contents)

    def join(self, link: LinkId = ONE, room: RoomId = ROOM) -> list[Step]:
        self.rooms.join(room)
        return self.rooms.carry(room, link, NOW)

    def hear(self, message: RoomMessage, link: LinkId = ONE) -> list[Step]:
        return self.rooms.receive(link, message, NOW)

    @property
    def position(self) -> Position:
        return self.contents.logs.positions[PLAN.id]


def at(seq: int) -> Position:
    return Position(EPOCH, seq, LOG[seq - 1].command)


def joining() -> Follower:
    follower = Follower()
    assert follower.join() == [Say(ONE, Join(ROOM))]
    return follower


def live(seq: int = 3) -> Follower:
    follower = joining()
    steps = follower.hear(Replay(ROOM, EPOCH, LOG[:seq]))
    assert steps == [Advanced(PLAN.id, EPOCH, LOG[:seq]), RoomLive(PLAN.id, True)]
    return follower


def moving() -> Follower:
    follower = live(3)
    assert follower.rooms.begin_move(ROOM, TWO, NOW) == [Say(TWO, Join(ROOM, at(3)))]
    return follower


def told(steps: list[Step]) -> list[str]:
    return [step.line.text for step in steps if isinstance(step, Told)]


def test_a_room_is_joined_once_a_link_carries_it() -> None:
    follower = Follower()
    assert follower.rooms.carry(ROOM, ONE, NOW) == [], "nobody follows it"
    follower.rooms.join(ROOM)
    assert not follower.rooms.catching_up
    assert follower.rooms.carry(ROOM, ONE, NOW) == [Say(ONE, Join(ROOM))]
    assert follower.rooms.catching_up
    assert follower.rooms.barred() == {PLAN.id}
    assert follower.rooms.carry(ROOM, TWO, NOW) == [], "it is joined already"


def test_a_replay_makes_a_room_live() -> None:
    follower = live(3)
    assert not follower.rooms.catching_up
    assert follower.rooms.barred() == frozenset()
    assert follower.position == at(3)
    assert follower.rooms.followed == (ROOM,)
    assert follower.rooms.next_deadline() is None


def test_the_next_events_are_handed_on_and_those_seen_before_dropped() -> None:
    follower = live(3)
    assert follower.hear(Events(ROOM, EPOCH, LOG[3:5])) == [Advanced(PLAN.id, EPOCH, LOG[3:5])]
    assert follower.hear(Events(ROOM, EPOCH, LOG[1:3])) == []
    assert follower.hear(Events(ROOM, EPOCH, LOG[1:6])) == [Advanced(PLAN.id, EPOCH, LOG[5:6])]


def test_a_gap_joins_the_room_again_from_where_it_stands() -> None:
    follower = live(3)
    steps = follower.hear(Events(ROOM, EPOCH, (LOG[3], LOG[5])))
    assert steps == [
        Advanced(PLAN.id, EPOCH, LOG[3:4]),
        RoomLive(PLAN.id, False, NOW.at),
        Say(ONE, Join(ROOM, at(4))),
    ]
    assert follower.rooms.catching_up
    assert follower.rooms.barred() == frozenset(), "entries go on while a live room is made whole"
    assert follower.hear(Events(ROOM, EPOCH, LOG[6:])) == [], "the replay will hold them"
    steps = follower.hear(Replay(ROOM, EPOCH, LOG[4:]))
    assert steps == [Advanced(PLAN.id, EPOCH, LOG[4:]), RoomLive(PLAN.id, True)]


def test_a_second_answer_to_a_join_changes_nothing() -> None:
    assert live(3).hear(Replay(ROOM, EPOCH, LOG[:3])) == []


def test_a_newer_snapshot_on_a_live_room_is_taken() -> None:
    assert live(3).hear(Snapshot(ROOM, STATE)) == [Replaced(STATE)]


def short() -> Follower:
    """Return a follower whose hub shows a log that lacks what was seen."""
    follower = live(3)
    follower.rooms.receive_lost(ONE, NOW.at)
    follower.contents.logs.restore([STATE])
    follower.rooms.carry(ROOM, ONE, NOW)
    return follower


def test_a_hub_that_lacks_what_was_seen_is_told_so_and_waited_for() -> None:
    follower = short()
    steps = follower.hear(Snapshot(ROOM, _state_at(2)))
    assert steps[1:] == [Short(ROOM, ONE)]
    assert told(steps) == [
        "tournament:league: the hub's log ends at 2, before 8, which was seen here; it is offered back"
    ]
    assert follower.rooms.barred() == {PLAN.id}
    assert follower.rooms.carrier(ROOM) is None
    fresh = msgspec.structs.replace(STATE, position=Position(Epoch("e2"), 1), past=(Past(EPOCH, 2, 8),))
    assert follower.hear(Snapshot(ROOM, fresh)) == [Replaced(fresh), RoomLive(PLAN.id, True)]
    assert follower.rooms.carrier(ROOM) == ONE


def test_a_hub_that_begins_no_epoch_for_what_it_lacks_is_set_aside() -> None:
    follower = short()
    behind = Snapshot(ROOM, _state_at(2))
    follower.hear(behind)
    assert follower.rooms.handle_deadline(LATE) == [Say(ONE, Join(ROOM, STATE.position))]
    steps = follower.hear(behind)
    assert steps[:2] == [Say(ONE, Leave(ROOM)), Unfit(ROOM, ONE)]
    assert "cannot be followed" in told(steps)[0]
    assert follower.hear(behind) == [], "its link is asked no more"
    assert follower.rooms.carry(ROOM, TWO, NOW) == [Say(TWO, Join(ROOM, STATE.position))]


def test_what_says_nothing_of_the_room_changes_nothing() -> None:
    follower = joining()
    other = Snapshot(ROOM, _state_at(2, TournamentId("other")))
    assert follower.hear(other) == []
    assert follower.rooms.catching_up


def test_a_room_that_cannot_be_made_whole_is_set_aside() -> None:
    follower = joining()
    broken = Replay(ROOM, EPOCH, LOG[2:])
    for _ in range(MAX_TRIES):
        assert follower.hear(broken) == [Say(ONE, Join(ROOM))]
    steps = follower.hear(broken)
    assert Unfit(ROOM, ONE) in steps
    assert "there is a gap" in told(steps)[0]
    assert follower.rooms.catching_up, "what is shown of it is not live"
    assert follower.rooms.next_deadline() is None


def test_a_join_without_an_answer_is_said_again() -> None:
    follower = joining()
    assert follower.rooms.next_deadline() == LATE.now
    assert follower.rooms.handle_deadline(NOW) == []
    assert follower.rooms.handle_deadline(LATE) == [Say(ONE, Join(ROOM))]


def test_a_lost_link_darkens_its_rooms_as_of_its_last_frame() -> None:
    follower = live(3)
    before = moment(90.0).at
    assert follower.rooms.receive_lost(TWO, before) == []
    assert follower.rooms.receive_lost(ONE, before) == [RoomLive(PLAN.id, False, before)]
    assert follower.rooms.receive_lost(ONE, before) == []
    assert follower.rooms.next_deadline() is None
    assert follower.rooms.carry(ROOM, TWO, NOW) == [Say(TWO, Join(ROOM, at(3)))]


def test_a_room_that_the_hub_lacks_is_carried_where_it_is_found() -> None:
    follower = joining()
    assert follower.rooms.receive_missing(TWO, ROOM, "no such room", NOW) == [], "it was not asked"
    assert told(follower.rooms.receive_missing(ONE, ROOM, "no such room", NOW)) == [
        "tournament:league: no such room"
    ]
    assert follower.rooms.receive_missing(ONE, ROOM, "no such room", NOW) == []
    assert follower.rooms.next_deadline() is None
    assert follower.rooms.barred() == frozenset()
    assert follower.rooms.absent == (ROOM,)
    assert follower.rooms.carry(ROOM, TWO, NOW) == [Say(TWO, Join(ROOM))]


def test_a_room_that_the_hub_lacks_moves_without_ado() -> None:
    follower = joining()
    follower.rooms.receive_missing(ONE, ROOM, "no such room", NOW)
    assert follower.rooms.begin_move(ROOM, TWO, NOW) == [Moved(ROOM, TWO), Say(TWO, Join(ROOM))]


def test_a_live_room_can_go_missing() -> None:
    steps = live(3).rooms.receive_missing(ONE, ROOM, "deleted", NOW)
    assert steps[0] == RoomLive(PLAN.id, False, NOW.at)


def test_what_nobody_follows_leads_to_nothing() -> None:
    follower = Follower()
    assert follower.rooms.receive_missing(ONE, ROOM, "no such room", NOW) == []
    assert follower.rooms.reject(ONE, ROOM, NOW) == []
    assert follower.hear(Events(ROOM, EPOCH, LOG)) == []
    assert follower.rooms.leave(ROOM, NOW) == []
    assert follower.rooms.receive_bad_log(PLAN.id, "bad", NOW) == []
    assert follower.rooms.begin_move(ROOM, TWO, NOW) == [Moved(ROOM, TWO)], "only entries go there"


def test_a_log_that_does_not_fold_is_fetched_from_its_beginning() -> None:
    follower = live(3)
    steps = follower.rooms.receive_bad_log(PLAN.id, "event 3 starts elsewhere", NOW)
    assert steps == [RoomLive(PLAN.id, False, NOW.at), Say(ONE, Join(ROOM))]


def test_a_log_that_does_not_fold_waits_for_the_next_link() -> None:
    follower = live(3)
    follower.rooms.receive_lost(ONE, NOW.at)
    assert follower.rooms.receive_bad_log(PLAN.id, "bad", NOW) == []
    assert follower.rooms.carry(ROOM, TWO, NOW) == [Say(TWO, Join(ROOM))]


def test_following_is_counted() -> None:
    follower = live(3)
    follower.rooms.join(ROOM)
    assert follower.rooms.leave(ROOM, NOW) == []
    assert follower.rooms.leave(ROOM, NOW) == [RoomLive(PLAN.id, False, NOW.at), Say(ONE, Leave(ROOM))]
    assert follower.rooms.followed == ()
    assert follower.join() == [Say(ONE, Join(ROOM, at(3)))], "it goes on where it was left"


def test_leaving_without_a_link_needs_no_word() -> None:
    follower = Follower()
    follower.rooms.join(ROOM)
    assert follower.rooms.leave(ROOM, NOW) == []


def test_a_room_of_another_kind_is_judged_by_its_own_log() -> None:
    follower = Follower()
    assert follower.join(room=GLOBAL) == [Say(ONE, Join(GLOBAL))]
    assert follower.rooms.barred() == frozenset()
    assert follower.hear(SideReplay(GLOBAL, EPOCH, 0)) == [SideLive(GLOBAL, True)]
    assert follower.rooms.receive_lost(ONE, NOW.at) == [SideLive(GLOBAL, False, NOW.at)]


# Moving to another link.


def test_a_moving_room_stays_live_until_its_heir_is_whole() -> None:
    follower = moving()
    assert follower.hear(Events(ROOM, EPOCH, LOG[3:4]), TWO) == [], "not before its replay"
    assert follower.hear(Events(ROOM, EPOCH, LOG[3:4])) == [Advanced(PLAN.id, EPOCH, LOG[3:4])]
    steps = follower.hear(Replay(ROOM, EPOCH, LOG[3:5]), TWO)
    assert steps == [Advanced(PLAN.id, EPOCH, LOG[4:5]), Say(ONE, Leave(ROOM)), Moved(ROOM, TWO)]
    assert follower.hear(Events(ROOM, EPOCH, LOG[5:6])) == [], "the old link is heard no more"
    assert follower.hear(Events(ROOM, EPOCH, LOG[5:6]), TWO) == [Advanced(PLAN.id, EPOCH, LOG[5:6])]
    assert not follower.rooms.catching_up


def test_an_heir_may_answer_before_a_silent_carrier() -> None:
    follower = joining()
    follower.rooms.begin_move(ROOM, TWO, NOW)
    steps = follower.hear(Replay(ROOM, EPOCH, LOG[:3]), TWO)
    assert steps[-1] == RoomLive(PLAN.id, True)
    assert follower.rooms.next_deadline() is None


@pytest.mark.parametrize("answer", [Replay(ROOM, EPOCH, LOG[4:5]), Snapshot(ROOM, STATE)])
def test_an_heir_that_cannot_make_the_room_whole_is_given_up(answer: Replay | Snapshot) -> None:
    follower = moving()
    if isinstance(answer, Snapshot):
        answer = Snapshot(ROOM, _state_at(2))
    assert follower.hear(answer, TWO) == [Say(TWO, Leave(ROOM)), Unfit(ROOM, TWO)]
    assert follower.hear(Events(ROOM, EPOCH, LOG[3:4])) == [Advanced(PLAN.id, EPOCH, LOG[3:4])]


def test_an_heir_that_says_nothing_of_the_room_is_still_awaited() -> None:
    follower = moving()
    assert follower.hear(Snapshot(ROOM, _state_at(2, TournamentId("other"))), TWO) == []
    assert follower.rooms.next_deadline() == LATE.now


def test_an_heir_that_does_not_answer_or_lacks_the_room_is_given_up() -> None:
    follower = moving()
    assert follower.rooms.next_deadline() == LATE.now
    gone: list[Step] = [Say(TWO, Leave(ROOM)), Unfit(ROOM, TWO)]
    assert follower.rooms.handle_deadline(LATE) == gone
    assert moving().rooms.receive_missing(TWO, ROOM, "no such room", NOW) == gone
    assert moving().rooms.reject(TWO, ROOM, NOW) == gone


def test_the_end_of_an_heir_is_no_matter() -> None:
    follower = moving()
    assert follower.rooms.receive_lost(TWO, NOW.at) == []
    assert follower.rooms.next_deadline() is None


def test_the_end_of_a_carrier_has_its_room_joined_where_it_was_to_go() -> None:
    follower = moving()
    assert follower.rooms.receive_lost(ONE, NOW.at) == [RoomLive(PLAN.id, False, NOW.at)]
    assert follower.rooms.carry(ROOM, TWO, NOW) == [Say(TWO, Join(ROOM, at(3)))]


def test_a_moving_room_that_is_left_is_left_on_both_links() -> None:
    steps = moving().rooms.leave(ROOM, NOW)
    assert steps[1:] == [Say(ONE, Leave(ROOM)), Say(TWO, Leave(ROOM))]


def test_a_room_is_given_up_on_a_link_that_shows_another_life_of_it() -> None:
    follower = live(3)
    steps = follower.rooms.reject(ONE, ROOM, NOW)
    assert steps == [RoomLive(PLAN.id, False, NOW.at), Say(ONE, Leave(ROOM)), Unfit(ROOM, ONE)]
    assert follower.rooms.reject(ONE, ROOM, NOW) == []


# Doubt.


def test_a_link_in_doubt_darkens_its_rooms_until_it_answers() -> None:
    follower = live(3)
    before = moment(90.0).at
    assert follower.rooms.doubt(TWO, before) == []
    assert follower.rooms.doubt(ONE, before) == [RoomLive(PLAN.id, False, before)]
    assert follower.rooms.catching_up
    assert follower.rooms.trust(TWO) == []
    assert follower.rooms.trust(ONE) == [RoomLive(PLAN.id, True)]
    assert not follower.rooms.catching_up


def test_a_doubted_link_that_ends_is_not_said_twice() -> None:
    follower = live(3)
    follower.rooms.doubt(ONE, NOW.at)
    assert follower.rooms.receive_lost(ONE, NOW.at) == []


def test_a_room_of_a_doubted_link_goes_on_with_its_heir() -> None:
    follower = moving()
    follower.rooms.doubt(ONE, NOW.at)
    steps = follower.hear(Replay(ROOM, EPOCH, ()), TWO)
    assert steps == [Say(ONE, Leave(ROOM)), Moved(ROOM, TWO), RoomLive(PLAN.id, True)]


def test_a_gap_on_a_doubted_link_keeps_its_room_dark() -> None:
    follower = live(3)
    follower.rooms.doubt(ONE, NOW.at)
    assert follower.hear(Events(ROOM, EPOCH, LOG[5:])) == [Say(ONE, Join(ROOM, at(3)))]
    assert follower.rooms.trust(ONE) == []


def test_a_room_in_figures() -> None:
    follower = Follower()
    assert follower.rooms.stats(ROOM, 100.0) is None
    follower.join()
    before = follower.rooms.stats(ROOM, 101.0)
    assert before is not None
    assert (before.member_count, before.subscription_count, before.last_activity) == (None, 1, None)
    assert (before.uptime, before.event_rate) == (0.0, 0.0)
    follower.hear(Replay(ROOM, EPOCH, LOG[:5]))
    after = follower.rooms.stats(ROOM, 103.0)
    assert after is not None
    assert (after.last_activity, after.uptime, after.event_rate) == (100.0, 3.0, 0.5)


def _state_at(seq: int, id: TournamentId = PLAN.id) -> Tournament:
    position = Position(EPOCH, seq, CommandId("c"))
    return msgspec.structs.replace(STATE, id=id, position=position)
