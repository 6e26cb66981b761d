"""The engine with presence and rooms that have logs of their own, on a laptop of the tests."""

from __future__ import annotations

from core.domain.ids import (
    GLOBAL_ROOM,
    CommandId,
    DeviceId,
    Epoch,
    TeamId,
    presence_room,
    team_room,
)
from core.domain.state import Position
from core.realtime.effects import LinkId
from core.realtime.view import Members, SideLog
from core.wire.messages import Join, Leave, Submit
from core.wire.presence import Here, Member, PresenceDiff, PresenceSnapshot
from core.wire.rooms import SideEvent, SideEvents, SideReplay
from tests.support.laptop import LISTING, PLAN, POINT, ROOM, Laptop
from tests.support.moments import moment
from tests.support.tournaments import NOON

PRESENCE = presence_room(PLAN.id)
TEAM = team_room(PLAN.id, TeamId("a"))
LIFE = Epoch("life-1")
ANA = Member(device=DeviceId("laptop-2"), name="ana", role="moderator", since=NOON)
BEN = Member(device=DeviceId("laptop-3"), name="ben", role="admin", since=NOON)


def joined(*rooms: str) -> Laptop:
    laptop = Laptop()
    laptop.start(LISTING)
    for room in rooms:
        laptop.do(laptop.engine.join(room, moment(laptop.now)))  # type: ignore[arg-type]
    return laptop


def said(seq: int) -> SideEvent:
    return SideEvent(
        seq=seq,
        id=CommandId(f"c{seq}"),
        event="ready",
        by="ana",
        device=DeviceId("laptop-2"),
        entered_at=NOON,
        received_at=NOON,
    )


def test_presence_is_shown_while_it_is_carried_and_as_of_then_afterwards() -> None:
    laptop = joined(PRESENCE)
    assert laptop.sent == [Join(PRESENCE)]
    laptop.hear(PresenceSnapshot(PRESENCE, LIFE, 3, (ANA,)))
    laptop.hear(PresenceDiff(PRESENCE, LIFE, 4, joined=(BEN,)))
    assert laptop.store.view.members[PLAN.id].members == (ANA, BEN)
    assert laptop.store.view.members[PLAN.id].live
    laptop.cut()
    there = laptop.store.view.members[PLAN.id]
    assert there == Members((ANA, BEN), live=False, as_of=there.as_of)


def test_a_missed_version_of_presence_has_it_joined_again() -> None:
    laptop = joined(PRESENCE)
    laptop.hear(PresenceSnapshot(PRESENCE, LIFE, 3, (ANA,)))
    laptop.hear(PresenceDiff(PRESENCE, LIFE, 5, left=(ANA.who,)))
    assert laptop.sent == [Join(PRESENCE)]
    assert not laptop.store.view.members[PLAN.id].live
    laptop.hear(PresenceSnapshot(PRESENCE, LIFE, 5, (BEN,)))
    assert laptop.store.view.members[PLAN.id].members == (BEN,)


def test_a_room_with_a_log_of_its_own_goes_on_from_where_it_was() -> None:
    laptop = joined(TEAM)
    laptop.hear(SideReplay(TEAM, LIFE, 1, (said(1),)))
    laptop.hear(SideEvents(TEAM, LIFE, (said(2),)))
    side = laptop.store.view.sides[TEAM]
    assert side == SideLog((said(1), said(2)), LIFE, 2, True, side.as_of)
    laptop.hear(SideEvents(TEAM, LIFE, (said(4),)))
    assert laptop.sent == [Join(TEAM, Position(LIFE, 2, CommandId("c2")))]
    laptop.hear(SideReplay(TEAM, LIFE, 4, (said(3), said(4))))
    assert [event.seq for event in laptop.store.view.sides[TEAM].events] == [1, 2, 3, 4]


def test_leaving_a_room_says_so_and_keeps_what_was_seen() -> None:
    laptop = joined(GLOBAL_ROOM)
    laptop.hear(SideReplay(GLOBAL_ROOM, LIFE, 1, (said(1),)))
    laptop.do(laptop.engine.leave(GLOBAL_ROOM, moment(laptop.now)))
    assert laptop.sent == [Leave(GLOBAL_ROOM)]
    assert laptop.store.view.sides[GLOBAL_ROOM].events == (said(1),)
    assert laptop.engine.room_stats(GLOBAL_ROOM, laptop.now) is None


def test_a_room_that_entries_had_a_link_for_is_joined_when_somebody_follows_it() -> None:
    laptop = Laptop()
    laptop.start(LISTING)
    laptop.press(POINT)
    assert [type(message) for message in laptop.sent] == [Submit]
    laptop.do(laptop.engine.join(ROOM, moment(laptop.now)))
    assert [message.room for message in laptop.sent if isinstance(message, Join)] == [ROOM]


def test_every_link_is_told_whether_somebody_is_at_the_keys() -> None:
    laptop = joined(PRESENCE)
    laptop.do(laptop.engine.set_idle(True, moment(laptop.now)))
    assert laptop.sent == [Here(True)]
    assert laptop.engine.set_idle(True, moment(laptop.now)) == []
    laptop.cut()
    laptop.wait(5.0)
    laptop.open(LinkId("link-2"), LISTING)
    assert Here(True) in laptop.sent
    laptop.do(laptop.engine.set_idle(False, moment(laptop.now)))
    assert laptop.sent == [Here(False)]
