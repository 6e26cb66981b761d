"""Everybody at the demo's evening: a scorekeeper a table, a helper, and one of ops, each on an own device.

Owns their devices, in folders below one that the caller throws away, and who is there when. The people keep
counts of their own, which `check` compares with the hub's log.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from core import events, fold, ids
from tui.cli.desk import Desk
from tui.cli.hall import Hall
from tui.cli.keeper import Keeper
from tui.cli.olympics import CONTESTS, TOURNAMENT, evening, mishaps, programme
from tui.cli.ops import Ops
from tui.cli.presses import Count
from tui.cli.reach import connect, live, unreachable, whole_log

if TYPE_CHECKING:
    from pathlib import Path

    from core import Settings, Tournament, plan

OPS, HELPER = "Sam", "Nora"
ANSWER_WAIT = 15.0
"""Seconds that the last answers may take once everybody has stopped."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it: the hub's figures, and whether they are what the people meant."""

    state: Tournament
    entries: int
    """How many entries everybody made."""
    confirmed: int
    """How many of them stand in the hub's log."""
    undone: int
    conflicts: int
    """How many entries were held for a person to decide."""
    reopened: int
    offline: int
    """How often a device went offline."""
    wrong: tuple[str, ...]
    """What differs between the log and the people's own counts; empty when every number is true."""


@dataclass(slots=True)
class Crowd:
    """Everybody who enters something, and what they entered."""

    settings: Settings
    """Where the hub is; names and folders are given to each device."""
    folder: Path
    seed: int
    speed: float
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, on the loop that plays, to have everybody stop."""
    desks: tuple[Desk, ...] = ()
    keepers: tuple[Keeper, ...] = ()

    async def play(self) -> None:
        """Play the whole evening, or until told to stop; then wait for the last answers."""
        random = Random(self.seed)
        drawn, wrong = evening(random), mishaps(random)
        hall, order = Hall(self.speed, len(CONTESTS)), programme(drawn)
        names = (OPS, HELPER, *(contest.keeper for contest in CONTESTS))
        async with AsyncExitStack() as stack:
            self.desks = tuple(
                [
                    await stack.enter_async_context(Desk(self.settings, self.folder, name, self.seed))
                    for name in names
                ]
            )
            desk, helper, *others = self.desks
            self.keepers = tuple(
                Keeper(own, contest, order[contest.id], wrong, hall, helper, self.seed)
                for own, contest in zip(others, CONTESTS, strict=True)
            )
            ops = Ops(desk, wrong)
            await self._begin(ops, drawn)
            async with asyncio.TaskGroup() as group:
                game = group.create_task(self._game(ops, hall))
                end = group.create_task(self.stop.wait())
                await asyncio.wait((game, end), return_when=asyncio.FIRST_COMPLETED)
                game.cancel()
                end.cancel()
            await self._answers()

    async def _begin(self, ops: Ops, drawn: plan.Plan) -> None:
        """Make the tournament and let everybody in."""
        first = self.desks[0]
        if not await connect(first.realtime, self.settings):
            raise unreachable(first.realtime, self.settings)
        await ops.begin(drawn, ANSWER_WAIT)
        for desk in self.desks:
            if not await live(desk.realtime, TOURNAMENT, ANSWER_WAIT):
                raise unreachable(desk.realtime, self.settings)

    async def _game(self, ops: Ops, hall: Hall) -> None:
        async with asyncio.TaskGroup() as group:
            for keeper in self.keepers:
                group.create_task(keeper.keep())
            group.create_task(ops.decide(hall))

    async def _answers(self) -> None:
        for desk in self.desks:
            desk.wifi.up()
        # Out of time means that the answer is unknown: `check` looks into the log for it.
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_WAIT):
                for desk in self.desks:
                    await desk.answered()

    async def check(self) -> Tally:
        """Compare the hub's log with what everybody meant."""
        epoch, log = await whole_log(self.settings, TOURNAMENT)
        state = fold(log, epoch)
        logged = {event.command for event in log}
        entered = [entry for desk in self.desks for entry in desk.entries]
        wrong = [
            f"{ids.short_form(match)} is {_told(found)}, not {_told(count)}"
            for keeper in self.keepers
            for match, count in keeper.counts.items()
            if (found := Count(state.matches[match].score, state.matches[match].sets)) != count
        ]
        wrong += [
            f"entry {entry.id} is not in the log: {entry.reason or entry.state}"
            for entry in entered
            if entry.id not in logged
        ]

        def count(kind: type[object]) -> int:
            return sum(isinstance(event.fact, kind) for event in log)

        return Tally(
            state,
            len(entered),
            confirmed=sum(entry.id in logged for entry in entered),
            undone=count(events.EntryUndone),
            conflicts=count(events.EntryHeld),
            reopened=count(events.MatchReopened),
            offline=sum(desk.offline for desk in self.desks),
            wrong=tuple(wrong),
        )


def _told(count: Count) -> str:
    return " ".join(f"{score.home}-{score.away}" for score in (*count.sets, count.score))
