"""Pictures of every screen at both sizes, in the situations that matter. The clocks stand still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, TextArea

from tests.support import beer, desks
from tests.support.console import SIZES, Console, Desk, make
from tests.support.desks import match

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

SITUATIONS: dict[str, Callable[[], Desk]] = {
    "live": desks.lively,
    "offline": desks.offline,
    "conflict": desks.conflict,
    "final": desks.finished,
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("screen", ["scores", "entry", "feed", "queue", "board", "table"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_picture(
    snap_compare: Callable[..., bool], situation: str, screen: str, size: tuple[int, int]
) -> None:
    app = make(SITUATIONS[situation](), screen)
    app.scoring = match(33 if situation == "conflict" else 34)

    async def settled(pilot: Pilot[int]) -> None:
        app.paint()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=settled)


def pooled() -> Desk:
    """Return the lively hour with people at the hub and links of every kind; one person has dropped out."""
    desk = desks.lively()
    desks.linked(desk)
    desks.company(desk, desks.ANA, desks.LI, desks.KIM, desks.SAM, desks.BO)
    return desk


@pytest.mark.parametrize("size", [(60, 16), *SIZES.values(), (200, 60)], ids=["60x16", *SIZES, "200x60"])
@pytest.mark.parametrize("screen", ["people", "links"])
def test_connections(snap_compare: Callable[..., bool], screen: str, size: tuple[int, int]) -> None:
    desk = pooled()
    app = make(desk, screen)

    async def settled(pilot: Pilot[int]) -> None:
        app.paint()
        desks.company(desk, desks.ANA, desks.LI, desks.SAM, desks.BO)
        app.paint()
        desk.tick(20)
        app.paint()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=settled)


@pytest.mark.parametrize("theme", ["courtside-light", "courtside-contrast", "courtside-mono"])
def test_theme(snap_compare: Callable[..., bool], theme: str) -> None:
    assert snap_compare(make(desks.conflict(), "queue", theme=theme, ascii=False), terminal_size=(80, 24))


def test_dialog(snap_compare: Callable[..., bool]) -> None:
    desk = desks.conflict()
    app = make(desk, "queue")

    async def asked(pilot: Pilot[int]) -> None:
        console = Console(app, desk, pilot)
        await console.wait_for("CONFLICT  M033")
        await console.press("m")
        await console.wait_for("Send mine again: M033?")

    assert snap_compare(app, terminal_size=(80, 24), run_before=asked)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("screen", ["scores", "sets", "cups", "time", "feed", "board", "table"])
def test_games(snap_compare: Callable[..., bool], screen: str, size: tuple[int, int]) -> None:
    matches = {"sets": 1, "cups": 3, "time": 6}
    app = make(beer.going(), "entry" if screen in matches else screen)
    app.scoring = beer.match(matches.get(screen, 1))

    async def settled(pilot: Pilot[int]) -> None:
        app.paint()
        await pilot.pause()
        app.paint()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=settled)


FLOWS: dict[str, tuple[tuple[str, ...], str]] = {
    "new": (
        ("n", *"Summer Cup", "enter", *"Lions", "enter", *"Foxes", "enter", *"Bears"),
        "3 teams, 3 matches",
    ),
    "organise": (("T",), "Enter chooses"),
    "correct": (("equals_sign", *"1", "enter", *"3", "enter"), "M008 home side"),
    "forfeit": (("X",), "did not come"),
    "times": (("a",), "The lowest time wins"),
}


@pytest.mark.parametrize("size", [(60, 16), *SIZES.values()], ids=["60x16", *SIZES])
@pytest.mark.parametrize("flow", FLOWS)
def test_forms(snap_compare: Callable[..., bool], flow: str, size: tuple[int, int]) -> None:
    desk = beer.going()
    app = make(desk, "scores" if flow in ("new", "organise") else "entry")
    app.scoring = beer.match({"correct": 7, "times": 6}.get(flow, 3))
    pressed, shown = FLOWS[flow]

    async def asked(pilot: Pilot[int]) -> None:
        console = Console(app, desk, pilot)
        await console.wait_for("COURTSIDE")
        await console.press(*pressed)
        await console.wait_for(shown)
        for field in (*app.screen.query(Input), *app.screen.query(TextArea)):
            # On a busy machine the picture was taken while the cursor was away.
            field.cursor_blink = False

    assert snap_compare(app, terminal_size=size, run_before=asked)
