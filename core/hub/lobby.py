"""The lobby: every link of a hub, and what all of them are told.

Encodes what goes to many once a codec. What one client says and hears is `link`'s affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import TYPE_CHECKING, Protocol, TypeVar

from core.domain.events import Event
from core.domain.ids import Epoch, match_room, tournament_room
from core.hub.log.rounds import Rounds, utc_now
from core.hub.protocol import Packed, pack
from core.hub.rooms.catalogue import Catalogue
from core.hub.rooms.members import Members
from core.hub.rooms.pace import Paces
from core.hub.rooms.presence import LEAVE_GRACE, Presence
from core.hub.rooms.withheld import excluded, shown_to
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
from core.wire.rooms import SideEvent, SideEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from core.domain.ids import MatchId, RoomId, TournamentId
    from core.domain.state import Tournament
    from core.hub.door.access import Pass
    from core.hub.door.door import Door
    from core.hub.link import Link
    from core.hub.rooms.room import Room
    from core.wire.codec import Format

    Scope = frozenset[TournamentId] | None
    """The tournaments that somebody may know of; `None` for all."""

logger = logging.getLogger(__name__)

Told = TypeVar("Told", Event, SideEvent)

HEARTBEAT = 5.0
"""Seconds between two heartbeats."""
SILENCE = 15.0
"""Seconds without a byte from a client after which its link is dead."""
LISTEN = 0.5
"""Seconds between two looks for silent links."""


class Follower(Protocol):
    """Somebody who carries on what happens to those who are no links."""

    def publish(self, room: Room, events: tuple[Event, ...]) -> None:
        """Tell the events of one round in a room."""
        ...

    def restart(self, room: Room) -> None:
        """Tell that a new epoch began in a room."""
        ...

    def dismiss(self, reason: str) -> None:
        """End every connection: the hub stops."""
        ...


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
        self.followers: list[Follower] = []
        """Others who hear what happens, in words of their own."""
        self.presence: Presence[Link] = Presence(Epoch(secrets.token_hex(4)), LEAVE_GRACE)
        self.paces = Paces()
        self._announced: set[TournamentId] = set()
        self._rounds: Rounds | None = None
        self._members: Members[Link] | None = None
        self._snapshots: dict[Format, tuple[Tournament, Packed]] = {}

    @property
    def rounds(self) -> Rounds:
        """The hub's one writer."""
        assert self._rounds is not None, "attached before the first link"
        return self._rounds

    @property
    def members(self) -> Members[Link]:
        """Which link is in which room."""
        assert self._members is not None, "attached before the first link"
        return self._members

    @property
    def catalogue(self) -> Catalogue:
        """All rooms, with their figures."""
        rounds = self.rounds
        return Catalogue(rounds.rooms, rounds.sides, self.members.count, self.presence.count, self.paces)

    def attach(self, rounds: Rounds) -> None:
        """Name the writer that serves these links."""
        self._rounds = rounds
        self._announced = {one.id for one in rounds.rooms.listings()}
        self._members = Members(rounds.rooms, rounds.sides, self.presence)

    def publish(self, room: Room, events: tuple[Event, ...]) -> None:
        """Tell a room's members the events of one round, and those in its matches' rooms theirs."""
        epoch, at = room.state.position.epoch, events[-1].received_at
        self.paces.note(room.id, len(events), at)
        self._tell(room.id, events, lambda shown: Events(room.id, epoch, shown))
        of_matches: dict[MatchId, list[Event]] = {}
        for event in events:
            if event.match is not None:
                of_matches.setdefault(event.match, []).append(event)
        for match, own in of_matches.items():
            inside = match_room(match)
            self.paces.note(inside, len(own), at)
            if self.members.of(inside):
                broadcast(self.members.of(inside), Events(inside, epoch, tuple(own)))
        for follower in self.followers:
            follower.publish(room, events)

    def publish_side(self, room: RoomId, epoch: Epoch, events: tuple[SideEvent, ...]) -> None:
        """Tell the members of a room with a log of its own what was said in one round."""
        self.paces.note(room, len(events), events[-1].received_at)
        self._tell(room, events, lambda shown: SideEvents(room, epoch, shown))

    def _tell(
        self, room: RoomId, events: tuple[Told, ...], make: Callable[[tuple[Told, ...]], HubMessage]
    ) -> None:
        """Send events to a room's members, encoded once a codec; apart to devices that see them otherwise."""
        members = self.members.of(room)
        apart = excluded(events)
        if not apart:
            broadcast(members, make(events))
            return
        broadcast([link for link in members if link.who.device not in apart], make(events))
        for device in apart:
            own = [link for link in members if link.who.device == device]
            broadcast(own, make(shown_to(device, events)))

    def restart(self, room: Room) -> None:
        """Send a room's members its state: a new epoch began."""
        message = Snapshot(room.id, room.state)
        for link in self.members.of(room.id):
            link.peer.write(self.snapshot(message, link.form))
        for match in room.state.matches:
            if inside := self.members.of(match_room(match)):
                broadcast(inside, room.welcome_in(match, None, ()))
        for follower in self.followers:
            follower.restart(room)

    def announce(self) -> None:
        """Tell everybody which tournaments there are."""
        # While the rooms are first filled from the log there is no writer yet, and nobody to tell.
        if self._rounds is None:
            return
        known = {one.id for one in self.rounds.rooms.listings()}
        new, self._announced = known - self._announced, known
        for scope, links in self._by_scope().items():
            # Who may not know of the new one does not even hear that there is one.
            if scope is None or new & scope:
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
        if message.answers or message.room != tournament_room(message.state.id):
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
            self._settle(now)
            for link in self.links:
                if now - link.peer.heard_at > SILENCE:
                    logger.info("%s: silent, aborted", link.session)
                    link.peer.abort()
            if now >= beat_at:
                beat_at += HEARTBEAT
                self.show_durable(self.rounds.durable)
                for link in self.links:
                    link.peer.ping()

    def _settle(self, now: float) -> None:
        """Tell what changed of who is there, and forget rooms that nobody uses."""
        for diff in self.presence.handle_deadline(now):
            broadcast(self.members.of(diff.room), diff)
        self.rounds.sides.handle_deadline(now, self.members.in_use)

    async def dismiss(self, reason: str, deadline: float, peers: Sequence[str] = ()) -> None:
        """Close every link with a reason, and wait for their ends.

        Args:
            reason: why.
            deadline: seconds to wait, at most.
            peers: the addresses of hubs to go to instead, each told to an equal share of the links.
        """
        self.leaving = True
        leaving = tuple(self.links)
        for number, peer in enumerate(peers or (None,)):
            broadcast(leaving[number :: len(peers) or 1], Goodbye(reason, endpoint=peer))
        for link in leaving:
            link.peer.close(CLOSE_GOING_AWAY, reason)
        for follower in self.followers:
            follower.dismiss(reason)
        # Each leaves the lobby when it is closed here, and is gone when its client has read that.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                for link in leaving:
                    await link.peer.lost.wait()
        for link in leaving:
            link.peer.abort()

    def forget(self, link: Link, *, clean: bool) -> None:
        """Let a link out: its connection is over, by the client's own word if `clean`."""
        self.links.discard(link)
        self.members.forget(link, asyncio.get_running_loop().time(), clean=clean)


def broadcast(links: Iterable[Link], message: HubMessage) -> None:
    """Send a message to many links, encoded once a codec."""
    packed: dict[Format, Packed] = {}
    for link in links:
        ready = packed.get(link.form)
        if ready is None:
            ready = packed[link.form] = pack(encode(message, link.form))
        link.peer.write(ready)
