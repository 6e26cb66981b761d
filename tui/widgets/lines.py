"""Lines: a widget that shows lines, each role in the theme's colour, and repaints only what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.messages import RoomChanged
from tui.selectors.cells import ROLES, Line, clip, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

CURSOR = "cell--cursor"
CLASSES = frozenset({*(f"cell--{role}" for role in ROLES), CURSOR})
"""The component classes that a screen with such widgets has: once a screen, not once a widget."""


class Lines(Widget):
    """A block of lines.

    Texts are drawn as segments, so nothing in them is ever taken for markup. Its screen has `CLASSES`.
    """

    DEFAULT_CSS = """
    Lines {
        height: 1;
        width: 1fr;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._marked: int | None = None

    @property
    def text(self) -> str:
        """What stands there, as text."""
        return "\n".join(plain(line).rstrip() for line in self._lines)

    def show(self, lines: Sequence[Line], marked: int | None = None) -> None:
        """Show these lines, the one with the number `marked` as the cursor's."""
        new = tuple(lines)
        old, self._lines = self._lines, new
        before, self._marked = self._marked, marked
        for y in range(max(len(old), len(new))):
            kept = y < len(old) and y < len(new) and old[y] == new[y]
            if not kept or (y in (before, marked) and before != marked):
                self.refresh(Region(0, y, self.size.width, 1))

    def take_rows(self, rows: int) -> None:
        """Be so many rows high, borders included."""
        height = self.styles.height
        # Only where it changes: each setting lays the screen out anew.
        if height is None or height.value != rows:
            self.styles.height = rows

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        line: Line = self._lines[y] if y < len(self._lines) else ()
        ground, styles = self.rich_style, self.screen.get_component_rich_style
        if y == self._marked:
            ground += styles(CURSOR, partial=True)
        segments = [
            Segment(run.text, ground + styles(f"cell--{run.role}", partial=True))
            for run in clip(line, width)
            if run.text
        ]
        return Strip(segments, width)


class Area(Lines):
    """Lines as many as there is room for: their screen draws them anew when that changes."""

    def on_resize(self) -> None:
        self.post_message(RoomChanged())
