"""How long 1,000 clients take to be back after their hub was killed with -9, once they dial again.

The time from the first dial to the last client that has what it missed, against the time in which a bare
websockets server takes 1,000 handshakes that come at once. The hub starts again on its folder before they
dial; how long that took is told apart.
"""

from __future__ import annotations

import asyncio
import gc
from time import perf_counter
from typing import TYPE_CHECKING

import uvloop

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures
from tests.benchmarks.crowd import Device, Subscriber, begin, plan
from tests.benchmarks.fanout import START_UP
from tests.benchmarks.frames import connect
from tests.benchmarks.servers import MortalHub, peer

if TYPE_CHECKING:
    from tests.benchmarks.frames import Client

CLIENTS = 1_000
EVENTS = 500
"""Entered before the hub is killed, so that there is a log to start from."""
MISSED = 20
"""Of them, those that the clients have not seen."""


def run_courtside() -> Figures:
    """Kill a hub under its clients, start it again, and have them come back."""
    with MortalHub() as hub:
        gc.collect()
        return uvloop.run(_courtside(hub))


async def _courtside(hub: MortalHub) -> Figures:
    await begin(hub.port)
    scorer = Device("scorer", plan().fixtures)
    await scorer.open(hub.port)
    scorer.score(EVENTS - MISSED)
    await scorer.settled()
    clients = [Subscriber(number) for number in range(CLIENTS)]
    for client in clients:
        await client.open(hub.port)
    seen = clients[0].last_seq
    hub.kill()
    began = perf_counter()
    hub.start()
    start_up = perf_counter() - began
    await scorer.open(hub.port)
    scorer.score(MISSED)
    await scorer.settled()
    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.come_back(hub.port))
    seconds = perf_counter() - began
    if any(client.last_seq <= seen or client.failure for client in clients):
        raise RuntimeError("not everybody has what was missed")
    for client in clients:
        client.close()
    scorer.close()
    return {"seconds": seconds, "clients a second": CLIENTS / seconds, "hub's start ms": 1000 * start_up}


def run_websockets() -> Figures:
    """Shake hands with as many at once."""
    with peer("websockets_hub", str(CLIENTS + 1)) as port:
        gc.collect()
        seconds = uvloop.run(_shake(port))
        return {"seconds": seconds, "clients a second": CLIENTS / seconds}


async def _shake(port: int) -> float:
    async def shake() -> Client:
        return await connect(port, "/", lambda *_: None)

    began = perf_counter()
    async with asyncio.timeout(START_UP), asyncio.TaskGroup() as group:
        tasks = [group.create_task(shake()) for _ in range(CLIENTS)]
    seconds = perf_counter() - began
    for task in tasks:
        task.result().abort()
    return seconds


BENCHMARK = Benchmark(
    "recovery",
    f"seconds until {CLIENTS:,} clients are back with what they missed, all at once, lower is better",
    (
        Contestant(OURS, ("courtside", "uvicorn", "uvloop", "msgspec"), run_courtside),
        Contestant("websockets handshakes", ("websockets", "uvloop"), run_websockets, aim=3, at_most=True),
    ),
)
