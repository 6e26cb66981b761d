"""Tokens: what was signed is read again, by the hub that signed it and by no other."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import jwt
import pytest

from core.domain.ids import CourtId, TeamId, TournamentId
from core.hub.door.access import Pass
from core.hub.door.tokens import ALGORITHM, MAX_TOKEN, Mint

SECRET = b"s" * 32
MINT = Mint(SECRET, "hub-1")
FULL = Pass(
    "t1",
    "Ann",
    "moderator",
    frozenset({TournamentId("cup"), TournamentId("league")}),
    frozenset({CourtId("court-1")}),
    TeamId("reds"),
    datetime(2026, 6, 14, 22, 0, tzinfo=UTC),
)


@pytest.mark.parametrize("pass_", [FULL, Pass("t2", "", "admin"), replace(FULL, courts=frozenset())])
def test_a_pass_comes_back_as_it_was(pass_: Pass) -> None:
    assert MINT.read(MINT.sign(pass_)) == pass_


def test_an_expired_token_reads_as_what_it_was() -> None:
    old = replace(FULL, expires_at=datetime(2001, 1, 1, tzinfo=UTC))
    assert MINT.read(MINT.sign(old)) == old


def test_another_hubs_token_is_none() -> None:
    assert Mint(SECRET, "hub-2").read(MINT.sign(FULL)) is None
    assert Mint(b"t" * 32, "hub-1").read(MINT.sign(FULL)) is None


def changed(token: str, **claims: object) -> str:
    """Return a token with other claims and the old signature."""
    head, body, signature = token.split(".")
    read = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(read | claims).encode()).decode().rstrip("=")
    return f"{head}.{forged}.{signature}"


def signed(**claims: object) -> str:
    """Return a token with claims of any kind, signed with the hub's secret."""
    return jwt.encode(
        {"iss": "hub-1", "jti": "t1", "sub": "Ann", "role": "admin"} | claims, SECRET, ALGORITHM
    )


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "é.é.é",
        "\ud800",
        "x" * (MAX_TOKEN + 1),
        changed(MINT.sign(FULL), role="admin"),
        jwt.encode({"iss": "hub-1", "jti": "t1", "sub": "Ann", "role": "admin"}, "", "none"),
        signed(role="owner"),
        signed(jti=7),
        signed(tournaments="cup"),
        signed(exp=10**18),
    ],
)
def test_what_this_hub_never_signed_is_none(token: str) -> None:
    assert MINT.read(token) is None


def test_a_name_is_clean() -> None:
    found = MINT.read(signed(sub="An\u202en\x1b[2J"))
    assert found is not None
    assert found.name.isprintable()
