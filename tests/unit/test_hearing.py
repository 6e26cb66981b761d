"""Hearing: what each message of a hub leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.domain.answers import Answer
from core.domain.commands import CreateTournament, Notify
from core.domain.ids import GLOBAL_ROOM, CommandId, presence_room
from core.realtime.effects import (
    DirectoryChanged,
    Fetch,
    Hangup,
    LinkId,
    MembersChanged,
    Record,
    Replaced,
    RoomLive,
    SideLive,
)
from core.wire.messages import (
    Answers,
    Deferred,
    Directory,
    Events,
    Goodbye,
    Heartbeat,
    HubMessage,
    Join,
    Problem,
    Replay,
    Snapshot,
    Submit,
    Welcome,
)
from core.wire.offers import Want
from core.wire.presence import Here, PresenceSnapshot
from core.wire.rooms import SideReplay
from tests.support.laptop import HUB, REMEMBERED, bereaved
from tests.support.moments import moment
from tests.support.tournaments import EPOCH, NOON

if TYPE_CHECKING:
    from core.domain.answers import Outcome
    from core.realtime.view import EntryState

from tests.support.laptop import (
    LISTING,
    LOG,
    PLAN,
    POINT,
    ROOM,
    STATE,
    Laptop,
    answered,
    pressed,
    score,
)


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


def test_what_the_hub_cannot_use_is_said_and_not_repeated() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    laptop.hear(Problem("unknown_id_content", "this id was used", (CommandId("x"),)))
    assert laptop.told == ["the hub says: this id was used"]
    assert laptop.states == {"x": "refused"}


def test_clocks_that_differ_do_not_matter() -> None:
    laptop = Laptop()
    laptop.start()
    laptop.now = 101.0
    assert laptop.engine.room_stats(ROOM, 101.0) is None
    assert laptop.store.view.connection.clock_offset == 0
    laptop.hear(Welcome("hub", "again", 5.0, NOON + timedelta(hours=1), ()))
    assert len(laptop.all(Hangup)) == 1


def test_what_a_hub_lost_is_said_with_what_can_be_done() -> None:
    laptop = Laptop()
    laptop.do(laptop.engine.restore([STATE], moment(100.0)))
    laptop.start()
    laptop.do(laptop.engine.join(ROOM, moment(100.0)))
    laptop.hear(Problem("no_such_room", "there is no such room", room=ROOM))
    assert laptop.told == [
        "tournament:league: there is no such room",
        "this hub does not hold league; here is a copy up to event 5: an admin can bring it back: "
        "courtside rescue league",
    ]


def test_what_a_hub_wants_of_an_older_epoch_is_fetched_from_the_archive() -> None:
    laptop = bereaved()
    laptop.do(laptop.engine.receive_recalled(REMEMBERED, moment(laptop.now)))
    laptop.hear(Want(PLAN.id, EPOCH, ((3, 5),)), LinkId("link-2"))
    assert laptop.all(Fetch) == [Fetch(PLAN.id, EPOCH, ((3, 5),))]


def test_rooms_of_every_kind_are_heard() -> None:
    laptop = Laptop()
    laptop.start(LISTING)
    for room in (presence_room(PLAN.id), GLOBAL_ROOM):
        laptop.do(laptop.engine.join(room, moment(100.0)))
    laptop.hear(PresenceSnapshot(presence_room(PLAN.id), EPOCH, 1, ()))
    assert laptop.changes(MembersChanged) == [MembersChanged(PLAN.id, ())]
    laptop.hear(SideReplay(GLOBAL_ROOM, EPOCH, 0))
    assert laptop.changes(SideLive) == [SideLive(GLOBAL_ROOM, True)]


def test_a_leaving_hub_names_when_to_come_back() -> None:
    laptop = Laptop()
    laptop.start(LISTING)
    laptop.hear(Goodbye("it restarts", retry_after=3.0))
    laptop.cut()
    assert laptop.store.view.connection.next_try_at == 103.5


def test_a_hub_is_told_with_the_greeting_when_nobody_is_at_the_keys() -> None:
    laptop = Laptop()
    laptop.do(laptop.engine.set_idle(True, moment(100.0)))
    laptop.start(LISTING)
    assert Here(True) in laptop.sent


def test_of_a_spare_link_it_is_not_said_again_what_waits() -> None:
    laptop = Laptop(HUB, "ws://spare")
    laptop.press(POINT)
    laptop.start()
    assert len(laptop.told) == 2
    laptop.open(LinkId("link-2"))
    assert laptop.told == []


def test_what_a_hub_says_to_itself_is_no_matter() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.hear(Heartbeat(NOON))
    assert laptop.sent == []
    laptop.hear(Directory((LISTING,)))
    assert laptop.changes(DirectoryChanged) == [DirectoryChanged((LISTING,))]
