"""Rooms and tournaments as a program reads them.

Owns nothing that the view does not hold: these are handles, cheap to make and to drop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.domain.events import fact_name
from core.domain.ids import TournamentId
from core.domain.standings import tables
from core.realtime.effects import Advanced
from core.realtime.view import HubLine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping

    from core.domain.commands import Score
    from core.domain.events import Event
    from core.domain.ids import MatchId, RoomId
    from core.domain.standings import Table
    from core.domain.state import Tournament
    from core.realtime.client import Client, Follower
    from core.realtime.realtime import Realtime
    from core.realtime.view import RoomStats, Shown


class Room:
    """A room that this device follows."""

    def __init__(self, client: Client, id: RoomId) -> None:
        self._client = client
        self.id = id

    def __await__(self) -> Generator[None, None, Room]:
        yield from asyncio.sleep(0).__await__()
        return self

    def subscribe(
        self, callback: Callable[[Event], None], events: Collection[str] | None = None
    ) -> Callable[[], None]:
        """Call `callback` on the realtime thread with each event from now on, in order.

        Args:
            callback: called with the event; what it raises is logged and stops nobody else.
            events: names of the facts wanted (`points_added`, ...); `None` for all.

        Returns:
            What ends that.
        """

        def pass_on(change: object) -> None:
            if isinstance(change, Advanced):
                for event in change.events:
                    if events is None or fact_name(event.fact) in events:
                        callback(event)

        return self.follow(pass_on)

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Call `follower` on the realtime thread with each change: next events, or a state in place of all.

        Returns:
            What ends that.
        """
        return self._client.follow(TournamentId(self.id.partition(":")[2]), follower)

    def stats(self) -> RoomStats | None:
        """Return the room in figures; `None` once it is left."""
        return self._client.room_stats(self.id)

    def leave(self) -> None:
        """Follow the room no longer."""
        self._client.leave(self.id)


class TournamentFeed:
    """A tournament as this device knows it at each moment."""

    def __init__(self, realtime: Realtime, id: TournamentId) -> None:
        self._realtime = realtime
        self.id = id

    @property
    def shown(self) -> Shown | None:
        """Return all that is known of it; `None` when nothing is."""
        return self._realtime.view.tournaments.get(self.id)

    @property
    def state(self) -> Tournament | None:
        """Return its state with this device's unanswered entries laid over; `None` when nothing is known."""
        shown = self.shown
        return None if shown is None else shown.projected

    @property
    def scores(self) -> Mapping[MatchId, Score]:
        """Return each match's score, in playing order."""
        state = self.state
        return {} if state is None else {match.id: match.score for match in state.matches.values()}

    @property
    def standings(self) -> tuple[Table, ...]:
        """Return the table of each pool."""
        state = self.state
        return () if state is None else tables(state)

    @property
    def activity(self) -> tuple[Event, ...]:
        """Return its newest events, oldest first, as far as the feed reaches."""
        lines = self._realtime.view.feed.lines
        return tuple(line.event for line in lines if isinstance(line, HubLine) and line.tournament == self.id)
