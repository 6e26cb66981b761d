"""One client's link: what its messages mean, from `Hello` to the end, and everything that is written to it.

The link reads in its own task; writing never waits, the bound is in the protocol below. What a client does
wrong is told to it as a `Problem` and costs it its link only when it goes on and on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from uuid import uuid4

from core.domain.text import clean
from core.errors import WireError
from core.hub.access import WRITERS
from core.hub.gate import Gate
from core.hub.lobby import HEARTBEAT, Lobby
from core.hub.protocol import pack
from core.hub.rounds import utc_now
from core.wire.codec import Format, Frame, decode_client, encode
from core.wire.messages import (
    CLOSE_PROTOCOL,
    PROTOCOL,
    Answers,
    ClientMessage,
    Deferred,
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

if TYPE_CHECKING:
    from core.domain.answers import Answer
    from core.hub.protocol import SocketProtocol

logger = logging.getLogger(__name__)

HELLO_DEADLINE = 10.0
"""Seconds from the handshake to `Hello`."""
MAX_BREACHES = 10
"""Breaches of the protocol after which a link is closed."""


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
                if room is not None and room.contradicts(join.position):
                    logger.warning("%s: a client has seen of %s what this log lacks", self.session, room.id)
                self.peer.write(self._lobby.snapshot(answered, self.form))
            case _:
                self.send(answered)

    def _complain(self, problem: Problem) -> None:
        """Tell the client that it breaks the protocol; end a link that goes on with it."""
        self.send(problem)
        self._breaches += 1
        if self._breaches >= MAX_BREACHES:
            self.peer.close(CLOSE_PROTOCOL, "too many messages that cannot be used")
