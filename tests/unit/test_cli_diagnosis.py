"""What the doctor says of what it finds: what is wrong, what to do, and how the program ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core import Certificate, DiskState, JournalState, Probe
from core.hub import LogState
from core.wire.messages import Welcome
from tests.support.tournaments import NOON
from tui.cli.diagnosis import (
    Check,
    exit_code,
    of_backups,
    of_certificate,
    of_clock,
    of_disk,
    of_endpoint,
    of_journal,
    of_log,
    of_sign_in,
    of_terminal,
)
from tui.cli.exits import Exit

HUB = Probe("ws://hub:8765", True, True, version="1.0", latency=0.01, ahead=0.2, websocket=True)
WELCOME = Welcome("h", "s", 5.0, NOON, (), role="moderator", name="Court 1")
GIB = 1 << 30


def wrong(code: Exit) -> Check:
    return Check("x", ok=False, detail="", code=code)


def test_the_first_failing_kind_is_what_the_program_ends_with() -> None:
    assert exit_code([Check("x", ok=True, detail="")]) == Exit.DONE
    assert exit_code([wrong(Exit.REFUSED), wrong(Exit.SIGN_IN)]) == Exit.SIGN_IN
    assert exit_code([wrong(Exit.SIGN_IN), wrong(Exit.NOT_SAVED), wrong(Exit.UNREACHABLE)]) == 69
    assert exit_code([wrong(Exit.SIGN_IN), wrong(Exit.NOT_SAVED)]) == 74


@pytest.mark.parametrize(
    ("probe", "ok", "says"),
    [
        pytest.param(HUB, True, "courtside 1.0, 10 ms, WebSocket", id="well"),
        pytest.param(replace(HUB, latency=0.9), True, "slow", id="slow"),
        pytest.param(Probe("ws://hub", False, why="refused"), False, "is the address right", id="absent"),
        pytest.param(Probe("ws://hub", True, why="a page"), False, "captive portal", id="portal"),
        pytest.param(replace(HUB, websocket=False, blocked="403"), True, "only polling (403)", id="polling"),
    ],
)
def test_an_address_is_told_with_what_answers_there(probe: Probe, ok: bool, says: str) -> None:
    check = of_endpoint(probe)
    assert check.ok is ok
    assert says in f"{check.detail} {check.advice}"
    assert ok or check.code == Exit.UNREACHABLE


def test_clocks_may_differ_by_a_little() -> None:
    good, behind = of_clock(HUB), of_clock(replace(HUB, ahead=90.0))
    ahead = of_clock(replace(HUB, ahead=-90.0))
    assert good is not None
    assert good.ok
    assert behind is not None
    assert (behind.ok, behind.detail) == (False, "this clock is 90 s behind the hub's")
    assert ahead is not None
    assert ahead.detail == "this clock is 90 s ahead of the hub's"
    assert of_clock(replace(HUB, ahead=None)) is None


def test_a_certificate_is_told_with_its_names_and_days() -> None:
    secure = replace(HUB, endpoint="wss://hub", certificate=Certificate(NOON + timedelta(days=90), ("hub",)))
    good = of_certificate(secure, NOON)
    assert good is not None
    assert (good.ok, good.detail, good.advice) == (True, "for hub, 90 days left", "")
    soon = of_certificate(secure, NOON + timedelta(days=80))
    assert soon is not None
    assert soon.ok
    assert "renew" in soon.advice
    unseen = of_certificate(replace(secure, certificate=None, why="expired"), NOON)
    assert unseen is not None
    assert (unseen.ok, unseen.detail) == (False, "expired")
    assert of_certificate(HUB, NOON) is None


def test_who_is_let_in_is_told_as_whom() -> None:
    def told(probe: Probe, *, token: bool = True, left: timedelta | None = None) -> Check:
        check = of_sign_in(probe, token, NOON, None if left is None else NOON + left)
        assert check is not None
        return check

    in_ = replace(HUB, welcome=WELCOME)
    assert told(in_).detail == "moderator Court 1"
    assert "until" in told(in_, left=timedelta(minutes=20)).detail
    reader = replace(HUB, welcome=Welcome("h", "s", 5.0, NOON, (), role="spectator"))
    assert "enters nothing" in told(reader, token=False).detail
    ended = replace(HUB, welcome=Welcome("h", "s", 5.0, NOON, (), standing="expired"))
    for refused in (ended, replace(HUB, refused="no such token")):
        assert (told(refused).ok, told(refused).code) == (False, Exit.SIGN_IN)
        assert "courtside join" in told(refused).advice
    assert of_sign_in(replace(HUB, websocket=False), True, NOON, None) is None


@pytest.mark.parametrize(
    ("disk", "ok", "says"),
    [
        (DiskState("/d", 50 * GIB, 0.001), True, "50.0 GiB free, a write takes 1.0 ms"),
        (DiskState("/d", 50 * GIB, 0.9), True, "slow"),
        (DiskState("/d", GIB // 2, 0.001), True, "make room soon"),
        (DiskState("/d", 1 << 20, 0.001), False, "make room now"),
        (DiskState("/d", GIB, None, "read-only"), False, "cannot be written: read-only"),
    ],
)
def test_a_disk_must_take_what_is_entered(disk: DiskState, ok: bool, says: str) -> None:
    check = of_disk(disk)
    assert check.ok is ok
    assert says in f"{check.detail} {check.advice}"
    assert check.ok or check.code == Exit.NOT_SAVED


def test_a_journal_is_told_with_what_waits_in_it() -> None:
    assert of_journal(JournalState(exists=False), NOON).ok
    damaged = of_journal(JournalState(exists=True, problem="malformed"), NOON)
    assert (damaged.ok, damaged.code) == (False, Exit.NOT_SAVED)
    idle = of_journal(JournalState(exists=True), NOON)
    assert (idle.detail, idle.advice) == ("0 waiting, 0 in conflict, 0 refused", "")
    waiting = JournalState(exists=True, waiting=2, oldest=NOON - timedelta(minutes=1))
    assert "courtside queue" in of_journal(waiting, NOON).advice
    assert "where the hub can be reached" in of_journal(waiting, NOON + timedelta(hours=1)).advice


def test_a_log_is_told_with_who_holds_it() -> None:
    assert of_log(LogState(exists=False)) is None
    held = of_log(LogState(True, log_bytes=1 << 20, tournaments=1, events=9, holder="ws://127.0.0.1:1"))
    assert held is not None
    assert held.detail == "1 tournaments, 9 events, 1.0 MiB, held by the hub at ws://127.0.0.1:1"
    alone = of_log(LogState(True, whole=False))
    assert alone is not None
    assert "no hub works on it now, too large" in alone.detail
    damaged = of_log(LogState(True, "row 3 missing"))
    assert damaged is not None
    assert (damaged.ok, damaged.code) == (False, Exit.REFUSED)


def test_a_terminal_is_told_what_it_lacks() -> None:
    assert of_terminal(True, "xterm", 120, 40, "utf-8").advice == ""
    assert "80x24" in of_terminal(True, "xterm", 60, 40, "UTF-8").advice
    assert "ascii" in of_terminal(True, "linux", 120, 40, "ascii").advice
    assert "none here" in of_terminal(False, "", 0, 0, "").detail


def test_a_hub_that_is_no_longer_backed_up_is_noticed() -> None:
    assert of_backups(LogState(exists=False), 900) is None
    running = LogState(True, holder="ws://127.0.0.1:1", written_at=NOON)
    none = of_backups(running, 900)
    assert none is not None
    assert none.ok
    assert "no automatic backup yet" in none.detail
    off = of_backups(running, 0)
    assert off is not None
    assert "backup_interval" in off.detail
    fresh = replace(running, backups=3, backed_up_at=NOON - timedelta(minutes=40))
    good = of_backups(fresh, 900)
    assert good is not None
    assert good.ok
    assert good.detail.startswith("3 automatic ones")
    late = of_backups(replace(fresh, backed_up_at=NOON - timedelta(minutes=50)), 900)
    assert late is not None
    assert not late.ok
    assert "50 min since" in late.detail
    assert "courtside backup" in late.advice
    stopped = of_backups(replace(fresh, backed_up_at=NOON - timedelta(days=1), holder=None), 900)
    assert stopped is not None
    assert stopped.ok, "a hub that does not run is not backed up"
