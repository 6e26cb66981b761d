"""The network between one device of the demo and the hub, with a switch.

Forwards connections to the hub's port from a port of its own, so that a device goes offline as in a hall: its
link dies, and nothing answers until the network is back. Guarantees that nothing passes while it is down.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

_CHUNK_BYTES = 65_536


class Wifi:
    """A network that is up from its beginning; open while the context lasts.

    Args:
        hub: the hub's address (`ws://HOST:PORT`).
    """

    def __init__(self, hub: str) -> None:
        parts = urlsplit(hub)
        self._hub = parts.hostname or "127.0.0.1", parts.port or 80
        self._up = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The hub's address in this network."""
        assert self._server is not None  # asked for inside the context only
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.down()

    def down(self) -> None:
        """Cut every connection, and let none through from now on."""
        self._up = False
        for writer in self._writers:
            writer.transport.abort()

    def up(self) -> None:
        """Let connections through again."""
        self._up = True

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours = {writer}
        try:
            if self._up:
                far_reader, far_writer = await asyncio.open_connection(*self._hub)
                ours.add(far_writer)
                self._writers |= ours
                if self._up:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(_pump(reader, far_writer))
                        group.create_task(_pump(far_reader, writer))
        except OSError:
            # The hub is gone: so is its network, to whoever asks.
            pass
        finally:
            self._writers -= ours
            for one in ours:
                one.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until either side ends."""
    try:
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        # Cut, or the other side has left: the end of this connection in either case.
        return
    finally:
        writer.close()
