"""The lobby: every link of a hub, and what all of them are told.

Encodes what goes to many once a codec. What one client says and hears is `link`'s affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, cast

from core.hub.protocol import Packed, pack
from core.hub.rounds import Rounds, utc_now
from core.wire.codec import encode
from core.wire.messages import (
    CLOSE_GOING_AWAY,
    Directory,
    Events,
    Goodbye,
    Heartbeat,
    HubMessage,
    Listing,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.events import Event
    from core.domain.ids import TournamentId
    from core.domain.state import Tournament
    from core.hub.access import Pass
    from core.hub.door import Door
    from core.hub.link import Link
    from core.hub.room import Room
    from core.wire.codec import Format

    Scope = frozenset[TournamentId] | None
    """The tournaments that somebody may know of; `None` for all."""

logger = logging.getLogger(__name__)

HEARTBEAT = 5.0
"""Seconds between two heartbeats."""
SILENCE = 15.0
"""Seconds without a byte from a client after which its link is dead."""
LISTEN = 0.5
"""Seconds between two looks for silent links."""


class Lobby:
    """Every link of a hub, and what all of them are told.

    Args:
        hub: the hub's id.
        door: tells who comes in, and as what.
        version: the hub's version, for people.
    """

    def __init__(self, hub: str, door: Door, version: str) -> None:
        self.hub = hub
        self.door = door
        self.version = version
        self.leaving = False
        self.links: set[Link] = set()
        self._rounds: Rounds | None = None
        self._snapshots: dict[Format, tuple[Tournament, Packed]] = {}

    @property
    def rounds(self) -> Rounds:
        """The hub's one writer."""
        assert self._rounds is not None, "attached before the first link"
        return self._rounds

    def attach(self, rounds: Rounds) -> None:
        """Name the writer that serves these links."""
        self._rounds = rounds

    def publish(self, room: Room[object], events: tuple[Event, ...]) -> None:
        """Tell a room's members the events of one round, encoded once a codec."""
        message = Events(room.id, room.state.position.epoch, events)
        # Nobody but links joins rooms; the rooms themselves only compare their members.
        broadcast(cast("set[Link]", room.members), message)

    def announce(self) -> None:
        """Tell everybody which tournaments there are."""
        # While the rooms are first filled from the log there is no writer yet, and nobody to tell.
        if self.links:
            for scope, links in self._by_scope().items():
                broadcast(links, Directory(self._listings(scope)))

    def listings(self, pass_: Pass) -> tuple[Listing, ...]:
        """Return the tournaments that a pass may know of."""
        return self._listings(pass_.tournaments) if pass_.standing == "valid" else ()

    def _listings(self, scope: Scope) -> tuple[Listing, ...]:
        listings = self.rounds.rooms.listings()
        return listings if scope is None else tuple(one for one in listings if one.id in scope)

    def _by_scope(self) -> dict[Scope, list[Link]]:
        """Return the links that may read, by the tournaments that they may know of."""
        found: dict[Scope, list[Link]] = {}
        for link in self.links:
            if link.pass_.standing == "valid":
                found.setdefault(link.pass_.tournaments, []).append(link)
        return found

    def renew_passes(self) -> None:
        """Have every link know what its pass is good for now."""
        at = utc_now()
        for link in tuple(self.links):
            link.renew(self.door.today(link.pass_, at))

    def show_durable(self, durable: bool) -> None:
        """Tell everybody whether the log can be written."""
        broadcast(self.links, Heartbeat(utc_now(), durable))

    def snapshot(self, message: Snapshot, form: Format) -> Packed:
        """Pack a snapshot; the newest one is kept, as after an outage many ask for the same."""
        if message.answers:
            return pack(encode(message, form))
        kept = self._snapshots.get(form)
        if kept is None or kept[0] is not message.state:
            kept = self._snapshots[form] = (message.state, pack(encode(message, form)))
        return kept[1]

    async def beat(self) -> None:
        """Send heartbeats, and end the links that have been silent too long."""
        clock = asyncio.get_running_loop().time
        beat_at = clock() + HEARTBEAT
        while True:
            await asyncio.sleep(LISTEN)
            now = clock()
            self.renew_passes()
            for link in self.links:
                if now - link.peer.heard_at > SILENCE:
                    logger.info("%s: silent, aborted", link.session)
                    link.peer.abort()
            if now >= beat_at:
                beat_at += HEARTBEAT
                self.show_durable(self.rounds.durable)
                for link in self.links:
                    link.peer.ping()

    async def dismiss(self, reason: str, deadline: float) -> None:
        """Close every link with a reason, and wait for their ends, at most `deadline` seconds."""
        self.leaving = True
        leaving = tuple(self.links)
        broadcast(leaving, Goodbye(reason))
        for link in leaving:
            link.peer.close(CLOSE_GOING_AWAY, reason)
        # Each leaves the lobby when it is closed here, and is gone when its client has read that.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                for link in leaving:
                    await link.peer.lost.wait()
        for link in leaving:
            link.peer.abort()

    def forget(self, link: Link) -> None:
        """Let a link out: its connection is over."""
        self.links.discard(link)
        self.rounds.rooms.forget(link)


def broadcast(links: Iterable[Link], message: HubMessage) -> None:
    """Send a message to many links, encoded once a codec."""
    packed: dict[Format, Packed] = {}
    for link in links:
        ready = packed.get(link.form)
        if ready is None:
            ready = packed[link.form] = pack(encode(message, link.form))
        link.peer.write(ready)
