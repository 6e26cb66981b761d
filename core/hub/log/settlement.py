"""Settlement: what was judged becomes durable, alone or in the order that hubs share, or is judged anew.

Owns the ledger, the log's writer thread, and what is committed and what is not. With a backplane, what was
judged is taken by it before it is committed here, and is judged again if another hub was quicker. Guarantees
that nothing which is not committed is ever told as an answer.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

# The loop's own clock stands still within one turn, and has steps of a millisecond.
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

from core.errors import BadLog, NotSaved
from core.hub.judging.ledger import Ledger, Ruling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from core.domain.answers import Answer
    from core.domain.ids import CommandId, Epoch
    from core.hub.judging.backplane import Backplane
    from core.hub.judging.chain import Step
    from core.hub.log.news import News
    from core.hub.log.sqlite_log import Content, SqliteLog
    from core.hub.options import Retention
    from core.hub.web.figures import Figures

    Judge = Callable[[], Awaitable[Sequence[Ruling]]]
    """Judges on the ledger as it is; called again where that went on meanwhile."""

APART, FAR_APART, LAST_APART = 1_000, 100_000, 100
"""Events of a tournament between two stored snapshots: in quiet moments, if it never gets quiet, and at the
end. A hub that starts folds no more of each than these."""

TRIM = 3600.0
"""Seconds between two looks for what is kept too long."""

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Settlement:
    """Makes durable what was judged.

    Args:
        log: the log, open.
        news: is told what other hubs judged.
        make_epoch: gives the epoch of a tournament that begins.
        figures: counts.
        retention: how long the log keeps what is no score.
        backplane: the order that this hub shares with others; `None` for a hub on its own.
    """

    def __init__(
        self,
        log: SqliteLog,
        news: News,
        make_epoch: Callable[[], Epoch],
        figures: Figures,
        retention: Retention,
        backplane: Backplane | None,
    ) -> None:
        self._log = log
        self._news = news
        self._make_epoch = make_epoch
        self._figures = figures
        self._retention = retention
        self._trim_at = 0.0
        """When the log may be trimmed next, by `perf_counter`."""
        self._backplane = backplane
        self._thread = ThreadPoolExecutor(1, "log")
        self._uncommitted: frozenset[CommandId] = frozenset()
        self.must_reread = False
        """Whether only the log knows what is committed."""
        self.since_checkpoint = 0
        """Rulings that were committed since the last checkpoint."""
        self.ledger = self._take(log.read())

    @property
    def has_news(self) -> bool:
        """Whether there is something to `follow`."""
        return self._backplane is not None and self._backplane.has_news

    def answers(self, commands: Iterable[CommandId]) -> tuple[Answer, ...]:
        """Return the committed answers to ids, in the order of the log; unknown ones are left out."""
        ids = [command for command in commands if command not in self._uncommitted]
        try:
            found = [answer for answer in map(self.ledger.answer, ids) if answer is not None]
        except BadLog as error:
            # Who waits for an answer sends the entry again.
            logger.warning("answers are not told now: %s", error)
            return ()
        return tuple(sorted(found, key=lambda one: one.seq))

    def is_judged(self, command: CommandId) -> bool:
        """Tell whether an id has an answer, committed or not."""
        try:
            return self.ledger.answer(command) is not None
        except BadLog:
            # It is looked for again when its entry is judged, and that failure has its consequences.
            return False

    async def settle(self, judge: Judge) -> Sequence[Ruling]:
        """Judge and store, and return what was judged.

        Raises:
            NotSaved: disk or backplane refused.
            BadLog: the log cannot be read, or the backplane does not go on from it.
            TooLarge: the backplane does not take so much at once; nothing was judged.
        """
        if self._backplane is not None:
            return await self._agree(judge, self._backplane)
        try:
            rulings = await judge()
        except BadLog:
            # What was judged before the log could not be read is in no log: nobody may be told.
            self.ledger.forget()
            self.must_reread = True
            raise
        await self._commit(rulings)
        return rulings

    async def follow(self) -> None:
        """Store and tell what other hubs judged, as far as it has come.

        Raises:
            NotSaved: disk or backplane refused.
            BadLog: what came does not follow what is here.
        """
        if self._backplane is not None:
            await self._follow(self._backplane)

    async def level(self) -> None:
        """Follow until everything is here that is on the backplane now.

        Raises:
            NotSaved: disk or backplane refused.
            BadLog: what came does not follow what is here.
        """
        if self._backplane is not None:
            await self._backplane.catch_up()
            await self._level(self._backplane)

    async def go_on(self) -> None:
        """Prove that writing works; what a failed commit left after all is given out like any other.

        Raises:
            NotSaved: disk or backplane still refuse.
            BadLog: the log contradicts itself, or the backplane.
        """
        if self.must_reread:
            self.ledger = self._take(await self.ask(self._log.recover))
            self.must_reread = False
        self._uncommitted = frozenset()
        if self._backplane is not None:
            chain = await self.ask(self._log.chain)
            await self._backplane.join(chain, self.ledger.positions)
            await self.level()

    async def tidy(self, apart: int) -> None:
        """Store snapshots of tournaments that went on by so many events, trim and checkpoint the log."""
        self.since_checkpoint = 0
        await self._store(apart)
        try:
            if perf_counter() >= self._trim_at:
                self._trim_at = perf_counter() + TRIM
                oldest = datetime.now(UTC) - timedelta(days=self._retention.days)
                await self.ask(self._log.trim, self._retention.broadcasts, oldest)
            await self.ask(self._log.checkpoint)
        except NotSaved as error:
            logger.warning("checkpoint put off: %s", error)

    async def close(self, *, durable: bool) -> None:
        """Empty the write-ahead file into the log and close it.

        Args:
            durable: whether the disk takes writes: then what the next start saves folding is stored.
        """
        if durable:
            await self._store(LAST_APART)
        await self.ask(self._log.close)
        self._thread.shutdown()

    async def ask(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        """Have the log's thread do something."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def _agree(self, judge: Judge, backplane: Backplane) -> Sequence[Ruling]:
        """Judge on top of what every hub has judged, again and again until no other one was quicker."""
        while True:
            await self._follow(backplane)
            mark = self.ledger.mark()
            step = None
            try:
                rulings = await judge()
                if not rulings:
                    return rulings
                self._uncommitted = _answered(rulings)
                position = self.ledger.positions.get(rulings[0].tournament)
                step = await backplane.publish(rulings, position)
            finally:
                if step is None:
                    self.ledger.rewind(mark)
                    self._uncommitted = frozenset()
            if step is not None:
                await self._commit(rulings, step)
                backplane.advance(step)
                return rulings

    async def _follow(self, backplane: Backplane) -> None:
        while (come := backplane.take()) is not None:
            link = come.step.link
            try:
                self.ledger.follow(come.rulings)
                at = self.ledger.positions.get(link.tournament)
                if (link.epoch, link.seq) != (("", 0) if at is None else (at.epoch, at.seq)):
                    raise BadLog(f"group {link.group}", f"it leads to {link.epoch}:{link.seq}, here to {at}")
            except BadLog as error:
                self.must_reread = True
                backplane.give_up(error)
                raise
            await self._commit(come.rulings, come.step)
            backplane.advance(come.step)
            self._news.publish(come.rulings, self.ledger.state)

    async def _level(self, backplane: Backplane) -> None:
        await self._follow(backplane)
        while not backplane.is_level:
            await backplane.wait()
            await self._follow(backplane)

    async def _commit(self, rulings: Sequence[Ruling], step: Step | None = None) -> None:
        """Store rulings.

        Raises:
            NotSaved: the disk refused.
        """
        if not rulings and step is None:
            return
        self._uncommitted = _answered(rulings)
        began_at = perf_counter()
        try:
            if step is None:
                await self.ask(self._log.commit, rulings)
            else:
                await self.ask(self._log.commit, rulings, step)
        except NotSaved:
            # They stay uncommitted: the ledger has their answers until it is made anew.
            self.must_reread = True
            raise
        self._uncommitted = frozenset()
        self.ledger.forget()
        self._figures.commits.observe(perf_counter() - began_at)
        self._figures.commands.update(answer.outcome for answer in _answers(rulings))
        self.since_checkpoint += len(rulings)

    async def _store(self, apart: int) -> None:
        try:
            await self.ask(self._log.store, [room.state for room in self._news.rooms.all()], apart)
        except NotSaved as error:
            logger.warning("snapshots put off: %s", error)

    def _take(self, content: Content) -> Ledger:
        """Make the ledger from the log, and bring the rooms to where it stands."""
        self._news.take(content)
        states = (kept.state for kept in content.tournaments)
        return Ledger(self._make_epoch, states, self._log.known, content.sides)


def _answered(rulings: Iterable[Ruling]) -> frozenset[CommandId]:
    """Return every id that these rulings answer, those withdrawn before they came included."""
    return frozenset(answer.id for answer in _answers(rulings))


def _answers(rulings: Iterable[Ruling]) -> Iterator[Answer]:
    return (known.answer for ruling in rulings for known in ruling.answered)
