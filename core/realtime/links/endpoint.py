"""The endpoint: one address of a hub, and what became of the attempts to reach it.

Owns its failures, its waits and the way it is dialled; which endpoint is dialled is `pool`'s affair.
Guarantees that it is never given up: after `max_reconnect_attempts` failures in a row it is benched and
tried slowly for ever; what closed for good (`TERMINAL_CLOSES`) waits for a person. Waits grow until a link
lived `minimum_uptime`, so a hub that accepts and closes is not hammered. Where HTTP passes and WebSockets are
stopped `BLOCKED_FAILURES` times in a row, it is dialled by polling. Times are monotonic seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.realtime.effects import CLOSE_BLOCKED
from core.realtime.links.backoff import Dice, backoff
from core.realtime.links.traffic import Traffic
from core.wire.messages import TERMINAL_CLOSES

if TYPE_CHECKING:
    from core.realtime.config import EngineConfig
    from core.realtime.links.health import HealthParts
    from core.realtime.links.session import Session
    from core.realtime.view import Via

LONGEST_ASKED = 120.0
"""Seconds that a hub may ask to be left alone at most: what it says does not keep a device away for hours."""
BLOCKED_FAILURES = 3
"""How often in a row a WebSocket is stopped on its way before the endpoint is polled."""


class Endpoint:
    """One address; changed by `Pool` only.

    Args:
        address: where it is.
        config: figures of the engine.
        dice: where jitter comes from.
    """

    def __init__(self, address: str, config: EngineConfig, dice: Dice) -> None:
        self.address = address
        self._config = config
        self._dice = dice
        self.via: Via = "basic" if config.basic else "websocket"
        """How it is dialled."""
        self.next_try_at = float("-inf")
        """Not dialled before."""
        self.probe_at = float("-inf")
        """Not dialled before where nothing is needed of it but its latency."""
        self.failures = 0
        """In a row; 0 again after a link that lived long enough."""
        self.refused = False
        """Whether it closed for good: not tried before a person asks."""
        self.drained = False
        """Whether a person wants nothing carried over it."""
        self.reason = ""
        """Why its last link ended or failed; empty once one is live."""
        self.latency: float | None = None
        """The smoothed round trip of its newest measured link; `None` before the first."""
        self.parts: HealthParts | None = None
        """The health of a link that was given up as none needed it; `None` after any other end."""
        self.times_live = 0
        self.traffic = Traffic()
        """Of the links that have ended."""
        self.last: Session | None = None
        """The newest link, kept after its end for its figures; `None` before the first."""
        self._blocked = 0

    @property
    def usable(self) -> bool:
        """Whether it may be dialled at all."""
        return not self.refused and not self.drained

    @property
    def benched(self) -> bool:
        """Whether it failed so often that it is only tried slowly."""
        return self.failures >= self._config.max_reconnect_attempts

    def probe_later(self, now: float) -> None:
        """Have it probed once an interval.

        Between half and the whole of it: probes of many devices spread, and none waits longer.
        """
        self.probe_at = now + self._interval()

    def receive_live(self, via: Via, *, first: bool) -> None:
        """Note that a hub welcomed this device there.

        Args:
            via: how the link is carried.
            first: whether no other link to it is live.
        """
        self.times_live += first
        self.reason = ""
        if via == "websocket":
            self.via, self._blocked = via, 0

    def receive_goodbye(self, retry_after: float, now: float) -> None:
        """Note that its hub is leaving or full, and when it may be asked again."""
        wait = backoff(0, self._config.backoff_first, self._config.backoff_cap, self._dice)
        self.next_try_at = max(self.next_try_at, now + max(0.0, min(retry_after, LONGEST_ASKED)) + wait)

    def receive_end(self, session: Session, code: int, reason: str, now: float) -> None:
        """Note that a link ended or a dial failed, and plan when the next may begin."""
        self.reason, self.parts = reason, None
        self._remember(session)
        if code in TERMINAL_CLOSES:
            self.refused = True
        if session.live_since is not None and now - session.live_since >= self._config.minimum_uptime:
            self.failures = 0
            wait = backoff(0, self._config.backoff_first, self._config.backoff_cap, self._dice)
        else:
            self.failures += 1
            wait = self._wait()
        if session.live_since is None:
            self._choose_way(session.via, code)
        self.next_try_at = max(self.next_try_at, now + wait)
        self.probe_later(now)

    def retire(self, session: Session, parts: HealthParts | None, now: float) -> None:
        """Note that a link was given up as none needed it."""
        self.parts = parts
        self._remember(session)
        self.probe_later(now)

    def forgive(self, now: float) -> None:
        """Forget every wait, bench and refusal: a person asked to try now."""
        self.failures, self.refused = 0, False
        self.next_try_at = self.probe_at = now

    def wake(self, now: float) -> None:
        """Forget the waits: this device slept, and what failed before says nothing any more."""
        if not self.refused:
            self.forgive(now)

    def _remember(self, session: Session) -> None:
        self.traffic.add(session.traffic)
        session.traffic = Traffic()
        if session.latency.smoothed is not None:
            self.latency = session.latency.smoothed

    def _choose_way(self, via: Via, code: int) -> None:
        """Go over to polling where WebSockets are stopped on their way, and back where polling fails too."""
        if via == "polling":
            self.via, self._blocked = "websocket", BLOCKED_FAILURES - 1
        elif via == "websocket":
            self._blocked = self._blocked + 1 if code == CLOSE_BLOCKED else 0
            if self._blocked >= BLOCKED_FAILURES:
                self.via = "polling"

    def _wait(self) -> float:
        if self.benched:
            return self._interval()
        return backoff(self.failures - 1, self._config.backoff_first, self._config.backoff_cap, self._dice)

    def _interval(self) -> float:
        return self._config.health_check_interval * (0.5 + self._dice.random() / 2)
