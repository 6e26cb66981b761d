"""The pool: whom to dial and when, and what a link is worth."""

from __future__ import annotations

from random import Random

import pytest

from core.domain.ids import DeviceId, RoomId
from core.realtime.config import EngineConfig
from core.realtime.effects import Dial, LinkId
from core.realtime.pool import Pool, backoff, health
from core.realtime.session import Session
from core.wire.messages import CLOSE_SIGN_IN, Goodbye, Hello, Ping, Pong, Welcome
from tests.support.moments import Fixed, moment
from tests.support.tournaments import NOON

ONE, TWO = "ws://one", "ws://two"
ROOM = RoomId("tournament:league")


def pool(*endpoints: str, dice: float = 0.5) -> Pool:
    made = Pool(EngineConfig(endpoints=endpoints), Fixed(dice))
    made.open = True
    return made


def dial(made: Pool, now: float) -> Session:
    planned = made.dial(now)
    assert planned is not None
    session = made.session(planned.link)
    assert session is not None
    return session


def welcome(made: Pool, session: Session, now: float) -> None:
    session.receive_open(Hello(DeviceId("laptop-1"), "Ann"), now)
    session.receive_size(1, now)
    session.receive_message(Welcome("hub", "s", 5.0, NOON, ()), moment(now))
    made.receive_live(session.link)


def lose(made: Pool, session: Session, now: float, code: int = 1006, reason: str = "") -> None:
    session.receive_closed()
    made.receive_closed(session.link, code, reason, now)


def test_a_pool_dials_once_it_is_opened_and_one_at_a_time() -> None:
    made = Pool(EngineConfig(endpoints=(ONE, ONE)), Fixed())
    assert made.dial(0.0) is None
    assert made.next_try is None
    made.open = True
    assert made.next_try is not None
    assert made.dial(0.0) == Dial(LinkId("link-1"), ONE)
    assert made.dial(0.0) is None
    assert made.next_try is None
    assert len(made.views(0.0)) == 1


def test_without_endpoints_nothing_is_dialled() -> None:
    made = pool()
    assert made.dial(0.0) is None
    assert made.next_try is None
    assert made.next_deadline() is None
    assert not made.refused


def test_backoff_is_full_jitter_up_to_a_doubling_cap() -> None:
    dice = Random(1)
    for failures, cap in ((0, 1.0), (1, 2.0), (4, 16.0), (5, 30.0), (1000, 30.0)):
        waits = [backoff(failures, 1.0, 30.0, dice) for _ in range(500)]
        assert 0 <= min(waits) < cap / 10
        assert cap * 0.9 < max(waits) < cap


def test_failures_lengthen_the_wait_until_the_endpoint_is_benched_and_probed() -> None:
    made = pool(ONE, dice=0.999)
    waits = []
    now = 0.0
    for _ in range(7):
        lose(made, dial(made, now), now, reason="refused")
        planned = made.next_try
        assert planned is not None
        assert made.next_deadline() == planned[1]
        assert made.dial(now) is None
        waits.append(planned[1] - now)
        now = planned[1]
    assert waits == pytest.approx([1, 2, 4, 8, 30, 30, 30], rel=0.01)
    assert made.benched == (ONE,)
    assert made.reason == "refused"


def test_only_a_link_that_lived_long_enough_resets_the_wait() -> None:
    made = pool(ONE)
    for now, lived, wait in ((0.0, 4.9, 0.5), (10.0, 4.9, 1.0), (20.0, 5.0, 0.5), (30.0, 1.0, 0.5)):
        session = dial(made, now)
        welcome(made, session, now)
        assert made.live is session
        lose(made, session, now + lived)
        assert made.next_try == (ONE, now + lived + wait)


def test_the_endpoint_with_fewer_failures_is_tried_first_and_others_in_turn() -> None:
    made = pool(ONE, TWO)
    first = dial(made, 0.0)
    lose(made, first, 0.0)
    second = dial(made, 0.0)
    assert (first.endpoint, second.endpoint) == (ONE, TWO)
    lose(made, second, 0.0)
    assert made.dial(0.1) is None
    assert dial(made, 1.0).endpoint == ONE


def test_a_refused_token_is_not_tried_again_before_somebody_asks() -> None:
    made = pool(ONE)
    lose(made, dial(made, 0.0), 0.0, CLOSE_SIGN_IN)
    assert made.refused
    assert made.reason == "the hub refuses the sign-in"
    assert made.next_try is None
    assert made.dial(1e9) is None
    assert made.views(1.0)[0].state == "sign_in"
    made.reconnect(5.0)
    assert not made.refused
    assert made.next_try == (ONE, 5.0)


def test_another_endpoint_takes_over_from_one_that_refuses() -> None:
    made = pool(ONE, TWO)
    lose(made, dial(made, 0.0), 0.0, CLOSE_SIGN_IN)
    assert not made.refused
    assert dial(made, 0.0).endpoint == TWO


def test_a_leaving_hub_says_when_to_come_back() -> None:
    made = pool(ONE)
    session = dial(made, 0.0)
    welcome(made, session, 0.0)
    session.receive_message(Goodbye("it restarts", retry_after=3.0), moment(10.0))
    lose(made, session, 10.0)
    assert made.next_try == (ONE, 13.5)
    assert made.reason == "it restarts"


def test_a_leaving_hub_names_where_to_go_if_that_is_one_of_ours() -> None:
    made = pool(ONE, TWO)
    lose(made, dial(made, 0.0), 0.0)
    lose(made, dial(made, 0.0), 0.0)
    session = dial(made, 1.0)
    assert session.endpoint == ONE
    welcome(made, session, 1.0)
    session.receive_message(Goodbye("go there", endpoint=TWO), moment(10.0))
    lose(made, session, 10.0)
    assert made.next_try == (TWO, 10.0)


def test_a_room_is_carried_by_the_live_link_until_it_ends() -> None:
    made = pool(ONE)
    assert made.carrier(ROOM) is None
    session = dial(made, 0.0)
    assert made.carrier(ROOM) is None
    welcome(made, session, 0.0)
    assert made.carrier(ROOM) is session
    assert made.views(0.0)[0].rooms == (ROOM,)
    made.release(ROOM)
    assert made.views(0.0)[0].rooms == ()
    made.carrier(ROOM)
    lose(made, session, 1.0)
    assert made.views(1.0)[0].rooms == ()


def test_deadlines_are_those_of_open_links() -> None:
    made = pool(ONE)
    session = dial(made, 0.0)
    assert made.next_deadline() == 10.0
    session.receive_closed()
    assert made.next_deadline() is None


def test_figures_of_an_endpoint_outlive_its_links() -> None:
    made = pool(ONE)
    (view,) = made.views(0.0)
    assert (view.state, view.id, view.health, view.last_activity) == ("offline", "", 0.0, None)
    for now in (0.0, 100.0):
        session = dial(made, now)
        assert made.views(now)[0].state == "connecting"
        welcome(made, session, now)
        assert made.views(now)[0].state == "live"
        session.receive_message(Goodbye("later"), moment(now))
        assert made.views(now)[0].state == "offline"
        lose(made, session, now + 10)
        assert made.session(session.link) is None
    (view,) = made.views(200.0)
    assert (view.messages_in, view.messages_out, view.bytes_in, view.bytes_out) == (2, 4, 2, 0)
    assert (view.reconnects, view.last_activity, view.state) == (1, 100.0, "offline")


def test_a_slow_link_is_called_slow() -> None:
    made = pool(ONE)
    session = dial(made, 0.0)
    welcome(made, session, 0.0)
    session.send(Ping(1.0))
    session.receive_message(Pong(1.0, NOON), moment(1.6))
    (view,) = made.views(2.0)
    assert view.state == "slow"
    assert view.latency == pytest.approx(0.6)


def test_health_falls_with_latency_silence_failures_and_youth() -> None:
    made = pool(ONE)
    session = dial(made, 0.0)
    assert health(session, 0, 0.0) == 0
    welcome(made, session, 0.0)
    assert health(session, 0, 0.0) == 95
    session.receive_size(1, 60.0)
    assert health(session, 0, 60.0) == 100
    assert health(session, 9, 60.0) == 85
    assert health(session, 0, 66.0) == 90
    assert health(session, 0, 90.0) == 80
    for _ in range(30):
        session.receive_message(Pong(60.0, NOON), moment(62.0))
    assert health(session, 9, 90.0) == pytest.approx(5.0)
