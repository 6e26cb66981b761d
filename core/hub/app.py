"""The hub's ASGI application: the HTTP routes, the WebSocket endpoint, and the door before both.

What is said over them is `http`'s and `link`'s affair.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import WebSocketRoute

from core.hub.door.entrance import Doorkeeper
from core.hub.link import HELLO_DEADLINE, Link
from core.hub.log.analytics import AnalyticsHttp
from core.hub.web.http import Http
from core.hub.web.legacy import OldClients
from core.hub.web.metrics import Metrics
from core.hub.web.poll import Polling
from core.hub.web.problem import bug_problem, http_problem, problem
from core.hub.web.rooms_http import RoomsHttp
from core.hub.web.routes import Handlers, routes_of, table
from core.hub.web.transfer import Transfer
from core.wire.codec import SUBPROTOCOLS
from core.wire.legacy import LEGACY_PATH
from core.wire.messages import CLOSE_GOING_AWAY

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from core.hub.door.reception import Reception
    from core.hub.lobby import Lobby
    from core.hub.log.analytics import Sampling
    from core.hub.log.sqlite_log import SqliteLog
    from core.hub.protocol import SocketProtocol

CLOSE_NO_HELLO = 4408
"""The client said nothing in time; it may try again."""
CLOSE_ABNORMAL = 1006
CLEAN_CLOSES = (1000, CLOSE_GOING_AWAY)
"""RFC 6455, section 7.4.1: by these a client says that it meant to go."""


class Sockets:
    """`/v1/ws` as raw ASGI: the hub writes past ASGI, straight to the connection.

    Args:
        lobby: where the links belong.
    """

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket from its handshake to its end."""
        await receive()
        offered: list[str] = scope["subprotocols"]
        chosen = next((name for name in SUBPROTOCOLS if name in offered), None)
        if offered and chosen is None:
            detail = f"this hub speaks {' and '.join(SUBPROTOCOLS)}; offer one of them, or none for JSON"
            await problem(HTTPStatus.BAD_REQUEST, detail)(scope, receive, send)
            return
        await send({"type": "websocket.accept", "subprotocol": chosen})
        peer: SocketProtocol = scope["state"]["peer"]
        form = SUBPROTOCOLS[chosen] if chosen else "json"
        link = Link(self._lobby, peer, form, scope["state"]["visitor"])
        code = CLOSE_ABNORMAL
        try:
            code = await _read(link, receive)
        except TimeoutError:
            peer.close(CLOSE_NO_HELLO, f"no hello within {HELLO_DEADLINE:.0f} s")
        finally:
            link.end(clean=code in CLEAN_CLOSES)


def application(lobby: Lobby, log: SqliteLog, reception: Reception, sampling: Sampling) -> ASGIApp:
    """Assemble the application."""
    http = Http(lobby, log)
    old_clients = OldClients(lobby)
    handlers = Handlers(
        http=http,
        rooms=RoomsHttp(lobby),
        transfer=Transfer(lobby, log, http),
        polling=Polling(lobby),
        reception=reception,
        metrics=Metrics(lobby, old_clients, log.path),
        analytics=AnalyticsHttp(http, sampling, log.path),
    )
    routes: list[BaseRoute] = [
        *routes_of(table(handlers, lobby.version)),
        WebSocketRoute("/v1/ws", cast("ASGIApp", Sockets(lobby))),
        WebSocketRoute(LEGACY_PATH, cast("ASGIApp", old_clients)),
    ]
    problems = {HTTPException: http_problem, Exception: bug_problem}
    inside = Starlette(routes=routes, exception_handlers=problems)
    return Doorkeeper(inside, routes, lobby.door)


async def _read(link: Link, receive: Receive) -> int:
    """Read frames until the end, and return the code with which the connection was closed.

    Raises:
        TimeoutError: the client did not say hello in time.
    """
    async with asyncio.timeout(HELLO_DEADLINE) as deadline:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code: int = message["code"]
                return code
            text = message.get("text")
            link.receive_frame(message["bytes"] if text is None else text)
            if link.greeted:
                deadline.reschedule(None)
