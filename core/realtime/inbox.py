"""The inbox: whatever happens outside the client's loop, in the order in which it happened.

Owns the hand-over between threads. It has no bound of its own: what fills it is bounded by what the links
read at once and by what the outbox takes. One reader, the client's loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.domain.ids import CommandId


@dataclass(frozen=True, slots=True)
class _Saved:
    id: CommandId
    row: int


class Inbox:
    """What is to be done on the loop; made there.

    Args:
        take_saved: takes the rows of entries that were committed, those together that came together.
    """

    def __init__(self, take_saved: Callable[[Mapping[CommandId, int]], None]) -> None:
        self._take_saved = take_saved
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._items: deque[Callable[[], None] | _Saved] = deque()

    def put(self, action: Callable[[], None]) -> None:
        """Have something done; from any thread."""
        self._put(action)

    def put_saved(self, id: CommandId, row: int) -> None:
        """Have an entry's row taken; from any thread."""
        self._put(_Saved(id, row))

    def wake(self) -> None:
        """End the loop's sleep; from any thread."""
        # A loop that is closed has nobody left to wake.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    def empty(self) -> None:
        """Do all that is there to do."""
        while self._items:
            item = self._items.popleft()
            if isinstance(item, _Saved):
                self._take_saved(self._together(item))
            else:
                item()

    async def sleep(self, longest: float | None) -> None:
        """Wait for something to do; at least one turn of the loop, so that the links get theirs.

        Args:
            longest: seconds; `None` for no limit.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._wake.wait()
        self._wake.clear()

    def _put(self, item: Callable[[], None] | _Saved) -> None:
        self._items.append(item)
        self.wake()

    def _together(self, first: _Saved) -> dict[CommandId, int]:
        """Return the rows that follow one another: only these may be taken before what came after them."""
        rows = {first.id: first.row}
        while self._items and isinstance(following := self._items[0], _Saved):
            self._items.popleft()
            rows[following.id] = following.row
        return rows
