"""The Feed screen: following, pausing, kinds, and the way to a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import desks
from tests.support.console import Desk, opened
from tests.support.desks import home

if TYPE_CHECKING:
    from pathlib import Path


async def test_new_lines_come_in_at_the_bottom() -> None:
    desk = desks.lively()
    async with opened(desk, screen="feed") as console:
        await console.wait_for("FOLLOWING")
        desk.others(home(33), ago=0)
        await console.wait_for("Norrköping 1 [A] +1       10-11")
        desk.told("reconnected after 12 s")
        await console.wait_for("reconnected after 12 s")


async def test_moving_up_pauses_and_counts_what_is_new() -> None:
    desk = desks.lively()
    async with opened(desk, screen="feed") as console:
        await console.press("up", "up")
        await console.wait_for("PAUSED  0 new below")
        desk.others(home(33), home(33), ago=0)
        text = await console.wait_for("PAUSED  2 new below  G follows")
        assert "10-11" not in text
        await console.press("G")
        text = await console.wait_for("FOLLOWING")
        assert "11-11" in await console.wait_for("11-11")


async def test_space_pauses_and_the_raw_fields_of_the_line_are_shown() -> None:
    async with opened(desks.lively(), screen="feed") as console:
        await console.press("space", "pageup", "g")
        await console.wait_for("id desk-1-0-1  seq 1")
        await console.press("space")
        await console.wait_for("FOLLOWING")


async def test_kinds_show_a_part() -> None:
    desk = desks.conflict()
    desk.told("offline: connection lost")
    async with opened(desk, screen="feed") as console:
        await console.press("f")
        text = await console.wait_for("[scores]")
        assert "final" not in text
        await console.press("f", "f")
        text = await console.wait_for("[link]")
        assert "offline: connection lost" in text
        assert "Comets" not in text
        await console.press("f", "f")
        text = await console.wait_for("[conflicts]")
        assert "held: Norrköping 1 [A] +1" in text


async def test_the_filter_narrows_and_escape_clears_it() -> None:
    async with opened(desks.lively(), screen="feed") as console:
        await console.press("slash", *"comets")
        await console.wait_without("Otters")
        await console.press("enter")
        await console.wait_for("filter: comets")
        await console.press("escape")
        await console.wait_for("Otters")


async def test_a_filter_that_fits_nothing_says_so() -> None:
    async with opened(desks.lively(), screen="feed") as console:
        await console.press("slash", *"zzz")
        await console.wait_for("Nothing of this kind.")


async def test_enter_opens_the_match_of_the_line() -> None:
    async with opened(desks.lively(), screen="feed") as console:
        await console.press("enter")
        await console.wait_for("M034  ENTRY")
        await console.press("escape", "g")
        await console.wait_for("PAUSED")
        await console.press("enter")
        await console.wait_for("This line is of no match")


async def test_an_empty_feed_says_what_will_be_there() -> None:
    async with opened(Desk(online=False), screen="feed") as console:
        await console.wait_for("Quiet so far.")


async def test_a_burst_of_one_kind_is_one_line() -> None:
    desk = desks.lively()
    for _ in range(24):
        desk.others(home(33), ago=0)
    async with opened(desk, screen="feed") as console:
        text = await console.wait_for("24 score entries in 1 s")
        assert "20-11" not in text


async def test_the_export_has_all_lines_not_only_those_in_the_window(tmp_path: Path) -> None:
    desk = desks.lively()
    async with opened(desk, screen="feed", data=tmp_path) as console:
        await console.wait_for("FOLLOWING")
        await console.press("E")
        await console.wait_for("Written to")
        (written,) = (tmp_path / "exports").glob("feed-*.csv")
        lines = written.read_text("utf-8").splitlines()
        assert len(lines) == 1 + len(desk.view.feed.lines)
        assert "created with 12 matches: Spring Open 2026" in lines[1]


async def test_copying_a_line_copies_its_raw_fields_too() -> None:
    async with opened(desks.lively(), screen="feed") as console:
        await console.press("y")
        await console.wait_for("Copied")
        assert "Foxes +1" in console.app.clipboard
        assert "device laptop-2" in console.app.clipboard
