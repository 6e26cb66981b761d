"""Salvage on real files: what can be read of a damaged journal stands in a new one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from core.domain.answers import Answer
from core.domain.ids import CommandId
from core.errors import BadLog, NotSaved
from core.realtime.disk.journal import Journal
from core.realtime.disk.salvage import set_aside
from core.realtime.effects import JournalRow, Record
from tests.support.tournaments import NOON, entry, league, point, record

if TYPE_CHECKING:
    from pathlib import Path

PLAN = league()
POINT = point(PLAN, 1, "a")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


def append(journal: Journal, *ids: str) -> list[int]:
    with journal.commit() as transaction:
        return [transaction.append(entry(PLAN.id, POINT, id=id)) for id in ids]


def ids(rows: tuple[JournalRow, ...]) -> list[str]:
    return [row.entry.id for row in rows]


def damage(path: Path) -> None:
    """Overwrite pages in the middle of a file that has all its content in itself."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xee" * 4096
    path.write_bytes(content)


def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_kept(path: Path) -> None:
    with closing(Journal(path)) as whole:
        append(whole, *(f"c{number}" for number in range(2000)))
        with whole.commit() as transaction:
            transaction.copy(record(PLAN)[1], NOON)
            transaction.record(
                Record(CommandId("c0"), "confirmed", 1, Answer(id=CommandId("c0"), outcome="accepted"))
            )
    damage(path)
    with pytest.raises(BadLog), closing(Journal(path)) as broken:
        broken.contents()
    salvage = set_aside(path, NOON)
    assert salvage.kept_as.name == "journal.damaged-20260614T120000000000Z.sqlite3"
    assert salvage.kept_as.exists()
    assert 0 < salvage.rows < 2000
    assert salvage.gaps == 2000 - salvage.rows
    with closing(Journal(path)) as journal:
        rows, copies = journal.contents().rows, journal.contents().copies
        assert [copy.state for copy in copies] == [record(PLAN)[1]]
        assert len(rows) == salvage.rows
        assert (rows[0].entry.id, rows[0].state) == ("c0", "confirmed")
        assert rows[-1].entry.id == "c1999"


def test_of_a_file_that_is_no_database_nothing_is_kept_but_the_file(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(BadLog):
        Journal(path)
    salvage = set_aside(path, NOON)
    assert salvage.rows == 0
    with closing(Journal(path)) as journal:
        assert append(journal, "x") == [1]


def test_one_row_that_cannot_be_read_does_not_take_the_others_along(path: Path) -> None:
    with closing(Journal(path)) as journal:
        append(journal, "x", "y", "z")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE entries SET entry = '{' WHERE id = 'y'")
    with pytest.raises(BadLog), closing(Journal(path)) as broken:
        broken.contents()
    salvage = set_aside(path, NOON)
    assert (salvage.rows, salvage.gaps) == (2, 1)
    with closing(Journal(path)) as mended:
        assert ids(mended.contents().rows) == ["x", "z"]


def test_a_file_that_cannot_be_moved_is_left_and_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"not a database at all" * 500)

    def refuse(file: Path, target: Path) -> Path:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(type(path), "rename", refuse)
    with pytest.raises(NotSaved, match="not permitted"):
        set_aside(path, NOON)
    assert path.exists()
