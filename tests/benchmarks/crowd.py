"""A busy tournament over the ordinary WebSocket path: 200 matches, tireless scorers, cheap subscribers."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter, deque
from datetime import UTC, datetime
from itertools import cycle
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from core.domain.commands import AddScore, Base, Command, CreateTournament, Entry, match_of
from core.domain.ids import (
    CommandId,
    CourtId,
    DeviceId,
    Epoch,
    MatchId,
    PoolId,
    StageId,
    TeamId,
    TournamentId,
    match_id,
    tournament_room,
)
from core.domain.plan import Court, Fixture, Plan, Pool, Slot, Stage, Team
from core.domain.state import Position
from core.wire.codec import decode_hub, encode
from core.wire.messages import (
    BINARY_SUBPROTOCOL,
    Answers,
    ClientMessage,
    Deferred,
    Events,
    Hello,
    Join,
    Problem,
    Replay,
    Snapshot,
    Submit,
    Welcome,
)
from tests.benchmarks.frames import BINARY, Client, connect

if TYPE_CHECKING:
    from collections.abc import Sequence

TOURNAMENT = TournamentId("bench")
MATCHES = 200
COURTS = 20
DEVICES = 20
"""Scorers, each with a link and matches of their own."""
PATIENCE = 30.0
"""Seconds that the hub may take over anything."""
EVENTS_HEAD = msgspec.msgpack.encode(Events(tournament_room(TOURNAMENT), Epoch(""), ()))[
    : len(b"\x84\xa4type\xa6events")
]
"""How an `Events` frame begins in MessagePack: a map with its tag first."""


class Seen(msgspec.Struct):
    """The one field of an event that counting needs; the others are skipped, not decoded."""

    seq: int


class Timed(msgspec.Struct):
    """When an event was entered, for those who measure how long it took."""

    entered_at: datetime


class TimedBatch(msgspec.Struct):
    """An `Events` frame as far as measuring needs it."""

    events: list[Timed]


class Batch(msgspec.Struct):
    """An `Events` frame as far as counting needs it."""

    events: list[Seen]


_batches = msgspec.msgpack.Decoder(Batch)
_timed_batches = msgspec.msgpack.Decoder(TimedBatch)


def plan(matches: int = MATCHES) -> Plan:
    """Return a tournament in which every match can be scored at once."""
    teams = tuple(Team(TeamId(f"t{number:03d}"), f"Team {number:03d}") for number in range(2 * matches))
    pool = Pool(PoolId("all"), "All", tuple(team.id for team in teams))
    stage = Stage(StageId("play"), "Play", "pools", (pool,))
    courts = tuple(Court(CourtId(f"c{number:02d}"), f"C{number}") for number in range(1, COURTS + 1))
    fixtures = tuple(
        Fixture(
            match_id(TOURNAMENT, f"m{number:03d}"),
            stage.id,
            "Round 1",
            Slot(teams[2 * number].id),
            Slot(teams[2 * number + 1].id),
            pool.id,
            courts[number % len(courts)].id,
        )
        for number in range(matches)
    )
    return Plan(TOURNAMENT, "Benchmark", teams, (stage,), fixtures, courts)


class Device:
    """One link that submits entries and keeps a window of them unanswered."""

    def __init__(self, name: str, fixtures: Sequence[Fixture]) -> None:
        self.name = DeviceId(name)
        self.unanswered = 0
        self.last_seq = 0
        """Highest seq among the answers."""
        self.outcomes: Counter[str] = Counter()
        self.waits: list[float] = []
        """Seconds from each entry to its answer."""
        self._sent: deque[float] = deque()
        self._points = cycle(
            [AddScore(one.id, side.team, 1) for one in fixtures for side in (one.home, one.away) if side.team]
        )
        self._bases: dict[MatchId, Base] = {}
        """What it has seen of its matches, as a console says it with each entry."""
        self._number = 0
        self._run = uuid.uuid4().hex[:23]
        self._client: Client | None = None
        self._failure = ""
        self._answered = asyncio.Event()

    async def open(self, port: int) -> None:
        """Connect and say who it is."""
        self._client = await connect(port, "/v1/ws", self._receive, BINARY_SUBPROTOCOL)
        self._send(Hello(self.name, self.name))

    def submit(self, commands: Sequence[Command]) -> None:
        """Send commands as entries in one frame."""
        self.unanswered += len(commands)
        self._sent.extend([monotonic()] * len(commands))
        self._send(Submit(tuple(self._entry(command) for command in commands)))

    def score(self, count: int) -> None:
        """Send the next points of its matches, one after another."""
        self.submit([next(self._points) for _ in range(count)])

    async def settled(self, most: int = 0) -> None:
        """Wait until at most so many entries have no answer.

        Raises:
            RuntimeError: the hub did not judge what it was sent.
            TimeoutError: it is silent.
        """
        async with asyncio.timeout(PATIENCE):
            while self.unanswered > most and not self._failure:
                self._answered.clear()
                await self._answered.wait()
        if self._failure:
            raise RuntimeError(f"{self.name} got {self._failure}")

    def close(self) -> None:
        """End the link."""
        if self._client is not None:
            self._client.abort()

    def _send(self, message: ClientMessage) -> None:
        frame = encode(message, "msgpack")
        assert self._client is not None
        assert isinstance(frame, bytes)
        self._client.send(BINARY, frame)

    def _entry(self, command: Command) -> Entry:
        self._number += 1
        return Entry(
            id=CommandId(f"{self._run}-{self._number:012d}"),
            tournament=TOURNAMENT,
            command=command,
            by="Ada",
            device=self.name,
            entered_at=datetime.now(UTC),
            base=None if (match := match_of(command)) is None else self._bases.get(match),
        )

    def _receive(self, client: Client, opcode: int, payload: bytes) -> None:
        if opcode != BINARY:
            return
        message = decode_hub(payload)
        match message:
            case Answers(answers):
                now = monotonic()
                self.unanswered -= len(answers)
                for answer in answers:
                    self.outcomes[answer.outcome] += 1
                    self.last_seq = max(self.last_seq, answer.seq)
                    for event in answer.events:
                        if event.match is not None:
                            self._bases[event.match] = Base(answer.epoch, event.version)
                    # Answers come in the order of the entries: one link, one tournament.
                    self.waits.append(now - self._sent.popleft())
                self._answered.set()
            case Deferred() | Problem():
                self._failure = repr(message)
                self._answered.set()
            case _:
                pass


class Subscriber:
    """One link that counts the events of the tournament and checks that none is missing or doubled.

    Args:
        number: makes its name.
        timed: whether it measures how long each event took from its key press.
    """

    def __init__(self, number: int, *, timed: bool = False) -> None:
        self.name = DeviceId(f"subscriber-{number}")
        self.delays: list[float] = []
        """Seconds from each event's entry to its arrival here."""
        self._timed = timed
        self.events = 0
        self.frames = 0
        self.size_bytes = 0
        """Payload of the counted frames."""
        self.last_seq = 0
        self.failure = ""
        """What went wrong; empty while nothing did."""
        self.client: Client | None = None
        self._position: Position | None = None
        """Where it began to listen."""
        self._welcomed = asyncio.Event()
        self._joined = asyncio.Event()

    async def open(self, port: int) -> None:
        """Connect, join the tournament and wait for its state."""
        client = await connect(port, "/v1/ws", self._receive, BINARY_SUBPROTOCOL)
        self.client = client
        self._send(Hello(self.name, self.name))
        async with asyncio.timeout(PATIENCE):
            await self._welcomed.wait()
            self._send(Join(tournament_room(TOURNAMENT), self._position))
            await self._joined.wait()

    async def come_back(self, port: int) -> None:
        """Connect again and join from the last event that it has, as after any lost link."""
        self._welcomed.clear()
        self._joined.clear()
        await self.open(port)

    def close(self) -> None:
        """End the link."""
        if self.client is not None:
            self.client.abort()

    def _send(self, message: ClientMessage) -> None:
        frame = encode(message, "msgpack")
        assert self.client is not None
        assert isinstance(frame, bytes)
        self.client.send(BINARY, frame)

    def _receive(self, client: Client, opcode: int, payload: bytes) -> None:
        if opcode != BINARY:
            return
        if payload.startswith(EVENTS_HEAD):
            self._count(payload)
            return
        message = decode_hub(payload)
        match message:
            case Welcome():
                self._welcomed.set()
            case Snapshot(state=state):
                self.last_seq = state.position.seq
                self._position = state.position
                self._joined.set()
            case Replay(events=events):
                self.last_seq = events[-1].seq if events else self.last_seq
                self._joined.set()
            case Problem():
                self.failure = repr(message)
            case _:
                pass

    def _count(self, payload: bytes) -> None:
        seqs = [event.seq for event in _batches.decode(payload).events]
        if seqs != list(range(self.last_seq + 1, self.last_seq + 1 + len(seqs))):
            self.failure = f"{self.name} had seq {self.last_seq} and then got {seqs[0]} to {seqs[-1]}"
        if self._timed:
            now, events = datetime.now(UTC), _timed_batches.decode(payload).events
            self.delays += [(now - event.entered_at).total_seconds() for event in events]
        self.last_seq = seqs[-1]
        self.events += len(seqs)
        self.frames += 1
        self.size_bytes += len(payload)


async def begin(port: int, matches: int = MATCHES) -> None:
    """Create the tournament, of so many matches, on an empty hub."""
    organiser = Device("organiser", ())
    await organiser.open(port)
    organiser.submit([CreateTournament(plan(matches))])
    await organiser.settled()
    organiser.close()
    if organiser.outcomes != {"accepted": 1}:
        raise RuntimeError(f"the hub did not take the tournament: {dict(organiser.outcomes)}")


async def gather_subscribers(port: int, count: int, timed: int = 0) -> list[Subscriber]:
    """Have so many join the tournament; the first `timed` measure how long each event takes."""
    subscribers = [Subscriber(number, timed=number < timed) for number in range(count)]
    for subscriber in subscribers:
        await subscriber.open(port)
    return subscribers


async def gather_scorers(port: int) -> list[Device]:
    """Have the scorers connect, with the matches dealt out among them."""
    fixtures = plan().fixtures
    devices = [Device(f"scorer-{number}", fixtures[number::DEVICES]) for number in range(DEVICES)]
    for device in devices:
        await device.open(port)
    return devices
