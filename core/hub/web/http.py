"""The hub over HTTP: tournaments to read, logs by the page, entries to bring, and whether the hub is well.

Errors are RFC 9457 problems whose `detail` is for people. Entries take the same way as over a link; the
request waits for their round.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.responses import Response

from core.domain.answers import Answer
from core.domain.commands import Entry
from core.domain.ids import Epoch, TournamentId
from core.errors import BadLog, TooLarge
from core.hub.door.access import READER, Pass, may_list
from core.hub.door.intake import take_in
from core.hub.judging.gate import Gate
from core.hub.log.rounds import utc_now
from core.hub.web.body import read_body
from core.hub.web.problem import problem
from core.hub.web.waiting import Waiting
from core.wire.messages import MAX_CLIENT_FRAME_BYTES, Deferred, Problem
from core.wire.poll import LONGEST_WAIT

if TYPE_CHECKING:
    from starlette.requests import Request

    from core.domain.state import Tournament
    from core.hub.door.door import Visitor
    from core.hub.lobby import Lobby
    from core.hub.log.sqlite_log import SqliteLog

VISITOR, PASS = "visitor", "pass"
"""Where a request's state has who comes (`door.Visitor`), and their pass (`None` without one)."""
PAGE = 1_000
MAX_PAGE = 10_000
"""Events of one page: unless told, and at most."""

T = TypeVar("T")
E = TypeVar("E")
Q = TypeVar("Q", bound=Struct)


class PageQuery(Struct, frozen=True):
    """Which part of a tournament's log is asked for."""

    after: Annotated[int, Meta(ge=0, description="The seq after which to begin")] = 0
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE, description="Most events of the page")] = PAGE
    wait: Annotated[
        float, Meta(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the next event if there is none")
    ] = 0.0
    epoch: Annotated[str, Meta(description="An older epoch; else the newest")] | None = None


class Page(Struct, Generic[E], frozen=True):
    """A part of a tournament's log."""

    epoch: Epoch
    seq: int
    """The newest seq there is, on this page or not."""
    events: tuple[E, ...]


class Health(Struct, frozen=True):
    """The hub lives."""

    ok: bool
    hub: str
    """The hub's id."""
    version: str
    clients: int
    """How many are connected."""
    at: datetime
    """The hub's clock."""


class Readiness(Struct, frozen=True):
    """The hub takes entries."""

    ok: bool


class Brought(Struct, frozen=True):
    """Entries to judge, in the order of the key presses."""

    entries: tuple[Entry, ...]


class Outcome(Struct, frozen=True):
    """What became of brought entries."""

    answers: tuple[Answer, ...]
    deferred: tuple[Deferred, ...]
    problems: tuple[Problem, ...]


class Courier:
    """One request that brings entries, and waits until each is answered or deferred."""

    def __init__(self, pass_: Pass, count: int) -> None:
        self.pass_ = pass_
        self.gate = Gate()
        self.done = asyncio.Event()
        self._missing = count
        self._answers: list[Answer] = []
        self._deferred: list[Deferred] = []
        self._problems: list[Problem] = []

    @property
    def outcome(self) -> Outcome:
        """What has been said so far."""
        return Outcome(tuple(self._answers), tuple(self._deferred), tuple(self._problems))

    def give_answers(self, answers: tuple[Answer, ...]) -> None:
        """Take answers."""
        self._answers.extend(answers)
        self._settle(len(answers))

    def give_deferred(self, deferred: Deferred) -> None:
        """Take what was not judged."""
        self._deferred.append(deferred)
        self._settle(len(deferred.ids))

    def give_problem(self, problem: Problem) -> None:
        """Take what cannot be used."""
        self._problems.append(problem)
        self._settle(len(problem.ids))

    def _settle(self, count: int) -> None:
        self._missing -= count
        if self._missing <= 0:
            self.done.set()


class Http:
    """The handlers.

    Args:
        lobby: the hub.
        log: its log, for pages.
    """

    def __init__(self, lobby: Lobby, log: SqliteLog) -> None:
        self._lobby = lobby
        self._log = log
        self._waiting = Waiting()
        lobby.followers.append(self._waiting)

    async def tournaments(self, request: Request) -> Response:
        """List the tournaments."""
        return reply(self._lobby.listings(pass_of(request)))

    async def tournament(self, request: Request) -> Response:
        """Show a tournament as it stands."""
        state = self.state(request)
        return no_tournament(request) if state is None else reply(state)

    async def events(self, request: Request) -> Response:
        """Show a page of a tournament's log, or of an older epoch's, as far as it is here."""
        state, query = self.state(request), query_of(request, PageQuery)
        if state is None:
            return no_tournament(request)
        if isinstance(query, Response):
            return query
        if query.after >= state.position.seq and query.epoch in (None, state.position.epoch):
            await self._waiting.wait(state.id, query.wait)
            # Another pass, another epoch: what was true before the wait need not be so after it.
            state = self.state(request)
            if state is None:
                return no_tournament(request)
        here = state.position
        ends = {here.epoch: here.seq} | {past.epoch: past.seen for past in state.past}
        epoch = here.epoch if query.epoch is None else Epoch(query.epoch)
        if epoch not in ends:
            return problem(HTTPStatus.NOT_FOUND, f"{state.id} has no epoch {epoch[:80]!r} on this hub")
        after, until = min(query.after, ends[epoch]), ends[epoch]
        try:
            events = await asyncio.to_thread(self._log.page, state.id, epoch, after, until, query.limit)
        except BadLog as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return reply(Page(epoch, ends[epoch], events))

    async def entries(self, request: Request) -> Response:
        """Judge entries."""
        brought = await read_json(request, Brought)
        if isinstance(brought, Response):
            return brought
        courier = Courier(pass_of(request), len(brought.entries))
        if brought.entries:
            now, lobby = asyncio.get_running_loop().time(), self._lobby
            take_in(lobby.door, lobby.rounds, courier, visitor_of(request), brought.entries, "", "", now)
            await courier.done.wait()
        return reply(courier.outcome)

    async def health(self, _request: Request) -> Response:
        """Say that the hub lives, and how many are connected."""
        lobby = self._lobby
        clients = len(lobby.links)
        return reply(Health(ok=True, hub=lobby.hub, version=lobby.version, clients=clients, at=utc_now()))

    async def ready(self, _request: Request) -> Response:
        """Say whether the hub takes entries."""
        if self._lobby.leaving:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the hub is stopping")
        if not self._lobby.rounds.durable:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the hub cannot write to its disk")
        return reply(Readiness(ok=True))

    def state(self, request: Request) -> Tournament | None:
        """Return the tournament that a request names, if who asks may know of it; else `None`."""
        tournament = TournamentId(request.path_params["tournament"])
        room = self._lobby.rounds.rooms.room(tournament)
        pass_ = self._lobby.door.today(pass_of(request), utc_now())
        return None if room is None or not may_list(pass_, tournament) else room.state


def reply(value: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a value as JSON."""
    return Response(msgspec.json.encode(value), status.value, media_type="application/json")


def no_tournament(request: Request) -> Response:
    """Say that a tournament is not here."""
    name = request.path_params["tournament"][:80]
    return problem(HTTPStatus.NOT_FOUND, f"there is no tournament {name!r} on this hub")


def pass_of(request: Request) -> Pass:
    """Return the pass that the door gave for a request."""
    found: Pass | None = request.scope["state"][PASS]
    return READER if found is None else found


def visitor_of(request: Request) -> Visitor:
    """Return who sent a request."""
    found: Visitor = request.scope["state"][VISITOR]
    return found


def query_of(request: Request, kind: type[Q]) -> Q | Response:
    """Read a query of one kind; return what to answer when it cannot be used."""
    try:
        return msgspec.convert(dict(request.query_params), kind, strict=False)
    except msgspec.ValidationError as error:
        known = ", ".join(field.name for field in msgspec.structs.fields(kind))
        return problem(HTTPStatus.BAD_REQUEST, f"the query cannot be used: {error}; there are: {known}")


async def read_json(request: Request, kind: type[T]) -> T | Response:
    """Read a body of one kind; return what to answer when it cannot be used."""
    try:
        return msgspec.json.decode(await read_body(request, MAX_CLIENT_FRAME_BYTES), type=kind)
    except TimeoutError:
        return problem(HTTPStatus.REQUEST_TIMEOUT, "the request took too long to arrive")
    except TooLarge as error:
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return problem(HTTPStatus.BAD_REQUEST, f"the body cannot be read: {error}")
