"""The Table screen: standings, the bracket, and the match under its cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import HubLine, Unreachable
from core.domain.commands import CompleteMatch, SetScore
from core.domain.commands import Score as Points
from tests.support import desks
from tests.support.console import Desk, opened
from tests.support.tournaments import EPOCH, cup, match

if TYPE_CHECKING:
    from pathlib import Path


async def test_standings_name_what_decided_and_what_is_not_safe() -> None:
    async with opened(desks.lively()) as console:
        await console.press("8")
        text = await console.wait_for("[8Table]")
        assert "Group A, 8 to play" in text
        lions = next(line for line in text.splitlines() if "Lions" in line)
        assert lions.split()[1:] == ["1?", "Lions", "1", "1", "0", "0", "21", "15", "+6", "3", "difference"]
        otters = next(line for line in text.splitlines() if "Otters" in line)
        assert otters.split()[7:9] == ["0", "0"]


async def test_a_result_moves_the_table_at_once() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.press("8")
        await console.wait_for("8 to play")
        desk.others(SetScore(desks.match(33), Points(30, 0)), CompleteMatch(desks.match(33)), ago=0)
        text = await console.wait_for("7 to play")
        assert text.index("Norrköping") < text.index("Lions")


async def test_the_bracket_follows_the_cursor_and_opens_a_match() -> None:
    plan = cup(8)
    async with opened(Desk(plan)) as console:
        await console.press("8", "f")
        await console.wait_for("Quarter-finals")
        assert "rounds" in console.text()
        await console.press("down", "right", "right")
        await console.wait_for("> M007")
        await console.press("left", "home")
        await console.wait_for("> M005")
        await console.press("left", "end")
        await console.wait_for("> M004")
        await console.press("pageup")
        await console.wait_for("> M001")
        await console.press("enter")
        await console.wait_for("M001  ENTRY")
        assert console.app.scoring == match(plan, 1)
        await console.press("escape")
        await console.wait_for("[8Table]")


async def test_the_row_and_the_tree_are_copied_as_text() -> None:
    async with opened(desks.lively()) as console:
        await console.press("8", "y")
        await console.wait_for("Copied")
        assert "Group A" in console.app.clipboard
        await console.press("f")
        await console.wait_for("[Bracket]")
        await console.wait_for("M041")
        await console.press("y")
        await console.wait_for(lambda: "M042" in console.app.clipboard)


async def test_the_bracket_is_exported_where_it_is_shown_and_an_empty_list_is_not(
    tmp_path: Path,
) -> None:
    async with opened(Desk(cup(4)), data=tmp_path) as console:
        await console.press("8", "enter")
        await console.wait_for("Matches are opened in the bracket")
        await console.press("E")
        await console.wait_for("Nothing is listed here")
        await console.press("f")
        await console.wait_for("[Bracket]")
        await console.press("E")
        await console.wait_for("Written to")
        (written,) = (tmp_path / "exports").iterdir()
        lines = written.read_text("utf-8").splitlines()
        assert lines[0] == "round,match,home,score,away"
        assert "M003,winner of M001,,winner of M002" in lines[-1]


async def test_without_pools_or_a_tournament_the_screen_says_so() -> None:
    async with opened(Desk(cup(4))) as console:
        await console.press("8")
        await console.wait_for("No pools in this tournament")
    async with opened(Desk()) as console:
        await console.press("8", "left")
        await console.wait_for("No tournament yet")


async def test_history_shows_every_number_as_it_stood_and_escape_returns_to_now() -> None:
    desk = desks.lively()
    async with opened(desk, (120, 24)) as console:
        log = [line.event for line in desk.view.feed.lines if isinstance(line, HubLine)]
        console.app.read_log = lambda _tournament: (EPOCH, log)  # type: ignore[assignment]
        await console.press("8")
        await console.wait_for("8 to play")
        await console.press("h")
        await console.wait_for(f"event {len(log)} of {len(log)}")
        await console.press("left_curly_bracket", *["left_square_bracket"] * (len(log) - 2))
        text = await console.wait_for("event 1 of")
        assert "10 to play" in text
        await console.press("right_square_bracket", "right_curly_bracket")
        await console.wait_for("event 3 of")
        await console.press("escape")
        await console.wait_for("8 to play")
        assert "event 3" not in console.text()


async def test_history_that_cannot_be_read_is_said() -> None:
    def unreachable(_tournament: object) -> object:
        raise Unreachable(("ws://hub:8765",), "no hub is running there")

    async with opened(desks.lively()) as console:
        console.app.read_log = unreachable  # type: ignore[assignment]
        await console.press("8", "h")
        await console.wait_for("No history now")
    async with opened(Desk()) as console:
        await console.press("8", "h", "left_square_bracket", "left_curly_bracket", "escape")
        await console.wait_for("No tournament yet")
