"""Seats: how many connections a hub has open at a time, in all and from one address.

Pure. Owns the count. Guarantees that however many come from elsewhere, the last seats are kept for who is at
the hub's own machine.
"""

from __future__ import annotations

from collections import Counter

from core.hub.door.access import is_loopback

MOST = 10_000
"""Connections that a hub has open, where the system lets it."""
KEPT = 32
"""Of them, seats for the hub's own machine alone."""
OWN_FILES = 64
"""Open files that a hub needs for itself: its log, its sockets, what it reads for a moment."""


class Seats:
    """The seats of one hub.

    Args:
        files: how many files its process may have open.
    """

    def __init__(self, files: int) -> None:
        self._most = max(2 * KEPT, min(MOST, files - OWN_FILES))
        self._elsewhere = self._most - KEPT
        # Many may stand behind one address, a whole venue; but never so many that nobody else gets in.
        self._one_address = self._elsewhere * 3 // 4
        self._taken = 0
        self._by_address: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Take a seat for a new connection; tell whether there was one.

        Args:
            address: the peer's; `""` where there is none.
        """
        if is_loopback(address):
            free = self._taken < self._most
        else:
            free = self._taken < self._elsewhere and self._by_address[address] < self._one_address
        if free:
            self._taken += 1
            self._by_address[address] += 1
        return free

    def leave(self, address: str) -> None:
        """Give a seat back that was taken."""
        self._taken -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
