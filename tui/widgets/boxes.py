"""The boxes of the Entry screen: both sides with their points in figures as large as the window allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.selectors.cells import Line, Role, Run, fit, length
from tui.selectors.figures import figures

if TYPE_CHECKING:
    from core import commands
    from tui.selectors.entry import Box, Model


def height_for(rows: int, columns: int) -> int:
    """Return how high the boxes are in a window of that size."""
    return 2 if rows < 20 or columns < 60 else 11


def boxes(model: Model, chosen: commands.Side, width: int, height: int, *, ascii: bool) -> tuple[Line, ...]:
    """Return both boxes beside each other, or one line each where the window is small."""
    if height <= 2:
        return tuple(_short(box, width, chosen=box.side == chosen) for box in (model.home, model.away))
    outer = (width - 7) // 2
    scale = 2 if width >= 100 else 1
    left, right = (
        _box(box, outer, chosen=box.side == chosen, scale=scale, ascii=ascii)
        for box in (model.home, model.away)
    )
    joined = [(Run("  "), *first, Run("   "), *second) for first, second in zip(left, right, strict=True)]
    if model.obstacle:
        return tuple(joined)
    hints = f"  {fit('   a +1     A -1', outer)}   {fit('   l +1     L -1', outer)}"
    return (*joined, (Run(hints, "dim"),))


def _short(box: Box, width: int, *, chosen: bool) -> Line:
    points = f"{box.points}" + (f" ({box.shootout})" if box.shootout is not None else "")
    mark = "> " if chosen else "  "
    name = fit(box.name, max(4, width - 24))
    keys = "a +1 A -1" if box.side == "home" else "l +1 L -1"
    return (Run(mark, "strong"), Run(name, "strong"), Run(f" {points:>8} ", "chosen"), Run(f" {keys}", "dim"))


def _box(box: Box, outer: int, *, chosen: bool, scale: int, ascii: bool) -> list[Line]:
    inner = outer - 2
    edge: Role = "strong" if chosen else "dim"
    side, bar = ("#", "=") if chosen else ("|", "-")
    if not ascii:
        side, bar = ("┃", "━") if chosen else ("│", "─")
    title = f" {box.side.upper()}{' < selected' if chosen else ''} "

    def between(text: str, role: Role = "plain") -> Line:
        return (Run(side, edge), Run(fit(text, inner, "center"), role), Run(side, edge))

    corners = ("+", "+", "+", "+") if ascii else ("┏", "┓", "┗", "┛") if chosen else ("┌", "┐", "└", "┘")
    lines: list[Line] = [(Run(corners[0] + title.center(inner, bar) + corners[1], edge),)]
    lines.append(between(box.name, "strong"))
    lines.append(between(""))
    drawn = figures(str(box.points), 5, scale, ascii=ascii)
    if max(len(row) for row in drawn) > inner:
        drawn = ("", "", str(box.points), "", "")
    block = max(len(row) for row in drawn)
    lines.extend(between(row.ljust(block), "strong") for row in drawn)
    note = f"shoot-out {box.shootout}" if box.shootout is not None else ""
    lines.append(between(f"{note}  winner".strip() if box.won else note, "live" if box.won else "dim"))
    lines.append((Run(corners[2] + bar * inner + corners[3], edge),))
    return [line for line in lines if length(line)]
