"""Write rounds of several hubs on one real NATS server, in one process: who judges what, on top of what."""

from __future__ import annotations

import asyncio
import sqlite3
from base64 import b64encode
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from random import Random
from secrets import token_hex
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from core.domain.commands import Broadcast, CreateTournament, Entry, Undo
from core.domain.events import Event
from core.domain.ids import CommandId, DeviceId, Epoch, TournamentId, tournament_room
from core.domain.state import Position
from core.errors import BadLog, NotSaved
from core.hub.door.access import TRUSTED
from core.hub.judging.gate import Gate
from core.hub.log.jetstream import JetStream
from core.hub.log.rounds import Rounds
from core.hub.log.sqlite_log import SqliteLog
from core.wire.offers import Bring, Offer
from tests.support.nats import NATS_SERVER, NatsServer
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from core.domain.answers import Answer
    from core.hub.rooms.room import Room
    from core.wire.messages import Deferred, Problem
    from core.wire.offers import Want
    from core.wire.rooms import SideEvent

pytestmark = pytest.mark.skipif(not NATS_SERVER.exists(), reason="there is no nats-server for this platform")

PLAN = league()
T = PLAN.id
CREATE = entry(T, CreateTournament(PLAN), id="plan")


def scored(number: int, device: str = "laptop-1") -> Entry:
    return entry(T, point(PLAN, 1, "a"), id=f"p{number}", device=device)


@dataclass(eq=False)
class Desk:
    """A sender and the audience of one hub."""

    gate: Gate = field(default_factory=Gate)
    pass_ = TRUSTED
    answers: dict[CommandId, Answer] = field(default_factory=dict)
    deferred: dict[CommandId, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    wants: list[Want] = field(default_factory=list)
    durable: bool = True
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def give_answers(self, answers: tuple[Answer, ...]) -> None:
        for answer in answers:
            assert self.answers.setdefault(answer.id, answer) == answer
        self.changed.set()

    def give_deferred(self, deferred: Deferred) -> None:
        self.deferred |= dict.fromkeys(deferred.ids, deferred.detail)
        self.changed.set()

    def give_problem(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.changed.set()

    def give_want(self, want: Want) -> None:
        self.wants.append(want)
        self.changed.set()

    def publish(self, room: Room, events: tuple[Event, ...]) -> None:
        self.events += events
        self.changed.set()

    def publish_side(self, room: object, epoch: Epoch, events: tuple[SideEvent, ...]) -> None:
        self.changed.set()

    def restart(self, room: Room) -> None:
        self.changed.set()

    def announce(self) -> None:
        self.changed.set()

    def show_durable(self, durable: bool) -> None:
        self.durable = durable
        self.changed.set()

    async def until(self, seen: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not seen():
                self.changed.clear()
                await self.changed.wait()


class Hub:
    """One hub's rounds, with one desk at it."""

    def __init__(self, desk: Desk, rounds: Rounds, log: SqliteLog) -> None:
        self.desk = desk
        self.rounds = rounds
        self.log = log

    def position(self, tournament: TournamentId = T) -> Position | None:
        room = self.rounds.rooms.room(tournament)
        return None if room is None else room.state.position

    def page(self, tournament: TournamentId = T) -> list[bytes]:
        position = self.position(tournament)
        assert position is not None
        return [bytes(raw) for raw in self.log.page(tournament, position.epoch, 0, position.seq, 9_999)]

    async def bring(self, *entries: Entry) -> list[Answer]:
        """Bring entries, again and again while they are deferred, and return their answers."""
        ids = [one.id for one in entries]
        while True:
            self.desk.deferred.clear()
            left = [one for one in entries if one.id not in self.desk.answers]
            self.rounds.bring(self.desk, left, "Ann", "laptop-1")
            await self.desk.until(lambda: all(id in self.desk.answers for id in ids) or self.desk.deferred)
            if not self.desk.deferred:
                return [self.desk.answers[id] for id in ids]
            await self.desk.until(lambda: self.rounds.durable)

    async def at(self, seq: int) -> None:
        await self.desk.until(lambda: (found := self.position()) is not None and found.seq >= seq)


@asynccontextmanager
async def hub(nats: NatsServer, path: Path, *, late: bool = False) -> AsyncIterator[Hub]:
    """Run a hub until the end of the block; a late one joins while it runs."""
    desk, log = Desk(), SqliteLog(path)
    backplane = JetStream([nats.url], log.hub)
    rounds = Rounds(log, desk, lambda: Epoch(token_hex(4)), backplane)
    try:
        reading: asyncio.Task[None] | None = None
        async with asyncio.TaskGroup() as group:
            try:
                reading = group.create_task(backplane.run())
                if not late:
                    await rounds.join()
                group.create_task(rounds.run())
                yield Hub(desk, rounds, log)
                rounds.stop()
                async with asyncio.timeout(5):
                    while rounds.waiting and rounds.durable:
                        await asyncio.sleep(0.01)
            finally:
                rounds.stop()
                assert reading is not None
                reading.cancel()
    except* BadLog as error:
        raise error.exceptions[0] from None
    finally:
        await rounds.close()


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


async def agree(a: Hub, b: Hub, seq: int) -> None:
    await a.at(seq)
    await b.at(seq)
    assert a.page() == b.page()
    assert len(a.page()) == seq


async def test_of_hubs_that_judge_at_once_one_is_first_and_the_others_judge_again(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with hub(nats, tmp_path / "a") as a, hub(nats, tmp_path / "b") as b, hub(nats, tmp_path / "c") as c:
        await a.bring(CREATE)
        hubs = (a, b, c)
        for number in range(0, 60, 3):
            await asyncio.gather(*(one.bring(scored(number + at)) for at, one in enumerate(hubs)))
        await agree(a, b, 62)
        await agree(a, c, 62)
        # Each event was told once, at every hub, in the order of the log.
        for one in hubs:
            assert [event.seq for event in one.desk.events] == list(range(2, 63))
        # What one hub answered every hub answers.
        assert await b.bring(*(scored(number) for number in range(60))) == [
            answer for number in range(60) for answer in await hubs[number % 3].bring(scored(number))
        ]


async def test_one_id_brought_to_two_hubs_at_once_has_one_answer(nats: NatsServer, tmp_path: Path) -> None:
    async with hub(nats, tmp_path / "a") as a, hub(nats, tmp_path / "b") as b:
        await a.bring(CREATE)
        for number in range(20):
            here, there = await asyncio.gather(a.bring(scored(number)), b.bring(scored(number)))
            assert here == there
        await agree(a, b, 22)


async def test_tournaments_are_orders_of_their_own(nats: NatsServer, tmp_path: Path) -> None:
    other = league(name="other")
    async with hub(nats, tmp_path / "a") as a, hub(nats, tmp_path / "b") as b:
        await a.bring(CREATE, entry(other.id, CreateTournament(other), id="plan-2"), scored(0))
        await b.bring(
            scored(1),
            entry(other.id, point(other, 1, "a"), id="o1"),
            scored(2),
            entry(T, Undo(match(PLAN, 1), CommandId("p1")), id="u1"),
        )
        await agree(a, b, 6)
        position = b.position(other.id)
        await a.desk.until(lambda: a.position(other.id) == position)
        assert a.page(other.id) == b.page(other.id)


async def test_a_refusal_and_what_was_taken_back_unseen_are_known_at_every_hub(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with hub(nats, tmp_path / "a") as a, hub(nats, tmp_path / "b") as b:
        await a.bring(CREATE)
        bad = entry(TournamentId("no such > thing."), point(PLAN, 1, "a"), id="bad")
        undo = entry(T, Undo(match(PLAN, 1), CommandId("p1")), id="u1")
        answers = await a.bring(bad, undo)
        assert [answer.outcome for answer in answers] == ["refused", "accepted"]
        assert await b.bring(bad, undo) == answers
        assert (await b.bring(scored(1)))[0].outcome == "withdrawn"


async def test_a_hub_that_joins_later_has_the_whole_past_before_it_judges(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with hub(nats, tmp_path / "a") as a:
        await a.bring(CREATE)
        for number in range(300):
            await a.bring(scored(number))
        async with hub(nats, tmp_path / "b") as b:
            assert b.page() == a.page()
            assert await b.bring(scored(7)) == await a.bring(scored(7))
    async with hub(nats, tmp_path / "b") as again:
        assert len(again.page()) == 302


async def test_a_server_that_hangs_leaves_no_entry_in_doubt(nats: NatsServer, tmp_path: Path) -> None:
    async with hub(nats, tmp_path / "a") as a, hub(nats, tmp_path / "b") as b:
        await a.bring(CREATE)
        nats.pause()
        # It may take these bytes when it goes on: unknown, not failed.
        a.rounds.bring(a.desk, [scored(0)], "Ann", "laptop-1")
        await a.desk.until(lambda: a.desk.deferred)
        assert "backplane" in a.desk.deferred[CommandId("p0")]
        assert not a.desk.durable
        assert a.page() == b.page()
        nats.go_on()
        for one in (a, b):
            await one.bring(scored(0))
        await b.bring(scored(1))
        await agree(a, b, 4)


async def test_a_hub_finds_that_its_silent_backplane_is_gone(nats: NatsServer, tmp_path: Path) -> None:
    async with hub(nats, tmp_path / "a") as a:
        await a.bring(CREATE)
        nats.pause()
        await a.desk.until(lambda: not a.desk.durable)
        nats.go_on()
        await a.bring(scored(0))
        nats.kill()
        await a.desk.until(lambda: not a.desk.durable)
        nats.start()
        await a.bring(scored(1))
        assert len(a.page()) == 4


async def test_a_hub_starts_without_its_backplane_and_joins_when_it_is_there(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with hub(nats, tmp_path / "a") as a:
        await a.bring(CREATE)
    nats.kill()
    with pytest.raises(NotSaved, match="no server answers"):
        await JetStream([nats.url], "hub").join(SqliteLog(tmp_path / "none").chain(), {})
    async with hub(nats, tmp_path / "a", late=True) as a:
        a.rounds.bring(a.desk, [scored(0)], "Ann", "laptop-1")
        await a.desk.until(lambda: a.desk.deferred)
        nats.start()
        await a.bring(scored(0))
        assert len(a.page()) == 3


async def test_a_client_that_is_ahead_of_its_hub_begins_no_epoch_when_another_hub_has_it_all(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with hub(nats, tmp_path / "a") as a, hub(nats, tmp_path / "b") as b:
        await a.bring(CREATE)
        for number in range(20):
            await a.bring(scored(number))
            position = a.position()
            assert position is not None
            # Its link went to the other hub at this very moment.
            b.rounds.recall(b.desk, Offer(T, position, ((1, position.seq),)), "Zoe", DeviceId("laptop-2"))
        await b.desk.until(lambda: len(b.desk.wants) == 20)
        await agree(a, b, 22)


async def test_what_all_hubs_lost_is_adopted_once_and_by_all(nats: NatsServer, tmp_path: Path) -> None:
    async with hub(nats, tmp_path / "a") as a, hub(nats, tmp_path / "b") as b:
        await a.bring(CREATE, scored(0))
        await b.at(3)
        seen = a.position()
        assert seen is not None
        last = msgspec.json.decode(a.page()[-1], type=Event)
        ahead = Position(seen.epoch, 4, CommandId("p9"))
        for one in (a, b):
            one.rounds.recall(one.desk, Offer(T, ahead, ((4, 4),)), "Zoe", DeviceId("laptop-2"))
        for one in (a, b):
            await one.desk.until(lambda one=one: one.desk.wants)  # type: ignore[misc]
        begun = a.position()
        assert begun is not None
        assert begun.epoch != seen.epoch
        assert begun == b.position()
        lost = replace(last, seq=4, command=CommandId("p9"), version=last.version + 1)
        bring = Bring(T, seen.epoch, (lost,))
        for one in (a, b):
            one.rounds.recall(one.desk, bring, "Zoe", DeviceId("laptop-2"))
        await agree(a, b, 2)
        assert (await b.bring(scored(5)))[0].seq == (await a.bring(scored(5)))[0].seq


@pytest.mark.parametrize("alone", ["plan", "p0"])
async def test_a_log_that_went_on_by_itself_is_refused_with_words(
    nats: NatsServer, tmp_path: Path, alone: str
) -> None:
    if alone == "p0":
        async with hub(nats, tmp_path / "a") as shared:
            await shared.bring(CREATE)
    desk, log = Desk(), SqliteLog(tmp_path / "a")
    rounds = Rounds(log, desk, lambda: Epoch("e1"))
    async with asyncio.TaskGroup() as group:
        group.create_task(rounds.run())
        rounds.bring(desk, [CREATE if alone == "plan" else scored(0)], "Ann", "laptop-1")
        await desk.until(lambda: desk.answers)
        rounds.stop()
    await rounds.close()
    with pytest.raises(
        BadLog, match=r"(never|last); start this hub with another --data|never on .* another --data"
    ):
        async with hub(nats, tmp_path / "a"):
            pass


async def test_a_stream_that_is_not_the_logs_own_is_refused_with_words(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with hub(nats, tmp_path / "a") as a:
        await a.bring(CREATE)
    with NatsServer(tmp_path / "other") as other:
        with pytest.raises(BadLog, match="it ends at 0, this log has it up to 1"):
            async with hub(other, tmp_path / "a"):
                pass
        async with hub(other, tmp_path / "b") as b:
            await b.bring(CREATE)
        with pytest.raises(BadLog, match="at 1 it has something else"):
            async with hub(other, tmp_path / "a"):
                pass


async def test_a_chain_that_breaks_stops_writing_and_says_so(nats: NatsServer, tmp_path: Path) -> None:
    async with hub(nats, tmp_path / "a") as a:
        async with hub(nats, tmp_path / "b") as b:
            await a.bring(CREATE)
            await b.at(1)
        with closing(sqlite3.connect(tmp_path / "b")) as log, log:
            log.execute("UPDATE chain SET of = 'another'")
        await a.bring(scored(0))
        with pytest.raises(BadLog, match=r"was judged on .* writes nothing more"):
            async with hub(nats, tmp_path / "b"):
                pass
        # One that runs already goes on reading to whoever asks, and takes nothing.
        async with hub(nats, tmp_path / "b", late=True) as b:
            b.rounds.bring(b.desk, [scored(1)], "Ann", "laptop-1")
            await b.desk.until(lambda: b.desk.deferred)
            assert len(b.page()) == 1


async def test_a_round_that_is_too_large_for_the_servers_goes_in_parts(tmp_path: Path) -> None:
    noise = Random(7)
    with NatsServer(tmp_path / "nats", "max_payload: 2800") as nats:
        async with hub(nats, tmp_path / "a") as a:
            await a.bring(CREATE)
            entries = [
                entry(T, point(PLAN, 1, "a"), id=f"p{number}", why=noise.randbytes(300).hex())
                for number in range(100)
            ]
            data = f'"{b64encode(noise.randbytes(3_000)).decode()}"'
            huge = entry(T, Broadcast(tournament_room(T), "cheer", data), id="huge")
            a.rounds.bring(a.desk, [*entries[:50], huge, *entries[50:]], "Ann", "laptop-1")
            await a.desk.until(lambda: len(a.desk.answers) == 101)
            assert list(a.desk.answers) == ["plan", *(one.id for one in entries)]
            assert [(one.code, one.ids) for one in a.desk.problems] == [("too_large", ("huge",))]
            assert "max_payload" in a.desk.problems[0].detail
