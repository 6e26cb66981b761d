"""The outlook: how this device reaches the hub, in one value and in lines of the feed."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest

from core.domain.ids import DeviceId, tournament_room
from core.realtime.config import EngineConfig
from core.realtime.effects import ConnectionChanged, Told
from core.realtime.links.carriage import Carriage
from core.realtime.links.session import Session
from core.realtime.outlook import Outlook
from core.realtime.view import Connection
from core.wire.messages import CLOSE_SIGN_IN, Goodbye, Heartbeat, Hello, Pong, Replay, Welcome
from tests.support.moments import Fixed, moment
from tests.support.tournaments import EPOCH, NOON, league, log

PLAN = league()
ROOM = tournament_room(PLAN.id)
HUB = "ws://hub"


class Device:
    """The machines around an outlook, driven by hand."""

    def __init__(self, *endpoints: str) -> None:
        config = EngineConfig(endpoints=endpoints, max_reconnect_attempts=2)
        self.carriage = Carriage(config, Fixed())
        self.pool = self.carriage.pool
        self.pool.open = True
        self.outlook = Outlook(config, self.carriage)

    def dial(self, now: float) -> Session:
        (planned,) = self.pool.dials(now)
        session = self.pool.session(planned.link)
        assert session is not None
        return session

    def greet(
        self, session: Session, now: float, standing: Literal["valid", "expired"] = "valid"
    ) -> list[str]:
        session.receive_open(Hello(DeviceId("laptop-1"), "Ann"), now)
        session.receive_size(1, now)
        welcome = Welcome("hub", "s", 5.0, NOON, (), "moderator", standing=standing, version="1.4")
        session.receive_message(welcome, moment(now))
        self.pool.receive_live(session.link)
        self.carriage.receive_listed(session, (), moment(now))
        lines = [told.line.text for told in self.outlook.receive_live(session, moment(now))]
        self.carriage.plan(moment(now))
        return lines

    def lose(self, session: Session, now: float, code: int = 1006, reason: str = "cut") -> list[str]:
        carried = self.carriage.load(session.link)
        session.receive_closed()
        self.pool.receive_closed(session.link, code, reason, now)
        self.carriage.receive_lost(session, moment(now))
        return [told.line.text for told in self.outlook.receive_lost(session, carried, moment(now))]

    def said(self, now: float) -> Connection:
        (change, *_) = self.outlook.changes(moment(now))
        assert isinstance(change, ConnectionChanged)
        return change.connection


def live(now: float = 100.0) -> tuple[Device, Session]:
    device = Device(HUB)
    session = device.dial(now)
    device.greet(session, now)
    return device, session


def test_a_device_without_endpoints_is_offline() -> None:
    said = Device().said(100.0)
    assert (said.state, said.since, said.next_try_at, said.endpoint) == ("offline", 100.0, None, "")


def test_a_dial_is_connecting_and_a_welcome_live() -> None:
    device = Device(HUB)
    session = device.dial(100.0)
    assert device.said(100.0).state == "connecting"
    assert device.greet(session, 101.0) == ["connected to ws://hub"]
    said = device.said(101.0)
    assert (said.state, said.since, said.endpoint, said.role) == ("live", 101.0, HUB, "moderator")
    assert said.last_frame_at == 101.0
    assert said.hub_version == "1.4"
    assert said.links[0].state == "live"


def test_a_sign_in_that_is_good_no_more_is_told() -> None:
    device = Device(HUB)
    session = device.dial(100.0)
    device.greet(session, 101.0, "expired")
    said = device.said(101.0)
    assert (said.state, said.reason) == (
        "sign_in",
        "your sign-in is expired; what you enter is held until ops decide",
    )


def test_rooms_that_miss_something_are_being_caught_up() -> None:
    device, session = live()
    device.carriage.join(ROOM, moment(100.0))
    device.carriage.plan(moment(100.0))
    assert device.said(100.0).state == "catching_up"
    device.carriage.receive(session, Replay(ROOM, EPOCH, log(PLAN)), moment(100.0))
    assert device.said(100.0).state == "live"


def test_being_offline_began_with_the_loss_whatever_is_tried_since() -> None:
    device, session = live()
    device.said(100.0)
    assert device.lose(session, 120.0) == ["connection lost: cut"]
    said = device.said(120.0)
    assert (said.state, said.since, said.next_try_at, said.reason) == ("offline", 120.0, 120.5, "cut")
    again = device.dial(120.5)
    said = device.said(120.5)
    assert (said.state, said.since, said.next_try_at) == ("connecting", 120.0, None)
    assert device.greet(again, 132.0) == ["reconnected after 12 s"]
    assert device.said(132.0).since == 132.0


def test_a_long_break_is_told_in_minutes() -> None:
    device, session = live()
    device.lose(session, 120.0)
    assert device.greet(device.dial(1000.0), 1020.0) == ["reconnected after 15 min"]


def test_an_unreachable_hub_is_said_once_and_the_bench_once() -> None:
    device = Device(HUB)
    now, lines = 0.0, []
    for _ in range(4):
        lines += device.lose(device.dial(now), now, reason="refused")
        now += 60
    assert lines == [
        "cannot reach ws://hub: refused; trying again",
        "ws://hub has failed too often; probing it every 30 s at most",
    ]
    device.greet(device.dial(now), now)


def test_a_refused_sign_in_waits_for_a_person() -> None:
    device = Device(HUB)
    (line,) = device.lose(device.dial(0.0), 0.0, CLOSE_SIGN_IN, "")
    assert line == "the hub at ws://hub refuses this device: the hub refuses the sign-in"
    said = device.said(0.0)
    assert (said.state, said.next_try_at) == ("sign_in", None)


def test_of_several_links_only_what_matters_is_said() -> None:
    device = Device(HUB, "ws://spare")
    main = device.dial(100.0)
    device.greet(main, 100.0)
    device.carriage.join(ROOM, moment(100.0))
    device.carriage.plan(moment(100.0))
    spare = device.dial(100.0)
    assert device.lose(spare, 100.0, reason="refused") == ["cannot reach ws://spare: refused; trying again"]
    assert device.greet(device.dial(101.0), 101.0) == [], "a spare link is no news"
    said = device.said(101.0)
    assert (said.endpoint, [link.state for link in said.links]) == (HUB, ["live", "live"])
    assert device.lose(main, 110.0) == ["ws://hub lost: cut; going on over ws://spare"]
    device.carriage.plan(moment(110.0))
    spare_again = next(iter(device.pool.live))
    spare_again.receive_size(1, 119.0)
    again = device.dial(120.0)
    device.greet(again, 120.0)
    assert device.lose(again, 125.0) == [], "nor is the loss of one that carried nothing"
    assert device.said(125.0).endpoint == "ws://spare"


def test_a_link_that_is_about_to_close_carries_nothing() -> None:
    device, session = live()
    session.receive_message(Goodbye("it restarts"), moment(101.0))
    assert device.said(101.0).state == "offline"


def test_a_slow_link_is_said_once() -> None:
    device, session = live()
    device.said(100.0)
    session.receive_message(Pong(100.0, NOON + timedelta(seconds=103.0)), moment(102.0))
    connection, line = device.outlook.changes(moment(102.0))
    assert isinstance(connection, ConnectionChanged)
    assert connection.connection.state == "slow"
    assert connection.connection.latency == 2.0
    assert connection.connection.clock_offset == pytest.approx(2.0)
    assert isinstance(line, Told)
    assert line.line.text == "the link is slow: 2.0 s; entries are saved first"
    session.receive_message(Pong(101.0, NOON), moment(103.0))
    assert len(device.outlook.changes(moment(103.0))) == 1


def test_a_link_that_is_slow_from_the_first_word_needs_no_line() -> None:
    device, session = live()
    session.receive_message(Pong(100.0, NOON), moment(102.0))
    assert len(device.outlook.changes(moment(102.0))) == 1


def test_a_hub_that_cannot_reach_its_log_is_said_at_once() -> None:
    device, session = live()
    assert device.said(100.0).durable
    session.receive_message(Heartbeat(NOON, durable=False), moment(100.1))
    assert not device.said(100.1).durable


def test_mere_figures_are_said_once_a_second_and_then_no_more() -> None:
    device, session = live()
    device.outlook.count_out(100.0, 0)
    device.said(100.0)
    assert device.outlook.next_deadline() is None
    session.receive_size(10, 100.2)
    device.outlook.count_in(100.2)
    device.outlook.count_out(100.2, 3)
    assert device.outlook.changes(moment(100.3)) == []
    said = device.said(101.0)
    assert (said.message_rate_in, said.message_rate_out) == (0.1, 0.3)
    assert said.last_frame_at == 100.2
    assert device.outlook.next_deadline() == 102.0
    said = device.said(111.0)
    assert (said.message_rate_in, said.message_rate_out) == (0.0, 0.0)
    assert device.outlook.next_deadline() is None


def test_an_unchanged_outlook_is_not_said_again() -> None:
    device = Device()
    device.said(0.0)
    assert device.outlook.next_deadline() is None
    assert device.outlook.changes(moment(50.0)) == []
