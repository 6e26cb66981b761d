"""Peer: bare picows on uvloop, one frame an event, nothing checked, numbered for good or kept.

`python -m tests.benchmarks.peers.picows_hub CLIENTS` prints its port, waits for that many clients and then
sends as fast as their sockets take it.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from picows import WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from tests.benchmarks.peers.event import as_text

BURST = 32
"""Events between two looks at the buffers."""
FULL_BYTES = 64 << 10
"""A connection's buffered bytes above which the next burst waits."""


async def main(clients: int) -> None:
    """Serve until the process is ended."""
    connections: set[WSTransport] = set()

    class Listener(WSListener):  # type: ignore[misc]  # picows has no types
        def on_ws_connected(self, transport: WSTransport) -> None:
            connections.add(transport)

        def on_ws_disconnected(self, transport: WSTransport) -> None:
            connections.discard(transport)

    def listen(_request: WSUpgradeRequest) -> Listener:
        return Listener()

    server = await ws_create_server(listen, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while len(connections) < clients:
        await asyncio.sleep(0.01)
    seq = 0
    while connections:
        for _ in range(BURST):
            seq += 1
            payload = as_text(seq).encode()
            for transport in connections:
                transport.send(WSMsgType.TEXT, payload)
        await asyncio.sleep(0)
        while any(one.underlying_transport.get_write_buffer_size() > FULL_BYTES for one in connections):
            await asyncio.sleep(0.0005)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
