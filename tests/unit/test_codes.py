"""Join codes: how they are made, typed, kept and used."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.ids import CourtId, TeamId, TournamentId
from core.hub.door.access import Pass
from core.hub.door.codes import (
    ALPHABET,
    LENGTH,
    digest,
    make_code,
    open_invite,
    pass_of_invite,
    plain_code,
    use_invite,
)
from core.wire.invites import NewInvite
from tests.support.tournaments import NOON

SECRET = b"s" * 32
ASKED = NewInvite("moderator", hours=12, code_minutes=30)


def test_a_code_is_grouped_and_of_letters_that_are_not_confused() -> None:
    code = make_code(random.Random(1).choice)
    assert len(code) == LENGTH + 1
    assert code[4] == "-"
    assert set(plain_code(code)) <= set(ALPHABET)
    assert not set(ALPHABET) & set("01OIL5S")


@pytest.mark.parametrize("typed", ["K7QM-3XRD", "k7qm3xrd", " K7QM 3XRD\n", "k7-qm-3x-rd"])
def test_a_code_may_be_typed_in_any_way(typed: str) -> None:
    assert plain_code(typed) == "K7QM3XRD"


def test_what_is_kept_of_a_code_depends_on_the_hub() -> None:
    assert digest("K7QM3XRD", SECRET) == digest("K7QM3XRD", SECRET)
    assert digest("K7QM3XRD", SECRET) != digest("K7QM3XRD", b"t" * 32)
    assert digest("\ud800", SECRET)


def test_a_code_is_used_once_in_its_time() -> None:
    invite = open_invite("i1", ASKED, "Ops", NOON)
    assert use_invite(invite, "Ann", "laptop-1", NOON + timedelta(minutes=30)) is None
    used = use_invite(invite, "Ann", "laptop-1", NOON + timedelta(minutes=29))
    assert used is not None
    assert (used.used_by, used.device) == ("Ann", "laptop-1")
    assert use_invite(used, "Eve", "laptop-9", NOON + timedelta(minutes=29)) is None


def test_the_name_that_ops_gave_counts_more_than_the_clients() -> None:
    asked = NewInvite("moderator", name="Court 1")
    used = use_invite(open_invite("i1", asked, "", NOON), "Ann", "laptop-1", NOON)
    assert used is not None
    assert used.used_by == "Court 1"


def test_the_pass_is_what_was_asked_for_from_the_moment_of_joining() -> None:
    asked = NewInvite(
        "participant", "", (TournamentId("cup"),), (CourtId("court-1"),), TeamId("reds"), hours=2.0
    )
    invite = open_invite("i1", asked, "", NOON)
    used = use_invite(invite, "Ann", "laptop-1", NOON + timedelta(minutes=5, microseconds=7))
    assert used is not None
    expected = Pass(
        "i1",
        "Ann",
        "participant",
        frozenset({TournamentId("cup")}),
        frozenset({CourtId("court-1")}),
        TeamId("reds"),
        NOON + timedelta(hours=2, minutes=5),
    )
    assert pass_of_invite(used) == expected
    everywhere = open_invite("i2", ASKED, "", NOON)
    assert pass_of_invite(everywhere) == replace(
        expected,
        id="i2",
        name="",
        role="moderator",
        tournaments=None,
        courts=None,
        team=None,
        expires_at=None,
    )
