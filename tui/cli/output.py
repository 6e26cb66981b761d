"""What commands print: lines, JSON and aligned tables on standard output, everything else on standard error.

Every line is flushed, so that a reader of a pipe sees it when it happened. Texts from outside are clean
already (`core`).
"""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING, Literal

import msgspec

from core import NotSaved, clean

if TYPE_CHECKING:
    from collections.abc import Sequence

Align = Literal["<", ">"]
LONGEST = 2_000
"""Longest message to a person, in characters."""


def put(text: str) -> None:
    """Print one line, or several, on standard output at once.

    Raises:
        NotSaved: standard output cannot be written, as on a full disk.
        BrokenPipeError: whoever read has left.
    """
    put_bytes(f"{text}\n".encode(sys.stdout.encoding or "utf-8", "replace"))


def put_bytes(content: bytes) -> None:
    """Write bytes to standard output at once, as they are.

    Raises:
        NotSaved: standard output cannot be written, as on a full disk.
        BrokenPipeError: whoever read has left.
    """
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotSaved("standard output", error.strerror or str(error)) from error


def reader_left() -> bool:
    """Tell whether nobody can read any more what would be printed, as after `| head -1`."""
    try:
        output = sys.stdout.fileno()
    except OSError:
        return False
    asked = select.poll()
    asked.register(output, 0)
    return any(event & select.POLLERR for _, event in asked.poll(0))


def put_json(document: object) -> None:
    """Print one JSON object on a line of its own."""
    put_bytes(msgspec.json.encode(document) + b"\n")


def say(text: str) -> None:
    """Tell the person something that is not the command's result."""
    sys.stderr.write(f"courtside: {clean(text, LONGEST)}\n")
    sys.stderr.flush()


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], aligns: Sequence[Align] = ()) -> str:
    """Lay out rows in columns as wide as their widest cell.

    Args:
        heads: the columns' names.
        rows: the cells, as many a row as there are heads.
        aligns: `>` for a column of numbers; columns beyond the last one given are `<`.
    """
    # Loaded on use: most commands print no table.
    from rich.cells import cell_len

    lines = [heads, *rows]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(heads))]

    def cell(text: str, column: int) -> str:
        gap = " " * (widths[column] - cell_len(text))
        return gap + text if column < len(aligns) and aligns[column] == ">" else text + gap

    return "\n".join("  ".join(cell(text, i) for i, text in enumerate(line)).rstrip() for line in lines)
