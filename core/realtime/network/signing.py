"""Inviting and joining, over HTTP.

Each call opens its own connection and closes it. httpx is imported on first use, since it is slow to load
and most commands never need it.
"""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from core.domain.text import MAX_TEXT, clean
from core.errors import Malformed, SignInRefused, Unknown, Unreachable
from core.realtime.disk.folder import ClientFolder
from core.realtime.disk.keyring import Keyring, token_for
from core.realtime.network.link import is_near
from core.realtime.network.tls import client_context, tls_reason
from core.wire.invites import INVITES_PATH, JOIN_PATH, Invite, Invited, Redeem, SignedIn

if TYPE_CHECKING:
    import httpx

    from core.settings import Settings
    from core.wire.invites import NewInvite

REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
ATTEMPTS = 2
"""How often a code is brought where the first answer was lost."""

T = TypeVar("T")


class _Trouble(msgspec.Struct, frozen=True):
    """A hub's refusal (RFC 9457, section 3.1)."""

    detail: str = ""


def make_invite(settings: Settings, asked: NewInvite) -> Invited:
    """Ask the hub for an invitation; only this answer has its code. Blocks.

    Raises:
        SignInRefused: that is not for this device.
        Unreachable: no hub answers.
    """
    return _ask(settings, "POST", INVITES_PATH, Invited, msgspec.json.encode(asked))


def fetch_invites(settings: Settings) -> tuple[Invite, ...]:
    """Return the hub's invitations, the oldest first. Blocks.

    Raises:
        SignInRefused: that is not for this device.
        Unreachable: no hub answers.
    """
    return _ask(settings, "GET", INVITES_PATH, tuple[Invite, ...])


def revoke_invite(settings: Settings, invite_id: str) -> Invite:
    """Take an invitation back, and the token that it became. Blocks.

    Raises:
        SignInRefused: that is not for this device.
        Unknown: there is no such invitation.
        Unreachable: no hub answers.
    """
    try:
        return _ask(settings, "DELETE", f"{INVITES_PATH}/{quote(invite_id, safe='')}", Invite)
    except Unknown:
        known = [invite.id for invite in fetch_invites(settings)]
        raise Unknown("invitation", invite_id, known[-3:]) from None


def join_hub(settings: Settings, code: str) -> SignedIn:
    """Sign this device in with a join code, and keep what it got for every later link. Blocks.

    Args:
        settings: where the hub is, and who is at the device.
        code: as it was read out.

    Raises:
        SignInRefused: the code opens nothing, or too many wrong ones came.
        Unreachable: no hub answers.
        NotSaved: the token cannot be kept: ask for another code.
    """
    folder = ClientFolder(settings.data)
    folder.make()
    asked = Redeem(code, settings.name, folder.device(), uuid.uuid4().hex)
    body, why = msgspec.json.encode(asked), ""
    for endpoint in settings.endpoints:
        # The same claim again: an answer that was lost is given again.
        for _ in range(ATTEMPTS):
            try:
                signed = _request(settings, endpoint, "POST", JOIN_PATH, SignedIn, body)
            except Unreachable as error:
                why = error.why
            else:
                Keyring(settings.data).keep(signed, endpoint)
                return signed
    raise Unreachable(settings.endpoints, why)


def _ask(settings: Settings, method: str, path: str, kind: type[T], body: bytes | None = None) -> T:
    """Ask the first hub that answers."""
    why = ""
    for endpoint in settings.endpoints:
        try:
            return _request(settings, endpoint, method, path, kind, body)
        except Unreachable as error:
            why = error.why
    raise Unreachable(settings.endpoints, why)


def _request(
    settings: Settings, endpoint: str, method: str, path: str, kind: type[T], body: bytes | None
) -> T:
    import httpx

    headers = {"Content-Type": "application/json"}
    token = token_for(settings, endpoint)
    if token is not None and path != JOIN_PATH:
        headers["Authorization"] = f"Bearer {token}"
    try:
        with httpx.Client(
            base_url=f"http{endpoint.removeprefix('ws')}",
            timeout=settings.connection_timeout,
            trust_env=not is_near(endpoint),
            verify=client_context(settings.tls_ca),
        ) as client:
            response = client.request(method, path, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise Unreachable((endpoint,), tls_reason(error) or str(error)) from error
    return _read(response, endpoint, kind)


def _read(response: httpx.Response, endpoint: str, kind: type[T]) -> T:
    status = HTTPStatus(response.status_code)
    try:
        if response.is_success:
            return msgspec.json.decode(response.content, type=kind)
        detail = clean(msgspec.json.decode(response.content, type=_Trouble).detail, MAX_TEXT)
    except msgspec.MsgspecError as error:
        raise Malformed(f"what answers at {endpoint} is no hub: {error}") from error
    if status in REFUSALS:
        raise SignInRefused(endpoint, detail)
    if status is HTTPStatus.NOT_FOUND:
        raise Unknown("page", response.url.path)
    raise Unreachable((endpoint,), detail or f"HTTP {status}")
