"""One client's link: what its messages mean, from `Hello` to the end, and everything that is written to it.

The link reads in its own task; writing never waits, the bound is in the protocol below. What a client does
wrong is told to it as a `Problem` and costs it its link only when it goes on and on.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import uuid4

from core.domain.ids import DeviceId
from core.domain.text import clean
from core.errors import WireError
from core.hub.door.access import READER, Pass
from core.hub.door.door import Stopped, Visitor
from core.hub.door.intake import take_in
from core.hub.judging.gate import Gate
from core.hub.lobby import HEARTBEAT, Lobby
from core.hub.log.rounds import utc_now
from core.hub.log.testimony import take_testimony
from core.hub.protocol import pack
from core.wire.codec import Format, Frame, decode_client, encode
from core.wire.messages import (
    CLOSE_GOING_AWAY,
    CLOSE_PROTOCOL,
    CLOSE_SIGN_IN,
    PROTOCOL,
    Answers,
    ClientMessage,
    Deferred,
    Goodbye,
    Hello,
    HubMessage,
    Join,
    Leave,
    Ping,
    Pong,
    Problem,
    Snapshot,
    Submit,
    Welcome,
)
from core.wire.offers import Bring, Offer, Want
from core.wire.presence import Here, Who

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.answers import Answer
    from core.domain.commands import Entry
    from core.hub.door.limits import Limiter
    from core.hub.protocol import Packed

logger = logging.getLogger(__name__)

HELLO_DEADLINE = 10.0
"""Seconds from the handshake to `Hello`."""
MAX_BREACHES = 10
"""Breaches of the protocol after which a link is closed."""


class Peer(Protocol):
    """A client's connection: a WebSocket, or a session of polls."""

    kind: Literal["websocket", "poll"]
    heard_at: float
    """Loop time of the newest sign of life."""
    fell_behind: bool
    """Whether it was ended for what it left unread."""
    lost: asyncio.Event
    """Set when the connection is over."""

    @property
    def unread_bytes(self) -> int:
        """What waits for the client."""
        ...

    def write(self, packed: Packed) -> None:
        """Write a message without waiting."""
        ...

    def ping(self) -> None:
        """Ask for a sign of life."""
        ...

    def close(self, code: int, reason: str) -> None:
        """End the connection with a reason."""
        ...

    def abort(self) -> None:
        """End the connection at once."""
        ...


class Link:
    """One client.

    Args:
        lobby: the others, and the hub.
        peer: its connection.
        form: how its frames are written.
        visitor: where it comes from.
    """

    def __init__(self, lobby: Lobby, peer: Peer, form: Format, visitor: Visitor) -> None:
        self.peer = peer
        self.form = form
        self.gate = Gate()
        self.session = uuid4().hex[:12]
        self.visitor = visitor
        self.pass_: Pass = READER
        """What its client may do; counts from `Hello` on."""
        self.idle_since: datetime | None = None
        """Since when nobody is at the client's keys; `None` while somebody is."""
        self.who = Who(DeviceId(""), "")
        """The client's device and the person at it; known from `Hello` on."""
        self._lobby = lobby
        self._hello: Hello | None = None
        self._breaches = 0
        self._sent_away = False

    @property
    def greeted(self) -> bool:
        """Whether the client has said who it is."""
        return self._hello is not None

    def receive_frame(self, frame: Frame) -> None:
        """Take one frame of the client's."""
        if self._sent_away:
            return
        if self._must_go(self._lobby.door.frames, "too many messages at a time"):
            # Once it has been told: what it goes on sending would be read until its own close comes.
            asyncio.get_running_loop().call_soon(self.peer.abort)
            return
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

    def give_want(self, want: Want) -> None:
        """Send what the hub lacks of an older epoch."""
        self.send(want)

    def send(self, message: HubMessage) -> None:
        """Send a message to this client alone."""
        self.peer.write(pack(encode(message, self.form)))

    def end(self, *, clean: bool = False) -> None:
        """Leave every room: the connection is over, by the client's own word if `clean`."""
        if self.peer.fell_behind:
            self._lobby.rounds.figures.slow_readers[self.peer.kind] += 1
        self._lobby.forget(self, clean=clean)

    def _receive(self, message: ClientMessage, hello: Hello) -> None:
        match message:
            case Join():
                self._join(message, hello)
            case Leave(room):
                problem = self._lobby.members.leave(room, self, asyncio.get_running_loop().time())
                if problem is not None:
                    self.send(problem)
            case Here(idle):
                self.idle_since = (self.idle_since or utc_now()) if idle else None
                self._lobby.members.receive_idle(self)
            case Offer() | Bring():
                self._recall(message, hello)
            case Submit(entries):
                self._submit(entries, hello)
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
        lobby = self._lobby
        visitor = replace(self.visitor, token=message.token or self.visitor.token)
        admitted = lobby.door.admit(visitor, utc_now())
        if isinstance(admitted, Stopped):
            self.send(Problem("sign_in", admitted.reason))
            self.peer.close(CLOSE_SIGN_IN, admitted.reason)
            return
        self._hello = message
        self.pass_ = admitted
        self.who = Who(message.device, admitted.name or message.name)
        lobby.links.add(self)
        self.send(
            Welcome(
                hub=lobby.hub,
                session=self.session,
                heartbeat=HEARTBEAT,
                at=utc_now(),
                tournaments=lobby.listings(admitted),
                role=admitted.role,
                team=admitted.team,
                version=lobby.version,
                name=admitted.name,
                standing=admitted.standing,
            )
        )
        logger.info("%s: %s on %s", self.session, clean(message.name), clean(message.device))

    def renew(self, pass_: Pass) -> None:
        """Take today's pass of this client; one that is good no more has it come again, and read nothing."""
        if pass_ is self.pass_:
            return
        self.pass_ = pass_
        self._dismiss(Goodbye(f"this sign-in is {pass_.standing}; ask ops for a join code"))

    def _submit(self, entries: tuple[Entry, ...], hello: Hello) -> None:
        lobby = self._lobby
        name, now = clean(hello.name), asyncio.get_running_loop().time()
        take_in(lobby.door, lobby.rounds, self, self.visitor, entries, name, hello.device, now)

    def _recall(self, message: Offer | Bring, hello: Hello) -> None:
        name = self.pass_.name or clean(hello.name)
        take_testimony(self._lobby.rounds, self, message, name, hello.device)

    def _join(self, join: Join, hello: Hello) -> None:
        lobby, rounds, now = self._lobby, self._lobby.rounds, asyncio.get_running_loop().time()
        if self._must_go(lobby.door.joins, "too many joins at a time"):
            return
        welcome = lobby.members.join(join, rounds.answers(join.unanswered), self, now, utc_now())
        match welcome:
            case Snapshot(state=state):
                room = rounds.rooms.room(state.id)
                position = join.position
                if position and room is not None and room.id == join.room and room.contradicts(position):
                    logger.warning("%s: a client has seen of %s what this log lacks", self.session, room.id)
                    self._recall(Offer(state.id, position), hello)
                self.peer.write(lobby.snapshot(welcome, self.form))
            case _:
                self.send(welcome)

    def _must_go(self, limit: Limiter, reason: str) -> bool:
        """Count something against the client; one that goes past the limit comes back later, and recovers.

        Neither a join nor a ping has an answer that says "later".
        """
        if self._lobby.door.trusts(self.visitor):
            return False
        wait = limit.take(self.session, asyncio.get_running_loop().time())
        if wait:
            self._dismiss(Goodbye(reason, wait))
        return wait > 0

    def _dismiss(self, goodbye: Goodbye) -> None:
        """Have the client go, and read nothing more."""
        self._sent_away = True
        self._lobby.members.forget(self, asyncio.get_running_loop().time(), clean=True)
        self.send(goodbye)
        self.peer.close(CLOSE_GOING_AWAY, goodbye.reason)

    def _complain(self, problem: Problem) -> None:
        """Tell the client that it breaks the protocol; end a link that goes on with it."""
        self.send(problem)
        self._breaches += 1
        if self._breaches >= MAX_BREACHES:
            self.peer.close(CLOSE_PROTOCOL, "too many messages that cannot be used")
