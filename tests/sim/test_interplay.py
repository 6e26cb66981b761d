"""Whole evenings in virtual time: whatever breaks, each entry counts once, in order."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from core.domain.commands import CreateTournament, match_of
from core.domain.reduce import fold
from tests.sim.world import PLAN, Device, Hub, World
from tests.support.tournaments import EPOCH

if TYPE_CHECKING:
    from core.domain.ids import CommandId
    from core.realtime.effects import JournalRow

SEEDS = 200
EVENING = 40.0
"""Virtual seconds of play and faults; then all faults end, and everything must settle by `PATIENCE`."""
PATIENCE = 400.0


class Evening:
    """Three laptops, one hub, and trouble."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.world = World(seed)
        self.hub = Hub(self.world)
        self.devices = [Device(self.world, self.hub, name) for name in ("ann", "ben", "cat")]
        self.devices[0].press(CreateTournament(PLAN))

    def play(self) -> None:
        """Let people press keys and things break, then let it settle."""
        dice = self.world.dice
        for device in self.devices:
            for _ in range(15):
                self.world.later(dice.uniform(0.5, EVENING), device.press_something)
        for _ in range(dice.randrange(4)):
            self.world.later(dice.uniform(0, EVENING), self.hub.die)
        for _ in range(dice.randrange(6)):
            self.world.later(dice.uniform(0, EVENING), self._break_a_link)
        for _ in range(dice.randrange(3)):
            self.world.later(dice.uniform(1, EVENING), dice.choice(self.devices).die)
        self.world.later(EVENING, lambda: None)
        self.world.run(lambda: self.world.now >= EVENING, EVENING)
        assert self.world.run(self._settled, PATIENCE), f"seed {self.seed}: not settled: {self._report()}"

    def _break_a_link(self) -> None:
        wires = sorted(self.hub.wires, key=lambda wire: (wire.device.name, wire.link))
        if wires:
            wire = self.world.dice.choice(wires)
            if self.world.dice.random() < 0.5:
                wire.silent = True
            else:
                wire.cut()

    def _settled(self) -> bool:
        return self.hub.state is not None and all(
            device.drained
            and (shown := device.store.view.tournaments.get(PLAN.id)) is not None
            and shown.confirmed == self.hub.state
            and not any(queued.waiting for queued in device.store.view.queue)
            for device in self.devices
        )

    def _report(self) -> list[object]:
        return [
            (
                device.name,
                device.store.view.connection.state,
                device.store.view.connection.reason,
                [
                    (queued.entry.id, queued.state, queued.reason)
                    for queued in device.store.view.queue
                    if queued.waiting
                ],
            )
            for device in self.devices
        ]

    def check(self) -> None:
        """Compare what everybody holds with the log."""
        seqs = self._seqs()
        for device in self.devices:
            for row in device.rows.values():
                self._check_entry(row, seqs)
            self._check_order(device, seqs)
            shown = device.store.view.tournaments[PLAN.id]
            assert shown.projected is shown.confirmed
            assert shown.confirmed == fold(self.hub.log, EPOCH)

    def _seqs(self) -> dict[CommandId, list[int]]:
        seqs: dict[CommandId, list[int]] = defaultdict(list)
        for number, event in enumerate(self.hub.log, 1):
            assert event.seq == number
            seqs[event.command].append(event.seq)
        return seqs

    def _check_entry(self, row: JournalRow, seqs: dict[CommandId, list[int]]) -> None:
        """An entry's events are in the log once, together, and just if its answer says so."""
        answer = row.answer
        assert answer is not None
        assert answer == self.hub.known[row.entry.id].answer
        own = seqs.get(row.entry.id, [])
        assert own == [event.seq for event in answer.events]
        assert all(after == before + 1 for before, after in pairwise(own))

    def _check_order(self, device: Device, seqs: dict[CommandId, list[int]]) -> None:
        """Entries of a match are in the order of key presses; those on the tournament divide all others."""
        last: dict[object, int] = defaultdict(int)
        for row in sorted(device.rows.values(), key=lambda row: row.row):
            own = seqs.get(row.entry.id)
            if not own:
                continue
            match = match_of(row.entry.command)
            floor = max(last.values(), default=0) if match is None else max(last[match], last[None])
            assert own[0] > floor, f"{row.entry.id} overtook another"
            last[match] = own[-1]


@pytest.mark.parametrize("seed", range(0, SEEDS, 20))
def test_every_entry_counts_once_and_in_order_whatever_breaks(seed: int) -> None:
    for one in range(seed, seed + 20):
        evening = Evening(one)
        try:
            evening.play()
            evening.check()
        except Exception as error:
            error.add_note(f"seed {one}")
            raise
