"""The contents: each room is judged by the machine of its kind."""

from __future__ import annotations

import pytest

from core.domain.ids import (
    GLOBAL_ROOM,
    CommandId,
    DeviceId,
    Epoch,
    RoomId,
    admin_room,
    match_room,
    presence_room,
    tournament_room,
)
from core.domain.state import Position
from core.realtime.effects import Advanced, Heard, MembersChanged, RoomLive, SideAdvanced, SideLive
from core.realtime.rooms.contents import Contents, log_of
from core.wire.messages import Events, Replay
from core.wire.presence import PresenceDiff, PresenceSnapshot
from core.wire.rooms import SideEvent, SideEvents, SideReplay
from tests.support.moments import moment
from tests.support.tournaments import EPOCH, NOON, league, log, match

PLAN = league()
LOG = log(PLAN)
ROOM = tournament_room(PLAN.id)
ADMINS = admin_room(PLAN.id)
PEOPLE = presence_room(PLAN.id)
SAID = SideEvent(
    seq=1,
    id=CommandId("c"),
    event="lunch",
    by="Ann",
    device=DeviceId("d"),
    entered_at=NOON,
    received_at=NOON,
)


@pytest.mark.parametrize(
    "room", [ADMINS, PEOPLE, GLOBAL_ROOM, match_room(match(PLAN, 1)), RoomId("nonsense")]
)
def test_only_a_tournaments_own_room_carries_its_log(room: RoomId) -> None:
    assert log_of(ROOM) == PLAN.id
    assert log_of(room) is None


def test_a_tournaments_room_goes_on_from_its_log() -> None:
    contents = Contents()
    assert contents.begin(ROOM) is None
    heard = contents.receive(Replay(ROOM, EPOCH, LOG), whole=False)
    assert heard == Heard("whole", (Advanced(PLAN.id, EPOCH, LOG),))
    assert contents.begin(ROOM) == Position(EPOCH, LOG[-1].seq, LOG[-1].command)
    assert contents.liveness(ROOM, True) == RoomLive(PLAN.id, True)


def test_a_room_with_a_log_of_its_own_goes_on_from_that() -> None:
    contents = Contents()
    heard = contents.receive(SideReplay(ADMINS, EPOCH, 1, (SAID,)), whole=False)
    assert heard == Heard("whole", (SideAdvanced(ADMINS, EPOCH, 1, (SAID,)),))
    assert contents.receive(SideEvents(ADMINS, EPOCH, (SAID,)), whole=True).changes == ()
    assert contents.begin(ADMINS) == Position(EPOCH, 1, CommandId("c"))
    before = moment(0.0).at
    assert contents.liveness(ADMINS, False, before) == SideLive(ADMINS, False, before)


def test_who_is_there_begins_anew_with_each_join() -> None:
    contents = Contents()
    contents.begin(PEOPLE)
    life = Epoch("life")
    heard = contents.receive(PresenceSnapshot(PEOPLE, life, 1, ()), whole=False)
    assert heard == Heard("whole", (MembersChanged(PLAN.id, ()),))
    contents.begin(PEOPLE)
    assert contents.receive(PresenceDiff(PEOPLE, life, 2), whole=True).outcome == "dropped", "it is held"
    contents.forget(PEOPLE)
    assert contents.presence.members(PEOPLE) is None


def test_events_in_a_room_without_a_public_log_are_dropped() -> None:
    assert Contents().receive(Events(ADMINS, EPOCH, LOG), whole=True) == Heard("dropped")
