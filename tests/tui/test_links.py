"""The Links screen: its tables, draining an endpoint, the window, and alerts that somebody acknowledges."""

from __future__ import annotations

from tests.support import desks
from tests.support.console import Desk, opened
from tests.support.desks import ANA, company, linked


def pooled() -> Desk:
    desk = desks.lively()
    linked(desk)
    company(desk, ANA)
    return desk


async def test_every_table_is_one_key_away() -> None:
    async with opened(pooled(), (120, 40)) as console:
        await console.press("5")
        await console.wait_for("ws://backup:8765")
        for told in ("laptop-2", "tournament:spring:presence", "critical", "failed 7 times"):
            await console.press("f")
            await console.wait_for(told)


async def test_draining_and_undraining_the_endpoint_under_the_cursor() -> None:
    desk = pooled()
    async with opened(desk) as console:
        await console.press("5", "down", "D")
        await console.wait_for("ws://backup:8765 is drained")
        assert desk.drained == {"ws://backup:8765"}


async def test_the_window_grows_and_shrinks_between_its_ends() -> None:
    async with opened(pooled()) as console:
        await console.press("5")
        await console.wait_for("last 5 minutes")
        await console.press(*["right_square_bracket"] * 4)
        await console.wait_for("last 60 minutes")
        await console.press(*["left_square_bracket"] * 5)
        await console.wait_for("last 1 minute ")


async def test_an_acknowledged_alert_stays_listed_and_counts_no_longer() -> None:
    async with opened(pooled()) as console:
        await console.press("5", "f", "f", "f", "f")
        await console.wait_for("[Alerts 2]")
        await console.press("a")
        await console.wait_for("[Alerts 1]")
        assert "acknowledged" in console.text()
        await console.press("f", "a")
        await console.wait_for("Alerts 0")


async def test_keys_that_find_nothing_to_do_say_so() -> None:
    async with opened(desks.lively()) as console:
        await console.press("5", "a")
        await console.wait_for("There is no alert to acknowledge")
        await console.press("f", "D")
        await console.wait_for("An endpoint is drained in the table of links")


async def test_a_low_window_leaves_the_graph_out_and_the_row_is_copied() -> None:
    async with opened(pooled(), (70, 16)) as console:
        await console.press("5")
        await console.wait_for("ws://hub:8765")
        assert "round trip" not in console.text()
        await console.press("y")
        await console.wait_for("Copied")
        assert "ws://hub:8765" in console.app.clipboard
