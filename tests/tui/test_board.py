"""The Board screen: nothing around it, keys on demand, pages that turn, and the way back."""

from __future__ import annotations

from tests.support import desks
from tests.support.console import Desk, opened


async def test_the_hall_sees_courts_alone_and_a_key_shows_the_keys_for_a_while() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.press("b")
        text = await console.wait_without("COURTSIDE")
        assert "SPRING OPEN 2026" in text
        assert "COMETS" in text
        assert "ana" not in text
        await console.press("z")
        await console.wait_for("Space stop pages")
        desk.tick(6)
        await console.wait_without("Space stop pages")


async def test_escape_returns_to_where_one_came_from() -> None:
    async with opened(desks.lively()) as console:
        await console.press("3", "7")
        await console.wait_without("COURTSIDE")
        await console.press("escape")
        await console.wait_for("[3Feed]")


async def test_pages_turn_by_themselves_until_space_stops_them() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.press("7")
        for _ in range(4):
            await console.press("minus")
        await console.wait_for("page 1/2")
        desk.tick(11)
        await console.wait_for("page 2/2")
        await console.press("space")
        await console.wait_for("This page stays")
        desk.tick(11)
        desk.tick(11)
        await console.wait_for("page 2/2")
        await console.press("plus")
        await console.wait_for("At most 3 courts on a page")


async def test_an_empty_hall_is_no_error() -> None:
    async with opened(Desk()) as console:
        await console.press("7")
        await console.wait_without("1Scores")
        assert "stopped" not in console.text()
