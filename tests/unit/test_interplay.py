"""The interplay: what one machine decides moves the others, over one link and over several."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from core.domain.commands import CreateTournament
from core.domain.ids import GLOBAL_ROOM, CommandId, RoomId
from core.domain.state import Position
from core.realtime.effects import (
    Advanced,
    Apply,
    Dial,
    Hangup,
    JournalRow,
    KeptChanged,
    LinkId,
    Moment,
    Persist,
    QueueChanged,
    Recall,
    Record,
    Replaced,
    RoomLive,
    Send,
)
from core.wire.codec import encode
from core.wire.messages import (
    Answers,
    Events,
    Goodbye,
    Heartbeat,
    Join,
    Leave,
    Ping,
    Pong,
    Replay,
    Snapshot,
    Submit,
)
from core.wire.offers import Offer
from core.wire.rooms import SideReplay
from tests.support.laptop import REMEMBERED, REVIVED, bereaved
from tests.support.moments import moment
from tests.support.tournaments import EPOCH, NOON, entry, league

if TYPE_CHECKING:
    pass

from tests.support.laptop import (
    HUB,
    LINK,
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


def test_after_a_sleep_the_state_is_as_old_as_the_newest_frame() -> None:
    laptop = Laptop()
    laptop.follow()
    woken = Moment(116.0, moment(100.0).at + timedelta(hours=1))
    laptop.do(laptop.engine.handle_deadline(woken))
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, False, moment(100.0).at)]


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


def test_leaving_once_of_twice_keeps_the_room() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.do(laptop.engine.join(ROOM, moment(100.0)))
    laptop.do(laptop.engine.leave(ROOM, moment(100.0)))
    assert laptop.sent == []
    assert laptop.store.view.tournaments[PLAN.id].live


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


# Several links.

SPARE = LinkId("link-2")
BEAT = encode(Heartbeat(NOON), "json")


def paired() -> Laptop:
    """Return a laptop whose room is live on the link to one endpoint, with a spare link to another."""
    laptop = Laptop(HUB, "ws://spare")
    laptop.follow()
    laptop.open(SPARE, LISTING)
    return laptop


def test_a_spare_link_is_dialled_and_carries_nothing() -> None:
    laptop = Laptop(HUB, "ws://spare")
    laptop.start(LISTING)
    assert laptop.all(Dial) == [Dial(SPARE, "ws://spare")]
    laptop.open(SPARE, LISTING)
    assert laptop.sent == [Ping(100.0)]
    assert laptop.told == []
    links = laptop.store.view.connection.links
    assert [(link.endpoint, link.state) for link in links] == [(HUB, "live"), ("ws://spare", "live")]


def test_rooms_and_entries_go_on_over_the_spare_link_in_the_same_call() -> None:
    laptop = paired()
    laptop.press(POINT, "x")
    laptop.cut()
    assert laptop.all(Send) == [Send(SPARE, Join(ROOM, STATE.position, (CommandId("x"),)))]
    assert laptop.told == ["ws://hub lost: cut; going on over ws://spare"]
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, False, moment(100.0).at)]
    assert laptop.states == {"x": "saved"}
    laptop.press(POINT, "y")
    assert laptop.sent == [], "the answer may come with the replay"
    laptop.hear(Replay(ROOM, EPOCH, ()), SPARE)
    assert laptop.all(Send) == [Send(SPARE, Submit((pressed(POINT, "x"), pressed(POINT, "y"))))]
    assert laptop.store.view.tournaments[PLAN.id].live


def test_a_run_of_entries_goes_where_its_room_goes() -> None:
    laptop = paired()
    laptop.press(POINT, "x")
    laptop.do(laptop.engine.drain(HUB, moment(100.0)))
    assert laptop.all(Send) == [Send(SPARE, Join(ROOM, STATE.position, (CommandId("x"),)))]
    laptop.press(POINT, "y")
    assert laptop.all(Send) == [Send(LINK, Submit((pressed(POINT, "y"),)))], "not before it is whole there"
    laptop.hear(Replay(ROOM, EPOCH, ()), SPARE)
    assert laptop.all(Send) == [
        Send(LINK, Leave(ROOM)),
        Send(SPARE, Submit((pressed(POINT, "x"), pressed(POINT, "y")))),
    ]
    assert [hangup.link for hangup in laptop.all(Hangup)] == [LINK]
    assert laptop.changes(RoomLive) == []
    answer = answered(pressed(POINT, "x"))
    laptop.hear(Events(ROOM, EPOCH, answer.events), SPARE)
    laptop.hear(Answers((answer,)), SPARE)
    assert laptop.states == {"x": "confirmed", "y": "sending"}
    assert score(laptop) == 5


def test_side_rooms_move_without_any_entry() -> None:
    laptop = paired()
    laptop.do(laptop.engine.join(GLOBAL_ROOM, moment(100.0)))
    laptop.hear(SideReplay(GLOBAL_ROOM, EPOCH, 0), SPARE)
    laptop.hear(SideReplay(GLOBAL_ROOM, EPOCH, 0))
    carrier = next(link.id for link in laptop.store.view.connection.links if GLOBAL_ROOM in link.rooms)
    other = LINK if carrier == SPARE else SPARE
    endpoint = "ws://spare" if carrier == SPARE else HUB
    laptop.do(laptop.engine.drain(endpoint, moment(100.0)))
    laptop.hear(SideReplay(GLOBAL_ROOM, EPOCH, 0), other)
    assert Send(LinkId(carrier), Leave(GLOBAL_ROOM)) in laptop.all(Send)


def test_after_a_sleep_every_link_is_asked_and_nothing_is_live_until_it_answers() -> None:
    laptop = paired()
    laptop.now = 3700.0
    laptop.do(laptop.engine.handle_deadline(moment(3700.0)))
    assert laptop.all(Send) == [Send(LINK, Ping(3700.0)), Send(SPARE, Ping(3700.0))]
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, False, moment(100.0).at)]
    assert laptop.store.view.connection.state == "catching_up"
    laptop.hear(Pong(3700.0, NOON), SPARE)
    laptop.hear(Pong(3700.0, NOON))
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, True)]
    assert laptop.store.view.connection.connected


def test_a_link_that_the_sleep_outlived_is_left_within_seconds() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.now = 3700.0
    laptop.do(laptop.engine.handle_deadline(moment(3700.0)))
    assert laptop.engine.next_deadline() == 3701.0
    laptop.wait(2.0)
    assert [hangup.link for hangup in laptop.all(Hangup)] == [LINK]
    laptop.wait(0.5)
    assert laptop.all(Dial) == [Dial(SPARE, HUB)]


def test_a_frame_that_waited_while_the_device_slept_is_no_sign_of_life() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.now = 3700.0
    answer = answered(pressed(POINT))
    laptop.hear(Events(ROOM, EPOCH, answer.events))
    assert laptop.changes(RoomLive) == [RoomLive(PLAN.id, False, moment(100.0).at)]
    assert not laptop.store.view.tournaments[PLAN.id].live
    assert score(laptop) == 4, "but it is true"


def test_links_that_nothing_needs_are_hung_up_and_not_said_to_be_lost() -> None:
    laptop = Laptop(HUB, "ws://spare", "ws://third")
    laptop.follow()
    laptop.open(SPARE, LISTING)
    until = laptop.now + 31.0
    while laptop.now < until and not laptop.all(Dial):
        laptop.wait(1.0)
        for link in (LINK, SPARE):
            laptop.do([*laptop.done, *laptop.engine.receive_frame(link, BEAT, moment(laptop.now))])
    (probe,) = laptop.all(Dial)
    assert probe.endpoint == "ws://third"
    laptop.open(probe.link, LISTING)
    laptop.hear(Pong(laptop.now, NOON), probe.link)
    assert [hangup.link for hangup in laptop.all(Hangup)] == [probe.link]
    assert laptop.told == []


# Older epochs.


def test_a_new_epoch_has_the_archive_looked_into_and_what_is_there_offered() -> None:
    laptop = bereaved()
    assert laptop.all(Recall) == [Recall(PLAN.id, EPOCH, 2)]
    laptop.do(laptop.engine.receive_recalled(REMEMBERED, moment(laptop.now)))
    assert laptop.changes(KeptChanged) == [KeptChanged(PLAN.id, tuple((EPOCH, event) for event in LOG[2:]))]
    (offer,) = laptop.sent
    assert isinstance(offer, Offer)
    assert (offer.position, offer.spans) == (STATE.position, ((1, 5),))


def test_a_process_that_does_not_send_offers_nothing() -> None:
    laptop = Laptop(sends=False)
    laptop.follow()
    laptop.do(laptop.engine.restore([REVIVED], moment(100.0)))
    laptop.do(laptop.engine.receive_recalled(REMEMBERED, moment(100.0)))
    assert laptop.sent == []


def test_a_log_that_lacks_what_was_seen_is_told_so() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.cut()
    laptop.wait(1.0)
    laptop.open(SPARE, LISTING)
    position = Position(EPOCH, 2, LOG[1].command)
    laptop.hear(Snapshot(ROOM, msgspec.structs.replace(STATE, position=position)), SPARE)
    assert Offer(PLAN.id, STATE.position) in laptop.sent


def test_what_somebody_hung_up_is_lost_once() -> None:
    laptop = paired()
    laptop.do(laptop.engine.reconnect(moment(100.0), HUB))
    assert laptop.told == ["ws://hub lost: reconnecting, as somebody asked; going on over ws://spare"]


def test_what_goes_wrong_here_is_a_line_of_the_feed() -> None:
    laptop = Laptop()
    laptop.do(laptop.engine.receive_save_failed((), "the disk is full", moment(100.0)))
    assert laptop.told == ["the disk is full"]


NEXT = answered(pressed(POINT))
"""What the hub says to the point that comes after the log."""
LOST = tuple(msgspec.structs.replace(event, command=CommandId("theirs")) for event in NEXT.events)
"""What stands there once the hub lost it."""
CLAIM = Offer(PLAN.id, Position(EPOCH, NEXT.seq, NEXT.id))


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(Replay(ROOM, EPOCH, LOST), id="another"),
        pytest.param(Replay(ROOM, EPOCH), id="nothing"),
        pytest.param(
            Snapshot(ROOM, msgspec.structs.replace(STATE, position=Position(EPOCH, 99, CommandId("z")))),
            id="more",
        ),
    ],
)
def test_a_hub_that_lost_what_it_had_answered_is_told_so(shown: Replay | Snapshot, restarts: bool) -> None:
    laptop, link = Laptop(), LINK
    if restarts:
        row = JournalRow(1, pressed(POINT), "confirmed", 1, NEXT)
        laptop.do(laptop.engine.load([row], moment(100.0)))
        laptop.do(laptop.engine.restore([STATE], moment(100.0)))
        laptop.do(laptop.engine.join(ROOM, moment(100.0)))
        laptop.start(LISTING)
    else:
        laptop.follow()
        laptop.press(POINT)
        laptop.hear(Answers((NEXT,)))
        laptop.cut()
        laptop.wait(1.0)
        link = LinkId("link-2")
        laptop.open(link, LISTING)
    laptop.hear(shown, link)
    assert CLAIM in laptop.sent


def test_what_a_hub_answered_is_looked_for_once_nothing_is_missing() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    laptop.hear(Answers((NEXT,)))
    gap = msgspec.structs.replace(LOST[-1], seq=LOST[-1].seq + 2)
    laptop.hear(Events(ROOM, EPOCH, (*LOST, gap)))
    assert CLAIM not in laptop.sent
    laptop.hear(Replay(ROOM, EPOCH))
    assert CLAIM in laptop.sent
