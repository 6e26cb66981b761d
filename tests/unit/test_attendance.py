"""Attendance: joins, callbacks and readers as a program holds them, over the machines behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import deque
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import Broadcast
from core.domain.ids import GLOBAL_ROOM, admin_room, match_room, presence_room, tournament_room
from core.errors import FellBehind
from core.realtime.attendance import Attendance
from core.realtime.effects import Advanced
from core.realtime.rooms.membership import Wish
from core.realtime.rooms.subscriptions import ALL, Subscription, event_names
from core.realtime.view import Connection, RoomStats
from tests.support.tournaments import EPOCH, league, match, point, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.realtime.attendance import EventReader
    from core.realtime.rooms.subscriptions import Callback, RoomEvent

PLAN = league()
ROOM, M1 = tournament_room(PLAN.id), match_room(match(PLAN, 1))
LOG, _ = record(PLAN, [point(PLAN, 1, "a")] * 4)
STATS = RoomStats(3, 0, 7.0, 9.0, 0.5)


class Desk:
    """A client whose thread works when it is told to."""

    def __init__(self) -> None:
        self.waiting: deque[Callable[[], None]] = deque()
        self.wishes: list[Wish] = []
        self.told: list[str] = []
        self.is_closed = False

    def ask(self, action: Callable[[], None]) -> None:
        if self.is_closed:
            raise RuntimeError("closed")
        self.put(action)

    def put(self, action: Callable[[], None]) -> None:
        self.waiting.append(action)

    def receive_wish(self, wish: Wish) -> None:
        self.wishes.append(wish)

    def tell(self, problem: str) -> None:
        self.told.append(problem)

    def work(self) -> list[Wish]:
        """Do all that waits, and return the wishes that came of it."""
        while self.waiting:
            self.waiting.popleft()()
        wishes, self.wishes = self.wishes, []
        return wishes


class Scene:
    """An attendance at its desk."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.attendance = Attendance(self.desk, 300.0)

    def subscribe(self, callback: Callback, *names: str) -> Callable[[], None]:
        end = self.attendance.subscribe(Subscription(ROOM, event_names(names or ALL), callback))
        self.desk.work()
        return end

    def happen(self, *seqs: int) -> None:
        """Have events of the log come in."""
        self.attendance.receive(Advanced(PLAN.id, EPOCH, tuple(LOG[seq - 1] for seq in seqs)))

    def subscriptions(self) -> int:
        self.desk.work()
        return self.attendance.refined(ROOM, STATS, 3).subscription_count


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_leaving_twice_counts_once(scene: Scene) -> None:
    first, second = (scene.attendance.join(ROOM, company=False) for _ in range(2))
    assert scene.desk.work() == [Wish(ROOM, follow=True)]
    first()
    first()
    assert scene.desk.work() == []
    second()
    assert scene.desk.work() == [Wish(ROOM, follow=False)]


def test_a_closed_client_is_not_joined_but_may_be_left(scene: Scene) -> None:
    leave = scene.attendance.join(ROOM, company=False)
    scene.desk.is_closed = True
    leave()
    with pytest.raises(RuntimeError):
        scene.attendance.join(ROOM, company=False)


def test_what_the_hub_holds_is_joined_with_the_company_of_this_device_s_role(scene: Scene) -> None:
    scene.attendance.join_all(list, company=True)
    scene.attendance.receive_directory([PLAN.id])
    scene.desk.work()
    scene.attendance.receive_directory([PLAN.id])
    rooms = {wish.room for wish in scene.desk.work()}
    assert rooms == {ROOM, GLOBAL_ROOM, presence_room(PLAN.id)}
    scene.attendance.receive_connection(Connection(state="offline", role="admin"))
    assert scene.desk.work() == []
    scene.attendance.receive_connection(Connection(state="live", role="admin"))
    assert admin_room(PLAN.id) in {wish.room for wish in scene.desk.work()}


def test_unused_rooms_are_left_in_time(scene: Scene) -> None:
    scene.attendance.join(M1, company=False)
    scene.desk.work()
    due = scene.attendance.next_deadline()
    assert due is not None
    scene.attendance.handle_deadline(due)
    assert scene.desk.work() == [Wish(ROOM, follow=False)]


def test_a_callback_that_fails_is_said_and_one_that_ended_is_silent_at_once(scene: Scene) -> None:
    heard: list[int] = []

    def fail(_: object) -> None:
        raise ValueError("no such lamp")

    scene.subscribe(fail)
    end = scene.subscribe(lambda event: heard.append(event.seq))
    scene.happen(1, 2)
    end()
    scene.happen(3)
    end()
    assert heard == [1, 2]
    assert scene.desk.told == [f"a callback of {ROOM} failed: ValueError: no such lamp"]
    assert scene.subscriptions() == 1


def test_the_figures_of_a_match_are_its_own(scene: Scene) -> None:
    assert scene.attendance.refined(M1, STATS, 3) == STATS
    scene.attendance.join(M1, company=False)
    scene.desk.work()
    scene.happen(2, 3)
    figures = scene.attendance.refined(M1, STATS, 3)
    assert (figures.member_count, figures.uptime, figures.event_rate) == (3, 9.0, 0.2)
    assert figures.last_activity not in (None, 7.0)


async def test_a_reader_reads_what_waits_and_what_comes(scene: Scene) -> None:
    reader = scene.attendance.read(ROOM, event_names(ALL), 10)
    scene.desk.work()
    scene.happen(1, 2)
    assert [(await anext(reader)).seq for _ in range(2)] == [1, 2]
    later = threading.Timer(0.01, scene.happen, (3,))
    later.start()
    assert (await asyncio.wait_for(anext(reader), 10)).seq == 3
    later.join()


async def test_a_reader_that_cannot_keep_up_is_told_so_after_what_waited(scene: Scene) -> None:
    reader = scene.attendance.read(ROOM, event_names("points_added"), 2)
    scene.desk.work()
    scene.happen(*range(1, 7))
    assert [(await anext(reader)).seq for _ in range(2)] == [3, 4]
    for _ in range(2):
        with pytest.raises(FellBehind, match="those from 5 on are lost") as caught:
            await anext(reader)
        assert (caught.value.room, caught.value.seq, caught.value.limit) == (ROOM, 5, 2)


async def test_a_reader_has_one_reader(scene: Scene) -> None:
    reader = scene.attendance.read(ROOM, event_names(ALL), 10)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(_next(reader))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="open another"):
            await anext(reader)
        scene.desk.work()
        scene.happen(1)
    assert first.result().seq == 1


async def test_giving_up_waiting_loses_no_event(scene: Scene) -> None:
    reader = scene.attendance.read(ROOM, event_names(ALL), 10)
    scene.desk.work()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(reader), 0.01)
    scene.happen(1)
    assert (await anext(reader)).seq == 1


async def test_a_closed_reader_ends_after_what_waits_and_hears_nothing_more(scene: Scene) -> None:
    with scene.attendance.read(ROOM, event_names(ALL), 10) as reader:
        scene.desk.work()
        scene.happen(1)
    scene.happen(2)
    assert [event.seq async for event in reader] == [1]
    assert scene.subscriptions() == 0


async def test_a_reader_that_a_loop_has_dropped_ends_by_itself(scene: Scene) -> None:
    waiting = scene.attendance.read(ROOM, event_names(ALL), 10)
    scene.desk.work()
    scene.happen(1)
    async for event in waiting:
        assert event.seq == 1
        break
    assert scene.subscriptions() == 1
    del waiting
    gc.collect()
    assert scene.subscriptions() == 0


async def test_readers_end_when_the_client_closes(scene: Scene) -> None:
    reader = scene.attendance.read(ROOM, event_names(ALL), 10)
    scene.desk.work()
    late = scene.attendance.read(ROOM, event_names(ALL), 10)
    async with asyncio.TaskGroup() as group:
        ended = group.create_task(_all(reader))
        await asyncio.sleep(0)
        scene.attendance.close()
        scene.desk.work()
    assert ended.result() == []
    assert await _all(late) == []


async def _next(reader: EventReader) -> RoomEvent:
    return await anext(reader)


async def _all(reader: EventReader) -> list[RoomEvent]:
    return [event async for event in reader]


async def test_a_reader_hears_broadcasts_by_their_name(scene: Scene) -> None:
    reader = scene.attendance.read(ROOM, event_names("lights"), 10)
    scene.desk.work()
    log, _ = record(PLAN, [Broadcast(ROOM, "lights", "[1]")])
    scene.attendance.receive(Advanced(PLAN.id, EPOCH, log))
    assert (await anext(reader)).data == [1]
