"""An evening: laptops, a hub behind two endpoints, and whatever the seed has in store for them.

The checks know nothing of how things are done: what was confirmed is in the log once, what was refused never,
everybody saw one and the same log without a gap, each device's entries are in the order of its keys, and when
the faults are over everything drains.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

from core.domain.commands import AddScore, CreateTournament, match_of
from core.domain.reduce import fold
from core.domain.state import Position
from core.hub.log import rounds
from core.realtime.effects import Advanced, Replaced
from tests.sim.clock import VirtualLoop, virtual_time
from tests.sim.laptop import PLAN, Laptop
from tests.sim.loss import check_survived, taken_back
from tests.sim.network import Road
from tests.sim.site import Log, Site

if TYPE_CHECKING:
    from core.domain.events import Event
    from core.domain.ids import CommandId, Epoch
    from core.realtime.effects import JournalRow

EVENING = 15.0
"""Virtual seconds of play and faults; then all faults end, and everything must settle by `PATIENCE`."""
PATIENCE = 400.0
SEEDS = 1_000
"""How many evenings the tests play."""
LOSSES = 0.2
"""In how many of them the hub's folder is put back to an older copy."""
OFFERING = 2.0
"""Virtual seconds in which a hub is offered, and brought, what it lost."""
LOOK = 0.5
"""Virtual seconds between two looks whether all is settled."""
NAMES = ("ann", "ben", "cat")
ENTRIES, BURSTS = 6, 3
"""How many each of them presses one at a time, and how often three in one go."""


class Evening:
    """One seed's evening.

    Args:
        seed: decides everything.
        loop: time.
    """

    def __init__(self, seed: int, loop: VirtualLoop) -> None:
        self.seed = seed
        self.loop = loop
        self.dice = Random(seed)
        self.roads = (Road("ws://near"), Road("ws://far"))
        self.roads[1].delay = 0.06
        self.site = Site(loop, Random(seed + 1))
        # A hub that has more to do than it can defers; most are never so busy.
        rounds.MAX_INBOX = self.dice.choice((2, 4, rounds.MAX_INBOX))
        self.laptops = [
            Laptop(loop, self.site, self.roads, name, 1000 * seed + number, self._see)
            for number, name in enumerate(NAMES[: self.dice.choice((2, 2, 3))])
        ]
        self._log: dict[tuple[Epoch, int], Event] = {}
        """Every event that anybody saw."""
        self._positions: dict[tuple[str, int], Position] = {}
        """How far each laptop has come in each of its lives."""

    async def play(self) -> None:
        """Let people press keys and things break, then let it settle."""
        self.site.begin()
        for laptop in self.laptops:
            laptop.begin()
        self.laptops[0].press(CreateTournament(PLAN))
        self._plan_keys()
        self._plan_faults()
        await asyncio.sleep(EVENING)
        self._heal()
        await self._settle()
        if self.site.lost:
            # What a laptop has of a log that parted shows in no state until it is brought.
            await asyncio.sleep(OFFERING)
            await self._settle()
        self.check()
        await self.site.end()

    async def _settle(self) -> None:
        while not self._settled():
            assert self.loop.now < PATIENCE, f"not settled: {self._report()}"
            await asyncio.sleep(LOOK)

    def check(self) -> None:
        """Check everything that must hold however the evening went."""
        log = self.site.log
        events, state = log.events[PLAN.id], log.state(PLAN.id)
        assert state == fold(events, log.epochs[PLAN.id]), "the score is not the fold of the log"
        seqs: dict[CommandId, list[int]] = defaultdict(list)
        for number, event in enumerate(events, 1):
            assert event.seq == number, f"the log goes from {number - 1} to {event.seq}"
            seqs[event.command].append(event.seq)
            seen = self._log.get((log.epochs[PLAN.id], number), event)
            assert seen == event, f"somebody saw {seen} at {number}, the log has {event}"
        if self.site.lost:
            for laptop in self.laptops:
                self._check_screen(laptop)
            check_survived(state, self.laptops)
            return
        entered = {row.entry.id for laptop in self.laptops for row in laptop.rows.values()}
        assert entered.issuperset(seqs), "the log has what no journal has"
        for laptop in self.laptops:
            for row in laptop.rows.values():
                self._check_entry(row, seqs)
            self._check_order(laptop, seqs)
            self._check_screen(laptop)

    def _plan_keys(self) -> None:
        for laptop in self.laptops:
            for _ in range(ENTRIES):
                self.loop.call_at(self.dice.uniform(0.5, EVENING), laptop.press_something)
            for _ in range(BURSTS):
                self.loop.call_at(self.dice.uniform(0.5, EVENING), laptop.press_fast)
            self.loop.call_at(self.dice.uniform(0.5, EVENING), laptop.withdraw_something)

    def _plan_faults(self) -> None:
        dice, at = self.dice, self.loop.call_at
        for _ in range(dice.randrange(4)):
            at(dice.uniform(0, EVENING), self.site.die)
        for _ in range(dice.randrange(6)):
            at(dice.uniform(0, EVENING), self._break_a_link)
        for _ in range(dice.randrange(3)):
            at(dice.uniform(1, EVENING), dice.choice(self.laptops).die)
        for _ in range(dice.randrange(3)):
            at(dice.uniform(0, EVENING), self._close_a_road)
        for _ in range(dice.randrange(2)):
            at(dice.uniform(0, EVENING), self._slow_a_road)
        for _ in range(dice.randrange(2)):
            at(dice.uniform(0, EVENING), setattr, self.site.log, "refuses", True)
        if dice.random() < LOSSES:
            self._plan_a_loss()
        if dice.random() < 0.3:
            laptop, begin = dice.choice(self.laptops), dice.uniform(0, EVENING)
            at(begin, setattr, laptop, "full", True)
            at(begin + dice.uniform(0, 5), setattr, laptop, "full", False)

    def _plan_a_loss(self) -> None:
        """Have the hub's folder copied, and put back to that copy later."""
        copied = self.dice.uniform(1, EVENING)
        lost = self.dice.uniform(copied, EVENING)
        copies: list[Log] = []
        self.loop.call_at(copied, lambda: copies.append(self.site.log.copy()))
        self.loop.call_at(lost, lambda: self._lose(copies[0]))

    def _lose(self, copy: Log) -> None:
        """Put the hub's folder back to a copy; positions after it may be given anew."""
        if (state := copy.state(PLAN.id)) is None:
            return
        self.site.put_back(copy)
        here = state.position
        self._log = {
            (epoch, seq): event
            for (epoch, seq), event in self._log.items()
            if epoch != here.epoch or seq <= here.seq
        }

    def _break_a_link(self) -> None:
        wires = list(self.site.wires)
        if wires:
            wire = self.dice.choice(wires)
            if self.dice.random() < 0.5:
                wire.silent = True
            else:
                wire.cut("cut")

    def _close_a_road(self) -> None:
        road = self.dice.choice(self.roads)
        road.closed_until = self.loop.now + self.dice.uniform(1, 20)
        for wire in tuple(self.site.wires):
            if wire.road is road:
                wire.silent = True

    def _slow_a_road(self) -> None:
        self.dice.choice(self.roads).delay = 0.8

    def _heal(self) -> None:
        for road, delay in zip(self.roads, (0.02, 0.06), strict=True):
            road.closed_until, road.delay = 0.0, delay
        self.site.log.refuses = False
        for laptop in self.laptops:
            laptop.full = False

    def _settled(self) -> bool:
        state = self.site.log.state(PLAN.id)
        return (
            self.site.alive
            and state is not None
            and all(
                laptop.alive
                and laptop.drained
                and laptop.shown == state
                and laptop.store.view.tournaments[PLAN.id].live
                and not laptop.store.view.tournaments[PLAN.id].kept
                and not any(queued.waiting for queued in laptop.store.view.queue)
                for laptop in self.laptops
            )
        )

    def _report(self) -> list[object]:
        return [
            (
                laptop.name,
                laptop.store.view.connection.state,
                laptop.store.view.connection.reason,
                None if laptop.shown is None else laptop.shown.position,
                [(queued.entry.id, queued.state) for queued in laptop.store.view.queue if queued.waiting],
            )
            for laptop in self.laptops
        ]

    def _see(self, laptop: Laptop, change: Advanced | Replaced) -> None:
        """What a laptop takes in follows on what it had, or is a whole new state, and is what others saw."""
        life = laptop.name, laptop.life
        if isinstance(change, Replaced):
            self._positions[life] = change.state.position
            return
        before = self._positions.get(life)
        first = 1 if before is None or before.epoch != change.epoch else before.seq + 1
        for number, event in enumerate(change.events, first):
            assert event.seq == number, f"{laptop.name} goes from {number - 1} to {event.seq}"
            seen = self._log.setdefault((change.epoch, event.seq), event)
            assert seen == event, f"{laptop.name} sees {event} where others saw {seen}"
        shown = laptop.shown
        assert shown is None or shown.position == before, f"{laptop.name} stands elsewhere than at {before}"
        last = change.events[-1]
        self._positions[life] = Position(change.epoch, last.seq, last.command)

    def _check_entry(self, row: JournalRow, seqs: dict[CommandId, list[int]]) -> None:
        """An entry's events are in the log once, together, and just if its answer says so."""
        answer, own = row.answer, seqs.get(row.entry.id, [])
        if answer is None:
            assert row.state in ("withdrawn", "refused"), f"{row.entry.id} is {row.state} without an answer"
            assert not own, f"{row.entry.id} counts, and was {row.state}"
            return
        known = self.site.log.known(row.entry.id)
        assert known is not None, f"the hub does not know {row.entry.id}, which it answered"
        assert answer == known.answer, f"{row.entry.id} has two answers"
        assert own == [event.seq for event in answer.events], (
            f"{row.entry.id} counts otherwise than it was told"
        )
        assert all(after == before + 1 for before, after in pairwise(own)), f"{row.entry.id} is torn apart"
        if answer.outcome == "accepted" and not own:
            assert "before it reached" in answer.reason, (
                f"{row.entry.id} is confirmed, and nowhere in the log"
            )
        if answer.outcome in ("refused", "withdrawn"):
            assert not own, f"{row.entry.id} was refused, and counts"

    def _check_order(self, laptop: Laptop, seqs: dict[CommandId, list[int]]) -> None:
        """Entries of a match are in the order of key presses; those on the tournament divide all others."""
        last: dict[object, int] = defaultdict(int)
        for row in sorted(laptop.rows.values(), key=lambda row: row.row):
            own = seqs.get(row.entry.id)
            if not own:
                continue
            match = match_of(row.entry.command)
            floor = max(last.values(), default=0) if match is None else max(last[match], last[None])
            assert own[0] > floor, f"{row.entry.id} overtook another"
            last[match] = own[-1]

    def _check_screen(self, laptop: Laptop) -> None:
        shown = laptop.store.view.tournaments[PLAN.id]
        assert shown.projected is shown.confirmed, f"{laptop.name} shows something over the hub's score"
        matches = shown.confirmed.matches.values()
        counted = {entry.id for match in matches for entry in match.entries}
        held = {held.entry.id for match in matches for held in match.held}
        undone = taken_back(self.laptops) if self.site.lost else ()
        for queued in laptop.store.view.queue:
            if queued.state == "conflict":
                assert queued.entry.id in held, f"{queued.entry.id} is no conflict, but on {laptop.name}"
            if queued.state == "confirmed" and isinstance(queued.entry.command, AddScore):
                here = queued.entry.id in counted or queued.entry.id in undone
                assert here, f"{laptop.name} does not count its own {queued.entry.id}"


def play(seed: int) -> Evening:
    """Play a seed's evening and check it.

    Raises:
        AssertionError: something did not hold; the seed is in its notes.
    """
    with virtual_time() as loop:
        evening = Evening(seed, loop)
        failures: list[BaseException] = []
        playing = loop.create_task(evening.play())

        def fail(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            failures.append(context.get("exception") or RuntimeError(context["message"]))
            playing.cancel()

        loop.set_exception_handler(fail)
        try:
            loop.run_until_complete(playing)
        except asyncio.CancelledError:
            _end(loop)
            failures[0].add_note(f"seed {seed}: python -m tests.sim {seed}")
            raise failures[0] from None
        except BaseException as error:
            _end(loop)
            error.add_note(f"seed {seed}: python -m tests.sim {seed}")
            raise
        return evening


def _end(loop: VirtualLoop) -> None:
    """End whatever goes on after a failure."""
    loop.set_exception_handler(lambda loop, context: None)
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks))
