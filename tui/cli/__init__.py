"""The commands: `courtside` and `courtside COMMAND`.

Each works without a terminal; only those that draw load Textual. What each command does stands in its own
module, how it ends in `program`. Nothing is loaded before `main` has set the interpreter for it.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

YOUNG = 20_000
"""New objects after which the collector looks through them; the interpreter's own figure is 700."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments without the program's name; `None` for this process's own.

    Returns:
        The exit code (`tui.cli.exits.Exit`).
    """
    # What is loaded are tens of thousands of objects that stay: no need to look through them again and again.
    gc.set_threshold(YOUNG)
    from tui.cli.program import run

    return run(argv)
