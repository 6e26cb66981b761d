"""Links in figures: endpoints, devices, rooms, outbox, alerts, and round trips as they are drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.realtime.effects import ConnectionChanged
from core.realtime.view import LinkView
from tests.support import desks
from tests.support.console import Desk
from tests.support.desks import ANA, KIM, company, linked, scene
from tui.selectors import links, people
from tui.selectors.cells import length, plain
from tui.selectors.trips import LEVELS, LOST, Trips, graph, spark, told

NOBODY = people.Company()


def rows(desk: Desk, table: links.Table, who: people.Company = NOBODY) -> list[str]:
    made = links.rows(scene(desk), table, who, Trips(), desk.room_stats, frozenset({"lost laptop-7"}))
    return [" ".join(cell.text for cell in row.cells if cell.text.strip()) for row in made.values()]


def pooled() -> Desk:
    desk = desks.lively()
    linked(desk)
    return desk


def test_an_endpoint_says_state_health_trips_and_its_next_try() -> None:
    assert rows(pooled(), "links") == [
        "ws://hub:8765 live 96 42 ms 42 ms 63 ms 84 ms 1,204 88 2 2",
        "ws://backup:8765 slow 41 1.3 s 1.3 s 2.0 s 2.6 s 1,204 88 0 2",
        "ws://old:8765 benched - - - - - 0 0 0 0 21 s",
    ]


def test_drained_and_polled_endpoints_are_named_so() -> None:
    desk = pooled()
    near, slow, gone = desk.view.connection.links
    polled = (replace(near, via="polling"), replace(slow, drained=True), replace(gone, benched=False))
    desk.apply(ConnectionChanged(replace(desk.view.connection, links=polled)))
    assert [line.split()[1] for line in rows(desk, "links")] == ["polling", "drained", "offline"]
    desk.apply(
        ConnectionChanged(replace(desk.view.connection, links=(replace(near, aside=(desks.SPRING,)),)))
    )
    assert rows(desk, "links")[0].startswith("ws://hub:8765 other epoch")


def test_the_parts_of_health_and_the_reason_stand_below() -> None:
    desk = pooled()
    near, _, gone = desk.view.connection.links
    first, second = links.detail(scene(desk), near)
    assert plain(first) == " health 96: latency -4"
    assert plain(second) == " by websocket, 2 rooms, in 412.0 kB, out 9.0 kB, last frame 9s ago"
    first, second = links.detail(scene(desk), gone)
    assert "not live" in plain(first)
    assert "no hub is running there" in plain(second)
    assert links.detail(scene(desk), None) == ()
    young = replace(near, health_parts=replace(near.health_parts, latency=0.0) if near.health_parts else None)
    assert "nothing lost" in plain(links.detail(scene(desk), young)[0])
    assert "41.2 MB" in plain(links.detail(scene(desk), replace(near, bytes_in=41_200_000))[1])


def test_rooms_and_outbox_in_figures() -> None:
    desk = pooled()
    assert rows(desk, "rooms") == [
        "tournament:spring 2 1 0.5 3s 1:00",
        "tournament:spring:presence 2 1 0.5 3s 1:00",
    ]
    made = links.rows(scene(desk), "rooms", NOBODY, Trips(), lambda _room: None, frozenset())
    assert {cell.text for row in made.values() for cell in row.cells[1:]} == {"-"}
    waiting = desks.offline()
    assert rows(waiting, "outbox") == ["critical 3 12s", "high 0 -", "normal 0 -", "low 0 -"]


def test_devices_are_those_at_the_hub_and_those_that_left() -> None:
    desk = pooled()
    company(desk, ANA, KIM)
    who = people.advance(NOBODY, scene(desk))
    company(desk, ANA)
    who = people.advance(who, scene(desk))
    desk.tick(38)
    assert rows(desk, "devices", who) == [
        "laptop-2 ana moderator here 13:02",
        "laptop-7 kim moderator left 38s ago 13:02",
    ]
    assert rows(desk, "alerts", who)[-1] == "laptop-7  kim left the hub acknowledged"


def test_alerts_name_what_ops_should_see() -> None:
    desk = pooled()
    assert [alert.text for alert in links.alerts(scene(desk), NOBODY)] == [
        "ws://backup:8765  p95 is 2.0 s",
        "ws://old:8765  failed 7 times: no hub is running there",
    ]
    desk.saving(can_save=False)
    refused = replace(desk.view.connection.links[0], state="sign_in", reason="the token has expired")
    desk.apply(ConnectionChanged(replace(desk.view.connection, durable=False, links=(refused,))))
    assert [alert.key for alert in links.alerts(scene(desk), NOBODY)] == [
        "saving",
        "durable",
        "refused ws://hub:8765",
    ]
    assert links.alerts(scene(desks.lively()), NOBODY) == ()


def test_the_head_and_the_tables_with_their_counts() -> None:
    desk = pooled()
    assert "LIVE" in plain(links.head(scene(desk), 80))
    assert "reconnects 4  in 12.0/s out 0.4/s" in plain(links.head(scene(desk), 80))
    assert plain(links.head(scene(desk), 60)).rstrip().endswith("reconnects 4")
    assert "Links 3" in plain(links.tabs(scene(desk), "links", NOBODY, 2))
    assert "OFFLINE" in plain(links.head(scene(desks.offline()), 80))
    for table in links.TABLES:
        assert links.message(table)


def test_the_graph_fits_and_says_what_is_drawn() -> None:
    desk = pooled()
    kept = Trips()
    for second in range(60):
        kept.note(desk.view.connection.links, desk.now - 60 + second)
    lines = links.graph(scene(desk), kept, desk.view.connection.links[0], 60.0, 80)
    assert all(length(line) <= 80 for line in lines)
    assert "now 42 ms   p50 42 ms" in plain(lines[0])
    assert plain(lines[0]).endswith("last 1 minute ")
    assert len(lines) == 1 + len(LEVELS)
    assert "no link yet" in plain(links.graph(scene(desk), kept, None, 60.0, 80)[0])


class TestTrips:
    def test_one_sample_a_second_and_an_hour_of_them(self) -> None:
        near = desks_link()
        kept = Trips()
        for half in range(2 * 4_000):
            kept.note([near], half / 2)
        assert None not in kept.window(near.endpoint, 3_600.0, 60, 4_000.0)
        assert kept.window(near.endpoint, 4_000.0, 40, 4_000.0)[:4] == (None,) * 4
        assert kept.window(near.endpoint, 60.0, 60, 100_000.0) == (None,) * 60

    def test_a_silent_second_is_a_loss_and_one_before_the_first_is_not(self) -> None:
        near = desks_link()
        kept = Trips()
        kept.note([replace(near, state="offline")], 1.0)
        kept.note([near], 2.0)
        kept.note([replace(near, state="offline")], 3.0)
        assert kept.window(near.endpoint, 4.0, 4, 4.0) == (None, None, 0.042, LOST)
        assert kept.percentiles(near.endpoint, 4.0, 4.0)["max"] == 0.042
        assert kept.percentiles("elsewhere", 4.0, 4.0) == {}

    @pytest.mark.parametrize("ascii", [True, False])
    def test_slower_is_higher(self, ascii: bool) -> None:
        drawn = spark((None, 0.001, 0.05, 0.4, 2.0, 60.0, LOST), ascii=ascii)
        assert len(drawn) == 7
        assert drawn[0] == " "
        assert drawn[-1] == "x"
        assert len(set(drawn[1:5])) == 4
        assert drawn[4] == drawn[5]

    def test_the_graph_is_logarithmic_and_marks_losses_at_the_bottom(self) -> None:
        top, second, third, bottom = graph((0.02, 0.07, 0.3, 1.0, None, LOST), ascii=True)
        assert [row.split("|", 1)[1] for row in (top, second, third, bottom)] == [
            "   |  ",
            "  ||  ",
            " |||  ",
            "|||| x",
        ]

    def test_trips_in_words(self) -> None:
        assert [told(one) for one in (None, 0.0424, 1.84)] == ["-", "42 ms", "1.8 s"]


def desks_link() -> LinkView:
    desk = pooled()
    return desk.view.connection.links[0]
