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
from core.errors import NotSaved
from core.realtime.disk import journal as journal_module
from core.realtime.disk.journal import Journal, Transaction
from core.realtime.disk.salvage import set_aside
from core.realtime.disk.writer import Writer
from core.realtime.effects import JournalRow, Record
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


def test_a_full_disk_says_not_saved_until_there_is_room_again(journal: Journal, path: Path) -> None:
    append(journal, "before")
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(2):
        with pytest.raises(NotSaved, match="full") as caught:
            append(journal, *(f"c{number}" for number in range(1000)))
        assert caught.value.path == str(path)
        assert ids(journal.contents().rows) == ["before"]
    journal._db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    append(journal, "after")
    assert ids(journal.contents().rows) == ["before", "after"]


def test_whoever_has_a_file_open_that_was_set_aside_goes_on_in_the_new_one(
    journal: Journal, path: Path
) -> None:
    append(journal, "x", "y")
    with closing(Journal(path)) as other:
        set_aside(path, NOON)
        with closing(Journal(path)) as third:
            append(third, "z")
            assert append(other, "w") == [4]
            assert ids(other.foreign()) == ["x", "y", "z"]
            assert ids(third.foreign()) == ["w"]
        assert ids(journal.foreign()) == ["x", "y", "z", "w"]


def test_a_file_that_was_deleted_takes_nothing_more(journal: Journal, path: Path) -> None:
    append(journal, "x")
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(NotSaved, match="it is gone"):
        append(journal, "y")
    with pytest.raises(NotSaved, match="it is gone"):
        journal.foreign()
    path.with_name("elsewhere").rename(path)
    assert append(journal, "y") == [2]


def test_a_file_that_is_set_aside_in_the_very_moment_takes_nothing_more(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_aside(path, NOON)
    with monkeypatch.context() as patch:
        # As if that had happened after the look.
        patch.setattr(Journal, "_follow", lambda journal: None)
        with pytest.raises(NotSaved, match="just been set aside"):
            append(journal, "x")
    assert append(journal, "x") == [1]


def test_a_commit_waits_for_no_checkpoint(journal: Journal, path: Path) -> None:
    append(journal, *(f"c{number}" for number in range(3000)))
    log = path.with_name(path.name + "-wal")
    assert path.stat().st_size < log.stat().st_size
    journal.checkpoint()
    assert path.stat().st_size > 500_000


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
