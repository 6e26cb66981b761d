"""Cells: text of a known width in the terminal, and rows laid out in columns.

Owns cutting and padding by display width; a role says what a text means, the theme says how it looks.
Guarantees that a line made here is never wider than asked, whatever script its names are written in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Sequence

Role = Literal[
    "plain", "dim", "strong", "heading", "live", "slow", "lost", "pending", "conflict", "changed", "chosen"
]
"""What a text means: a component class of the widgets, `cell--ROLE`."""
ROLES: tuple[Role, ...] = (
    "plain",
    "dim",
    "strong",
    "heading",
    "live",
    "slow",
    "lost",
    "pending",
    "conflict",
    "changed",
    "chosen",
)
Align = Literal["left", "right", "center"]
CUT = "..."


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line with one meaning; whatever its text comes from, only glyphs are in it."""

    text: str
    role: Role = "plain"

    def __post_init__(self) -> None:
        if not self.text.isprintable():
            object.__setattr__(self, "text", glyphs(self.text))


Line: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    width: int
    """In cells; of a flexible column the least."""
    align: Align = "left"
    flexible: bool = False
    """Whether it takes a share of what is left."""
    widest: int = 0
    """So many cells at most with its share, so that the eye finds the next column; 0 for no bound."""
    least: int = 0
    """Windows narrower than this, in cells, leave it out."""
    most: int = 0
    """So do those at least so wide; 0 for none."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: a cell for each of its columns."""

    key: str
    """What the cursor holds on to when rows move."""
    cells: Line
    sign: str = ""
    """What stands before the row where the cursor is not."""
    title: bool = False
    """Whether it only stands above others, or parts them: the cursor passes it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands in a layout."""

    index: int
    width: int
    align: Align


Layout: TypeAlias = tuple[Place, ...]

MARGIN = 2
"""Cells before the first column, where the cursor stands."""
EDGE = 1
"""Cells behind the last one."""


def glyphs(text: str) -> str:
    """Return a text in which each character that does not print, or acts on a terminal, is a `?`."""
    return "".join(char if char.isprintable() else "?" for char in text)


def fit(text: str, width: int, align: Align = "left") -> str:
    """Return `text` in exactly `width` cells: padded, or cut with `...`."""
    length = cell_len(text)
    if length > width:
        if width <= len(CUT):
            return set_cell_size(text, width)
        return set_cell_size(set_cell_size(text, width - len(CUT)).rstrip() + CUT, width)
    space = width - length
    if align == "left":
        return text + " " * space
    if align == "right":
        return " " * space + text
    return " " * (space // 2) + text + " " * (space - space // 2)


def layout(columns: Sequence[Column], width: int) -> Layout:
    """Share `width` cells among those columns that a window so wide shows, one cell between two of them."""
    shown = [
        (index, column)
        for index, column in enumerate(columns)
        if width >= column.least and not (column.most and width >= column.most)
    ]
    fixed = MARGIN + sum(column.width for _, column in shown) + len(shown) - 1 + EDGE
    flexible = [index for index, column in shown if column.flexible]
    shares = _shares([(index, columns[index]) for index in flexible], max(0, width - fixed))
    return tuple(Place(index, column.width + shares.get(index, 0), column.align) for index, column in shown)


def _shares(flexible: Sequence[tuple[int, Column]], left: int) -> dict[int, int]:
    """Share `left` cells among columns, none of which gets more than it may have."""
    shares: dict[int, int] = {}
    # Those with the least room first: what they cannot take is the others'.
    waiting = sorted(flexible, key=lambda one: one[1].widest - one[1].width if one[1].widest else left)
    while waiting:
        (index, column), *rest = waiting
        share = -(-left // len(waiting))
        if column.widest:
            share = min(share, column.widest - column.width)
        shares[index], left, waiting = share, left - share, rest
    return shares


def heading(columns: Sequence[Column], places: Layout) -> Line:
    """Return the line above a table."""
    titles = " ".join(fit(columns[place.index].title, place.width, place.align) for place in places)
    return (Run(" " * MARGIN + titles, "heading"),)


def arrange(row: Row, places: Layout, *, chosen: bool = False) -> Line:
    """Return a row's line; where the cursor is, with its mark."""
    mark = "> " if chosen else fit(row.sign, MARGIN)
    line = [Run(mark, "strong" if chosen else "plain")]
    for number, place in enumerate(places):
        cell = row.cells[place.index]
        line.append(Run((" " if number else "") + fit(cell.text, place.width, place.align), cell.role))
    return tuple(line)


def spread(left: Line, right: Line, width: int) -> Line:
    """Return one line with `left` and `right` at its ends; where both do not fit, `right` stays whole."""
    space = width - length(right)
    return (*clip(left, space), *right) if space > 0 else clip(right, width)


def beside(left: Line, *rights: Line, width: int) -> Line:
    """Return one line with `left` whole and behind it the first of `rights` for which there is room."""
    for right in rights:
        if length(left) + 1 + length(right) <= width:
            return spread(left, right, width)
    return clip(left, width)


def clip(line: Line, width: int) -> Line:
    """Return a line in exactly `width` cells."""
    kept: list[Run] = []
    for run in line:
        run_width = cell_len(run.text)
        if run_width >= width:
            kept.append(Run(fit(run.text, width), run.role))
            return tuple(kept)
        kept.append(run)
        width -= run_width
    return (*kept, Run(" " * width))


def length(line: Line) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(run.text) for run in line)


def plain(line: Line) -> str:
    """Return a line as text."""
    return "".join(run.text for run in line)
