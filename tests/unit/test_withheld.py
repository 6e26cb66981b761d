"""Withholding: an excluded sender's own event comes back without its data, at its place."""

from __future__ import annotations

from msgspec.structs import replace

from core.domain.commands import Broadcast, Notify
from core.domain.events import BroadcastSent
from core.domain.ids import CommandId, DeviceId, tournament_room
from core.hub.rooms.withheld import excluded, shown_to
from core.wire.rooms import SideEvent
from tests.support.tournaments import DEVICE, NOON, league, log

PLAN = league(3)
ROOM = tournament_room(PLAN.id)
OTHER = DeviceId("laptop-2")
SAID = SideEvent(
    seq=1,
    id=CommandId("c1"),
    event="lunch",
    data="12",
    by="Ann",
    device=DEVICE,
    entered_at=NOON,
    received_at=NOON,
    exclude_sender=True,
)


def test_the_senders_device_gets_the_event_without_its_data_and_all_others_as_it_is() -> None:
    events = log(
        PLAN, Notify("Tea"), Broadcast(ROOM, "lunch", "12", exclude_sender=True), Broadcast(ROOM, "tea")
    )
    assert excluded(events) == {DEVICE}
    assert shown_to(OTHER, events) == events
    own = shown_to(DEVICE, events)
    assert [event.seq for event in own] == [event.seq for event in events]
    assert own[2].fact == BroadcastSent("lunch", exclude_sender=True, withheld=True)
    assert (own[:2], own[3]) == (events[:2], events[3])


def test_in_a_room_with_a_log_of_its_own_it_is_the_same() -> None:
    others = replace(SAID, seq=2, device=OTHER)
    shared = replace(SAID, seq=3, exclude_sender=False)
    events = (SAID, others, shared)
    assert excluded(events) == {DEVICE, OTHER}
    assert shown_to(DEVICE, events) == (replace(SAID, data="null", withheld=True), others, shared)
    assert shown_to(DeviceId("laptop-3"), events) == events


def test_where_nobody_is_excluded_all_see_the_same() -> None:
    events = log(PLAN, Broadcast(ROOM, "lunch", "12"))
    assert excluded(events) == frozenset()
    assert shown_to(DEVICE, events) == events
