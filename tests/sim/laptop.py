"""A laptop: the real engine and store; its journal survives it, everything else dies with it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.commands import AddScore, CompleteMatch, Entry, Notify, Undo, match_of
from core.domain.ids import CommandId, DeviceId, TeamId, tournament_room
from core.realtime.config import EngineConfig
from core.realtime.effects import (
    Advanced,
    Apply,
    Dial,
    Effect,
    Fetch,
    Hangup,
    JournalRow,
    LinkId,
    Persist,
    Recall,
    Record,
    Replaced,
    Send,
)
from core.realtime.engine import Engine
from core.realtime.outbox.overlay import base_of
from core.realtime.store import Store
from core.realtime.view import View
from core.wire.codec import encode
from tests.sim.archive import Archive
from tests.sim.network import FORM, Road, Wire
from tests.support.overlays import histories, plainly
from tests.support.tournaments import entry, league

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from core.domain.commands import Command
    from core.domain.plan import Plan
    from core.domain.state import Tournament
    from tests.sim.clock import VirtualLoop
    from tests.sim.site import Site

PLAN = league(4)
MATCHES = tuple(fixture.id for fixture in PLAN.fixtures[:3])
COPY_SECONDS = 2.0
"""Least time between two stored copies of the tournament."""
READ_SECONDS = 0.005
"""How long it takes to look into the archive."""


class Laptop:
    """One device.

    Args:
        loop: time.
        site: where the hub is.
        roads: the ways there.
        name: the device's, and the person's.
        seed: of its own dice.
        watch: sees what its store is about to apply.
        plan: the tournament that it follows.
        window: most entries on a link that have no answer yet.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        site: Site,
        roads: Sequence[Road],
        name: str,
        seed: int,
        watch: Callable[[Laptop, Advanced | Replaced], None],
        plan: Plan = PLAN,
        window: int = 8,
    ) -> None:
        self.loop = loop
        self.site = site
        self.roads = {road.endpoint: road for road in roads}
        self.name = name
        self.rows: dict[CommandId, JournalRow] = {}
        self.archive = Archive()
        self.copy: Tournament | None = None
        """The tournament as it was last stored."""
        self._copied_at = 0.0
        self.life = 0
        self.alive = False
        self.dice = Random(seed)
        self.full = False
        """Whether its disk takes nothing."""
        self.looks_closely = True
        """Whether what it shows is compared with the rules, and looked through for doubles."""
        self._plan = plan
        self._window = window
        self._watch = watch
        self._ids = count(1)
        self._numbers = count(seed)

    @property
    def drained(self) -> bool:
        """Whether every entry of the journal has an answer, or was taken back before it left."""
        return all(row.answer is not None or row.state == "withdrawn" for row in self.rows.values())

    @property
    def shown(self) -> Tournament | None:
        """The tournament as its store confirms it."""
        found = self.store.view.tournaments.get(self._plan.id)
        return None if found is None else found.confirmed

    def begin(self) -> None:
        """Start with what the journal holds."""
        self.life += 1
        self.alive = True
        self.store = Store(View(DeviceId(self.name), self.name))
        self._wires: dict[LinkId, Wire] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._woken_at = -1.0
        self._in_vain = 0
        """How often in a row it was woken at one moment and was due again at once."""
        self._seen: set[CommandId] = set()
        config = EngineConfig(
            endpoints=tuple(self.roads),
            backoff_cap=4,
            health_check_interval=6,
            window_entries=self._window,
            spare_links=self.dice.choice((0, 1)),
        )
        self.engine = Engine(config, DeviceId(self.name), self.name, self.dice)
        moment = self.loop.moment
        self._do(self.engine.load(sorted(self.rows.values(), key=lambda row: row.row), moment))
        self._do(self.engine.restore([] if self.copy is None else [self.copy], moment))
        self._do(self.engine.become_sender(moment))
        self._do(self.engine.join(tournament_room(self._plan.id), moment))
        self._do(self.engine.start(moment))

    def die(self) -> None:
        """Die at once, and come back later."""
        if not self.alive:
            return
        self.alive = False
        self.life += 1
        for wire in self._wires.values():
            wire.hang_up()
        self._wires = {}
        self.loop.call_later(self.dice.uniform(0.5, 8), self.begin)

    def press(self, command: Command) -> None:
        """Enter something."""
        if not self.alive:
            return
        number = next(self._ids)
        made = entry(
            self._plan.id,
            command,
            id=f"{self.name}-{number}",
            by=self.name,
            device=self.name,
            at=self.loop.at,
            base=base_of(self.shown, command),
        )
        self._do(self.engine.submit(made, self.loop.moment))

    def press_something(self) -> None:
        """Enter what the dice say: mostly points, now and then an undo, a notice or an end."""
        match_id = self.dice.choice(MATCHES)
        kind = self.dice.random()
        own = [row.entry.id for row in self.rows.values() if match_of(row.entry.command) == match_id]
        if kind < 0.1 and own:
            self.press(Undo(match_id, self.dice.choice(own)))
        elif kind < 0.2:
            self.press(Notify("Lunch"))
        elif kind < 0.22:
            self.press(CompleteMatch(match_id))
        else:
            self.press(AddScore(match_id, TeamId("a"), 1))

    def press_fast(self) -> None:
        """Enter three points of a match, one right after the other."""
        match_id = self.dice.choice(MATCHES)
        for late in (0.0, 0.02, 0.05):
            self.loop.call_later(late, self.press, AddScore(match_id, TeamId("a"), 1))

    def withdraw_something(self) -> None:
        """Take back the newest entry, if it certainly never left."""
        waiting = [row for row in self.rows.values() if row.answer is None and match_of(row.entry.command)]
        if self.alive and waiting:
            self._do(list(self.engine.withdraw(waiting[-1].entry.id, self.loop.moment).effects))

    def opened(self, wire: Wire) -> None:
        """Hear that a link is open."""
        if self._wires.get(wire.id) is wire:
            self._do(self.engine.receive_open(wire.id, self.loop.moment))

    def hear(self, wire: Wire, frame: str | bytes) -> None:
        """Hear from the hub."""
        if self._wires.get(wire.id) is wire:
            self._do(self.engine.receive_frame(wire.id, frame, self.loop.moment))

    def closed(self, wire: Wire, reason: str) -> None:
        """Hear that a link broke."""
        if self._wires.get(wire.id) is wire:
            del self._wires[wire.id]
            self._do(self.engine.receive_closed(wire.id, 1006, reason, self.loop.moment))

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._perform(effect)
        self.store.settle()
        if self.shown is not None and self.loop.now >= self._copied_at + COPY_SECONDS:
            self.copy, self._copied_at = self.shown, self.loop.now
        if self.looks_closely:
            self._check_shown()
        self._wind()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Dial(link, endpoint):
                self._dial(link, endpoint)
            case Send(link, message) if link in self._wires:
                self._wires[link].say(encode(message, FORM))
            case Hangup(link) if link in self._wires:
                self._wires.pop(link).hang_up()
            case Apply(change):
                if isinstance(change, Advanced | Replaced):
                    self._watch(self, change)
                    self._note(change)
                    self.archive.receive(change)
                self.store.apply(change, self.loop.at)
            case Persist(made):
                self.loop.call_later(self.dice.random() * 0.01, self._commit, made, self.life)
            case Record(id) if id in self.rows:
                self._record(effect)
            case Recall() | Fetch():
                self.loop.call_later(READ_SECONDS, self._read, effect, self.life)
            case _:
                pass

    def _record(self, record: Record) -> None:
        """Write what became of an entry."""
        row = self.rows[record.id]
        answer = row.answer if record.answer is None else record.answer
        self.rows[record.id] = JournalRow(
            row.row, row.entry, record.state, record.attempts, answer, record.reason
        )
        if record.answer is not None:
            self.archive.receive_answer(record.answer)

    def _read(self, asked: Recall | Fetch, life: int) -> None:
        """Look into the archive, unless this device died meanwhile."""
        if life != self.life:
            return
        if isinstance(asked, Recall):
            self._do(self.engine.receive_recalled(self.archive.recall(asked), self.loop.moment))
        else:
            self._do(self.engine.receive_fetched(asked, self.archive.fetch(asked), self.loop.moment))

    def _note(self, change: Advanced | Replaced) -> None:
        """Remember whose events the confirmed state holds."""
        if isinstance(change, Replaced):
            self._seen = histories(change.state)
        else:
            self._seen |= {event.command for event in change.events}

    def _check_shown(self) -> None:
        """At no moment does a screen show an entry twice, or otherwise than the hub's rules would."""
        if self.dice.random() < 0.05:
            for shown in self.store.view.tournaments.values():
                if shown.kept or any(past.missing for past in shown.confirmed.past):
                    continue
                plain = plainly(shown.confirmed, self.store.view.queue, self._seen)
                same = _on_screen(shown.projected) == _on_screen(plain.state)
                assert same, f"{self.name} shows another score than the rules give"
        for shown in self.store.view.tournaments.values():
            for match_id in shown.pending:
                match = shown.projected.matches[match_id]
                ids = [counted.id for counted in match.entries] + [held.entry.id for held in match.held]
                assert len(ids) == len(set(ids)), f"{self.name} shows an entry twice in {match_id}"

    def _dial(self, link: LinkId, endpoint: str) -> None:
        road = self.roads[endpoint]
        wire = Wire(self.loop, self, self.site, link, road, next(self._numbers) * 7919)
        self._wires[link] = wire
        wire.silent = road.closed_until > self.loop.now
        if self.dice.random() < 0.05:
            wire.cut("refused")
        else:
            wire.carry(True, wire.greet)

    def _commit(self, made: Entry, life: int) -> None:
        """Write an entry into the journal; with a device that died before, it is there or it is not."""
        if self.full:
            if life == self.life:
                self._do(self.engine.receive_save_failed([made.id], "the disk is full", self.loop.moment))
            return
        if life != self.life and self.dice.random() < 0.5:
            return
        row = self.rows[made.id] = JournalRow(len(self.rows) + 1, made, "saved")
        if life == self.life:
            self._do(self.engine.receive_saved({made.id: row.row}, self.loop.moment))

    def _wind(self) -> None:
        """Have the engine woken when it is due; what it is woken for, it does at once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.engine.next_deadline()
        again = deadline is not None and deadline <= self.loop.now == self._woken_at
        self._in_vain = self._in_vain + 1 if again else 0
        assert self._in_vain < 50, f"{self.name} is woken again and again, and does nothing"
        if deadline is not None:
            late = max(0.0, deadline - self.loop.now)
            self._timer = self.loop.call_later(late, self._wake, self.life)

    def _wake(self, life: int) -> None:
        if life == self.life:
            self._woken_at = self.loop.now
            self._do(self.engine.handle_deadline(self.loop.moment))


def _on_screen(state: Tournament) -> Tournament:
    """Return a state without what only adoption looks at: the times of what waits are nobody's affair."""
    if not state.past:
        return state
    return replace(state, matches={id: replace(match, course=None) for id, match in state.matches.items()})
