"""Peer: the least that Textual can do between a key and the screen: a number that each press counts up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ComposeResult
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.binding import BindingType


class EmptyApp(App[None]):
    """One line of text and two keys."""

    BINDINGS: ClassVar[list[BindingType]] = [("l", "count", "Count"), ("q", "quit", "Leave")]

    def __init__(self) -> None:
        super().__init__()
        self.pressed = 0

    def compose(self) -> ComposeResult:
        yield Static("pressed 0")

    def action_count(self) -> None:
        self.pressed += 1
        self.query_one(Static).update(f"pressed {self.pressed}")


if __name__ == "__main__":
    EmptyApp().run()
