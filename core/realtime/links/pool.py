"""The pool: which endpoints are dialled and when, and which links are open.

Owns endpoints and the sessions of links; which link carries which room is `routing`'s affair. There are as
many links as rooms need, and `spare_links` more, each to another endpoint, so that failing over needs no
dial. Guarantees that never more than `max_connections` links are open, `max_connections_per_endpoint` to one
endpoint and `MAX_DIALS` being dialled; that an endpoint is never forgotten; and that endpoints which nothing
needs, and those polled for want of a WebSocket, are probed once an interval. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.realtime.effects import Dial, LinkId
from core.realtime.links.endpoint import Endpoint
from core.realtime.links.line import Line, endpoint_view, line_view
from core.realtime.links.routing import MARGIN, Bearer
from core.realtime.links.session import Session, explain
from core.realtime.links.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from core.domain.ids import RoomId
    from core.realtime.config import EngineConfig
    from core.realtime.links.backoff import Dice
    from core.realtime.view import LinkView, Via

MAX_DIALS = 3
"""Most links that are being dialled at a time."""
HEAD_START = 1.0
"""How long one dial is waited for before another endpoint is tried beside it, while nothing is live."""
MAX_LEARNT = 8
"""Most endpoints that hubs may add to those of the settings."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A dial that may be made, and from when on."""

    at: float
    rank: tuple[float, ...]
    """The least one goes first of those that are due."""
    endpoint: Endpoint
    via: Via
    probe: bool


class Pool:
    """All endpoints and links.

    Args:
        config: figures and endpoints.
        dice: where jitter comes from.
    """

    def __init__(self, config: EngineConfig, dice: Dice) -> None:
        self._config = config
        self._dice = dice
        addresses = dict.fromkeys(config.endpoints[:1] if config.basic else config.endpoints)
        self._endpoints = {address: Endpoint(address, config, dice) for address in addresses}
        self._lines: dict[LinkId, Line] = {}
        self._dials = 0
        self._dialled_at = float("-inf")
        self.needed = 1
        """How many links rooms need; `carriage` sets it."""
        self.open = False
        """Whether links are wanted at all; the engine's start and close set it."""
        self.reason = ""
        """Why the last link ended or failed, in words; empty once a link is live."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return all endpoints, in the order of the settings, then of their coming."""
        return tuple(self._endpoints)

    def session(self, link: LinkId) -> Session | None:
        """Return an open link's session; `None` once it has ended."""
        line = self._lines.get(link)
        return None if line is None else line.session

    @property
    def sessions(self) -> list[Session]:
        """Return the sessions of all links that have not ended, the oldest first."""
        return [line.session for line in self._lines.values()]

    @property
    def live(self) -> list[Session]:
        """Return the sessions that rooms and entries may use, the oldest first."""
        return [session for session in self.sessions if session.live]

    @property
    def refused(self) -> tuple[str, ...]:
        """Return the endpoints that closed for good and wait for a person."""
        return tuple(address for address, endpoint in self._endpoints.items() if endpoint.refused)

    @property
    def all_refused(self) -> bool:
        """Return whether every endpoint closed for good, so that only a person can help."""
        return bool(self._endpoints) and all(endpoint.refused for endpoint in self._endpoints.values())

    @property
    def benched(self) -> tuple[str, ...]:
        """Return the endpoints that are only tried slowly."""
        return tuple(address for address, endpoint in self._endpoints.items() if endpoint.benched)

    @property
    def next_try(self) -> tuple[str, float] | None:
        """Return the endpoint that is dialled next and when; `None` while a link is open or none is due."""
        if self._lines or not (plans := self._plans()):
            return None
        first = min(plans, key=lambda plan: plan.at)
        return first.endpoint.address, first.at

    @property
    def outline(self) -> tuple[tuple[str, str, bool, bool], ...]:
        """Return every endpoint and link with its state but without figures, to see whether that changed."""
        endpoints = (
            (endpoint.address, "refused" if endpoint.refused else "", endpoint.drained, endpoint.benched)
            for endpoint in self._endpoints.values()
        )
        links = ((link, line.session.state, line.probe, False) for link, line in self._lines.items())
        return (*endpoints, *links)

    def promising(self, address: str) -> bool:
        """Return whether an endpoint may be expected to answer soon."""
        endpoint = self._endpoints.get(address)
        return endpoint is not None and endpoint.usable and not endpoint.benched

    def dials(self, now: float) -> list[Dial]:
        """Return the dials that are due."""
        dials: list[Dial] = []
        if self._dials == 0:
            # Devices that start together do not probe together.
            for endpoint in self._endpoints.values():
                endpoint.probe_later(now)
        while due := [plan for plan in self._plans() if plan.at <= now]:
            plan = min(due, key=lambda plan: plan.rank)
            self._dials += 1
            self._dialled_at = now
            link = LinkId(f"link-{self._dials}")
            session = Session(link, plan.endpoint.address, self._config, now, plan.via)
            self._lines[link] = Line(session, plan.endpoint, plan.probe)
            plan.endpoint.last = session
            plan.endpoint.probe_later(now)
            dials.append(Dial(link, plan.endpoint.address, plan.via))
        return dials

    def bearers(self, now: float) -> list[Bearer]:
        """Return the live links as routing sees them; probes only once they are needed."""
        self._promote()
        return [
            Bearer(
                link,
                line.worth(now),
                accepts=line.serves and not line.is_dubious(now),
                urgent=line.endpoint.drained or not line.session.live or line.is_dubious(now),
            )
            for link, line in self._lines.items()
            if line.session.state in ("live", "leaving") and not line.probe and not line.session.is_late
        ]

    def surplus(self, busy: Collection[LinkId], now: float) -> list[Session]:
        """Return links that nothing needs any more, which are to be hung up; they are forgotten here.

        Args:
            busy: links that carry rooms or entries.
            now: the time.
        """
        gone: list[Session] = []
        for line in self._lines.values():
            if line.session.link in busy or not line.session.live:
                line.idle_since = None
            elif line.idle_since is None:
                line.idle_since = now
        while (spent := self._give_up(now)) is not None:
            gone.append(spent.session)
            del self._lines[spent.session.link]
            spent.endpoint.retire(spent.session, spent.parts(now), now)
        return gone

    def receive_live(self, link: LinkId) -> None:
        """Note that the hub welcomed a link."""
        line = self._lines[link]
        others = (
            other for other in self._lines.values() if other is not line and other.endpoint is line.endpoint
        )
        first = not any(other.session.live for other in others)
        if line.session.via == "websocket" and line.endpoint.via == "polling":
            line.probe = False
        line.endpoint.receive_live(line.session.via, first=first)
        self.reason = ""

    def receive_goodbye(self, link: LinkId, now: float) -> None:
        """Note that a hub is leaving, and go where it says."""
        line = self._lines[link]
        goodbye = line.session.goodbye
        assert goodbye is not None, "it has just been said"
        line.endpoint.receive_goodbye(goodbye.retry_after, now)
        if goodbye.endpoint is not None and self._may_learn(goodbye.endpoint, line.endpoint.address):
            self.add_endpoint(goodbye.endpoint)
        if goodbye.endpoint in self._endpoints:
            named = self._endpoints[goodbye.endpoint]
            named.next_try_at, named.failures = now, 0

    def receive_closed(self, link: LinkId, code: int, reason: str, now: float) -> None:
        """Note that a link ended or a dial failed, and plan when its endpoint is tried again."""
        line = self._lines.pop(link)
        session = line.session
        if line.probe and line.endpoint.via == "polling" and session.live_since is None:
            line.endpoint.probe_later(now)
            return
        farewell = "" if session.goodbye is None else session.goodbye.reason
        self.reason = explain(code, reason or farewell)
        if session.retry_after > 0:
            line.endpoint.receive_goodbye(session.retry_after, now)
        line.endpoint.receive_end(session, code, self.reason, now)

    def doubt(self, now: float) -> None:
        """Try every endpoint afresh: this device slept."""
        for endpoint in self._endpoints.values():
            endpoint.wake(now)

    def reconnect(self, now: float, address: str | None = None) -> None:
        """Forget every wait, bench and refusal of an endpoint, or of all: a person asked to try now."""
        for endpoint in self._endpoints.values():
            if address in (None, endpoint.address):
                endpoint.forgive(now)

    def hasten(self, address: str, now: float) -> None:
        """Probe an endpoint as soon as it may be."""
        self._endpoints[address].probe_at = now

    def drain(self, address: str, drained: bool) -> None:
        """Have nothing carried over an endpoint, or have it used again; one that is not known is not."""
        endpoint = self._endpoints.get(address)
        if endpoint is not None:
            endpoint.drained = drained

    def add_endpoint(self, address: str) -> None:
        """Use another endpoint too; a known one stays as it is."""
        if address not in self._endpoints:
            self._endpoints[address] = Endpoint(address, self._config, self._dice)

    def remove_endpoint(self, address: str) -> list[Session]:
        """Use an endpoint no longer; return its open links, which are to be hung up."""
        self._endpoints.pop(address, None)
        return [line.session for line in self._lines.values() if line.endpoint.address == address]

    def next_deadline(self) -> float | None:
        """Return when a dial or one of the links is due; `None` while nothing is."""
        due = [at for session in self.sessions if (at := session.next_deadline()) is not None]
        due += [plan.at for plan in self._plans()]
        if self._too_many:
            due += [at for line in self._lines.values() if (at := self._spent_at(line)) is not None]
        return min(due, default=None)

    def views(self, rooms: Mapping[LinkId, tuple[RoomId, ...]], now: float) -> tuple[LinkView, ...]:
        """Return one view a link, and one of each endpoint without a link, in the order of endpoints.

        Args:
            rooms: the rooms that each link carries.
            now: the time.
        """
        views: list[LinkView] = []
        for endpoint in self._endpoints.values():
            lines = [line for line in self._lines.values() if line.endpoint is endpoint]
            before = endpoint.traffic
            for line in lines:
                carried = rooms.get(line.session.link, ())
                views.append(line_view(line, before, carried, self._config.slow_latency, now))
                before = Traffic()
            if not lines:
                views.append(endpoint_view(endpoint, trying=self.open))
        return tuple(views)

    def _plans(self) -> list[_Plan]:
        """Return the dials that may be made, now or later, as things stand."""
        connecting = [line for line in self._lines.values() if line.connecting]
        free = len(connecting) < MAX_DIALS and len(self._lines) < self._config.max_connections
        if not self.open or not free:
            return []
        serving = [line for line in self._lines.values() if line.serves]
        if not any(line.session.live for line in serving):
            return self._first_plans(connecting)
        plans = [] if any(line.connecting for line in serving) else self._further_plans(serving)
        if not self._config.basic and not any(line.connecting and line.probe for line in connecting):
            plans += self._probe_plans({plan.endpoint.address for plan in plans})
        return plans

    def _first_plans(self, connecting: list[Line]) -> list[_Plan]:
        """Return the dials of who has nothing live: one endpoint after the other, overlapping."""
        gate = self._dialled_at + HEAD_START if connecting else float("-inf")
        busy = {line.endpoint.address for line in connecting}
        return [
            self._plan(endpoint, max(gate, endpoint.next_try_at))
            for endpoint in self._endpoints.values()
            if endpoint.usable and endpoint.address not in busy and self._has_room(endpoint)
        ]

    def _further_plans(self, serving: list[Line]) -> list[_Plan]:
        """Return the dials of links that are needed beside those there are, and of spare ones."""
        bases = {line.endpoint.address for line in serving}
        away = [end for end in self._endpoints.values() if end.usable and end.address not in bases]
        spares = min(self._config.spare_links, len(bases) + len(away) - 1)
        spread = len(bases) > spares
        choice = away if not spread else []
        if len(serving) < self.needed + (spares if spread else 0):
            choice = [end for end in self._endpoints.values() if end.usable]
        return [self._plan(end, end.next_try_at) for end in choice if self._has_room(end)]

    def _probe_plans(self, planned: Collection[str]) -> list[_Plan]:
        """Return the probes of endpoints without a link, and of WebSockets where there is only polling."""
        plans: list[_Plan] = []
        linked = {line.endpoint.address: line.session.via for line in self._lines.values()}
        for endpoint in self._endpoints.values():
            if not endpoint.usable or endpoint.address in planned or not self._has_room(endpoint):
                continue
            if endpoint.address not in linked:
                at = max(endpoint.next_try_at, endpoint.probe_at)
                plans.append(_Plan(at, (1.0,), endpoint, endpoint.via, probe=True))
            elif linked[endpoint.address] == "polling":
                plans.append(_Plan(endpoint.probe_at, (1.0,), endpoint, "websocket", probe=True))
        return plans

    def _plan(self, endpoint: Endpoint, at: float) -> _Plan:
        lines = sum(line.endpoint is endpoint for line in self._lines.values())
        rank = (0.0, endpoint.failures, lines, endpoint.latency or 0.0)
        return _Plan(at, rank, endpoint, endpoint.via, probe=False)

    def _has_room(self, endpoint: Endpoint) -> bool:
        lines = sum(line.endpoint is endpoint for line in self._lines.values())
        return lines < (1 if self._config.basic else self._config.max_connections_per_endpoint)

    @property
    def _wanted(self) -> int:
        """How many links there should be."""
        usable = sum(endpoint.usable for endpoint in self._endpoints.values())
        return self.needed + max(0, min(self._config.spare_links, usable - 1))

    def _promote(self) -> None:
        """Have probes serve where too few others do."""
        missing = self._wanted - sum(line.serves for line in self._lines.values())
        for line in self._lines.values():
            if missing > 0 and line.probe and line.session.live and not line.endpoint.drained:
                line.probe = False
                missing -= 1

    @property
    def _too_many(self) -> bool:
        return sum(line.serves and line.session.live for line in self._lines.values()) > self._wanted

    def _give_up(self, now: float) -> Line | None:
        """Return an idle link that nothing needs; `None` without one.

        A probe is judged after its first round trip: it goes, or takes the place of a much worse idle link.
        """
        idle = [line for line in self._lines.values() if line.idle_since is not None]
        drained = next((line for line in idle if line.endpoint.drained), None)
        probe = next((line for line in idle if line.probe and line.session.latency.newest is not None), None)
        serving = [line for line in idle if not line.probe]
        if drained is not None:
            return drained
        if probe is not None:
            worst = min(serving, key=lambda line: line.worth(now), default=None)
            if worst is None or probe.worth(now) < worst.worth(now) + MARGIN:
                return probe
            probe.probe = False
            return worst
        if not self._too_many:
            return None
        spent = [line for line in serving if (at := self._spent_at(line)) is not None and at <= now]
        return min(spent, key=lambda line: line.worth(now), default=None)

    def _spent_at(self, line: Line) -> float | None:
        """Return when a link that serves was idle long enough to be given up; `None` while it is not idle."""
        # One sum for the deadline and for what is done at it: by another, rounded otherwise, it never came.
        if line.probe or line.idle_since is None:
            return None
        return line.idle_since + self._config.health_check_interval

    def _may_learn(self, address: str, by: str) -> bool:
        """Return whether a hub may send this device there: to an address of a hub, and no less safely."""
        there = urlsplit(address)
        if there.scheme not in ("ws", "wss") or not there.hostname or there.query or there.fragment:
            return False
        if there.scheme == "ws" and urlsplit(by).scheme == "wss":
            return False
        return len(self._endpoints) < len(self._config.endpoints) + MAX_LEARNT
