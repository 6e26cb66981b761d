"""The journal where disks and processes fail: full, read-only, damaged, the sender killed in mid-flight."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import AddScore, CreateTournament
from core.domain.events import PointsAdded
from core.domain.ids import TeamId
from core.errors import NotSaved
from core.realtime.disk.folder import ClientFolder
from core.realtime.disk.journal import Journal
from core.realtime.network.pages import fetch_log
from core.realtime.realtime import open_realtime
from tests.support.hub import HubProcess
from tests.support.program import courtside
from tests.support.scorer import ScorerProcess, quick
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.domain.plan import Plan

NOWHERE = "ws://127.0.0.1:9"
"""No hub is ever there (RFC 863's port)."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def plan(hub: HubProcess) -> Plan:
    made = league(name=f"league-{uuid.uuid4().hex[:8]}")
    hub.post(entry(made.id, CreateTournament(made), id=f"plan-{made.id}", device="office"))
    return made


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte of its own, where this machine lets a test have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"no disk of its own to be had: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(ballast: Path) -> None:
    """Leave no room on a disk."""
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), b"\0" * 512)


def remount(disk: Path, how: str) -> None:
    """Have a disk take writes, or none."""
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


def counted(hub: HubProcess, plan: Plan) -> list[str]:
    """Return the commands of the points in the hub's log, in its order."""
    _, events = fetch_log(quick(hub.data, hub.url), plan.id)
    return [event.command for event in events if isinstance(event.fact, PointsAdded)]


async def test_the_sender_is_killed_in_mid_flight_while_another_process_appends(
    hub: HubProcess, plan: Plan, tmp_path: Path
) -> None:
    data, first = tmp_path / "laptop", match(plan, 1)
    with ScorerProcess(data, hub.url, first, 400, "first") as sender:
        await asyncio.to_thread(sender.wait_for, "open sends")
        async with open_realtime(quick(data, hub.url)) as realtime:
            assert not realtime.view.sends
            mine = []
            for number in range(100):
                mine.append(realtime.submit(AddScore(first, TeamId("a"), 1), id=f"second-{number}"))
                if number == 50:
                    await mine[-1].saved(10)
                    await asyncio.to_thread(sender.wait_for, "saved first-0")
                    sender.kill()
            for one in mine:
                assert (await one.confirmed(20)).outcome == "accepted"
            await realtime.wait_for(lambda view: not any(queued.waiting for queued in view.queue), 20)
            with closing(Journal(ClientFolder(data).journal, create=False)) as journal:
                rows = [row.entry.id for row in journal.contents().rows]
    saved = {line.split()[1] for line in sender.lines if line.startswith("saved")}
    everything = counted(hub, plan)
    assert saved <= set(everything), "what was said to be saved counts"
    assert len(everything) == len(set(everything)), "and once"
    assert everything[-len(rows) :] == rows, "in the order of the key presses, over both processes"


async def test_a_disk_that_is_really_full_refuses_at_the_key_and_recovers_without_a_restart(
    hub: HubProcess, plan: Plan, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.realtime.disk.keeper.PROBE_INTERVAL", 0.1)
    async with open_realtime(quick(disk, hub.url)) as realtime:
        await realtime.join(f"tournament:{plan.id}")
        await realtime.wait_for(lambda view: plan.id in view.tournaments, 10)
        before = realtime.submit(point(plan, 1, "a"))
        assert (await before.confirmed(10)).outcome == "accepted"
        ballast = disk / "ballast"
        fill(ballast)
        refused = []
        while realtime.view.can_save:
            refused.append(realtime.submit(point(plan, 1, "a")))
            with contextlib.suppress(NotSaved):
                await refused[-1].saved(10)
        with pytest.raises(NotSaved):
            await refused[-1].saved(1)
        kept = [one for one in refused if one.state != "refused"]
        ballast.unlink()
        await realtime.wait_for(lambda view: view.can_save, 10)
        after = realtime.submit(point(plan, 1, "a"))
        for one in (*kept, after):
            assert (await one.confirmed(10)).outcome == "accepted"
    assert counted(hub, plan) == [one.id for one in (before, *kept, after)]


async def test_a_folder_that_becomes_read_only_refuses_at_the_key(
    hub: HubProcess, plan: Plan, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.realtime.disk.keeper.PROBE_INTERVAL", 0.1)
    async with open_realtime(quick(disk, NOWHERE)) as realtime:
        await realtime.submit(AddScore(match(plan, 1), TeamId("a"), 1), tournament=plan.id, id="p").saved(10)
    remount(disk, "ro")
    async with open_realtime(quick(disk, NOWHERE)) as realtime:
        assert not realtime.view.can_save
        with pytest.raises(NotSaved):
            await realtime.submit(AddScore(match(plan, 1), TeamId("a"), 1), tournament=plan.id).saved(10)
    remount(disk, "rw")
    async with open_realtime(quick(disk, hub.url)) as realtime:
        assert realtime.view.can_save
        await realtime.wait_for(lambda view: view.confirmed_total == 1, 10)
    assert counted(hub, plan) == ["p"]


def test_commands_say_that_the_journal_was_damaged(tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    folder, plan = ClientFolder(data), league()
    folder.make()
    folder.device()
    with closing(Journal(folder.journal)) as journal, journal.commit() as transaction:
        for number in range(500):
            transaction.append(entry(plan.id, point(plan, 1, "a"), id=f"c{number}"))
    content = bytearray(folder.journal.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xee" * 4096
    folder.journal.write_bytes(content)
    where = ("--data", data, "--hub", NOWHERE)
    assert "cannot be read" in courtside("queue", *where).err
    said = courtside("score", "m1", "a", "1", *where).err
    assert "the journal was damaged" in said
    assert "the old file is kept as journal.damaged-" in said
    assert courtside("queue", *where).err == ""
