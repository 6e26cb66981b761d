"""Pictures in colour, as SVG: the screens that are looked at most, and one of most colours in every theme.

All screens in all states and sizes are in `test_states.py`, as text. The clocks stand still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.console import make
from tests.support.states import FULL
from tui import theming

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

THEMES = tuple(theme.name for theme in theming.load().themes)
SHOWN = {
    "scores": ("live", (120, 40)),
    "entry": ("offline", (80, 24)),
    "links": ("live", (120, 40)),
    "queue": ("conflict", (120, 40)),
    "board": ("live", (120, 40)),
    "table": ("live", (80, 24)),
}


def picture(
    snap_compare: Callable[..., bool], state: str, screen: str, size: tuple[int, int], **own: object
) -> bool:
    """Compare one screen in a state with its picture; `own` are settings of the console."""
    shown = FULL[state]
    desk = shown.desk()
    app = make(desk, screen, ascii=False, **own)  # type: ignore[arg-type]  # settings of the console
    app.scoring = shown.scoring

    async def settled(pilot: Pilot[int]) -> None:
        app.paint()
        if shown.then is not None:
            shown.then(desk)
        await pilot.pause()
        app.paint()
        await pilot.pause()

    return snap_compare(app, terminal_size=size, run_before=settled)


@pytest.mark.parametrize("screen", SHOWN)
def test_picture(snap_compare: Callable[..., bool], screen: str) -> None:
    state, size = SHOWN[screen]
    assert picture(snap_compare, state, screen, size)


@pytest.mark.parametrize("theme", THEMES)
def test_theme(snap_compare: Callable[..., bool], theme: str) -> None:
    assert picture(snap_compare, "conflict", "scores", (80, 24), theme=theme)
