"""The hall of the demo: what people see and call to each other there, without any network.

A team stands at one table at a time, everybody rests at half-time, and whoever needs ops calls them.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from core import ids

Call = Literal["conflict", "reopened"]
"""What ops are called for."""


class Hall:
    """One hall; made on the loop that plays.

    Args:
        speed: how many times as fast as in life everything happens.
        keepers: how many people keep scores.
    """

    def __init__(self, speed: float, keepers: int) -> None:
        self._speed = speed
        self._playing: set[ids.TeamId] = set()
        self._moved = asyncio.Condition()
        self._rest = asyncio.Barrier(keepers + 1)
        self._over = asyncio.Barrier(keepers + 1)
        self.agreed = asyncio.Event()
        """Set when ops have said which of two counts is right."""
        self._calls: dict[Call, asyncio.Future[ids.MatchId]] = {
            call: asyncio.get_running_loop().create_future() for call in ("conflict", "reopened")
        }

    async def pause(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds / self._speed)

    @asynccontextmanager
    async def gather(self, teams: Iterable[ids.TeamId]) -> AsyncIterator[None]:
        """Have teams come to a table, once they are not at another one, and stay for the block."""
        wanted = set(teams)
        async with self._moved:
            await self._moved.wait_for(lambda: self._playing.isdisjoint(wanted))
            self._playing |= wanted
        try:
            yield
        finally:
            self._playing -= wanted
            async with self._moved:
                self._moved.notify_all()

    async def rest(self) -> None:
        """Wait for half-time: until all keepers and ops are here."""
        await self._rest.wait()

    async def close(self) -> None:
        """Wait for the end of the evening: until all keepers and ops are here."""
        await self._over.wait()

    def call(self, call: Call, match: ids.MatchId) -> None:
        """Call ops to a match."""
        self._calls[call].set_result(match)

    async def called(self, call: Call) -> ids.MatchId:
        """Wait until ops are called for something, and return to which match."""
        return await self._calls[call]
