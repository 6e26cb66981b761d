"""One connection before it is a WebSocket: its seat, and how long it may take over its requests.

A subclass of uvicorn's HTTP protocol (0.54) that mends what it lacks: who says nothing, speaks word by word
or does not read is ended, who comes when the hub is full is told when to come again, and what cannot be
understood is answered by a problem like all else.
"""

from __future__ import annotations

import resource
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from core.hub.door.seats import MOST, OWN_FILES, Seats
from core.hub.web.problem import last_words

if TYPE_CHECKING:
    import asyncio

    from h11 import Request

REQUEST_DEADLINE = 10.0
"""Seconds that a connection may take to its next complete request."""
READING_DEADLINE = 60.0
"""Seconds that a client may take to read what one answer left in the buffer."""
FULL_WAIT = 5
"""Seconds after which somebody may come again who found no seat."""


STANDING = 16
"""Connections that may wait to hear so; more are ended without a word."""
STANDING_DEADLINE = 1.0
"""Seconds that such a connection may take to its request."""
_standing: set[HttpProtocol] = set()


@cache
def seats() -> Seats:
    """Return the seats of this process's hub."""
    return Seats(open_files(MOST + OWN_FILES))


def open_files(wanted: int) -> int:
    """Return how many files this process may have open; the system is asked for more if they are too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    have, may = (wanted if limit == resource.RLIM_INFINITY else limit for limit in (soft, hard))
    if have >= wanted or have >= may:
        return have
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, may), hard))
    except (ValueError, OSError):
        # Some systems let a process have fewer than they say.
        return have
    return min(wanted, may)


class HttpProtocol(H11Protocol):
    """HTTP/1.1 with deadlines, on one of the hub's seats."""

    _seat: str | None = None
    """The address that a seat was taken for; `None` without one."""
    _request_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a seat, or say when there may be one."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if seats().take(address):
            self._seat = address
            self._expect_request()
        elif len(_standing) < STANDING:
            _standing.add(self)
            self._request_timer = self.loop.call_later(STANDING_DEADLINE, self._refuse)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers and give the seat back."""
        self._expect_nothing()
        self.resume_writing()
        self._stand_up()
        _standing.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a request that is whole has no deadline but its own."""
        if self in _standing:
            self._refuse()
            return
        super().data_received(data)
        if self._is_busy():
            self._expect_nothing()

    def on_response_complete(self) -> None:
        """Wait for the next request, but not for ever."""
        super().on_response_complete()
        if not self._is_busy() and not self.transport.is_closing():
            self._expect_request()

    def handle_websocket_upgrade(self, event: Request) -> None:
        """Hand over to the WebSocket protocol, which has deadlines and a seat of its own."""
        self._expect_nothing()
        self._stand_up()
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- the base class's words
        """Say that this is no request, unless another one is being answered; then end."""
        if not self._is_busy():
            detail = "that is no HTTP/1.1 request; what there is begins with /v1/"
            self.transport.write(last_words(HTTPStatus.BAD_REQUEST, detail))
        self.transport.close()

    def pause_writing(self) -> None:
        """Have the client read on, or go."""
        super().pause_writing()
        if self._reading_timer is None:
            self._reading_timer = self.loop.call_later(READING_DEADLINE, self.transport.abort)

    def resume_writing(self) -> None:
        """Know that the client reads."""
        super().resume_writing()
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None

    def _refuse(self) -> None:
        """Say that the hub is full, once there is a request: a client that still sends would not read it."""
        detail = f"the hub is full; come again in {FULL_WAIT} s"
        again = {"Retry-After": str(FULL_WAIT)}
        self.transport.write(last_words(HTTPStatus.SERVICE_UNAVAILABLE, detail, again))
        self.transport.close()

    def _is_busy(self) -> bool:
        """Tell whether a request is being answered."""
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _expect_request(self) -> None:
        self._expect_nothing()
        self._request_timer = self.loop.call_later(REQUEST_DEADLINE, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _stand_up(self) -> None:
        if self._seat is not None:
            seats().leave(self._seat)
            self._seat = None
