"""A session: the protocol life of one link, from the dial to its end.

Owns the greeting, the heartbeat both ways and the figures of the link. What is said in rooms and about
entries passes by: `engine` hands it to others. Guarantees that a link without any frame for
`heartbeat_timeout` is hung up, whatever the other side pretends; that one in doubt, as after a sleep of this
device, answers within `DOUBT_SECONDS` or is hung up; and that a state changes only as `TRANSITIONS` says.
Times are monotonic seconds unless they are datetimes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from core.domain.text import MAX_TEXT, clean
from core.realtime.effects import Effect, Hangup, LinkId, Moment, Send
from core.realtime.links.traffic import Latency, Traffic
from core.wire.messages import (
    CLOSE_GOING_AWAY,
    CLOSE_PROTOCOL,
    CLOSE_SIGN_IN,
    CLOSE_TOO_LARGE,
    ClientMessage,
    Goodbye,
    Heartbeat,
    Hello,
    HubMessage,
    Ping,
    Pong,
    Problem,
    Welcome,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.realtime.config import EngineConfig
    from core.realtime.view import Via

State = Literal["dialling", "greeting", "live", "leaving", "closed"]
"""`greeting`: open, and the hub has yet to welcome this device. `leaving`: the hub said goodbye and will
close."""
Cause = Literal["opened", "welcomed", "goodbye", "lost"]

TRANSITIONS: Mapping[tuple[State, Cause], State] = {
    ("dialling", "opened"): "greeting",
    ("dialling", "lost"): "closed",
    ("greeting", "welcomed"): "live",
    ("greeting", "goodbye"): "leaving",
    ("greeting", "lost"): "closed",
    ("live", "goodbye"): "leaving",
    ("live", "lost"): "closed",
    ("leaving", "lost"): "closed",
}
"""Every way from one state to the next; what is not here does not happen."""

CLOSE_NORMAL = 1000
CLOSE_BAD_FRAME = 1002
"""RFC 6455, section 7.4.1: this side ends the link as the other broke the protocol."""
GOODBYE_SECONDS = 5.0
"""How long after its goodbye the hub may take to close."""
DOUBT_SECONDS = 2.0
"""How long a link in doubt may take to answer."""

_WORDS: Mapping[int, str] = {
    CLOSE_NORMAL: "the hub closed the link",
    CLOSE_GOING_AWAY: "the hub is going away",
    1006: "the connection broke",
    CLOSE_TOO_LARGE: "the hub found a frame too large",
    1012: "the hub restarts",
    CLOSE_PROTOCOL: "the hub does not understand this program; use the same version on both sides",
    CLOSE_SIGN_IN: "the hub refuses the sign-in",
}


def explain(code: int, reason: str) -> str:
    """Say in words why a link closed: what the other side said, or what its code means."""
    return clean(reason, MAX_TEXT) or _WORDS.get(code) or f"the hub closed the link with code {code}"


class Session:
    """One link.

    Args:
        link: its id.
        endpoint: the address that is dialled.
        config: figures of the engine.
        now: when the dial began.
        via: how it is carried.
    """

    def __init__(
        self, link: LinkId, endpoint: str, config: EngineConfig, now: float, via: Via = "websocket"
    ) -> None:
        self.link = link
        self.endpoint = endpoint
        self.via: Via = via
        self._config = config
        self.state: State = "dialling"
        self.latency = Latency()
        self.welcome: Welcome | None = None
        """What the hub said of itself; `None` before its welcome."""
        self.goodbye: Goodbye | None = None
        """Why the hub is about to close; `None` while it is not."""
        self.retry_after = 0.0
        """Seconds that the hub asks to wait before the next dial, as it said when it refused this one."""
        self.live_since: float | None = None
        """When the hub welcomed this device; `None` before."""
        self.last_frame_at: float | None = None
        """When the newest frame came; `None` before the first."""
        self.heard_at: datetime | None = None
        """The same by the wall clock, which goes on while the laptop sleeps; the engine sets it."""
        self.durable = True
        """Whether the hub reaches its log, as it last said."""
        self.traffic = Traffic()
        self._doubted_at: float | None = None
        self._ping_due: float | None = None
        self._deadline = now + config.connection_timeout
        """When this state has lasted too long without a frame."""

    @property
    def live(self) -> bool:
        """Whether rooms and entries may use the link."""
        return self.state == "live"

    @property
    def doubted(self) -> bool:
        """Whether nobody knows if the link still lives."""
        return self._doubted_at is not None

    @property
    def sure(self) -> bool:
        """Whether what it says is the newest there is: it lives, and its hub reaches its log."""
        return self.durable and not self.doubted

    @property
    def is_late(self) -> bool:
        """Whether the sign-in is good no more: the link delivers what was written, and reads nothing."""
        return self.welcome is not None and self.welcome.standing != "valid"

    def send(self, message: ClientMessage) -> Send:
        """Count a message and return the effect that sends it."""
        self.traffic.messages_out += 1
        return Send(self.link, message)

    def receive_open(self, hello: Hello, now: float) -> list[Effect]:
        """Greet the hub: the dial succeeded."""
        self._move("opened")
        self._deadline = now + self._config.connection_timeout
        return [self.send(hello)]

    def receive_size(self, size_bytes: int, now: float) -> None:
        """Count a frame that came in; any frame is a sign of life."""
        self.traffic.messages_in += 1
        self.traffic.bytes_in += size_bytes
        self.last_frame_at = now
        # What waited in the system's buffers while the device slept tells nothing of now.
        if self.live and not self.doubted:
            self._deadline = now + self._config.heartbeat_timeout

    def receive_message(self, message: HubMessage, moment: Moment) -> list[Effect]:
        """Take what the hub said of the link itself; all else passes by, but for a message out of place."""
        match message:
            case Welcome() if self.state == "greeting":
                return self._welcomed(message, moment)
            case Goodbye() if self.state in ("greeting", "live"):
                self._move("goodbye")
                self.goodbye = message
                self._ping_due = None
                self._deadline = moment.now + GOODBYE_SECONDS
                return []
            case Welcome() | Goodbye():
                return self.hang_up(CLOSE_BAD_FRAME, "the hub greeted or left twice")
            case Problem():
                return []
            case _ if self.state == "greeting":
                return self.hang_up(CLOSE_BAD_FRAME, "the hub spoke before its welcome")
            case Heartbeat(_, durable):
                self.durable = durable
            case Pong(sent, at) if 0 <= sent <= moment.now:
                trip = moment.now - sent
                middle = moment.at - timedelta(seconds=trip / 2)
                self.latency.add(trip, (at - middle).total_seconds())
                if self._doubted_at is not None and sent >= self._doubted_at:
                    self._doubted_at = None
                    self._deadline = moment.now + self._config.heartbeat_timeout
            case _:
                pass
        return []

    def doubt(self, now: float) -> list[Effect]:
        """Ask for a sign of life: this device slept, and the link may be long gone."""
        self._deadline = now + DOUBT_SECONDS
        if not self.live:
            return []
        self._doubted_at = now
        self._ping_due = now + self._config.heartbeat_interval
        return [self.send(Ping(now))]

    def receive_closed(self, retry_after: float = 0.0) -> None:
        """End: the other side closed, or the dial failed; the hub asks to wait so many seconds."""
        self.retry_after = retry_after
        self._move("lost")

    def hang_up(self, code: int, reason: str) -> list[Effect]:
        """End the link from this side."""
        self._move("lost")
        return [Hangup(self.link, code, reason)]

    def next_deadline(self) -> float | None:
        """Return when `handle_deadline` is due; `None` once the link has ended."""
        if self.state == "closed":
            return None
        return self._deadline if self._ping_due is None else min(self._deadline, self._ping_due)

    def handle_deadline(self, now: float) -> list[Effect]:
        """Ping, or hang up a link that gives no sign of life."""
        if self.state == "closed":
            return []
        if now >= self._deadline:
            return self.hang_up(CLOSE_GOING_AWAY, self._silence(now))
        if self._ping_due is not None and now >= self._ping_due:
            self._ping_due = now + self._config.heartbeat_interval
            return [self.send(Ping(now))]
        return []

    def missed(self, now: float) -> int:
        """Return how many heartbeats in a row are missing."""
        if self.last_frame_at is None or self.welcome is None:
            return 0
        return int(max(0.0, now - self.last_frame_at) // max(self.welcome.heartbeat, 1.0))

    def _welcomed(self, welcome: Welcome, moment: Moment) -> list[Effect]:
        self._move("welcomed")
        self.welcome = welcome
        self.live_since = moment.now
        self._deadline = moment.now + self._config.heartbeat_timeout
        self._ping_due = moment.now + self._config.heartbeat_interval
        return [self.send(Ping(moment.now))]

    def _silence(self, now: float) -> str:
        match self.state:
            case "dialling":
                return f"no connection within {self._config.connection_timeout:g} s"
            case "greeting":
                return f"no welcome from the hub within {self._config.connection_timeout:g} s"
            case "leaving" if self.goodbye is not None:
                return clean(self.goodbye.reason, MAX_TEXT)
            case _:
                silent = now - (self.last_frame_at or now)
                return f"no sign of life for {silent:.0f} s"

    def _move(self, cause: Cause) -> None:
        self.state = TRANSITIONS[self.state, cause]
