"""The progress bar of long commands: on standard error, and only when that is a terminal.

In a pipe there is none: a log of bars helps nobody.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Bar(Protocol):
    """What a command tells of its progress."""

    def reach(self, done: int) -> None:
        """Say how many steps are done."""
        ...


class _Silent:
    def reach(self, done: int) -> None:
        """Say nothing."""


@contextmanager
def progress(title: str, total: int) -> Iterator[Bar]:
    """Show how far a command is, while the block runs.

    Args:
        title: what is going on, in one or two words.
        total: how many steps there are in all.
    """
    if not sys.stderr.isatty():
        yield _Silent()
        return
    # Loaded on use: Rich is for those who look.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=total)

        class _Drawn:
            def reach(self, done: int) -> None:
                shown.update(task, completed=done)

        yield _Drawn()
