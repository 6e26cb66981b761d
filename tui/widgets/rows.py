"""Rows: a list whose cursor holds on to a row by its key, whatever is sorted, added or removed around it.

Until a person has moved it the cursor stays at the top. It stands on no title while there is another row.
Only the rows in the window are made, and only those that changed are painted.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from tui.messages import Moved, Opened
from tui.selectors.cells import Column, Line, Row, Run, arrange, heading, layout
from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual import events


class Rows(Lines):
    """A table's rows under their heading."""

    DEFAULT_CSS = """
    Rows {
        height: 1fr;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys: tuple[str, ...] = ()
        self._make: Callable[[str], Row] | None = None
        self._columns: tuple[Column, ...] = ()
        self._message = ""
        self._first = 0
        self._index = 0
        self._holds = False
        """Whether the cursor holds on to its row: not before a person moved or used it."""
        self.cursor: str | None = None
        """The key of the row under the cursor; `None` without rows."""

    @property
    def at_end(self) -> bool:
        """Whether the cursor is on the last row."""
        return self._index >= len(self._keys) - 1

    @property
    def page(self) -> int:
        """How many rows fit."""
        return max(1, self.size.height - 1)

    def sheet(self, rows: Iterable[Row] | None = None) -> list[list[str]]:
        """Return rows as text, the columns' titles first; without rows all those of the list."""
        if rows is None:
            rows = () if self._make is None else map(self._make, self._keys)
        titles = [column.title for column in self._columns]
        return [titles, *([cell.text.strip() for cell in row.cells] for row in rows)]

    def hold(self) -> None:
        """Keep the cursor on its row from now on, as if a person had moved it there."""
        self._holds = True

    def fill(
        self,
        keys: Sequence[str],
        make: Callable[[str], Row],
        columns: tuple[Column, ...],
        message: str = "",
        *,
        follow: bool = False,
    ) -> None:
        """Show rows.

        Args:
            keys: all rows, in order.
            make: makes a row by its key; called for rows in the window only.
            columns: what the rows' cells are.
            message: what to say where there is no row.
            follow: keep the cursor on the last row.
        """
        new = tuple(keys)
        self._make, self._columns, self._message = make, columns, message
        if new != self._keys:
            if self._index and set(new).isdisjoint(self._keys):
                # Another list, as of another tournament.
                self._index, self._holds = 0, False
            self._keys = new
            self._place(follow)
        elif follow:
            self._place(follow)
        self._draw()

    def _place(self, follow: bool) -> None:
        if not self._keys:
            self.cursor, self._index = None, 0
            return
        if follow:
            self._index, self._holds = len(self._keys) - 1, True
        elif not self._holds:
            self._index = 0
        elif self.cursor in self._keys:
            self._index = self._keys.index(self.cursor)
        self._land(self._index, 1)

    def _land(self, index: int, direction: int) -> None:
        """Put the cursor on a row, or beyond a title in its way; back where nothing else is left there."""
        index = max(0, min(index, len(self._keys) - 1))
        onward = range(index, len(self._keys)) if direction > 0 else range(index, -1, -1)
        back = range(index, -1, -1) if direction > 0 else range(index, len(self._keys))
        self._index = next((at for at in (*onward, *back) if not self._is_title(at)), index)
        self.cursor = self._keys[self._index]

    def _is_title(self, index: int) -> bool:
        return self._make is not None and self._make(self._keys[index]).title

    def move_to(self, key: str) -> None:
        """Put the cursor on a row; nothing happens if it is not listed."""
        if key in self._keys:
            self._set(self._keys.index(key), 1, by_hand=False)

    def move(self, rows: int) -> None:
        """Move the cursor by so many rows."""
        self._set(self._index + rows, rows)

    def edge(self, direction: int) -> None:
        """Move the cursor to the first (-1) or last (1) row."""
        self._set(0 if direction < 0 else len(self._keys) - 1, -direction)

    def _set(self, index: int, direction: int, *, by_hand: bool = True) -> None:
        if not self._keys:
            return
        self.hold()
        self._land(index, direction)
        self._draw()
        if by_hand:
            self.post_message(Moved())

    def _draw(self) -> None:
        width, height = self.size
        if self._make is None or not width or not height:
            return
        if not self._keys:
            told = wrap(self._message, width - 4)
            self.show(((), *((Run(f"  {line}", "dim"),) for line in told)))
            return
        places = layout(self._columns, width)
        self._first = max(0, min(self._first, len(self._keys) - self.page))
        top = self._index
        while top and self._is_title(top - 1):
            top -= 1  # with the title that it stands under
        if top < self._first:
            self._first = top
        elif self._index >= self._first + self.page:
            self._first = self._index - self.page + 1
        lines: list[Line] = [heading(self._columns, places)]
        for index in range(self._first, min(self._first + self.page, len(self._keys))):
            row = self._make(self._keys[index])
            lines.append(arrange(row, places, chosen=index == self._index))
        self.show(lines, self._index - self._first + 1)

    def on_resize(self) -> None:
        self._draw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        index = self._first + event.y - 1
        if event.y > 0 and index < len(self._keys):
            self._set(index, 1)
            if event.chain == 2:
                self.post_message(Opened())
