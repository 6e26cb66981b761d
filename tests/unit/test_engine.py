"""The engine: what follows from each call, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.domain.answers import Answer
from core.domain.commands import AddScore, Notify
from core.domain.ids import CommandId, DeviceId, TeamId
from core.errors import BadInput
from core.realtime.effects import (
    ConnectionChanged,
    Dial,
    DirectoryChanged,
    Fetch,
    Hangup,
    JournalRow,
    LinkId,
    Record,
    Replaced,
    RoomLive,
    SavingChanged,
)
from core.wire.messages import (
    MAX_HUB_FRAME_BYTES,
    Answers,
    Deferred,
    Directory,
    Heartbeat,
    Hello,
    Join,
    Ping,
    Pong,
    Replay,
    Submit,
    Welcome,
)
from core.wire.offers import Bring, Want
from core.wire.presence import Here
from tests.support.laptop import LOG, REMEMBERED, STATE, bereaved
from tests.support.moments import moment
from tests.support.tournaments import EPOCH, NOON, point

if TYPE_CHECKING:
    pass

from tests.support.laptop import (
    HUB,
    LINK,
    LISTING,
    M1,
    PLAN,
    POINT,
    ROOM,
    Laptop,
    answered,
    pressed,
    score,
)


def test_a_start_dials_greets_and_is_live() -> None:
    laptop = Laptop()
    laptop.do(laptop.engine.start(moment(100.0)))
    assert laptop.all(Dial) == [Dial(LINK, HUB)]
    assert laptop.store.view.sends
    laptop.do(laptop.engine.receive_open(LINK, moment(100.0)))
    assert laptop.sent == [Hello(DeviceId("laptop-1"), "Ann")]
    laptop.hear(Welcome("hub", "s", 5.0, NOON, (LISTING,)))
    assert laptop.sent == [Ping(100.0)]
    assert laptop.changes(DirectoryChanged) == [DirectoryChanged((LISTING,))]
    assert laptop.told == ["connected to ws://hub"]
    assert laptop.store.view.connection.state == "live"


def test_a_person_can_have_an_entry_sent_now() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    laptop.hear(Deferred((CommandId("x"),), "busy", "busy", 20.0))
    laptop.do(laptop.engine.retry(CommandId("x"), moment(100.0)))
    assert laptop.sent == [Submit((pressed(POINT),))]
    laptop.cut()
    laptop.do(laptop.engine.retry(CommandId("x"), moment(100.0)))
    assert laptop.all(Dial) == [Dial(LinkId("link-2"), HUB)]


def test_the_journal_failing_is_said_until_it_works_again() -> None:
    laptop = Laptop()
    made = pressed(POINT)
    laptop.do(laptop.engine.submit(made, moment(100.0)))
    laptop.do(laptop.engine.receive_save_failed([made.id], "the disk is full", moment(100.0)))
    assert laptop.told == ["the disk is full"]
    assert not laptop.store.view.can_save
    assert laptop.states == {}
    laptop.press(POINT, "y")
    assert laptop.changes(SavingChanged) == [SavingChanged(can_save=True, sends=True)]
    laptop.press(POINT, "z")
    assert laptop.changes(SavingChanged) == []


def test_the_same_entry_again_is_not_persisted_twice() -> None:
    laptop = Laptop()
    laptop.press(POINT)
    assert laptop.do(laptop.engine.submit(pressed(POINT), moment(100.0))) == []
    with pytest.raises(BadInput):
        laptop.engine.submit(pressed(point(PLAN, 2, "a")), moment(100.0))


def test_what_no_hub_could_read_is_refused_at_the_key() -> None:
    laptop = Laptop()
    with pytest.raises(BadInput, match="cannot be entered"):
        laptop.engine.submit(pressed(AddScore(M1, TeamId("a"), 10**30)), moment(100.0))
    assert laptop.press(POINT)


def test_a_message_that_makes_room_is_said() -> None:
    laptop = Laptop()
    laptop.press(Notify("Lunch"), "n")
    for id in "abcd":
        laptop.press(POINT, id)
        if id == "d":
            break
    assert laptop.states["n"] == "refused"
    assert laptop.store.view.evicted_total == 1


def test_a_process_without_the_lock_saves_and_shows_and_does_not_send() -> None:
    laptop = Laptop(sends=False)
    laptop.follow()
    assert not laptop.store.view.sends
    laptop.press(POINT, "x")
    assert laptop.states == {"x": "saved"}
    assert laptop.sent == []
    answer = answered(pressed(POINT))
    changed = JournalRow(1, pressed(POINT), "confirmed", 1, answer)
    laptop.do(laptop.engine.receive_appended([changed], moment(100.0)))
    assert laptop.states == {"x": "confirmed"}
    assert score(laptop) == 4
    laptop.press(POINT, "y")
    laptop.do(laptop.engine.become_sender(moment(100.0)))
    assert laptop.sent == [Submit((pressed(POINT, "y"),))]


def test_the_senders_own_word_is_newer_than_its_rows() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT, "x")
    theirs = JournalRow(2, pressed(POINT, "y"), "saved")
    laptop.do(
        laptop.engine.receive_appended([JournalRow(1, pressed(POINT, "x"), "saved"), theirs], moment(100.0))
    )
    assert laptop.states == {"x": "sending", "y": "sending"}
    assert laptop.sent == [Submit((pressed(POINT, "y"),))]


def test_an_entry_that_never_left_is_withdrawn_here() -> None:
    laptop = Laptop()
    laptop.press(POINT)
    withdrawal = laptop.engine.withdraw(CommandId("x"), moment(100.0))
    laptop.do(list(withdrawal.effects))
    assert withdrawal.outcome == "withdrawn"
    assert laptop.all(Record) == [Record(CommandId("x"), "withdrawn", 0)]
    assert laptop.states == {"x": "withdrawn"}
    again = laptop.engine.withdraw(CommandId("x"), moment(100.0))
    assert (again.outcome, again.reason) == ("impossible", "it is withdrawn already")


def test_a_notice_that_never_left_is_withdrawn_here_too() -> None:
    laptop = Laptop()
    laptop.press(Notify("Lunch"))
    assert laptop.engine.withdraw(CommandId("x"), moment(100.0)).outcome == "withdrawn"


def test_what_may_have_left_needs_an_undo() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    withdrawal = laptop.engine.withdraw(CommandId("x"), moment(100.0))
    assert (withdrawal.outcome, withdrawal.reason, withdrawal.effects) == (
        "needs_undo",
        "it may have left this laptop",
        (),
    )
    laptop.hear(Answers((answered(pressed(POINT)),)))
    assert laptop.engine.withdraw(CommandId("x"), moment(100.0)).reason == "it counts already"


def test_a_held_entry_needs_an_undo() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    laptop.hear(Answers((answered(pressed(POINT), "held"),)))
    withdrawal = laptop.engine.withdraw(CommandId("x"), moment(100.0))
    assert (withdrawal.outcome, withdrawal.reason) == ("needs_undo", "the hub holds it")


def test_a_process_without_the_lock_withdraws_by_undo_only() -> None:
    laptop = Laptop(sends=False)
    laptop.press(POINT)
    assert laptop.engine.withdraw(CommandId("x"), moment(100.0)).outcome == "needs_undo"


def test_a_refused_entry_is_dismissed_by_the_process_that_sends() -> None:
    for sends in (True, False):
        laptop = Laptop(sends=sends)
        refused = Answer(id=CommandId("x"), outcome="refused", reason="final")
        rows = [JournalRow(1, pressed(POINT), "refused", 1, refused, "final")]
        laptop.do(laptop.engine.load(rows, moment(100.0)))
        withdrawal = laptop.engine.withdraw(CommandId("x"), moment(100.0))
        laptop.do(list(withdrawal.effects))
        assert withdrawal.outcome == ("dismissed" if sends else "impossible")
        assert laptop.states == ({} if sends else {"x": "refused"})


def test_some_things_cannot_be_taken_back() -> None:
    laptop = Laptop()
    laptop.follow()
    assert "no entry x" in laptop.engine.withdraw(CommandId("x"), moment(100.0)).reason
    laptop.do(laptop.engine.submit(pressed(POINT), moment(100.0)))
    assert "being saved" in laptop.engine.withdraw(CommandId("x"), moment(100.0)).reason
    laptop.press(Notify("Lunch"), "n")
    assert "only what is on a match" in laptop.engine.withdraw(CommandId("n"), moment(100.0)).reason


def test_a_living_link_is_pinged() -> None:
    laptop = Laptop()
    laptop.start()
    laptop.wait(5.0)
    assert laptop.sent == [Ping(105.0)]
    laptop.now = 106.0
    laptop.hear(Heartbeat(NOON))
    assert laptop.store.view.connection.last_frame_at == 106.0


@pytest.mark.parametrize(
    ("frame", "code"), [("{", 1002), ('{"type":"surprise"}', 1002), (b" " * (MAX_HUB_FRAME_BYTES + 1), 1009)]
)
def test_a_frame_that_cannot_be_read_ends_the_link(frame: str | bytes, code: int) -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.do(laptop.engine.receive_frame(LINK, frame, moment(100.0)))
    (hangup,) = laptop.all(Hangup)
    assert hangup.code == code
    assert "cannot be read" in laptop.told[0]


def test_a_hub_that_speaks_before_its_welcome_is_not_listened_to() -> None:
    laptop = Laptop()
    laptop.do(laptop.engine.start(moment(100.0)))
    laptop.do(laptop.engine.receive_open(LINK, moment(100.0)))
    laptop.hear(Directory((LISTING,)))
    assert len(laptop.all(Hangup)) == 1
    assert laptop.store.view.directory == ()


def test_a_log_that_does_not_fold_is_fetched_anew() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.do(laptop.engine.receive_bad_log(PLAN.id, "it contradicts itself", moment(100.0)))
    assert laptop.sent == [Join(ROOM)]


def test_somebody_may_ask_to_reconnect() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.do(laptop.engine.reconnect(moment(100.0)))
    assert laptop.all(Hangup) == [Hangup(LINK, 1000, "reconnecting, as somebody asked")]
    assert laptop.all(Dial) == [Dial(LinkId("link-2"), HUB)]
    laptop.do(laptop.engine.receive_closed(LinkId("link-2"), 4401, "", moment(100.0)))
    assert laptop.store.view.connection.state == "sign_in"
    laptop.wait(1000.0)
    assert laptop.all(Dial) == []
    laptop.do(laptop.engine.reconnect(moment(1100.0)))
    assert laptop.all(Dial) == [Dial(LinkId("link-3"), HUB)]


def test_closing_hangs_up_and_dials_no_more() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.do(laptop.engine.close(moment(100.0)))
    assert laptop.all(Hangup) == [Hangup(LINK, 1000, "this device closes")]
    assert laptop.told == []
    assert laptop.store.view.connection.state == "offline"
    assert not laptop.store.view.tournaments[PLAN.id].live
    laptop.now = 1000.0
    assert laptop.all(Dial) == []
    laptop.wait(10.0)
    assert laptop.engine.next_deadline() is None


def test_links_that_were_hung_up_are_not_heard() -> None:
    laptop = Laptop()
    gone = LinkId("gone")
    assert laptop.do(laptop.engine.receive_open(gone, moment(100.0))) == []
    assert laptop.hear(Heartbeat(NOON), gone) == []
    assert laptop.cut(gone) == []
    assert laptop.do(laptop.engine.receive_sent(gone, 10, moment(100.0)))[1:] == []


def test_bytes_out_are_counted() -> None:
    laptop = Laptop()
    laptop.start()
    laptop.now += 1
    laptop.do(laptop.engine.receive_sent(LINK, 10, moment(101.0)))
    (change,) = laptop.changes(ConnectionChanged)
    assert change.connection.links[0].bytes_out == 10


# Ways to hubs.


def test_an_endpoint_is_added_drained_used_again_and_removed() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.do(laptop.engine.add_endpoint("ws://other", moment(100.0)))
    other = LinkId("link-2")
    assert laptop.all(Dial) == [Dial(other, "ws://other")]
    laptop.open(other, LISTING)
    laptop.do(laptop.engine.drain(HUB, moment(100.0)))
    assert laptop.sent == [Join(ROOM, STATE.position)]
    laptop.hear(Replay(ROOM, EPOCH, ()), other)
    assert [hangup.link for hangup in laptop.all(Hangup)] == [LINK]
    laptop.do(laptop.engine.undrain(HUB, moment(100.0)))
    assert [dial.endpoint for dial in laptop.all(Dial)] == [HUB]
    laptop.open(LinkId("link-3"), LISTING)
    laptop.do(laptop.engine.remove_endpoint("ws://other", moment(100.0)))
    assert [hangup.link for hangup in laptop.all(Hangup)] == [other]
    assert laptop.sent == [Join(ROOM, STATE.position)]
    assert [link.endpoint for link in laptop.store.view.connection.links] == [HUB]


def test_one_endpoint_may_be_reconnected() -> None:
    laptop = Laptop(HUB, "ws://other")
    laptop.start(LISTING)
    laptop.open(LinkId("link-2"), LISTING)
    laptop.do(laptop.engine.reconnect(moment(100.0), "ws://other"))
    assert [hangup.link for hangup in laptop.all(Hangup)] == [LinkId("link-2")]
    assert [dial.endpoint for dial in laptop.all(Dial)] == ["ws://other"]


def test_a_link_may_have_a_token_of_its_own() -> None:
    laptop = Laptop()
    laptop.do(laptop.engine.start(moment(100.0)))
    laptop.do(laptop.engine.receive_open(LINK, moment(100.0), "fresh"))
    assert laptop.sent == [Hello(DeviceId("laptop-1"), "Ann", token="fresh")]


def test_rooms_are_live_again_when_a_doubted_link_answers() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.now = 200.0
    laptop.do(laptop.engine.handle_deadline(moment(200.0)))
    laptop.hear(Heartbeat(NOON))
    assert laptop.changes(RoomLive) == []
    laptop.hear(Pong(200.0, NOON))
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, True)]


def test_while_the_hub_is_cut_off_from_its_log_nothing_it_says_is_the_newest() -> None:
    laptop = Laptop()
    laptop.start(LISTING)
    laptop.hear(Heartbeat(NOON, durable=False))
    laptop.do(laptop.engine.join(ROOM, moment(laptop.now)))
    laptop.hear(Replay(ROOM, EPOCH, LOG))
    shown = laptop.store.view.tournaments[PLAN.id]
    assert (shown.live, shown.confirmed.position.seq) == (False, len(LOG))
    assert laptop.store.view.connection.state != "live"
    laptop.hear(Heartbeat(NOON, durable=False))
    assert laptop.changes(RoomLive) == []
    laptop.hear(Heartbeat(NOON))
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, True)]
    laptop.hear(Heartbeat(NOON, durable=False))
    assert [change.live for change in laptop.changes(RoomLive)] == [False]


def test_a_doubted_link_that_answers_proves_nothing_while_its_hub_is_cut_off_from_its_log() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.hear(Heartbeat(NOON, durable=False))
    laptop.now = 200.0
    laptop.do(laptop.engine.handle_deadline(moment(200.0)))
    laptop.hear(Pong(200.0, NOON))
    assert not laptop.store.view.tournaments[PLAN.id].live
    laptop.hear(Heartbeat(NOON))
    assert laptop.store.view.tournaments[PLAN.id].live


def test_what_the_archive_gives_is_brought() -> None:
    laptop = bereaved()
    laptop.do(laptop.engine.receive_recalled(REMEMBERED, moment(laptop.now)))
    laptop.hear(Want(PLAN.id, EPOCH, ((3, 5),)), LinkId("link-2"))
    (fetch,) = laptop.all(Fetch)
    laptop.do(laptop.engine.receive_fetched(fetch, LOG[2:], moment(laptop.now)))
    assert laptop.sent == [Bring(PLAN.id, EPOCH, LOG[2:])]


def test_links_are_told_once_whether_somebody_is_at_the_keys() -> None:
    laptop = Laptop()
    laptop.start(LISTING)
    laptop.do(laptop.engine.set_idle(True, moment(100.0)))
    assert laptop.sent == [Here(True)]
    assert laptop.do(laptop.engine.set_idle(True, moment(100.0))) == []


def test_stored_copies_are_shown_as_old_as_they_are() -> None:
    laptop = Laptop()
    laptop.do(laptop.engine.restore([STATE], moment(100.0)))
    assert laptop.changes(Replaced) == [Replaced(STATE, stored=True)]
    assert not laptop.store.view.tournaments[PLAN.id].live


def test_the_journal_is_taken_over_at_the_start() -> None:
    laptop = Laptop()
    laptop.do(laptop.engine.load([JournalRow(1, pressed(POINT, "x"), "saved")], moment(100.0)))
    assert laptop.states == {"x": "saved"}
