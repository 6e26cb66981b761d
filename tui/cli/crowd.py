"""The people of the demo: a scorekeeper a court, and one of ops; each is a device of its own.

Owns their links and journals, in folders below one that the caller throws away. What they press follows
`simulation`; they keep a tally of their own, which `check` compares with the hub's log.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from core import brackets, commands, fold, ids, open_realtime
from tui.cli.reach import awaited, connect, live, unreachable, whole_log
from tui.cli.simulation import TOURNAMENT, assignments, cup, presses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core import Realtime, Settings, Submission, Tournament, View, plan

KEEPERS = ("Ana", "Ben", "Chloe", "Dario")
OPS = "Sam"
ANSWER_WAIT = 15.0
"""Seconds that the last answers may take once everybody has stopped."""
LOOK_WAIT = 3_600.0
"""Seconds that somebody waits for something to happen before looking again."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it: the hub's figures, and whether they are what the people meant."""

    state: Tournament
    entries: int
    """How many entries everybody made."""
    confirmed: int
    """How many of them stand in the hub's log."""
    wrong: tuple[str, ...]
    """What differs between the log and the people's own tallies; empty when every number is true."""


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
    entries: list[Submission] = field(default_factory=list)
    scores: dict[ids.MatchId, commands.Score] = field(default_factory=dict)
    """What the scorekeepers mean the scores to be."""

    async def play(self) -> None:
        """Play the whole tournament, or until told to stop; then wait for the last answers."""
        drawn = cup(Random(self.seed))
        async with AsyncExitStack() as stack:
            ops, *keepers = [
                await stack.enter_async_context(open_realtime(self._device(name))) for name in (OPS, *KEEPERS)
            ]
            await self._begin(ops, keepers, drawn)
            async with asyncio.TaskGroup() as group:
                game = group.create_task(self._game(ops, keepers, drawn))
                end = group.create_task(self.stop.wait())
                await asyncio.wait((game, end), return_when=asyncio.FIRST_COMPLETED)
                game.cancel()
                end.cancel()
            # Out of time means that the answer is unknown: `check` looks into the log for it.
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_WAIT):
                    for entry in self.entries:
                        await entry.confirmed()

    def _device(self, name: str) -> Settings:
        return self.settings.model_copy(update={"data": self.folder / name.lower(), "name": name})

    async def _begin(self, ops: Realtime, keepers: Sequence[Realtime], drawn: plan.Plan) -> None:
        """Make the tournament and let everybody in."""
        if not await connect(ops, self.settings):
            raise unreachable(ops, self.settings)
        await self._enter(ops, commands.CreateTournament(drawn)).confirmed(timeout=ANSWER_WAIT)
        for realtime in (ops, *keepers):
            if not await live(realtime, TOURNAMENT, ANSWER_WAIT):
                raise unreachable(realtime, self.settings)
        self._enter(ops, commands.Notify(f"Welcome to the {drawn.name}", "All courts are open."))

    async def _game(self, ops: Realtime, keepers: Sequence[Realtime], drawn: plan.Plan) -> None:
        async with asyncio.TaskGroup() as group:
            for court, keeper in zip(drawn.courts, keepers, strict=True):
                group.create_task(self._keep(keeper, court.id, drawn))
            group.create_task(self._decide(ops))

    def _enter(self, realtime: Realtime, command: commands.Command, why: str = "") -> Submission:
        entry = realtime.submit(command, tournament=TOURNAMENT, why=why)
        self.entries.append(entry)
        return entry

    async def _keep(self, realtime: Realtime, court: ids.CourtId, drawn: plan.Plan) -> None:
        """Score the matches of one court, one after the other."""
        random = Random(f"{self.seed} {court}")
        for fixture in drawn.fixtures:
            if fixture.court == court:
                await _look(realtime, partial(_known, fixture.id))
                await self._score(realtime, fixture.id, random)

    async def _score(self, realtime: Realtime, match_id: ids.MatchId, random: Random) -> None:
        match = realtime.view.tournaments[TOURNAMENT].projected.matches[match_id]
        await self._pause(random.uniform(0.5, 3.0))
        self._enter(realtime, commands.StartMatch(match_id))
        for press in presses(random):
            await self._pause(press.pause)
            team = match.slot(press.side).team
            assert team is not None  # looked at before the match began
            added = self._enter(realtime, commands.AddScore(match_id, team, 1))
            if press.kind == "slip":
                self._enter(realtime, commands.Undo(match_id, added.id), "wrong side")
                continue
            home = press.side == "home"
            score = self.scores.get(match_id, commands.Score())
            self.scores[match_id] = score.plus(int(home), int(not home))
        await self._pause(1.0)
        self._enter(realtime, commands.CompleteMatch(match_id))
        await self._pause(1.0)
        self._enter(realtime, commands.ConfirmResult(match_id))

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)

    async def _decide(self, ops: Realtime) -> None:
        """Assign what the rules leave open, until there is a champion."""

        def needed(state: Tournament) -> bool:
            return brackets.champion(state) is not None or next(assignments(state), None) is not None

        while True:
            await _look(ops, needed)
            state = ops.view.tournaments[TOURNAMENT].projected
            decision = next(assignments(state), None)
            if decision is None:
                return
            entry = self._enter(ops, decision, "level by the rules; drawn by lot")
            await entry.confirmed(timeout=ANSWER_WAIT)

    async def check(self) -> Tally:
        """Compare the hub's log with what everybody meant."""
        epoch, log = await whole_log(self.settings, TOURNAMENT)
        state = fold(log, epoch)
        logged = {event.command for event in log}
        wrong = [
            f"{ids.short_form(match)} is {found.home}-{found.away}, not {score.home}-{score.away}"
            for match, score in self.scores.items()
            if (found := state.matches[match].score) != score
        ]
        wrong += [f"entry {entry.id} is not in the log" for entry in self.entries if entry.id not in logged]
        confirmed = sum(entry.id in logged for entry in self.entries)
        return Tally(state, len(self.entries), confirmed, tuple(wrong))


def _known(match_id: ids.MatchId, state: Tournament) -> bool:
    match = state.matches[match_id]
    return match.home.team is not None and match.away.team is not None


async def _look(realtime: Realtime, seen: Callable[[Tournament], bool]) -> None:
    """Wait until somebody sees on the own screen what they wait for."""

    def ready(view: View) -> bool:
        shown = view.tournaments.get(TOURNAMENT)
        return shown is not None and seen(shown.projected)

    while not await awaited(realtime, ready, LOOK_WAIT):
        continue
