"""The archive: what was seen is found again, in spans and chunks, and does not grow for ever."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from core.domain.ids import CommandId, Epoch, TournamentId
from core.domain.state import Position
from core.errors import BadLog, NotSaved
from core.realtime.disk import archive as module
from core.realtime.disk.archive import KEEP_DAYS, Archive, Archivist, Sight
from core.realtime.effects import Recollection
from tests.support.tournaments import EPOCH, NOON, league, log, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = league()
T = PLAN.id
LOG = log(PLAN, *(point(PLAN, 1, "a") for _ in range(4)))
"""Seqs 1 to 6; the second and third are of one entry."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.sqlite3"


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    opened = Archive(path, NOON)
    yield opened
    opened.close()


def at(seq: int, epoch: Epoch = EPOCH) -> Position:
    return Position(epoch, seq, LOG[seq - 1].command)


def test_what_was_seen_is_found_again(path: Path, archive: Archive) -> None:
    archive.write([Sight(T, at(3), NOON, LOG[:3]), Sight(T, at(6), NOON, LOG[4:])])
    with closing(Archive(path, NOON)) as again:
        assert again.recall(T, EPOCH, 3) == Recollection(
            T, EPOCH, at(6), ((1, 3), (5, 6)), (LOG[2], *LOG[4:]), 3
        )
        assert again.recall(T, Epoch("e2"), 0).position == Position(Epoch("e2"), 0)


def test_a_snapshot_moves_the_position_and_nothing_moves_it_back(archive: Archive) -> None:
    archive.write([Sight(T, at(6), NOON), Sight(T, at(2), NOON, LOG[:2])])
    found = archive.recall(T, EPOCH, 0)
    assert (found.position, found.spans) == (at(6), ((1, 2),))


def test_a_state_in_place_of_what_came_next_may_be_another_log_s(archive: Archive) -> None:
    archive.write([Sight(T, at(2), NOON), Sight(T, at(4), NOON, LOG[2:4]), Sight(T, at(4), NOON)])
    assert not archive.recall(T, EPOCH, 0).forked, "it was seen event by event"
    archive.write([Sight(T, at(6), NOON)])
    archive.write([Sight(T, Position(EPOCH, 7, CommandId("next")), NOON, LOG[5:])])
    assert archive.recall(T, EPOCH, 0).forked
    assert not archive.recall(T, Epoch("e2"), 0).forked


def test_two_events_for_one_place_part_the_log_and_the_first_stays(archive: Archive) -> None:
    archive.write([Sight(T, at(6), NOON, LOG[4:])])
    archive.write([Sight(T, at(6), NOON, LOG)])
    assert not archive.recall(T, EPOCH, 0).forked
    other = replace(LOG[5], command=CommandId("other"))
    archive.write([Sight(T, Position(EPOCH, 6, other.command), NOON, (other,))])
    found = archive.recall(T, EPOCH, 0)
    assert (found.forked, found.events) == (True, LOG)


def test_an_archive_of_the_first_version_is_brought_up(path: Path, archive: Archive) -> None:
    archive.write([Sight(T, at(6), NOON, LOG)])
    with closing(sqlite3.connect(path)) as db:
        db.executescript("ALTER TABLE positions DROP COLUMN forked; PRAGMA user_version = 1")
    with closing(Archive(path, NOON)) as again:
        assert again.recall(T, EPOCH, 0).position == at(6)
        again.write([Sight(T, Position(EPOCH, 8, CommandId("other")), NOON)])
        assert again.recall(T, EPOCH, 0).forked


def test_a_position_is_written_once(archive: Archive) -> None:
    other = replace(LOG[5], command=CommandId("other"))
    archive.write([Sight(T, at(6), NOON, LOG[5:]), Sight(T, at(6), NOON, (other,))])
    assert archive.recall(T, EPOCH, 6).events == LOG[5:]


def test_chunks_are_small_and_part_no_entry(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write([Sight(T, at(6), NOON, LOG)])
    monkeypatch.setattr(module, "MAX_CHUNK_BYTES", 1)
    assert archive.chunk(T, EPOCH, ((1, 6),)) == LOG[:1]
    assert archive.chunk(T, EPOCH, ((2, 3), (5, 6))) == LOG[1:3]
    assert archive.chunk(T, EPOCH, ((7, 9),)) == ()
    monkeypatch.setattr(module, "MAX_CHUNK_BYTES", 1 << 20)
    assert archive.chunk(T, EPOCH, ((2, 2), (5, 6))) == (LOG[1], *LOG[4:])


def test_what_was_not_seen_for_long_is_dropped(path: Path, archive: Archive) -> None:
    old = NOON - timedelta(days=KEEP_DAYS + 1)
    archive.write([Sight(TournamentId("old"), at(6), old, LOG), Sight(T, at(6), NOON, LOG)])
    with closing(Archive(path, NOON)) as again:
        assert again.recall(TournamentId("old"), EPOCH, 0).spans == ()
        assert again.recall(T, EPOCH, 0).spans == ((1, 6),)


def test_where_there_is_too_much_the_newest_tournament_stays(
    path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = NOON - timedelta(hours=1)
    archive.write([Sight(TournamentId("older"), at(6), before, LOG), Sight(T, at(6), NOON, LOG)])
    monkeypatch.setattr(module, "MAX_EVENTS", 3)
    with closing(Archive(path, NOON)) as again:
        assert again.recall(TournamentId("older"), EPOCH, 0).spans == ()
        assert again.recall(T, EPOCH, 0).spans == ((1, 6),)


def test_a_file_that_is_no_archive_is_told_apart(path: Path) -> None:
    path.write_bytes(b"this is no database at all, but long enough to look at" * 20)
    with pytest.raises(BadLog):
        Archive(path, NOON)


def test_an_archive_of_a_newer_version_is_left_alone(path: Path) -> None:
    Archive(path, NOON).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(BadLog, match="newer version"):
        Archive(path, NOON)


def test_what_cannot_be_opened_or_written_says_so(tmp_path: Path, archive: Archive) -> None:
    with pytest.raises(NotSaved):
        Archive(tmp_path / "nowhere" / "archive.sqlite3", NOON)
    with closing(sqlite3.connect(archive.path)) as db:
        db.execute("DROP TABLE positions")
    with pytest.raises(NotSaved):
        archive.write([Sight(T, at(6), NOON, LOG)])
    with closing(sqlite3.connect(archive.path)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone() == (0,), "all or nothing"


def test_the_thread_writes_before_it_reads_and_all_before_it_ends(path: Path) -> None:
    archivist = Archivist(Archive(path, NOON))
    archivist.keep(Sight(T, at(3), NOON, LOG[:3]))
    assert archivist.read(lambda archive: archive.recall(T, EPOCH, 0)).result(10).position == at(3)
    archivist.keep(Sight(T, at(6), NOON, LOG[3:]))
    archivist.close()
    with closing(Archive(path, NOON)) as again:
        assert again.recall(T, EPOCH, 0).spans == ((1, 6),)


def test_a_disk_that_refuses_costs_a_warning_and_a_bug_reaches_who_asked(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive = Archive(path, NOON)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE events")
    archivist = Archivist(archive)
    archivist.keep(Sight(T, at(3), NOON, LOG[:3]))
    with pytest.raises(ZeroDivisionError):
        archivist.read(lambda _: 1 / 0).result(10)
    archivist.close()
    assert "not archived" in caplog.text
