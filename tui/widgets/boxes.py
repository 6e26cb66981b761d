"""The boxes of the Entry screen: both sides with their points in figures as large as the window allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.selectors.cells import Line, Role, Run, fit, length
from tui.selectors.figures import Height, figures
from tui.selectors.figures import width as width_of

if TYPE_CHECKING:
    from core import commands
    from tui.selectors.entry import Box, Model


EDGES = (tuple("│─┌┐└┘"), tuple("┃━┏┓┗┛"), tuple("██████"))
"""How a box is drawn, from thin to thick: side, bar, and the corners from the top left."""
FRAME = 6
"""Rows of a box besides its figures, the keys below included."""


def height_for(rows: int, columns: int) -> int:
    """Return how high the boxes are in a window of that size, their keys below included."""
    if rows < 20 or columns < 60:
        return 2
    return FRAME + (7 if rows >= 34 else 5)


def boxes(
    model: Model, chosen: commands.Side, width: int, height: int, *, ascii: bool, thick: bool = False
) -> tuple[Line, ...]:
    """Return both boxes beside each other, or one line each where the window is small."""
    if height <= 2:
        pairs = zip((model.home, model.away), model.hints, strict=True)
        return tuple(_short(box, hint, width, chosen=box.side == chosen) for box, hint in pairs)
    outer = (width - 7) // 2
    figure_height: Height = 7 if height > FRAME + 5 else 5
    # Both of one size, and of that for two digits at least: a tenth point does not make them smaller.
    longest = "0" * max(2, len(model.home.figure), len(model.away.figure))
    scale = _scale(longest, figure_height, outer - 2)
    left, right = (
        _box(box, outer, figure_height, scale, chosen=box.side == chosen, ascii=ascii, thick=thick)
        for box in (model.home, model.away)
    )
    joined = [(Run("  "), *first, Run("   "), *second) for first, second in zip(left, right, strict=True)]
    if model.obstacle:
        return tuple(joined)
    hints = "  " + "   ".join(fit(hint, outer, "center") for hint in model.hints)
    return (*joined, (Run(hints, "dim"),))


def _short(box: Box, hint: str, width: int, *, chosen: bool) -> Line:
    points = box.figure + (f" ({box.shootout})" if box.shootout is not None else "")
    if box.note.startswith("sets "):
        points = f"{box.note}  {points}"
    mark = "> " if chosen else "  "
    name = fit(box.name, max(4, width - 15 - max(9, len(points))))
    return (Run(mark, "strong"), Run(name, "strong"), Run(f" {points:>8} ", "chosen"), Run(f" {hint}", "dim"))


def _edges(*, chosen: bool, ascii: bool, thick: bool) -> tuple[str, ...]:
    if ascii:
        return tuple("#=++++" if chosen else "|-++++")
    return EDGES[chosen + thick]


def _box(
    box: Box, outer: int, height: Height, scale: int, *, chosen: bool, ascii: bool, thick: bool
) -> list[Line]:
    inner = outer - 2
    edge: Role = "strong" if chosen else "dim"
    side, bar, *corners = _edges(chosen=chosen, ascii=ascii, thick=thick)
    title = f" {box.side.upper()}{' < selected' if chosen else ''} "

    def between(text: str, role: Role = "plain") -> Line:
        return (Run(side, edge), Run(fit(text, inner, "center"), role), Run(side, edge))

    lines: list[Line] = [(Run(corners[0] + title.center(inner, bar) + corners[1], edge),)]
    lines.append(between(box.name, "strong"))
    lines.append(between(""))
    drawn = _drawn(box.figure, height, scale, ascii=ascii)
    block = max(len(row) for row in drawn)
    lines.extend(between(row.ljust(block), "strong") for row in drawn)
    shootout = f"shoot-out {box.shootout}" if box.shootout is not None else ""
    parts = (box.note, shootout, "winner" if box.won else "")
    lines.append(between("  ".join(part for part in parts if part), "live" if box.won else "dim"))
    lines.append((Run(corners[2] + bar * inner + corners[3], edge),))
    return [line for line in lines if length(line)]


def _scale(figure: str, height: Height, inner: int) -> int:
    """Return how wide a figure's cells may be; 0 where even the narrowest do not fit."""
    if width_of(figure, height) > inner:
        return 0
    return next((scale for scale in (3, 2) if width_of(figure, height, scale) <= inner * 2 // 3), 1)


def _drawn(figure: str, height: Height, scale: int, *, ascii: bool) -> tuple[str, ...]:
    if scale:
        return figures(figure, height, scale, ascii=ascii)
    above = ("",) * (height // 2)
    return (*above, figure, *above)
