"""`courtside` without a command: the console, on a hub that is there or that it starts.

Where there is no terminal a screen is printed as text, once.
Owns the embedded hub's life: one that this console started is started again when it dies, and stopped on
leaving, unless others are connected; then the person decides.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core import Feed, HubLine, ids, open_realtime, realtime_in_thread
from tui.cli import hubs
from tui.cli.exits import Exit, Stopped
from tui.cli.logs import log_file
from tui.cli.output import put, say
from tui.cli.parser import Part
from tui.cli.reach import ROOM_WAIT, awaited, connect_to_all, located, run, unreachable, whole_log
from tui.doors import Doors, own_addresses
from tui.selectors.scene import shown_first

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from core import Realtime, Settings, View
    from tui.app import CourtsideApp

SCREENS = ("scores", "feed", "people", "links", "queue", "board", "table")
"""What can be shown first; all but the board can be printed without a terminal."""
BOARD_THEME = "courtside-board"
"""The board's theme where none is set: for projectors."""
NO_BOARD = "the board needs a terminal; `courtside` without one prints the scores"
FEED_LINES = 200
"""Events that a printed feed shows, the newest ones."""
SWITCH = 0.001
"""Seconds after which a busy thread gives way to the other; the interpreter's own 5 ms add up on a press."""


def drawable() -> bool:
    """Tell whether all three streams are a terminal, and one that can do more than print."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        return False
    return os.environ.get("TERM", "") not in ("", "dumb")


def open_console(settings: Settings, screen: str | None = None, doors: Doors | None = None) -> int:
    """Draw the console until the person leaves; return the exit code.

    Args:
        settings: with the hub's address.
        screen: where to begin; `None` for the console's own choice.
        doors: how people get in; `None` for those that the settings name.
    """
    # Loaded on use: this is what draws.
    from tui.app import CourtsideApp

    for name in ("core", "tui"):
        logging.getLogger(name).setLevel(logging.INFO)
    # Two threads share the interpreter: a key press should not wait long for its turn.
    sys.setswitchinterval(SWITCH)
    with realtime_in_thread(settings) as realtime:
        realtime.join_all()
        app = CourtsideApp(realtime, settings, screen=screen, doors=doors)
        asyncio.run(_drawn(app, mouse=settings.console.mouse))
        waiting = sum(queued.waiting for queued in realtime.view.queue)
    if not app.return_code:
        return app.return_value or Exit.DONE
    # The terminal is itself again, and Textual has printed what it knows.
    say("the console stopped on a bug; start it again to go on")
    say(
        f"your {waiting} waiting entries are saved"
        if waiting
        else "everything that you entered is at the hub"
    )
    say(f"the log is {log_file(settings.data)}")
    return Exit.BUG


async def _drawn(app: CourtsideApp, *, mouse: bool) -> None:
    """Draw until the person leaves, or the terminal or the system ends the program: always in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit, int(Exit.INTERRUPTED))
    await app.run_async(mouse=mouse)


def _theme(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--theme", help="a theme's name")


def _board(_args: argparse.Namespace, settings: Settings) -> int:
    if not drawable():
        raise Stopped(Exit.USAGE, NO_BOARD)
    if not settings.console.theme:
        look = settings.console.model_copy(update={"theme": BOARD_THEME})
        settings = settings.model_copy(update={"console": look})
    return _open(settings, "board")


def _arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("console")
    group.add_argument("--screen", choices=SCREENS, help="where to begin")
    group.add_argument(
        "--share", action="store_true", help="open the hub of this console to the network, with a join code"
    )
    _theme(group)


def _console(args: argparse.Namespace, settings: Settings) -> int:
    if args.share and (at := located(settings).ws_url):
        told = f"there is a hub already, at {at[0]}: --share opens the console's own one"
        raise Stopped(Exit.USAGE, f"{told}; stop that one, or leave out --hub")
    if not drawable():
        if args.share:
            raise Stopped(Exit.USAGE, "--share needs a terminal; without one: hub --host 0.0.0.0, and invite")
        return run(_print(args, settings))
    return _open(settings, args.screen, shared=args.share)


def _open(settings: Settings, screen: str | None, *, shared: bool = False) -> int:
    """Open the console on the hub that is there, or on one that it starts."""
    started = doors = None
    if located(settings).ws_url == ():
        started = hubs.KeptHub(settings.data, shared=shared)
    found = located(settings)
    if started is not None and shared:
        port = urlsplit(started.url).port or 0
        doors = Doors(found, own_addresses(port), opens_with_code=True)
    try:
        return open_console(found, screen, doors)
    finally:
        if started is not None:
            _leave(started.release())


def _leave(hub: hubs.StartedHub) -> None:
    """Stop the hub that this console started, unless others use it and the person lets it go on."""
    others = hub.clients() if hub.process.poll() is None else 0
    if others and _asks(f"{others} more connected to the hub of this console. Let it go on? [Y/n] "):
        say(f"the hub goes on at {hub.url}; start `courtside` again to come back to it")
        hub.close()
        return
    hub.stop()


def _asks(question: str) -> bool:
    """Ask for yes or no; anything but a no is a yes, also when nobody can answer any more."""
    try:
        return not input(question).strip().lower().startswith("n")
    except (EOFError, OSError):
        return True


async def _print(args: argparse.Namespace, settings: Settings) -> int:
    """Print a screen once, as text."""
    from tui import plain

    if args.screen == "board":
        raise Stopped(Exit.USAGE, NO_BOARD)
    settings = located(settings)
    async with open_realtime(settings, sends=False) as realtime:
        if not await connect_to_all(realtime, settings) and not realtime.view.tournaments:
            raise unreachable(realtime, settings)
        view = await _told(realtime, settings, args.screen)
        printers: dict[str, Callable[[View, int], str]] = {
            "feed": plain.plain_feed,
            "people": plain.plain_people,
            "links": partial(plain.plain_links, now=time.monotonic(), room_stats=realtime.room_stats),
            "queue": plain.plain_queue,
            "table": plain.plain_table,
        }
        printed = printers.get(args.screen, plain.plain_scores)
        put(printed(view, shutil.get_terminal_size((120, 24)).columns))
    return Exit.DONE


async def _told(realtime: Realtime, settings: Settings, screen: str) -> View:
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


CONSOLE = Part(_arguments, _console)
BOARD = Part(_theme, _board)
