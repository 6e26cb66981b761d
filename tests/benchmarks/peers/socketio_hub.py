"""Peer: python-socketio, one room, on aiohttp and uvloop.

`python -m tests.benchmarks.peers.socketio_hub CLIENTS` prints its port, waits for that many clients in
the room and then emits as fast as their queues are emptied.
"""

from __future__ import annotations

import asyncio
import sys

import socketio
import uvloop
from aiohttp import web

from tests.benchmarks.peers.event import as_value

ROOM = "tournament"
FULL = 64
"""A client's queued packets above which the next event waits."""


async def main(clients: int) -> None:
    """Serve until the process is ended."""
    server = socketio.AsyncServer(async_mode="aiohttp", http_compression=False)
    members: set[str] = set()

    async def connect(sid: str, environ: dict[str, object], auth: object = None) -> None:
        await server.enter_room(sid, ROOM)
        members.add(sid)

    server.on("connect", connect)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    while len(members) < clients:
        await asyncio.sleep(0.01)
    seq = 0
    while server.eio.sockets:
        seq += 1
        await server.emit("score", as_value(seq), room=ROOM)
        await asyncio.sleep(0)
        while any(one.queue.qsize() > FULL for one in server.eio.sockets.values()):
            await asyncio.sleep(0.0005)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
