"""One WebSocket's bytes: a bounded buffer, an end that comes, and frames that are built once.

A subclass of uvicorn's WebSocket protocol (0.54) that mends what it lacks: a handshake that fails is answered
by a problem, a peer that reads nothing is aborted and cannot hold up a close, one that only asks for signs of
life is let go, and a frame that goes to many is built once and written as it is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame as SocketFrame
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from core.hub.connection import seats
from core.hub.door.access import is_near
from core.hub.door.limits import Limiter, Rate
from core.hub.unread import Unread
from core.hub.web.problem import PROBLEM_TYPE, problem_body
from core.wire.messages import CLOSE_TOO_LARGE

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
    from websockets.http11 import Request, Response
    from websockets.typing import StatusLike

    from core.wire.codec import Frame

CLOSE_DEADLINE = 2.0
"""Seconds that a peer may take to read the end and close, before its connection is aborted."""
MAX_BUFFER_BYTES = 8 << 20
"""What a peer may leave unread before it is aborted: it comes back and recovers by its position."""
TURN = 8
"""Messages of one peer after which it is the turn of the others, if many came together."""
SLICE = 16 << 10
"""Bytes that are looked at before it is known whether the connection goes on."""
MAX_LATE_BYTES = 1 << 20
"""What a peer may send on before it reads that the connection is closed."""
MAX_FRAGMENTS = 1_000
"""Frames that one message may be cut into (RFC 6455, section 5.4); it is bounded in bytes, too."""
CLOSE_NOT_TEXT = 1007
"""RFC 6455, section 7.4.1: a text message was not UTF-8."""
MAX_FRAME_BYTES = 4 << 20
"""Largest frame that is read at all; past it the connection ends with 1009."""
PINGS = Rate(per_second=10, burst=100)
"""Signs of life that one peer may ask for."""
PING = SocketFrame(Opcode.PING, b"").serialize(mask=False)


UNREAD = Unread(512 << 20)
"""What all peers of this process's hub may leave unread together."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A message ready to be written to any number of peers."""

    payload: bytes
    text: bool
    frame: bytes
    """The payload as one unmasked, uncompressed frame (RFC 6455, section 5.2)."""


def pack(frame: Frame) -> Packed:
    """Make an encoded message ready to be written."""
    text = isinstance(frame, str)
    payload = frame.encode() if isinstance(frame, str) else frame
    opcode = Opcode.TEXT if text else Opcode.BINARY
    return Packed(payload, text, SocketFrame(opcode, payload).serialize(mask=False))


class Handshake(ServerProtocol):
    """RFC 6455 as the library has it, whose refusals are problems."""

    def reject(self, status: StatusLike, text: str) -> Response:
        """Refuse a handshake, saying why."""
        response = super().reject(status, "")
        response.body = problem_body(HTTPStatus(status), " ".join(text.split()))
        for name, value in (("Content-Length", str(len(response.body))), ("Content-Type", PROBLEM_TYPE)):
            del response.headers[name]
            response.headers[name] = value
        return response


class SocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that the hub writes to without waiting; the scope's state has it as `peer`."""

    _killer: asyncio.TimerHandle | None = None
    _allowed_bytes = MAX_BUFFER_BYTES
    kind: Literal["websocket", "poll"] = "websocket"
    heard_at = 0.0
    """Loop time of the newest bytes from the peer."""
    fell_behind = False
    """Whether it was aborted for what it left unread."""
    compresses_near = False
    """Whether frames are compressed on loopback and private networks, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        extensions = self.conn.available_extensions
        self.conn = Handshake(extensions=extensions, max_size=MAX_FRAME_BYTES, logger=self.logger)
        self._pings = Limiter(PINGS)
        self._late_bytes = 0
        self._turn = 0
        self._aborted = False

    @property
    def unread_bytes(self) -> int:
        """What was written and has not left this machine."""
        return self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a seat, and choose compression by distance: near, it costs more than it saves."""
        super().connection_made(transport)
        self._seat = self.client[0] if self.client else ""
        seats().take(self._seat)
        self.lost = asyncio.Event()
        """Set when the connection is over, read to its end or not."""
        self.heard_at = self.loop.time()
        if not self.compresses_near and self.client is not None and is_near(self.client[0]):
            self.conn.available_extensions = []

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers, give the seat back and say that it is over."""
        self.lost.set()
        seats().leave(self._seat)
        if self._killer is not None:
            self._killer.cancel()
            self._killer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; what ends the connection ends it within the deadline, read or not."""
        self.heard_at = self.loop.time()
        if self.close_sent:
            self._late_bytes += len(data)
            if self._late_bytes > MAX_LATE_BYTES:
                self.abort()
        for start in range(0, len(data), SLICE):
            if self.transport.is_closing():
                break
            super().data_received(data[start : start + SLICE])
        if len(data) > SLICE and not self.read_paused and not self.transport.is_closing():
            # The loop reads on from a peer that has more as long as it may: the others come first.
            self.transport.pause_reading()
            self.loop.call_soon(self._read_on)
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            # The base class leaves it at that when it cannot even read the request.
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
        if self.transport.is_closing():
            self._kill_soon()

    def _read_on(self) -> None:
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def handle_cont(self, event: SocketFrame) -> None:
        """Add a fragment, unless a message is cut into more than anybody needs."""
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self.conn.fail(CLOSE_TOO_LARGE, "too many fragments")
            self.handle_parser_exception()

    def handle_connect(self, event: Request) -> None:
        """Show this peer to the application."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["state"]["peer"] = self

    def handle_ping(self) -> None:
        """Answer, unless the peer does nothing else: its pings pass by every other bound."""
        if self._pings.take("", self.loop.time()):
            self.abort()
        else:
            super().handle_ping()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; text that is none ends the connection (RFC 6455, section 8.1)."""
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self.frames = []
            self.conn.send_close(CLOSE_NOT_TEXT)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    async def receive(self) -> ASGIReceiveEvent:
        """Return what came next; what is left of a peer that was aborted asks for nothing any more."""
        self._turn += 1
        if self._turn % TURN == 0:
            await asyncio.sleep(0)
        message = await super().receive()
        while self._aborted and message["type"] == "websocket.receive":
            message = await super().receive()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        """Know that a refusal ends the handshake too, where the base class would log an error."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            # Nobody asks for them any more, and they are a good part of what a quiet connection would keep.
            self.request.headers.clear()
            self.response.headers.clear()
            self.scope["headers"] = []
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True

    def shutdown(self) -> None:
        """End at once: the hub has said goodbye and waited before it stops the server."""
        self.transport.abort()

    def write(self, packed: Packed) -> None:
        """Write a message, or abort a peer that has left too much unread."""
        if self.close_sent or self.conn.state is not State.OPEN or self.transport.is_closing():
            return
        unread = self.transport.get_write_buffer_size()
        if unread > self._allowed_bytes:
            self.fall_behind()
            return
        # One message alone may be above the bound; then that much may be unread.
        self._allowed_bytes = max(self._allowed_bytes, MAX_BUFFER_BYTES + len(packed.payload))
        if self.conn.extensions:
            (self.conn.send_text if packed.text else self.conn.send_binary)(packed.payload)
            self.transport.write(b"".join(self.conn.data_to_send()))
        else:
            self.transport.write(packed.frame)
        if unread:
            UNREAD.note(self, len(packed.payload))

    def fall_behind(self) -> None:
        """End at once, for what is left unread."""
        self.logger.warning("aborted a reader with %d bytes unread", self.unread_bytes)
        self.fell_behind = True
        self.abort()

    def ping(self) -> None:
        """Ask the peer's WebSocket for a sign of life; every implementation answers by itself."""
        if not self.close_sent and self.conn.state is State.OPEN and not self.transport.is_closing():
            self.transport.write(PING)

    def close(self, code: int, reason: str) -> None:
        """Close with a reason; a peer that does not answer in time is aborted."""
        if not self.close_sent and self.conn.state is State.OPEN and not self.transport.is_closing():
            self.conn.send_close(code, reason[:100])
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
            if self.read_paused:
                self.read_paused = False
                self.transport.resume_reading()
            # Known to the base class: it then waits for the peer's own close before it ends the connection.
            self.close_timer = self.loop.call_later(CLOSE_DEADLINE, self.transport.abort)
        else:
            self._kill_soon()

    def abort(self) -> None:
        """End at once; the peer sees 1006."""
        self._aborted = True
        self.transport.abort()

    def _kill_soon(self) -> None:
        if self._killer is None:
            self._killer = self.loop.call_later(CLOSE_DEADLINE, self.transport.abort)


class CompressingProtocol(SocketProtocol):
    """A WebSocket whose frames are compressed whatever the distance, where the client takes part."""

    compresses_near = True
