"""Stored snapshots: a start from one is a start from the whole log, and one that is not whole is not used."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.commands import CreateTournament, Entry, Undo
from core.domain.events import Event
from core.domain.ids import CommandId, DeviceId, Epoch
from core.domain.reduce import fold
from core.domain.state import Tournament
from core.errors import NotSaved
from core.hub.judging.ledger import Ledger, Ruling
from core.hub.log import snapshot_log
from core.hub.log.sqlite_log import SqliteLog
from core.wire.offers import Offer
from tests.support.tournaments import EPOCH, NOON, entry, finals, match, point

if TYPE_CHECKING:
    from pathlib import Path

SUMMER = timezone(timedelta(hours=2))
_plan = finals()
PLAN = replace(
    _plan, fixtures=tuple(replace(one, starts_at=NOON.astimezone(SUMMER)) for one in _plan.fixtures)
)


class Evening:
    """A log, the ledger over it, and all events of the epoch that it is in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.epochs = iter(Epoch(f"e{number}") for number in range(1, 1_000))
        self.log = SqliteLog(path)
        self.ledger = Ledger(lambda: next(self.epochs), recall=self.log.known)
        self.events: list[Event] = []
        self.submit(entry(PLAN.id, CreateTournament(PLAN), id="plan"))

    @property
    def state(self) -> Tournament:
        found = self.ledger.state(PLAN.id)
        assert found is not None
        return found

    def submit(self, *entries: Entry) -> None:
        made = [self.ledger.submit(one, NOON) for one in entries]
        self._commit([one for one in made if isinstance(one, Ruling)])

    def begin_epoch(self) -> None:
        """Have a client show that it saw more."""
        seen = self.state.position
        offer = Offer(PLAN.id, seen.__class__(seen.epoch, seen.seq + 1, CommandId("lost")))
        made = self.ledger.receive_offer(offer, NOON, "Zoe", DeviceId("d"), differs=False)
        assert made is not None
        self._commit([made])

    def store(self) -> None:
        self.log.store([self.state], 1)

    def restart(self) -> None:
        self.log.close()
        self.log = SqliteLog(self.path)
        self.ledger = Ledger(lambda: next(self.epochs), [self.read()], self.log.known)

    def read(self) -> Tournament:
        (kept,) = self.log.read().tournaments
        return kept.state

    def _commit(self, rulings: list[Ruling]) -> None:
        self.log.commit(rulings)
        self.ledger.forget()
        for ruling in rulings:
            self.events = [*([] if ruling.begins else self.events), *ruling.answer.events]


@pytest.fixture
def evening(tmp_path: Path) -> Evening:
    made = Evening(tmp_path / "log.sqlite3")
    made.submit(entry(PLAN.id, point(PLAN, 1, "a"), id="p1"), entry(PLAN.id, point(PLAN, 2, "c"), id="p2"))
    made.store()
    made.submit(entry(PLAN.id, point(PLAN, 1, "a"), id="p3"))
    return made


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        assert other.execute(statement).rowcount > 0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("point"), st.integers(1, 2), st.sampled_from("abcd"), st.integers(1, 3)),
        st.tuples(st.just("undo"), st.integers(1, 2), st.integers(0, 40)),
        st.tuples(st.sampled_from(["store", "restart", "epoch"])),
    ),
    max_size=40,
)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_a_start_from_a_snapshot_is_a_start_from_the_whole_log(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, ...]]
) -> None:
    evening = Evening(tmp_path_factory.mktemp("evening") / "log.sqlite3")
    for number, step in enumerate(steps):
        id = f"c{number}"
        match step:
            case ("point", m, team, device):
                made = point(PLAN, int(m), team)
                evening.submit(entry(PLAN.id, made, id=id, device=f"laptop-{device}"))
            case ("undo", m, of):
                evening.submit(entry(PLAN.id, Undo(match(PLAN, int(m)), CommandId(f"c{of}")), id=id))
            case ("store",):
                evening.store()
            case ("restart",):
                evening.restart()
            case _:
                evening.begin_epoch()
        assert evening.read() == evening.state == fold(evening.events, evening.state.position.epoch)
    evening.log.close()


def test_only_what_follows_the_snapshot_is_folded(evening: Evening) -> None:
    # The events before it are not even looked at.
    change(evening.path, "UPDATE events SET data = '{}' WHERE seq BETWEEN 2 AND 4")
    assert evening.log._state(PLAN.id, EPOCH) == evening.state


def test_only_what_changed_is_written_again(evening: Evening) -> None:
    change(evening.path, f"DELETE FROM snapshot_matches WHERE match = '{match(PLAN, 2)}'")
    evening.store()
    with closing(sqlite3.connect(evening.path)) as other:
        rows = other.execute("SELECT match FROM snapshot_matches").fetchall()
    assert (match(PLAN, 1),) in rows
    assert (match(PLAN, 2),) not in rows, "nothing happened in it"


def test_a_state_that_hardly_went_on_is_not_stored_again(evening: Evening) -> None:
    evening.log.store([evening.state], 2)
    with closing(sqlite3.connect(evening.path)) as other:
        assert other.execute("SELECT seq FROM snapshots").fetchone() == (evening.state.position.seq - 1,)


def test_a_kill_while_one_is_stored_leaves_the_one_before(evening: Evening, tmp_path: Path) -> None:
    evening.log._connection.execute("BEGIN IMMEDIATE")
    evening.log._snapshots.write(evening.log._connection, [evening.state])
    left = shutil.copytree(tmp_path, tmp_path / "killed")
    log = SqliteLog(left / "log.sqlite3")
    assert log.read().tournaments[0].state == evening.state
    assert log._snapshots.behind(evening.state) == 1
    log.close()


def test_a_full_disk_costs_a_snapshot_and_no_score(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    evening.submit(*(entry(PLAN.id, point(PLAN, 1, "a"), id=f"more{number}") for number in range(200)))
    # No page more than there are.
    evening.log._connection.execute("PRAGMA max_page_count = 1").fetchall()
    with pytest.raises(NotSaved, match="full"):
        evening.store()
    evening.log._connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    evening.submit(entry(PLAN.id, point(PLAN, 1, "a"), id="after"))
    assert evening.read() == evening.state
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    with pytest.raises(NotSaved, match="is for scores"):
        evening.store()


DAMAGE = {
    "a head": "UPDATE snapshots SET data = CAST(replace(data, 'Finals', 'Funals') AS BLOB)",
    "a match": "UPDATE snapshot_matches SET data = CAST(replace(data, '[1,0]', '[2,0]') AS BLOB)",
    "the type of a match": "UPDATE snapshot_matches SET data = CAST(data AS TEXT)",
    "no match": "DELETE FROM snapshot_matches",
    "another log": "UPDATE events SET command = 'other' WHERE seq = (SELECT seq FROM snapshots)",
    "a shorter log": "DELETE FROM events WHERE seq >= (SELECT seq FROM snapshots)",
    "no rows at all": "DELETE FROM snapshots",
    "another shape": "UPDATE snapshots SET shape = 'of yesterday'",
    "another epoch": "UPDATE snapshots SET epoch = 'e0'",
}
SILENT = {"no rows at all", "another shape", "another epoch"}
"""Nothing is wrong with these."""


@pytest.mark.parametrize("what", DAMAGE)
def test_a_snapshot_that_cannot_be_trusted_is_not_used(
    what: str, evening: Evening, caplog: pytest.LogCaptureFixture
) -> None:
    change(evening.path, DAMAGE[what])
    with closing(sqlite3.connect(evening.path)) as other:
        (last,) = other.execute("SELECT max(seq) FROM events").fetchone()
    log = SqliteLog(evening.path)
    with caplog.at_level(logging.WARNING):
        (kept,) = log.read().tournaments
    assert kept.state.matches == fold(evening.events[:last], EPOCH).matches
    assert bool(caplog.messages) == (what not in SILENT)
    # The next one is written whole.
    log.store([kept.state], 1)
    caplog.clear()
    assert log.read().tournaments[0].state == kept.state
    assert not caplog.messages
    log.close()


def test_a_snapshot_that_other_code_made_is_not_used(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(evening.path, "UPDATE snapshots SET data = 'what only other code can read'")
    monkeypatch.setattr(snapshot_log, "shape", lambda: "of tomorrow")
    assert evening.read() == evening.state


def test_what_is_read_from_a_snapshot_is_shown_as_before(evening: Evening) -> None:
    evening.store()
    before = msgspec.json.encode(evening.state)
    assert b"+02:00" in before
    evening.restart()
    assert msgspec.json.encode(evening.state) == before
