"""`courtside` without a command: the console, on a hub that is there or that it starts.

Where there is no terminal a screen is printed as text, once.
Owns the embedded hub's life: one that this console started is started again when it dies, and stopped on
leaving, unless others are connected; then the person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tui.cli.drawing import drawable, load_meanwhile, open_console
from tui.cli.exits import Exit, Stopped
from tui.cli.output import say
from tui.cli.parser import Part
from tui.cli.reach import located, run

if TYPE_CHECKING:
    import argparse

    from core import Settings
    from tui.cli.hubs import StartedHub

SCREENS = ("scores", "feed", "people", "links", "queue", "board", "table")
"""What can be shown first; all but the board can be printed without a terminal."""
BOARD_THEME = "courtside-board"
"""The board's theme where none is set: for projectors."""
NO_BOARD = "the board needs a terminal; `courtside` without one prints the scores"


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
        if args.screen == "board":
            raise Stopped(Exit.USAGE, NO_BOARD)
        # Loaded on use, like all that follows: this module is read for every command's sake.
        from tui.cli.printing import print_screen

        return run(print_screen(args.screen, located(settings)))
    return _open(settings, args.screen, shared=args.share)


def _open(settings: Settings, screen: str | None, *, shared: bool = False) -> int:
    """Open the console on the hub that is there, or on one that it starts."""
    from tui.cli import hubs
    from tui.doors import Doors, own_addresses

    started = doors = None
    if located(settings).ws_url == ():
        load_meanwhile("starting the hub of this laptop ...")
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


def _leave(hub: StartedHub) -> None:
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


CONSOLE = Part(_arguments, _console)
BOARD = Part(_theme, _board)
