"""The pool: how many links there are, which endpoints are dialled and when, and what is given up."""

from __future__ import annotations

import pytest

from core.domain.ids import DeviceId
from core.realtime.config import EngineConfig
from core.realtime.effects import CLOSE_BLOCKED, Dial, LinkId
from core.realtime.links.pool import HEAD_START, MAX_DIALS, MAX_LEARNT, Pool
from core.realtime.links.session import Session
from core.wire.messages import CLOSE_SIGN_IN, Goodbye, Heartbeat, Hello, Pong, Welcome
from tests.support.moments import Fixed, moment
from tests.support.tournaments import NOON

ONE, TWO, THREE = "ws://one", "ws://two", "ws://three"


def pool(*endpoints: str, dice: float = 0.5, **figures: float) -> Pool:
    config = EngineConfig(endpoints=endpoints, **figures)  # type: ignore[arg-type]
    made = Pool(config, Fixed(dice))
    made.open = True
    return made


def dial(made: Pool, now: float) -> list[Session]:
    sessions = [made.session(dial.link) for dial in made.dials(now)]
    return [session for session in sessions if session is not None]


def dial_one(made: Pool, now: float) -> Session:
    (session,) = dial(made, now)
    return session


def welcome(made: Pool, session: Session, now: float, trip: float | None = None) -> Session:
    session.receive_open(Hello(DeviceId("laptop-1"), "Ann"), now)
    session.receive_size(1, now)
    session.receive_message(Welcome("hub", "s", 5.0, NOON, ()), moment(now))
    made.receive_live(session.link)
    if trip is not None:
        measure(session, now, trip)
    return session


def measure(session: Session, now: float, trip: float) -> None:
    for _ in range(20):
        session.receive_message(Pong(now, NOON), moment(now + trip))


def lose(made: Pool, session: Session, now: float, code: int = 1006, reason: str = "") -> None:
    session.receive_closed()
    made.receive_closed(session.link, code, reason, now)


def endpoints(sessions: list[Session]) -> list[str]:
    return [session.endpoint for session in sessions]


# One endpoint.


def test_a_pool_dials_once_it_is_opened() -> None:
    made = Pool(EngineConfig(endpoints=(ONE, ONE)), Fixed())
    assert made.dials(0.0) == []
    assert made.next_try is None
    made.open = True
    assert made.next_try is not None
    assert made.dials(0.0) == [Dial(LinkId("link-1"), ONE)]
    assert made.dials(0.0) == []
    assert made.next_try is None
    assert len(made.views({}, 0.0)) == 1


def test_without_endpoints_nothing_is_dialled() -> None:
    made = pool()
    assert made.dials(0.0) == []
    assert made.next_try is None
    assert made.next_deadline() is None
    assert not made.all_refused


def test_a_failed_dial_is_tried_again_after_its_wait() -> None:
    made = pool(ONE)
    lose(made, dial_one(made, 0.0), 0.0, reason="refused")
    assert made.reason == "refused"
    assert made.next_try == (ONE, 0.5)
    assert made.next_deadline() == 0.5
    assert made.dials(0.4) == []
    session = welcome(made, dial_one(made, 0.5), 0.6)
    assert made.reason == ""
    assert made.live == [session]
    assert made.dials(0.6) == [], "there is nowhere for a spare one"
    lose(made, session, 1.0)
    assert made.session(session.link) is None


def test_an_endpoint_that_fails_too_often_is_said_to_be_benched() -> None:
    made = pool(ONE, max_reconnect_attempts=1)
    assert made.promising(ONE)
    lose(made, dial_one(made, 0.0), 0.0)
    assert made.benched == (ONE,)
    assert not made.promising(ONE)
    assert not made.promising("ws://unknown")
    assert made.next_try == (ONE, 22.5)


def test_a_refused_token_is_not_tried_again_before_somebody_asks() -> None:
    made = pool(ONE)
    lose(made, dial_one(made, 0.0), 0.0, CLOSE_SIGN_IN)
    assert made.all_refused
    assert made.refused == (ONE,)
    assert made.next_try is None
    assert made.dials(1e9) == []
    assert made.views({}, 1.0)[0].state == "sign_in"
    made.reconnect(5.0, TWO)
    assert made.refused, "another was meant"
    made.reconnect(5.0, ONE)
    assert made.next_try == (ONE, 5.0)


def test_the_basic_mode_has_one_link_and_dials_the_old_way() -> None:
    made = pool(ONE, TWO, basic=True)
    made.needed = 5
    session = welcome(made, dial_one(made, 0.0), 0.0)
    assert session.via == "basic"
    assert made.addresses == (ONE,)
    assert made.dials(1e6) == []


def test_the_outline_changes_with_states_and_not_with_figures() -> None:
    made = pool(ONE, max_reconnect_attempts=1)
    outlines = [made.outline]
    session = dial_one(made, 0.0)
    outlines.append(made.outline)
    welcome(made, session, 0.0)
    outlines.append(made.outline)
    measure(session, 1.0, 0.1)
    assert made.outline == outlines[-1]
    made.drain(ONE, True)
    outlines.append(made.outline)
    lose(made, session, 1.0)
    outlines.append(made.outline)
    assert len(set(outlines)) == 5


# Several endpoints.


def test_a_second_endpoint_is_tried_beside_a_first_that_does_not_answer() -> None:
    made = pool(ONE, TWO, THREE, "ws://four")
    assert endpoints(dial(made, 0.0)) == [ONE]
    assert made.next_deadline() == HEAD_START
    assert made.dials(0.9) == []
    assert endpoints(dial(made, 1.0)) == [TWO]
    assert endpoints(dial(made, 2.0)) == [THREE]
    assert len(made.sessions) == MAX_DIALS
    assert made.dials(9.0) == []


def test_a_live_link_is_given_a_spare_one_elsewhere() -> None:
    made = pool(ONE, TWO)
    welcome(made, dial_one(made, 0.0), 0.0)
    spare = dial_one(made, 0.0)
    assert spare.endpoint == TWO
    assert made.dials(0.0) == []
    welcome(made, spare, 0.0)
    assert made.dials(1e6) == []
    assert [bearer.accepts for bearer in made.bearers(0.0)] == [True, True]


def test_without_spare_links_there_is_one() -> None:
    made = pool(ONE, TWO, spare_links=0, dice=0.0)
    main = welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    assert made.dials(14.9) == []
    probe = welcome(made, dial_one(made, 15.0), 15.0, 0.01)
    assert [bearer.link for bearer in made.bearers(15.0)] == ["link-1"]
    assert made.surplus([main.link], 15.0) == [probe]


def test_rooms_that_need_more_links_get_them_one_at_a_time() -> None:
    made = pool(ONE, TWO, max_connections_per_endpoint=2, max_connections=4)
    made.needed = 9
    for number in range(1, 5):
        session = dial_one(made, 0.0)
        assert made.dials(0.0) == [], "a burst opens no burst"
        welcome(made, session, 0.0)
        assert len(made.sessions) == number
    assert made.dials(1e6) == [], "no more than may be"
    assert sorted(endpoints(made.sessions)) == [ONE, ONE, TWO, TWO]


def test_a_missing_spare_opens_no_second_link_to_the_same_endpoint() -> None:
    made = pool(ONE, TWO)
    welcome(made, dial_one(made, 0.0), 0.0)
    lose(made, dial_one(made, 0.0), 0.0)
    assert made.dials(0.4) == []
    assert endpoints(dial(made, 0.5)) == [TWO]


def test_a_needed_link_goes_to_whichever_endpoint_is_there() -> None:
    made = pool(ONE, TWO)
    welcome(made, dial_one(made, 0.0), 0.0)
    lose(made, dial_one(made, 0.0), 0.0)
    made.needed = 2
    assert endpoints(dial(made, 0.1)) == [ONE]


def test_the_nearest_of_those_that_may_be_dialled_goes_first() -> None:
    made = pool(ONE, TWO)
    welcome(made, dial_one(made, 0.0), 0.0, 0.3)
    welcome(made, dial_one(made, 0.0), 0.0, 0.02)
    for session in made.sessions:
        lose(made, session, 10.0)
    assert endpoints(dial(made, 20.0)) == [TWO]


def test_an_idle_endpoint_is_probed_once_an_interval_and_left_again() -> None:
    made = pool(ONE, TWO, THREE)
    for _ in range(2):
        welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    busy = [session.link for session in made.live]
    assert made.dials(22.4) == []
    probe = welcome(made, dial_one(made, 22.5), 22.5)
    assert probe.endpoint == THREE
    assert made.surplus(busy, 22.5) == [], "it has yet to be measured"
    measure(probe, 22.6, 0.02)
    assert made.surplus(busy, 22.6) == [probe]
    view = made.views({}, 22.6)[2]
    assert (view.state, view.failures) == ("idle", 0)
    assert view.latency == pytest.approx(0.02)
    assert view.health > 85
    assert view.next_try_at == pytest.approx(45.1)
    assert made.dials(45.0) == []
    assert endpoints(dial(made, 45.2)) == [THREE]
    assert made.dials(45.2) == [], "one probe at a time"


def test_a_probe_that_is_much_better_takes_the_place_of_an_idle_link() -> None:
    made = pool(ONE, TWO, THREE)
    main = welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    spare = welcome(made, dial_one(made, 0.0), 0.0, 0.5)
    probe = welcome(made, dial_one(made, 30.0), 30.0, 0.01)
    assert made.surplus([main.link], 30.0) == [spare]
    assert [bearer.link for bearer in made.bearers(30.0)] == [main.link, probe.link]


def test_a_probe_is_kept_where_a_link_is_missing() -> None:
    made = pool(ONE, TWO, THREE)
    main = welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    spare = welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    probe = welcome(made, dial_one(made, 30.0), 30.0, 0.01)
    lose(made, spare, 30.1)
    assert [bearer.link for bearer in made.bearers(30.1)] == [main.link, probe.link]
    assert made.surplus([main.link], 30.1) == []


def test_links_that_rooms_no_longer_need_are_given_up_after_a_while() -> None:
    made = pool(ONE)
    made.needed = 2
    first = welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    second = welcome(made, dial_one(made, 0.0), 0.0, 0.05)
    made.needed = 1
    assert made.surplus([first.link, second.link], 1.0) == []
    assert made.surplus([], 2.0) == []
    assert made.next_deadline() == 5.0
    assert made.surplus([first.link], 20.0) == []
    assert made.surplus([first.link], 32.0) == [second]
    assert made.live == [first]


@pytest.mark.parametrize("idle", [0.1 * number for number in range(1, 40)])
def test_a_link_that_is_due_to_be_given_up_is_given_up_in_that_very_moment(idle: float) -> None:
    made = pool(ONE)
    made.needed = 2
    sessions = [welcome(made, dial_one(made, 0.0), 0.0, 0.01) for _ in range(2)]
    made.needed = 1
    assert made.surplus([sessions[0].link], idle) == []
    for session in sessions:
        measure(session, 35.0, 0.01)
    due = idle + 30.0
    assert made.surplus([sessions[0].link], due - 1e-6) == []
    assert made.next_deadline() in (due, 5.0)
    assert made.surplus([sessions[0].link], due) == [sessions[1]]


# Ways in and out.


def test_a_drained_endpoint_is_emptied_and_left() -> None:
    made = pool(ONE, TWO)
    first = welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    second = welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    made.drain(ONE, True)
    made.drain("ws://unknown", True)
    assert [(bearer.accepts, bearer.urgent) for bearer in made.bearers(0.0)] == [(False, True), (True, False)]
    assert made.surplus([first.link], 0.0) == []
    assert made.surplus([second.link], 1.0) == [first]
    assert made.dials(1e6) == []
    assert made.views({}, 1.0)[0].drained
    made.drain(ONE, False)
    assert endpoints(dial(made, 1e6)) == [ONE]


def test_endpoints_are_added_and_removed() -> None:
    made = pool(ONE)
    first = welcome(made, dial_one(made, 0.0), 0.0)
    made.add_endpoint(TWO)
    made.add_endpoint(TWO)
    assert list(made.addresses) == [ONE, TWO]
    assert endpoints(dial(made, 0.0)) == [TWO]
    assert made.remove_endpoint(ONE) == [first]
    assert made.remove_endpoint("ws://unknown") == []
    lose(made, first, 1.0)
    assert list(made.addresses) == [TWO]


def test_a_leaving_hub_says_when_to_come_back() -> None:
    made = pool(ONE)
    session = welcome(made, dial_one(made, 0.0), 0.0)
    session.receive_message(Goodbye("it restarts", retry_after=3.0), moment(10.0))
    made.receive_goodbye(session.link, 10.0)
    (bearer,) = made.bearers(10.0)
    assert (bearer.accepts, bearer.urgent) == (False, True)
    assert made.dials(10.0) == []
    lose(made, session, 10.0)
    assert made.next_try == (ONE, 13.5)
    assert made.reason == "it restarts"


def test_a_full_hub_says_when_to_come_back_and_a_person_need_not_wait() -> None:
    made = pool(ONE)
    session = dial_one(made, 0.0)
    session.receive_closed(retry_after=5.0)
    made.receive_closed(session.link, 1006, "the hub answered 503", 1.0)
    assert made.next_try is not None
    assert made.next_try[1] > 6.0
    assert made.dials(6.0) == []
    made.reconnect(6.0)
    assert endpoints(dial(made, 6.0)) == [ONE]


def test_a_leaving_hub_names_where_to_go_at_once() -> None:
    made = pool(ONE, TWO)
    first = dial_one(made, 0.0)
    lose(made, dial_one(made, 1.0), 1.0)
    welcome(made, first, 1.0)
    first.receive_message(Goodbye("go there", endpoint=TWO), moment(1.1))
    made.receive_goodbye(first.link, 1.1)
    assert endpoints(dial(made, 1.1)) == [TWO]


@pytest.mark.parametrize(
    ("address", "learnt"),
    [
        ("ws://two:1", True),
        ("wss://two", True),
        ("http://two", False),
        ("ws://", False),
        ("ws://two?x", False),
        ("ws://two#x", False),
    ],
)
def test_a_leaving_hub_may_name_an_endpoint_that_was_not_known(address: str, learnt: bool) -> None:
    made = pool(ONE)
    session = welcome(made, dial_one(made, 0.0), 0.0)
    session.receive_message(Goodbye("go there", endpoint=address), moment(1.0))
    made.receive_goodbye(session.link, 1.0)
    assert (address in made.addresses) == learnt


def test_nobody_is_led_away_from_safety_or_without_end() -> None:
    made = pool("wss://one")
    session = welcome(made, dial_one(made, 0.0), 0.0)
    for number in range(2 * MAX_LEARNT):
        session.goodbye = Goodbye("go", endpoint=f"wss://{number}" if number else TWO)
        made.receive_goodbye(session.link, 1.0)
    assert TWO not in made.addresses
    assert len(made.addresses) == 1 + MAX_LEARNT


def test_a_device_that_slept_tries_everything_afresh() -> None:
    made = pool(ONE)
    for now in (0.0, 10.0, 20.0, 40.0, 80.0):
        lose(made, dial_one(made, now), now)
    assert made.benched == (ONE,)
    made.doubt(81.0)
    assert made.next_try == (ONE, 81.0)


def test_an_endpoint_is_probed_sooner_where_that_is_asked() -> None:
    made = pool(ONE, TWO, THREE)
    for _ in range(2):
        welcome(made, dial_one(made, 0.0), 0.0, 0.01)
    assert made.dials(1.0) == []
    made.hasten(THREE, 1.0)
    assert endpoints(dial(made, 1.0)) == [THREE]


# Polling.


def test_where_websockets_are_stopped_the_endpoint_is_polled_and_probed() -> None:
    made = pool(ONE)
    now = 0.0
    for _ in range(3):
        session = dial_one(made, now)
        assert session.via == "websocket"
        lose(made, session, now, CLOSE_BLOCKED, "the proxy answered 502")
        now += 10
    polled = welcome(made, dial_one(made, now), now, 0.01)
    assert polled.via == "polling"
    assert made.views({}, now)[0].via == "polling"
    probe = dial_one(made, now + 30)
    assert (probe.via, probe.endpoint) == ("websocket", ONE)
    lose(made, probe, now + 30, CLOSE_BLOCKED)
    assert made.reason == "", "it goes on"
    assert made.dials(now + 40) == []
    probe = welcome(made, dial_one(made, now + 60), now + 60, 0.01)
    polled.receive_size(1, now + 60)
    assert [bearer.accepts for bearer in made.bearers(now + 60)] == [True, True]
    healths = [bearer.health for bearer in made.bearers(now + 60)]
    assert healths[1] > healths[0]
    assert made.surplus([probe.link], now + 61) == []
    assert made.surplus([probe.link], now + 100) == [polled]
    lose(made, probe, now + 101)
    assert dial_one(made, now + 110).via == "websocket"


def test_a_silent_link_is_given_nothing() -> None:
    made = pool(ONE)
    session = welcome(made, dial_one(made, 0.0), 0.0)
    session.doubt(1.0)
    (bearer,) = made.bearers(1.0)
    assert (bearer.accepts, bearer.urgent) == (False, True)


def test_a_link_whose_hub_is_cut_off_from_its_log_is_given_nothing() -> None:
    made = pool(ONE)
    session = welcome(made, dial_one(made, 0.0), 0.0)
    session.receive_message(Heartbeat(NOON, durable=False), moment(1.0))
    (bearer,) = made.bearers(1.0)
    assert (bearer.accepts, bearer.urgent) == (False, True)


def test_figures_of_an_endpoint_outlive_its_links() -> None:
    made = pool(ONE)
    (view,) = made.views({}, 0.0)
    assert (view.state, view.id, view.health, view.last_activity) == ("offline", "", 0.0, None)
    for now in (0.0, 100.0):
        session = welcome(made, dial_one(made, now), now)
        lose(made, session, now + 10)
    (view,) = made.views({}, 200.0)
    assert (view.messages_in, view.messages_out, view.bytes_in, view.bytes_out) == (2, 4, 2, 0)
    assert (view.reconnects, view.last_activity, view.state) == (1, 100.0, "offline")


def test_what_went_over_earlier_links_is_counted_with_the_first_of_those_there_are() -> None:
    made = pool(ONE)
    lose(made, welcome(made, dial_one(made, 0.0), 0.0), 10.0)
    made.needed = 2
    first = welcome(made, dial_one(made, 20.0), 20.0)
    welcome(made, dial_one(made, 20.0), 20.0)
    views = made.views({first.link: ()}, 20.0)
    assert [(view.messages_in, view.reconnects) for view in views] == [(2, 1), (1, 1)]
