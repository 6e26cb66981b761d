"""Invitations: what they are at a moment, and how they are kept on disk."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.domain.ids import DeviceId
from core.errors import BadLog, NotSaved
from core.hub.door.codes import open_invite
from core.hub.door.invites import Invites, opened
from core.wire.invites import Invite, NewInvite, Redeem
from tests.support.tournaments import NOON

SECRET = b"s" * 32
LATER = NOON + timedelta(minutes=1)


def an_invite(id: str = "i1") -> Invite:
    """Return an open invitation."""
    return open_invite(id, NewInvite("moderator", hours=2, code_minutes=30), "", NOON)


def test_an_invitation_is_open_used_expired_or_revoked() -> None:
    invite = an_invite()
    assert invite.state(NOON) == "open"
    assert invite.state(NOON + timedelta(minutes=30)) == "expired"
    used = msgspec.structs.replace(invite, used_at=LATER, token_until=LATER + timedelta(hours=2))
    assert used.state(NOON + timedelta(hours=2)) == "used"
    assert used.state(LATER + timedelta(hours=2)) == "expired"
    assert msgspec.structs.replace(used, revoked_at=LATER).state(LATER) == "revoked"


def test_names_are_clean() -> None:
    assert NewInvite("admin", name="An\x1bn\u202e").name.isprintable()
    assert Redeem("x", "An\x1bn", DeviceId("d")).name.isprintable()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "invites.sqlite3"


@pytest.fixture
def invites(path: Path) -> Iterator[Invites]:
    with opened(path, SECRET) as found:
        yield found


def test_the_file_is_for_its_owner_alone_and_has_no_code_in_it(invites: Invites, path: Path) -> None:
    invites.add(an_invite(), "K7QM3XRD")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"K7QM3XRD" not in path.read_bytes()


def test_a_code_is_used_once(invites: Invites) -> None:
    invites.add(an_invite(), "K7QM3XRD")
    assert invites.use("WRONG", "", "Eve", "laptop-9", LATER) is None
    used = invites.use("K7QM3XRD", "", "Ann", "laptop-1", LATER)
    assert used is not None
    assert used.used_by == "Ann"
    assert invites.use("K7QM3XRD", "", "Ann", "laptop-1", LATER) is None
    assert invites.all() == (used,)


def test_a_device_whose_answer_was_lost_gets_it_again(invites: Invites) -> None:
    invites.add(an_invite(), "K7QM3XRD")
    used = invites.use("K7QM3XRD", "mine", "Ann", "laptop-1", LATER)
    assert used is not None
    assert invites.use("K7QM3XRD", "mine", "Ann", "laptop-1", LATER) == used
    assert invites.use("K7QM3XRD", "other", "Ann", "laptop-1", LATER) is None
    invites.revoke("i1", LATER)
    assert invites.use("K7QM3XRD", "mine", "Ann", "laptop-1", LATER) is None


def test_of_many_who_come_at_once_one_gets_in(invites: Invites) -> None:
    invites.add(an_invite(), "K7QM3XRD")
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda n: invites.use("K7QM3XRD", f"c{n}", f"p{n}", f"d{n}", LATER), range(32))
    assert sum(one is not None for one in found) == 1


def test_what_was_used_and_revoked_is_so_after_a_restart(path: Path) -> None:
    with opened(path, SECRET) as first:
        first.add(an_invite("i1"), "ONE")
        first.add(an_invite("i2"), "TWO")
        first.use("ONE", "", "Ann", "laptop-1", LATER)
        revoked = first.revoke("i2", LATER)
        assert revoked is not None
        assert first.revoke("i2", LATER + timedelta(hours=1)) == revoked
        assert first.revoke("i9", LATER) is None
    with opened(path, SECRET) as second:
        assert [one.state(LATER) for one in second.all()] == ["used", "revoked"]
        assert second.use("ONE", "", "Eve", "laptop-9", LATER) is None
        assert second.use("TWO", "", "Eve", "laptop-9", LATER) is None


def test_a_code_cannot_stand_for_two_invitations(invites: Invites) -> None:
    invites.add(an_invite("i1"), "ONE")
    with pytest.raises(BadLog):
        invites.add(an_invite("i2"), "ONE")


def test_a_newer_or_damaged_file_is_refused(tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite3"
    with closing(sqlite3.connect(newer)) as database:
        database.execute("PRAGMA user_version=9")
    with pytest.raises(BadLog, match="update it"):
        Invites(newer, SECRET)
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"no database" * 100)
    with pytest.raises(BadLog):
        Invites(damaged, SECRET)
    with pytest.raises(NotSaved):
        Invites(tmp_path / "nowhere" / "x.sqlite3", SECRET)
