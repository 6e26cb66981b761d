"""A bare WebSocket client for counting: little work a frame, so that the server is what is measured.

It takes unfragmented frames of a server that it trusts (RFC 6455, section 5.2) and is no example for
anything else.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

Receive = Callable[["Client", int, bytes], None]
"""Called with the client, the frame's opcode and its payload."""


class Client(asyncio.Protocol):
    """One connection, from its handshake to its end."""

    def __init__(self, request: bytes, receive: Receive) -> None:
        self._request = request
        self._receive = receive
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, not a check: uvloop's transports inherit from none of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        position = 0 if self.open.done() else self._take_handshake(data)
        self._rest = data[self._take_frames(data, position) :]

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.open.done():
            self.open.set_exception(ConnectionError("the server closed during the handshake"))

    def send(self, opcode: int, payload: bytes) -> None:
        """Send one frame. Its mask is all zero: on loopback there is no proxy to confuse."""
        length = len(payload)
        if length < 126:
            head = bytes((0x80 | opcode, 0x80 | length))
        elif length < 1 << 16:
            head = bytes((0x80 | opcode, 0xFE)) + length.to_bytes(2, "big")
        else:
            head = bytes((0x80 | opcode, 0xFF)) + length.to_bytes(8, "big")
        assert self._transport is not None
        self._transport.write(head + bytes(4) + payload)

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _take_handshake(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        status = data[: data.find(b"\r\n")].decode("latin-1")
        if " 101 " in status:
            self.open.set_result(None)
        else:
            self.open.set_exception(ConnectionError(f"the server answered {status}"))
        return end + 4

    def _take_frames(self, data: bytes, position: int) -> int:
        """Hand on every complete frame from `position` on and return where the rest begins."""
        if not self.open.done():
            return position
        end = len(data)
        while end - position >= 2:
            length = data[position + 1] & 127
            start = position + 2
            if length > 125:
                start += 2 if length == 126 else 8
                if start > end:
                    break
                length = int.from_bytes(data[position + 2 : start], "big")
            if end - start < length:
                break
            opcode = data[position] & 15
            position = start + length
            if opcode == PING:
                self.send(PONG, data[start:position])
            else:
                self._receive(self, opcode, data[start:position])
        return position


async def connect(port: int, path: str, receive: Receive, subprotocol: str | None = None) -> Client:
    """Open a connection to 127.0.0.1 and return it after its handshake."""
    offered = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{offered}\r\n"
    )
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: Client(request.encode(), receive), "127.0.0.1", port
    )
    await client.open
    return client
