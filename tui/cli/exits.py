"""How a command ends: the exit codes, and the one table that maps errors to them.

Owns what goes to standard error when a command fails. A bug is told in three lines: what it is, that what was
entered is saved, where the log is. The codes are those of BSD's sysexits where it has one.
"""

from __future__ import annotations

import logging
from enum import IntEnum
from typing import TYPE_CHECKING

from core import (
    BadInput,
    BadLog,
    BadSettings,
    CourtsideError,
    FellBehind,
    FolderInUse,
    NotSaved,
    SignInRefused,
    Unreachable,
    WireError,
)
from tui.cli.output import say

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("courtside.cli")


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    USAGE = 2
    """Called wrongly, or a screen was asked for without a terminal."""
    REFUSED = 65
    """Refused by the hub, or bad input."""
    UNREACHABLE = 69
    """Nothing to reach and no stored copy to work on: nothing is saved."""
    BUG = 70
    NOT_SAVED = 74
    WAITING = 75
    """Saved here, held, or not yet confirmed."""
    SIGN_IN = 77
    INTERRUPTED = 130


EXITS: tuple[tuple[type[CourtsideError], Exit], ...] = (
    (BadSettings, Exit.USAGE),
    (NotSaved, Exit.NOT_SAVED),
    (SignInRefused, Exit.SIGN_IN),
    (Unreachable, Exit.UNREACHABLE),
    (WireError, Exit.UNREACHABLE),
    (FellBehind, Exit.UNREACHABLE),
    (FolderInUse, Exit.REFUSED),
    (BadLog, Exit.REFUSED),
    (BadInput, Exit.REFUSED),
)
"""What each error exits with; the first line that fits counts, so the narrow types stand first."""


class Stopped(Exception):
    """A command cannot go on, for a reason that is no error of the core.

    Args:
        code: what the process exits with.
        message: what to tell the person, and what to do.
    """

    def __init__(self, code: Exit, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


def failure(error: Stopped | CourtsideError) -> Exit:
    """Tell the person why the command ended; return its exit code."""
    if isinstance(error, Stopped):
        say(error.message)
        return error.code
    say(str(error))
    return next((code for kind, code in EXITS if isinstance(error, kind)), Exit.REFUSED)


def bug(error: Exception, log: Path | None) -> Exit:
    """Write a bug's traceback to the log and tell the person in three lines; return the exit code.

    Args:
        error: what nobody expected.
        log: where the log is; `None` when it was not open yet.
    """
    logger.error("a command stopped on a bug", exc_info=error)
    say(f"this is a bug: {type(error).__name__}: {error}")
    say("whatever was shown as saved is saved; start again to go on")
    say(f"the log is {log or 'above'}")
    return Exit.BUG
