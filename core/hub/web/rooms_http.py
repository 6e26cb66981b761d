"""The hub's rooms over HTTP: which there are and how they are used, as far as the asker may know.

Tells only of rooms that the asker's pass may read; an asker who may read none gets an empty list.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.hub.log.rounds import utc_now
from core.hub.rooms.catalogue import read_query
from core.hub.web.http import pass_of, reply
from core.hub.web.problem import problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from core.hub.lobby import Lobby


class RoomsHttp:
    """The handler.

    Args:
        lobby: the hub.
    """

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    async def rooms(self, request: Request) -> Response:
        """List rooms."""
        try:
            query = read_query(request.query_params)
        except BadInput as error:
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        return reply(self._lobby.catalogue.find(query, pass_of(request), utc_now()))
