"""Waiting for what happens next in a tournament, for requests that ask for it.

A request waits without costing anything until its tournament goes on, begins anew, or the hub stops.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.domain.events import Event
    from core.domain.ids import TournamentId
    from core.hub.rooms.room import Room

MAX_WAITING = 2_000
"""Most requests that wait at a time; those above are answered at once."""


class Waiting:
    """All requests that wait; a follower of the lobby."""

    def __init__(self) -> None:
        self._news: dict[TournamentId, set[asyncio.Event]] = {}
        self._count = 0
        self._leaving = False

    async def wait(self, tournament: TournamentId, seconds: float) -> None:
        """Wait until something happens in a tournament, or for so long."""
        if self._leaving or self._count >= MAX_WAITING or not seconds:
            return
        news = asyncio.Event()
        waiting = self._news.setdefault(tournament, set())
        waiting.add(news)
        self._count += 1
        try:
            async with asyncio.timeout(seconds):
                await news.wait()
        except TimeoutError:
            return
        finally:
            self._count -= 1
            waiting.discard(news)
            if not waiting:
                self._news.pop(tournament, None)

    def publish(self, room: Room, events: tuple[Event, ...]) -> None:  # noqa: ARG002 -- a follower's
        """Let those go on who wait for this tournament."""
        for news in self._news.get(room.state.id, ()):
            news.set()

    def restart(self, room: Room) -> None:
        """Let those go on who wait for a tournament that began anew."""
        self.publish(room, ())

    def dismiss(self, reason: str) -> None:  # noqa: ARG002 -- a follower's
        """Let everybody go on, and nobody wait any more: the hub stops."""
        self._leaving = True
        for waiting in self._news.values():
            for news in waiting:
                news.set()
