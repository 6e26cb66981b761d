"""Pool and routing together, driven at random against what is always to be so, whatever happens."""

from __future__ import annotations

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.domain.ids import DeviceId, RoomId
from core.realtime.config import EngineConfig
from core.realtime.effects import CLOSE_BLOCKED, LinkId
from core.realtime.links.pool import MAX_DIALS, Pool
from core.realtime.links.routing import MOVES_AT_ONCE, Routing
from core.realtime.links.session import Session
from core.wire.messages import CLOSE_SIGN_IN, Goodbye, Hello, Pong, Welcome
from tests.support.moments import moment
from tests.support.tournaments import NOON

ADDRESSES = ("ws://a", "ws://b", "ws://c")
ROOMS = [RoomId(f"tournament:t{number}") for number in range(18)]
CONFIG = EngineConfig(
    endpoints=ADDRESSES, max_connections=6, max_connections_per_endpoint=3, max_rooms_per_link=3
)


class PoolModel(RuleBasedStateMachine):
    """Rooms come and go, dials fail and succeed, links die, leave, grow slow or silent; time passes."""

    @initialize(seed=st.integers(0, 1_000), rooms=st.integers(0, len(ROOMS)))
    def begin(self, seed: int, rooms: int) -> None:
        self.now = 100.0
        dice = Random(seed)
        self.pool = Pool(CONFIG, dice)
        self.pool.open = True
        self.routing = Routing(CONFIG, dice)
        self.wanted: set[RoomId] = set(ROOMS[:rooms])
        self.moving: dict[RoomId, LinkId] = {}
        for room in ROOMS[:rooms]:
            self.routing.want(room)
        self.settle()

    def settle(self) -> None:
        """Do what the carriage does after each call."""
        self.pool.needed = max(1, -(-self.routing.wanted // CONFIG.max_rooms_per_link))
        bearers = self.pool.bearers(self.now)
        for move in self.routing.plan(bearers, lambda room, link: 1, self.now):
            if not move.at_once:
                self.moving[move.room] = move.link
        busy = [session.link for session in self.pool.sessions if self.routing.load(session.link)]
        for session in self.pool.surplus(busy, self.now):
            assert not self.routing.rooms(session.link), "only idle links are given up"
            session.hang_up(1000, "")
        self.pool.dials(self.now)

    def pick(self, which: int, *states: str) -> Session | None:
        fitting = [session for session in self.pool.sessions if session.state in states]
        return fitting[which % len(fitting)] if fitting else None

    @rule(room=st.sampled_from(ROOMS))
    def want(self, room: RoomId) -> None:
        self.wanted.add(room)
        self.routing.want(room)
        self.settle()

    @rule(room=st.sampled_from(ROOMS))
    def unwant(self, room: RoomId) -> None:
        self.wanted.discard(room)
        self.moving.pop(room, None)
        self.routing.unwant(room)
        self.settle()

    @rule(which=st.integers(0, 9), trip=st.sampled_from([0.001, 0.05, 0.6]))
    def welcome(self, which: int, trip: float) -> None:
        session = self.pick(which, "dialling", "greeting")
        if session is not None:
            self.greet(session, trip)

    @rule(trip=st.sampled_from([0.001, 0.05]))
    def welcome_all(self, trip: float) -> None:
        for _ in range(9):
            session = self.pick(0, "dialling", "greeting")
            if session is not None:
                self.greet(session, trip)

    def greet(self, session: Session, trip: float) -> None:
        session.receive_open(Hello(DeviceId("laptop-1"), "Ann"), self.now)
        session.receive_size(1, self.now)
        session.receive_message(Welcome("hub", "s", 5.0, NOON, ()), moment(self.now))
        session.receive_message(Pong(self.now, NOON), moment(self.now + trip))
        self.pool.receive_live(session.link)
        self.settle()

    @rule(which=st.integers(0, 9), code=st.sampled_from([1006, 1006, CLOSE_BLOCKED, CLOSE_SIGN_IN]))
    def fail(self, which: int, code: int) -> None:
        session = self.pick(which, "dialling", "greeting")
        if session is not None:
            self.end(session, code)

    @rule(which=st.integers(0, 9))
    def lose(self, which: int) -> None:
        session = self.pick(which, "live", "leaving")
        if session is not None:
            self.end(session, 1006)

    def end(self, session: Session, code: int) -> None:
        session.receive_closed()
        self.pool.receive_closed(session.link, code, "", self.now)
        taken_over = {move.room for move in self.routing.receive_lost(session.link)}
        self.moving = {
            room: heir
            for room, heir in self.moving.items()
            if heir != session.link and room not in taken_over
        }
        self.settle()

    @rule(which=st.integers(0, 9), trip=st.sampled_from([0.001, 0.05, 0.6]))
    def measure(self, which: int, trip: float) -> None:
        session = self.pick(which, "live")
        if session is not None:
            session.receive_size(1, self.now)
            session.receive_message(Pong(self.now, NOON), moment(self.now + trip))
            self.settle()

    @rule(which=st.integers(0, 9), named=st.sampled_from([None, *ADDRESSES, "ws://new"]))
    def leave(self, which: int, named: str | None) -> None:
        session = self.pick(which, "live")
        if session is not None:
            session.receive_message(Goodbye("it restarts", endpoint=named), moment(self.now))
            self.pool.receive_goodbye(session.link, self.now)
            self.settle()

    @precondition(lambda self: self.moving)
    @rule(which=st.integers(0, 99))
    def finish_move(self, which: int) -> None:
        room = sorted(self.moving)[which % len(self.moving)]
        heir = self.moving.pop(room)
        self.routing.receive_settled(room)
        assert self.routing.carrier(room) == heir
        self.settle()

    @rule(address=st.sampled_from(ADDRESSES), drained=st.booleans())
    def drain(self, address: str, drained: bool) -> None:
        self.pool.drain(address, drained)
        self.settle()

    @rule(seconds=st.sampled_from([0.1, 1.0, 4.0, 15.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.settle()

    @rule()
    def reconnect(self) -> None:
        self.pool.reconnect(self.now)
        self.settle()

    @invariant()
    def capacity_is_never_exceeded(self) -> None:
        sessions = self.pool.sessions
        assert len(sessions) <= CONFIG.max_connections
        for address in self.pool.addresses:
            linked = [session for session in sessions if session.endpoint == address]
            assert len(linked) <= CONFIG.max_connections_per_endpoint
        for session in sessions:
            carried, coming = self.routing.rooms(session.link), list(self.moving.values())
            assert self.routing.load(session.link) == len(carried) + coming.count(session.link)
            assert self.routing.load(session.link) <= CONFIG.max_rooms_per_link
        connecting = [session for session in sessions if session.state in ("dialling", "greeting")]
        assert len(connecting) <= MAX_DIALS
        assert len(self.moving) <= MOVES_AT_ONCE

    @invariant()
    def every_room_is_carried_by_one_link_wherever_there_is_one_with_room(self) -> None:
        open_links = {session.link for session in self.pool.sessions if session.state in ("live", "leaving")}
        carriers = {room: self.routing.carrier(room) for room in self.wanted}
        assert all(link is None or link in open_links for link in carriers.values())
        assert {room for room, link in carriers.items() if link is None} == set(self.routing.homeless)
        assert self.routing.wanted == len(self.wanted)
        assert all(self.routing.carrier(room) is not None for room in self.moving)
        if self.routing.homeless:
            for bearer in self.pool.bearers(self.now):
                if bearer.accepts:
                    assert self.routing.load(bearer.link) == CONFIG.max_rooms_per_link

    @invariant()
    def no_endpoint_is_forgotten(self) -> None:
        assert set(ADDRESSES) <= set(self.pool.addresses)
        assert {view.endpoint for view in self.pool.views({}, self.now)} == set(self.pool.addresses)
        views = self.pool.views({}, self.now)
        if not self.pool.sessions and any(view.state != "sign_in" and not view.drained for view in views):
            assert self.pool.next_try is not None, "somebody is tried, now or later"

    @invariant()
    def nothing_that_is_due_is_left_undone(self) -> None:
        assert self.pool.dials(self.now) == []
        deadline = self.routing.next_deadline()
        assert deadline is None or deadline > self.now


TestPoolModel = PoolModel.TestCase
TestPoolModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
