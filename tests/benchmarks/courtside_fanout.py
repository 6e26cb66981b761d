"""Courtside's side of `fanout`: the whole hub path, as fast as 20 scorers get their answers."""

from __future__ import annotations

import asyncio
import gc
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import uvloop

from tests.benchmarks.crowd import Device, Subscriber, begin, gather_scorers, gather_subscribers
from tests.benchmarks.servers import hub, port_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.contest import Figures

WINDOW = 8
"""Unanswered entries of a scorer, each sent in a frame of its own; wider windows make larger batches."""


def measure(clients: int, warm_up: float, counted: float) -> Figures:
    """Start a hub, score without rest, count what the subscribers get, end the hub.

    Args:
        clients: subscribers of the tournament.
        warm_up: seconds before the counting begins.
        counted: seconds of counting.
    """
    with hub() as url:
        gc.collect()
        return uvloop.run(_measure(port_of(url), clients, warm_up, counted))


async def _measure(port: int, clients: int, warm_up: float, counted: float) -> Figures:
    await begin(port)
    subscribers, devices = await gather_subscribers(port, clients), await gather_scorers(port)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for device in devices:
            group.create_task(score(device, stop, WINDOW))
        await asyncio.sleep(warm_up)
        before, began = _totals(subscribers), perf_counter()
        await asyncio.sleep(counted)
        after, seconds = _totals(subscribers), perf_counter() - began
        stop.set()
    await _all_delivered(subscribers, max(device.last_seq for device in devices))
    for subscriber in subscribers:
        subscriber.close()
    for device in devices:
        device.close()
    events, frames, size_bytes = (late - early for late, early in zip(after, before, strict=True))
    return {
        "deliveries a second": events / seconds,
        "events a second": events / seconds / clients,
        "answer p50 ms": 1000 * median(wait for device in devices for wait in device.waits),
        "events a frame": events / frames,
        "bytes an event": size_bytes / events,
    }


async def score(device: Device, stop: asyncio.Event, window: int) -> None:
    """Score as fast as the answers come, with at most so many entries unanswered.

    Raises:
        RuntimeError: the hub did not accept everything.
    """
    while not stop.is_set():
        device.score(1)
        await device.settled(window - 1)
    await device.settled()
    if set(device.outcomes) != {"accepted"}:
        raise RuntimeError(f"the hub's answers to {device.name}: {dict(device.outcomes)}")


async def score_steadily(devices: Sequence[Device], rate: float, stop: asyncio.Event) -> None:
    """Score so many points a second in all, each in a frame of its own, whether they are answered or not."""
    sent, began = 0, perf_counter()
    while not stop.is_set():
        while sent < (perf_counter() - began) * rate:
            devices[sent % len(devices)].score(1)
            sent += 1
        await asyncio.sleep(0.001)
    for device in devices:
        await device.settled()


def _totals(subscribers: list[Subscriber]) -> tuple[int, int, int]:
    return (
        sum(one.events for one in subscribers),
        sum(one.frames for one in subscribers),
        sum(one.size_bytes for one in subscribers),
    )


async def _all_delivered(subscribers: list[Subscriber], seq: int) -> None:
    """Wait until every subscriber has the last event; a lost one fails the run."""
    async with asyncio.timeout(30):
        while any(one.last_seq < seq for one in subscribers):
            if any(one.client is None or one.client.closed for one in subscribers):
                raise RuntimeError("the hub closed a subscriber: what it was sent is not all delivered")
            await asyncio.sleep(0.01)
    if failures := [one.failure for one in subscribers if one.failure]:
        raise RuntimeError(f"{len(failures)} subscribers lost count, the first: {failures[0]}")
