"""Peer: bare `websockets.broadcast`, one frame an event, nothing checked, numbered for good or kept.

`python -m tests.benchmarks.peers.websockets_hub CLIENTS` prints its port, waits for that many clients and
then broadcasts as fast as their sockets take it.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from tests.benchmarks.peers.event import as_text

BURST = 32
"""Events between two looks at the buffers."""
FULL_BYTES = 64 << 10
"""A connection's buffered bytes above which the next burst waits."""


async def main(clients: int) -> None:
    """Serve until the process is ended."""
    connections: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    async with serve(keep, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        while len(connections) < clients:
            await asyncio.sleep(0.01)
        seq = 0
        while connections:
            for _ in range(BURST):
                seq += 1
                broadcast(connections, as_text(seq))
            await asyncio.sleep(0)
            while any(one.transport.get_write_buffer_size() > FULL_BYTES for one in connections):
                await asyncio.sleep(0.0005)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
