"""The door: who comes in as what, by token, by address, and by how often somebody knocks.

Pure. Owns who is trusted without a token, what a token is good for today, and the limits. Rights are
`access`'s affair. Guarantees that whoever is at the hub's own machine is never locked out, unless the hub was
told to ask everybody; then the owner's token, a file that only the owner can read, still opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.hub.door.access import READER, TRUSTED, Pass, is_loopback, today
from core.hub.door.limits import Limiter, Rate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.hub.door.tokens import Mint

CONNECTIONS = Rate(per_second=200, burst=1_500)
"""Requests and new links from one address: a whole venue may stand behind one."""
HANDSHAKES = Rate(per_second=1_000, burst=4_000)
"""Requests and new links in all: what a hub can answer without making everybody wait."""
JOINS = Rate(per_second=100, burst=2_000)
"""Rooms that one client may join."""
FRAMES = Rate(per_second=500, burst=5_000)
"""Messages that one client may send: more than anybody's keys and rooms make."""
ENTRIES = Rate(per_second=500, burst=5_000)
"""Entries that one client may bring."""
LATE_ENTRIES = Rate(per_second=0.02, burst=1_000)
"""Entries that may come with one token that is good no more: what a laptop may have saved meanwhile."""
WRONG_CODES = Rate(per_second=0.1, burst=10)
"""Wrong join codes from one address."""
ALL_WRONG_CODES = Rate(per_second=1, burst=100)
"""Wrong join codes in all."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where somebody comes from, and what they show."""

    address: str
    """The peer's address; `""` where there is none."""
    forwarded: bool = False
    """Whether a proxy, or a page by a name of its own, may bring them: then the address says little."""
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody who does not come in."""

    reason: str
    """What to do, for people."""


@dataclass(frozen=True, slots=True)
class House:
    """What the one who runs the hub decided."""

    trusts_loopback: bool = True
    """Whether who is on this machine needs no token."""
    open_reading: bool = True
    """Whether everybody else may read without one."""


class Door:
    """Tells who comes in.

    Args:
        mint: reads tokens.
        house: the rules of this hub.
        revoked: ids of the passes that were taken back.
    """

    def __init__(self, mint: Mint, house: House, revoked: Iterable[str] = ()) -> None:
        self._mint = mint
        self._house = house
        self._revoked = set(revoked)
        self.connections = Limiter(CONNECTIONS)
        self.handshakes = Limiter(HANDSHAKES)
        self.joins = Limiter(JOINS)
        self.frames = Limiter(FRAMES)
        self.entries = Limiter(ENTRIES)
        self.late_entries = Limiter(LATE_ENTRIES)
        self._wrong_codes = Limiter(WRONG_CODES)
        self._all_wrong_codes = Limiter(ALL_WRONG_CODES)

    def trusts(self, visitor: Visitor) -> bool:
        """Tell whether somebody needs no token."""
        return self._house.trusts_loopback and not visitor.forwarded and is_loopback(visitor.address)

    def admit(self, visitor: Visitor, at: datetime) -> Pass | Stopped:
        """Return the pass of somebody.

        Args:
            visitor: where they come from, and their token.
            at: now, UTC.
        """
        trusted = self.trusts(visitor)
        if visitor.token:
            found = self._mint.read(visitor.token)
            if found is not None:
                found = self.today(found, at)
                if found.standing == "valid" or not trusted:
                    return found
            elif not trusted:
                return Stopped("this hub did not give that token; ask ops for a join code")
        if trusted:
            return TRUSTED
        if self._house.open_reading:
            return READER
        return Stopped("this hub lets nobody in without a join code; ask ops for one")

    def today(self, pass_: Pass, at: datetime) -> Pass:
        """Return a pass with today's standing."""
        return today(pass_, at, self._revoked)

    def revoke(self, pass_id: str) -> None:
        """Take a pass back."""
        self._revoked.add(pass_id)

    def code_wait(self, address: str, now: float) -> float:
        """Return for how many seconds no code is looked at that comes from an address; 0.0 for none."""
        return max(self._wrong_codes.wait(address, now), self._all_wrong_codes.wait("", now))

    def receive_wrong_code(self, address: str, now: float) -> None:
        """Remember a wrong code."""
        self._wrong_codes.take(address, now)
        self._all_wrong_codes.take("", now)
