"""The command line: which commands there are, their arguments, and the flags that all of them share.

A shared flag may stand before the command or after it; the later one counts. Only commands that exist are
listed. Negative numbers are numbers: no option of ours looks like one.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from core import BadSettings, Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EPILOG = """exit codes: 0 done; 2 called wrongly; 65 refused or bad input; 69 nothing to reach; 70 a bug;
74 could not save; 75 saved here, held or not yet confirmed; 77 sign-in refused; 130 interrupted"""


@dataclass(frozen=True, slots=True)
class Part:
    """What the module of a command gives."""

    arguments: Callable[[argparse.ArgumentParser], None]
    """Adds its own arguments."""
    run: Callable[[argparse.Namespace, Settings], int]
    """Does it; returns the exit code."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command; its module is loaded only once it is called, since that takes longer than all the rest."""

    name: str
    summary: str
    """What it does, in one line without a full stop."""
    home: str
    """Where its part is: `module:NAME`."""

    def load(self, parser: argparse.ArgumentParser) -> None:
        """Have a parser read this command's arguments and name what runs it."""
        part: Part = resolve_name(self.home)
        part.arguments(parser)
        parser.set_defaults(run=part.run)


class _Later(argparse.ArgumentParser):
    """The parser of a command, which learns its arguments once it is called."""

    command: Command | None = None

    def parse_known_args(  # type: ignore[override]  # of the overloads argparse calls this one
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        if self.command is not None:
            self.command.load(self)
            self.command = None
        return super().parse_known_args(args, namespace)


def build(commands: Sequence[Command], console: Command) -> argparse.ArgumentParser:
    """Make the parser of all commands.

    Args:
        commands: those with a name, in the order of the help.
        console: what runs when no command is named.
    """
    shared = _shared()
    parser = argparse.ArgumentParser(
        prog="courtside",
        description=f"Live tournaments in the terminal. Without a command: {console.summary}.",
        epilog=EPILOG,
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"courtside {version('courtside')}")
    console.load(parser)
    named = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=_Later)
    for command in commands:
        child = named.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[:1].upper()}{command.summary[1:]}.",
            parents=[shared],
            allow_abbrev=False,
        )
        child.command = command
    return parser


def settings_of(args: argparse.Namespace) -> Settings:
    """Read the settings, the shared flags first.

    Raises:
        BadSettings: a flag, the environment or a file says something that cannot be used.
    """
    given = vars(args)
    flags = {
        "ws_url": given.get("hub"),
        "data": given.get("data"),
        "token": given.get("token"),
        "console.theme": given.get("theme"),
    }
    try:
        return load_settings(flags, config=given.get("config"))
    except BadSettings as error:
        if error.source != "flag":
            raise
        # Named as it was typed: the flag for `ws_url` is `--hub`, the one for `console.theme` is `--theme`.
        typed = {"--ws-url": "--hub", "--console.theme": "--theme"}.get(error.key, error.key)
        raise BadSettings(typed, error.source, error.why) from error


def _shared() -> _Later:
    parser = _Later(add_help=False, argument_default=argparse.SUPPRESS)
    group = parser.add_argument_group("shared flags")
    group.add_argument("--hub", metavar="URL[,URL...]", help="the hubs' addresses (ws://HOST:8765)")
    group.add_argument("--data", metavar="DIR", type=Path, help="the data folder")
    group.add_argument("--token", help="what signs this device in")
    group.add_argument("--config", metavar="FILE", type=Path, help="the settings file")
    return parser


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def add_tournament(parser: argparse.ArgumentParser) -> None:
    """Add the tournament, which may be left out where there is only one."""
    parser.add_argument(
        "tournament", metavar="T", nargs="?", help="the tournament's id; needed where there are several"
    )


def seconds(text: str) -> float:
    """Read a duration in seconds, 0 or more."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return value


def above_zero(text: str) -> float:
    """Read a number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def count(text: str) -> int:
    """Read a whole number, 1 or more."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value
