"""`courtside watch`: a tournament's events as lines, from the first one on, until stopped.

Guarantees contiguous seqs: what did not come over the link is read from the hub's log. When the hub begins a
new epoch, or its log is shorter than what was printed, a line says so and everything is printed anew.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core import HubLine, Unreachable, fold, ids, open_realtime
from tui.cli.event_lines import event_document, event_text
from tui.cli.exits import Exit
from tui.cli.output import put, put_json, reader_left
from tui.cli.parser import Part, add_json, add_tournament, count, seconds
from tui.cli.reach import choose, connect, located, refused_sign_in, run, unreachable, whole_log

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from core import Position, Realtime, Settings, Tournament, View, events

PATIENCE = 10.0
"""Seconds to wait for a hub at the start."""
LOOK = 1.0
"""Longest time in seconds without a look whether somebody still reads."""
RETRY = 0.5
"""Seconds until a log that could not be read is asked for again."""


@dataclass(slots=True)
class Printer:
    """Prints the events of one log, each once and in order."""

    as_json: bool
    last: int | None = None
    """The seq after which to end; `None` for never."""
    epoch: ids.Epoch | None = None
    """Of the log that is printed; `None` before the first event."""
    state: Tournament | None = None
    """What the printed events fold to."""

    @property
    def seq(self) -> int:
        """The last seq that was printed."""
        return 0 if self.state is None else self.state.position.seq

    @property
    def finished(self) -> bool:
        """Whether the seq after which to end is reached."""
        return self.last is not None and self.seq >= self.last

    def restart(self, epoch: ids.Epoch) -> None:
        """Begin with a log's first event, and say so if something else was printed before."""
        if self.epoch is not None and self.as_json:
            put_json({"type": "reset", "epoch": epoch, "seq": 0})
        elif self.epoch is not None:
            put("-- reset: the hub's log begins anew --")
        self.epoch, self.state = epoch, None

    def take(self, epoch: ids.Epoch, found: Iterable[events.Event]) -> None:
        """Print those events that come next."""
        for event in found:
            if epoch != self.epoch or event.seq != self.seq + 1 or self.finished:
                continue
            self.state = fold((event,), epoch, self.state)
            self._print(event)

    def learn(self, state: Tournament, found: Iterable[events.Event]) -> None:
        """Print what an old server told; there is no log of it to be complete."""
        self.state = state
        for event in found:
            self._print(event)

    def _print(self, event: events.Event) -> None:
        """Print an event with the state that it led to."""
        assert self.state is not None
        if self.as_json:
            put_json(event_document(self.state, event))
        else:
            put(event_text(self.state, event))


@dataclass(slots=True)
class _Follower:
    """Keeps a printer level with what the link knows."""

    realtime: Realtime
    settings: Settings
    tournament: ids.TournamentId
    printer: Printer
    seen: Position | None = None
    """Where the room stood when it was looked at last."""
    read: int = 0
    """How many lines of the feed have been looked at."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self, until: float | None) -> None:
        """Print until the printer has finished, or until that moment of the monotonic clock."""
        unsubscribe = self.realtime.subscribe(lambda _: self.changed.set())
        try:
            while not self.printer.finished:
                self.changed.clear()
                level = await self._catch_up(self.realtime.view)
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return
                await self._wait(left if level else min(RETRY, RETRY if left is None else left))
        finally:
            unsubscribe()

    async def _wait(self, limit: float | None) -> None:
        # Without news nothing is written, and only writing would tell that the reader has left.
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), LOOK if limit is None else min(limit, LOOK))
        if reader_left():
            raise BrokenPipeError

    async def _catch_up(self, view: View) -> bool:
        """Print what is new in the view; tell whether nothing is missing."""
        if view.connection.state == "sign_in":
            raise refused_sign_in(view)
        shown = view.tournaments.get(self.tournament)
        if shown is None or not shown.live:
            return True
        if not self.settings.enable_scalable_ws:
            self.printer.learn(shown.confirmed, self._fresh(view))
            return True
        here, before, self.seen = shown.confirmed.position, self.seen, shown.confirmed.position
        went_back = before is not None and before.epoch == here.epoch and here.seq < before.seq
        if here.epoch != self.printer.epoch or went_back:
            self.read = view.feed.total
            return await self._from_log(anew=True)
        self.printer.take(here.epoch, self._fresh(view))
        return self.printer.seq >= here.seq or await self._from_log(anew=False)

    def _fresh(self, view: View) -> list[events.Event]:
        """Return the events of the feed that have not been looked at."""
        fresh = view.feed.total - self.read
        self.read = view.feed.total
        lines = view.feed.lines[-fresh:] if fresh else ()
        return [
            line.event for line in lines if isinstance(line, HubLine) and line.tournament == self.tournament
        ]

    async def _from_log(self, *, anew: bool) -> bool:
        """Print from the hub's log what comes next, or all of it; tell whether it could be read."""
        try:
            epoch, found = await whole_log(self.settings, self.tournament)
        except Unreachable:
            self.seen = None if anew else self.seen
            return False
        if anew or epoch != self.printer.epoch:
            self.printer.restart(epoch)
        self.printer.take(epoch, found)
        return True


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_tournament(parser)
    parser.add_argument("--for", metavar="S", dest="span", type=seconds, help="end after S seconds")
    parser.add_argument("--until-seq", metavar="N", type=count, help="end once event N is printed")
    add_json(parser)


async def _watch(args: argparse.Namespace, settings: Settings) -> int:
    until = None if args.span is None else time.monotonic() + args.span
    settings = located(settings)
    async with open_realtime(settings, sends=False) as realtime:
        if not await connect(realtime, settings, PATIENCE):
            raise unreachable(realtime, settings)
        tournament = choose((listing.id for listing in realtime.view.directory), args.tournament)
        await realtime.join(ids.tournament_room(tournament), company=False)
        printer = Printer(args.json, args.until_seq)
        await _Follower(realtime, settings, tournament, printer).follow(until)
    return Exit.DONE


WATCH = Part(_arguments, lambda args, settings: run(_watch(args, settings)))
