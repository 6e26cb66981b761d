"""The keys of every screen, with the effects that a person expects: none is read from the key table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import desks
from tests.support.console import Console, Desk, opened
from tests.support.states import live
from tui.screens.base import ListScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.widgets.rows import Rows

TABS = {
    "1": "[1Scores]",
    "3": "[3Feed]",
    "4": "[4People]",
    "5": "[5Links]",
    "6": "[6Queue]",
    "8": "[8Table]",
}
"""What stands in the first row after a digit."""
BOARD = "COURT 1   Round 1"
"""What stands on the Board, which has no such row."""
WALKS: dict[str, tuple[Callable[[], Desk], str]] = {
    "1": (live, "[1Scores]"),
    "3": (live, "PAUSED"),
    "4": (live, "[4People]"),
    "5": (live, "[5Links]"),
    "6": (desks.offline, "[6Queue]"),
    "8": (live, "[8Table]"),
}
"""A desk with several rows on each list, and a text that is there while its cursor moves."""
TURNS = {
    "1": ("[All 12]", "[Live 3]", "[Attention 0]"),
    "3": ("[all]", "[scores]", "[conflicts]"),
    "4": ("[role]", "[court]", "[state]"),
    "5": ("[Links 3]", "[Devices 5]", "[Alerts 2]"),
    "6": ("[Saved here 0]", "[Sending 0]", "[Refused 0]"),
    "8": ("[Standings]", "[Bracket]", "[Bracket]"),
}
"""The tab at first, the one after it, and the one before it."""


def listed(console: Console) -> Rows:
    """Return the list on the screen."""
    screen = console.app.screen
    assert isinstance(screen, ListScreen)
    return screen.rows


def at(console: Console) -> int:
    """Return the row that the cursor is on, from 0; titles are none."""
    return untitled(listed(console), listed(console)._index)


def untitled(rows: Rows, above: int | None = None) -> int:
    """Return how many rows are no titles: of all, or of those above a row."""
    assert rows._make is not None
    return sum(not rows._make(key).title for key in rows._keys[:above])


@pytest.mark.parametrize("digit", WALKS)
async def test_the_cursor_moves_by_arrows_letters_and_pages(digit: str) -> None:
    desk, shown = WALKS[digit]
    async with opened(desk(), (80, 24)) as console:
        await console.press(digit)
        await console.wait_for(TABS[digit])
        await console.press("home")
        await console.wait_for(shown)
        assert at(console) == 0
        for pressed, row in (("down", 1), ("j", 2), ("k", 1), ("up", 0), ("j", 1), ("g", 0)):
            await console.press(pressed)
            assert at(console) == row, pressed
        await console.press("end")
        last = at(console)
        assert last >= 2
        for pressed, row in (("home", 0), ("G", last), ("g", 0)):
            await console.press(pressed)
            assert at(console) == row, pressed
        await console.press("home")
        page = min(untitled(listed(console)) - 1, listed(console).size.height - 1)
        for pressed, row in (("pagedown", page), ("pageup", 0)):
            await console.press(pressed)
            assert at(console) == row, pressed


async def test_digits_jump_from_every_screen_and_b_to_the_board() -> None:
    screens = {**TABS, "7": BOARD}
    async with opened(live()) as console:
        for step in (1, 4):
            for place, start in enumerate(screens):
                digit = list(screens)[(place + step) % len(screens)]
                await console.press(start, digit)
                await console.wait_for(screens[digit])
        for start, shown in TABS.items():
            await console.press(start)
            await console.wait_for(shown)
            await console.press("b")
            await console.wait_for(BOARD)
            await console.press("escape")
            await console.wait_for(shown)
        await console.press("2")
        await console.wait_for("No match is open. Pick one and press Enter")


async def test_f_and_tab_turn_to_the_next_tab_and_shift_tab_back() -> None:
    async with opened(live()) as console:
        for digit, (first, second, before) in TURNS.items():
            await console.press(digit)
            await console.wait_for(first)
            await console.press("f")
            await console.wait_for(second)
            await console.press("shift+tab")
            await console.wait_for(first)
            await console.press("tab")
            await console.wait_for(second)
            await console.press("shift+tab", "shift+tab")
            await console.wait_for(before)
            await console.press("tab")


async def test_y_copies_and_e_exports_on_every_list() -> None:
    # A tab of the queue with an entry in it: nothing is copied of an empty one.
    desk = desks.offline()
    desks.linked(desk)
    desks.company(desk, desks.ANA, desks.LI)
    async with opened(desk) as console:
        for digit, shown in TABS.items():
            await console.press(digit)
            await console.wait_for(shown)
            console.app.copy_to_clipboard("")
            await console.press("down", "y")
            await console.wait_for(lambda: console.app.clipboard)
            console.app.notice = ""
            await console.press("E")
            await console.wait_for("Written to")


async def test_a_filter_opens_narrows_and_is_cleared_where_there_is_one() -> None:
    async with opened(live()) as console:
        for digit, wanted, gone in (
            ("1", "lions", "Otters"),
            ("3", "comets", "Otters"),
            ("4", "ana", "laptop-3"),
        ):
            await console.press(digit)
            await console.wait_for(TABS[digit])
            await console.wait_for(gone)
            await console.press("slash", *wanted, "enter")
            await console.wait_without(gone)
            await console.press("escape")
            await console.wait_for(gone)


async def test_what_works_everywhere_works_on_every_screen() -> None:
    desk = live()
    screens = {**TABS, "7": BOARD, "2": "M034  ENTRY"}
    ways = (("question_mark", "colon"), ("f1", "ctrl+p"))
    async with opened(desk) as console:
        console.app.scoring = desks.match(34)
        for number, (start, shown) in enumerate(screens.items()):
            await console.press(start)
            await console.wait_for(shown)
            for key, asked in zip(ways[number % 2], ("Keys of this screen", "go to screen 1"), strict=True):
                await console.press(key)
                await console.wait_for(asked)
                await console.press("escape")
                await console.wait_without(asked)
            await console.press("M", "M", "R")
            await console.wait_for(lambda wanted=number + 1: desk.reconnects == wanted)  # type: ignore[misc]
            assert not console.app.muted
            await console.press("ctrl+c")
            assert console.app.notice == "Nothing is selected to copy. To leave press  q"


async def test_q_leaves_from_every_screen() -> None:
    desk, asked = desks.offline(), "3 entries are not sent yet."
    async with opened(desk) as console:
        console.app.scoring = desks.match(34)
        for start in (*TABS, "7", "2"):
            await console.press(start, "q")
            await console.wait_for(asked)
            await console.press("escape")
            await console.wait_without(asked)
        await console.press("ctrl+q", "tab", "enter")
        await console.wait_for(lambda: console.app._exit)


async def test_enter_opens_the_match_of_a_row_and_escape_returns_to_it() -> None:
    async with opened(live()) as console:
        for digit, moves, opened_match in (
            ("1", ("down",), "M033"),
            ("3", (), "M034"),
            ("4", (), "M034"),
        ):
            await console.press(digit, *moves)
            await console.wait_for(TABS[digit])
            row = at(console)
            await console.press("enter")
            await console.wait_for(f"{opened_match}  ENTRY")
            await console.press("escape")
            await console.wait_for(TABS[digit])
            assert at(console) == row


async def test_keys_of_ops_open_what_ops_do_and_say_so_to_others() -> None:
    async with opened(live()) as console:
        for key, shown in (
            ("n", "New tournament"),
            ("o", "Open a tournament's file"),
            ("T", "Enter chooses"),
        ):
            await console.press(key)
            await console.wait_for(shown)
            await console.press("escape")
            await console.wait_without(shown)
    viewer = Desk(desks.plan(), role="spectator")
    async with opened(viewer) as console:
        text = await console.wait_for("Enter open match")
        assert "score" not in text.splitlines()[-1]
        for key, shown in (
            ("n", "Only ops make tournaments"),
            ("T", "Only ops organise a tournament"),
            ("I", "Only ops let others in"),
        ):
            await console.press(key)
            await console.wait_for(shown)


async def test_links_have_keys_of_their_own() -> None:
    desk = live()
    async with opened(desk, screen="links") as console:
        await console.wait_for("last 5 minutes")
        for key, shown in (
            ("left_square_bracket", "last 1 minute"),
            ("right_square_bracket", "last 5 minutes"),
        ):
            await console.press(key)
            await console.wait_for(shown)
        await console.press("D")
        await console.wait_for(lambda: desk.drained == {"ws://hub:8765"})
        await console.press("shift+tab")
        await console.wait_for("[Alerts 2]")
        await console.press("a")
        await console.wait_for("[Alerts 1]")


async def test_changed_keys_that_clash_are_refused_and_named() -> None:
    wanted = {"scores.star": "j", "list.copy": "p"}
    async with opened(live(), keys=wanted) as console:
        await console.wait_for("j is 'list.down' on scores: 'scores.star' keeps x")
        await console.press("x", "p")
        await console.wait_for("Copied")
        await console.press("ctrl+p", *"is 'list.down'")
        await console.wait_for("a mistake in your settings")


async def test_the_palette_finds_courts_and_people() -> None:
    async with opened(live()) as console:
        await console.press("ctrl+p", *"court 4")
        await console.wait_for("its matches")
        await console.press("enter")
        text = await console.wait_for("filter: Court 4")
        assert "M034" in text
        assert "M035" not in text
        await console.press("ctrl+p", *"sam on")
        await console.wait_for("who is there")
        await console.press("enter")
        await console.wait_for("[4People]")
        await console.wait_without("laptop-3")
