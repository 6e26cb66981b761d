"""The line: what a link is worth to rooms, and how it and its endpoint look."""

from __future__ import annotations

import pytest

from core.domain.ids import DeviceId, RoomId
from core.realtime.config import EngineConfig
from core.realtime.effects import LinkId
from core.realtime.links.endpoint import Endpoint
from core.realtime.links.health import HealthParts
from core.realtime.links.line import POLLING_POINTS, Line, endpoint_view, line_view
from core.realtime.links.session import Session
from core.realtime.links.traffic import Traffic
from core.realtime.view import LinkView, Via
from core.wire.messages import CLOSE_SIGN_IN, Goodbye, Heartbeat, Hello, Pong, Welcome
from tests.support.moments import Fixed, moment
from tests.support.tournaments import NOON

CONFIG = EngineConfig()
ROOM = RoomId("tournament:league")


def line(via: Via = "websocket", *, live: bool = True, probe: bool = False) -> Line:
    endpoint = Endpoint("ws://one", CONFIG, Fixed())
    session = Session(LinkId("link-1"), endpoint.address, CONFIG, 0.0, via)
    endpoint.last = session
    made = Line(session, endpoint, probe)
    if live:
        session.receive_open(Hello(DeviceId("laptop-1"), "Ann"), 0.0)
        session.receive_size(10, 0.0)
        session.receive_message(Welcome("hub", "s", 5.0, NOON, ()), moment(0.0))
    return made


def seen(made: Line, now: float = 0.0, rooms: tuple[RoomId, ...] = ()) -> LinkView:
    return line_view(made, Traffic(1, 2, 3, 4), rooms, CONFIG.slow_latency, now)


def test_a_link_is_worth_its_health_and_polling_less() -> None:
    assert line().worth(0.0) == 95
    assert line("polling").worth(0.0) == 95 - POLLING_POINTS
    assert line(live=False).worth(0.0) == 0
    worst = line("polling")
    worst.endpoint.failures = 9
    for _ in range(30):
        worst.session.receive_message(Pong(0.0, NOON), moment(9.0))
    assert worst.worth(60.0) == 0


def test_a_link_serves_from_its_dial_to_its_goodbye() -> None:
    assert line(live=False).serves
    assert line(live=False).connecting
    served = line()
    assert (served.serves, served.connecting) == (True, False)
    served.session.receive_message(Goodbye("it restarts"), moment(1.0))
    assert not served.serves
    drained = line()
    drained.endpoint.drained = True
    assert not drained.serves
    assert not line(probe=True).serves


def test_a_link_is_dubious_when_it_is_silent_or_in_doubt_or_its_hub_is_cut_off_from_its_log() -> None:
    made = line()
    assert [made.is_dubious(now) for now in (9.0, 10.0)] == [False, True]
    made.session.doubt(1.0)
    assert made.is_dubious(1.0)
    made = line()
    made.session.receive_message(Heartbeat(NOON, durable=False), moment(1.0))
    assert made.is_dubious(1.0)


def test_a_live_link_shows_its_figures_and_those_of_the_links_before() -> None:
    made = line()
    made.session.receive_message(Pong(0.0, NOON), moment(0.04))
    view = seen(made, 60.0, (ROOM,))
    assert (view.id, view.endpoint, view.state, view.rooms) == ("link-1", "ws://one", "live", (ROOM,))
    assert (view.messages_in, view.messages_out, view.bytes_in, view.bytes_out) == (2, 4, 13, 4)
    assert view.trips == (0.04,)
    assert view.latency == view.latency_p50 == view.latency_p95 == view.latency_p99 == 0.04
    assert view.health_parts is not None
    assert view.health == view.health_parts.score
    assert view.next_try_at is None


@pytest.mark.parametrize(("trip", "state"), [(0.49, "live"), (0.5, "slow")])
def test_a_link_is_called_slow_by_its_median(trip: float, state: str) -> None:
    made = line()
    made.session.receive_message(Pong(0.0, NOON), moment(trip))
    assert seen(made).state == state


def test_a_link_that_is_not_live_has_no_health() -> None:
    assert (seen(line(live=False)).state, seen(line(live=False)).health) == ("connecting", 0)
    leaving = line()
    leaving.session.receive_message(Goodbye("it restarts"), moment(1.0))
    view = seen(leaving)
    assert (view.state, view.health, view.health_parts) == ("offline", 0, None)


def test_an_endpoint_that_was_never_dialled_is_offline() -> None:
    view = endpoint_view(Endpoint("ws://one", CONFIG, Fixed()), trying=True)
    assert (view.id, view.state, view.next_try_at, view.latency, view.via) == (
        "",
        "offline",
        None,
        None,
        "websocket",
    )


def test_an_endpoint_without_a_link_says_why_and_when_it_is_tried() -> None:
    made = line(live=False)
    made.endpoint.receive_end(made.session, 1006, "no hub is running there", 10.0)
    view = endpoint_view(made.endpoint, trying=True)
    assert (view.id, view.state, view.reason, view.failures) == (
        "link-1",
        "offline",
        "no hub is running there",
        1,
    )
    assert view.next_try_at == made.endpoint.probe_at
    assert endpoint_view(made.endpoint, trying=False).next_try_at is None


def test_an_endpoint_that_refuses_waits_for_a_person() -> None:
    made = line(live=False)
    made.endpoint.receive_end(made.session, CLOSE_SIGN_IN, "expired", 10.0)
    view = endpoint_view(made.endpoint, trying=True)
    assert (view.state, view.next_try_at) == ("sign_in", None)


def test_an_endpoint_that_nothing_needs_is_idle_with_its_last_health() -> None:
    made = line()
    made.endpoint.retire(made.session, HealthParts(1, 2, 0, 0, 0), 10.0)
    view = endpoint_view(made.endpoint, trying=True)
    assert (view.state, view.health) == ("idle", 97)
    assert view.next_try_at == 32.5
