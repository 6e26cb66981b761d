"""Presence: who is there, whatever order the hub's word comes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from core.domain.ids import (
    GLOBAL_ROOM,
    DeviceId,
    Epoch,
    RoomId,
    TeamId,
    TournamentId,
    admin_room,
    presence_room,
    role_room,
    team_room,
    tournament_room,
)
from core.realtime.effects import Heard, MembersChanged
from core.realtime.rooms.presence import MAX_HELD, Presence, in_room
from core.realtime.view import Members
from core.wire.presence import Member, PresenceDiff, PresenceSnapshot, Who
from tests.support.tournaments import NOON

if TYPE_CHECKING:
    from core.domain.ids import Role

CUP = TournamentId("cup")
ROOM = presence_room(CUP)
LIFE = Epoch("life-1")


def member(name: str, role: Role = "moderator", minutes: int = 0) -> Member:
    return Member(
        device=DeviceId(f"laptop-{name}"), name=name, role=role, since=NOON + timedelta(minutes=minutes)
    )


ANA, BEN, CY = (member(name, minutes=number) for number, name in enumerate(("ana", "ben", "cy")))


def snapshot(version: int, *members: Member, epoch: Epoch = LIFE) -> PresenceSnapshot:
    return PresenceSnapshot(ROOM, epoch, version, members)


def joined(version: int, *members: Member, epoch: Epoch = LIFE) -> PresenceDiff:
    return PresenceDiff(ROOM, epoch, version, joined=members)


def left(version: int, *members: Member) -> PresenceDiff:
    return PresenceDiff(ROOM, LIFE, version, left=tuple(member.who for member in members))


def known(*members: Member, version: int = 1) -> Presence:
    presence = Presence()
    presence.receive(snapshot(version, *members))
    return presence


def change(heard: Heard) -> MembersChanged:
    (made,) = heard.changes
    assert isinstance(made, MembersChanged)
    return made


def test_a_snapshot_says_who_is_there_in_the_order_of_their_coming() -> None:
    presence = Presence()
    assert presence.members(ROOM) is None
    heard = presence.receive(snapshot(4, BEN, ANA))
    assert heard == Heard("whole", (MembersChanged(CUP, (ANA, BEN), joined=(ANA, BEN)),))
    assert presence.members(ROOM) == (ANA, BEN)


def test_diffs_say_who_came_left_and_fell_idle() -> None:
    presence = known(ANA, BEN)
    idle = structs.replace(ANA, idle_since=NOON)
    diff = PresenceDiff(ROOM, LIFE, 2, joined=(idle, CY), left=(BEN.who,))
    assert change(presence.receive(diff)) == MembersChanged(
        CUP, (idle, CY), joined=(CY,), left=(BEN,), changed=(idle,)
    )


def test_a_leave_of_somebody_unknown_changes_nobody() -> None:
    assert change(known(ANA).receive(left(2, BEN))) == MembersChanged(CUP, (ANA,))


def test_one_device_with_two_people_is_two_members() -> None:
    other = structs.replace(BEN, device=ANA.device)
    presence = known(ANA, other)
    assert presence.members(ROOM) == (ANA, other)
    presence.receive(left(2, ANA))
    assert presence.members(ROOM) == (other,)


def test_diffs_before_the_snapshot_are_held_and_then_counted_once() -> None:
    presence = Presence()
    for diff in (joined(3, CY), left(5, ANA), left(4, BEN), joined(3, CY)):
        assert presence.receive(diff) == Heard("dropped")
    assert change(presence.receive(snapshot(2, ANA, BEN))).members == (CY,)


def test_held_diffs_that_do_not_follow_on_the_snapshot_are_dropped() -> None:
    presence = Presence()
    for diff in (joined(1, CY), left(9, ANA), joined(3, CY, epoch=Epoch("life-0"))):
        presence.receive(diff)
    assert change(presence.receive(snapshot(2, ANA))).members == (ANA,)
    assert presence.receive(joined(4, BEN)).outcome == "broken"


def test_no_more_diffs_are_held_than_is_allowed() -> None:
    presence = Presence()
    for version in range(2, MAX_HELD + 3):
        presence.receive(joined(version, member(f"m{version}")))
    assert change(presence.receive(snapshot(1, ANA))).members == (ANA,), "the first of them is gone"


def test_a_diff_heard_before_is_dropped() -> None:
    presence = known(ANA, version=3)
    assert presence.receive(left(3, ANA)) == Heard("dropped")
    assert presence.members(ROOM) == (ANA,)


def test_a_missed_version_has_the_room_joined_again() -> None:
    presence = known(ANA, version=3)
    heard = presence.receive(joined(5, BEN))
    assert heard == Heard("broken", why="version 4 of who is there is missing")
    assert presence.members(ROOM) == (ANA,)


def test_a_new_life_of_the_hub_has_the_room_joined_again() -> None:
    heard = known(ANA).receive(joined(2, BEN, epoch=Epoch("life-2")))
    assert heard == Heard("broken", why="the hub began a new life")


def test_whoever_is_not_in_the_new_snapshot_has_left() -> None:
    presence = known(ANA, BEN, version=9)
    presence.begin(ROOM)
    assert presence.members(ROOM) == (ANA, BEN), "as of then"
    heard = presence.receive(snapshot(1, BEN, CY, epoch=Epoch("life-2")))
    assert change(heard) == MembersChanged(CUP, (BEN, CY), joined=(CY,), left=(ANA,))


def test_a_late_answer_to_a_join_that_was_asked_twice_takes_nothing_back() -> None:
    presence = known(ANA)
    presence.receive(joined(2, BEN))
    assert presence.receive(snapshot(1, ANA)) == Heard("dropped")
    assert presence.members(ROOM) == (ANA, BEN)


def test_an_older_snapshot_counts_where_one_is_awaited() -> None:
    presence = known(ANA, BEN, version=5)
    presence.begin(ROOM)
    assert change(presence.receive(snapshot(4, ANA))).members == (ANA,)
    assert change(presence.receive(joined(5, BEN))).members == (ANA, BEN)


def test_a_room_that_is_forgotten_begins_with_nobody() -> None:
    presence = known(ANA)
    presence.forget(ROOM)
    presence.forget(ROOM)
    presence.begin(ROOM)
    assert presence.members(ROOM) is None


def test_what_is_no_presence_room_is_dropped() -> None:
    for room in (RoomId("tournament:cup"), RoomId("nonsense")):
        assert Presence().receive(PresenceSnapshot(room, LIFE, 1, (ANA,))) == Heard("dropped")


def test_the_members_of_any_room_are_found_among_those_of_the_tournaments() -> None:
    boss, player = member("bo", "admin"), structs.replace(CY, team=TeamId("reds"))
    known = {CUP: Members((ANA, boss, player)), TournamentId("other"): Members((BEN, ANA))}
    for room in (tournament_room(CUP), presence_room(CUP), RoomId("match:cup.m001")):
        assert in_room(room, known) == (ANA, boss, player)
    assert in_room(admin_room(CUP), known) == (boss,)
    assert in_room(role_room(CUP, "moderator"), known) == (ANA, player)
    assert in_room(team_room(CUP, TeamId("reds")), known) == (player,)
    assert in_room(GLOBAL_ROOM, known) == (ANA, boss, BEN, player)
    assert in_room(tournament_room(TournamentId("third")), known) is None
    assert in_room(RoomId("nonsense"), known) is None
    assert in_room(GLOBAL_ROOM, {}) is None


@dataclass
class Hub:
    """What a hub does: it changes its list, says so, and answers joins."""

    epoch: Epoch = LIFE
    version: int = 0
    members: dict[Who, Member] = field(default_factory=dict)

    def toggle(self, one: Member) -> PresenceDiff:
        self.version += 1
        if self.members.pop(one.who, None) is not None:
            return PresenceDiff(ROOM, self.epoch, self.version, left=(one.who,))
        self.members[one.who] = one
        return PresenceDiff(ROOM, self.epoch, self.version, joined=(one,))

    def snapshot(self) -> PresenceSnapshot:
        return PresenceSnapshot(ROOM, self.epoch, self.version, tuple(self.members.values()))


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["heard", "lost", "late", "again", "reborn"]))))
def test_it_converges_after_any_loss_and_any_partition(steps: list[tuple[int, str]]) -> None:
    people = [member(f"p{number}") for number in range(5)]
    hub, presence = Hub(), Presence()
    late: list[PresenceDiff] = []
    presence.receive(hub.snapshot())

    def hear(diff: PresenceDiff) -> None:
        if presence.receive(diff).outcome == "broken":
            presence.begin(ROOM)
            presence.receive(hub.snapshot())

    for number, (who, fate) in enumerate(steps):
        if fate == "reborn":
            hub = Hub(Epoch(f"life-{number + 2}"))
        diff = hub.toggle(people[who])
        if fate == "late":
            late.append(diff)
        elif fate != "lost":
            hear(diff)
        if fate == "again":
            presence.begin(ROOM)
            presence.receive(hub.snapshot())
    for diff in late:
        hear(diff)
    hear(hub.toggle(people[0]))
    assert set(presence.members(ROOM) or ()) == set(hub.members.values())
