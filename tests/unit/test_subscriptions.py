"""Subscriptions: who hears what, once and in order, whatever other callbacks do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from core.domain.commands import Broadcast
from core.domain.events import BroadcastSent, Event
from core.domain.ids import (
    GLOBAL_ROOM,
    CommandId,
    DeviceId,
    Epoch,
    RoomId,
    match_room,
    presence_room,
    tournament_room,
)
from core.domain.reduce import fold
from core.errors import BadInput
from core.realtime.effects import Advanced, MembersChanged, Replaced, SideAdvanced, SideLive
from core.realtime.rooms.subscriptions import (
    ALL,
    OWN_NAMES,
    RoomEvent,
    Subscription,
    Subscriptions,
    event_names,
)
from core.wire.presence import Member
from core.wire.rooms import SideEvent
from tests.support.tournaments import EPOCH, NOON, league, match, point, record

if TYPE_CHECKING:
    from core.realtime.rooms.subscriptions import Callback

PLAN = league()
M1, M2 = match(PLAN, 1), match(PLAN, 2)
ROOM = tournament_room(PLAN.id)
SAY = Broadcast(ROOM, "lights", '{"on": true}')
LOG, STATE = record(PLAN, [point(PLAN, 1, "a"), point(PLAN, 2, "a"), SAY])
ANA = Member(device=DeviceId("laptop-2"), name="ana", role="moderator", since=NOON)


def subscribe(table: Subscriptions, room: RoomId, callback: Callback, *names: str) -> Subscription:
    subscription = Subscription(room, event_names(names or ALL), callback)
    table.begin(subscription)
    return subscription


def heard_in(room: RoomId, *names: str) -> tuple[Subscriptions, list[RoomEvent]]:
    table, heard = Subscriptions(), list[RoomEvent]()
    subscribe(table, room, heard.append, *names)
    return table, heard


def advanced(*events: Event) -> Advanced:
    return Advanced(PLAN.id, EPOCH, events)


def said(seq: int, event: str = "lights", *, withheld: bool = False) -> SideEvent:
    return SideEvent(
        seq=seq,
        id=CommandId(f"c{seq}"),
        event=event,
        data="null" if withheld else "[1]",
        by="bo",
        device=DeviceId("laptop-3"),
        entered_at=NOON,
        received_at=NOON,
        withheld=withheld,
    )


def test_a_subscriber_of_all_hears_every_event_of_its_room_in_order() -> None:
    table, heard = heard_in(ROOM)
    assert table.receive(advanced(*LOG)) == []
    assert [event.seq for event in heard] == [event.seq for event in LOG]
    assert [event.source for event in heard] == list(LOG)
    first = heard[1]
    assert (first.name, first.room, first.by, first.device, first.at) == (
        "match_started",
        ROOM,
        LOG[1].by,
        LOG[1].device,
        LOG[1].received_at,
    )
    assert (first.data, first.withheld) == (None, False)


def test_a_subscriber_by_name_hears_those_events_only() -> None:
    table, heard = heard_in(ROOM, "points_added", "lights")
    table.receive(advanced(*LOG))
    assert [event.name for event in heard] == ["points_added", "points_added", "lights"]


def test_a_match_s_room_is_its_tournament_s_log_filtered_with_the_version_as_seq() -> None:
    table, heard = heard_in(match_room(M2))
    table.receive(advanced(*LOG))
    assert [(event.name, event.seq) for event in heard] == [("match_started", 1), ("points_added", 2)]


def test_a_broadcast_carries_its_data_but_not_to_an_excluded_sender() -> None:
    table, heard = heard_in(ROOM, "lights")
    event = LOG[-1]
    assert isinstance(event.fact, BroadcastSent)
    kept_back = structs.replace(event, fact=structs.replace(event.fact, data="null", withheld=True))
    table.receive(advanced(event, kept_back))
    assert [(one.data, one.withheld) for one in heard] == [({"on": True}, False), (None, True)]


def test_no_broadcast_passes_for_an_event_of_the_hub() -> None:
    table, heard = heard_in(ROOM)
    (false,) = record(PLAN, [Broadcast(ROOM, "points_added")])[0][1:]
    table.receive(advanced(false))
    subscribe(table, GLOBAL_ROOM, heard.append)
    table.receive(SideAdvanced(GLOBAL_ROOM, Epoch("g"), 1, (said(1, "reset"),)))
    assert [event.name for event in heard] == ["broadcast_sent", "broadcast_sent"]
    assert {"points_added", "reset", "member_left"} <= OWN_NAMES


def test_a_state_in_place_of_all_is_told_as_a_reset() -> None:
    table, heard = heard_in(ROOM)
    for room in (match_room(M1), match_room(match(PLAN, 3)), RoomId("match:other.m001"), RoomId("nonsense")):
        subscribe(table, room, heard.append, "reset")
    table.receive(Replaced(STATE))
    assert [(event.room, event.name, event.seq) for event in heard] == [
        (ROOM, "reset", STATE.position.seq),
        (match_room(M1), "reset", 2),
        (match_room(match(PLAN, 3)), "reset", 0),
    ]
    assert heard[0].source is STATE
    assert (heard[0].by, heard[0].device, heard[0].at, heard[0].data) == ("", None, None, None)


def test_a_room_with_a_log_of_its_own_tells_what_is_said_in_it() -> None:
    table, heard = heard_in(GLOBAL_ROOM)
    table.receive(SideAdvanced(GLOBAL_ROOM, Epoch("g"), 2, (said(1), said(2, withheld=True))))
    assert [(event.seq, event.data, event.withheld) for event in heard] == [(1, [1], False), (2, None, True)]
    assert (heard[0].by, heard[0].device, heard[0].at) == ("bo", "laptop-3", NOON)


def test_a_room_with_a_log_of_its_own_that_begins_anew_tells_a_reset_first() -> None:
    table, heard = heard_in(GLOBAL_ROOM)
    table.receive(SideAdvanced(GLOBAL_ROOM, Epoch("g"), 8, (said(7), said(8)), reset=True))
    table.receive(SideAdvanced(GLOBAL_ROOM, Epoch("h"), 0, (), reset=True))
    assert [(event.name, event.seq) for event in heard] == [
        ("reset", 6),
        ("lights", 7),
        ("lights", 8),
        ("reset", 0),
    ]


def test_presence_tells_who_came_changed_and_left() -> None:
    table, heard = heard_in(presence_room(PLAN.id))
    idle = structs.replace(ANA, idle_since=NOON)
    table.receive(MembersChanged(PLAN.id, (idle,), joined=(ANA,), changed=(idle,), left=(ANA,)))
    assert [event.name for event in heard] == ["member_joined", "member_changed", "member_left"]
    assert heard[1].source == idle
    assert heard[1].data is None


def test_what_concerns_no_room_s_events_is_told_to_nobody() -> None:
    table, heard = heard_in(presence_room(PLAN.id))
    table.receive(SideLive(presence_room(PLAN.id), True))
    assert heard == []
    assert Subscriptions().receive(advanced(*LOG)) == []


def test_a_callback_that_throws_stops_no_other_and_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    table, heard = Subscriptions(), list[RoomEvent]()
    fails = [True, True, False, True]

    def callback(_: RoomEvent) -> None:
        if fails.pop(0):
            raise ValueError("no such lamp")

    subscribe(table, match_room(M1), callback)
    subscribe(table, match_room(M1), heard.append)
    log, _ = record(PLAN, [point(PLAN, 1, "a")] * 3)
    told = [table.receive(advanced(event)) for event in log[1:5]]
    why = f"a callback of {match_room(M1)} failed: ValueError: no such lamp"
    assert told == [[why], [], [], [why]]
    assert len(heard) == 4
    assert "no such lamp" in caplog.text


def test_a_callback_may_end_itself_and_others_while_it_is_told() -> None:
    table, heard, own = Subscriptions(), list[RoomEvent](), list[RoomEvent]()

    def callback(event: RoomEvent) -> None:
        own.append(event)
        table.end(mine)
        table.end(other)

    mine = subscribe(table, ROOM, callback)
    other = subscribe(table, ROOM, heard.append)
    table.receive(advanced(*LOG))
    assert len(own) == 1
    assert heard == []
    assert table.count(ROOM) == 0


def test_a_callback_may_begin_another_which_hears_what_comes_next() -> None:
    table, heard = Subscriptions(), list[RoomEvent]()
    begun = subscribe(table, ROOM, lambda _: table.begin(later))
    later = Subscription(ROOM, event_names("*"), heard.append)
    table.receive(advanced(LOG[0]))
    table.end(begun)
    table.receive(advanced(LOG[1]))
    assert [event.seq for event in heard] == [2]


def test_the_same_callback_twice_is_two_subscriptions() -> None:
    table, heard = heard_in(ROOM)
    second = subscribe(table, ROOM, heard.append)
    assert table.count(ROOM) == 2
    table.receive(advanced(LOG[0]))
    table.end(second)
    table.end(second)
    table.receive(advanced(LOG[1]))
    assert [event.seq for event in heard] == [1, 1, 2]
    assert table.count(ROOM) == 1


def test_one_that_ended_before_it_began_hears_nothing() -> None:
    table, heard = Subscriptions(), list[RoomEvent]()
    subscription = Subscription(ROOM, event_names("*"), heard.append)
    table.end(subscription)
    table.begin(subscription)
    table.receive(advanced(*LOG))
    assert heard == []
    assert table.count(ROOM) == 0


@pytest.mark.parametrize("names", ["", (), ("points_added", "")])
def test_to_hear_of_nothing_is_refused(names: str | tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="write \\* for all"):
        event_names(names)


def test_the_log_is_not_needed_to_have_been_seen_from_its_beginning() -> None:
    table, heard = heard_in(ROOM)
    table.receive(Replaced(fold(LOG[:2], EPOCH)))
    table.receive(advanced(*LOG[2:]))
    assert [event.seq for event in heard] == [2, *(event.seq for event in LOG[2:])]
