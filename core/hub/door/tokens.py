"""Tokens: what a hub signs for a person, and reads again (JWT, RFC 7519, signed with HS256).

Pure. A token is good for the one hub whose secret signed it. Whether it still is, `access.today` judges: an
expired one reads as what it was, because what was written with it is not lost.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import jwt
import msgspec
from msgspec import Meta, Struct

from core.domain.ids import CourtId, Role, TeamId, TournamentId
from core.domain.text import clean
from core.hub.door.access import Pass

if TYPE_CHECKING:
    from collections.abc import Iterable

Name = TypeVar("Name", bound=str)

ALGORITHM = "HS256"
MAX_TOKEN = 4096
"""Longest token that is looked at, in characters."""
SECRET_BYTES = 32
"""Length of a hub's secret (RFC 7518, section 3.2: no shorter than the hash)."""
LAST_SECOND = 253_402_300_799
"""The end of the year 9999, in seconds since 1970."""


class _Claims(Struct, frozen=True, omit_defaults=True):
    """What a token says (RFC 7519, section 4.1, and our own)."""

    iss: str
    jti: str
    sub: str
    role: Role
    exp: Annotated[int, Meta(ge=0, le=LAST_SECOND)] | None = None
    tournaments: tuple[TournamentId, ...] | None = None
    courts: tuple[CourtId, ...] | None = None
    team: TeamId | None = None


class Mint:
    """Signs and reads the tokens of one hub.

    Args:
        secret: the hub's, `SECRET_BYTES` long.
        hub: its id.
    """

    def __init__(self, secret: bytes, hub: str) -> None:
        self._secret = secret
        self._hub = hub

    def sign(self, pass_: Pass) -> str:
        """Return the token of a pass."""
        claims = _Claims(
            iss=self._hub,
            jti=pass_.id,
            sub=pass_.name,
            role=pass_.role,
            exp=None if pass_.expires_at is None else int(pass_.expires_at.timestamp()),
            tournaments=_listed(pass_.tournaments),
            courts=_listed(pass_.courts),
            team=pass_.team,
        )
        return jwt.encode(msgspec.to_builtins(claims), self._secret, ALGORITHM)

    def read(self, token: str) -> Pass | None:
        """Return the pass that a token was signed for; `None` if this hub never signed it."""
        if len(token) > MAX_TOKEN:
            return None
        # Times are judged elsewhere: an expired token still delivers.
        options: jwt.types.Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        try:
            payload = jwt.decode(token, self._secret, [ALGORITHM], issuer=self._hub, options=options)
            claims = msgspec.convert(payload, _Claims)
        except (jwt.InvalidTokenError, msgspec.MsgspecError, UnicodeError):
            return None
        return Pass(
            claims.jti,
            clean(claims.sub),
            claims.role,
            None if claims.tournaments is None else frozenset(claims.tournaments),
            None if claims.courts is None else frozenset(claims.courts),
            claims.team,
            None if claims.exp is None else datetime.fromtimestamp(claims.exp, UTC),
        )


def _listed(names: Iterable[Name] | None) -> tuple[Name, ...] | None:
    return None if names is None else tuple(sorted(names))
