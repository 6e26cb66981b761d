"""The line-up: every listed entry by row, and what of that was told to screens.

Owns the order, and which entries changed since the queue was last told; their states are the outbox's. A
change costs what changed, however many entries are listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.realtime.outbox.lanes import Item, Items, place

if TYPE_CHECKING:
    from core.domain.ids import CommandId
    from core.realtime.view import Queued


class Lineup:
    """The listed entries."""

    def __init__(self) -> None:
        self.items: Items = {}
        """By id, in the order of their rows; changed by `insert` and `forget` only."""
        self._told: dict[CommandId, Queued] = {}
        """What was told last."""
        self._changed: set[CommandId] = set()
        self._in_order = True
        """Whether what was listed since then simply came behind."""

    def insert(self, item: Item) -> None:
        """List an entry, in its place by row."""
        self._in_order &= place(self.items, [item])
        self.note(item)

    def forget(self, item: Item) -> None:
        """List an entry no longer."""
        del self.items[item.entry.id]
        self.note(item)

    def note(self, item: Item) -> None:
        """Remember that screens see something else of an entry from now on."""
        item.shown = None
        self._changed.add(item.entry.id)

    def change(self) -> tuple[tuple[Queued, ...], tuple[Queued, ...]] | None:
        """Return the whole queue and what of it changed, each by row; `None` where nothing did."""
        if not self._changed:
            return None
        changed = [item for id in self._changed if (item := self.items.get(id)) is not None]
        changed.sort(key=lambda item: item.row)
        for id in self._changed - self.items.keys():
            self._told.pop(id, None)
        if self._in_order:
            self._told.update((item.entry.id, item.queued()) for item in changed)
        else:
            self._told = {id: item.queued() for id, item in self.items.items()}
        self._changed, self._in_order = set(), True
        return tuple(self._told.values()), tuple(item.queued() for item in changed)
