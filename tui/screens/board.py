"""The Board screen: for the hall, with nothing around it; any key shows the keys for some seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from tui import keys
from tui.screens.base import MainScreen
from tui.selectors import board
from tui.selectors.scene import counted
from tui.widgets.lines import Area, Lines

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from tui.selectors.scene import Scene

TURN = 10.0
"""Seconds that a page stays."""
KEYS_FOR = 5.0
"""Seconds for which a key shows the keys."""


class BoardScreen(MainScreen):
    """The courts, page by page."""

    PLACE = "board"
    LAST = "hall"
    LEAST = (24, 8)
    BINDINGS: ClassVar = keys.bindings("board")

    def __init__(self) -> None:
        super().__init__()
        self.look = board.Look()
        self.turning = True
        self._turned_at: float | None = None
        self._keys_until = float("-inf")

    def compose_body(self) -> ComposeResult:
        yield Area(id="hall")

    def draw(self, scene: Scene) -> None:
        self.set_class(scene.now >= self._keys_until, "-bare")
        super().draw(scene)

    def draw_body(self, scene: Scene) -> None:
        self._turn(scene.now)
        hall = self.query_one("#hall", Lines)
        hall.show(board.lines(scene, self.look, *hall.size))

    def _turn(self, now: float) -> None:
        if self._turned_at is None or not self.turning:
            self._turned_at = now
        elif now - self._turned_at >= TURN:
            self._turned_at = now
            self.look = replace(self.look, page=self.look.page + 1)

    def on_key(self, _event: events.Key) -> None:
        self._keys_until = self.scene.now + KEYS_FOR
        self.call_after_refresh(self.console.paint)

    def action_pause(self) -> None:
        self.turning = not self.turning
        self.console.say("Pages turn" if self.turning else "This page stays")

    def action_courts(self, more: int) -> None:
        self.look = replace(self.look, courts=max(1, min(board.MOST, self.look.courts + more)), page=0)
        # Said, as nothing else shows it while fewer matches are live.
        self.console.say(f"At most {counted(self.look.courts, 'court')} on a page")

    def action_back(self) -> None:
        self.console.back()
