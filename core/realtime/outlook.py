"""The outlook: how this device reaches the hub, as one value for screens and as lines of the feed.

Decides nothing: it reads the pool and the rooms and says what they come to. Guarantees that a change of state
is said at once, and mere figures (rates, counters, the time of the newest frame) at most once in
`FIGURES_SECONDS`. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.realtime.effects import ConnectionChanged, Moment, Told
from core.realtime.links.traffic import Rate
from core.realtime.view import Connection, LinkState, LocalLine

if TYPE_CHECKING:
    from core.realtime.config import EngineConfig
    from core.realtime.links.carriage import Carriage
    from core.realtime.links.session import Session
    from core.wire.messages import Welcome

FIGURES_SECONDS = 1.0
_APART: frozenset[LinkState] = frozenset({"offline", "connecting"})
"""States without a link, whose `since` is one: attempts do not end being offline."""


class Outlook:
    """How this device reaches the hub.

    Args:
        config: figures of the engine.
        carriage: links and rooms.
    """

    def __init__(self, config: EngineConfig, carriage: Carriage) -> None:
        self._config = config
        self._carriage = carriage
        self._pool = carriage.pool
        self._said: Connection | None = None
        self._said_at = 0.0
        self._outline: tuple[tuple[str, str, bool, bool], ...] = ()
        self._lost_at: float | None = None
        self._benched: frozenset[str] = frozenset()
        self._unreachable: set[str] = set()
        """Endpoints of which it was said that they cannot be reached."""
        self._in = Rate()
        self._out = Rate()

    def count_in(self, now: float) -> None:
        """Count a frame from the hub."""
        self._in.add(now)

    def count_out(self, now: float, messages: int) -> None:
        """Count messages to the hub."""
        if messages:
            self._out.add(now, messages)

    def receive_live(self, session: Session, moment: Moment) -> list[Told]:
        """Note that a hub welcomed this device; return what the feed says of it: nothing of spare links."""
        lost_at, self._lost_at = self._lost_at, None
        self._unreachable.discard(session.endpoint)
        self._benched = frozenset(self._pool.benched)
        if len(self._pool.live) > 1:
            return []
        if lost_at is None:
            return [_line(moment, f"connected to {session.endpoint}")]
        return [_line(moment, f"reconnected after {_seconds(moment.now - lost_at)}")]

    def receive_lost(self, session: Session, carried: int, moment: Moment) -> list[Told]:
        """Note that a link ended or a dial failed; return what the feed says, each kind of trouble once.

        Args:
            session: the link.
            carried: how many rooms it carried.
            moment: when it ended.
        """
        lines: list[Told] = []
        main = self._carriage.main
        endpoint, reason = session.endpoint, self._pool.reason
        if session.live_since is not None and main is None:
            self._lost_at = moment.now
            self._unreachable.add(endpoint)
            lines.append(_line(moment, f"connection lost: {reason}"))
        elif session.live_since is not None and main is not None:
            if carried:
                lines.append(_line(moment, f"{endpoint} lost: {reason}; going on over {main.endpoint}"))
        elif endpoint in self._pool.refused:
            lines.append(_line(moment, f"the hub at {endpoint} refuses this device: {reason}"))
        elif endpoint not in self._unreachable:
            self._unreachable.add(endpoint)
            lines.append(_line(moment, f"cannot reach {endpoint}: {reason}; trying again"))
        benched = frozenset(self._pool.benched)
        for endpoint in sorted(benched - self._benched):
            every = _seconds(self._config.health_check_interval)
            lines.append(_line(moment, f"{endpoint} has failed too often; probing it every {every} at most"))
        self._benched = benched
        return lines

    def changes(self, moment: Moment) -> list[ConnectionChanged | Told]:
        """Return how this device reaches the hub, if there is something new to say."""
        before, outline = self._said, self._pool.outline
        now = self._connection(before, moment)
        if before == now and outline == self._outline and moment.now < self._said_at + FIGURES_SECONDS:
            return []
        now = self._with_figures(now, moment.now)
        self._said_at, self._outline = moment.now, outline
        if now == before:
            return []
        self._said = now
        changes: list[ConnectionChanged | Told] = [ConnectionChanged(now)]
        if now.state == "slow" and before is not None and before.state != "slow":
            changes.append(
                _line(moment, f"the link is slow: {now.latency or 0.0:.1f} s; entries are saved first")
            )
        return changes

    def next_deadline(self) -> float | None:
        """Return when figures are due again; `None` while none move."""
        if self._said is None or not (self._said.message_rate_in or self._said.message_rate_out):
            return None
        return self._said_at + FIGURES_SECONDS

    def _connection(self, before: Connection | None, moment: Moment) -> Connection:
        """Return the connection with the figures as they were last said."""
        session = self._carriage.main
        state = self._state(session)
        planned = self._pool.next_try
        tried = session or next(iter(self._pool.sessions), None)
        endpoint = tried.endpoint if tried is not None else planned[0] if planned else ""
        last = Connection(since=moment.now) if before is None else before
        welcome = None if session is None else session.welcome
        return Connection(
            state=state,
            since=last.since if _is_same(last.state, state) else moment.now,
            endpoint=endpoint or last.endpoint,
            latency=None if session is None else session.latency.median,
            next_try_at=None if planned is None else planned[1],
            reason=_late_reason(welcome) or self._pool.reason,
            clock_offset=last.clock_offset if session is None else session.latency.clock_offset,
            role=last.role if welcome is None else welcome.role,
            team=last.team if welcome is None else welcome.team,
            last_frame_at=last.last_frame_at,
            durable=session is None or session.durable,
            message_rate_in=last.message_rate_in,
            message_rate_out=last.message_rate_out,
            links=last.links,
            hub_version=last.hub_version if welcome is None else welcome.version,
        )

    def _with_figures(self, connection: Connection, now: float) -> Connection:
        frames = [at for session in self._pool.sessions if (at := session.last_frame_at) is not None]
        return replace(
            connection,
            last_frame_at=max(frames, default=connection.last_frame_at),
            message_rate_in=self._in.per_second(now),
            message_rate_out=self._out.per_second(now),
            links=self._carriage.views(now),
        )

    def _state(self, session: Session | None) -> LinkState:
        if session is not None:
            if session.is_late:
                return "sign_in"
            if self._carriage.rooms.catching_up:
                return "catching_up"
            return "slow" if (session.latency.median or 0.0) >= self._config.slow_latency else "live"
        if any(open_.state in ("dialling", "greeting") for open_ in self._pool.sessions):
            return "connecting"
        return "sign_in" if self._pool.all_refused else "offline"


def _late_reason(welcome: Welcome | None) -> str:
    """Say why somebody has to sign in again; `""` where nobody has to."""
    if welcome is None or welcome.standing == "valid":
        return ""
    return f"your sign-in is {welcome.standing}; what you enter is held until ops decide"


def _is_same(before: LinkState, now: LinkState) -> bool:
    return before == now or (before in _APART and now in _APART)


def _line(moment: Moment, text: str) -> Told:
    return Told(LocalLine(moment.at, "link", text))


def _seconds(duration: float) -> str:
    return f"{duration:.0f} s" if duration < 120 else f"{duration / 60:.0f} min"
