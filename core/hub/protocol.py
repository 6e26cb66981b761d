"""One connection's bytes: deadlines, a bounded buffer and an end that comes.

Subclasses of uvicorn's HTTP and WebSocket protocols (0.54) that mend what it lacks: a connection that says
nothing is ended, a peer that reads nothing is aborted and cannot hold up a close, and a frame that goes to
many is built once and written as it is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame as SocketFrame
from websockets.frames import Opcode
from websockets.protocol import State

from core.hub.door.access import is_near

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent
    from websockets.http11 import Request

    from core.wire.codec import Frame

REQUEST_DEADLINE = 10.0
"""Seconds that a new connection may take to its first complete request."""
CLOSE_DEADLINE = 2.0
"""Seconds that a peer may take to read the end and close, before its connection is aborted."""
MAX_BUFFER_BYTES = 8 << 20
"""What a peer may leave unread before it is aborted: it comes back and recovers by its position."""
MAX_FRAME_BYTES = 4 << 20
"""Largest frame that is read at all; past it the connection ends with 1009."""
PING = SocketFrame(Opcode.PING, b"").serialize(mask=False)


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


class HttpProtocol(H11Protocol):
    """HTTP/1.1 with a deadline for the first request."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(REQUEST_DEADLINE, self._abort_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._disarm()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Hand over to the WebSocket protocol, which has deadlines of its own."""
        self._disarm()
        super().handle_websocket_upgrade(event)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _abort_if_silent(self) -> None:
        self._deadline = None
        if self.cycle is None:
            self.transport.abort()


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

    @property
    def unread_bytes(self) -> int:
        """What was written and has not left this machine."""
        return self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Choose compression by distance: on this machine and near it, it costs more than it saves."""
        super().connection_made(transport)
        self.lost = asyncio.Event()
        """Set when the connection is over, read to its end or not."""
        self.heard_at = self.loop.time()
        if not self.compresses_near and self.client is not None and is_near(self.client[0]):
            self.conn.available_extensions = []

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers and say that it is over."""
        self.lost.set()
        if self._killer is not None:
            self._killer.cancel()
            self._killer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; what ends the connection ends it within the deadline, read or not."""
        self.heard_at = self.loop.time()
        super().data_received(data)
        if self.transport.is_closing():
            self._kill_soon()

    def handle_connect(self, event: Request) -> None:
        """Show this peer to the application."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["state"]["peer"] = self

    async def send(self, message: ASGISendEvent) -> None:
        """Know that a refusal ends the handshake too, where the base class would log an error."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True

    def shutdown(self) -> None:
        """End at once: the hub has said goodbye and waited before it stops the server."""
        self.transport.abort()

    def write(self, packed: Packed) -> None:
        """Write a message, or abort a peer that has left too much unread."""
        if self.close_sent or self.conn.state is not State.OPEN or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > self._allowed_bytes:
            self.logger.warning("aborted a reader with %d bytes unread", self._allowed_bytes)
            self.fell_behind = True
            self.transport.abort()
            return
        # One message alone may be above the bound; then that much may be unread.
        self._allowed_bytes = max(self._allowed_bytes, MAX_BUFFER_BYTES + len(packed.payload))
        if self.conn.extensions:
            (self.conn.send_text if packed.text else self.conn.send_binary)(packed.payload)
            self.transport.write(b"".join(self.conn.data_to_send()))
        else:
            self.transport.write(packed.frame)

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
        self.transport.abort()

    def _kill_soon(self) -> None:
        if self._killer is None:
            self._killer = self.loop.call_later(CLOSE_DEADLINE, self.transport.abort)


class CompressingProtocol(SocketProtocol):
    """A WebSocket whose frames are compressed whatever the distance, where the client takes part."""

    compresses_near = True
