"""When a console is at rest: all that a key set off is done, and it waits for time or for other threads only.

Textual's own pilot sleeps until the processor seems idle, some 40 ms a key and a second on a busy machine.
Here the event loop itself says that nothing is left to run.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import screen as screens

if TYPE_CHECKING:
    from textual.app import App

LOOK = 0.001
"""Seconds between two looks at a screen that draws itself at its next frame."""
FRAME = 0.004
"""Seconds from a change until a screen is drawn: a terminal's sixtieth of a second is for eyes."""
PATIENCE = 10.0
"""Most seconds until a console rests; it draws on for ever where a drawing asks for the next one."""

setattr(screens, "UPDATE_PERIOD", FRAME)  # noqa: B010 -- read by each screen as it begins; to mypy it is final


async def rest(app: App[int]) -> None:
    """Wait until every message is handled and the screen on top is drawn as it was left.

    Raises:
        TimeoutError: it does not come to rest.
    """
    async with asyncio.timeout(PATIENCE):
        while True:
            await _nothing_ready()
            if not app._running or not _unfinished(app):
                return
            await asyncio.sleep(LOOK)


async def _nothing_ready() -> None:
    """Let everything else run until nothing can: each other task waits for a time, a thread or a message."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)
    while loop._ready:  # type: ignore[attr-defined]  # of asyncio's own loops, which tests run on
        await asyncio.sleep(0)


def _unfinished(app: App[int]) -> bool:
    """Tell whether a screen that is seen is still to be laid out or drawn, or learns of another size."""
    top = app.screen
    return bool(
        app._resize_event is not None
        or top._layout_required
        or top._scroll_required
        or top._repaint_required
        or top._recompose_required
        or top._dirty_widgets
        # One below a dialog keeps its marks for ever; what it has to do, it does at its next frame.
        or any(screen._update_timer._active.is_set() for screen in (top, *app._background_screens))
    )
