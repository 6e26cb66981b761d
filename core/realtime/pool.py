"""The pool: which endpoint is dialled and when, and which link carries which room.

Owns endpoints, their waits and the sessions of open links. One link at a time carries all rooms; endpoints
are tried by fewest failures, then in the order given. Guarantees that an endpoint is never forgotten: after
`max_reconnect_attempts` failures in a row it is benched and probed slowly for ever; one that closed for good
(`TERMINAL_CLOSES`) waits for `reconnect`. Backoff ends only with a link that lived `minimum_uptime`, so a hub
that accepts and closes is not hammered. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.realtime.effects import Dial, LinkId
from core.realtime.session import Session, explain
from core.realtime.view import LinkState, LinkView
from core.wire.messages import TERMINAL_CLOSES

if TYPE_CHECKING:
    from core.domain.ids import RoomId
    from core.realtime.config import EngineConfig

MATURE_SECONDS = 60.0
"""Age from which on a link's youth no longer lowers its health."""


class Dice(Protocol):
    """Where chance comes from; `random.Random` is one."""

    def random(self) -> float:
        """Return a number from 0 up to but not including 1."""
        ...


def backoff(failures: int, first: float, cap: float, dice: Dice) -> float:
    """Return the wait before the next attempt: full jitter, U(0, min(cap, first * 2 ** failures)).

    Args:
        failures: failed attempts in a row before the last one, at least 0.
        first: longest first wait, in seconds.
        cap: longest wait of all, in seconds.
        dice: where chance comes from.
    """
    return dice.random() * min(cap, first * 2.0 ** min(failures, 64))


def health(session: Session, failures: int, now: float) -> float:
    """Return how good a link is, from 0 (useless) to 100 (perfect).

    A link that is not live has 0. A live one starts from 100 and loses up to 40 for the smoothed round trip
    (all at 1 s), up to 20 for the 95th percentile (all at 2 s), 10 for each missed heartbeat up to 20, 3 for
    each failure of its endpoint in a row up to 15, and up to 5 while it is younger than `MATURE_SECONDS`.
    """
    if not session.live or session.live_since is None:
        return 0.0
    trips = session.latency
    loss = 40 * min(1.0, trips.smoothed or 0.0)
    loss += 20 * min(1.0, (trips.percentile(0.95) or 0.0) / 2)
    loss += 10 * min(2, session.missed(now))
    loss += 3 * min(5, failures)
    loss += 5 * (1 - min(1.0, (now - session.live_since) / MATURE_SECONDS))
    return 100.0 - loss


@dataclass(slots=True)
class _Endpoint:
    """One address and what became of it; changed by the pool only."""

    address: str
    next_try_at: float
    failures: int = 0
    """In a row; 0 again after a link that lived long enough."""
    refused: bool = False
    """Whether it closed for good: not tried before a person asks."""
    times_live: int = 0
    session: Session | None = None
    """The newest link, kept after its end for its figures; `None` before the first."""
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    """Of the links before the newest."""

    def replace(self, session: Session) -> None:
        """Begin a new link; the figures of the one before are kept in the sums."""
        if (before := self.session) is not None:
            self.messages_in += before.messages_in
            self.messages_out += before.messages_out
            self.bytes_in += before.bytes_in
            self.bytes_out += before.bytes_out
        self.session = session


class Pool:
    """All endpoints and links.

    Args:
        config: figures and endpoints.
        dice: where jitter comes from.
    """

    def __init__(self, config: EngineConfig, dice: Dice) -> None:
        self._config = config
        self._dice = dice
        self._endpoints = [_Endpoint(address, float("-inf")) for address in dict.fromkeys(config.endpoints)]
        self._links: dict[LinkId, _Endpoint] = {}
        self._rooms: dict[RoomId, LinkId] = {}
        self._dials = 0
        self.open = False
        """Whether links are wanted at all; the engine's start and close set it."""
        self.reason = ""
        """Why the last link ended or failed, in words; empty once a link is live."""

    def session(self, link: LinkId) -> Session | None:
        """Return an open link's session; `None` once it has ended."""
        endpoint = self._links.get(link)
        return None if endpoint is None else endpoint.session

    @property
    def sessions(self) -> list[Session]:
        """Return the sessions of all links that have not ended."""
        return [end.session for end in self._links.values() if end.session is not None]

    @property
    def live(self) -> Session | None:
        """Return the link that carries rooms and entries; `None` without one."""
        return next((session for session in self.sessions if session.live), None)

    @property
    def refused(self) -> bool:
        """Return whether every endpoint closed for good, so that only a person can help."""
        return bool(self._endpoints) and all(endpoint.refused for endpoint in self._endpoints)

    @property
    def next_try(self) -> tuple[str, float] | None:
        """Return the endpoint that is dialled next and when; `None` while a link is open or none is due."""
        if self._links or not self.open:
            return None
        due = [end for end in self._endpoints if not end.refused]
        if not due:
            return None
        first = min(due, key=lambda end: end.next_try_at)
        return first.address, first.next_try_at

    @property
    def benched(self) -> tuple[str, ...]:
        """Return the endpoints that are probed slowly."""
        return tuple(end.address for end in self._endpoints if self._is_benched(end))

    def dial(self, now: float) -> Dial | None:
        """Return the dial that is due; `None` while there is none."""
        if self._links or not self.open:
            return None
        due = [end for end in self._endpoints if not end.refused and end.next_try_at <= now]
        if not due:
            return None
        endpoint = min(due, key=lambda end: end.failures)
        self._dials += 1
        link = LinkId(f"link-{self._dials}")
        endpoint.replace(Session(link, endpoint.address, self._config, now))
        self._links[link] = endpoint
        return Dial(link, endpoint.address)

    def receive_live(self, link: LinkId) -> None:
        """Note that the hub welcomed a link."""
        endpoint = self._links[link]
        endpoint.times_live += 1
        self.reason = ""

    def receive_closed(self, link: LinkId, code: int, reason: str, now: float) -> None:
        """Note that a link ended or a dial failed, and plan when its endpoint is tried again."""
        endpoint = self._links.pop(link)
        session = endpoint.session
        assert session is not None, "a link has a session"
        self._rooms = {room: carrier for room, carrier in self._rooms.items() if carrier != link}
        farewell = "" if session.goodbye is None else session.goodbye.reason
        self.reason = explain(code, reason or farewell)
        endpoint.refused = code in TERMINAL_CLOSES
        if session.live_since is not None and now - session.live_since >= self._config.minimum_uptime:
            endpoint.failures = 0
            wait = backoff(0, self._config.backoff_first, self._config.backoff_cap, self._dice)
        else:
            endpoint.failures += 1
            wait = self._wait(endpoint)
        if session.goodbye is not None:
            wait += max(0.0, session.goodbye.retry_after)
            self._prefer(session.goodbye.endpoint, now)
        endpoint.next_try_at = now + wait

    def reconnect(self, now: float) -> None:
        """Forget every wait, bench and refusal: a person asked to try now."""
        for endpoint in self._endpoints:
            endpoint.failures, endpoint.refused, endpoint.next_try_at = 0, False, now

    def carrier(self, room: RoomId) -> Session | None:
        """Return the link that carries a room, assigning it to the live one; `None` without a live link."""
        live = self.live
        if live is not None:
            self._rooms[room] = live.link
        return live

    def release(self, room: RoomId) -> None:
        """Forget which link carries a room."""
        self._rooms.pop(room, None)

    def next_deadline(self) -> float | None:
        """Return when a dial or one of the links is due; `None` while nothing is."""
        due = [at for session in self.sessions if (at := session.next_deadline()) is not None]
        if (planned := self.next_try) is not None:
            due.append(planned[1])
        return min(due, default=None)

    def views(self, now: float) -> tuple[LinkView, ...]:
        """Return one view an endpoint, in the order given: of its link, or of its last one."""
        return tuple(self._view(endpoint, now) for endpoint in self._endpoints)

    def _view(self, endpoint: _Endpoint, now: float) -> LinkView:
        session = endpoint.session
        reconnects = max(0, endpoint.times_live - 1)
        if session is None:
            return LinkView("", endpoint.address, "offline", *_NO_FIGURES, (), reconnects, None)
        trips = session.latency
        return LinkView(
            id=session.link,
            endpoint=endpoint.address,
            state="sign_in" if endpoint.refused else self._state(session),
            health=health(session, endpoint.failures, now),
            latency=trips.newest,
            latency_p50=trips.percentile(0.50),
            latency_p95=trips.percentile(0.95),
            latency_p99=trips.percentile(0.99),
            messages_in=endpoint.messages_in + session.messages_in,
            messages_out=endpoint.messages_out + session.messages_out,
            bytes_in=endpoint.bytes_in + session.bytes_in,
            bytes_out=endpoint.bytes_out + session.bytes_out,
            rooms=tuple(room for room, link in self._rooms.items() if link == session.link),
            reconnects=reconnects,
            last_activity=session.last_frame_at,
        )

    def _state(self, session: Session) -> LinkState:
        match session.state:
            case "dialling" | "greeting":
                return "connecting"
            case "live":
                return "slow" if (session.latency.median or 0.0) >= self._config.slow_latency else "live"
            case _:
                return "offline"

    def _is_benched(self, endpoint: _Endpoint) -> bool:
        return endpoint.failures >= self._config.max_reconnect_attempts

    def _wait(self, endpoint: _Endpoint) -> float:
        if self._is_benched(endpoint):
            # Between half and the whole interval: probes of many devices spread, and none waits longer.
            return self._config.health_check_interval * (0.5 + self._dice.random() / 2)
        return backoff(
            endpoint.failures - 1, self._config.backoff_first, self._config.backoff_cap, self._dice
        )

    def _prefer(self, address: str | None, now: float) -> None:
        """Try the endpoint that a leaving hub named at once, if it is one of ours."""
        for endpoint in self._endpoints:
            if endpoint.address == address:
                endpoint.next_try_at, endpoint.failures = now, 0


_NO_FIGURES: tuple[float, None, None, None, None, int, int, int, int] = (
    0.0,
    None,
    None,
    None,
    None,
    0,
    0,
    0,
    0,
)
