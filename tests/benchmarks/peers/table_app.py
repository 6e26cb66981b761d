"""Peer: a live board as Textual's own DataTable draws it: the same matches, and entries at the same pace.

Nothing is received and nothing is kept: each entry is a number put into a cell.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Static

if TYPE_CHECKING:
    from textual.binding import BindingType

BEAT = 0.05
"""Seconds between two frames of entries."""


class TableApp(App[None]):
    """A table of matches with a cursor, and a line that each press of `l` counts up.

    Args:
        matches: rows of the table.
        rate: entries a second; 0 for none.
    """

    CSS = "Static { height: 1; } DataTable { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("l", "count", "Count"),
        ("j", "down", "Down"),
        ("q", "quit", "Leave"),
    ]

    def __init__(self, matches: int, rate: int) -> None:
        super().__init__()
        self._matches, self._rate = matches, rate
        self._scores = [0] * matches
        self._next = 1
        self.pressed = 0

    def compose(self) -> ComposeResult:
        yield Static("pressed 0")
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for title in ("Match", "Home", "Score", "Away"):
            table.add_column(title, key=title, width=20)
        for number in range(self._matches):
            teams = f"Team {2 * number:03d}", f"Team {2 * number + 1:03d}"
            table.add_row(f"M{number:03d}", teams[0], "0-0", teams[1], key=str(number))
        table.focus()
        if self._rate:
            self.set_interval(BEAT, self._receive)

    def _receive(self) -> None:
        table = self.query_one(DataTable)
        for _ in range(round(self._rate * BEAT)):
            number = self._next
            self._next = max(1, (number + 1) % self._matches)
            self._scores[number] += 1
            table.update_cell(str(number), "Score", f"{self._scores[number]}-0")

    def action_count(self) -> None:
        self.pressed += 1
        self._count()

    def _count(self) -> None:
        row = self.query_one(DataTable).cursor_row
        self.query_one(Static).update(f"pressed {self.pressed} at {row}")

    def action_down(self) -> None:
        self.query_one(DataTable).action_cursor_down()
        self._count()


if __name__ == "__main__":
    TableApp(*map(int, sys.argv[1:] or (200, 0))).run()
