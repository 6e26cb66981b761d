"""Deliveries a second at 100 and at 1,000 clients: one server process, one counting process (this one).

The peers send about 250 bytes an event, one frame each, and do nothing else. Courtside's hub is the real
one: entries come in over the ordinary WebSocket path, are judged, sequenced, made durable and sent in
batches; every subscriber is checked to get every event once and in order.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter

import uvloop

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures
from tests.benchmarks.courtside_fanout import measure
from tests.benchmarks.frames import TEXT, Client, connect
from tests.benchmarks.servers import peer

CLIENTS = (100, 1_000)
WARM_UP = 1.0
"""Seconds before the counting begins."""
COUNTED = 4.0
"""Seconds of counting."""
START_UP = 20.0
"""Seconds that a server may take to say its port and a client to join."""

Join = Callable[[int, Callable[[], None]], Awaitable[Client]]
"""Opens one subscriber on a port; its callback is called once an event."""


async def join_bare(port: int, count: Callable[[], None]) -> Client:
    """Subscribe by connecting: every text frame is one event."""

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


async def count_deliveries(port: int, join: Join, clients: int) -> float:
    """Return the deliveries a second to so many subscribers."""
    total = 0

    def count() -> None:
        nonlocal total
        total += 1

    async with asyncio.timeout(START_UP):
        joined = [await join(port, count) for _ in range(clients)]
    await asyncio.sleep(WARM_UP)
    before, began = total, perf_counter()
    await asyncio.sleep(COUNTED)
    rate = (total - before) / (perf_counter() - began)
    if lost := sum(client.closed for client in joined):
        raise RuntimeError(f"the server closed {lost} of {clients} subscribers while they were counted")
    for client in joined:
        client.abort()
    return rate


def run_peer(module: str, join: Join, clients: int) -> Figures:
    """Start a peer's server, count, end it."""
    with peer(module, str(clients)) as port:
        gc.collect()
        return {"deliveries a second": uvloop.run(count_deliveries(port, join, clients))}


def run_courtside(clients: int) -> Figures:
    """Count what Courtside's hub delivers."""
    return measure(clients, WARM_UP, COUNTED)


def benchmark(clients: int) -> Benchmark:
    """Return the contest at so many clients."""

    def against(name: str, packages: tuple[str, ...], module: str, join: Join, aim: float) -> Contestant:
        return Contestant(name, (*packages, "uvloop"), partial(run_peer, module, join, clients), aim)

    ours = ("courtside", "uvicorn", "uvloop", "msgspec")
    return Benchmark(
        f"fanout-{clients}",
        f"deliveries a second at {clients:,} clients, about 250 bytes an event, higher is better",
        (
            Contestant(OURS, ours, partial(run_courtside, clients)),
            against("websockets.broadcast", ("websockets",), "websockets_hub", join_bare, 2),
            against("socketio room", ("python-socketio", "aiohttp"), "socketio_hub", join_socketio, 8),
            against("bare picows", ("picows",), "picows_hub", join_bare, 1),
        ),
    )


BENCHMARKS = tuple(benchmark(clients) for clients in CLIENTS)
