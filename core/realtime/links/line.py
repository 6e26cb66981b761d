"""The line: one open link in the pool, between its endpoint and its session, and how it looks on screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.realtime.links.health import HealthParts, health
from core.realtime.links.traffic import Latency, Traffic
from core.realtime.view import EndpointState, LinkView

if TYPE_CHECKING:
    from core.domain.ids import RoomId
    from core.realtime.links.endpoint import Endpoint
    from core.realtime.links.session import Session

POLLING_POINTS = 30.0
"""What polling is worse than a WebSocket."""


@dataclass(slots=True, eq=False)
class Line:
    """One open link; changed by `Pool` only."""

    session: Session
    endpoint: Endpoint
    probe: bool
    """Whether it was opened only to learn how its endpoint is, and carries nothing unless needed."""
    idle_since: float | None = None
    """Since when it carries nothing; `None` while it does, or is not live."""

    @property
    def connecting(self) -> bool:
        """Whether its dial is under way."""
        return self.session.state in ("dialling", "greeting")

    @property
    def serves(self) -> bool:
        """Whether rooms may be given to it, now or once it is live."""
        return not self.probe and not self.endpoint.drained and (self.connecting or self.session.live)

    def is_dubious(self, now: float) -> bool:
        """Return whether it is too quiet, or its hub too far from its log, to give anything to it."""
        return not self.session.sure or self.session.missed(now) > 1

    def parts(self, now: float) -> HealthParts | None:
        """Return what it loses of 100; `None` while it is not live."""
        session = self.session
        if not session.live or session.live_since is None:
            return None
        return health(session.latency, session.missed(now), self.endpoint.failures, now - session.live_since)

    def worth(self, now: float) -> float:
        """Return its health as far as rooms are concerned, from 0 to 100: polling is a makeshift."""
        parts = self.parts(now)
        if parts is None:
            return 0.0
        return max(0.0, parts.score - (POLLING_POINTS if self.session.via == "polling" else 0.0))


def line_view(line: Line, before: Traffic, rooms: tuple[RoomId, ...], slow: float, now: float) -> LinkView:
    """Return how a link looks.

    Args:
        line: the link.
        before: what went over links to its endpoint that have ended, where this link is to count it.
        rooms: what it carries.
        slow: median round trip from which on it is called slow, in seconds.
        now: the time.
    """
    parts = line.parts(now)
    return _view(line.endpoint, line.session, before, _state(line, slow), parts, rooms)


def endpoint_view(endpoint: Endpoint, *, trying: bool) -> LinkView:
    """Return how an endpoint without a link looks, by its last one.

    Args:
        endpoint: the endpoint.
        trying: whether links are wanted at all.
    """
    parts = endpoint.parts
    state: EndpointState = "offline" if parts is None else "idle"
    if endpoint.refused:
        state = "sign_in"
    due = max(endpoint.next_try_at, endpoint.probe_at)
    again = due if trying and endpoint.usable and endpoint.last is not None else None
    return _view(endpoint, endpoint.last, endpoint.traffic, state, parts, (), again)


def _state(line: Line, slow: float) -> EndpointState:
    if line.connecting:
        return "connecting"
    if not line.session.live:
        return "offline"
    return "slow" if (line.session.latency.median or 0.0) >= slow else "live"


def _view(
    endpoint: Endpoint,
    session: Session | None,
    before: Traffic,
    state: EndpointState,
    parts: HealthParts | None,
    rooms: tuple[RoomId, ...],
    next_try_at: float | None = None,
) -> LinkView:
    trips = Latency() if session is None else session.latency
    now = Traffic() if session is None else session.traffic
    return LinkView(
        id="" if session is None else session.link,
        endpoint=endpoint.address,
        state=state,
        health=0.0 if parts is None else parts.score,
        latency=trips.newest,
        latency_p50=trips.percentile(0.50),
        latency_p95=trips.percentile(0.95),
        latency_p99=trips.percentile(0.99),
        messages_in=before.messages_in + now.messages_in,
        messages_out=before.messages_out + now.messages_out,
        bytes_in=before.bytes_in + now.bytes_in,
        bytes_out=before.bytes_out + now.bytes_out,
        rooms=rooms,
        reconnects=max(0, endpoint.times_live - 1),
        last_activity=None if session is None else session.last_frame_at,
        health_parts=parts,
        via=endpoint.via if session is None else session.via,
        drained=endpoint.drained,
        benched=endpoint.benched,
        failures=endpoint.failures,
        next_try_at=next_try_at,
        reason=endpoint.reason,
        trips=trips.recent,
    )
