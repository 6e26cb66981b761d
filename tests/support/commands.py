"""A command run inside the test's own process: quick, for all that needs no process of its own."""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

from tests.support.program import Finished
from tui.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator


def here(*args: object) -> Finished:
    """Run one command to its end."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with _own_logging(), redirect_stdout(out), redirect_stderr(err):
        code = main([str(arg) for arg in args])
    said = []
    for stream in (out, err):
        stream.seek(0)
        said.append(stream.read())
        stream.close()
    return Finished(code, said[0], said[1])


@contextmanager
def _own_logging() -> Iterator[None]:
    """Undo what a command does to this process's logging."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # Taken away first, so that the command's own set-up closes only what is its own.
    root.handlers = []
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers, root.level = handlers, level
