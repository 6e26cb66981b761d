"""Remembrance: what is worth keeping is kept, and an archive that fails gives nothing and stops nobody."""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from core.domain.answers import Answer
from core.domain.ids import CommandId, Epoch
from core.domain.state import Position
from core.errors import NotSaved
from core.realtime.disk.archive import Archive
from core.realtime.disk.remembrance import Remembrance
from core.realtime.effects import Advanced, Fetch, Recall, Recollection, Replaced
from tests.support.tournaments import EPOCH, NOON, league, point, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.domain.events import Event

PLAN = league()
LOG, STATE = record(PLAN, [point(PLAN, 1, "a") for _ in range(3)])
RECALL, FETCH = Recall(PLAN.id, EPOCH, 1), Fetch(PLAN.id, EPOCH, ((1, 9),))
NOTHING = Recollection(PLAN.id, EPOCH, Position(EPOCH, 0), (), (), 1)


class Host:
    """Hears what was found, on whichever thread asks for it."""

    def __init__(self) -> None:
        self.actions: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.recalled: list[Recollection] = []
        self.fetched: list[tuple[Event, ...]] = []

    def put(self, action: Callable[[], None]) -> None:
        self.actions.put(action)

    def receive_recalled(self, recalled: Recollection) -> None:
        self.recalled.append(recalled)

    def receive_fetched(self, fetch: Fetch, events: tuple[Event, ...]) -> None:
        self.fetched.append(events)

    def hear(self) -> None:
        self.actions.get(timeout=10)()


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive.sqlite3", NOON)


@pytest.fixture
def kept(archive: Archive, host: Host) -> Iterator[Remembrance]:
    made = Remembrance(archive, host)
    yield made
    made.close()


def look(kept: Remembrance, host: Host) -> tuple[Recollection, tuple[Event, ...]]:
    kept.recall(RECALL)
    kept.fetch(FETCH)
    host.hear()
    host.hear()
    return host.recalled[-1], host.fetched[-1]


def test_what_a_hub_showed_and_answered_is_kept(kept: Remembrance, host: Host) -> None:
    kept.receive(Advanced(PLAN.id, EPOCH, LOG[:3]), NOON)
    kept.receive(Replaced(STATE), NOON)
    answer = Answer(id=LOG[-1].command, outcome="accepted", epoch=EPOCH, seq=len(LOG), events=LOG[-1:])
    kept.receive_answer(answer, NOON)
    recalled, events = look(kept, host)
    assert (recalled.position, recalled.forked) == (STATE.position, True)
    assert events == (*LOG[:3], LOG[-1])


def test_what_is_no_hub_s_log_or_is_in_none_is_not(kept: Remembrance, host: Host) -> None:
    old = Epoch("basic-1")
    kept.receive(Advanced(PLAN.id, old, LOG), NOON)
    kept.receive(Replaced(replace(STATE, position=Position(old, 3))), NOON)
    kept.receive(Replaced(STATE, stored=True), NOON)
    kept.receive_answer(Answer(id=CommandId("x"), outcome="refused"), NOON)
    kept.receive_answer(Answer(id=CommandId("y"), outcome="accepted", epoch=old, events=LOG[-1:]), NOON)
    assert look(kept, host) == (NOTHING, ())


def test_without_an_archive_nothing_is_kept_and_nothing_found(host: Host) -> None:
    none = Remembrance(None, host)
    none.receive(Advanced(PLAN.id, EPOCH, LOG), NOON)
    none.receive_answer(Answer(id=CommandId("x"), outcome="refused"), NOON)
    assert look(none, host) == (NOTHING, ())
    none.close()


def test_an_archive_that_cannot_be_read_has_nothing(
    kept: Remembrance,
    archive: Archive,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise NotSaved("archive", "disk I/O error")

    monkeypatch.setattr(archive, "recall", refuse)
    monkeypatch.setattr(archive, "chunk", refuse)
    assert look(kept, host) == (NOTHING, ())
    assert "disk I/O error" in caplog.text


def test_a_bug_is_raised_where_the_program_hears_of_it(
    kept: Remembrance, archive: Archive, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "recall", lambda *_: 1 / 0)
    kept.recall(RECALL)
    with pytest.raises(ZeroDivisionError):
        host.hear()
