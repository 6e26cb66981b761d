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
        pairs = zip((model.home, model.away), model.hints, strict=True)
        return tuple(_short(box, hint, width, chosen=box.side == chosen) for box, hint in pairs)
    outer = (width - 7) // 2
    scale = 2 if width >= 100 else 1
    left, right = (
        _box(box, outer, chosen=box.side == chosen, scale=scale, ascii=ascii)
        for box in (model.home, model.away)
    )
    joined = [(Run("  "), *first, Run("   "), *second) for first, second in zip(left, right, strict=True)]
    if model.obstacle:
        return tuple(joined)
    hints = "  " + "   ".join(fit(f"   {hint}", outer) for hint in model.hints)
    return (*joined, (Run(hints, "dim"),))


def _short(box: Box, hint: str, width: int, *, chosen: bool) -> Line:
    points = box.figure + (f" ({box.shootout})" if box.shootout is not None else "")
    if box.note.startswith("sets "):
        points = f"{box.note}  {points}"
    mark = "> " if chosen else "  "
    name = fit(box.name, max(4, width - 15 - max(9, len(points))))
    return (Run(mark, "strong"), Run(name, "strong"), Run(f" {points:>8} ", "chosen"), Run(f" {hint}", "dim"))


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
    drawn = figures(box.figure, 5, scale, ascii=ascii)
    if scale > 1 and max(len(row) for row in drawn) > inner:
        drawn = figures(box.figure, 5, ascii=ascii)
    if max(len(row) for row in drawn) > inner:
        drawn = ("", "", box.figure, "", "")
    block = max(len(row) for row in drawn)
    lines.extend(between(row.ljust(block), "strong") for row in drawn)
    shootout = f"shoot-out {box.shootout}" if box.shootout is not None else ""
    parts = (box.note, shootout, "winner" if box.won else "")
    lines.append(between("  ".join(part for part in parts if part), "live" if box.won else "dim"))
    lines.append((Run(corners[2] + bar * inner + corners[3], edge),))
    return [line for line in lines if length(line)]
