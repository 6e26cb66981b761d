"""The door: who comes in as what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.hub.door.access import READER, TRUSTED, Pass
from core.hub.door.door import ALL_WRONG_CODES, WRONG_CODES, Door, House, Stopped, Visitor
from core.hub.door.tokens import Mint
from tests.support.tournaments import NOON

MINT = Mint(b"s" * 32, "hub-1")
ANN = Pass("t1", "Ann", "moderator", expires_at=NOON)
BEFORE = NOON - timedelta(hours=1)
HERE = Visitor("127.0.0.1")
THERE = Visitor("192.168.1.5")


def door(**rules: bool) -> Door:
    """Return a hub's door."""
    return Door(MINT, House(**rules))


def test_who_is_on_the_hubs_machine_is_trusted_without_a_token() -> None:
    assert door().admit(HERE, NOON) is TRUSTED
    assert door().admit(Visitor("::1"), NOON) is TRUSTED
    assert door(open_reading=False).admit(HERE, NOON) is TRUSTED


def test_who_comes_through_a_proxy_is_not() -> None:
    assert door().admit(replace(HERE, forwarded=True), NOON) is READER


def test_others_may_read_where_reading_is_open() -> None:
    assert door().admit(THERE, NOON) is READER
    assert door().admit(Visitor(""), NOON) is READER
    refused = door(open_reading=False).admit(THERE, NOON)
    assert isinstance(refused, Stopped)
    assert "join code" in refused.reason


def test_the_owner_may_have_everybody_asked() -> None:
    assert door(trusts_loopback=False).admit(HERE, NOON) is READER
    assert isinstance(door(trusts_loopback=False, open_reading=False).admit(HERE, NOON), Stopped)


@pytest.mark.parametrize("where", [HERE, THERE])
def test_a_token_is_what_it_says(where: Visitor) -> None:
    assert door().admit(replace(where, token=MINT.sign(ANN)), BEFORE) == ANN


def test_an_old_token_still_delivers() -> None:
    visitor = replace(THERE, token=MINT.sign(ANN))
    assert door().admit(visitor, NOON) == replace(ANN, standing="expired")
    revoking = door()
    revoking.revoke("t1")
    assert revoking.admit(visitor, BEFORE) == replace(ANN, standing="revoked")
    assert Door(MINT, House(), ["t1"]).admit(visitor, BEFORE) == replace(ANN, standing="revoked")
    assert revoking.today(ANN, BEFORE).standing == "revoked"


def test_a_forged_token_is_refused_even_where_reading_is_open() -> None:
    refused = door().admit(replace(THERE, token="forged"), BEFORE)
    assert isinstance(refused, Stopped)
    assert "did not give that token" in refused.reason


@pytest.mark.parametrize("token", ["forged", MINT.sign(ANN)])
def test_no_token_locks_anybody_out_of_their_own_machine(token: str) -> None:
    assert door().admit(replace(HERE, token=token), NOON) is TRUSTED


def test_wrong_codes_make_their_address_wait_and_no_other() -> None:
    own = door()
    for _ in range(int(WRONG_CODES.burst)):
        assert own.code_wait("a", 0.0) == 0.0
        own.receive_wrong_code("a", 0.0)
    assert own.code_wait("a", 0.0) == pytest.approx(1 / WRONG_CODES.per_second)
    assert own.code_wait("b", 0.0) == 0.0


def test_wrong_codes_from_everywhere_make_everybody_wait() -> None:
    own = door()
    for number in range(int(ALL_WRONG_CODES.burst)):
        own.receive_wrong_code(f"a{number}", 0.0)
    assert own.code_wait("fresh", 0.0) == pytest.approx(1 / ALL_WRONG_CODES.per_second)
