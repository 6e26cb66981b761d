"""The reception: invitations and joining over HTTP.

Who may ask for what stands in `access`, how a code is made and kept in `codes` and `invites`. Wrong codes are
slowed down before they are looked up, and all of them are told the same.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.responses import Response

from core.domain.text import clean
from core.errors import BadLog, NotSaved
from core.hub.door.codes import make_code, open_invite, pass_of_invite, plain_code
from core.hub.log.rounds import utc_now
from core.hub.web.http import pass_of, read_json, reply, visitor_of
from core.hub.web.problem import problem, too_many
from core.wire.invites import Invited, NewInvite, Redeem, SignedIn

if TYPE_CHECKING:
    from starlette.requests import Request

    from core.hub.door.invites import Invites
    from core.hub.door.tokens import Mint
    from core.hub.lobby import Lobby
    from core.wire.invites import Invite

logger = logging.getLogger(__name__)


class Reception:
    """The handlers.

    Args:
        lobby: the hub.
        invites: where invitations are kept.
        mint: signs tokens.
    """

    def __init__(self, lobby: Lobby, invites: Invites, mint: Mint) -> None:
        self._lobby = lobby
        self._invites = invites
        self._mint = mint

    async def join(self, request: Request) -> Response:
        """Give a token for a code."""
        asked = await read_json(request, Redeem)
        if isinstance(asked, Response):
            return asked
        address, now = visitor_of(request).address, asyncio.get_running_loop().time()
        wait = self._lobby.door.code_wait(address, now)
        if wait:
            return too_many(wait, "too many wrong codes; wait, then look at the code again")
        try:
            invite = await asyncio.to_thread(
                self._invites.use, plain_code(asked.code), asked.claim, asked.name, asked.device, utc_now()
            )
        except (NotSaved, BadLog) as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        if invite is None:
            self._lobby.door.receive_wrong_code(address, now)
            detail = "that code opens nothing: mistyped, used already or too old; ask ops for another"
            return problem(HTTPStatus.FORBIDDEN, detail)
        logger.info("%s joined as %s on %s", invite.used_by, invite.asked.role, clean(invite.device))
        return reply(self._sign(invite))

    async def invite(self, request: Request) -> Response:
        """Make an invitation; only this answer has its code."""
        asked = await read_json(request, NewInvite)
        if isinstance(asked, Response):
            return asked
        invite = open_invite(uuid4().hex[:12], asked, pass_of(request).name, utc_now())
        code = make_code(secrets.choice)
        try:
            await asyncio.to_thread(self._invites.add, invite, plain_code(code))
        except (NotSaved, BadLog) as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        logger.info("invitation %s for a %s", invite.id, asked.role)
        return reply(Invited(invite, code))

    async def listing(self, _request: Request) -> Response:
        """List the invitations."""
        try:
            return reply(await asyncio.to_thread(self._invites.all))
        except (NotSaved, BadLog) as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    async def revoke(self, request: Request) -> Response:
        """Take back an invitation, and the token that it became."""
        name = request.path_params["invite"]
        try:
            invite = await asyncio.to_thread(self._invites.revoke, name, utc_now())
        except (NotSaved, BadLog) as error:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        if invite is None:
            return problem(HTTPStatus.NOT_FOUND, f"there is no invitation {clean(name)[:40]!r}")
        self._lobby.door.revoke(invite.id)
        self._lobby.renew_passes()
        logger.info("invitation %s revoked", invite.id)
        return reply(invite)

    def _sign(self, invite: Invite) -> SignedIn:
        pass_ = pass_of_invite(invite)
        assert pass_.expires_at is not None, "the invitation was used"
        asked = invite.asked
        return SignedIn(
            hub=self._lobby.hub,
            id=invite.id,
            token=self._mint.sign(pass_),
            role=pass_.role,
            name=pass_.name,
            until=pass_.expires_at,
            tournaments=asked.tournaments,
            courts=asked.courts,
            team=asked.team,
        )
