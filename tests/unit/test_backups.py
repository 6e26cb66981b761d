"""Automatic backups: made where something happened, the newest ones kept, never where there is no room."""

from __future__ import annotations

import asyncio
import logging
import shutil
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest

from core.hub.folder import LOG, hub_folder
from core.hub.log.backup import verify
from core.hub.log.backups import Backups, newest
from core.hub.log.sqlite_log import SqliteLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

NOON = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)


class Evening:
    """A hub's folder, a clock that goes on with each look, and what was committed so far."""

    def __init__(self, data: Path) -> None:
        self.folder = hub_folder(data)
        self.folder.mkdir()
        SqliteLog(self.folder / LOG).close()
        self.committed = 0
        self.looks = 0
        self.at = NOON
        self.backups = Backups(data, 0.01, 2, self.count, self.now)

    def count(self) -> int:
        self.looks += 1
        return self.committed

    def now(self) -> datetime:
        self.at += timedelta(minutes=15)
        return self.at

    @property
    def made(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "backups").glob("*"))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.backups.run())
            yield
            task.cancel()

    async def until(self, said: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not said():
                await asyncio.sleep(0.005)

    async def looked(self) -> None:
        """Wait until it has looked again, twice."""
        looks = self.looks
        await self.until(lambda: self.looks >= looks + 2)


@pytest.fixture
def evening(tmp_path: Path) -> Evening:
    return Evening(tmp_path)


async def test_a_backup_is_made_where_something_happened_and_the_newest_are_kept(evening: Evening) -> None:
    own = evening.folder / "backups" / "before-restore-20260101T000000Z.zip"
    own.parent.mkdir()
    own.touch()
    async with evening.running():
        await evening.looked()
        assert evening.made == [own.name], "nothing happened yet"
        for number in range(1, 4):
            evening.committed += 1
            await evening.until(lambda number=number: evening.at == NOON + number * timedelta(minutes=15))  # type: ignore[misc]
            await evening.looked()
            assert evening.at == NOON + number * timedelta(minutes=15), "one is enough"
    assert evening.made == ["auto-20260614T123000Z.zip", "auto-20260614T124500Z.zip", own.name]
    assert newest(evening.folder) == (2, NOON + timedelta(minutes=45))
    assert verify(evening.folder / "backups" / evening.made[0]).made_at == NOON + timedelta(minutes=30)


class Usage(NamedTuple):
    total: int
    used: int
    free: int


async def test_a_disk_that_is_nearly_full_is_left_to_the_scores(
    evening: Evening, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 1 << 40, 200 << 20))
    evening.committed = 1
    with caplog.at_level(logging.WARNING):
        async with evening.running():
            await evening.until(lambda: bool(caplog.messages))
            assert "nearly full" in caplog.messages[0]
            assert evening.made == []
            monkeypatch.undo()
            await evening.until(lambda: len(evening.made) == 1)


async def test_what_goes_wrong_is_said_and_tried_again(
    evening: Evening, caplog: pytest.LogCaptureFixture
) -> None:
    (evening.folder / "backups").write_bytes(b"in the way")
    evening.committed = 1
    with caplog.at_level(logging.WARNING):
        async with evening.running():
            await evening.until(lambda: bool(caplog.messages))
            (evening.folder / "backups").unlink()
            await evening.until(lambda: len(evening.made) == 1)


async def test_they_can_be_left_off(tmp_path: Path) -> None:
    await asyncio.wait_for(Backups(tmp_path, 0, 1, lambda: 1, lambda: NOON).run(), 5)
    assert newest(tmp_path) == (0, None)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "auto-copy.zip").touch()
    assert newest(tmp_path) == (1, None), "no name of ours says when it was made"
