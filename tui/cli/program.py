"""The outermost edge of the program: how every way of ending becomes an exit code."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from core import BadSettings, CourtsideError
from tui.cli.commands import COMMANDS, CONSOLE
from tui.cli.exits import Exit, Stopped, bug, failure
from tui.cli.logs import log_file, log_to
from tui.cli.parser import build, settings_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path


def run(argv: Sequence[str] | None) -> int:
    """Run one command.

    Args:
        argv: the arguments without the program's name; `None` for this process's own.

    Returns:
        The exit code (`tui.cli.exits.Exit`).
    """
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not stop a command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        args = build(COMMANDS, CONSOLE).parse_args(argv)
    except SystemExit as called:
        # argparse ends the process itself: with 0 after --help, with 2 when it was called wrongly.
        return int(called.code or 0)
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    log: Path | None = None
    try:
        try:
            settings = settings_of(args)
        except BadSettings as error:
            # Only doctor has an answer to settings that cannot be used.
            if not hasattr(args, "bad_settings"):
                raise
            return int(args.bad_settings(args, error))
        log = log_file(settings.data)
        log_to(log)
        return int(args.run(args, settings))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- the outermost edge: every way of ending gets its exit code here
        return _ended(_single(error), log)


def _ended(error: Exception, log: Path | None) -> Exit:
    if isinstance(error, BrokenPipeError):
        # Whoever read has left: nothing is wrong, and the interpreter's own last flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return Exit.DONE
    if isinstance(error, CourtsideError | Stopped):
        return failure(error)
    return bug(error, log)


def _single(error: Exception) -> Exception:
    """Return what a group of errors is about: its first one."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
