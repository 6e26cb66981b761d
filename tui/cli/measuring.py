"""One client of a load test, and what all of them measure together.

A delivery's latency runs from the entry's sending to its event's arrival at one client; both are moments of
this process's monotonic clock. Guarantees that an event that a client misses, or sees twice, is counted.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core import decode_hub, ids, messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core import Link, commands, events

PERCENTILES = (50, 95, 99)


@dataclass(slots=True)
class Measured:
    """What all clients saw together."""

    sent_at: dict[ids.CommandId, float] = field(default_factory=dict)
    confirmed: int = 0
    last: int = 0
    """The last seq of what was confirmed: everybody must see that far."""
    refused: list[str] = field(default_factory=list)
    deliveries: int = 0
    duplicated: int = 0
    latencies: array[float] = field(default_factory=lambda: array("d"))
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Client:
    """One client of the bare link: takes what comes and keeps count.

    Args:
        name: what the hub and the log call it.
        tournament: whose room it joins.
        measured: where it counts.
    """

    def __init__(self, name: str, tournament: ids.TournamentId, measured: Measured) -> None:
        self.device = ids.DeviceId(name)
        self.welcome: messages.Welcome | None = None
        self.position: int | None = None
        """The last seq that it saw; `None` before it has joined."""
        self.missing = 0
        """Events that it should have seen before others that it saw."""
        self.ended = ""
        """Why its link ended; empty while it has not."""
        self._room = ids.tournament_room(tournament)
        self._measured = measured
        self._link: Link | None = None

    def use(self, link: Link) -> None:
        """Take the link that it talks on."""
        self._link = link

    def send(self, message: messages.ClientMessage) -> None:
        """Send a message."""
        assert self._link is not None  # given before anything is sent
        self._link.send(message)

    def join(self) -> None:
        """Ask for the room from its beginning on."""
        self.send(messages.Join(self._room))

    def submit(self, entry: commands.Entry) -> None:
        """Send an entry and remember when."""
        self._measured.sent_at[entry.id] = time.monotonic()
        self.send(messages.Submit((entry,)))

    def opened(self) -> None:
        """Say hello as soon as the link is open."""
        self.send(messages.Hello(self.device, "load"))

    def sent(self, frame_bytes: int) -> None:
        """Nothing is counted on the way out."""

    def closed(self, code: int, reason: str, retry_after: float = 0.0) -> None:  # noqa: ARG002 -- a load test dials once
        """Remember why the link ended."""
        self.ended = reason or f"closed with {code}"
        self._measured.changed.set()

    def received(self, frame: str | bytes) -> None:
        """Take a frame."""
        match decode_hub(frame):
            case messages.Events(_, _, found):
                self._take(found)
            case messages.Answers(answers):
                for answer in answers:
                    if answer.outcome == "accepted":
                        self._measured.confirmed += 1
                        self._measured.last = max(self._measured.last, answer.seq)
                    else:
                        self._measured.refused.append(answer.reason)
            case messages.Welcome() as welcome:
                self.welcome = welcome
            case messages.Replay(_, _, found):
                self.position = found[-1].seq if found else 0
            case messages.Snapshot(_, state):
                self.position = state.position.seq
            case messages.Problem(_, detail):
                self._measured.refused.append(detail)
            case _:
                return
        self._measured.changed.set()

    def _take(self, found: Sequence[events.Event]) -> None:
        """Count the events of one frame against the ones that come next."""
        now = time.monotonic()
        measured = self._measured
        for event in found:
            expected = (self.position or 0) + 1
            if event.seq < expected:
                measured.duplicated += 1
                continue
            self.missing += event.seq - expected
            self.position = event.seq
            measured.deliveries += 1
            if (sent_at := measured.sent_at.get(event.command)) is not None:
                measured.latencies.append(now - sent_at)


def percentiles(latencies: Sequence[float]) -> dict[str, float | None]:
    """Return the percentiles in milliseconds by the nearest rank; `None` where nothing was measured."""
    ordered = sorted(latencies)
    return {
        f"p{percent}": round(ordered[-(-len(ordered) * percent // 100) - 1] * 1_000, 3) if ordered else None
        for percent in PERCENTILES
    }
