"""Analytics: who follows a tournament, and how much happens in it, sampled while the hub runs and served.

Samples are coarse and never in the way: counted every few seconds, written once a minute to a file of their
own. What the disk refuses is dropped with a warning; the hub goes on.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from core.domain.ids import tournament_room
from core.errors import BadLog, NotSaved
from core.hub.door.access import may_read
from core.hub.folder import SAMPLES
from core.hub.log.figures_log import read_samples, read_tally, write_samples
from core.hub.log.rounds import utc_now
from core.hub.rooms.viewers import Viewers, by_room
from core.hub.web.http import no_tournament, pass_of, reply
from core.hub.web.problem import problem
from core.wire.analytics import Analytics

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from core.domain.ids import TournamentId
    from core.domain.state import Position
    from core.hub.lobby import Lobby
    from core.hub.log.figures_log import Tally
    from core.hub.rooms.viewers import Sample
    from core.hub.web.http import Http

LOOK = 5.0
"""Seconds between two counts."""

logger = logging.getLogger(__name__)


class Sampling:
    """Counts who is where, and keeps it.

    Args:
        lobby: the hub.
        log: the log's file; the samples stand beside it.
        days: how long they are kept.
    """

    def __init__(self, lobby: Lobby, log: Path, days: float) -> None:
        self._lobby = lobby
        self._days = days
        self.path = log.with_name(SAMPLES)
        self._viewers = Viewers()
        self._over: list[Sample] = []
        """Of minutes that are over, to be written."""

    @property
    def answered(self) -> int:
        """How many entries were answered in this life of the hub."""
        return self._lobby.rounds.figures.commands.total()

    async def run(self) -> None:
        """Count until cancelled, then keep what the minute that runs has so far."""
        try:
            while True:
                self._count()
                over, self._over = self._over, []
                if over:
                    await asyncio.to_thread(self._write, over)
                await asyncio.sleep(LOOK)
        finally:
            self._write([*self._over, *self._viewers.running])

    def running(self, tournament: TournamentId) -> list[Sample]:
        """Return the samples that are not written yet, those of the minute that runs included."""
        self._count()
        own = (f"tournament:{tournament}:", f"match:{tournament}.")
        whole = tournament_room(tournament)
        samples = (*self._over, *self._viewers.running)
        return [one for one in samples if one.room == whole or one.room.startswith(own)]

    def _count(self) -> None:
        members = self._lobby.members
        counts = {room: members.count(room) for room in members.in_use}
        self._over += self._viewers.receive_counts(counts, utc_now())

    def _write(self, samples: Iterable[Sample]) -> None:
        try:
            write_samples(self.path, samples, utc_now(), self._days)
        except NotSaved as error:
            logger.warning("samples dropped: %s", error)


class AnalyticsHttp:
    """The handler.

    Args:
        http: finds tournaments.
        sampling: has the samples.
        log: the log's file.
    """

    def __init__(self, http: Http, sampling: Sampling, log: Path) -> None:
        self._http = http
        self._sampling = sampling
        self._log = log
        self._reading = asyncio.Lock()
        """A long log takes a moment to be counted: one at a time, so that nobody's other requests wait."""
        self._tallies: dict[TournamentId, tuple[Position, int, Tally]] = {}
        """The latest ones, each with the position and the count of answers that it is of."""

    async def analytics(self, request: Request) -> Response:
        """Show how a tournament was followed and entered."""
        state = self._http.state(request)
        if state is None:
            return no_tournament(request)
        here = state.position
        running = self._sampling.running(state.id)
        try:
            stored = await asyncio.to_thread(read_samples, self._sampling.path, state.id)
            tally = await self._tally(state.id, here)
        except BadLog as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        pass_, whole = pass_of(request), tournament_room(state.id)
        rooms = tuple(room for room in by_room([*stored, *running]) if may_read(pass_, room.room))
        return reply(
            Analytics(
                tournament=state.id,
                epoch=here.epoch,
                events=sum(minute.events for minute in tally.events_per_minute),
                peak=next((room.peak for room in rooms if room.room == whole), 0),
                events_per_minute=tally.events_per_minute,
                devices=tally.devices,
                answers=tally.answers,
                rooms=rooms,
            )
        )

    async def _tally(self, tournament: TournamentId, here: Position) -> Tally:
        async with self._reading:
            # What is refused moves no position.
            answered = self._sampling.answered
            kept = self._tallies.get(tournament)
            if kept is None or kept[:2] != (here, answered):
                tally = await asyncio.to_thread(read_tally, self._log, tournament, here.epoch)
                kept = self._tallies[tournament] = (here, answered, tally)
            return kept[2]
