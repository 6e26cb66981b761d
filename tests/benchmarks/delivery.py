"""How long a delivery takes under load: from the key press to a subscriber, its 99th percentile.

Two loads: half of what saturates the weaker of Courtside and bare `websockets.broadcast`, the same for both,
and half of what saturates Courtside alone. What saturates is measured first, once a run. Courtside's time is
the whole way: entered, judged, durable, sent; the peer's is that of its frame alone.
"""

from __future__ import annotations

import asyncio
import gc
from functools import cache, partial
from statistics import quantiles
from time import monotonic

import msgspec
import uvloop

from tests.benchmarks.contest import OURS, Benchmark, Contestant, Figures, note
from tests.benchmarks.courtside_fanout import measure, score_steadily
from tests.benchmarks.crowd import begin, gather_scorers, gather_subscribers
from tests.benchmarks.fanout import CLIENTS, COUNTED, START_UP, WARM_UP, join_bare, run_peer
from tests.benchmarks.frames import TEXT, Client, connect
from tests.benchmarks.servers import hub, peer, port_of

TIMED = 10
"""Subscribers that measure; the others only count, so that measuring costs little."""
SENT = b'{"sent":'


class Sent(msgspec.Struct):
    """When a peer sent an event."""

    sent: float


_sent = msgspec.json.Decoder(Sent)


@cache
def saturation(clients: int) -> tuple[float, float]:
    """Return the events a second that saturate Courtside, and those that saturate the peer."""
    ours = measure(clients, WARM_UP, COUNTED)["events a second"]
    theirs = run_peer("websockets_hub", join_bare, clients)["deliveries a second"] / clients
    note(f"saturated at {clients:,} clients: courtside {ours:,.0f} events/s, websockets {theirs:,.0f}")
    return ours, theirs


def run_courtside(clients: int, *, own: bool) -> Figures:
    """Measure Courtside at half of its own saturation, or at the load that both can carry."""
    ours, theirs = saturation(clients)
    with hub() as url:
        gc.collect()
        return uvloop.run(_courtside(port_of(url), clients, (ours if own else min(ours, theirs)) / 2))


async def _courtside(port: int, clients: int, rate: float) -> Figures:
    await begin(port)
    subscribers, devices = await gather_subscribers(port, clients, TIMED), await gather_scorers(port)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(score_steadily(devices, rate, stop))
        await asyncio.sleep(WARM_UP)
        for subscriber in subscribers:
            subscriber.delays.clear()
        await asyncio.sleep(COUNTED)
        stop.set()
    delays = [delay for subscriber in subscribers for delay in subscriber.delays]
    if failures := [one.failure for one in subscribers if one.failure]:
        raise RuntimeError(f"{len(failures)} subscribers lost count, the first: {failures[0]}")
    for subscriber in subscribers:
        subscriber.close()
    for device in devices:
        device.close()
    return _figures(delays, rate)


def run_websockets(clients: int) -> Figures:
    """Measure the peer at the load that both can carry."""
    rate = min(saturation(clients)) / 2
    with peer("websockets_hub", str(clients), str(rate)) as port:
        gc.collect()
        return _figures(uvloop.run(_websockets(port, clients)), rate)


async def _websockets(port: int, clients: int) -> list[float]:
    delays: list[float] = []

    def time(_client: Client, opcode: int, payload: bytes) -> None:
        if opcode == TEXT and payload.startswith(SENT):
            delays.append(monotonic() - _sent.decode(payload).sent)

    def count(_client: Client, _opcode: int, _payload: bytes) -> None:
        pass

    async with asyncio.timeout(START_UP):
        joined = [await connect(port, "/", time if number < TIMED else count) for number in range(clients)]
    await asyncio.sleep(WARM_UP)
    delays.clear()
    await asyncio.sleep(COUNTED)
    for client in joined:
        client.abort()
    return delays


def _figures(delays: list[float], rate: float) -> Figures:
    hundredths = quantiles(delays, n=100)
    return {
        "p99 ms": 1000 * hundredths[98],
        "p50 ms": 1000 * hundredths[49],
        "events a second": rate,
    }


def benchmark(clients: int) -> Benchmark:
    """Return the contest at so many clients."""
    ours, theirs = ("courtside", "uvicorn", "uvloop", "msgspec"), ("websockets", "uvloop")
    return Benchmark(
        f"delivery-{clients}",
        f"milliseconds from entry to subscriber, {clients:,} clients at half of saturation, lower is better",
        (
            Contestant(OURS, ours, partial(run_courtside, clients, own=False)),
            Contestant("websockets.broadcast", theirs, partial(run_websockets, clients), at_most=True),
            Contestant("courtside, half of its own", ours, partial(run_courtside, clients, own=True)),
        ),
    )


BENCHMARKS = tuple(benchmark(clients) for clients in CLIENTS)
