"""The endpoint: failures, waits, the bench, and the way it is dialled."""

from __future__ import annotations

import pytest

from core.domain.ids import DeviceId
from core.realtime.config import EngineConfig
from core.realtime.effects import CLOSE_BLOCKED, LinkId
from core.realtime.links.endpoint import BLOCKED_FAILURES, Endpoint
from core.realtime.links.health import HealthParts
from core.realtime.links.session import Session
from core.realtime.view import Via
from core.wire.messages import CLOSE_PROTOCOL, CLOSE_SIGN_IN, Hello, Pong, Welcome
from tests.support.moments import Fixed, moment
from tests.support.tournaments import NOON

CONFIG = EngineConfig()


def endpoint(dice: float = 0.5) -> Endpoint:
    return Endpoint("ws://one", CONFIG, Fixed(dice))


def session(now: float = 0.0, via: Via = "websocket", lived: float | None = None) -> Session:
    """Return a link that was dialled, and welcomed `lived` seconds before now."""
    made = Session(LinkId("link"), "ws://one", CONFIG, now, via)
    if lived is not None:
        began = now - lived
        made.receive_open(Hello(DeviceId("laptop-1"), "Ann"), began)
        made.receive_message(Welcome("hub", "s", 5.0, NOON, ()), moment(began))
    return made


def way(one: Endpoint) -> str:
    return one.via


def test_failures_lengthen_the_wait_until_it_is_benched_and_tried_for_ever() -> None:
    one = endpoint(dice=0.999)
    waits, now = [], 0.0
    for _ in range(7):
        assert one.usable
        one.receive_end(session(now), 1006, "refused", now)
        waits.append(one.next_try_at - now)
        now = one.next_try_at
    assert waits == pytest.approx([1, 2, 4, 8, 30, 30, 30], rel=0.01)
    assert one.benched
    assert one.reason == "refused"


def test_only_a_link_that_lived_long_enough_resets_the_wait() -> None:
    one = endpoint()
    for now, lived, wait in ((10.0, 4.9, 0.5), (20.0, 4.9, 1.0), (30.0, 5.0, 0.5), (40.0, 1.0, 0.5)):
        one.receive_end(session(now, lived=lived), 1006, "cut", now)
        assert one.next_try_at == now + wait


@pytest.mark.parametrize("code", [CLOSE_SIGN_IN, CLOSE_PROTOCOL])
def test_what_closed_for_good_waits_for_a_person(code: int) -> None:
    one = endpoint()
    one.receive_end(session(), code, "the token has expired", 0.0)
    assert not one.usable
    one.wake(5.0)
    assert not one.usable, "sleeping has changed nothing"
    one.forgive(6.0)
    assert one.usable
    assert (one.next_try_at, one.failures) == (6.0, 0)


def test_after_a_sleep_it_is_tried_at_once() -> None:
    one = endpoint()
    for _ in range(6):
        one.receive_end(session(), 1006, "", 0.0)
    one.wake(1.0)
    assert (one.next_try_at, one.benched) == (1.0, False)


def test_a_drained_endpoint_is_not_used() -> None:
    one = endpoint()
    one.drained = True
    assert not one.usable


def test_a_leaving_hub_is_asked_again_when_it_said() -> None:
    one = endpoint()
    one.receive_goodbye(3.0, 10.0)
    assert one.next_try_at == 13.5
    one.receive_end(session(10.0, lived=9.0), 1001, "it restarts", 10.0)
    assert one.next_try_at == 13.5
    one.receive_goodbye(-3.0, 20.0)
    assert one.next_try_at == 20.5
    one.receive_goodbye(86_400.0, 20.0)
    assert one.next_try_at == 140.5, "no hub keeps a device away for a day"


def test_a_welcome_ends_the_reason_and_is_counted_once_for_several_links() -> None:
    one = endpoint()
    one.receive_end(session(), 1006, "refused", 0.0)
    one.receive_live("websocket", first=True)
    one.receive_live("websocket", first=False)
    assert (one.reason, one.times_live) == ("", 1)


def test_what_is_stopped_on_its_way_is_polled() -> None:
    one = endpoint()
    for _ in range(BLOCKED_FAILURES - 1):
        one.receive_end(session(), CLOSE_BLOCKED, "502", 0.0)
    one.receive_end(session(), 1006, "no hub is running there", 0.0)
    for _ in range(BLOCKED_FAILURES):
        assert one.via == "websocket"
        one.receive_end(session(), CLOSE_BLOCKED, "502", 0.0)
    assert one.via == "polling"


def test_polling_that_fails_too_gives_the_websocket_one_more_chance_each_time() -> None:
    one = endpoint()
    for _ in range(BLOCKED_FAILURES):
        one.receive_end(session(), CLOSE_BLOCKED, "", 0.0)
    for _ in range(3):
        assert way(one) == "polling"
        one.receive_end(session(via="polling"), CLOSE_BLOCKED, "a captive portal", 0.0)
        assert way(one) == "websocket"
        one.receive_end(session(), CLOSE_BLOCKED, "", 0.0)


def test_polling_that_worked_is_polling_again_until_a_websocket_gets_through() -> None:
    one = endpoint()
    for _ in range(BLOCKED_FAILURES):
        one.receive_end(session(), CLOSE_BLOCKED, "", 0.0)
    one.receive_live("polling", first=True)
    one.receive_end(session(20.0, "polling", lived=10.0), 1006, "cut", 20.0)
    assert way(one) == "polling"
    one.receive_live("websocket", first=True)
    assert way(one) == "websocket"


def test_the_basic_way_is_never_another() -> None:
    one = Endpoint("ws://one", EngineConfig(basic=True), Fixed())
    for _ in range(9):
        one.receive_end(session(via="basic"), CLOSE_BLOCKED, "", 0.0)
    one.receive_live("basic", first=True)
    assert one.via == "basic"


def test_a_link_that_nothing_needed_leaves_its_figures() -> None:
    one = endpoint()
    link = session(10.0, lived=5.0)
    link.receive_size(10, 8.0)
    link.receive_message(Pong(8.0, NOON), moment(8.25))
    parts = HealthParts(1, 0, 0, 0, 0)
    one.retire(link, parts, 10.0)
    assert (one.parts, one.latency, one.failures) == (parts, 0.25, 0)
    assert (one.traffic.messages_in, one.traffic.messages_out, one.traffic.bytes_in) == (1, 2, 10)
    assert link.traffic.messages_in == 0, "nothing is counted twice"
    assert one.probe_at == 32.5
    one.receive_end(session(), 1006, "", 40.0)
    assert one.parts is None
