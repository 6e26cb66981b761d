"""The venue survives its hub: put back, emptied, replaced; five consoles bring every score back, once."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from core.domain.commands import AddScore, CreateTournament, Settle
from core.domain.events import EventAdopted, PointsAdded
from core.domain.ids import tournament_room
from core.realtime.network.pages import fetch_log
from core.realtime.realtime import Realtime, open_realtime
from core.realtime.submission import Submission
from tests.support.hub import HubProcess
from tests.support.scorer import quick
from tests.support.tournaments import entry, league

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from core.domain.state import Tournament
    from core.realtime.view import Shown, View

PLAN = league(5)
T = PLAN.id
MATCHES = [fixture.id for fixture in PLAN.fixtures[:5]]
DEADLINE = 20.0


class Console:
    """One console of the venue: a realtime client in this process, with a data folder of its own."""

    def __init__(self, realtime: Realtime, number: int, stack: AsyncExitStack) -> None:
        self.realtime = realtime
        self.number = number
        self._stack = stack

    @property
    def shown(self) -> Shown:
        """The tournament as this console knows it."""
        return self.realtime.view.tournaments[T]

    @property
    def state(self) -> Tournament:
        """As the hub confirmed it."""
        return self.shown.confirmed

    def score(self, points: int) -> list[Submission]:
        """Enter points for the home side of this console's own match."""
        fixture = PLAN.fixtures[self.number]
        assert fixture.home.team is not None
        return [self.realtime.submit(AddScore(fixture.id, fixture.home.team, 1)) for _ in range(points)]

    async def close(self) -> None:
        """Close this console."""
        await self._stack.aclose()

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
        stack = await self._stack.enter_async_context(AsyncExitStack())
        realtime = await stack.enter_async_context(open_realtime(settings))
        realtime.join(tournament_room(T))
        return Console(realtime, number, stack)

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


def counted(venue: Venue) -> Sequence[str]:
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


def exported(venue: Venue, at: str = "") -> dict[str, Any]:
    """Return what `courtside export` prints."""
    program = [
        sys.executable,
        "-m",
        "tui.cli",
        "--hub",
        venue.hub.url,
        "--data",
        str(venue.folder / "reader"),
    ]
    made = subprocess.run(
        [*program, "export", T, *(["--at", at] if at else [])], capture_output=True, timeout=60, check=False
    )
    assert made.returncode == 0, made.stderr.decode()
    document: dict[str, Any] = json.loads(made.stdout)
    return document


def rescued(venue: Venue, number: int, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run `courtside rescue` beside a console."""
    folder = str(venue.folder / f"laptop-{number}")
    return subprocess.run(
        [sys.executable, "-m", "tui.cli", "--hub", venue.hub.url, "--data", folder, "rescue", T, *flags],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )


async def test_five_consoles_bring_every_score_back_once_to_a_hub_put_back_in_time(venue: Venue) -> None:
    consoles = await play(venue, 0, 1, 2, 3, 4)
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
    # The export has both epochs, and takes any moment of the older one.
    document = await asyncio.to_thread(exported, venue)
    assert [(one["epoch"], len(one["log"])) for one in document["past"]] == [(old.epoch, old.seq)]
    lost = await asyncio.to_thread(exported, venue, f"{old.epoch}:{old.seq}")
    assert lost["tournament"]["epoch"] == old.epoch
    assert sum(one["score"][0] for one in lost["matches"]) == 25
    commands = await asyncio.to_thread(counted, venue)
    assert len(commands) == len(set(commands)) == 20


async def play(venue: Venue, *numbers: int) -> list[Console]:
    """Open consoles, and score two points on each one's match."""
    consoles = [await venue.console(number) for number in numbers]
    wanted = tuple(2 if number in numbers else 0 for number in range(5))
    for console in consoles:
        await console.until(lambda view: T in view.tournaments and view.tournaments[T].live)
        console.score(2)
    for console in consoles:
        await console.sees(*wanted)
    return consoles


async def test_a_hub_that_lost_everything_goes_on_from_a_console_and_gets_the_rest_from_others(
    venue: Venue,
) -> None:
    first, second = await play(venue, 0, 1)
    # The first console loses sight of the hub: the others score on, and it has an entry of its own.
    await venue.stop()
    first.score(1)
    await venue.start()
    await first.sees(3, 2, 0, 0, 0)
    await second.sees(3, 2, 0, 0, 0)
    await venue.stop()
    venue.lose()
    second.score(1)
    await venue.start()
    await first.until(lambda view: T not in {one.id for one in view.directory} and view.connection.connected)
    await first.until(
        lambda view: any("courtside rescue league" in getattr(line, "text", "") for line in view.feed.lines)
    )
    assert homes(first.state) == (3, 2, 0, 0, 0)
    asked = await asyncio.to_thread(rescued, venue, 0)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "Everybody goes on from it" in asked.stderr
    done = await asyncio.to_thread(rescued, venue, 0, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "confirmed"
    for console in (first, second):
        await console.sees(3, 3, 0, 0, 0)
    there = await asyncio.to_thread(rescued, venue, 0, "--yes")
    assert there.returncode == 0
    assert "the hub holds league" in there.stdout
    assert first.state.past[0].missing == ()


async def test_a_console_that_comes_late_brings_what_only_it_saw(venue: Venue) -> None:
    first, second = await play(venue, 0, 1)
    await venue.stop()
    venue.save()
    await venue.start()
    for console in (first, second):
        await console.until(lambda view: view.tournaments[T].live)
    await second.close()
    first.score(3)
    await first.sees(5, 2, 0, 0, 0)
    await first.close()
    await venue.stop()
    venue.put_back()
    await venue.start()
    # Nobody who is there saw what came after the copy, so its log goes on where it ends.
    again = await venue.console(1)
    again.score(1)
    await again.sees(2, 3, 0, 0, 0)
    late = await venue.console(0)
    # The first of the late console's points stood where the hub has another event now: a person decides.
    for console in (late, again):
        await console.sees(4, 3, 0, 0, 0)
    [held] = late.state.matches[MATCHES[0]].held
    assert "was seen with two contents" in held.reason
    assert isinstance(held.entry.command, AddScore)
    decision = Settle(MATCHES[0], (held.entry.id,), (held.entry.command,))
    answer = await again.realtime.submit(decision).confirmed(DEADLINE)
    assert answer.outcome == "accepted"
    for console in (late, again):
        await console.sees(5, 3, 0, 0, 0)


async def test_what_nobody_has_is_missing_until_a_person_closes_it(venue: Venue) -> None:
    first, second = await play(venue, 0, 1)
    await venue.stop()
    venue.save()
    await venue.start()
    for console in (first, second):
        await console.until(lambda view: view.tournaments[T].live)
    first.score(2)
    await second.sees(4, 2, 0, 0, 0)
    seen = second.state.position
    await first.close()
    await second.close()
    for number in (0, 1):
        # The consoles' laptops keep their copies, but not what they saw.
        (venue.folder / f"laptop-{number}" / "client" / "archive.sqlite3").unlink()
    await venue.stop()
    venue.put_back()
    await venue.start()
    again = await venue.console(1)
    await again.sees(2, 2, 0, 0, 0)
    assert again.state.past[0].missing == ((seen.seq - 1, seen.seq),)
    told = await asyncio.to_thread(rescued, venue, 1)
    assert f"missing of epoch {seen.epoch}: {seen.seq - 1}-{seen.seq}" in told.stderr
    done = await asyncio.to_thread(rescued, venue, 1, "--close-missing")
    assert done.returncode == 0, done.stderr
    await again.until(lambda view: view.tournaments[T].confirmed.past[0].missing == ())
