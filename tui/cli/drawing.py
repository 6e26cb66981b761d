"""The console on a terminal: opened, drawn until the person leaves, and ended in order whatever ends it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from contextlib import closing
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from tui.cli.exits import Exit
from tui.cli.logs import log_file
from tui.cli.output import say

if TYPE_CHECKING:
    from core import Settings
    from tui.app import CourtsideApp
    from tui.doors import Doors
    from tui.opening import Opening

SWITCH = 0.001
"""Seconds after which a busy thread gives way to the other; the interpreter's own 5 ms add up on a press."""


def drawable() -> bool:
    """Tell whether all three streams are a terminal, and one that can do more than print."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        return False
    return os.environ.get("TERM", "") not in ("", "dumb")


def load_meanwhile(told: str) -> None:
    """Say what the person waits for, and load what draws while that goes on elsewhere."""
    say(told)
    threading.Thread(target=import_module, args=("tui.app",), name="loading").start()


def open_console(settings: Settings, screen: str | None = None, doors: Doors | None = None) -> int:
    """Draw the console until the person leaves; return the exit code.

    Args:
        settings: with the hub's address.
        screen: where to begin; `None` for the console's own choice.
        doors: how people get in; `None` for those that the settings name.
    """
    # Loaded on use: this is what draws.
    from tui.app import CourtsideApp
    from tui.opening import Opening

    for name in ("core", "tui"):
        logging.getLogger(name).setLevel(logging.INFO)
    # Two threads share the interpreter: a key press should not wait long for its turn.
    sys.setswitchinterval(SWITCH)
    with closing(Opening(settings)) as realtime:
        app = CourtsideApp(realtime, settings, screen=screen, doors=doors)
        asyncio.run(_drawn(app, realtime, mouse=settings.console.mouse))
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


async def _drawn(app: CourtsideApp, realtime: Opening, *, mouse: bool) -> None:
    """Draw until the person leaves, or the terminal or the system ends the program: always in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit, int(Exit.INTERRUPTED))
    realtime.on_failure = partial(loop.call_soon_threadsafe, app.exit)
    await app.run_async(mouse=mouse)
    realtime.on_failure = None
