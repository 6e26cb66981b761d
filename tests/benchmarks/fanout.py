"""Deliveries a second at 100 clients: one server process, one counting process (this one).

The peers send about 250 bytes an event, one frame each, and do nothing else. Courtside's hub is the real
one: entries come in over the ordinary WebSocket path, are judged, sequenced, made durable and sent in
batches; every subscriber is checked to get every event once and in order.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from time import perf_counter

import uvloop

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures
from tests.benchmarks.courtside_fanout import measure
from tests.benchmarks.frames import TEXT, Client, connect
from tests.benchmarks.servers import peer

CLIENTS = 100
WARM_UP = 1.0
"""Seconds before the counting begins."""
COUNTED = 4.0
"""Seconds of counting."""
START_UP = 20.0
"""Seconds that a server may take to say its port and a client to join."""

Join = Callable[[int, Callable[[], None]], Awaitable[Client]]
"""Opens one subscriber on a port; its callback is called once an event."""


async def join_websockets(port: int, count: Callable[[], None]) -> Client:
    """Subscribe to the bare broadcast: every text frame is one event."""

    def receive(client: Client, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            count()

    return await connect(port, "/", receive)


async def join_socketio(port: int, count: Callable[[], None]) -> Client:
    """Subscribe by Engine.IO 4 and Socket.IO 5.

    `0` opens, `40` connects, `2` is a ping that `3` answers, `42` is an event.
    """
    joined = asyncio.get_running_loop().create_future()

    def receive(client: Client, opcode: int, payload: bytes) -> None:
        if payload.startswith(b"42"):
            count()
        elif payload.startswith(b"2"):
            client.send(TEXT, b"3")
        elif payload.startswith(b"40"):
            joined.set_result(None)
        elif payload.startswith(b"0"):
            client.send(TEXT, b"40")

    client = await connect(port, "/socket.io/?EIO=4&transport=websocket", receive)
    await joined
    return client


async def count_deliveries(port: int, join: Join) -> float:
    """Return the deliveries a second to `CLIENTS` subscribers."""
    total = 0

    def count() -> None:
        nonlocal total
        total += 1

    async with asyncio.timeout(START_UP):
        clients = [await join(port, count) for _ in range(CLIENTS)]
    await asyncio.sleep(WARM_UP)
    before, began = total, perf_counter()
    await asyncio.sleep(COUNTED)
    rate = (total - before) / (perf_counter() - began)
    if lost := sum(client.closed for client in clients):
        raise RuntimeError(f"the server closed {lost} of {CLIENTS} subscribers while they were counted")
    for client in clients:
        client.abort()
    return rate


def measure_peer(module: str, join: Join) -> Figures:
    """Start a peer's server, count, end it."""
    with peer(module, str(CLIENTS)) as port:
        gc.collect()
        return {"deliveries a second": uvloop.run(count_deliveries(port, join))}


def run_courtside() -> Figures:
    """Count what Courtside's hub delivers."""
    return measure(CLIENTS, WARM_UP, COUNTED)


def run_websockets() -> Figures:
    """Count what bare `websockets.broadcast` delivers."""
    return measure_peer("websockets_hub", join_websockets)


def run_socketio() -> Figures:
    """Count what python-socketio's rooms deliver."""
    return measure_peer("socketio_hub", join_socketio)


BENCHMARK = Benchmark(
    "fanout",
    f"deliveries a second at {CLIENTS} clients, about 250 bytes an event, higher is better",
    (
        Contestant(OURS, ("courtside", "uvicorn", "uvloop", "msgspec"), run_courtside),
        Contestant("websockets.broadcast", ("websockets", "uvloop"), run_websockets, aim=2),
        Contestant("socketio room", ("python-socketio", "aiohttp", "uvloop"), run_socketio, aim=8),
    ),
)
