"""Figures: numbers drawn large, from blocks, in four heights.

Guarantees that a number takes exactly the rows that were asked for, each at most as wide as `width` says.
"""

from __future__ import annotations

from typing import Literal

Height = Literal[3, 5, 7, 14]
"""Rows of a figure."""
HEIGHTS: tuple[Height, ...] = (14, 7, 5, 3)
"""The highest first."""

_BLOCKS = {
    "0": ("####", "#  #", "#  #", "#  #", "####"),
    "1": (" ## ", "  # ", "  # ", "  # ", " ###"),
    "2": ("####", "   #", "####", "#   ", "####"),
    "3": ("####", "   #", " ###", "   #", "####"),
    "4": ("#  #", "#  #", "####", "   #", "   #"),
    "5": ("####", "#   ", "####", "   #", "####"),
    "6": ("####", "#   ", "####", "#  #", "####"),
    "7": ("####", "   #", "   #", "   #", "   #"),
    "8": ("####", "#  #", "####", "#  #", "####"),
    "9": ("####", "#  #", "####", "   #", "####"),
    "-": ("    ", "    ", "####", "    ", "    "),
    ":": ("    ", " ## ", "    ", " ## ", "    "),
    ".": ("    ", "    ", "    ", "    ", " ## "),
}
_STROKES = {
    "0": (" _  ", "| | ", "|_| "),
    "1": ("    ", "  | ", "  | "),
    "2": (" _  ", " _| ", "|_  "),
    "3": (" _  ", " _| ", " _| "),
    "4": ("    ", "|_| ", "  | "),
    "5": (" _  ", "|_  ", " _| "),
    "6": (" _  ", "|_  ", "|_| "),
    "7": (" _  ", "  | ", "  | "),
    "8": (" _  ", "|_| ", "|_| "),
    "9": (" _  ", "|_| ", " _| "),
    "-": ("    ", " _  ", "    "),
    ":": ("    ", " .  ", " .  "),
    ".": ("    ", "    ", " .  "),
}
"""Three rows are too few for blocks to be told apart."""
_ROWS: dict[Height, tuple[int, ...]] = {
    5: (0, 1, 2, 3, 4),
    7: (0, 1, 1, 2, 3, 3, 4),
    14: (0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4),
}
"""Which of five rows each row of a figure repeats."""
_HALVES = {(" ", " "): " ", ("#", " "): "▀", (" ", "#"): "▄", ("#", "#"): "█"}
"""Two rows in one: what stands above, and below."""


def figures(number: str, height: Height, scale: int = 1, *, ascii: bool = False) -> tuple[str, ...]:
    """Return a number in large figures.

    Args:
        number: digits, and `-`, `:`, `.` between them.
        height: how many rows.
        scale: how many cells wide each cell of a figure is; strokes of three rows stay one wide.
        ascii: draw with `#` instead of blocks; three rows are strokes then.
    """
    if height == 3 and ascii:
        return tuple("".join(_STROKES[digit][row] for digit in number).rstrip() for row in range(3))
    blocks = ["".join(f"{_BLOCKS[digit][row]} " for digit in number) for row in range(5)]
    if height == 3:
        pairs = zip(blocks[0::2], (*blocks[1::2], " " * len(blocks[0])), strict=True)
        return tuple("".join(_HALVES[pair] for pair in zip(*rows, strict=True)).rstrip() for rows in pairs)
    drawn = (blocks[row] for row in _ROWS[height])
    block = "#" if ascii else "█"
    return tuple("".join(cell * scale for cell in row).rstrip().replace("#", block) for row in drawn)


def width(number: str, height: Height, scale: int = 1) -> int:
    """Return how many cells a number takes at most."""
    return len(number) * (5 if height == 3 else 5 * scale)
