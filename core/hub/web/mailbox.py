"""The mailbox of one polling client: what it has not said it has, and how far it was heard.

Owns the numbers of frames in both directions. Guarantees that a frame stays until the client has seen it,
that each of the client's frames is handed on once and in order, and that what waits is bounded in bytes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    F = TypeVar("F")


class Mailbox:
    """What waits for one client.

    Args:
        max_bytes: what may wait before another frame is refused; one alone may be larger.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._seen = 0
        self.taken = 0
        """Number of the last of the client's frames that was handed on."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def unread_bytes(self) -> int:
        """What waits."""
        return self._bytes

    def put(self, frame: bytes) -> bool:
        """Keep a frame for the client; False when it has left too much unread."""
        if self._bytes and self._bytes + len(frame) > self._max_bytes:
            return False
        self._waiting.append(frame)
        self._bytes += len(frame)
        return True

    def receive_seen(self, seen: int) -> bool:
        """Forget what the client has; False for a number that was never given.

        A request that was overtaken may name fewer frames than are known to be seen.
        """
        if seen > self._seen + len(self._waiting):
            return False
        while self._seen < seen:
            self._bytes -= len(self._waiting.popleft())
            self._seen += 1
        return True

    def receive_frames(self, first: int, frames: Sequence[F]) -> Sequence[F] | None:
        """Return those of the client's frames that are new, in order; `None` if some before them are missing.

        Args:
            first: the number of the first one.
            frames: the frames.
        """
        if first > self.taken + 1 or first < 1:
            return None
        fresh = frames[self.taken + 1 - first :]
        self.taken = max(self.taken, first + len(frames) - 1)
        return fresh

    def batch(self, max_bytes: int, max_frames: int) -> tuple[int, tuple[bytes, ...]]:
        """Return the next frames and the number of the first: as many as fit, at least one if any waits."""
        batch: list[bytes] = []
        size = 0
        for frame in self._waiting:
            size += len(frame)
            if batch and (size > max_bytes or len(batch) >= max_frames):
                break
            batch.append(frame)
        return self._seen + 1, tuple(batch)
