"""How a command reaches what it works on: the hub, the tournament, its newest state.

Guarantees that a command either works on a live state, or on a stored copy that it marks as such, or stops
with what to do. Nothing here waits longer than its patience.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import LocalLine, Unknown, Unreachable, ids, named
from tui.cli.exits import Exit, Stopped
from tui.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from datetime import datetime

    from core import Realtime, Settings, Tournament, View, events

FIRST_ATTEMPT = 0.0
"""The patience of a command that gives up after one attempt to connect."""
ROOM_WAIT = 3.0
"""Seconds for a room to become live before it is taken as it is."""
LOG_RETRY = 0.2
"""Seconds between two attempts to read a log."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A tournament's state, and how new it is."""

    state: Tournament
    as_of: datetime | None
    """`None` when it is live; else when it was last known to be the newest."""


def located(settings: Settings) -> Settings:
    """Return settings that name the hub that runs on the data folder, where none is configured.

    Whoever may read that folder owns the hub, and is signed in as such. The person is called as ops call
    them, unless they said otherwise.
    """
    if settings.ws_url:
        return named(settings)
    # Loaded on use: the hub's front door is not everybody's.
    from core.hub import owner_token, running

    url = running(settings.data)
    if url is None:
        return settings
    token = settings.token or owner_token(settings.data)
    return settings.model_copy(update={"ws_url": (url,), "token": token})


def run(job: Coroutine[object, object, int]) -> int:
    """Run a command's coroutine to its end."""
    return asyncio.run(job)


async def awaited(realtime: Realtime, ready: Callable[[View], bool], patience: float) -> bool:
    """Wait until the view is as wanted; tell whether it became so in time."""
    try:
        await realtime.wait_for(ready, timeout=patience)
    except TimeoutError:
        return False
    return True


async def connect(
    realtime: Realtime, settings: Settings, patience: float = FIRST_ATTEMPT, limit: float | None = None
) -> bool:
    """Wait until a hub is there.

    Args:
        realtime: the client.
        settings: where the hubs are, and how long one attempt may take.
        patience: for how many seconds failed attempts are followed by others; with 0 the first one decides.
        limit: seconds after which an attempt that hangs is given up; `None` for the settings' own time.

    Returns:
        False when no hub could be reached.

    Raises:
        Stopped: the hub refuses to let this device in.
    """
    tell_problems(realtime)
    until = time.monotonic() + patience

    def decided(view: View) -> bool:
        connection = view.connection
        if connection.connected or connection.state == "sign_in":
            return True
        return connection.next_try_at is not None and time.monotonic() >= until

    await awaited(realtime, decided, max(limit or settings.connection_timeout + 1, patience))
    connection = realtime.view.connection
    if connection.state == "sign_in":
        raise refused_sign_in(realtime.view)
    return connection.connected


def tell_problems(realtime: Realtime) -> None:
    """Say what was wrong with the data folder when it was opened."""
    for line in realtime.view.feed.lines:
        if isinstance(line, LocalLine) and line.kind == "problem":
            say(line.text)


def refused_sign_in(view: View) -> Stopped:
    """Make the error of a hub that does not let this device in."""
    return Stopped(
        Exit.SIGN_IN,
        f"the hub refuses to sign in: {view.connection.reason}; get a code, then `courtside join CODE`",
    )


def unreachable(realtime: Realtime, settings: Settings) -> Unreachable:
    """Make the error that says what was tried."""
    reason = realtime.view.connection.reason or "no answer"
    return Unreachable(
        settings.endpoints, f"{reason}; start one with `courtside hub`, or name one with --hub"
    )


def choose(known: Iterable[str], name: str | None) -> ids.TournamentId:
    """Return the tournament that is meant.

    Args:
        known: the tournaments that there are.
        name: what the person gave; `None` where there should be only one.

    Raises:
        Unknown: there is none of that name.
        Stopped: there is none at all, or none was named and there are several.
    """
    from difflib import get_close_matches

    there = sorted(known)
    if name is not None:
        if name in there:
            return ids.TournamentId(name)
        raise Unknown("tournament", name, get_close_matches(name, there, n=3) or there[:3])
    if len(there) == 1:
        return ids.TournamentId(there[0])
    if there:
        raise Stopped(Exit.USAGE, f"there are several tournaments, name one: {', '.join(there)}")
    raise Stopped(Exit.REFUSED, "there is no tournament yet; make one with `courtside import FILE`")


async def read(realtime: Realtime, settings: Settings, name: str | None) -> Reading:
    """Return a tournament's state: the hub's, or the stored copy where no hub can be reached.

    Raises:
        Unreachable: there is neither.
        Unknown: there is no tournament of that name.
        Stopped: none can be chosen, or the hub refuses to sign in.
    """
    if await connect(realtime, settings):
        tournament = choose((listing.id for listing in realtime.view.directory), name)
        if await live(realtime, tournament, settings.connection_timeout):
            return Reading(realtime.view.tournaments[tournament].confirmed, None)
    stored = realtime.view.tournaments
    if not stored or (name is not None and name not in stored):
        raise unreachable(realtime, settings)
    shown = stored[choose(stored, name)]
    return Reading(shown.confirmed, shown.as_of or shown.confirmed.updated_at)


async def whole_log(
    settings: Settings, tournament: ids.TournamentId, patience: float = 0.0
) -> tuple[ids.Epoch, tuple[events.Event, ...]]:
    """Return a tournament's log from the hub, and its epoch.

    Args:
        settings: where the hubs are.
        tournament: which log.
        patience: for how many seconds to ask again while no hub answers.

    Raises:
        Unreachable: no hub answered in time.
        Unknown: the hub has no such tournament.
    """
    # Loaded on use, with all that reaches a network.
    from core import fetch_log

    until = time.monotonic() + patience
    while True:
        try:
            return await asyncio.to_thread(fetch_log, settings, tournament)
        except Unreachable:
            if time.monotonic() >= until:
                raise
            await asyncio.sleep(LOG_RETRY)


async def live(realtime: Realtime, tournament: ids.TournamentId, patience: float) -> bool:
    """Join a tournament's room and wait until it is live; tell whether it became so."""
    await realtime.join(ids.tournament_room(tournament), company=False)

    def carried(view: View) -> bool:
        shown = view.tournaments.get(tournament)
        return shown is not None and shown.live

    return await awaited(realtime, carried, patience)


async def connect_to_all(realtime: Realtime, settings: Settings) -> bool:
    """Connect and join the rooms of all tournaments of the hub; tell whether a hub was reached."""
    if not await connect(realtime, settings):
        return False
    for listing in realtime.view.directory:
        await live(realtime, listing.id, ROOM_WAIT)
    return True
