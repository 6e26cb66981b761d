"""Dial: one of a few values in one line; the arrow keys turn it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import RenderResult


class Dial(Widget, can_focus=True):
    """A value to turn.

    Args:
        label: what it is about.
        options: the values, as they are shown.
        index: the value at first.
        id: as of every widget.
    """

    DEFAULT_CSS = """
    Dial { height: 1; width: 1fr; }
    Dial:focus { text-style: reverse; }
    """
    BINDINGS: ClassVar = [
        ("right,l,space", "turn(1)", "next"),
        ("left,h", "turn(-1)", "before"),
        ("down,j,enter", "app.focus_next", "below"),
        ("up,k", "app.focus_previous", "above"),
    ]

    class Turned(Message):
        """Another value was chosen."""

    def __init__(self, label: str, options: Sequence[str], index: int = 0, *, id: str) -> None:
        super().__init__(id=id)
        self._label, self._options = label, tuple(options)
        self.index = index
        """The number of the value, from 0."""

    def render(self) -> RenderResult:
        return Content(f"{self._label:<9}< {self._options[self.index]} >")

    def action_turn(self, step: int) -> None:
        self.index = (self.index + step) % len(self._options)
        self.refresh()
        self.post_message(self.Turned())

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_turn(1)
