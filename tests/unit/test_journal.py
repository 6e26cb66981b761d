"""The journal on real files: what is committed is found again, by this process and by others."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from core.domain.answers import Answer
from core.domain.ids import CommandId
from core.errors import BadLog, NotSaved
from core.realtime import journal as journal_module
from core.realtime.effects import JournalRow, Record
from core.realtime.journal import Journal, Transaction, set_aside
from core.realtime.writer import Writer
from tests.support.tournaments import NOON, entry, league, point, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = league()
POINT = point(PLAN, 1, "a")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(Journal(path)) as opened:
        yield opened


def append(journal: Journal, *ids: str) -> list[int]:
    with journal.commit() as transaction:
        return [transaction.append(entry(PLAN.id, POINT, id=id)) for id in ids]


def ids(rows: tuple[JournalRow, ...]) -> list[str]:
    return [row.entry.id for row in rows]


def busy(writer: Writer) -> threading.Event:
    """Keep the journal's thread busy until the event is set, so that what is asked for meanwhile gathers."""
    gate, begun = threading.Event(), threading.Event()

    def wait(_: Journal) -> None:
        begun.set()
        gate.wait(10)

    writer.read(wait)
    assert begun.wait(10)
    return gate


def damage(path: Path) -> None:
    """Overwrite pages in the middle of a file that has all its content in itself."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xee" * 4096
    path.write_bytes(content)


def test_rows_stand_in_the_order_of_the_key_presses(journal: Journal, path: Path) -> None:
    assert append(journal, "x", "y") == [1, 2]
    assert append(journal, "z") == [3]
    journal.close()
    with closing(Journal(path)) as opened:
        rows = opened.contents().rows
    assert ids(rows) == ["x", "y", "z"]
    assert {row.state for row in rows} == {"saved"}
    assert rows[0].entry == entry(PLAN.id, POINT, id="x")


def test_an_id_stands_in_the_journal_once(journal: Journal) -> None:
    assert append(journal, "x", "y", "x") == [1, 2, 1]
    assert append(journal, "x") == [1]
    assert ids(journal.contents().rows) == ["x", "y"]


def test_what_became_of_an_entry_is_kept_with_its_answer(journal: Journal) -> None:
    append(journal, "x")
    answer = Answer(id=CommandId("x"), outcome="accepted", seq=5)
    with journal.commit() as transaction:
        transaction.record(Record(CommandId("x"), "confirmed", 2, answer, ""))
    with journal.commit() as transaction:
        transaction.record(Record(CommandId("x"), "official", 2))
    row = journal.find(CommandId("x"))
    assert row is not None
    assert (row.state, row.attempts, row.answer) == ("official", 2, answer)
    assert journal.find(CommandId("y")) is None


def test_a_start_reads_all_open_rows_and_the_newest_answered_ones(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "ANSWERED_TO_LOAD", 2)
    append(journal, *"abcdef")
    with journal.commit() as transaction:
        for id in "abce":
            transaction.record(Record(CommandId(id), "confirmed", 1))
        transaction.record(Record(CommandId("d"), "refused", 1, None, "final"))
    rows = journal.contents().rows
    assert ids(rows) == ["c", "d", "e", "f"]
    assert rows[1].reason == "final"


def test_nothing_of_a_commit_that_failed_stays(journal: Journal) -> None:
    def half_way() -> None:
        with journal.commit() as transaction:
            transaction.append(entry(PLAN.id, POINT, id="x"))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half_way()
    assert append(journal, "y") == [1]
    assert ids(journal.contents().rows) == ["y"]


def test_a_stored_copy_replaces_the_older_one(journal: Journal) -> None:
    older, newer = record(PLAN)[1], record(PLAN, [POINT])[1]
    for state in (older, newer):
        with journal.commit() as transaction:
            transaction.copy(state, NOON)
    (copy,) = journal.contents().copies
    assert (copy.state, copy.written_at) == (newer, NOON)


def test_a_copy_that_cannot_be_read_is_left_out(journal: Journal, path: Path) -> None:
    with journal.commit() as transaction:
        transaction.copy(record(PLAN)[1], NOON)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE copies SET state = '{}'")
    assert journal.contents().copies == ()


def test_each_process_finds_what_the_other_wrote_and_only_that(journal: Journal, path: Path) -> None:
    with closing(Journal(path)) as other:
        assert other.foreign() == ()
        append(journal, "x")
        append(other, "y")
        append(journal, "z")
        assert ids(other.foreign()) == ["x", "z"]
        assert ids(journal.foreign()) == ["y"]
        with journal.commit() as transaction:
            transaction.record(Record(CommandId("y"), "confirmed", 1))
        assert [(row.entry.id, row.state) for row in other.foreign()] == [("y", "confirmed")]
        assert other.foreign() == ()
        assert journal.foreign() == ()


def test_a_file_that_is_not_there_is_not_made_for_a_reader(path: Path) -> None:
    with pytest.raises(NotSaved, match="unable to open"):
        Journal(path, create=False)
    assert not path.exists()


def test_a_reader_reads_beside_the_writer(journal: Journal, path: Path) -> None:
    append(journal, "x")
    with closing(Journal(path, create=False)) as reader:
        assert ids(reader.contents().rows) == ["x"]
        with pytest.raises(NotSaved, match="readonly"), reader.commit():
            pass


def test_a_file_of_a_newer_version_is_left_alone(journal: Journal, path: Path) -> None:
    journal.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(BadLog, match="newer version"):
        Journal(path)


def test_a_full_disk_says_not_saved(journal: Journal, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NotSaved, match="full") as caught:
        append(journal, *(f"c{number}" for number in range(1000)))
    assert caught.value.path == str(path)
    assert journal.contents().rows == ()


def test_a_commit_waits_for_no_checkpoint(journal: Journal, path: Path) -> None:
    append(journal, *(f"c{number}" for number in range(3000)))
    log = path.with_name(path.name + "-wal")
    assert path.stat().st_size < log.stat().st_size
    journal.checkpoint()
    assert path.stat().st_size > 500_000


def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_kept(path: Path) -> None:
    with closing(Journal(path)) as whole:
        append(whole, *(f"c{number}" for number in range(2000)))
        with whole.commit() as transaction:
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
    with closing(Journal(path)) as journal:
        rows = journal.contents().rows
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


def test_one_row_that_cannot_be_read_does_not_take_the_others_along(journal: Journal, path: Path) -> None:
    append(journal, "x", "y", "z")
    journal.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE entries SET entry = '{' WHERE id = 'y'")
    with pytest.raises(BadLog), closing(Journal(path)) as broken:
        broken.contents()
    assert set_aside(path, NOON).rows == 2
    with closing(Journal(path)) as mended:
        assert ids(mended.contents().rows) == ["x", "z"]


def test_many_writes_share_a_commit_and_keep_their_order(path: Path) -> None:
    writer = Writer(Journal(path), lambda rows: None)
    gate = busy(writer)
    before = [writer.write(lambda t, id=str(n): t.append(entry(PLAN.id, POINT, id=id))) for n in range(50)]  # type: ignore[misc]
    revision = writer.read(lambda journal: journal._revision())
    gate.set()
    assert [outcome.result(10) for outcome in before] == list(range(1, 51))
    assert revision.result(10) == 1
    writer.close()


def test_closing_finishes_what_was_asked_for(path: Path) -> None:
    writer = Writer(Journal(path), lambda rows: None)
    outcome = writer.write(lambda transaction: transaction.append(entry(PLAN.id, POINT, id="x")))
    writer.close()
    assert outcome.done()
    with closing(Journal(path)) as journal:
        assert ids(journal.contents().rows) == ["x"]


def test_a_failed_group_is_told_to_each_who_asked_and_the_next_one_succeeds(path: Path) -> None:
    writer = Writer(Journal(path), lambda rows: None)
    gate = busy(writer)

    def fail(transaction: Transaction) -> int:
        raise NotSaved("here", "disk full")

    first = writer.write(lambda transaction: transaction.append(entry(PLAN.id, POINT, id="x")))
    second = writer.write(fail)
    gate.set()
    for outcome in (first, second):
        with pytest.raises(NotSaved, match="disk full"):
            outcome.result(10)
    again = writer.write(lambda transaction: transaction.append(entry(PLAN.id, POINT, id="x")))
    assert again.result(10) == 1
    writer.close()


def test_rows_of_others_are_told_before_the_outcome_of_a_later_row(journal: Journal, path: Path) -> None:
    told: list[object] = []
    writer = Writer(Journal(path), lambda rows: told.extend(ids(rows)))
    append(journal, "theirs")
    mine: Future[int] = writer.write(lambda transaction: transaction.append(entry(PLAN.id, POINT, id="mine")))
    mine.add_done_callback(lambda outcome: told.append(outcome.result()))
    assert mine.result(10) == 2
    append(journal, "later")
    writer.look().result(10)
    writer.close()
    assert told == ["theirs", 2, "later"]
