"""A proxy that reads HTTP: it can refuse WebSocket handshakes, lose replies, or be a captive portal.

Everything else passes as it came. It looks at the first request of each connection only, which is enough for
handshakes, as no connection is used for anything before one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

PORTAL = b"<html><body>Welcome to the Grand Hotel. Enter your room number.</body></html>"


class HttpProxy(Proxy):
    """Forwards HTTP to `127.0.0.1:port`.

    Args:
        port: the hub's port.
    """

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.websockets = True
        """False: handshakes are refused with 403 by a proxy that knows no WebSocket."""
        self.portal = False
        """True: every request is answered with `portal_status` and a page."""
        self.portal_status = "200 OK"
        self.lose_replies = 0
        """So many of the next replies are thrown away, and their connections with them."""
        self.refused = 0
        """How many handshakes were refused so far."""
        self._connections: set[asyncio.Task[None]] = set()

    async def _serve(self) -> None:
        await super()._serve()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        await self._forward(reader, writer)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.transport.abort()
            return
        if self.portal:
            await _answer(writer, self.portal_status, "text/html", PORTAL)
        elif b"upgrade: websocket" in head.lower() and not self.websockets:
            self.refused += 1
            await _answer(writer, "502 Bad Gateway", "text/plain", b"this proxy knows no Upgrade")
        else:
            whole = asyncio.StreamReader()
            whole.feed_data(head)
            async with asyncio.TaskGroup() as group:
                group.create_task(_feed(reader, whole, lambda: False))
                await super()._connect(whole, writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str) -> None:
        if direction == "up":
            await super()._pump(reader, writer, direction)
            return

        def is_lost() -> bool:
            if not self.lose_replies:
                return False
            self.lose_replies -= 1
            writer.transport.abort()
            return True

        replies = asyncio.StreamReader()
        async with asyncio.TaskGroup() as group:
            group.create_task(_feed(reader, replies, is_lost))
            await super()._pump(replies, writer, direction)


async def _feed(reader: asyncio.StreamReader, onward: asyncio.StreamReader, ends: Callable[[], bool]) -> None:
    """Pass on what is read, until there is no more or `ends` says so of what came."""
    try:
        while data := await reader.read(65536):
            if ends():
                return
            onward.feed_data(data)
    except ConnectionError:
        return
    finally:
        onward.feed_eof()


async def _answer(writer: asyncio.StreamWriter, status: str, media_type: str, body: bytes) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
    await writer.drain()
    writer.close()
