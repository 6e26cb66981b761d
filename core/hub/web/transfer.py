"""Whole tournaments over HTTP: in from a file, out as results with the log.

An import is an ordinary entry that makes the tournament, judged like any other. An export is made of what is
committed and leaves in parts, so that a long log neither fills the memory nor holds up the rounds.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.responses import Response, StreamingResponse

from core.domain.commands import CreateTournament, Entry
from core.domain.files.export import export_csv, export_opening
from core.domain.files.formats import read_tournament
from core.domain.files.founding import founding_id
from core.domain.ids import DeviceId, TournamentId
from core.errors import BadFile, BadLog, TooLarge
from core.hub.door.intake import take_in
from core.hub.log.rounds import utc_now
from core.hub.web.body import read_body
from core.hub.web.http import (
    Courier,
    Http,
    no_tournament,
    pass_of,
    query_of,
    reply,
    visitor_of,
)
from core.hub.web.problem import problem, too_many

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from core.domain.answers import Answer
    from core.domain.files.playback import Imported
    from core.domain.ids import Epoch
    from core.domain.state import Tournament
    from core.hub.lobby import Lobby
    from core.hub.log.sqlite_log import SqliteLog
    from core.wire.messages import Deferred

MAX_IMPORT_BYTES = 4 << 20
"""Largest file of a tournament that is taken over HTTP."""
CHUNK = 2_000
"""Events that leave at once."""
DEVICE = DeviceId("http")
"""What the entries of imports bear: who brings a file is at no device of ours."""


class _Numbered(Struct, frozen=True):
    seq: int


_seq = msgspec.json.Decoder(_Numbered)


class ExportQuery(Struct, frozen=True):
    """How a tournament is to be exported."""

    format: Annotated[Literal["json", "csv"], Meta(description="json has the log, csv the matches")] = "json"


class ImportQuery(Struct, frozen=True):
    """How a tournament is to be made."""

    id: Annotated[str, Meta(max_length=64, description="The id to give it; else the file's own")] | None = (
        None
    )


class SkippedPart(Struct, frozen=True):
    """Something in a file that was not used."""

    where: str
    why: str


class ImportedTournament(Struct, frozen=True):
    """What an import made, or had made before."""

    tournament: TournamentId
    teams: int
    matches: int
    events: int
    """In its log by now."""
    skipped: tuple[SkippedPart, ...]


class Transfer:
    """The handlers.

    Args:
        lobby: the hub.
        log: its log, for exports.
        http: finds tournaments.
    """

    def __init__(self, lobby: Lobby, log: SqliteLog, http: Http) -> None:
        self._lobby = lobby
        self._log = log
        self._http = http

    async def export(self, request: Request) -> Response:
        """Export a tournament as it stands."""
        state = self._http.state(request)
        if state is None:
            return no_tournament(request)
        query = query_of(request, ExportQuery)
        if isinstance(query, Response):
            return query
        name = f'attachment; filename="{state.id}.{query.format}"'
        headers = {"Content-Disposition": name}
        if query.format == "csv":
            content = await asyncio.to_thread(export_csv, state)
            return Response(content, media_type="text/csv", headers=headers)
        try:
            first = await self._page(state, state.position.epoch, 0, state.position.seq)
        except BadLog as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return StreamingResponse(self._parts(state, first), media_type="application/json", headers=headers)

    async def create(self, request: Request) -> Response:
        """Make a tournament of a file."""
        query = query_of(request, ImportQuery)
        if isinstance(query, Response):
            return query
        try:
            content = await read_body(request, MAX_IMPORT_BYTES)
            imported = await asyncio.to_thread(read_tournament, "the body", content, None, query.id)
        except TimeoutError:
            return problem(HTTPStatus.REQUEST_TIMEOUT, "the request took too long to arrive")
        except TooLarge as error:
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        except BadFile as error:
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        return await self._found(request, imported)

    async def _found(self, request: Request, imported: Imported) -> Response:
        """Bring the entry that makes a tournament, and say what became of it."""
        plan, pass_, rounds = imported.plan, pass_of(request), self._lobby.rounds
        entry = Entry(
            id=founding_id(plan),
            tournament=plan.id,
            command=CreateTournament(plan),
            by=pass_.name or "over HTTP",
            device=DEVICE,
            entered_at=utc_now(),
        )
        known = next(iter(rounds.answers([entry.id])), None)
        if known is None:
            courier = Courier(pass_, 1)
            now = asyncio.get_running_loop().time()
            take_in(self._lobby.door, rounds, courier, visitor_of(request), (entry,), entry.by, DEVICE, now)
            await courier.done.wait()
            outcome = courier.outcome
            if outcome.deferred:
                return _put_off(outcome.deferred[0])
            if outcome.problems:
                return problem(HTTPStatus.BAD_REQUEST, outcome.problems[0].detail)
            known, status = outcome.answers[0], HTTPStatus.CREATED
        else:
            status = HTTPStatus.OK
        return self._made(imported, known, status)

    def _made(self, imported: Imported, answer: Answer, status: HTTPStatus) -> Response:
        if answer.outcome != "accepted":
            return problem(HTTPStatus.CONFLICT, f"the tournament is not made: {answer.reason}")
        plan = imported.plan
        room = self._lobby.rounds.rooms.room(plan.id)
        made = ImportedTournament(
            tournament=plan.id,
            teams=len(plan.teams),
            matches=len(plan.fixtures),
            events=answer.seq if room is None else room.state.position.seq,
            skipped=tuple(SkippedPart(one.where, one.why) for one in imported.skipped),
        )
        response = reply(made, status)
        response.headers["Location"] = f"/v1/tournaments/{plan.id}"
        return response

    async def _parts(self, state: Tournament, page: tuple[bytes, ...]) -> AsyncIterator[bytes]:
        """Yield an export's parts: all but the logs, then these by pages.

        Raises:
            BadLog: the log cannot be read to its end; then the answer breaks off and nobody takes it for
                whole.
        """
        yield export_opening(state)
        here = state.position
        async for part in self._log_parts(state, here.epoch, here.seq, page):
            yield part
        yield b"]"
        for number, past in enumerate(state.past):
            yield (b"," if number else b',"past":[') + b'{"epoch":' + msgspec.json.encode(past.epoch)
            yield b',"log":['
            page = await self._page(state, past.epoch, 0, past.seen)
            async for part in self._log_parts(state, past.epoch, past.seen, page):
                yield part
            yield b"]}"
        yield b"]}" if state.past else b"}"

    async def _log_parts(
        self, state: Tournament, epoch: Epoch, until: int, page: tuple[bytes, ...]
    ) -> AsyncIterator[bytes]:
        """Yield the log of an epoch from its first page on, as far as no event is missing."""
        sent = 0
        while page:
            whole = tuple(event for seq, event in enumerate(page, sent + 1) if _seq.decode(event).seq == seq)
            if whole:
                yield (b"," if sent else b"") + b",".join(whole)
            sent += len(whole)
            page = await self._page(state, epoch, sent, until) if len(whole) == len(page) else ()

    async def _page(self, state: Tournament, epoch: Epoch, after: int, until: int) -> tuple[bytes, ...]:
        page = await asyncio.to_thread(self._log.page, state.id, epoch, after, until, CHUNK)
        return tuple(bytes(event) for event in page)


def _put_off(deferred: Deferred) -> Response:
    """Say that an entry was not judged, and when to bring it again."""
    match deferred.code:
        case "sign_in":
            return problem(HTTPStatus.FORBIDDEN, deferred.detail)
        case "rate":
            return too_many(deferred.retry_after, deferred.detail)
        case _:
            return too_many(deferred.retry_after, deferred.detail, HTTPStatus.SERVICE_UNAVAILABLE)
