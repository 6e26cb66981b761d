"""The venue survives its hub: put back, emptied, replaced; five consoles bring every score back, once."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import AddScore, CreateTournament
from core.domain.events import EventAdopted, PointsAdded
from core.domain.ids import tournament_room
from core.realtime.pages import fetch_log
from core.realtime.realtime import Realtime, open_realtime
from tests.support.hub import HubProcess
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, match

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from core.domain.state import Tournament
    from core.realtime.view import Shown, View

PLAN = league(5)
T = PLAN.id
MATCHES = [fixture.id for fixture in PLAN.fixtures[:5]]
DEADLINE = 20.0


class Console:
    """One console of the venue: a realtime client in this process, with a data folder of its own."""

    def __init__(self, realtime: Realtime, number: int) -> None:
        self.realtime = realtime
        self.number = number

    @property
    def shown(self) -> Shown:
        """The tournament as this console knows it."""
        return self.realtime.view.tournaments[T]

    @property
    def state(self) -> Tournament:
        """As the hub confirmed it."""
        return self.shown.confirmed

    def score(self, points: int) -> list[object]:
        """Enter points for the home side of this console's own match."""
        fixture = PLAN.fixtures[self.number]
        assert fixture.home.team is not None
        return [self.realtime.submit(AddScore(fixture.id, fixture.home.team, 1)) for _ in range(points)]

    async def until(self, said: Callable[[View], bool]) -> None:
        """Wait until the view is as it should be."""
        changed = asyncio.Event()
        unsubscribe = self.realtime.subscribe(lambda _: changed.set())
        try:
            async with asyncio.timeout(DEADLINE):
                while not said(self.realtime.view):
                    changed.clear()
                    await changed.wait()
        finally:
            unsubscribe()

    async def sees(self, *scores: int) -> None:
        """Wait until the home sides' confirmed points are these, live."""
        await self.until(
            lambda view: T in view.tournaments and view.tournaments[T].live and homes(self.state) == scores
        )


def homes(state: Tournament) -> tuple[int, ...]:
    """Return the points of the home sides of the consoles' matches."""
    return tuple(state.matches[one].score.home for one in MATCHES)


class Venue:
    """A hub and consoles that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub = HubProcess(folder / "hub")
        self._stack = AsyncExitStack()

    async def console(self, number: int) -> Console:
        """Open a console."""
        settings = quick(self.folder / f"laptop-{number}", self.hub.url)
        realtime = await self._stack.enter_async_context(open_realtime(settings))
        realtime.join(tournament_room(T))
        return Console(realtime, number)

    async def start(self) -> None:
        """Start the hub."""
        await asyncio.to_thread(self.hub.start)

    async def stop(self) -> None:
        """Kill the hub."""
        await asyncio.to_thread(self.hub.kill)

    def save(self) -> None:
        """Copy the hub's data folder, which must not be in use."""
        shutil.copytree(self.hub.data, self.folder / "copy")

    def put_back(self) -> None:
        """Put the copy back in place of the hub's data folder."""
        self.lose()
        shutil.copytree(self.folder / "copy", self.hub.data)

    def lose(self) -> None:
        """Delete the hub's data folder."""
        shutil.rmtree(self.hub.data)

    async def close(self) -> None:
        """Close everything."""
        await self._stack.aclose()
        await self.stop()


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    venue = Venue(tmp_path)
    await venue.start()
    await asyncio.to_thread(venue.hub.post, entry(T, CreateTournament(PLAN), id="plan", device="office"))
    yield venue
    await venue.close()


def counted(venue: Venue) -> list[str]:
    """Return the ids of all points that ever counted at the hub, in whichever epoch."""
    _, log = fetch_log(quick(venue.folder / "reader", venue.hub.url), T)
    facts = [(event, event.fact) for event in log]
    own = [event.command for event, fact in facts if isinstance(fact, PointsAdded)]
    adopted = [
        fact.event.command
        for _, fact in facts
        if isinstance(fact, EventAdopted) and isinstance(fact.event.fact, PointsAdded)
    ]
    return own + adopted


async def test_five_consoles_bring_every_score_back_once_to_a_hub_put_back_in_time(venue: Venue) -> None:
    consoles = [await venue.console(number) for number in range(5)]
    for console in consoles:
        await console.until(lambda view: T in view.tournaments and view.tournaments[T].live)
        console.score(2)
    for console in consoles:
        await console.sees(2, 2, 2, 2, 2)
    await venue.stop()
    venue.save()
    await venue.start()
    for console in consoles:
        await console.until(lambda view: view.tournaments[T].live)
        console.score(3)
    for console in consoles:
        await console.sees(5, 5, 5, 5, 5)
    old = consoles[0].state.position
    await venue.stop()
    for console in consoles:
        console.score(1)
    venue.put_back()
    await venue.start()
    for console in consoles:
        await console.sees(6, 6, 6, 6, 6)
        await console.until(lambda view: not view.tournaments[T].kept)
    [past] = consoles[0].state.past
    assert past.epoch == old.epoch
    assert past.missing == ()
    assert [held for one in consoles[0].state.matches.values() for held in one.held] == []
    commands = await asyncio.to_thread(counted, venue)
    assert len(commands) == len(set(commands)) == 20
