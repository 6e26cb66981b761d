"""The hub's site: the real hub above its sockets, on a disk that is slow, refuses now and then, and survives.

What is committed outlives the hub, all else dies with it. A power cut in the midst of a commit leaves it done
or not done, as the dice fall.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from core.domain.ids import CommandId, Epoch, TournamentId
from core.domain.reduce import fold
from core.domain.spans import spans_of
from core.errors import NotSaved
from core.hub.door.door import Door, House
from core.hub.door.tokens import Mint
from core.hub.judging.ledger import Known
from core.hub.lobby import Lobby
from core.hub.log.rounds import Rounds
from core.hub.log.sqlite_log import Content, Kept

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from core.domain.events import Event
    from core.domain.ids import RoomId
    from core.domain.spans import Spans
    from core.domain.state import Tournament
    from core.hub.judging.ledger import Ruling
    from core.hub.rooms.side import SideTail
    from tests.sim.clock import VirtualLoop
    from tests.sim.network import Wire


class Log:
    """What `SqliteLog` is to the hub, kept where a killed hub leaves it, and put back to an older copy."""

    def __init__(self, dice: Random) -> None:
        self.events: dict[TournamentId, list[Event]] = {}
        self.epochs: dict[TournamentId, Epoch] = {}
        self.answered: dict[CommandId, Known] = {}
        self.refuses = False
        self.failures = 0
        self._states: dict[TournamentId, Tournament] = {}
        self._filed: dict[tuple[TournamentId, Epoch], dict[int, Event]] = {}
        """All events by epoch, older ones too."""
        self._dice = dice

    def state(self, tournament: TournamentId) -> Tournament | None:
        """Return a tournament as committed."""
        return self._states.get(tournament)

    def read(self) -> Content:
        kept = [
            Kept(self._states[id], tuple(events), events[0].received_at) for id, events in self.events.items()
        ]
        return Content(tuple(kept), ())

    def known(self, command: CommandId) -> Known | None:
        return self.answered.get(command)

    def commit(self, rulings: Sequence[Ruling]) -> None:
        if self.refuses:
            self.failures += 1
            if self._dice.random() < 0.5:
                self._store(rulings)
            raise NotSaved("log", "database or disk is full")
        self._store(rulings)

    def recover(self) -> Content:
        self.refuses = False
        return self.read()

    def store(self, states: Sequence[Tournament], apart: int) -> None:
        """Its states are kept as they are."""

    def trim(self, keep: int, oldest: datetime) -> None:
        """Nobody broadcasts."""

    def checkpoint(self) -> None:
        """There is nothing to move."""

    def close(self) -> None:
        """There is nothing to close."""

    def side_tail(self, room: RoomId) -> SideTail:
        raise AssertionError(f"nobody speaks in {room}")

    def spans(self, tournament: TournamentId, epoch: Epoch) -> Spans:
        return spans_of(self._filed.get((tournament, epoch), ()))

    def filed(self, tournament: TournamentId, epoch: Epoch, seqs: Collection[int]) -> dict[int, CommandId]:
        events = self._filed.get((tournament, epoch), {})
        return {seq: events[seq].command for seq in seqs if seq in events}

    def copy(self) -> Log:
        """Return it as it is now."""
        copy = Log(self._dice)
        copy.put_back(self)
        return copy

    def put_back(self, copy: Log) -> None:
        """Go back to how it was when a copy was made."""
        self.events = {id: [*events] for id, events in copy.events.items()}
        self.epochs, self.answered, self._states = {**copy.epochs}, {**copy.answered}, {**copy._states}
        self._filed = {place: {**events} for place, events in copy._filed.items()}

    def _store(self, rulings: Sequence[Ruling]) -> None:
        for ruling in rulings:
            self.answered.update((known.answer.id, known) for known in ruling.answered)
            id, epoch, events = ruling.tournament, ruling.answer.epoch, ruling.answer.events
            if ruling.begins:
                self.epochs[id], self.events[id] = epoch, []
                self._states.pop(id, None)
            if events:
                self.events[id] += events
                self._states[id] = fold(events, epoch, self._states.get(id))
            for filed_in, event in (*((epoch, event) for event in events), *ruling.filed):
                self._filed.setdefault((id, filed_in), {}).setdefault(event.seq, event)


class Site:
    """Where the hub stands.

    Args:
        loop: time.
        dice: decide how long its disk takes, and when it fails.
        mishaps: whether the power may fail in the midst of a commit.
    """

    def __init__(self, loop: VirtualLoop, dice: Random, *, mishaps: bool = True) -> None:
        self.loop = loop
        self.mishaps = mishaps
        self.dice = dice
        self.log = Log(dice)
        self.alive = False
        self.lost = False
        """Whether its log was ever put back to an older copy."""
        self.lives = 0
        self.wires: dict[Wire, None] = {}
        self._epochs = count(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._works: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        loop.disk = self

    def begin(self) -> None:
        """Start the hub on what was committed."""
        self.lives += 1
        self.alive = True
        self.lobby = Lobby("hub", Door(Mint(b"secret", "hub"), House()), "")
        writer = Rounds(self.log, self.lobby, lambda: Epoch(f"e{next(self._epochs)}"))  # type: ignore[arg-type]
        self.lobby.attach(writer)
        self._tasks = [self.loop.create_task(writer.run()), self.loop.create_task(self.lobby.beat())]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def end(self) -> None:
        """Stop, as the evening is over."""
        self.alive = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def die(self) -> None:
        """Die at once, whatever was at work, and come back later."""
        if not self.alive:
            return
        self.alive = False
        for task in self._tasks:
            task.cancel()
        for wire in tuple(self.wires):
            wire.cut("the hub died")
        while self._works:
            action, told = self._works.popleft()
            if self.dice.random() < 0.5:
                _quietly(action)
            told.cancel()
        self.loop.call_later(self.dice.uniform(0.5, 8), self.begin)

    def put_back(self, copy: Log) -> None:
        """Die, and come back on an older copy of the log."""
        self.die()
        self.log.put_back(copy)
        self.lost = True

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A hub that stops by itself is a bug."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.loop.call_exception_handler({"message": "the hub failed", "exception": error})

    def work(self, action: Callable[[], Any], told: asyncio.Future[Any]) -> None:
        """Commit some time, and say so some time later; what a power cut interrupts is done or not."""
        self._works.append((action, told))
        life = self.lives
        self.loop.call_later(self.dice.expovariate(200), self._do, life, action, told)

    def _do(self, life: int, action: Callable[[], Any], told: asyncio.Future[Any]) -> None:
        if life != self.lives or not self.alive:
            return
        self._works.remove((action, told))
        if self.mishaps and self.dice.random() < 0.004:
            self.die()
            return
        try:
            outcome, error = action(), None
        except NotSaved as refusal:
            outcome, error = None, refusal
        if self.mishaps and self.dice.random() < 0.01:
            # Committed, and dead before anybody heard of it.
            self.die()
            return
        self.loop.call_later(self.dice.expovariate(500), self._tell, life, told, outcome, error)

    def _tell(self, life: int, told: asyncio.Future[Any], outcome: Any, error: NotSaved | None) -> None:
        if life != self.lives or not self.alive or told.done():
            return
        if error is None:
            told.set_result(outcome)
        else:
            told.set_exception(error)


def _quietly(action: Callable[[], Any]) -> None:
    try:
        action()
    except NotSaved:
        return
