"""The journal's schema: files of older versions become files of this one, with all that is in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from core.errors import NotSaved
from core.realtime.disk import schema
from core.realtime.disk.journal import Journal
from core.realtime.disk.schema import STEPS, VERSION, NewerJournal
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from pathlib import Path

PLAN = league()
POINT = point(PLAN, 1, "a")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


def old(path: Path, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a file with two entries as that version of the program made it."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSION", version)
        patch.setattr(schema, "STEPS", STEPS[:version])
        with closing(Journal(path)) as journal, journal.commit() as transaction:
            for id in ("x", "y"):
                transaction.append(entry(PLAN.id, POINT, id=id))


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return schema.version_of(db)


def tables(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [name for (name,) in db.execute("SELECT name FROM sqlite_master ORDER BY name")]


@pytest.mark.parametrize("before", range(1, VERSION))
def test_a_file_of_an_older_version_becomes_one_of_this_version(
    path: Path, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old(path, before, monkeypatch)
    with closing(Journal(path)) as journal:
        assert [row.entry.id for row in journal.contents().rows] == ["x", "y"]
    assert version(path) == VERSION
    fresh = path.with_name("fresh.sqlite3")
    Journal(fresh).close()
    assert tables(path) == tables(fresh)
    kept = path.with_name(f"journal.v{before}.sqlite3")
    assert version(kept) == before
    assert tables(kept) != tables(fresh)


def test_a_file_without_tables_gets_those_of_this_version(path: Path) -> None:
    path.write_bytes(b"")
    with closing(Journal(path)) as journal:
        assert journal.contents().rows == ()
    assert version(path) == VERSION
    assert list(path.parent.glob("*.v0.*")) == []


def test_a_file_of_this_version_is_left_as_it_is(path: Path) -> None:
    Journal(path).close()
    before = path.read_bytes()
    Journal(path).close()
    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old(path, 1, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", (STEPS[0], "CREATE TABLE more (id);\nCREATE TABLE entries (id);"))
        with pytest.raises(NotSaved, match="already exists"):
            Journal(path)
    assert version(path) == 1
    assert "more" not in tables(path)
    with closing(Journal(path)) as journal:
        assert len(journal.contents().rows) == 2


def test_what_another_process_has_brought_here_meanwhile_is_not_done_twice(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old(path, 1, monkeypatch)
    found, looks = schema.version_of, []

    def late(db: sqlite3.Connection) -> int:
        looks.append(found(db))
        if len(looks) == 1:
            with (
                closing(sqlite3.connect(path, isolation_level=None)) as other,
                monkeypatch.context() as patch,
            ):
                patch.setattr(schema, "version_of", found)
                schema.migrate(other, path)
        return looks[-1]

    monkeypatch.setattr(schema, "version_of", late)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.migrate(db, path)
    assert looks == [1, VERSION]
    monkeypatch.undo()
    assert version(path) == VERSION


def test_a_reader_reads_an_older_version_and_leaves_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old(path, 1, monkeypatch)
    with closing(Journal(path, create=False)) as reader:
        assert len(reader.contents().rows) == 2
    assert version(path) == 1


@pytest.mark.parametrize("create", [True, False])
def test_a_file_of_a_newer_version_is_left_alone(path: Path, create: bool) -> None:
    Journal(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerJournal, match="newer version"):
        Journal(path, create=create)
