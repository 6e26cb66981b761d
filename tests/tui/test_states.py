"""Pictures as text: every screen in every state at its sizes, as it stands in the terminal.

One run of the console walks through all screens and sizes of a state, so a picture costs some hundredths of a
second. Each is text, row by row, in `__snapshots__/test_states`: a reviewer reads the difference as he reads
code. Colours are seen in `test_pictures.py`, of the main ones. `--snapshot-update` draws them anew.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.support import beer
from tests.support.console import Console, make
from tests.support.states import BRIEF, FULL, State

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from syrupy.assertion import SnapshotAssertion

    from tui.keys import Place

SCREENS: tuple[Place, ...] = ("scores", "entry", "feed", "people", "links", "queue", "board", "table")
SMALL, NORMAL, LARGE, HUGE = (60, 16), (80, 24), (120, 40), (200, 60)
TINY = (40, 12)
"""The size at which only Entry and Board still work."""


class TextPictures(SingleFileSnapshotExtension):
    """Pictures as files of text."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


@asynccontextmanager
async def opened(state: State, *, ascii: bool = False) -> AsyncIterator[Console]:
    """Run the console in a state."""
    desk = state.desk()
    app = make(desk, ascii=ascii)
    app.scoring = state.scoring
    async with app.run_test(size=NORMAL) as pilot:
        console = Console(app, desk, pilot)
        await console.wait_for("COURTSIDE")
        if state.then is not None:
            state.then(desk)
        yield console


async def settled(console: Console) -> str:
    """Return the screen once it no longer changes."""
    text = await console.wait_for(lambda: True)
    return "\n".join(line.rstrip() for line in text.split("\n"))


async def drawn(console: Console, sizes: Iterable[tuple[int, int]]) -> str:
    """Return the screen at several sizes, one below the other."""
    found: list[str] = []
    for size in sizes:
        await console.resize(*size)
        found.append(f"{size[0]}x{size[1]}\n{await settled(console)}\n")
    return "\n".join(found)


async def walk(console: Console, *sizes: tuple[int, int]) -> dict[str, str]:
    """Return the pictures of all screens."""
    pictures: dict[str, str] = {}
    for screen in SCREENS:
        console.app.switch_mode(screen)
        tiny = (TINY,) if screen in ("entry", "board") and len(sizes) > 1 else ()
        pictures[screen] = await drawn(console, (*tiny, *sizes))
    return pictures


def compare(pictures: dict[str, str], snapshot: SnapshotAssertion) -> None:
    """Compare pictures with those that are kept; show how they differ."""
    kept = snapshot.with_defaults(extension_class=TextPictures)
    differences: list[str] = []
    for name, picture in pictures.items():
        if kept(name=name) != picture:
            old = str(kept(name=name)).split("\n")
            differences += unified_diff(old, picture.split("\n"), f"{name}, kept", name, lineterm="")
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("state", FULL)
async def test_state_at_every_size(state: str, snapshot: SnapshotAssertion) -> None:
    async with opened(FULL[state]) as console:
        compare(await walk(console, SMALL, NORMAL, LARGE, HUGE), snapshot)


@pytest.mark.parametrize("state", BRIEF)
async def test_state(state: str, snapshot: SnapshotAssertion) -> None:
    async with opened(BRIEF[state]) as console:
        compare(await walk(console, NORMAL), snapshot)


async def test_games(snapshot: SnapshotAssertion) -> None:
    pictures: dict[str, str] = {}
    async with opened(State(beer.going)) as console:
        for name, number in (("sets", 1), ("cups", 3), ("time", 6)):
            console.app.scoring = beer.match(number)
            console.app.switch_mode("entry")
            pictures[name] = await drawn(console, (SMALL, NORMAL, LARGE))
        for screen in ("scores", "feed", "board", "table"):
            console.app.switch_mode(screen)
            pictures[screen] = await drawn(console, (SMALL, NORMAL, LARGE))
    compare(pictures, snapshot)


@dataclass(frozen=True, slots=True)
class Form:
    """How a dialog is reached, and how one sees that it is there."""

    place: Place
    pressed: tuple[str, ...]
    shown: str
    state: State


NEW = ("n", *"Summer Cup", "enter", *"Lions", "enter", *"Foxes", "enter", *"Bears")
FORMS = {
    "new": Form("scores", NEW, "3 teams, 3 matches", State(beer.going)),
    "organise": Form("scores", ("T",), "Enter chooses", State(beer.going)),
    "correct": Form(
        "entry",
        ("equals_sign", *"1", "enter", *"3", "enter"),
        "M008 home side",
        State(beer.going, beer.match(7)),
    ),
    "forfeit": Form("entry", ("X",), "did not come", State(beer.going, beer.match(3))),
    "times": Form("entry", ("a",), "The lowest time wins", State(beer.going, beer.match(6))),
    "exact": Form("entry", ("equals_sign",), "the exact score", FULL["live"]),
    "final": Form("entry", ("F",), "End M034?", FULL["live"]),
    "decide": Form("queue", ("m",), "Send mine again: M033?", FULL["conflict"]),
    "leave": Form("scores", ("q",), "3 entries are not sent yet.", FULL["offline"]),
    "sign_in": Form("scores", ("i",), "eight letters and digits", FULL["live"]),
    "help": Form("scores", ("question_mark",), "Keys of this screen", FULL["live"]),
    "palette": Form("scores", ("ctrl+p",), "go to screen 7", FULL["live"]),
}


@pytest.mark.parametrize("form", FORMS)
async def test_form(form: str, snapshot: SnapshotAssertion) -> None:
    asked = FORMS[form]
    async with opened(asked.state) as console:
        console.app.switch_mode(asked.place)
        await settled(console)
        await console.press(*asked.pressed)
        await console.wait_for(asked.shown)
        compare({"": await drawn(console, (SMALL, NORMAL, LARGE))}, snapshot)


async def test_a_window_that_is_too_small_says_what_it_needs(snapshot: SnapshotAssertion) -> None:
    async with opened(FULL["offline"]) as console:
        compare({"": await drawn(console, ((52, 14),))}, snapshot)


async def test_with_ascii_nothing_else_is_drawn() -> None:
    async with opened(FULL["conflict"], ascii=True) as console:
        text = "\n".join((await walk(console, NORMAL)).values())
        for place, pressed, shown in (
            ("queue", "m", "Send mine again: M033?"),
            ("entry", "equals_sign", "the exact score"),
            ("scores", "question_mark", "Keys of this screen"),
            ("scores", "n", "New tournament"),
            ("scores", "ctrl+p", "go to screen 7"),
        ):
            console.app.switch_mode(place)
            await settled(console)
            await console.press(pressed)
            text += await console.wait_for(shown)
            await console.press("escape")
    assert {char for char in text if not char.isascii()} <= set("Öö東京ドラゴンズ")
