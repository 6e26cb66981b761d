"""The exchange: what of a link that goes by HTTP is asked for next, and what a reply brings.

Owns the numbers of frames in both directions, and the waits after requests that failed. A request that got
no reply is unknown, never failed: what it brought goes again under the same numbers. At most one request
waits for the hub's frames, and at most one brings this side's. Guarantees that frames are handed on once and
in order. Times are seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.errors import Malformed
from core.wire.messages import MAX_CLIENT_FRAME_BYTES
from core.wire.poll import LONGEST_WAIT, MAX_FRAMES, Poll, Polled, unwrap, wrap

if TYPE_CHECKING:
    from msgspec import Raw

    from core.wire.codec import Format, Frame

Way = Literal["listening", "bringing"]
"""What a request is for: the hub's frames, or this side's."""

FIRST_WAIT = 0.25
"""Seconds after the first request in a row that failed; doubled with each further one."""
MAX_FAILURES = 4
"""Failed requests in a row after which the link is given up: the pool begins another."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A frame that the hub has not said it has."""

    frame: Raw
    size_bytes: int


class Exchange:
    """One link's requests and replies.

    Args:
        form: how frames are written.
    """

    def __init__(self, form: Format) -> None:
        self._form: Format = form
        self._outgoing: deque[Outgoing] = deque()
        self._taken = 0
        """Number of the last frame that the hub has."""
        self._seen = 0
        """Number of the last frame that came from the hub."""
        self._failures: dict[Way, int] = {"listening": 0, "bringing": 0}
        self.session = ""
        """The session's id; empty before the hub has given one."""
        self.hub = ""
        """The hub's id, likewise."""

    @property
    def waiting(self) -> bool:
        """Whether there is something to bring."""
        return bool(self._outgoing)

    def submit(self, frame: Frame) -> None:
        """Take a frame that is to go to the hub."""
        raw = wrap(frame)
        self._outgoing.append(Outgoing(raw, len(bytes(raw))))

    def opening(self) -> Poll:
        """Return the request that begins the session."""
        return Poll(self.session)

    def listening(self) -> Poll:
        """Return the request that waits for the hub's frames."""
        return Poll(self.session, self._seen, wait=LONGEST_WAIT)

    def bringing(self) -> Poll:
        """Return the request that brings this side's frames: as many as one body takes."""
        frames: list[Raw] = []
        size = 0
        for one in self._outgoing:
            size += one.size_bytes
            if frames and (size > MAX_CLIENT_FRAME_BYTES or len(frames) >= MAX_FRAMES):
                break
            frames.append(one.frame)
        return Poll(self.session, self._seen, self._taken + 1, tuple(frames))

    def leaving(self) -> Poll:
        """Return the request that ends the session."""
        return Poll(self.session, self._seen, self._taken + 1, leaving=True)

    def receive_reply(self, way: Way, reply: Polled) -> tuple[list[Frame], int]:
        """Take a reply.

        Returns:
            The frames that are new, in order, and how many bytes of this side's frames the hub has taken.

        Raises:
            Malformed: it is not the next of this session, or another hub's.
        """
        if (self.session, self.hub) not in (("", ""), (reply.session, reply.hub)):
            raise Malformed("another hub answers there now")
        if reply.first > self._seen + 1:
            raise Malformed("the hub left out what it had to say before")
        if reply.taken > self._taken + len(self._outgoing):
            raise Malformed("the hub took what was never said")
        self.session, self.hub = reply.session, reply.hub
        self._failures[way] = 0
        brought = 0
        while self._taken < reply.taken:
            brought += self._outgoing.popleft().size_bytes
            self._taken += 1
        fresh = reply.frames[self._seen + 1 - reply.first :]
        self._seen += len(fresh)
        return [unwrap(raw, self._form) for raw in fresh], brought

    def receive_failure(self, way: Way) -> float | None:
        """Note that a request got no reply; return the wait before it goes again, `None` to end."""
        self._failures[way] += 1
        if self._failures[way] >= MAX_FAILURES:
            return None
        return FIRST_WAIT * 2.0 ** (self._failures[way] - 1)
