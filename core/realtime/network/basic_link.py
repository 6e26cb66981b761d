"""A link to an old server: one WebSocket on which this side speaks as old clients do.

To its carrier it is a link like `link.Link`, which it uses. What is said and heard is `basic`'s affair.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.realtime.network.link import Link
from core.realtime.oldserver.basic import Hear, Say
from core.wire.codec import encode
from core.wire.legacy import LEGACY_PATH, encode_legacy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from core.domain.ids import CommandId
    from core.realtime.network.link import Carrier
    from core.realtime.oldserver.basic import Basic, Step
    from core.wire.codec import Frame
    from core.wire.messages import ClientMessage


class BasicLink:
    """One WebSocket to an old server, from the dial to the end.

    Args:
        endpoint: the server's address.
        open_timeout: seconds for the dial.
        carrier: told what happens, on the event loop; nothing after `hang_up`.
        basic: what this device knows of old servers; it outlives the link.
        tls: whom to trust with `wss://`; `None` for the system's choice.
    """

    def __init__(
        self,
        endpoint: str,
        open_timeout: float,
        carrier: Carrier,
        basic: Basic,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._basic = basic
        self._carrier: Carrier | None = carrier
        self._link = Link(endpoint, "json", open_timeout, self, LEGACY_PATH, tls=tls)
        self._leaving: deque[CommandId | None] = deque()
        """For each frame on its way out, the entry that has left with it."""

    def send(self, message: ClientMessage) -> None:
        """Put a message on its way; it is lost if the link ends first."""
        self._perform(self._basic.submit(message, _now()))

    def hang_up(self, code: int, reason: str) -> None:
        """End the link; its carrier hears nothing any more."""
        self._carrier = None
        self._link.hang_up(code, reason)

    async def run(self) -> None:
        """Dial, carry frames until the end, and report it."""
        await self._link.run()

    # What the WebSocket tells.

    def opened(self) -> None:
        """The dial succeeded."""
        self._basic.receive_open()
        if self._carrier is not None:
            self._carrier.opened()

    def received(self, frame: Frame) -> None:
        """A frame came in."""
        self._perform(self._basic.receive_frame(frame, _now()))

    def sent(self, frame_bytes: int) -> None:
        """A frame was handed to the system."""
        entry = self._leaving.popleft()
        if self._carrier is not None:
            self._carrier.sent(frame_bytes)
        if entry is not None:
            self._perform(self._basic.receive_sent(entry, _now()))

    def closed(self, code: int, reason: str, retry_after: float = 0.0) -> None:
        """The link is no more, or the dial failed."""
        if self._carrier is not None:
            self._carrier.closed(code, reason, retry_after)

    def _perform(self, steps: Sequence[Step]) -> None:
        for step in steps:
            match step:
                case Say(frame, last_of):
                    self._leaving.append(last_of)
                    self._link.send_frame(encode_legacy(frame))
                case Hear(message) if self._carrier is not None:
                    self._carrier.received(encode(message, "msgpack"))
                case Hear():
                    return


def _now() -> datetime:
    return datetime.now(UTC)
