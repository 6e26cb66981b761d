"""Write rounds: what may be told, to whom, and when; on a real log."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import Broadcast, CreateTournament, Entry, Undo
from core.domain.ids import GLOBAL_ROOM, CommandId, Epoch, RoomId, TeamId, team_room
from core.domain.state import Position
from core.errors import BadLog, NotSaved
from core.hub.door.access import TRUSTED
from core.hub.judging.gate import Gate
from core.hub.log.rounds import MAX_INBOX, Rounds
from core.hub.log.sqlite_log import SqliteLog
from core.wire.messages import Answers, Deferred, Problem
from core.wire.rooms import SideEvent
from tests.support.tournaments import EPOCH, entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from core.domain.answers import Answer
    from core.domain.events import Event
    from core.hub.judging.chain import Step
    from core.hub.judging.ledger import Known, Ruling
    from core.hub.log.sqlite_log import Content
    from core.hub.rooms.room import Room

PLAN = league()
REDS = team_room(PLAN.id, TeamId("a"))
CREATE = entry(PLAN.id, CreateTournament(PLAN), id="plan")


def scored(id: str, *, why: str = "") -> Entry:
    return entry(PLAN.id, point(PLAN, 1, "a"), id=id, why=why)


class Recorder:
    """A sender and the audience in one: writes down what it is told, in order."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.pass_ = TRUSTED
        self.told: list[Answers | Deferred | Problem | tuple[Event, ...] | str | bool] = []
        self.said: list[tuple[RoomId, Epoch, tuple[SideEvent, ...]]] = []
        self.changed = asyncio.Event()

    def give_answers(self, answers: tuple[Answer, ...]) -> None:
        self._note(Answers(answers))

    def give_deferred(self, deferred: Deferred) -> None:
        self._note(deferred)

    def give_problem(self, problem: Problem) -> None:
        self._note(problem)

    def publish(self, room: Room, events: tuple[Event, ...]) -> None:
        assert room.state.position.seq == events[-1].seq
        self._note(events)

    def publish_side(self, room: RoomId, epoch: Epoch, events: tuple[SideEvent, ...]) -> None:
        self.said.append((room, epoch, events))
        self.changed.set()

    def restart(self, room: Room) -> None:
        self._note(room.state.position.epoch)

    def announce(self) -> None:
        self._note("announced")

    def show_durable(self, durable: bool) -> None:
        self._note(durable)

    async def until(self, said: Callable[[], bool]) -> None:
        """Wait until something has been told."""
        async with asyncio.timeout(10):
            while not said():
                self.changed.clear()
                await self.changed.wait()

    @property
    def answered(self) -> list[CommandId]:
        return [answer.id for told in self.told if isinstance(told, Answers) for answer in told.answers]

    @property
    def deferred(self) -> list[CommandId]:
        return [id for told in self.told if isinstance(told, Deferred) for id in told.ids]

    def _note(self, told: Answers | Deferred | Problem | tuple[Event, ...] | str | bool) -> None:
        self.told.append(told)
        self.changed.set()


@asynccontextmanager
async def running(path: Path, ann: Recorder) -> AsyncIterator[Rounds]:
    """Run rounds on a log until the end of the block."""
    rounds = Rounds(SqliteLog(path), ann, lambda: EPOCH)
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        yield rounds
        rounds.stop()
    await rounds.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite3"


def bring(rounds: Rounds, ann: Recorder, *entries: Entry) -> None:
    rounds.bring(ann, entries, "Ann", "laptop-1")


async def test_answers_come_before_events_and_a_round_is_one_batch(path: Path) -> None:
    ann = Recorder()
    async with running(path, ann) as rounds:
        bring(rounds, ann, CREATE)
        await ann.until(lambda: "announced" in ann.told)
        bring(rounds, ann, scored("p1"), scored("p2"))
        await ann.until(lambda: isinstance(ann.told[-1], tuple))
    answers, events = ann.told[-2:]
    assert isinstance(answers, Answers)
    assert events == tuple(event for answer in answers.answers for event in answer.events)


async def test_nothing_is_told_before_it_is_on_disk(path: Path) -> None:
    ann = Recorder()
    async with running(path, ann) as rounds:
        bring(rounds, ann, CREATE)
        await ann.until(lambda: "announced" in ann.told)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            # Another process holds the file: the commit waits, and so must everything that follows from it.
            other.execute("BEGIN IMMEDIATE")
            before = len(ann.told)
            bring(rounds, ann, scored("p1"))
            await asyncio.sleep(0)
            while not rounds._settlement._uncommitted:
                await asyncio.sleep(0)
            room = rounds.rooms.room(PLAN.id)
            assert room is not None
            assert room.state.position == Position(EPOCH, 1, CREATE.id)
            assert rounds.answers([CommandId("p1"), CREATE.id])[0].id == CREATE.id
            assert len(rounds.answers([CommandId("p1")])) == 0
            assert len(ann.told) == before
            other.execute("ROLLBACK")
        await ann.until(lambda: "p1" in ann.answered)
        assert room.state.matches[match(PLAN, 1)].score.home == 1


async def test_what_does_not_fit_the_inbox_is_busy_and_so_is_what_follows_it(path: Path) -> None:
    ann = Recorder()
    rounds = Rounds(SqliteLog(path), ann, lambda: EPOCH)
    entries = [scored(f"p{number}") for number in range(MAX_INBOX)]
    bring(rounds, ann, *entries, scored("late"))
    assert ann.deferred == ["late"]
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        await ann.until(lambda: len(ann.answered) == MAX_INBOX)
        bring(rounds, ann, scored("later"))
        assert ann.deferred == ["late", "later"]
        bring(rounds, ann, scored("late"), scored("later"))
        await ann.until(lambda: ann.answered[-1:] == ["later"])
        rounds.stop()
    await rounds.close()
    assert ann.answered == [*(one.id for one in entries), "late", "later"]
    assert {told.code for told in ann.told if isinstance(told, Deferred)} == {"busy"}


async def test_what_comes_while_the_hub_stops_is_deferred_and_what_was_taken_is_done(path: Path) -> None:
    ann = Recorder()
    async with running(path, ann) as rounds:
        bring(rounds, ann, CREATE, scored("p1"))
        rounds.stop()
        bring(rounds, ann, scored("p2"))
    assert ann.deferred == ["p2"]
    assert ann.answered == ["plan", "p1"]


async def test_what_cannot_be_used_is_told_after_the_round_and_the_rest_counts(path: Path) -> None:
    ann = Recorder()
    async with running(path, ann) as rounds:
        bring(rounds, ann, CREATE, scored("p1"), scored("p1", why="other"), scored(""))
        await ann.until(lambda: "p1" in ann.answered)
    assert [told.code for told in ann.told if isinstance(told, Problem)] == [
        "unknown_id_content",
        "malformed",
    ]
    assert ann.answered == ["plan", "p1"]


async def test_a_restart_goes_on_from_the_log(path: Path) -> None:
    first, second = Recorder(), Recorder()
    async with running(path, first) as rounds:
        bring(rounds, first, CREATE, scored("p1"))
        await first.until(lambda: "p1" in first.answered)
    async with running(path, second) as rounds:
        bring(rounds, second, scored("p1"), scored("p2"))
        await second.until(lambda: "p2" in second.answered)
        assert [answer.seq for answer in rounds.answers([CommandId("p2"), CommandId("p1")])] == [3, 4]
    (answers,) = [told for told in second.told if isinstance(told, Answers)]
    assert [answer.seq for answer in answers.answers] == [3, 4]


class FullDisk(SqliteLog):
    """A log on a disk that is full until somebody makes room."""

    full = False

    def commit(self, rulings: Sequence[Ruling], step: Step | None = None) -> None:
        if self.full:
            raise NotSaved(str(self.path), "disk full")
        super().commit(rulings, step)

    def recover(self) -> Content:
        if self.full:
            raise NotSaved(str(self.path), "disk full")
        return super().recover()


async def test_what_could_not_be_committed_is_no_answer_until_it_is_judged_again(path: Path) -> None:
    ann, log = Recorder(), FullDisk(path)
    rounds = Rounds(log, ann, lambda: EPOCH)
    undo = entry(PLAN.id, Undo(match(PLAN, 1), CommandId("unseen")), id="undo")
    ids = [CommandId(id) for id in ("plan", "p1", "undo", "unseen")]
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        bring(rounds, ann, CREATE)
        await ann.until(lambda: "announced" in ann.told)
        log.full = True
        bring(rounds, ann, scored("p1"), undo)
        await ann.until(lambda: False in ann.told)
        assert [answer.id for answer in rounds.answers(ids)] == ["plan"]
        log.full = False
        await ann.until(lambda: True in ann.told)
        assert [answer.id for answer in rounds.answers(ids)] == ["plan"]
        bring(rounds, ann, scored("p1"), undo)
        await ann.until(lambda: "undo" in ann.answered)
        rounds.stop()
    assert {answer.id for answer in rounds.answers(ids)} == set(ids)
    await rounds.close()


@pytest.mark.parametrize(
    ("refusal", "says"),
    [("PRAGMA max_page_count = 1", "full"), ("PRAGMA query_only = ON", "readonly")],
    ids=["full", "read-only"],
)
async def test_a_database_that_is_full_or_read_only_is_read_on_and_written_when_it_can(
    refusal: str, says: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ann, log = Recorder(), SqliteLog(path)
    rounds = Rounds(log, ann, lambda: EPOCH)
    # So many that they need pages of their own.
    entries = [scored(f"p{number}") for number in range(100)]
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        bring(rounds, ann, CREATE)
        await ann.until(lambda: "announced" in ann.told)
        # Until the file is opened anew.
        log._connection.execute(refusal).fetchall()
        bring(rounds, ann, *entries)
        await ann.until(lambda: False in ann.told)
        (deferred,) = [told for told in ann.told if isinstance(told, Deferred)]
        assert (deferred.code, len(deferred.ids)) == ("read_only", len(entries))
        assert "cannot write to its disk" in deferred.detail
        assert says in caplog.text
        room = rounds.rooms.room(PLAN.id)
        assert room is not None
        assert room.state.position.seq == 1
        assert len(log.page(PLAN.id, EPOCH, 0, 9, 9)) == 1
        assert [answer.id for answer in rounds.answers([CREATE.id, entries[0].id])] == [CREATE.id]
        await ann.until(lambda: True in ann.told)
        bring(rounds, ann, *entries)
        await ann.until(lambda: entries[-1].id in ann.answered)
        rounds.stop()
    await rounds.close()
    assert ann.answered == [CREATE.id, *(one.id for one in entries)]


class Unreadable(SqliteLog):
    """A log in which ids cannot be looked up for a while."""

    broken = False

    def known(self, command: CommandId) -> Known | None:
        if self.broken:
            raise BadLog(str(self.path), "disk I/O error")
        return super().known(command)

    def recover(self) -> Content:
        if self.broken:
            raise BadLog(str(self.path), "disk I/O error")
        return super().recover()


async def test_while_ids_cannot_be_looked_up_nothing_is_judged_and_nothing_told_twice(path: Path) -> None:
    ann, log = Recorder(), Unreadable(path)
    rounds = Rounds(log, ann, lambda: EPOCH)
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        bring(rounds, ann, CREATE, scored("p1"))
        await ann.until(lambda: "p1" in ann.answered)
        log.broken = True
        bring(rounds, ann, scored("p1"), scored("p2"))
        await ann.until(lambda: False in ann.told)
        assert ann.deferred == ["p1", "p2"]
        assert rounds.answers([CommandId("p1"), CommandId("p2")]) == ()
        log.broken = False
        await ann.until(lambda: True in ann.told)
        bring(rounds, ann, scored("p1"), scored("p2"))
        await ann.until(lambda: "p2" in ann.answered)
        rounds.stop()
    assert [answer.seq for answer in rounds.answers([CommandId("p1"), CommandId("p2")])] == [3, 4]
    await rounds.close()


def spoken(id: str, room: RoomId = REDS) -> Entry:
    return entry(PLAN.id, Broadcast(room, "lunch"), id=id)


async def test_what_is_said_to_some_is_told_once_it_is_on_disk_and_in_order(path: Path) -> None:
    ann, log = Recorder(), FullDisk(path)
    rounds = Rounds(log, ann, lambda: EPOCH)
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        bring(rounds, ann, CREATE)
        await ann.until(lambda: "announced" in ann.told)
        rounds.sides.open(REDS, 0.0)
        bring(rounds, ann, spoken("b1"), spoken("b2", GLOBAL_ROOM), spoken("b3"))
        await ann.until(lambda: "b3" in ann.answered)
        log.full = True
        bring(rounds, ann, spoken("b4"))
        await ann.until(lambda: False in ann.told)
        log.full = False
        await ann.until(lambda: True in ann.told)
        bring(rounds, ann, spoken("b4"))
        await ann.until(lambda: "b4" in ann.answered)
        rounds.stop()
    # The room of everybody is in nobody's memory: nobody is in it.
    assert [(room, [event.id for event in events]) for room, _, events in ann.said] == [
        (REDS, ["b1", "b3"]),
        (REDS, ["b4"]),
    ]
    await rounds.close()


class Forgetful(SqliteLog):
    """A log whose disk takes a commit, and says that it did not."""

    lies = False

    def commit(self, rulings: Sequence[Ruling], step: Step | None = None) -> None:
        super().commit(rulings, step)
        if self.lies:
            self.lies = False
            raise NotSaved(str(self.path), "cannot say")


class Short(Forgetful):
    """One that has only the last event at hand when it is read again."""

    def recover(self) -> Content:
        content = super().recover()
        return replace(
            content, tournaments=tuple(replace(kept, recent=kept.recent[-1:]) for kept in content.tournaments)
        )


async def test_what_cannot_be_told_event_by_event_is_a_visible_reset(path: Path) -> None:
    ann, log = Recorder(), Short(path)
    rounds = Rounds(log, ann, lambda: EPOCH)
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        bring(rounds, ann, CREATE)
        await ann.until(lambda: "announced" in ann.told)
        log.lies = True
        bring(rounds, ann, scored("p1"), scored("p2"))
        await ann.until(lambda: True in ann.told)
        rounds.stop()
    assert EPOCH in ann.told, "who is in the room gets its state"
    assert not any(isinstance(told, tuple) for told in ann.told), "and no events behind a gap"
    room = rounds.rooms.room(PLAN.id)
    assert room is not None
    assert room.state.matches[match(PLAN, 1)].score.home == 2
    await rounds.close()


async def test_what_was_stored_after_all_is_told_when_the_log_was_read_again(path: Path) -> None:
    ann, log = Recorder(), Forgetful(path)
    rounds = Rounds(log, ann, lambda: EPOCH)
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        bring(rounds, ann, CREATE)
        await ann.until(lambda: "announced" in ann.told)
        rounds.sides.open(REDS, 0.0)
        log.lies = True
        bring(rounds, ann, spoken("b1"))
        await ann.until(lambda: True in ann.told)
        rounds.stop()
    assert [[event.id for event in events] for _, _, events in ann.said] == [["b1"]]
    assert ann.deferred == ["b1"]
    assert [answer.id for answer in rounds.answers([CommandId("b1")])] == ["b1"]
    await rounds.close()
