"""What all peers together leave unread, within one bound: who does not read takes no more memory than that.

Pure. Each peer has a bound of its own, too; this one counts when many are slow at a time. Past it those go
that have left the most; they come back and recover by their positions.
"""

from __future__ import annotations

from typing import Protocol

STRIDE = 8 << 20
"""Bytes that are written to slow readers between two looks at all of them."""


class Reader(Protocol):
    """Somebody who is written to."""

    @property
    def unread_bytes(self) -> int:
        """What waits for it."""
        ...

    def fall_behind(self) -> None:
        """Be ended for it; then nothing waits any more."""
        ...


class Unread:
    """The readers of one hub for whom something waits.

    Args:
        max_bytes: what may wait for all of them; up to `STRIDE` more for a moment.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._slow: set[Reader] = set()
        self._since = 0

    def note(self, reader: Reader, size_bytes: int) -> None:
        """Take that a reader is written something for whom something waits already."""
        self._slow.add(reader)
        self._since += size_bytes
        if self._since < STRIDE:
            return
        self._since = 0
        waiting = {one: one.unread_bytes for one in self._slow}
        self._slow = {one for one, unread in waiting.items() if unread}
        total = sum(waiting.values())
        for one in sorted(self._slow, key=lambda one: waiting[one], reverse=True):
            if total <= self._max_bytes:
                break
            total -= waiting[one]
            self._slow.discard(one)
            one.fall_behind()
