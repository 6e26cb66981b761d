"""The keyboard: a key has gone all its way before the next one starts.

Textual hands every key to what has the focus at that moment, and runs the key's binding only after it has
risen through the widgets above. Keys that arrive together (a slow terminal, a busy laptop) overtake each
other so: of `7`, Tab, `4` the 4 stood behind the 7, in the wrong team's field. Here the next key, or paste,
waits for a marker that rises behind the one before it.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual.app import App

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen

PATIENCE = 1.0
"""Seconds after which a key that was not seen to its end holds up no others."""


class KeyboardApp(App[int]):
    """An app whose keys act in the order in which they were typed."""

    def __init__(self) -> None:
        super().__init__()
        self._keys_waiting: deque[events.Key | events.Paste] = deque()
        """What was typed while another key was on its way."""
        self._key_number = 0
        """Of the newest key that went on its way."""
        self._key_screen: Screen[object] | None = None
        """The screen on which it started."""
        self._keys_free_at = float("-inf")
        """When the next key starts in any case; in the past while none is on its way."""

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
        elif not self.screen_stack:
            # The app leaves: nothing is there any more to act on.
            event.stop()
        elif event.is_forwarded:
            await super().on_event(event)
        elif time.monotonic() < self._keys_free_at:
            self._keys_waiting.append(event)
        else:
            while self._keys_waiting:
                await self._send_key(self._keys_waiting.popleft())
            await self._send_key(event)

    async def _send_key(self, event: events.Key | events.Paste) -> None:
        """Send a key on its way, and a marker behind it."""
        self._key_number += 1
        self._key_screen, self._keys_free_at = self.screen, time.monotonic() + PATIENCE
        way = (self.focused or self.screen).ancestors_with_self
        await super().on_event(event)
        self._follow(way, self._key_number, 2)

    def _follow(self, way: list[DOMNode], number: int, laps: int, at: int = 0) -> None:
        """Rise behind what is on its way through these nodes; one that is gone is passed over.

        Args:
            way: from what had the focus up to the app.
            number: of the key.
            laps: how often: a second time behind what the key had a node send (a button's press).
            at: how far it has risen.
        """
        while at < len(way):
            at += 1
            if way[at - 1].call_later(self._follow, way, number, laps, at):
                return
        if number != self._key_number or not self.screen_stack:
            return
        if self._keys_waiting and laps > 1:
            self._follow(way, number, laps - 1)
        elif self.screen is not self._key_screen:
            # What was opened is there, and has the focus, once it was drawn.
            self.screen.call_after_refresh(self.call_later, self._next_key)
        else:
            self.call_later(self._next_key)

    async def _next_key(self) -> None:
        self._keys_free_at = float("-inf")
        if self._keys_waiting:
            await self._send_key(self._keys_waiting.popleft())
