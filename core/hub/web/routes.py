"""The table of everything that the hub does over HTTP: each operation as it is described, and who does it.

The routes are made from it, and so is the OpenAPI document: neither can say what the other does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.domain.events import Event
from core.domain.state import Tournament
from core.hub.rooms.catalogue import RoomQuery
from core.hub.web.figures import TEXT_TYPE
from core.hub.web.http import Brought, Health, Outcome, Page, PageQuery, Readiness
from core.hub.web.openapi import JSON_TYPE, Operation, document
from core.hub.web.transfer import ExportQuery, ImportedTournament, ImportQuery
from core.wire.analytics import Analytics
from core.wire.invites import INVITES_PATH, JOIN_PATH, Invite, Invited, NewInvite, Redeem, SignedIn
from core.wire.messages import Listing
from core.wire.poll import MEDIA_TYPES, POLL_PATH, Poll, Polled
from core.wire.rooms import RoomInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.hub.door.reception import Reception
    from core.hub.log.analytics import AnalyticsHttp
    from core.hub.web.http import Http
    from core.hub.web.metrics import Metrics
    from core.hub.web.poll import Polling
    from core.hub.web.rooms_http import RoomsHttp
    from core.hub.web.transfer import Transfer

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

OPENAPI_PATH = "/v1/openapi.json"
_BAD, _GONE, _ABSENT = HTTPStatus.BAD_REQUEST, HTTPStatus.GONE, HTTPStatus.NOT_FOUND
_BROKEN = HTTPStatus.SERVICE_UNAVAILABLE
_BODY = (_BAD, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""What may be wrong with a body."""
_TOURNAMENT = "/v1/tournaments/{tournament}"
_FILES = (JSON_TYPE, "application/toml", "text/csv")


@dataclass(frozen=True, slots=True)
class Handlers:
    """Who serves the hub's requests."""

    http: Http
    rooms: RoomsHttp
    transfer: Transfer
    polling: Polling
    reception: Reception
    metrics: Metrics
    analytics: AnalyticsHttp


Served: TypeAlias = tuple[Operation, Handler]


def table(handlers: Handlers, version: str) -> tuple[Served, ...]:
    """Return every operation with its handler.

    Args:
        handlers: who serves them.
        version: the hub's version.
    """
    parts = (_tournaments, _transfers, _entries, _people, _itself)
    served = tuple(one for part in parts for one in part(handlers))
    described = Operation("GET", OPENAPI_PATH, "This document", dict[str, msgspec.Raw], guarded=False)
    content = msgspec.json.encode(document([*(operation for operation, _ in served), described], version))

    async def openapi(_request: Request) -> Response:
        return Response(content, media_type=JSON_TYPE)

    return (*served, (described, openapi))


def routes_of(served: Sequence[Served]) -> list[Route]:
    """Return a route a path, so that a method which is not served is told those that are."""
    by_path: dict[str, dict[str, Handler]] = {}
    for operation, handler in served:
        by_path.setdefault(operation.path, {})[operation.method] = handler
    return [_route(path, handlers) for path, handlers in by_path.items()]


def _route(path: str, handlers: dict[str, Handler]) -> Route:
    async def handle(request: Request) -> Response:
        # The router lets only these methods through, and HEAD with GET.
        return await handlers.get(request.method, handlers.get("GET", next(iter(handlers.values()))))(request)

    return Route(path, handle, methods=list(handlers))


def _tournaments(handlers: Handlers) -> tuple[Served, ...]:
    http = handlers.http
    return (
        (Operation("GET", "/v1/tournaments", "List the tournaments", tuple[Listing, ...]), http.tournaments),
        (
            Operation("GET", _TOURNAMENT, "Show a tournament as it stands", Tournament, problems=(_ABSENT,)),
            http.tournament,
        ),
        (
            Operation(
                "GET",
                f"{_TOURNAMENT}/events",
                "Show a page of a tournament's log, or wait for its next event",
                Page[Event],
                query=PageQuery,
                problems=(_BAD, _ABSENT, _BROKEN),
            ),
            http.events,
        ),
        (
            Operation(
                "GET",
                f"{_TOURNAMENT}/analytics",
                "Show how a tournament was followed and entered",
                Analytics,
                problems=(_ABSENT, _BROKEN),
            ),
            handlers.analytics.analytics,
        ),
        (
            Operation(
                "GET", "/v1/rooms", "List the rooms", tuple[RoomInfo, ...], query=RoomQuery, problems=(_BAD,)
            ),
            handlers.rooms.rooms,
        ),
    )


def _transfers(handlers: Handlers) -> tuple[Served, ...]:
    return (
        (
            Operation(
                "POST",
                "/v1/tournaments",
                "Make a tournament of a file; the same file twice makes it once",
                ImportedTournament,
                statuses=(HTTPStatus.CREATED, HTTPStatus.OK),
                takes=_FILES,
                query=ImportQuery,
                problems=(*_BODY, HTTPStatus.CONFLICT, _BROKEN),
            ),
            handlers.transfer.create,
        ),
        (
            Operation(
                "GET",
                f"{_TOURNAMENT}/export",
                "Export a tournament: its matches, in JSON with the whole log",
                media=(JSON_TYPE, "text/csv; charset=utf-8"),
                query=ExportQuery,
                problems=(_BAD, _ABSENT, _BROKEN),
            ),
            handlers.transfer.export,
        ),
    )


def _entries(handlers: Handlers) -> tuple[Served, ...]:
    return (
        (
            Operation(
                "POST",
                "/v1/entries",
                "Judge entries, in order; known ids get their old answers",
                Outcome,
                body=Brought,
                takes=(JSON_TYPE,),
                problems=_BODY,
            ),
            handlers.http.entries,
        ),
        (
            Operation(
                "POST",
                POLL_PATH,
                "Carry a link's frames both ways where no WebSocket gets through",
                Polled,
                media=tuple(MEDIA_TYPES.values()),
                body=Poll,
                takes=tuple(MEDIA_TYPES.values()),
                problems=(*_BODY, _GONE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _BROKEN),
                guarded=False,
            ),
            handlers.polling.poll,
        ),
    )


def _people(handlers: Handlers) -> tuple[Served, ...]:
    reception = handlers.reception
    return (
        (
            Operation(
                "POST",
                JOIN_PATH,
                "Get a token for a join code",
                SignedIn,
                body=Redeem,
                takes=(JSON_TYPE,),
                problems=(*_BODY, _BROKEN),
                guarded=False,
            ),
            reception.join,
        ),
        (
            Operation("GET", INVITES_PATH, "List the invitations", tuple[Invite, ...], problems=(_BROKEN,)),
            reception.listing,
        ),
        (
            Operation(
                "POST",
                INVITES_PATH,
                "Make an invitation; only this answer has its code",
                Invited,
                body=NewInvite,
                takes=(JSON_TYPE,),
                problems=(*_BODY, _BROKEN),
            ),
            reception.invite,
        ),
        (
            Operation(
                "DELETE",
                f"{INVITES_PATH}/{{invite}}",
                "Take back an invitation, and the token that it became",
                Invite,
                problems=(_ABSENT, _BROKEN),
            ),
            reception.revoke,
        ),
    )


def _itself(handlers: Handlers) -> tuple[Served, ...]:
    http = handlers.http
    return (
        (Operation("GET", "/healthz", "Say that the hub lives", Health, guarded=False), http.health),
        (
            Operation(
                "GET",
                "/readyz",
                "Say whether the hub takes entries",
                Readiness,
                problems=(_BROKEN,),
                guarded=False,
            ),
            http.ready,
        ),
        (
            Operation("GET", "/metrics", "Figures for Prometheus", media=(TEXT_TYPE,)),
            handlers.metrics.metrics,
        ),
    )
