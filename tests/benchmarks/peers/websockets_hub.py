"""Peer: bare `websockets.broadcast`, one frame an event, nothing checked, numbered for good or kept.

`python -m tests.benchmarks.peers.websockets_hub CLIENTS [RATE]` prints its port, waits for that many clients
and then broadcasts as fast as their sockets take it, or RATE events a second that say when they were sent.
"""

from __future__ import annotations

import asyncio
import sys
from time import monotonic

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from tests.benchmarks.peers.event import as_text, as_text_sent

BURST = 32
"""Events between two looks at the buffers."""
FULL_BYTES = 64 << 10
"""A connection's buffered bytes above which the next burst waits."""


async def main(clients: int, rate: float | None) -> None:
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
        if rate is not None:
            await send_steadily(connections, rate)
        seq = 0
        while connections:
            for _ in range(BURST):
                seq += 1
                broadcast(connections, as_text(seq))
            await asyncio.sleep(0)
            while any(one.transport.get_write_buffer_size() > FULL_BYTES for one in connections):
                await asyncio.sleep(0.0005)


async def send_steadily(connections: set[ServerConnection], rate: float) -> None:
    """Broadcast so many events a second while anybody is there."""
    seq, began = 0, monotonic()
    while connections:
        while seq < (monotonic() - began) * rate:
            seq += 1
            broadcast(connections, as_text_sent(seq, monotonic()))
        await asyncio.sleep(0.001)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else None))
