"""What a connection costs in memory: by how much 1,000 idle clients make a server's pages grow."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures
from tests.benchmarks.crowd import Subscriber, begin
from tests.benchmarks.frames import Client, connect
from tests.benchmarks.servers import MortalHub, peer_process

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CLIENTS = 1_000
FIRST = 50
"""Clients that come and stay before the first look, so that what is made once is not counted."""
REST = 1.0
"""Seconds after the last client until it is looked again."""


def run_courtside() -> Figures:
    """Look at a hub whose clients are in a tournament's room."""
    with MortalHub() as hub:
        return uvloop.run(_courtside(hub))


async def _courtside(hub: MortalHub) -> Figures:
    await begin(hub.port)

    async def join(number: int) -> Subscriber:
        client = Subscriber(number)
        await client.open(hub.port)
        return client

    return await _grown(hub.pid, join)


def run_websockets() -> Figures:
    """Look at a bare websockets server without compression."""
    with peer_process("websockets_hub", str(2 * CLIENTS)) as (port, pid):

        async def join(_number: int) -> Client:
            return await connect(port, "/", lambda *_: None)

        return uvloop.run(_grown(pid, join))


async def _grown(pid: int, join: Callable[[int], Awaitable[object]]) -> Figures:
    gc.collect()
    there = [await join(number) for number in range(FIRST)]
    await asyncio.sleep(REST)
    before = resident_bytes(pid)
    there += [await join(number) for number in range(FIRST, FIRST + CLIENTS)]
    await asyncio.sleep(REST)
    grown = resident_bytes(pid) - before
    assert len(there) == FIRST + CLIENTS
    return {"KiB a connection": grown / CLIENTS / 1024, "MiB in all": resident_bytes(pid) / (1 << 20)}


def resident_bytes(pid: int) -> int:
    """Return what a process has in memory (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    raise RuntimeError("the system does not tell what a process has in memory")


BENCHMARK = Benchmark(
    "memory",
    f"KiB a connection, {CLIENTS:,} idle clients in a room, lower is better",
    (
        Contestant(OURS, ("courtside", "uvicorn", "uvloop", "msgspec"), run_courtside),
        Contestant("websockets", ("websockets", "uvloop"), run_websockets, aim=2, at_most=True),
    ),
)
