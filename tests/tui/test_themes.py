"""Every theme on the screen itself: whatever is written can be read on what it is written on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.color import Color

from tests.support.console import Console, make
from tests.support.states import FULL
from tui import theming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.segment import Segment
    from textual.geometry import Region

    from tui.keys import Place

THEMES = tuple(theme.name for theme in theming.load().themes)
STRICT = ("courtside-contrast", "courtside-safe-light")
"""Those in which a text on a wrong ground would be found first."""
SCREENS: tuple[Place, ...] = ("scores", "entry", "people", "queue", "board")
DIALOGS = (("queue", "m"), ("entry", "equals_sign"), ("scores", "question_mark"), ("scores", "ctrl+p"))
FIGURES = frozenset("█▀▄▔▁▎▊▃▆▅▂▇─│┌┐└┘━┃┏┓┗┛╭╮╰╯ 🔎")
"""What is drawn, not written."""


def hard_to_read(console: Console, within: Region, least: float) -> set[tuple[str, float]]:
    """Return the texts on a part of the screen with less contrast, and how much they have."""
    strips = console.app.screen._compositor.render_strips()[within.y : within.bottom]
    cut = (strip.crop(within.x, within.right) for strip in strips)
    return {found for strip in cut for segment in strip for found in _hard(segment, least)}


def _hard(segment: Segment, least: float) -> list[tuple[str, float]]:
    style = segment.style
    if style is None or set(segment.text) <= FIGURES or style.color is None or style.bgcolor is None:
        return []
    ratio = theming.contrast(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor))
    return [(segment.text.strip(), round(ratio, 1))] if ratio < least else []


async def judged(console: Console, themes: Sequence[str]) -> dict[str, set[tuple[str, float]]]:
    """Return what is hard to read of a screen, or of the dialog above it, by theme."""
    found: dict[str, set[tuple[str, float]]] = {}
    for theme in themes:
        console.app.theme = theme
        await console.rest()
        dialogs = console.app.screen.query(".dialog, CommandPalette #--container")
        within = dialogs.first().region if dialogs else console.app.screen.region
        least = 7.0 if theme == "courtside-contrast" else theming.READABLE
        if texts := hard_to_read(console, within, least):
            found[theme] = texts
    return found


async def test_everything_can_be_read_in_every_theme() -> None:
    state = FULL["conflict"]
    desk = state.desk()
    app = make(desk, ascii=False)
    app.scoring = state.scoring
    found: dict[str, dict[str, set[tuple[str, float]]]] = {}
    async with app.run_test(size=(80, 24)) as pilot:
        console = Console(app, desk, pilot)
        await console.wait_for("CONFLICT")
        for screen in SCREENS:
            app.switch_mode(screen)
            await console.rest()
            app.paint()
            found[screen] = await judged(console, STRICT)
        for place, key in DIALOGS:
            app.switch_mode(place)
            await console.rest()
            await console.press(key)
            await console.wait_for(lambda: len(app.screen_stack) > 1)
            found[f"{place} {key}"] = await judged(console, THEMES)
            await console.press("escape")
    assert {place: texts for place, texts in found.items() if texts} == {}


async def test_for_low_vision_borders_are_thick() -> None:
    desk = FULL["live"].desk()
    app = make(desk, ascii=False)
    app.scoring = FULL["live"].scoring
    async with app.run_test(size=(80, 24)) as pilot:
        console = Console(app, desk, pilot)
        await console.wait_for("M034")
        app.use_theme(theming.THICK)
        await pilot.pause()
        assert app.screen.query_one("#detail").styles.border_top[0] == "heavy"
        await console.press("question_mark")
        await console.wait_for(lambda: len(app.screen_stack) > 1)
        assert app.screen.query_one(".dialog").styles.border_top[0] == "thick"
        await console.press("escape")
        app.switch_mode("entry")
        text = await console.wait_for("< selected")
        assert "┏" in text
        assert "┌" not in text
        app.use_theme(theming.DEFAULT)
        await console.wait_for("┌")
