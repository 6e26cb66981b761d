"""The entrance: what every request passes before anybody looks at what it wants.

Reads from a request who comes, and turns away by origin, by rate and by the table of routes. Who somebody is
tells `door`, who may come where `access`. A token is taken from the `Authorization` header (RFC 6750, section
2.1) or a client's `Hello`, never from an address: addresses end up in logs.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection
from starlette.routing import Match, Route, WebSocketRoute

from core.hub.door.access import may_open, names_a_machine, origin_allowed
from core.hub.door.door import Door, Stopped, Visitor
from core.hub.log.rounds import utc_now
from core.hub.web.http import PASS, VISITOR
from core.hub.web.problem import problem, too_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

NO_SOCKET = "there is no WebSocket at that path; there are /v1/ws and, for old clients, /ws"
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers that a proxy adds."""


class Doorkeeper:
    """Turns away who may not come in; those inside find their pass in the scope's state.

    Args:
        app: what is behind the door.
        routes: its routes.
        door: tells who somebody is.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute], door: Door) -> None:
        self._app = app
        self.routes = routes
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not."""
        route = next((one for one in self.routes if one.matches(scope)[0] is not Match.NONE), None)
        # A WebSocket goes straight to its end: all that is on the way lasts as long as it does, for each.
        inside = route.app if isinstance(route, WebSocketRoute) else self._app
        refused = self._refuse(scope, route)
        await (inside if refused is None else refused)(scope, receive, send)

    def _refuse(self, scope: Scope, route: BaseRoute | None) -> Response | None:
        headers = HTTPConnection(scope).headers
        if "content-length" in headers and "transfer-encoding" in headers:
            # What a proxy before the hub takes for one request must not be two here (RFC 9112, section 6.1).
            refused = problem(HTTPStatus.BAD_REQUEST, "a body has a length or comes in chunks, not both")
            refused.headers["Connection"] = "close"
            return refused
        if not origin_allowed(headers.get("origin"), headers.get("host")):
            return problem(HTTPStatus.FORBIDDEN, "pages from elsewhere may not use this hub")
        visitor = visitor_of(scope)
        wait = self._wait(visitor)
        if wait:
            return too_many(wait, "too many connections from there at a time")
        if route is None:
            return None if scope["type"] == "http" else problem(HTTPStatus.NOT_FOUND, NO_SOCKET)
        admitted = self._door.admit(visitor, utc_now())
        found = None if isinstance(admitted, Stopped) else admitted
        path = route.path if isinstance(route, Route | WebSocketRoute) else ""
        if may_open(found, path, scope.get("method", "")):
            scope.setdefault("state", {}).update({VISITOR: visitor, PASS: found})
            return None
        if found is not None and found.standing == "valid" and found.id:
            return problem(HTTPStatus.FORBIDDEN, f"that is not for a {found.role}; ask ops for another code")
        reason = admitted.reason if isinstance(admitted, Stopped) else ""
        return unknown(reason or "who may do that has signed in; ask ops for a join code")

    def _wait(self, visitor: Visitor) -> float:
        """Count a connection; return for how long it has to wait, 0.0 for not at all."""
        if self._door.trusts(visitor):
            return 0.0
        now = asyncio.get_running_loop().time()
        return self._door.connections.take(visitor.address, now) or self._door.handshakes.take("", now)


def visitor_of(scope: Scope) -> Visitor:
    """Return where a request comes from, and the token in its headers."""
    headers = HTTPConnection(scope).headers
    kind, _, token = headers.get("authorization", "").partition(" ")
    client = scope.get("client")
    return Visitor(
        address=client[0] if client else "",
        # A page that made its own name resolve here calls the hub by that name, and needs no origin to read.
        forwarded=any(name in headers for name in FORWARDED) or not names_a_machine(headers.get("host")),
        token=token.strip() if kind.lower() == "bearer" and token else None,
    )


def unknown(detail: str) -> Response:
    """Say that one has to sign in (RFC 6750, section 3)."""
    response = problem(HTTPStatus.UNAUTHORIZED, detail)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response
