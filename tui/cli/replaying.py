"""`courtside replay`: the results of a file, played through the ordinary command path.

Each step's id follows from the tournament and the step, so a replay that is run again continues where the log
ends, and a hub that dies in between loses or doubles nothing. It goes on by itself when the hub is back.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from core import commands, ids, open_realtime, playback
from tui.cli.exits import Exit, Stopped
from tui.cli.importing import NAMESPACE, add_file, create, document, read_file, tell_skipped
from tui.cli.output import put, put_json
from tui.cli.parser import Part, above_zero, add_json
from tui.cli.progress import progress
from tui.cli.reach import awaited, connect, live, located, run, unreachable, whole_log

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from core import Realtime, Settings, Submission, View
    from tui.cli.progress import Bar

MOST_UNCONFIRMED = 32
"""How many steps may be on their way; the next one waits for the oldest."""
PATIENCE = 10.0
"""Seconds to wait for a hub at the start."""
HUB_PATIENCE = 60.0
"""Seconds to wait for a hub that was there, while it comes and goes."""


@dataclass(slots=True)
class _Player:
    """Enters the steps of one playback, in order."""

    realtime: Realtime
    tournament: ids.TournamentId
    bar: Bar
    speed: float | None
    """How many times as fast as it happened; `None` for as fast as the hub confirms."""
    unconfirmed: deque[Submission] = field(default_factory=deque)
    refused: list[playback.Skipped] = field(default_factory=list)
    held: int = 0
    seq: int = 0
    """The last event that a step became."""
    done: int = 0

    async def play(self, steps: Sequence[playback.Step], known: set[ids.CommandId]) -> None:
        """Enter all steps but those that the hub knows, and wait for their answers."""
        given: dict[ids.CommandId, ids.CommandId] = {}
        began: tuple[float, playback.Step] | None = None
        for number, step in enumerate(steps):
            command = playback.rebound(step.command, given)
            made = step_id(self.tournament, number, command)
            if step.recorded is not None:
                given[step.recorded] = made
            if made in known:
                self._count()
                continue
            began = began or (time.monotonic(), step)
            await self._until(step, began)
            await self._settle(0 if step.waits else MOST_UNCONFIRMED - 1)
            match = commands.match_of(command)
            if step.waits and match is not None and not await self._drawn(match):
                self.refused.append(playback.Skipped(ids.short_form(match), "it was not drawn"))
                self._count()
                continue
            self.unconfirmed.append(
                self.realtime.submit(command, tournament=self.tournament, id=made, why=step.why)
            )
        await self._settle(0)

    async def _until(self, step: playback.Step, began: tuple[float, playback.Step]) -> None:
        """Wait until it is time for a step."""
        if self.speed is not None:
            moment, first = began
            due = moment + (step.at - first.at).total_seconds() / self.speed
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _drawn(self, match: ids.MatchId) -> bool:
        """Tell whether a match is there, once this device has seen all that the steps so far became."""

        def seen(view: View) -> bool:
            shown = view.tournaments[self.tournament].confirmed
            return match in shown.matches or shown.position.seq >= self.seq

        await awaited(self.realtime, seen, HUB_PATIENCE)
        return match in self.realtime.view.tournaments[self.tournament].confirmed.matches

    async def _settle(self, most: int) -> None:
        """Wait until no more than so many steps are unconfirmed."""
        while len(self.unconfirmed) > most:
            entry = self.unconfirmed.popleft()
            answer = await entry.confirmed()
            self.seq = max(self.seq, answer.seq)
            if answer.outcome == "held":
                self.held += 1
            elif answer.outcome != "accepted":
                where = commands.match_of(entry.entry.command)
                name = "tournament" if where is None else ids.short_form(where)
                self.refused.append(playback.Skipped(name, answer.reason))
            self._count()

    def _count(self) -> None:
        self.done += 1
        self.bar.reach(self.done)


def step_id(tournament: ids.TournamentId, number: int, command: commands.Command) -> ids.CommandId:
    """Return the id of a step's entry: the same for the same step of the same tournament."""
    content = msgspec.json.encode(command).decode()
    return ids.CommandId(str(uuid.uuid5(NAMESPACE, f"step {tournament} {number} {content}")))


async def _known(realtime: Realtime, settings: Settings, tournament: ids.TournamentId) -> set[ids.CommandId]:
    """Return the ids in the hub's log, once everything from an earlier run has its answer."""

    def drained(view: View) -> bool:
        return not any(one.waiting and one.entry.tournament == tournament for one in view.queue)

    await awaited(realtime, drained, HUB_PATIENCE)
    _, events = await whole_log(settings, tournament, HUB_PATIENCE)
    return {event.command for event in events}


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    parser.add_argument(
        "--speed",
        metavar="X",
        type=above_zero,
        help="X times as fast as it happened; without it as fast as the hub confirms",
    )
    add_json(parser)


async def _replay(args: argparse.Namespace, settings: Settings) -> int:
    imported = read_file(args)
    if not imported.playback:
        raise Stopped(Exit.REFUSED, f"{args.file}: there are no results in it to replay")
    settings = located(settings)
    drawn = imported.plan
    with progress("replaying", total=len(imported.playback)) as bar:
        async with open_realtime(settings) as realtime:
            if not await connect(realtime, settings, PATIENCE):
                raise unreachable(realtime, settings)
            await create(realtime, settings, drawn, HUB_PATIENCE)
            if not await live(realtime, drawn.id, HUB_PATIENCE):
                raise unreachable(realtime, settings)
            player = _Player(realtime, drawn.id, bar, args.speed)
            await player.play(imported.playback, await _known(realtime, settings, drawn.id))
            events = max(realtime.view.tournaments[drawn.id].confirmed.position.seq, player.seq)
    whole = playback.Imported(drawn, imported.playback, (*imported.skipped, *player.refused))
    if args.json:
        put_json(document(whole, events))
    else:
        put(f"{drawn.id}: {player.done} steps played, {events} events in the log")
        tell_skipped(whole.skipped)
    if player.refused:
        return Exit.REFUSED
    return Exit.WAITING if player.held else Exit.DONE


REPLAY = Part(_arguments, lambda args, settings: run(_replay(args, settings)))
