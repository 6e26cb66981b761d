"""One hub behind three endpoints, one client in sixty rooms: an endpoint is killed, half-open or slow.

Somebody else scores in every room all the while, straight at the hub, and the client scores too. In each case
every room goes on within the bound that the test names, none is lost, nothing is doubled, order is kept.
The figures are printed (`-s` shows them).
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice, pairwise
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import CreateTournament
from core.domain.events import Event
from core.realtime.network.pages import fetch_log
from core.realtime.realtime import open_realtime
from core.settings import Settings
from core.wire.messages import Answers, Submit
from tests.support.hub import HubProcess, TestClient
from tests.support.proxy import Proxy
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from core.domain.ids import CommandId, TournamentId
    from core.domain.plan import Plan
    from core.realtime.realtime import Realtime
    from core.realtime.rooms.subscriptions import RoomEvent
    from core.realtime.submission import Submission
    from core.realtime.view import View

ROOMS = 60
BEAT = 0.25
"""Seconds between heartbeats: twenty times quicker than by default, so are all times that follow from it."""
DEAD = 1.0
"""Seconds without a frame after which a link is dead."""
AFTER = 3.0
"""How long the rooms are watched after the fault, in seconds, and at least until all moved."""


@dataclass
class Venue:
    """A hub with sixty small tournaments, and three ways to it."""

    hub: HubProcess
    plans: list[Plan]
    proxies: list[Proxy]

    def settings(self, data: Path) -> Settings:
        return Settings(
            ws_url=tuple(proxy.url for proxy in self.proxies),
            data=data,
            name="ana",
            heartbeat_interval=BEAT,
            heartbeat_timeout=DEAD,
            health_check_interval=1.0,
            backoff_first=0.1,
            backoff_cap=0.5,
            max_rooms_per_link=40,
            auto_join=False,
        )

    def proxy(self, url: str) -> Proxy:
        return next(proxy for proxy in self.proxies if proxy.url == url)


@dataclass
class Watched:
    """What the client was told in each room, and when."""

    heard: dict[TournamentId, list[tuple[float, Event]]] = field(default_factory=dict)
    resets: int = 0

    def receive(self, tournament: TournamentId, event: RoomEvent) -> None:
        if isinstance(event.source, Event):
            self.heard[tournament].append((monotonic(), event.source))
        elif event.name == "reset":
            self.resets += 1

    def longest_gaps(self, since: float) -> list[float]:
        """Return the longest time without an event of each room, from the last one before `since` on."""
        gaps: list[float] = []
        for events in self.heard.values():
            times = [at for at, _ in events]
            before = max(at for at in times if at <= since)
            gaps.append(max(late - early for early, late in pairwise([at for at in times if at >= before])))
        return sorted(gaps)


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    plans = [league(2, name=f"t{number}") for number in range(ROOMS)]
    with HubProcess(tmp_path_factory.mktemp("hub")) as hub, ExitStack() as proxies:
        hub.post(*(entry(plan.id, CreateTournament(plan), id=plan.id) for plan in plans))
        yield Venue(hub, plans, [proxies.enter_context(Proxy(hub.port)) for _ in range(3)])


@contextmanager
def rival(venue: Venue, prefix: str) -> Iterator[None]:
    """Have another device score in one room after the other, some 300 times a second, until the end."""
    stop = threading.Event()
    numbers = count()

    def score() -> None:
        with TestClient.open(venue.hub, device="rival") as client:
            rooms = (plan for _ in count() for plan in venue.plans)
            while not stop.wait(0.03):
                entries = tuple(
                    entry(plan.id, point(plan, 1, "b"), id=f"{prefix}-{next(numbers)}", device="rival")
                    for plan in islice(rooms, 10)
                )
                client.send(Submit(entries))
                answered = 0
                while answered < len(entries):
                    answered += len(client.expect(Answers).answers)

    thread = threading.Thread(target=score)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


@asynccontextmanager
async def watching(venue: Venue, data: Path) -> AsyncIterator[tuple[Realtime, Watched]]:
    """Open a client that follows every room over all three endpoints."""
    async with open_realtime(venue.settings(data)) as realtime:
        watched = Watched()
        for plan in venue.plans:
            watched.heard[plan.id] = []
            realtime.join(f"tournament:{plan.id}").subscribe("*", partial(watched.receive, plan.id))
        await realtime.wait_for(partial(is_whole, links=3), 20)
        yield realtime, watched


def is_whole(view: View, links: int) -> bool:
    """Return whether all rooms are live, over so many live links."""
    live = sum(link.state in ("live", "slow") for link in view.connection.links)
    return live >= links and len(view.tournaments) == ROOMS and all(t.live for t in view.tournaments.values())


def rooms_over(view: View, url: str) -> int:
    return sum(len(link.rooms) for link in view.connection.links if link.endpoint == url)


async def score_until(realtime: Realtime, venue: Venue, done: Callable[[], bool]) -> list[Submission]:
    """Score in one room after the other until something is so; return what was entered."""
    entered: list[Submission] = []
    rooms = (plan for _ in count() for plan in venue.plans)
    until = monotonic() + 30
    while not done():
        assert monotonic() < until, "the rooms did not go on"
        entered.append(realtime.submit(point(next(rooms), 1, "a")))
        await asyncio.sleep(0.02)
    return entered


async def check(venue: Venue, watched: Watched, entered: list[Submission], data: Path) -> None:
    """Compare what was told and entered with the hub's own logs."""
    straight = Settings(ws_url=(venue.hub.url,), data=data)
    counted: dict[CommandId, int] = {}
    for plan in venue.plans:
        _, log = await asyncio.to_thread(fetch_log, straight, plan.id)
        heard = [event for _, event in watched.heard[plan.id]]
        first = heard[0].seq
        assert heard == list(log[first - 1 : first - 1 + len(heard)]), f"{plan.id} is not told as it was"
        assert len(heard) == len(log) - first + 1, f"{plan.id} lacks its end"
        for event in log:
            counted[event.command] = counted.get(event.command, 0) + 1
    assert all(counted.get(submission.id) == 1 for submission in entered)


@pytest.mark.parametrize(
    ("fault", "bound"),
    [
        # At once: the loss is noticed, the rooms go on over other links in the same call.
        pytest.param("killed", 1.5, id="killed"),
        # Nothing says that it is gone: it is found when it is silent for too long.
        pytest.param("half-open", DEAD + 1.5, id="half-open"),
        # Nothing stops: what comes is 0.4 s late, until the rooms have moved.
        pytest.param("slow", 1.5, id="slow"),
    ],
)
async def test_every_room_goes_on(venue: Venue, tmp_path: Path, fault: str, bound: float) -> None:
    async with watching(venue, tmp_path / "client") as (realtime, watched):
        with rival(venue, fault):
            await realtime.wait_for(lambda _: all(len(heard) > 2 for heard in watched.heard.values()), 20)
            links = realtime.view.connection.links
            busiest = max(links, key=lambda link: len(link.rooms))
            carried, resets = len(busiest.rooms), watched.resets
            proxy = venue.proxy(busiest.endpoint)
            began = monotonic()
            match fault:
                case "killed":
                    proxy.stop()
                case "half-open":
                    proxy.hold()
                case _:
                    proxy.slow(0.4, "down")
            moved_at: list[float] = []

            def done() -> bool:
                view = realtime.view
                if not moved_at and not rooms_over(view, busiest.endpoint) and is_whole(view, 2):
                    moved_at.append(monotonic())
                return bool(moved_at) and monotonic() > began + AFTER

            entered = await score_until(realtime, venue, done)
            gaps = watched.longest_gaps(began)
            if fault == "killed":
                proxy.start()
            proxy.release()
            proxy.slow(0.0)
            for submission in entered:
                await submission.confirmed(20)
            await realtime.wait_for(partial(is_whole, links=3), 20)
        last = realtime.submit(point(venue.plans[-1], 1, "a"))
        await last.confirmed(10)
        # What the rival's last points made is on its way, in each room before the mark that follows.
        marks = [realtime.submit(point(plan, 1, "a")) for plan in venue.plans]
        for mark in marks:
            await mark.confirmed(10)
        ends = {mark.entry.tournament: mark.id for mark in marks}
        await realtime.wait_for(
            lambda _: all(heard[-1][1].command == ends[id] for id, heard in watched.heard.items()), 20
        )
    print(  # noqa: T201 -- the figures are what the test is for
        f"\n{fault}: {carried} of {ROOMS} rooms moved within {moved_at[0] - began:.2f} s; "
        f"longest silence of a room {gaps[-1]:.2f} s, median {gaps[len(gaps) // 2]:.2f} s; "
        f"{sum(len(heard) for heard in watched.heard.values())} events, {len(entered)} own entries"
    )
    assert gaps[-1] <= bound
    assert watched.resets == resets, "no room had to begin anew"
    await check(venue, watched, [*entered, last, *marks], tmp_path)
