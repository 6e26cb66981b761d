"""The network between laptops and a hub: late, and sooner or later cut, silent or divided.

Frames on one link arrive in their order, as TCP has it, and what is lost ends the link or is lost for ever;
but to the laptop now and then one is said twice. Each link has dice of its own, so that what happens on it
does not depend on in which order others were written to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Literal

from core.hub.door.door import Visitor
from core.hub.link import Link

if TYPE_CHECKING:
    from core.hub.protocol import Packed
    from core.realtime.effects import LinkId
    from core.wire.codec import Format
    from tests.sim.clock import VirtualLoop
    from tests.sim.laptop import Laptop
    from tests.sim.site import Site

FORM: Format = "msgpack"


class Road:
    """The way to one endpoint."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.closed_until = 0.0
        """Until when no dial is answered."""
        self.delay = 0.02
        """Usual seconds on the way."""


class Wire:
    """One link between a laptop and the hub; on the hub's side, the `Peer` of a real `Link`."""

    def __init__(
        self, loop: VirtualLoop, laptop: Laptop, site: Site, id: LinkId, road: Road, seed: int
    ) -> None:
        self.loop = loop
        self.laptop = laptop
        self.site = site
        self.id = id
        self.road = road
        self.up = True
        self.silent = False
        """Half-open: nothing arrives any more, and nobody is told."""
        self.heard_at = loop.now
        self.lost = asyncio.Event()
        self.kind: Literal["websocket", "poll"] = "websocket"
        self.fell_behind = False
        self.unread_bytes = 0
        self.link: Link | None = None
        self._dice = Random(seed)
        self._clear = {True: 0.0, False: 0.0}

    def greet(self) -> None:
        """Arrive at the hub."""
        if not self.up or not self.site.alive:
            self.cut("refused")
            return
        self.link = Link(self.site.lobby, self, FORM, Visitor("127.0.0.1"))
        self.site.wires[self] = None
        self.carry(False, lambda: self.laptop.opened(self))

    def say(self, frame: str | bytes) -> None:
        """Carry a frame to the hub."""
        self.carry(True, lambda: self._hear(frame))

    def hang_up(self) -> None:
        """End from the laptop's side."""
        self.up = False
        self._leave()

    def cut(self, why: str) -> None:
        """Break: both sides hear of it, each in its time."""
        if self.up:
            self.up = False
            self._leave()
            self.loop.call_later(self._dice.random(), self.laptop.closed, self, why)

    def carry(self, to_hub: bool, action: Callable[[], None], times: int = 1) -> None:
        """Have something arrive later, after all that was said before it that way."""
        late = self._dice.expovariate(1 / self.road.delay)
        # A microsecond apart: what is due at the same moment would come in any order.
        self._clear[to_hub] = max(self._clear[to_hub] + 1e-6, self.loop.now + late)
        for _ in range(times):
            self.loop.call_at(self._clear[to_hub], self._arrive, action)

    # What a hub's `Peer` does.

    def write(self, packed: Packed) -> None:
        times = 2 if self._dice.random() < 0.01 else 1
        self.carry(False, lambda: self.laptop.hear(self, packed.payload), times)

    def ping(self) -> None:
        self.carry(True, self._live)

    def close(self, code: int, reason: str) -> None:
        self.loop.call_soon(self.cut, reason)

    def abort(self) -> None:
        self.loop.call_soon(self.cut, "aborted")

    def _live(self) -> None:
        self.heard_at = self.loop.now

    def _hear(self, frame: str | bytes) -> None:
        self.heard_at = self.loop.now
        if self.link is not None:
            self.link.receive_frame(frame)

    def _leave(self) -> None:
        self.site.wires.pop(self, None)
        if self.link is not None and self.site.alive:
            self.link.end()
        self.link = None
        self.lost.set()

    def _arrive(self, action: Callable[[], None]) -> None:
        if self.up and not self.silent:
            action()
