"""A session: greeting, heartbeats both ways, goodbyes, and what a broken protocol leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest

from core.domain.ids import DeviceId
from core.realtime.config import EngineConfig
from core.realtime.effects import Hangup, LinkId, Send
from core.realtime.links.session import CLOSE_BAD_FRAME, DOUBT_SECONDS, TRANSITIONS, Session, explain
from core.wire.messages import Goodbye, Heartbeat, Hello, Ping, Pong, Problem, Welcome
from tests.support.moments import moment
from tests.support.tournaments import NOON

LINK = LinkId("link-1")
HELLO = Hello(DeviceId("laptop-1"), "Ann")
WELCOME = Welcome("hub", "s1", 5.0, NOON, ())


def dialled() -> Session:
    return Session(LINK, "ws://hub", EngineConfig(), 100.0)


def greeting() -> Session:
    session = dialled()
    assert session.receive_open(HELLO, 101.0) == [Send(LINK, HELLO)]
    return session


def live() -> Session:
    session = greeting()
    session.receive_size(10, 102.0)
    assert session.receive_message(WELCOME, moment(102.0)) == [Send(LINK, Ping(102.0))]
    return session


def test_a_link_greets_is_welcomed_and_lives() -> None:
    session = live()
    assert session.live
    assert session.welcome is WELCOME
    assert session.live_since == 102.0
    assert (session.traffic.messages_in, session.traffic.messages_out, session.traffic.bytes_in) == (1, 2, 10)


@pytest.mark.parametrize(("standing", "late"), [("valid", False), ("expired", True), ("revoked", True)])
def test_a_link_knows_what_its_sign_in_is_good_for(
    standing: Literal["valid", "expired", "revoked"], late: bool
) -> None:
    session = greeting()
    assert not session.is_late
    session.receive_size(10, 102.0)
    session.receive_message(Welcome("hub", "s1", 5.0, NOON, (), standing=standing), moment(102.0))
    assert session.live
    assert session.is_late is late


def test_a_dial_that_does_not_open_is_given_up() -> None:
    session = dialled()
    assert session.next_deadline() == 110.0
    assert session.handle_deadline(109.0) == []
    assert session.handle_deadline(110.0) == [Hangup(LINK, 1001, "no connection within 10 s")]
    assert session.state == "closed"
    assert session.next_deadline() is None
    assert session.handle_deadline(200.0) == []


def test_a_hub_that_does_not_welcome_is_left() -> None:
    session = greeting()
    session.receive_size(1, 105.0)
    assert session.next_deadline() == 111.0
    assert session.handle_deadline(111.0) == [Hangup(LINK, 1001, "no welcome from the hub within 10 s")]


def test_pings_go_out_every_five_seconds_and_measure_the_link() -> None:
    session = live()
    assert session.next_deadline() == 107.0
    assert session.handle_deadline(107.0) == [Send(LINK, Ping(107.0))]
    pong = Pong(107.0, NOON + timedelta(seconds=107.1 + 3))
    assert session.receive_message(pong, moment(107.2)) == []
    assert session.latency.newest == pytest.approx(0.2)
    assert session.latency.clock_offset == pytest.approx(3.0)
    assert session.next_deadline() == 112.0


def test_a_pong_from_the_future_is_no_measurement() -> None:
    session = live()
    session.receive_message(Pong(900.0, NOON), moment(103.0))
    assert session.latency.newest is None


def test_any_frame_is_life_and_silence_is_death() -> None:
    session = live()
    session.receive_size(1, 116.0)
    session.handle_deadline(117.0)
    assert session.live
    assert session.missed(116.0 + 11) == 2
    (hangup,) = session.handle_deadline(131.0)
    assert hangup == Hangup(LINK, 1001, "no sign of life for 15 s")


def test_nothing_is_missed_before_the_welcome() -> None:
    assert dialled().missed(200.0) == 0
    session = greeting()
    session.receive_size(1, 101.0)
    assert session.missed(200.0) == 0


def test_a_heartbeat_tells_whether_the_hub_reaches_its_log() -> None:
    session = live()
    session.receive_message(Heartbeat(NOON, durable=False), moment(103.0))
    assert not session.durable
    assert not session.sure
    session.receive_message(Heartbeat(NOON), moment(103.0))
    assert session.durable
    assert session.sure


def test_what_is_said_in_rooms_passes_by() -> None:
    session = live()
    assert session.receive_message(Problem("malformed", "no"), moment(103.0)) == []
    assert session.receive_message(Pong(-1.0, NOON), moment(103.0)) == []
    assert session.live


def test_after_a_goodbye_the_hub_may_close_within_five_seconds() -> None:
    session = live()
    session.receive_message(Goodbye("it restarts"), moment(103.0))
    assert session.state == "leaving"
    session.receive_size(1, 104.0)
    assert session.next_deadline() == 108.0
    assert session.handle_deadline(108.0) == [Hangup(LINK, 1001, "it restarts")]


def test_a_goodbye_may_come_instead_of_a_welcome() -> None:
    session = greeting()
    session.receive_message(Goodbye("full"), moment(102.0))
    session.receive_closed()
    assert session.state == "closed"


def test_a_refusal_before_the_welcome_is_heard() -> None:
    session = greeting()
    assert session.receive_message(Problem("malformed", "no"), moment(102.0)) == []
    assert session.state == "greeting"


@pytest.mark.parametrize("message", [Heartbeat(NOON), Pong(1.0, NOON)])
def test_a_hub_that_speaks_before_its_welcome_is_left(message: Heartbeat | Pong) -> None:
    (hangup,) = greeting().receive_message(message, moment(102.0))
    assert isinstance(hangup, Hangup)
    assert hangup.code == CLOSE_BAD_FRAME


@pytest.mark.parametrize("message", [WELCOME, Goodbye("again")])
def test_a_hub_that_greets_or_leaves_twice_is_left(message: Welcome | Goodbye) -> None:
    session = live()
    session.receive_message(Goodbye("it restarts"), moment(103.0))
    (hangup,) = session.receive_message(message, moment(103.0))
    assert isinstance(hangup, Hangup)
    assert session.state == "closed"


def test_every_state_but_closed_can_be_lost() -> None:
    states = {state for state, _ in TRANSITIONS}
    assert {TRANSITIONS[state, "lost"] for state in states} == {"closed"}


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (1001, "", "the hub is going away"),
        (1001, "it restarts", "it restarts"),
        (4401, "", "the hub refuses the sign-in"),
        (4999, "", "the hub closed the link with code 4999"),
        (1006, "\x1b[31mred", "?[31mred"),
    ],
)
def test_a_close_is_explained_in_words(code: int, said: str, words: str) -> None:
    assert explain(code, said) == words


def test_a_link_in_doubt_is_asked_at_once_and_left_soon() -> None:
    session = live()
    assert session.doubt(110.0) == [Send(LINK, Ping(110.0))]
    assert session.doubted
    assert session.next_deadline() == 110.0 + DOUBT_SECONDS
    session.receive_size(10, 111.0)
    session.receive_message(Heartbeat(NOON), moment(111.0))
    assert session.doubted, "that may have waited in the system's buffers"
    (hangup,) = session.handle_deadline(110.0 + DOUBT_SECONDS)
    assert isinstance(hangup, Hangup)


def test_a_link_in_doubt_that_answers_lives_on() -> None:
    session = live()
    session.doubt(110.0)
    session.receive_message(Pong(102.0, NOON), moment(110.1))
    assert session.doubted, "that was asked before"
    session.receive_message(Pong(110.0, NOON), moment(110.1))
    assert not session.doubted
    assert session.next_deadline() == 115.0
    session.receive_size(10, 114.0)
    assert session.handle_deadline(115.0) == [Send(LINK, Ping(115.0))]


def test_a_dial_from_before_the_sleep_has_little_time_left() -> None:
    session = dialled()
    assert session.doubt(101.0) == []
    assert not session.doubted
    assert session.next_deadline() == 101.0 + DOUBT_SECONDS
