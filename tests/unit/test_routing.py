"""Routing: rooms are spread, stay where they are, and move only for a reason and few at a time."""

from __future__ import annotations

from core.domain.ids import RoomId
from core.realtime.config import EngineConfig
from core.realtime.effects import LinkId
from core.realtime.links.routing import (
    LOAD_POINTS,
    MARGIN,
    MOVES_AN_INTERVAL,
    MOVES_AT_ONCE,
    Bearer,
    Move,
    Routing,
)
from tests.support.moments import Fixed

ONE, TWO, THREE = LinkId("one"), LinkId("two"), LinkId("three")
HOLD = 10.0


def rooms(count: int) -> list[RoomId]:
    return [RoomId(f"tournament:t{number}") for number in range(count)]


def anywhere(room: RoomId, link: LinkId) -> int:
    return 1


class Plan:
    """Routing, with links whose health is put by hand."""

    def __init__(self, wanted: int, capacity: int = 100, dice: float = 0.5) -> None:
        self.routing = Routing(EngineConfig(max_rooms_per_link=capacity), Fixed(dice))
        self.rooms = rooms(wanted)
        for room in self.rooms:
            self.routing.want(room)
        self.fit = anywhere

    def at(self, now: float, *bearers: Bearer) -> list[Move]:
        return self.routing.plan(bearers, self.fit, now)

    def settle(self, moves: list[Move]) -> None:
        for move in moves:
            if not move.at_once:
                self.routing.receive_settled(move.room)

    def loads(self) -> tuple[int, int]:
        return len(self.routing.rooms(ONE)), len(self.routing.rooms(TWO))


def test_without_a_link_rooms_wait() -> None:
    plan = Plan(2)
    assert plan.at(0.0) == []
    assert plan.routing.homeless == tuple(plan.rooms)
    assert plan.routing.wanted == 2
    assert plan.routing.next_deadline() is None


def test_a_burst_of_rooms_shares_a_link() -> None:
    plan = Plan(60)
    moves = plan.at(0.0, Bearer(ONE, 100.0))
    assert moves == [Move(room, ONE, at_once=True) for room in plan.rooms]
    assert plan.routing.homeless == ()
    assert plan.routing.carrier(plan.rooms[0]) == ONE
    assert plan.routing.load(ONE) == 60
    assert plan.at(0.0, Bearer(ONE, 100.0)) == []


def test_rooms_go_to_the_healthiest_and_least_loaded() -> None:
    plan = Plan(60)
    plan.at(0.0, Bearer(ONE, 100.0), Bearer(TWO, 100.0))
    assert plan.loads() == (30, 30)
    plan = Plan(60)
    plan.at(0.0, Bearer(ONE, 100.0), Bearer(TWO, 60.0))
    assert plan.loads() == (60, 0)


def test_no_link_is_given_more_than_it_may_carry() -> None:
    plan = Plan(5, capacity=2)
    plan.at(0.0, Bearer(ONE, 100.0), Bearer(TWO, 10.0))
    assert plan.loads() == (2, 2)
    assert plan.routing.homeless == (plan.rooms[4],)
    plan.routing.unwant(plan.rooms[0])
    assert plan.at(1.0, Bearer(ONE, 100.0), Bearer(TWO, 10.0)) == [Move(plan.rooms[4], ONE, at_once=True)]


def test_a_link_that_accepts_nothing_is_better_than_none() -> None:
    plan = Plan(1)
    assert len(plan.at(0.0, Bearer(ONE, 0.0, accepts=False))) == 1
    plan = Plan(1)
    plan.at(0.0, Bearer(ONE, 90.0, accepts=False), Bearer(TWO, 10.0))
    assert plan.loads() == (0, 1)


def test_fit_comes_before_health() -> None:
    plan = Plan(1)
    plan.fit = lambda room, link: 2 if link == TWO else 1
    plan.at(0.0, Bearer(ONE, 100.0), Bearer(TWO, 10.0))
    assert plan.loads() == (0, 1)
    plan = Plan(1)
    plan.fit = lambda room, link: 0
    assert plan.at(0.0, Bearer(ONE, 100.0)) == []


def test_a_room_is_wanted_once_and_forgotten_whole() -> None:
    plan = Plan(1)
    plan.routing.want(plan.rooms[0])
    assert plan.routing.wanted == 1
    plan.at(0.0, Bearer(ONE, 100.0))
    plan.routing.unwant(plan.rooms[0])
    plan.routing.unwant(plan.rooms[0])
    plan.routing.release(plan.rooms[0])
    assert (plan.routing.wanted, plan.routing.load(ONE), plan.routing.carrier(plan.rooms[0])) == (0, 0, None)


def test_a_released_room_goes_where_it_fits_best_now() -> None:
    plan = Plan(1)
    plan.at(0.0, Bearer(ONE, 100.0))
    plan.routing.release(plan.rooms[0])
    assert plan.at(0.0, Bearer(ONE, 50.0), Bearer(TWO, 100.0)) == [Move(plan.rooms[0], TWO, at_once=True)]


# Failover.


def test_rooms_of_a_lost_link_go_to_another_at_once() -> None:
    plan = Plan(3)
    plan.at(0.0, Bearer(ONE, 100.0), Bearer(TWO, 10.0))
    assert plan.routing.receive_lost(ONE) == []
    assert plan.at(0.0, Bearer(TWO, 10.0)) == [Move(room, TWO, at_once=True) for room in plan.rooms]
    assert plan.routing.load(ONE) == 0


def test_rooms_that_were_about_to_leave_go_on_with_their_heirs() -> None:
    plan = Plan(1)
    plan.at(0.0, Bearer(ONE, 100.0))
    (move,) = plan.at(0.0, Bearer(ONE, 100.0, accepts=False, urgent=True), Bearer(TWO, 50.0))
    assert move == Move(plan.rooms[0], TWO, at_once=False)
    assert (plan.routing.load(ONE), plan.routing.load(TWO)) == (1, 1)
    assert plan.routing.receive_lost(ONE) == [Move(plan.rooms[0], TWO, at_once=True)]
    assert plan.loads() == (0, 1)
    assert plan.routing.load(TWO) == 1


def test_the_end_of_an_heir_leaves_rooms_where_they_are() -> None:
    plan = Plan(1)
    plan.at(0.0, Bearer(ONE, 100.0))
    emptied = Bearer(ONE, 100.0, accepts=False, urgent=True)
    plan.at(0.0, emptied, Bearer(TWO, 50.0))
    assert plan.routing.receive_lost(TWO) == []
    assert plan.loads() == (1, 0)
    assert plan.at(0.0, emptied, Bearer(THREE, 50.0)) == [Move(plan.rooms[0], THREE, at_once=False)]


# Moving.


def test_rooms_leave_a_worse_link_only_when_it_stays_worse() -> None:
    plan = Plan(1)
    plan.at(0.0, Bearer(ONE, 100.0))
    worse, better = Bearer(ONE, 50.0), Bearer(TWO, 100.0)
    assert plan.at(1.0, worse, better) == []
    assert plan.routing.next_deadline() == 1.0 + HOLD
    assert plan.at(5.0, Bearer(ONE, 95.0), better) == [], "it has recovered"
    assert plan.routing.next_deadline() is None
    assert plan.at(6.0, worse, better) == []
    assert plan.at(15.9, worse, better) == []
    (move,) = plan.at(16.0, worse, better)
    assert move == Move(plan.rooms[0], TWO, at_once=False)
    assert plan.loads() == (1, 0), "it is carried there until it is whole"
    assert plan.at(17.0, worse, better) == [], "it is on its way"
    plan.settle([move])
    assert plan.loads() == (0, 1)
    assert plan.routing.load(ONE) == 0


def test_a_margin_too_small_moves_nothing() -> None:
    plan = Plan(1)
    plan.at(0.0, Bearer(ONE, 100.0))
    for now in (1.0, 100.0):
        assert plan.at(now, Bearer(ONE, 91.0), Bearer(TWO, 100.0)) == []


def test_few_rooms_are_on_their_way_at_a_time() -> None:
    plan = Plan(20)
    plan.at(0.0, Bearer(ONE, 100.0))
    sick, sound = Bearer(ONE, 20.0), Bearer(TWO, 100.0)
    plan.at(1.0, sick, sound)
    moves = plan.at(11.0, sick, sound)
    assert len(moves) == MOVES_AT_ONCE
    assert plan.at(11.0, sick, sound) == []
    plan.settle(moves)
    assert len(plan.at(11.1, sick, sound)) == MOVES_AT_ONCE


def test_rooms_leave_a_sound_link_some_an_interval() -> None:
    plan = Plan(100)
    plan.at(0.0, Bearer(ONE, 100.0))
    both = Bearer(ONE, 100.0), Bearer(TWO, 100.0)
    assert plan.at(1.0, *both) == []
    moves = plan.at(11.0, *both)
    assert len(moves) == MOVES_AN_INTERVAL
    plan.settle(moves)
    assert plan.at(12.0, *both) == []
    assert plan.routing.next_deadline() == 11.0 + HOLD * 0.75
    now, moved = 11.0, MOVES_AN_INTERVAL
    while moves:
        now += HOLD * 0.75
        moves = plan.at(now, *both)
        plan.settle(moves)
        moved += len(moves)
    assert plan.loads() == (100 - moved, moved)
    assert 0 < plan.loads()[0] - plan.loads()[1] <= 100 * MARGIN / LOAD_POINTS, "until it is worth no move"


def test_a_link_that_is_to_be_emptied_is_emptied_at_once() -> None:
    plan = Plan(5)
    plan.at(0.0, Bearer(ONE, 100.0))
    drained = Bearer(ONE, 100.0, accepts=False, urgent=True)
    assert plan.at(0.0, drained) == [], "there is nowhere to go"
    assert len(plan.at(0.0, drained, Bearer(TWO, 10.0))) == 5


def test_no_room_moves_where_it_does_not_fit() -> None:
    plan = Plan(1)
    plan.at(0.0, Bearer(ONE, 100.0))
    plan.fit = lambda room, link: int(link == ONE)
    assert plan.at(0.0, Bearer(ONE, 10.0, accepts=False, urgent=True), Bearer(TWO, 100.0)) == []


def test_a_full_link_takes_no_more() -> None:
    plan = Plan(2, capacity=1)
    plan.at(0.0, Bearer(ONE, 100.0), Bearer(TWO, 100.0))
    assert plan.at(0.0, Bearer(ONE, 10.0, urgent=True), Bearer(TWO, 100.0)) == []


# What does not fit.


def test_a_link_that_cannot_make_a_room_whole_is_not_asked_for_a_while() -> None:
    plan = Plan(1)
    (room,) = plan.rooms
    plan.at(0.0, Bearer(ONE, 100.0), Bearer(TWO, 50.0))
    plan.routing.receive_unfit(room, ONE, 30.0)
    assert plan.at(0.0, Bearer(ONE, 100.0), Bearer(TWO, 50.0)) == [Move(room, TWO, at_once=True)]
    plan.routing.receive_unfit(room, TWO, 40.0)
    assert plan.at(1.0, Bearer(ONE, 100.0), Bearer(TWO, 50.0)) == []
    assert plan.routing.next_deadline() == 30.0
    assert plan.at(30.0, Bearer(ONE, 100.0), Bearer(TWO, 50.0)) == [Move(room, ONE, at_once=True)]


def test_an_heir_that_does_not_fit_is_given_up_and_not_chosen_again() -> None:
    plan = Plan(1)
    (room,) = plan.rooms
    plan.at(0.0, Bearer(ONE, 100.0))
    drained = Bearer(ONE, 100.0, accepts=False, urgent=True)
    plan.at(0.0, drained, Bearer(TWO, 50.0))
    plan.routing.receive_unfit(room, TWO, 30.0)
    assert plan.routing.load(TWO) == 0
    assert plan.routing.carrier(room) == ONE
    assert plan.at(1.0, drained, Bearer(TWO, 50.0)) == []
    plan.routing.receive_unfit(room, THREE, 30.0)
    assert plan.routing.carrier(room) == ONE, "that had nothing to do with it"


def test_a_lost_link_is_not_held_unfit_for_ever() -> None:
    plan = Plan(1)
    plan.routing.receive_unfit(plan.rooms[0], ONE, 1e9)
    plan.routing.receive_lost(ONE)
    assert len(plan.at(0.0, Bearer(ONE, 100.0))) == 1
