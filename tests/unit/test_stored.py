"""A log as a device has it: whole, but for the plan, or not at all."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from core.domain.state import Position
from core.errors import BadLog
from core.realtime.disk.archive import Archive, Sight
from core.realtime.disk.folder import ClientFolder
from core.realtime.disk.stored import stored_log
from core.settings import Settings
from tests.support.tournaments import EPOCH, NOON, league, log, point

if TYPE_CHECKING:
    from pathlib import Path

    from core.domain.events import Event

PLAN = league()
LOG = log(PLAN, *(point(PLAN, 1, "a") for _ in range(4)))
END = Position(EPOCH, len(LOG), LOG[-1].command)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def see(settings: Settings, events: tuple[Event, ...]) -> None:
    path = ClientFolder(settings.data).archive
    path.parent.mkdir(exist_ok=True)
    with closing(Archive(path, NOON)) as archive:
        archive.write([Sight(PLAN.id, END, NOON, events)])


@pytest.mark.parametrize("first", [0, 1])
def test_a_log_that_was_seen_is_returned_up_to_a_position(settings: Settings, first: int) -> None:
    see(settings, LOG[first:])
    assert stored_log(settings, PLAN.id, END) == LOG[first:]
    assert stored_log(settings, PLAN.id, Position(EPOCH, 3)) == LOG[first:3]


@pytest.mark.parametrize("seen", [LOG[2:], (*LOG[:2], *LOG[3:]), LOG[:-1], ()])
def test_a_log_with_a_gap_is_none(settings: Settings, seen: tuple[Event, ...]) -> None:
    see(settings, seen)
    assert stored_log(settings, PLAN.id, END) == ()


def test_without_an_archive_there_is_none_and_a_damaged_one_says_so(settings: Settings) -> None:
    assert stored_log(settings, PLAN.id, END) == ()
    path = ClientFolder(settings.data).archive
    path.parent.mkdir()
    path.write_bytes(b"no database, but long enough to be looked at" * 20)
    with pytest.raises(BadLog):
        stored_log(settings, PLAN.id, END)
