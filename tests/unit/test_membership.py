"""Membership: which rooms this process is in, and why."""

from __future__ import annotations

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
from core.realtime.effects import Advanced, SideAdvanced, SideLive
from core.realtime.rooms.membership import Activity, Membership, Wish, company_of
from core.wire.rooms import SideEvent
from tests.support.tournaments import EPOCH, NOON, league, match, point, record

PLAN = league()
T, OTHER = PLAN.id, TournamentId("other")
ROOM, M1 = tournament_room(T), match_room(match(PLAN, 1))
REDS = team_room(T, TeamId("reds"))
IDLE = 300.0
SAID = SideEvent(
    seq=1,
    id=CommandId("c1"),
    event="lights",
    by="bo",
    device=DeviceId("laptop-3"),
    entered_at=NOON,
    received_at=NOON,
)


def membership() -> Membership:
    return Membership(IDLE)


def follow(*rooms: RoomId) -> list[Wish]:
    return [Wish(room, follow=True) for room in rooms]


def drop(*rooms: RoomId) -> list[Wish]:
    return [Wish(room, follow=False) for room in rooms]


def test_a_room_is_followed_until_the_last_who_joined_it_leaves() -> None:
    made = membership()
    assert made.join(ROOM, 0.0) == follow(ROOM)
    assert made.join(ROOM, 0.0) == []
    assert made.leave(ROOM) == []
    assert made.leave(ROOM) == drop(ROOM)
    assert made.join(ROOM, 0.0) == follow(ROOM)


def test_a_room_that_no_hub_can_have_is_followed_all_the_same_for_the_hub_to_say_so() -> None:
    assert membership().join(RoomId("nonsense"), 0.0) == follow(RoomId("nonsense"))


def test_a_match_s_room_is_followed_by_its_tournament_s() -> None:
    made = membership()
    assert made.join(M1, 0.0) == follow(ROOM)
    assert made.join(ROOM, 0.0) == follow(ROOM), "each wish to follow is taken back by one not to"
    assert made.leave(M1) == drop(ROOM)
    assert made.leave(ROOM) == drop(ROOM)


def test_a_tournament_s_company_is_what_role_and_team_may_enter() -> None:
    assert company_of(T, None, None) == {GLOBAL_ROOM, presence_room(T)}
    admin = company_of(T, "admin", None)
    assert admin == {GLOBAL_ROOM, presence_room(T), role_room(T, "admin"), admin_room(T)}
    player = company_of(T, "participant", TeamId("reds"))
    assert player == {GLOBAL_ROOM, presence_room(T), role_room(T, "participant"), REDS}


def test_a_tournament_brings_its_company_and_takes_it_away() -> None:
    made = membership()
    assert made.join(ROOM, 0.0, company=True) == follow(ROOM, GLOBAL_ROOM, presence_room(T))
    assert made.join(ROOM, 0.0, company=True) == []
    assert made.receive_standing("moderator", None) == follow(role_room(T, "moderator"))
    assert made.receive_standing("moderator", None) == []
    assert made.leave(ROOM, company=True) == []
    rooms = (GLOBAL_ROOM, presence_room(T), role_room(T, "moderator"))
    assert made.leave(ROOM, company=True) == drop(ROOM, *rooms)


def test_company_is_shared_by_tournaments() -> None:
    made = membership()
    made.join(ROOM, 0.0, company=True)
    other = tournament_room(OTHER)
    assert made.join(other, 0.0, company=True) == follow(other, presence_room(OTHER))
    assert made.leave(ROOM, company=True) == drop(ROOM, presence_room(T))


def test_signing_in_as_somebody_else_changes_the_company() -> None:
    made = membership()
    made.join(ROOM, 0.0, company=True)
    made.receive_standing("participant", TeamId("reds"))
    wishes = made.receive_standing("admin", None)
    assert sorted(wishes, key=lambda wish: wish.room) == sorted(
        drop(role_room(T, "participant"), REDS) + follow(role_room(T, "admin"), admin_room(T)),
        key=lambda wish: wish.room,
    )


def test_a_room_of_the_company_that_was_joined_by_hand_too_stays_for_that() -> None:
    made = membership()
    made.join(ROOM, 0.0, company=True)
    made.receive_standing("participant", TeamId("reds"))
    assert made.join(REDS, 0.0) == []
    assert REDS not in {wish.room for wish in made.receive_standing("participant", None)}
    assert made.next_deadline() == IDLE
    assert made.leave(REDS) == drop(REDS)


def test_all_that_the_hub_holds_is_joined_and_what_comes_but_nothing_twice() -> None:
    made = membership()
    assert made.receive_directory([T], 0.0) == []
    made.join(ROOM, 0.0)
    made.leave(ROOM)
    assert made.join_all([T], 0.0) == [], "it was left by hand"
    assert made.receive_directory([T, OTHER], 0.0) == follow(tournament_room(OTHER))
    assert made.receive_directory([T, OTHER], 0.0) == []


def test_all_that_the_hub_holds_may_come_with_its_company() -> None:
    rooms = (ROOM, GLOBAL_ROOM, presence_room(T))
    assert membership().join_all([T], 0.0, company=True) == follow(*rooms)


def test_an_unused_room_is_left_when_nothing_happens_in_it() -> None:
    made = membership()
    made.join(REDS, 10.0)
    made.join(M1, 20.0)
    assert made.next_deadline() == 310.0
    assert made.handle_deadline(309.0) == []
    assert made.handle_deadline(310.0) == drop(REDS)
    assert made.next_deadline() == 320.0
    assert made.handle_deadline(320.0) == drop(ROOM)
    assert made.next_deadline() is None
    assert made.activity(REDS, 320.0) is None


def test_a_room_left_so_is_followed_again_by_a_join_or_a_subscription() -> None:
    made = membership()
    made.join(REDS, 0.0)
    made.join(REDS, 0.0)
    made.handle_deadline(IDLE)
    assert made.leave(REDS) == [], "the other holder's room is left already"
    assert made.subscribe(REDS, IDLE) == follow(REDS)
    made.unsubscribe(REDS, IDLE)
    made.handle_deadline(2 * IDLE)
    assert made.join(REDS, 2 * IDLE) == follow(REDS)
    made.leave(REDS)
    assert made.leave(REDS) == drop(REDS)


def test_what_happens_in_a_room_keeps_it() -> None:
    made = membership()
    made.join(REDS, 0.0)
    made.join(M1, 0.0)
    log, _ = record(PLAN, [point(PLAN, 1, "a"), point(PLAN, 2, "a")])
    made.receive(SideAdvanced(REDS, Epoch("r"), 1, (SAID,)), 200.0)
    made.receive(Advanced(T, EPOCH, log), 250.0)
    made.receive(SideLive(REDS, True), 290.0)
    assert made.activity(REDS, 201.0) == Activity(200.0, 0.1)
    assert made.activity(M1, 251.0) == Activity(250.0, 0.2)
    assert made.activity(ROOM, 251.0) is None
    assert made.handle_deadline(300.0) == []
    assert made.next_deadline() == 500.0


def test_a_subscription_keeps_a_room() -> None:
    made = membership()
    made.join(REDS, 0.0)
    assert made.subscribe(REDS, 0.0) == []
    assert made.handle_deadline(300.0) == []
    assert made.next_deadline() is None
    made.unsubscribe(REDS, 400.0)
    assert made.next_deadline() == 700.0


def test_public_rooms_presence_company_and_global_are_never_left_for_idleness() -> None:
    made = membership()
    for room in (ROOM, presence_room(T), GLOBAL_ROOM, RoomId("nonsense")):
        made.join(room, 0.0)
    made.join(tournament_room(OTHER), 0.0, company=True)
    made.receive_standing("admin", TeamId("reds"))
    assert made.next_deadline() is None
    assert made.handle_deadline(10 * IDLE) == []


def test_a_subscription_outlives_leaving() -> None:
    made = membership()
    made.join(REDS, 0.0)
    made.subscribe(REDS, 0.0)
    assert made.leave(REDS) == drop(REDS)
    assert made.join(REDS, 0.0) == follow(REDS)
    assert made.handle_deadline(IDLE) == [], "the subscription is there still"
    assert made.next_deadline() is None
    made.leave(REDS)
    made.unsubscribe(REDS, 0.0)
    assert made.activity(REDS, 0.0) is None
