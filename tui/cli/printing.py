"""A screen as text, printed once: the console where there is no terminal."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from core import Feed, HubLine, ids, open_realtime
from tui import plain
from tui.cli.exits import Exit
from tui.cli.output import put
from tui.cli.reach import ROOM_WAIT, awaited, connect_to_all, unreachable, whole_log
from tui.selectors.scene import shown_first

if TYPE_CHECKING:
    from collections.abc import Callable

    from core import Realtime, Settings, View

FEED_LINES = 200
"""Events that a printed feed shows, the newest ones."""


async def print_screen(screen: str | None, settings: Settings) -> int:
    """Print a screen once, as text.

    Args:
        screen: which one; `None` for the scores.
        settings: with the hub's address.

    Raises:
        Unreachable: no hub answers and nothing is stored here.
    """
    async with open_realtime(settings, sends=False) as realtime:
        if not await connect_to_all(realtime, settings) and not realtime.view.tournaments:
            raise unreachable(realtime, settings)
        view = await _told(realtime, settings, screen)
        printers: dict[str, Callable[[View, int], str]] = {
            "feed": plain.plain_feed,
            "people": plain.plain_people,
            "links": partial(plain.plain_links, now=time.monotonic(), room_stats=realtime.room_stats),
            "queue": plain.plain_queue,
            "scores": plain.plain_scores,
            "table": plain.plain_table,
        }
        printed = plain.plain_scores if screen is None else printers[screen]
        put(printed(view, shutil.get_terminal_size((120, 24)).columns))
    return Exit.DONE


async def _told(realtime: Realtime, settings: Settings, screen: str | None) -> View:
    """Return the view with what a console is told in the course of time: who is there, what has happened."""
    shown = shown_first(realtime.view)
    if shown is None or not realtime.view.connection.connected:
        return realtime.view
    tournament = shown.confirmed.id
    if screen in ("people", "links"):
        await realtime.join(ids.presence_room(tournament))
        await awaited(realtime, lambda view: tournament in view.members, ROOM_WAIT)
    if screen == "feed":
        _, log = await whole_log(settings, tournament)
        lines = tuple(HubLine(tournament, event) for event in log[-FEED_LINES:])
        return replace(realtime.view, feed=Feed(lines, len(log)))
    return realtime.view
