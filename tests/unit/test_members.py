"""Members: who is in which room, what is told on the way in, and that others' rooms are not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from core.domain.answers import Answer
from core.domain.ids import (
    GLOBAL_ROOM,
    CommandId,
    DeviceId,
    Epoch,
    RoomId,
    TeamId,
    TournamentId,
    admin_room,
    match_room,
    presence_room,
    role_room,
    team_room,
    tournament_room,
)
from core.domain.state import Position
from core.errors import BadLog
from core.hub.door.access import READER, TRUSTED, Pass
from core.hub.rooms.members import Members
from core.hub.rooms.presence import Presence
from core.hub.rooms.room import Rooms, no_room
from core.hub.rooms.side import Sides, SideTail
from core.wire.messages import Join, Problem, Replay, Snapshot
from core.wire.presence import PresenceSnapshot, Who
from core.wire.rooms import SideReplay
from tests.support.tournaments import EPOCH, NOON, league, match, point, record

PLAN = league(3)
EVENTS, STATE = record(PLAN, [point(PLAN, 1, "a")])
ROOM, MATCH, THERE = tournament_room(PLAN.id), match_room(match(PLAN, 1)), presence_room(PLAN.id)
REDS = team_room(PLAN.id, TeamId("a"))
ANSWERS = (Answer(id=CommandId("c1"), outcome="accepted", epoch=EPOCH, seq=3),)
PLAYER = Pass("p1", "Bo", "participant", team=TeamId("a"))


@dataclass(eq=False)
class Guest:
    pass_: Pass = TRUSTED
    who: Who = field(default_factory=lambda: Who(DeviceId("laptop-1"), "Ann"))
    idle_since: datetime | None = None


def load(room: RoomId) -> SideTail:
    if room == GLOBAL_ROOM:
        raise BadLog("log", "a bad sector")
    return SideTail(Epoch(""), ())


class Hub:
    """The rooms of a hub with one tournament."""

    def __init__(self) -> None:
        rooms = Rooms()
        rooms.open(STATE, EVENTS)
        self.presence: Presence[Guest] = Presence(Epoch("life"), grace=10.0)
        self.members: Members[Guest] = Members(rooms, Sides(load), self.presence)

    def join(self, guest: Guest, room: RoomId, position: Position | None = None) -> object:
        return self.members.join(Join(room, position), ANSWERS, guest, 0.0, NOON)


@pytest.mark.parametrize(
    ("room", "kind"),
    [(ROOM, Snapshot), (MATCH, Snapshot), (THERE, PresenceSnapshot), (REDS, SideReplay)],
)
def test_every_kind_of_room_has_its_own_welcome(room: RoomId, kind: type) -> None:
    hub, guest = Hub(), Guest()
    assert isinstance(hub.join(guest, room), kind)
    assert hub.members.of(room) == {guest}
    assert list(hub.members.in_use) == [room]


def test_a_position_is_gone_on_from_and_answers_come_along() -> None:
    last = EVENTS[-1]
    welcome = Hub().join(Guest(), ROOM, Position(EPOCH, last.seq, last.command))
    assert welcome == Replay(ROOM, EPOCH, (), ANSWERS)
    assert Hub().join(Guest(), MATCH, Position(EPOCH, 2, last.command)) == Replay(MATCH, EPOCH, (), ANSWERS)


@pytest.mark.parametrize(
    ("pass_", "room"),
    [
        (READER, REDS),
        (READER, admin_room(PLAN.id)),
        (READER, role_room(PLAN.id, "moderator")),
        (PLAYER, team_room(PLAN.id, TeamId("b"))),
        (Pass("x", "Cy", "spectator", frozenset()), ROOM),
        (TRUSTED, team_room(PLAN.id, TeamId("nobody"))),
        (TRUSTED, tournament_room(TournamentId("nowhere"))),
        (TRUSTED, RoomId("what")),
    ],
)
def test_a_room_that_one_may_not_read_is_not_there(pass_: Pass, room: RoomId) -> None:
    hub, guest = Hub(), Guest(pass_)
    assert hub.join(guest, room) == no_room(room)
    assert hub.members.leave(room, guest, 0.0) == no_room(room)
    assert not hub.members.of(room)
    assert hub.presence.count(PLAN.id) == 0


def test_a_player_reads_the_own_teams_room() -> None:
    assert isinstance(Hub().join(Guest(PLAYER), REDS), SideReplay)


def test_a_log_that_cannot_be_read_is_said_and_nobody_is_in() -> None:
    hub, guest = Hub(), Guest()
    welcome = hub.join(guest, GLOBAL_ROOM)
    assert isinstance(welcome, Problem)
    assert (welcome.code, welcome.room) == ("unreadable", GLOBAL_ROOM)
    assert not hub.members.of(GLOBAL_ROOM)


def test_a_member_is_counted_once_over_all_its_links() -> None:
    hub = Hub()
    one, two, bob = Guest(), Guest(), Guest(who=Who(DeviceId("laptop-1"), "Bob"))
    for guest in (one, two, two, bob):
        hub.join(guest, ROOM)
    assert hub.members.count(ROOM) == 2
    assert hub.members.count(MATCH) == 0
    assert hub.members.leave(ROOM, bob, 0.0) is None
    assert hub.members.of(ROOM) == {one, two}


def test_whoever_is_in_any_room_of_a_tournament_is_there_until_the_last_is_left() -> None:
    hub, guest = Hub(), Guest(PLAYER)
    hub.join(guest, ROOM)
    hub.join(guest, REDS)
    hub.presence.handle_deadline(0.0)
    (member,) = hub.presence.snapshot(PLAN.id).members
    assert (member.who, member.role, member.team, member.since) == (guest.who, "participant", "a", NOON)
    assert hub.members.leave(ROOM, guest, 0.0) is None
    assert hub.members.leave(ROOM, guest, 0.0) is None, "again changes nothing"
    assert hub.presence.count(PLAN.id) == 1
    assert hub.members.leave(REDS, guest, 0.0) is None
    assert hub.presence.count(PLAN.id) == 0
    assert list(hub.members.in_use) == []


def test_leaving_a_room_of_no_tournament_concerns_no_presence() -> None:
    rooms = Rooms()
    presence: Presence[Guest] = Presence(Epoch("life"))
    members: Members[Guest] = Members(rooms, Sides(lambda _: SideTail(Epoch(""), ())), presence)
    guest = Guest()
    assert isinstance(members.join(Join(GLOBAL_ROOM), (), guest, 0.0, NOON), SideReplay)
    members.receive_idle(guest)
    assert members.leave(GLOBAL_ROOM, guest, 0.0) is None
    members.forget(guest, 0.0, clean=True)


@pytest.mark.parametrize(("clean", "left"), [(True, 0), (False, 1)])
def test_a_link_that_ends_leaves_every_room(clean: bool, left: int) -> None:
    hub, guest = Hub(), Guest()
    for room in (ROOM, MATCH, REDS):
        hub.join(guest, room)
    hub.members.forget(guest, 0.0, clean=clean)
    hub.members.forget(guest, 0.0, clean=clean)
    assert list(hub.members.in_use) == []
    assert hub.presence.count(PLAN.id) == left


def test_idleness_is_told_wherever_the_link_is() -> None:
    hub, guest = Hub(), Guest()
    hub.members.receive_idle(guest)
    hub.join(guest, ROOM)
    guest.idle_since = NOON
    hub.members.receive_idle(guest)
    (diff,) = hub.presence.handle_deadline(0.0)
    assert [member.idle_since for member in diff.joined] == [NOON]
