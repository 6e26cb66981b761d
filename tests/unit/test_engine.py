"""The engine: what follows from each thing that happens, in order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.domain.answers import Answer
from core.domain.commands import AddScore, CreateTournament, Notify
from core.domain.ids import CommandId, DeviceId, RoomId, TeamId
from core.errors import BadInput
from core.realtime.effects import (
    Advanced,
    Apply,
    ConnectionChanged,
    Dial,
    DirectoryChanged,
    Hangup,
    JournalRow,
    LinkId,
    Moment,
    Persist,
    QueueChanged,
    Record,
    Replaced,
    RoomLive,
    SavingChanged,
    Send,
)
from core.wire.messages import (
    MAX_HUB_FRAME_BYTES,
    Answers,
    Deferred,
    Directory,
    Events,
    Goodbye,
    Heartbeat,
    Hello,
    HubMessage,
    Join,
    Leave,
    Ping,
    Problem,
    Replay,
    Snapshot,
    Submit,
    Welcome,
)
from tests.support.moments import moment
from tests.support.tournaments import EPOCH, NOON, entry, league, point

if TYPE_CHECKING:
    from core.domain.answers import Outcome
    from core.realtime.view import EntryState

from tests.support.laptop import (
    HUB,
    LINK,
    LISTING,
    LOG,
    M1,
    PLAN,
    POINT,
    ROOM,
    STATE,
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


def test_a_followed_room_is_joined_caught_up_and_advanced() -> None:
    laptop = Laptop()
    laptop.start(LISTING)
    laptop.do(laptop.engine.join(ROOM, moment(100.0)))
    assert laptop.sent == [Join(ROOM)]
    assert laptop.store.view.connection.state == "catching_up"
    laptop.hear(Replay(ROOM, EPOCH, LOG[:3]))
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, True)]
    assert laptop.store.view.connection.links[0].rooms == (ROOM,)
    laptop.hear(Events(ROOM, EPOCH, LOG[3:]))
    assert laptop.changes(Advanced) == [Advanced(PLAN.id, EPOCH, LOG[3:])]
    assert laptop.store.view.tournaments[PLAN.id].confirmed == STATE
    stats = laptop.engine.room_stats(ROOM, 100.0)
    assert stats is not None
    assert stats.subscription_count == 1
    laptop.do(laptop.engine.leave(ROOM, moment(100.0)))
    assert laptop.sent == [Leave(ROOM)]
    laptop.do(laptop.engine.leave(ROOM, moment(100.0)))
    assert laptop.sent == []


def test_leaving_once_of_twice_keeps_the_room() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.do(laptop.engine.join(ROOM, moment(100.0)))
    laptop.do(laptop.engine.leave(ROOM, moment(100.0)))
    assert laptop.sent == []
    assert laptop.store.view.tournaments[PLAN.id].live


def test_an_entry_is_persisted_then_shown_then_sent() -> None:
    laptop = Laptop()
    laptop.follow()
    made = pressed(POINT)
    laptop.do(laptop.engine.submit(made, moment(100.0)))
    assert laptop.done == [Persist(made)]
    laptop.do(laptop.engine.receive_saved({made.id: 1}, moment(100.0)))
    kinds = [type(effect.change) if isinstance(effect, Apply) else type(effect) for effect in laptop.done]
    assert kinds == [QueueChanged, Record, Send]
    assert laptop.sent == [Submit((made,))]
    assert laptop.states == {"x": "sending"}
    assert score(laptop) == 4


def test_an_acknowledged_entry_counts_once_whichever_comes_first() -> None:
    for events_first in (False, True):
        laptop = Laptop()
        laptop.follow()
        laptop.press(POINT)
        answer = answered(pressed(POINT))
        messages: list[HubMessage] = [Answers((answer,)), Events(ROOM, EPOCH, answer.events)]
        for message in reversed(messages) if events_first else messages:
            laptop.hear(message)
            assert score(laptop) == 4
        assert laptop.states == {"x": "confirmed"}
        assert laptop.store.view.confirmed_total == 1


def test_an_answer_is_recorded() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    answer = answered(pressed(POINT))
    laptop.hear(Answers((answer,)))
    assert laptop.all(Record) == [Record(CommandId("x"), "confirmed", 1, answer)]


def test_offline_entries_wait_and_go_with_the_next_link_under_the_same_ids() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT, "x")
    laptop.now = 110.0
    laptop.cut()
    assert laptop.told == ["connection lost: cut"]
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, False, moment(100.0).at)]
    assert laptop.states == {"x": "saved"}
    laptop.press(POINT, "y")
    assert laptop.states == {"x": "saved", "y": "saved"}
    assert score(laptop) == 5
    deadline = laptop.engine.next_deadline()
    assert deadline is not None
    laptop.wait(5.0)
    assert laptop.all(Dial) == [Dial(LinkId("link-2"), HUB)]
    laptop.open(LinkId("link-2"), LISTING)
    assert Join(ROOM, STATE.position, (CommandId("x"),)) in laptop.sent
    assert not any(isinstance(message, Submit) for message in laptop.sent), (
        "the answers may come with the replay"
    )
    answer = answered(pressed(POINT, "x"))
    laptop.hear(Replay(ROOM, EPOCH, answer.events, (answer,)), LinkId("link-2"))
    assert laptop.sent == [Submit((pressed(POINT, "y"),))]
    assert laptop.states == {"x": "confirmed", "y": "sending"}
    assert score(laptop) == 5


def test_a_restart_sends_what_the_journal_holds() -> None:
    laptop = Laptop()
    rows = [JournalRow(1, pressed(POINT, "x"), "sending", 1), JournalRow(2, pressed(POINT, "y"), "saved")]
    laptop.do(laptop.engine.load(rows, moment(100.0)))
    laptop.do(laptop.engine.restore([STATE], moment(100.0)))
    assert laptop.changes(Replaced) == [Replaced(STATE, stored=True)]
    assert score(laptop) == 5
    laptop.start(LISTING)
    assert laptop.sent[-1] == Submit((pressed(POINT, "x"), pressed(POINT, "y")))


def test_a_plan_fills_a_frame_of_its_own() -> None:
    laptop = Laptop(outbox_entries=9)
    other = league(name="other")
    third = league(name="third")
    creations = [entry(plan.id, CreateTournament(plan), id=plan.id) for plan in (other, third)]
    points = [pressed(POINT, "x"), pressed(POINT, "y")]
    rows = [JournalRow(row, made, "saved") for row, made in enumerate((*points, *creations), 1)]
    laptop.do(laptop.engine.load(rows, moment(100.0)))
    laptop.start(LISTING)
    assert laptop.sent[1:] == [Submit(tuple(points)), Submit((creations[0],)), Submit((creations[1],))]


def test_what_is_created_here_can_be_scored_and_followed_at_once() -> None:
    laptop = Laptop()
    laptop.start()
    laptop.do(laptop.engine.join(ROOM, moment(100.0)))
    laptop.hear(Problem("no_such_room", "there is no such room", room=ROOM))
    assert laptop.told == ["tournament:league: there is no such room"]
    laptop.press(CreateTournament(PLAN), "create")
    laptop.press(POINT, "x")
    assert laptop.sent == []
    laptop.hear(Answers((Answer(id=CommandId("create"), outcome="accepted", epoch=EPOCH, seq=1),)))
    assert Join(ROOM) in laptop.sent
    laptop.hear(Replay(ROOM, EPOCH, LOG[:1]))
    assert laptop.sent == [Submit((pressed(POINT, "x"),))]


def test_entries_for_a_hub_without_their_tournament_wait_and_that_is_said() -> None:
    laptop = Laptop()
    laptop.press(POINT)
    laptop.start()
    assert "1 saved for league: this hub does not hold it, so they wait" in laptop.told
    assert not any(isinstance(message, Submit) for message in laptop.sent)
    laptop.hear(Directory((LISTING,)))
    assert laptop.sent == [Submit((pressed(POINT),))]


def test_a_snapshot_replaces_and_brings_answers() -> None:
    laptop = Laptop()
    laptop.start(LISTING)
    laptop.do(laptop.engine.join(ROOM, moment(100.0)))
    laptop.hear(Snapshot(ROOM, STATE))
    assert laptop.changes(Replaced) == [Replaced(STATE)]
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, True)]


@pytest.mark.parametrize(
    ("outcome", "state", "line"),
    [("held", "conflict", "M001 conflict: "), ("refused", "refused", "M001 refused: This match is final")],
)
def test_held_and_refused_entries_are_said_and_do_not_count(
    outcome: Outcome, state: EntryState, line: str
) -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    laptop.hear(Answers((answered(pressed(POINT), outcome),)))
    assert laptop.states == {"x": state}
    assert laptop.told == [line]
    assert score(laptop) == 3


def test_a_refused_notice_is_said_without_a_match() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(Notify("Lunch"))
    laptop.hear(Answers((Answer(id=CommandId("x"), outcome="refused", reason="no"),)))
    assert laptop.told == ["refused: no"]


def test_a_deferred_entry_waits_and_goes_again() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    laptop.hear(Deferred((CommandId("x"),), "busy", "busy", 2.0))
    assert laptop.states == {"x": "saved"}
    assert laptop.engine.next_deadline() == 101.0, "figures are due before"
    laptop.wait(3.0)
    assert Submit((pressed(POINT),)) in laptop.sent


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


def test_what_the_hub_cannot_use_is_said_and_not_repeated() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    laptop.hear(Problem("unknown_id_content", "this id was used", (CommandId("x"),)))
    assert laptop.told == ["the hub says: this id was used"]
    assert laptop.states == {"x": "refused"}


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


def test_a_hub_that_falls_silent_is_left_and_dialled_again() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.wait(15.0)
    assert laptop.all(Hangup) == [Hangup(LINK, 1001, "no sign of life for 15 s")]
    assert laptop.told == ["connection lost: no sign of life for 15 s"]
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, False, moment(100.0).at)]
    assert laptop.store.view.connection.state == "offline"
    assert laptop.store.view.connection.next_try_at == 115.5
    laptop.wait(0.5)
    assert laptop.all(Dial) == [Dial(LinkId("link-2"), HUB)]


def test_after_a_sleep_the_state_is_as_old_as_the_newest_frame() -> None:
    laptop = Laptop()
    laptop.follow()
    woken = Moment(116.0, moment(100.0).at + timedelta(hours=1))
    laptop.do(laptop.engine.handle_deadline(woken))
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, False, moment(100.0).at)]


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


def test_a_leaving_hub_gets_nothing_more() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.hear(Goodbye("it restarts", retry_after=3.0))
    laptop.press(POINT)
    assert laptop.sent == []
    laptop.do(laptop.engine.join(RoomId("global"), moment(100.0)))
    assert laptop.sent == []
    laptop.cut()
    assert laptop.store.view.connection.next_try_at == 103.5


def test_rooms_of_other_kinds_name_no_entries() -> None:
    laptop = Laptop()
    laptop.start()
    laptop.do(laptop.engine.join(RoomId("global"), moment(100.0)))
    assert laptop.sent == [Join(RoomId("global"))]


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


def test_clocks_that_differ_do_not_matter() -> None:
    laptop = Laptop()
    laptop.start()
    laptop.now = 101.0
    assert laptop.engine.room_stats(ROOM, 101.0) is None
    assert laptop.store.view.connection.clock_offset == 0
    laptop.hear(Welcome("hub", "again", 5.0, NOON + timedelta(hours=1), ()))
    assert len(laptop.all(Hangup)) == 1
