"""Backup and restore: whole or not at all, said before; nothing that consoles saw is lost by it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from core.domain.commands import CreateTournament, Score
from core.hub.folder import LOG
from core.hub.judging.chain import Link, Step, Tail
from core.hub.log.backup import MANIFEST
from core.hub.log.sqlite_log import SqliteLog
from core.realtime.thread import realtime_in_thread
from tests.support.commands import here
from tests.support.hub import HubProcess
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from pathlib import Path

    from core.domain.ids import Epoch
    from core.realtime.view import View

PLAN, OTHER = league(), league(name="other")
M1 = match(PLAN, 1)


class Venue:
    """A hub that stopped after two points, a backup of it as it was after the first, made while it ran."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.file = folder / "evening.zip"
        with HubProcess(self.data) as hub:
            hub.post(entry(PLAN.id, CreateTournament(PLAN), id="plan"))
            hub.post(entry(PLAN.id, point(PLAN, 1, "a"), id="p1"))
            self.made = here("backup", self.file, "--data", self.data, "--json")
            self.while_it_runs = here("restore", self.file, "--data", self.data, "--yes")
            self.previewed = here("restore", self.file, "--data", self.data, "--dry-run", "--json")
            hub.post(entry(PLAN.id, point(PLAN, 1, "a"), id="p2"))
            hub.post(entry(OTHER.id, CreateTournament(OTHER), id="other"))


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Venue:
    return Venue(tmp_path_factory.mktemp("venue"))


@pytest.fixture
def data(venue: Venue, tmp_path: Path) -> Path:
    """Return a copy of the hub's data folder, as it was when it stopped."""
    return shutil.copytree(venue.data, tmp_path / "data")


def listing(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_backup_of_a_running_hub_is_verified_and_for_its_owner_alone(venue: Venue) -> None:
    assert venue.made.code == 0, venue.made.err
    told = venue.made.json()
    assert told["sha256"] == hashlib.sha256(venue.file.read_bytes()).hexdigest()
    (held,) = told["tournaments"]
    assert (held["tournament"], held["seq"], held["events"]) == (PLAN.id, 3, 3)
    assert stat.S_IMODE(venue.file.stat().st_mode) == 0o600
    assert sorted(os.listdir(venue.file.parent)) == ["data", "evening.zip"]
    with zipfile.ZipFile(venue.file) as packed:
        manifest = json.loads(packed.read(MANIFEST))
        for name, checksum in manifest["files"].items():
            assert hashlib.sha256(packed.read(name)).hexdigest() == checksum
    assert {"invites.sqlite3", "secret.key", LOG} <= manifest["files"].keys()


def test_a_file_that_is_there_is_not_replaced_unasked(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept.zip"
    target.write_bytes(b"precious")
    refused = here("backup", target, "--data", data)
    assert (refused.code, target.read_bytes()) == (65, b"precious")
    assert "--force" in refused.err
    done = here("backup", target, "--data", data, "--force")
    assert done.code == 0
    assert "2 tournaments, 5 events" in done.out
    assert "whoever has this file can sign in" in done.err


def test_where_there_is_nothing_to_back_up_that_is_said(tmp_path: Path) -> None:
    done = here("backup", tmp_path / "none.zip", "--data", tmp_path / "data")
    assert done.code == 65
    assert "--data" in done.err
    assert not (tmp_path / "none.zip").exists()


def test_a_log_that_is_damaged_is_not_passed_off_as_a_backup(data: Path, tmp_path: Path) -> None:
    damage(data / "hub" / LOG)
    done = here("backup", tmp_path / "bad.zip", "--data", data)
    assert done.code == 65
    assert os.listdir(tmp_path) == ["data"], "nothing is left behind"


def damage(log: Path) -> None:
    """Overwrite pages in the middle of a database."""
    with log.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 16384)


def test_a_disk_that_refuses_leaves_no_half_a_backup(data: Path, tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.write_bytes(b"a file, no folder")
    done = here("backup", shut / "b.zip", "--data", data)
    assert done.code == 74, done.err
    assert sorted(os.listdir(tmp_path)) == ["data", "shut"]


def test_a_preview_says_what_would_come_and_go_and_changes_nothing(data: Path, venue: Venue) -> None:
    before = listing(data)
    told = here("restore", venue.file, "--data", data, "--dry-run", "--json").json()
    assert told["takes_back"] is True
    assert told["restored"] is False
    changes = {one["tournament"]: one for one in told["changes"]}
    assert changes[PLAN.id]["fate"] == "changes"
    (gone,) = changes[PLAN.id]["gone"]
    assert (gone["first"], gone["last"], gone["count"]) == (4, 4, 1)
    assert changes[PLAN.id]["back"] == []
    assert changes[OTHER.id]["fate"] == "goes"
    told = here("restore", venue.file, "--data", data, "--dry-run").out
    assert "GONE: 1 events" in told
    assert "other: GONE" in told
    assert listing(data) == before


def test_beside_a_running_hub_a_preview_works_and_a_restore_is_refused(venue: Venue) -> None:
    assert [one["fate"] for one in venue.previewed.json()["changes"]] == ["same"]
    assert venue.while_it_runs.code == 65
    assert "is in use by the hub at ws://" in venue.while_it_runs.err


def test_what_would_take_something_back_wants_to_be_agreed_to(data: Path, venue: Venue) -> None:
    before = listing(data)
    done = here("restore", venue.file, "--data", data)
    assert done.code == 2
    assert "--yes" in done.err
    assert listing(data) == before


def epoch_of(hub: HubProcess) -> Epoch:
    found: Epoch = httpx.get(f"{hub.http}/v1/tournaments/{PLAN.id}").json()["position"]["epoch"]
    return found


def test_after_a_restore_consoles_bring_back_what_the_backup_lacks(
    data: Path, venue: Venue, tmp_path: Path
) -> None:
    with HubProcess(data) as hub:
        before = epoch_of(hub)
        with realtime_in_thread(quick(tmp_path / "laptop", hub.url)) as realtime:
            realtime.join(f"tournament:{PLAN.id}")
            realtime.wait_until(lambda view: seen(view, 2), 10)
            # The backup is of the first point; this console sees the third one come in.
            hub.post(entry(PLAN.id, point(PLAN, 1, "a"), id="p3"))
            realtime.wait_until(lambda view: seen(view, 3), 10)
            hub.stop()
            told = here("restore", venue.file, "--data", data, "--yes", "--json").json()
            assert told["restored"] is True
            assert told["epochs"].keys() == {PLAN.id}
            hub.start()
            assert epoch_of(hub) == told["epochs"][PLAN.id] != before
            view = realtime.wait_until(lambda view: seen(view, 2, before), 20)
            (past,) = view.tournaments[PLAN.id].confirmed.past
            assert (past.epoch, past.after, past.seen) == (before, 3, 5)
            assert past.missing == ((4, 4),), "that one nobody saw come in"
        # What came back is known by its id, and counts once.
        hub.post(entry(PLAN.id, point(PLAN, 1, "a"), id="p3"))
        assert score_of(hub) == [2, 0]


def score_of(hub: HubProcess) -> list[int]:
    found: list[int] = httpx.get(f"{hub.http}/v1/tournaments/{PLAN.id}").json()["matches"][M1]["score"]
    return found


def seen(view: View, score: int, epoch: str = "") -> bool:
    """Tell whether a console shows a score, live, in another epoch than one."""
    shown = view.tournaments.get(PLAN.id)
    if shown is None or not shown.live or shown.confirmed.position.epoch == epoch:
        return False
    return shown.confirmed.matches[M1].score.home == score


def test_a_restore_can_be_restored(data: Path, venue: Venue) -> None:
    told = here("restore", venue.file, "--data", data, "--yes", "--json").json()
    back = here("restore", told["kept"], "--data", data, "--yes", "--json").json()
    changes = {one["tournament"]: one for one in back["changes"]}
    assert changes[OTHER.id]["fate"] == "comes"
    assert back["epochs"].keys() == {PLAN.id, OTHER.id}
    assert stat.S_IMODE((data / "hub" / "secret.key").stat().st_mode) == 0o600
    with closing(SqliteLog(data / "hub" / LOG)) as log:
        states = {kept.state.id: kept.state for kept in log.read().tournaments}
    assert states[PLAN.id].matches[M1].score == Score(2, 0)
    assert [past.missing for past in states[PLAN.id].past] == [()]


def test_on_another_machine_a_restored_hub_is_the_same_hub(venue: Venue, tmp_path: Path) -> None:
    done = here("restore", venue.file, "--data", tmp_path / "new")
    assert done.code == 0, "nothing is taken back there, so nobody is asked"
    new, old = tmp_path / "new" / "hub", venue.data / "hub"
    assert (new / "secret.key").read_bytes() == (old / "secret.key").read_bytes()
    for name in ("secret.key", "invites.sqlite3"):
        assert stat.S_IMODE((new / name).stat().st_mode) == 0o600
    with closing(SqliteLog(new / LOG)) as here_now, closing(SqliteLog(old / LOG)) as there_before:
        assert here_now.hub == there_before.hub


def test_who_was_sent_away_since_the_backup_stays_away(data: Path, venue: Venue) -> None:
    with closing(sqlite3.connect(data / "hub" / "invites.sqlite3")) as db, db:
        db.execute("INSERT INTO invites VALUES ('later', X'00', NULL, X'00')")
    assert here("restore", venue.file, "--data", data, "--yes").code == 0
    with closing(sqlite3.connect(data / "hub" / "invites.sqlite3")) as db:
        assert db.execute("SELECT count(*) FROM invites WHERE id = 'later'").fetchone() == (1,)


def test_a_damaged_log_is_kept_as_it_is_and_replaced(data: Path, venue: Venue) -> None:
    log = data / "hub" / LOG
    damage(log)
    broken = log.read_bytes()
    assert here("restore", venue.file, "--data", data).code == 2, "it is asked about"
    told = here("restore", venue.file, "--data", data, "--yes", "--json").json()
    assert told["damaged"]
    with open(os.path.join(told["kept"], LOG), "rb") as kept:
        assert kept.read() == broken
    with closing(sqlite3.connect(log)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone() == (4,)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def turn(content: bytes) -> bytes:
    """Turn a byte in the middle of the packed log."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


@pytest.mark.parametrize("harm", [cut, turn, lambda _: b"no backup"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(
    harm: object, data: Path, venue: Venue, tmp_path: Path
) -> None:
    assert callable(harm)
    bad = tmp_path / "bad.zip"
    bad.write_bytes(harm(venue.file.read_bytes()))
    before = listing(data)
    done = here("restore", bad, "--data", data, "--yes")
    assert done.code == 65
    assert "damaged" in done.err
    assert listing(data) == before


def test_a_backup_that_says_something_else_than_it_holds_is_refused(venue: Venue, tmp_path: Path) -> None:
    with zipfile.ZipFile(venue.file) as packed:
        manifest, members = json.loads(packed.read(MANIFEST)), packed.namelist()
        manifest["answers"] += 1
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
            for name in members:
                bad.writestr(name, json.dumps(manifest) if name == MANIFEST else packed.read(name))
    done = here("restore", tmp_path / "bad.zip", "--data", tmp_path / "new", "--dry-run")
    assert done.code == 65
    assert "does not hold what it should" in done.err


def test_a_backup_of_a_newer_courtside_is_refused(venue: Venue, tmp_path: Path) -> None:
    with zipfile.ZipFile(venue.file) as packed, zipfile.ZipFile(tmp_path / "new.zip", "w") as newer:
        manifest = {**json.loads(packed.read(MANIFEST)), "format": 99, "courtside": "9.9"}
        newer.writestr(MANIFEST, json.dumps(manifest))
    done = here("restore", tmp_path / "new.zip", "--data", tmp_path / "data", "--dry-run")
    assert done.code == 65
    assert "9.9, a newer one" in done.err


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = here("restore", tmp_path / "nowhere.zip", "--data", tmp_path / "data", "--dry-run")
    assert done.code == 65
    assert "nowhere.zip: there is no such file" in done.err


def test_a_log_that_came_from_a_backplane_goes_on_there(data: Path, tmp_path: Path) -> None:
    with closing(SqliteLog(data / "hub" / LOG)) as log:
        log.chain()
        at = next(kept.state.position for kept in log.read().tournaments if kept.state.id == PLAN.id)
        log.commit([], Step(Link(PLAN.id, 1, "g1", at.epoch, at.seq), Tail(1, "g1")))
    assert here("backup", tmp_path / "b.zip", "--data", data).code == 0
    done = here("restore", tmp_path / "b.zip", "--data", tmp_path / "new")
    assert done.code == 0
    assert "comes from the backplane" in done.out
    with closing(SqliteLog(tmp_path / "new" / "hub" / LOG)) as log:
        assert at in [kept.state.position for kept in log.read().tournaments], "no epoch of its own"
        assert log.chain().newest == 1
