"""Metrics: a view in figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec

from core.domain.commands import Notify, StartMatch
from core.domain.ids import DeviceId, RoomId
from core.realtime.metrics import metrics, queue_stats
from core.realtime.view import Connection, LinkView, Queued, View
from tests.support.tournaments import NOON, entry, league, match, point

PLAN = league()
EMPTY = View(DeviceId("laptop-1"), "Ann")
LINK = LinkView(
    id="link-1",
    endpoint="ws://one",
    state="live",
    health=90.0,
    latency=0.2,
    latency_p50=0.2,
    latency_p95=0.3,
    latency_p99=0.4,
    messages_in=10,
    messages_out=5,
    bytes_in=1000,
    bytes_out=500,
    rooms=(RoomId("tournament:a"), RoomId("tournament:b"), RoomId("global")),
    reconnects=1,
    last_activity=7.0,
)


def test_without_endpoints_there_is_nothing_to_measure() -> None:
    figures = metrics(EMPTY)
    assert (figures.total_connections, figures.average_latency, figures.connection_health) == (0, None, 0.0)


def test_links_are_counted_and_averaged() -> None:
    down = replace(LINK, endpoint="ws://two", state="offline", health=0.0, rooms=(), messages_in=3)
    slow = replace(LINK, endpoint="ws://three", state="slow", latency=None, health=30.0, rooms=())
    connection = Connection(links=(LINK, down, slow), message_rate_in=2.0, message_rate_out=1.0)
    figures = metrics(replace(EMPTY, connection=connection))
    assert (figures.total_connections, figures.active_connections) == (3, 2)
    assert figures.average_latency == 0.2
    assert figures.connection_health == 40.0
    assert figures.total_messages == 15 + 8 + 15
    assert figures.message_rate == 3.0
    kinds = {"tournament": 2, "match": 0, "presence": 0, "private": 0, "global": 1}
    assert figures.channel_distribution == kinds
    assert msgspec.json.decode(msgspec.json.encode(figures))["links"][0]["endpoint"] == "ws://one"


def test_an_empty_queue_names_every_priority() -> None:
    figures = queue_stats(EMPTY)
    assert (figures.total, figures.oldest) == (0, None)
    assert figures.by_priority == {"critical": 0, "high": 0, "normal": 0, "low": 0}


def test_the_queue_is_counted_by_state_and_priority() -> None:
    later = NOON + timedelta(minutes=1)
    point_ = entry(PLAN.id, point(PLAN, 1, "a"), id="c1", at=later)
    start = entry(PLAN.id, StartMatch(match(PLAN, 2)), id="c2")
    notice = entry(PLAN.id, Notify("Lunch"), id="c3", at=later)
    queue = (
        Queued(point_, "saved", "critical", 1),
        Queued(start, "sending", "high", 2),
        Queued(notice, "refused", "low", 3),
        Queued(point_, "conflict", "critical", 4),
        Queued(point_, "confirmed", "critical", 5),
    )
    figures = queue_stats(replace(EMPTY, queue=queue, evicted_total=7))
    assert figures.total == 2
    assert figures.by_priority == {"critical": 1, "high": 1, "normal": 0, "low": 0}
    assert figures.oldest == NOON
    assert (figures.processing, figures.retained) == (1, 4)
    assert (figures.conflicts, figures.refused, figures.evicted) == (1, 1, 7)
