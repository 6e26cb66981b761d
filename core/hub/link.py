"""One client's link: what its messages mean, from `Hello` to the end, and everything that is written to it.

The link reads in its own task; writing never waits, the bound is in the protocol below. What a client does
wrong is told to it as a `Problem` and costs it its link only when it goes on and on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from core.domain.text import clean
from core.errors import WireError
from core.hub.access import WRITERS
from core.hub.gate import Gate
from core.hub.protocol import Packed, pack
from core.hub.rounds import Rounds, utc_now
from core.wire.codec import Format, Frame, decode_client, encode
from core.wire.messages import (
    CLOSE_PROTOCOL,
    PROTOCOL,
    Answers,
    ClientMessage,
    Deferred,
    Directory,
    Events,
    Goodbye,
    Heartbeat,
    Hello,
    HubMessage,
    Join,
    Leave,
    Ping,
    Pong,
    Problem,
    Role,
    Snapshot,
    Submit,
    Welcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.answers import Answer
    from core.domain.events import Event
    from core.domain.state import Tournament
    from core.hub.protocol import SocketProtocol
    from core.hub.room import Room

logger = logging.getLogger(__name__)

HEARTBEAT = 5.0
"""Seconds between two heartbeats."""
SILENCE = 15.0
"""Seconds without a byte from a client after which its link is dead."""
LISTEN = 0.5
"""Seconds between two looks for silent links."""
HELLO_DEADLINE = 10.0
"""Seconds from the handshake to `Hello`."""
MAX_BREACHES = 10
"""Breaches of the protocol after which a link is closed."""


class Lobby:
    """Every link of a hub, and what all of them are told.

    Args:
        hub: the hub's id.
        role: what everybody may do who comes without a token.
        version: the hub's version, for people.
    """

    def __init__(self, hub: str, role: Role, version: str) -> None:
        self.hub = hub
        self.role = role
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
        broadcast((link for link in room.members if isinstance(link, Link)), message)

    def announce(self) -> None:
        """Tell everybody which tournaments there are."""
        # While the rooms are first filled from the log there is no writer yet, and nobody to tell.
        if self.links:
            broadcast(self.links, Directory(self.rounds.rooms.listings()))

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
            link.peer.close(1001, reason)
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


class Link:
    """One client.

    Args:
        lobby: the others, and the hub.
        peer: its connection.
        form: how its frames are written.
    """

    def __init__(self, lobby: Lobby, peer: SocketProtocol, form: Format) -> None:
        self.peer = peer
        self.form = form
        self.gate = Gate()
        self.session = uuid4().hex[:12]
        self._lobby = lobby
        self._hello: Hello | None = None
        self._breaches = 0

    @property
    def greeted(self) -> bool:
        """Whether the client has said who it is."""
        return self._hello is not None

    def receive_frame(self, frame: Frame) -> None:
        """Take one frame of the client's."""
        try:
            message = decode_client(frame)
        except WireError as error:
            self._complain(Problem(error.code, error.detail))
            return
        if self._hello is None:
            self._greet(message)
        else:
            self._receive(message, self._hello)

    def give_answers(self, answers: tuple[Answer, ...]) -> None:
        """Send answers."""
        self.send(Answers(answers))

    def give_deferred(self, deferred: Deferred) -> None:
        """Send what was not judged."""
        self.send(deferred)

    def give_problem(self, problem: Problem) -> None:
        """Send what cannot be used."""
        self.send(problem)

    def send(self, message: HubMessage) -> None:
        """Send a message to this client alone."""
        self.peer.write(pack(encode(message, self.form)))

    def end(self) -> None:
        """Leave every room: the connection is over."""
        self._lobby.forget(self)

    def _receive(self, message: ClientMessage, hello: Hello) -> None:
        match message:
            case Join():
                self._join(message)
            case Leave(room):
                problem = self._lobby.rounds.rooms.leave(room, self)
                if problem is not None:
                    self.send(problem)
            case Submit(entries) if self._lobby.role in WRITERS:
                self._lobby.rounds.bring(self, entries, clean(hello.name), hello.device)
            case Submit(entries):
                detail = "this hub takes entries only from its own machine; ask ops for an invitation"
                self.send(Deferred(tuple(entry.id for entry in entries), "sign_in", detail, 60.0))
            case Ping(sent):
                self.send(Pong(sent, utc_now()))
            case Hello():
                self._complain(Problem("too_late", "this link has said hello already"))

    def _greet(self, message: ClientMessage) -> None:
        if not isinstance(message, Hello):
            self._complain(Problem("too_early", "say hello first"))
            return
        if message.protocol != PROTOCOL:
            detail = (
                f"this hub speaks protocol {PROTOCOL}, not {message.protocol}; update the older of the two"
            )
            self.send(Problem("protocol", detail))
            self.peer.close(CLOSE_PROTOCOL, detail)
            return
        self._hello = message
        lobby = self._lobby
        lobby.links.add(self)
        self.send(
            Welcome(
                hub=lobby.hub,
                session=self.session,
                heartbeat=HEARTBEAT,
                at=utc_now(),
                tournaments=lobby.rounds.rooms.listings(),
                role=lobby.role,
                version=lobby.version,
            )
        )
        logger.info("%s: %s on %s", self.session, clean(message.name), clean(message.device))

    def _join(self, join: Join) -> None:
        rounds = self._lobby.rounds
        answered = rounds.rooms.join(join, rounds.answers(join.unanswered), self)
        match answered:
            case Snapshot(state=state):
                room = rounds.rooms.room(state.id)
                if room is not None and room.is_behind(join.position):
                    logger.warning("%s: a client knows more of %s than this log", self.session, room.id)
                self.peer.write(self._lobby.snapshot(answered, self.form))
            case _:
                self.send(answered)

    def _complain(self, problem: Problem) -> None:
        """Tell the client that it breaks the protocol; end a link that goes on with it."""
        self.send(problem)
        self._breaches += 1
        if self._breaches >= MAX_BREACHES:
            self.peer.close(CLOSE_PROTOCOL, "too many messages that cannot be used")


def broadcast(links: Iterable[Link], message: HubMessage) -> None:
    """Send a message to many links, encoded once a codec."""
    packed: dict[Format, Packed] = {}
    for link in links:
        ready = packed.get(link.form)
        if ready is None:
            ready = packed[link.form] = pack(encode(message, link.form))
        link.peer.write(ready)
