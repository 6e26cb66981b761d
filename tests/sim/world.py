"""A world in virtual time: devices with the real engine and store, a hub with the real ledger and rooms.

Everything that happens is decided by one seed: delays, lost and silent links, frames said twice, hubs that
die between commit and answer, devices that die between key press and sending. What is real keeps its promises
or the checks at the end fail; what is faked is the network, the clock and the disks.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from core.domain.commands import AddScore, Entry, Notify, Undo, match_of
from core.domain.events import Event
from core.domain.ids import CommandId, DeviceId, TeamId, tournament_room
from core.domain.reduce import fold
from core.hub.gate import Gate
from core.hub.ledger import Contradicted, Known, Ledger, Repeated, Ruling
from core.hub.room import Rooms, no_room
from core.realtime.config import EngineConfig
from core.realtime.effects import (
    Apply,
    Dial,
    Effect,
    Hangup,
    JournalRow,
    LinkId,
    Moment,
    Persist,
    Record,
    Send,
)
from core.realtime.engine import Engine
from core.realtime.overlay import base_of
from core.realtime.store import Store
from core.realtime.view import View
from core.wire.codec import decode_client, encode
from core.wire.messages import (
    Answers,
    Deferred,
    Directory,
    Events,
    Heartbeat,
    Hello,
    HubMessage,
    Join,
    Ping,
    Pong,
    Problem,
    Submit,
    Welcome,
)
from tests.support.tournaments import EPOCH, NOON, entry, league

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.domain.answers import Answer
    from core.domain.commands import Command
    from core.domain.state import Tournament

PLAN = league(4)
ROOM = tournament_room(PLAN.id)
MATCHES = tuple(fixture.id for fixture in PLAN.fixtures[:3])
ENDPOINT = "ws://hub"


class World:
    """The clock, the dice and whatever is due."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    @property
    def at(self) -> datetime:
        return NOON + timedelta(seconds=self.now)

    @property
    def moment(self) -> Moment:
        return Moment(self.now, self.at)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._numbers), action))

    def run(self, until: Callable[[], bool], limit: float) -> bool:
        """Let things happen until a condition holds; tell whether it came to hold before `limit`."""
        while not until():
            if not self._due or self._due[0][0] > limit:
                return False
            self.now, _, action = heapq.heappop(self._due)
            action()
        return True


@dataclass(slots=True, eq=False)
class Wire:
    """One link between a device and the hub: in order, late, and sooner or later broken."""

    world: World
    device: Device
    hub: Hub
    link: LinkId
    up: bool = True
    silent: bool = False
    """Half-open: nothing arrives any more, and nobody is told."""
    gate: Gate = field(default_factory=Gate)
    device_id: DeviceId | None = None
    _clear: dict[bool, float] = field(default_factory=dict)

    def carry(self, to_hub: bool, action: Callable[[], None], times: int = 1) -> None:
        """Have something arrive later, after all that was said before it."""
        dice = self.world.dice
        arrives = max(self._clear.get(to_hub, 0.0), self.world.now + dice.expovariate(20))
        self._clear[to_hub] = arrives
        for _ in range(times):
            self.world.later(arrives - self.world.now, lambda: self._arrive(action))

    def say(self, to_hub: bool, frame: str | bytes) -> None:
        """Have a frame arrive, now and then twice."""
        times = 2 if self.world.dice.random() < 0.02 else 1
        if to_hub:
            self.carry(True, lambda: self.hub.hear(self, frame), times)
        else:
            self.carry(False, lambda: self.device.hear(self, frame), times)

    def cut(self) -> None:
        """Break: both sides hear of it, each in its time."""
        if not self.up:
            return
        self.up = False
        self.hub.wires.pop(self, None)
        self.world.later(self.world.dice.random(), lambda: self.device.closed(self, "cut"))

    def _arrive(self, action: Callable[[], None]) -> None:
        if self.up and not self.silent:
            action()


class Hub:
    """A hub: what is committed survives it, all else dies with it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.log: list[Event] = []
        self.state: Tournament | None = None
        self.known: dict[CommandId, Known] = {}
        self.alive = True
        self.wires: dict[Wire, None] = {}
        self.lives = 0
        self.begin()

    def begin(self) -> None:
        """Start on what was committed."""
        self.lives += 1
        self.alive = True
        self._inbox: list[tuple[Wire, Entry]] = []
        self._busy = False
        self._answered_by: dict[CommandId, Answer] = {id: one.answer for id, one in self.known.items()}
        self._rooms = Rooms()
        self._joined: set[Wire] = set()
        if self.state is not None:
            self._rooms.open(self.state, self.log)
        states = [] if self.state is None else [self.state]
        self._ledger = Ledger(lambda: EPOCH, states, self.known.values())

    def die(self) -> None:
        """Die at once, and come back later."""
        if not self.alive:
            return
        self.alive = False
        for wire in tuple(self.wires):
            wire.cut()
        self.world.later(self.world.dice.uniform(0.5, 8), self.begin)

    def hear(self, wire: Wire, frame: str | bytes) -> None:
        """Take a frame of a client."""
        match decode_client(frame):
            case Hello(device) if wire.device_id is None:
                wire.device_id = device
                welcome = Welcome("hub", str(wire.link), 5.0, self.world.at, self._rooms.listings())
                self.say(wire, welcome)
                self._beat(wire, self.lives)
            case Join() as join:
                answers = (self._answered_by.get(id) for id in join.unanswered)
                found = sorted((a for a in answers if a is not None), key=lambda answer: answer.seq)
                room = self._rooms.room(PLAN.id)
                if join.room != ROOM or room is None or wire.device_id is None:
                    self.say(wire, no_room(join.room))
                    return
                self._joined.add(wire)
                self.say(wire, room.welcome(join.position, tuple(found), wire.device_id))
            case Submit(entries):
                self._bring(wire, entries)
            case Ping(sent):
                self.say(wire, Pong(sent, self.world.at))
            case _:
                pass

    def say(self, wire: Wire, message: HubMessage) -> None:
        """Send a message to a client."""
        wire.say(False, encode(message, "json"))

    def _is_judged(self, command: CommandId) -> bool:
        return self._ledger.answer(command) is not None

    def _beat(self, wire: Wire, life: int) -> None:
        if wire.up and self.lives == life:
            self.say(wire, Heartbeat(self.world.at))
            self.world.later(5.0, lambda: self._beat(wire, life))

    def _bring(self, wire: Wire, entries: tuple[Entry, ...]) -> None:
        deferred: list[CommandId] = []
        for one in entries:
            if self.world.dice.random() < 0.05 or not wire.gate.admits(one, self._is_judged):
                wire.gate.defer(one)
                deferred.append(one.id)
            else:
                self._inbox.append((wire, one))
        if deferred:
            self.say(wire, Deferred(tuple(deferred), "busy", "busy", self.world.dice.random()))
        if not self._busy:
            self._busy = True
            life = self.lives
            self.world.later(self.world.dice.random() * 0.05, lambda: self._round(life))

    def _round(self, life: int) -> None:
        """Judge, commit, and answer, or die in between."""
        if not self.alive or self.lives != life:
            return None
        self._busy = False
        brought, self._inbox = self._inbox, []
        given: list[tuple[Wire, Answer | Contradicted]] = []
        rulings: list[Ruling] = []
        for wire, one in brought:
            judged = self._ledger.submit(one, self.world.at)
            if isinstance(judged, Ruling):
                rulings.append(judged)
                given.append((wire, judged.answer))
            else:
                given.append((wire, judged.answer if isinstance(judged, Repeated) else judged))
        if self.world.dice.random() < 0.01:
            return self.die()
        began = not self.log
        events = self._commit(rulings)
        if self.world.dice.random() < 0.02:
            return self.die()
        self._publish(given, events, began)
        return None

    def _commit(self, rulings: list[Ruling]) -> list[Event]:
        events: list[Event] = []
        for ruling in rulings:
            events += ruling.answer.events
            self.known[ruling.answer.id] = Known(ruling.answer, ruling.digest)
            self._answered_by[ruling.answer.id] = ruling.answer
            if ruling.withdrawn is not None:
                self.known[ruling.withdrawn.id] = Known(ruling.withdrawn, b"")
                self._answered_by[ruling.withdrawn.id] = ruling.withdrawn
        self.log += events
        if events:
            self.state = fold(events, EPOCH, self.state)
        return events

    def _publish(
        self, given: list[tuple[Wire, Answer | Contradicted]], events: list[Event], began: bool
    ) -> None:
        """Say what is committed; answers come before their events or after."""
        parts = [partial(self._answer, given), partial(self._tell, events, began)]
        self.world.dice.shuffle(parts)
        for part in parts:
            part()

    def _answer(self, given: list[tuple[Wire, Answer | Contradicted]]) -> None:
        for wire, what in given:
            if isinstance(what, Contradicted):
                self.say(wire, Problem("unknown_id_content", what.detail, (what.id,)))
            else:
                self.say(wire, Answers((what,)))

    def _tell(self, events: list[Event], began: bool) -> None:
        if not events or self.state is None:
            return
        if began:
            self._rooms.open(self.state, self.log)
            for wire in self.wires:
                self.say(wire, Directory(self._rooms.listings()))
            return
        room = self._rooms.room(PLAN.id)
        assert room is not None
        room.advance(self.state, events)
        # Not the set itself, whose order is not the seed's.
        for wire in [wire for wire in self.wires if wire in self._joined]:
            self.say(wire, Events(ROOM, EPOCH, tuple(events)))


class Device:
    """A laptop: its journal survives it, its engine and store do not."""

    def __init__(self, world: World, hub: Hub, name: str) -> None:
        self.world = world
        self.hub = hub
        self.name = name
        self.rows: dict[CommandId, JournalRow] = {}
        self._ids = count(1)
        self.life = 0
        self.begin()

    @property
    def drained(self) -> bool:
        """Whether every entry of the journal has an answer."""
        return all(row.answer is not None for row in self.rows.values())

    def begin(self) -> None:
        """Start with what the journal holds."""
        self.life += 1
        self.store = Store(View(DeviceId(self.name), self.name))
        self._wires: dict[LinkId, Wire] = {}
        self._timer = 0
        config = EngineConfig(endpoints=(ENDPOINT,), backoff_cap=4, health_check_interval=6, window_entries=8)
        self.engine = Engine(config, DeviceId(self.name), self.name, self.world.dice)
        rows = sorted(self.rows.values(), key=lambda row: row.row)
        self._do(self.engine.load(rows, self.world.moment))
        self._do(self.engine.become_sender(self.world.moment))
        self._do(self.engine.start(self.world.moment))
        self._do(self.engine.join(ROOM, self.world.moment))

    def die(self) -> None:
        """Be killed, and come back at once: only the journal is left."""
        for wire in self._wires.values():
            wire.up = False
            self.hub.wires.pop(wire, None)
        self.begin()

    def press(self, command: Command) -> None:
        """Enter something."""
        shown = self.store.view.tournaments.get(PLAN.id)
        base = base_of(None if shown is None else shown.confirmed, command)
        id = f"{self.name}-{next(self._ids)}"
        made = entry(PLAN.id, command, id=id, by=self.name, device=self.name, at=self.world.at, base=base)
        self._do(self.engine.submit(made, self.world.moment))

    def press_something(self) -> None:
        """Enter what the dice say: mostly points, now and then an undo or a notice."""
        dice = self.world.dice
        match_id = dice.choice(MATCHES)
        kind = dice.random()
        own = [row.entry.id for row in self.rows.values() if match_of(row.entry.command) == match_id]
        if kind < 0.1 and own:
            self.press(Undo(match_id, dice.choice(own)))
        elif kind < 0.2:
            self.press(Notify("Lunch"))
        else:
            self.press(AddScore(match_id, TeamId("a"), 1))

    def hear(self, wire: Wire, frame: str | bytes) -> None:
        """Hear from the hub."""
        if self._wires.get(wire.link) is wire:
            self._do(self.engine.receive_frame(wire.link, frame, self.world.moment))

    def closed(self, wire: Wire, reason: str) -> None:
        """Hear that a link broke."""
        if self._wires.get(wire.link) is wire:
            del self._wires[wire.link]
            self._do(self.engine.receive_closed(wire.link, 1006, reason, self.world.moment))

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Dial(link):
                    self._dial(link)
                case Send(link, message) if link in self._wires:
                    self._wires[link].say(True, encode(message, "json"))
                case Hangup(link):
                    wire = self._wires.pop(link)
                    wire.up = False
                    self.hub.wires.pop(wire, None)
                case Apply(change):
                    self.store.apply(change, self.world.at)
                case Persist(made):
                    self.world.later(self.world.dice.random() * 0.01, partial(self._commit, made, self.life))
                case Record(id, state, attempts, answer, reason):
                    row = self.rows[id]
                    self.rows[id] = JournalRow(row.row, row.entry, state, attempts, answer, reason)
                case _:
                    pass
        self.store.settle()
        self._check_shown()
        self._wind()

    def _check_shown(self) -> None:
        """At no moment does a screen show an entry twice: each is one line of its match's history here."""
        for shown in self.store.view.tournaments.values():
            for match in shown.projected.matches.values():
                ids = [counted.id for counted in match.entries] + [held.entry.id for held in match.held]
                assert len(ids) == len(set(ids)), f"{self.name} shows an entry twice in {match.id}"

    def _dial(self, link: LinkId) -> None:
        wire = Wire(self.world, self, self.hub, link)
        self._wires[link] = wire
        if not self.hub.alive or self.world.dice.random() < 0.1:
            wire.up = False
            self.world.later(self.world.dice.random(), lambda: self.closed(wire, "refused"))
            return
        self.hub.wires[wire] = None
        wire.carry(False, lambda: self._open(wire))

    def _open(self, wire: Wire) -> None:
        if self._wires.get(wire.link) is wire:
            self._do(self.engine.receive_open(wire.link, self.world.moment))

    def _commit(self, made: Entry, life: int) -> None:
        """Write an entry into the journal; with a device that died before, it was never saved."""
        if life == self.life:
            self.rows[made.id] = JournalRow(len(self.rows) + 1, made, "saved")
            self._do(self.engine.receive_saved({made.id: self.rows[made.id].row}, self.world.moment))

    def _wind(self) -> None:
        """Have the engine woken when it is due."""
        self._timer += 1
        deadline = self.engine.next_deadline()
        if deadline is not None:
            number, life = self._timer, self.life
            self.world.later(max(0.0, deadline - self.world.now), lambda: self._wake(number, life))

    def _wake(self, number: int, life: int) -> None:
        if number == self._timer and life == self.life:
            self._do(self.engine.handle_deadline(self.world.moment))
