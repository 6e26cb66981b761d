"""Write rounds: what gathered during the last one is judged, committed together, and only then given out.

Owns the inbox, who is answered, and whether the hub takes anything. There is no timer: an entry that comes
alone is committed alone. When the disk refuses, nothing of that round leaves, the hub serves readers on, says
that it is not durable, and goes on by itself once the disk takes writes again. Where several hubs share a
backplane, a round is of one tournament, and a backplane that is away is like a disk that refuses. How a round
becomes durable is `settlement`'s affair, how it is told `news`'.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from datetime import UTC, datetime

# The loop's own clock stands still within one turn, and has steps of a millisecond.
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from core.errors import BadLog, Malformed, NotSaved, TooLarge
from core.hub.door.access import judge_entry
from core.hub.judging.ledger import Contradicted, Ledger, Repeated, Ruling
from core.hub.judging.parties import Brought, Recalled, Reply
from core.hub.judging.recollection import wanted
from core.hub.log.news import News
from core.hub.log.settlement import APART, FAR_APART, Settlement
from core.hub.options import RETENTION
from core.hub.web.figures import Figures
from core.wire.messages import Deferred, Problem
from core.wire.offers import Bring, Offer, Want

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from core.domain.answers import Answer
    from core.domain.commands import Entry
    from core.domain.ids import CommandId, DeviceId, Epoch
    from core.hub.judging.backplane import Backplane
    from core.hub.judging.parties import Audience, Sender, Witnessing
    from core.hub.log.sqlite_log import SqliteLog
    from core.hub.options import Retention

logger = logging.getLogger(__name__)

MAX_INBOX = 20_000
"""Entries that may wait; those above are deferred as `busy`."""
MAX_RECALLED = 1_000
"""Messages about older epochs that may wait."""
MAX_ROUND = 512
"""Entries judged in one round, so that one round does not hold up the readers for long."""
MAX_GROUP = 64
"""Entries of one tournament that go to a backplane together: a message there has its limit."""
QUIET = 0.5
"""Seconds without an entry after which the log is checkpointed."""
RETRY = 1.0
"""Seconds between two attempts at a disk that refuses."""
SWOLLEN = 2_000
"""Entries after which the log is checkpointed even if it never gets quiet: often, so that each is short."""

Why = Literal["busy", "read_only"]
_DETAILS: dict[Why, str] = {
    "busy": "the hub has more to do than it can; send these again in a moment",
    "read_only": "the hub cannot write to its disk; these stay with you until it can",
}
AWAY = "the hub is cut off from its backplane; these stay with you until it is back"
"""What those are told who bring entries meanwhile."""


def utc_now() -> datetime:
    """Return the hub's clock."""
    return datetime.now(UTC)


class Rounds:
    """The one writer of a hub.

    Args:
        log: the log, open.
        audience: who is told what happened.
        make_epoch: gives the epoch of a tournament that begins.
        backplane: the order that this hub shares with others; `None` for a hub on its own. With one, nothing
            is judged before `run` or `join` has joined it.
        retention: how long the log keeps what is no score.
    """

    def __init__(
        self,
        log: SqliteLog,
        audience: Audience,
        make_epoch: Callable[[], Epoch],
        backplane: Backplane | None = None,
        retention: Retention = RETENTION,
    ) -> None:
        self.figures = Figures()
        """What was counted in this life of the hub."""
        self.durable = backplane is None
        self._log = log
        self._audience = audience
        self._news = News(audience, log.side_tail)
        self.rooms, self.sides = self._news.rooms, self._news.sides
        self._settlement = Settlement(log, self._news, make_epoch, self.figures, retention, backplane)
        self._inbox: deque[Brought] = deque()
        self._recalled: deque[Recalled] = deque()
        self._wake = asyncio.Event()
        self._shared = backplane is not None
        if backplane is not None:
            backplane.listen(self._wake.set)
        self._obstacle = AWAY
        self._reason = ""
        """Why the last attempt to go on failed, as logged."""
        self._stopping = False

    @property
    def waiting(self) -> int:
        """How many entries wait to be judged."""
        return len(self._inbox)

    def bring(
        self, sender: Sender, entries: Sequence[Entry], name: str, device: str, objection: str = ""
    ) -> None:
        """Take entries of a sender into the inbox, or defer them.

        Args:
            sender: who is answered.
            entries: in the order of the key presses.
            name: the person who brings them.
            device: the device that brings them.
            objection: why a person must decide them; `""` for nothing.
        """
        deferred: list[Entry] = []
        for entry in entries:
            if self._must_wait() or not sender.gate.admits(entry, self._settlement.is_judged):
                deferred.append(entry)
                sender.gate.defer(entry)
            else:
                own = entry.device == device and entry.by == name
                self._inbox.append(Brought(sender, entry, "" if own else name, objection))
        if deferred:
            self._defer(sender, deferred, "busy" if self.durable else "read_only")
        self._wake.set()

    def recall(self, sender: Witnessing, message: Offer | Bring, name: str, device: DeviceId) -> None:
        """Take what a client that may write says of an older epoch.

        It is dropped where it cannot be taken now: clients offer again what was not adopted.
        """
        if self.durable and not self._stopping and len(self._recalled) < MAX_RECALLED:
            self._recalled.append(Recalled(sender, message, name, device))
            self._wake.set()

    def answers(self, commands: Iterable[CommandId]) -> tuple[Answer, ...]:
        """Return the committed answers to ids, in the order of the log; unknown ones are left out."""
        return self._settlement.answers(commands)

    def stop(self) -> None:
        """Take nothing more; `run` returns when everything taken is done."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Work until stopped."""
        while not (self._stopping and (not self._inbox or not self.durable)):
            if not self.durable:
                await self._recover()
            elif self._settlement.has_news:
                await self._keep_up()
            elif self._recalled:
                # Before entries: what was made on top of old ones is then judged on top of them.
                await self._recollect(self._recalled.popleft())
            elif self._inbox:
                await self._round()
            else:
                await self._rest()

    async def close(self) -> None:
        """Store what the next start saves folding, empty the write-ahead file into the log and close it."""
        await self._settlement.close(durable=self.durable)

    @property
    def _ledger(self) -> Ledger:
        return self._settlement.ledger

    def _defer(self, sender: Sender, entries: Sequence[Entry], why: Why) -> None:
        self.figures.deferred[why] += len(entries)
        detail = self._obstacle if why == "read_only" else _DETAILS[why]
        sender.give_deferred(Deferred(tuple(entry.id for entry in entries), why, detail))

    def _must_wait(self) -> bool:
        return self._stopping or not self.durable or len(self._inbox) >= MAX_INBOX

    async def _rest(self) -> None:
        """Wait for entries; checkpoint when it gets quiet."""
        self._wake.clear()
        try:
            async with asyncio.timeout(QUIET if self._settlement.since_checkpoint else None):
                await self._wake.wait()
        except TimeoutError:
            await self._settlement.tidy(APART)

    async def _round(self) -> None:
        brought = [self._inbox.popleft() for _ in range(min(MAX_ROUND, len(self._inbox)))]
        if self._shared:
            await self._settle_apart(brought)
        else:
            await self._settle_entries(brought)
        if self._settlement.since_checkpoint > SWOLLEN:
            await self._settlement.tidy(FAR_APART)

    async def _settle_entries(self, brought: Sequence[Brought], behind: Sequence[Brought] = ()) -> bool:
        """Judge, store and answer entries, or defer them and those behind; tell whether that succeeded."""
        replies: dict[Sender, Reply] = {}

        async def judge() -> Sequence[Ruling]:
            nonlocal replies
            rulings, replies = self._judge(brought)
            return rulings

        rulings = await self._settle(judge, (*brought, *behind))
        if rulings is None:
            return False
        committed_at = perf_counter()
        for sender, reply in replies.items():
            reply.give(sender)
        self._news.publish(rulings, self._ledger.state)
        if rulings:
            self.figures.fanout.observe(perf_counter() - committed_at)
        return True

    async def _settle_apart(self, brought: Sequence[Brought]) -> None:
        """Settle entries tournament by tournament: hubs share one order for each."""
        limit = MAX_GROUP
        while brought:
            tournament = brought[0].entry.tournament
            part: list[Brought] = []
            rest: list[Brought] = []
            for one in brought:
                fits = one.entry.tournament == tournament and len(part) < limit
                (part if fits else rest).append(one)
            try:
                if not await self._settle_entries(part, rest):
                    return
            except TooLarge as error:
                if len(part) > 1:
                    limit = len(part) // 2
                    continue
                part[0].sender.give_problem(Problem(error.code, error.detail, (part[0].entry.id,)))
                limit = MAX_GROUP
            brought = rest

    async def _settle(
        self, judge: Callable[[], Awaitable[Sequence[Ruling]]], brought: Sequence[Brought] = ()
    ) -> Sequence[Ruling] | None:
        """Judge and store; return `None` where that failed: then what was brought is deferred.

        Raises:
            TooLarge: a backplane does not take so much at once; nothing was judged.
        """
        try:
            return await self._settlement.settle(judge)
        except (NotSaved, BadLog) as error:
            self._fail(brought, error)
            return None

    async def _keep_up(self) -> None:
        try:
            await self._settlement.follow()
        except (NotSaved, BadLog) as error:
            self._fail((), error)

    async def _recollect(self, one: Recalled) -> None:
        """Adopt what was brought, or say what of an offer is wanted; a new epoch may begin with that."""
        try:
            if isinstance(one.message, Bring):
                await self._adopt(one, one.message)
            else:
                await self._look_at(one, one.message)
        except BadLog as error:
            logger.warning("what %s has of an older epoch must wait: %s", one.device, error)

    async def _adopt(self, one: Recalled, bring: Bring) -> None:
        seqs = [event.seq for event in bring.events]

        async def judge() -> Sequence[Ruling]:
            filed = await self._settlement.ask(self._log.filed, bring.tournament, bring.epoch, seqs)
            return self._ledger.adopt(bring, filed, utc_now(), one.name)

        rulings = await self._settle(judge)
        if rulings is not None:
            self._news.publish(rulings, self._ledger.state)

    async def _look_at(self, one: Recalled, offer: Offer) -> None:
        tournament, position = offer.tournament, offer.position
        try:
            # What this client saw at another hub may only not have come here yet.
            await self._settlement.level()
        except NotSaved as error:
            self._fail((), error)
            return
        differs = False

        async def judge() -> Sequence[Ruling]:
            nonlocal differs
            filed = await self._settlement.ask(self._log.filed, tournament, position.epoch, (position.seq,))
            differs = filed.get(position.seq, position.command) != position.command
            ruling = self._ledger.receive_offer(offer, utc_now(), one.name, one.device, differs=differs)
            return () if ruling is None else (ruling,)

        rulings = await self._settle(judge)
        if rulings is None:
            return
        if rulings:
            logger.warning("%s has seen of %s what this log lacks: %s", one.device, tournament, position)
            self._news.publish(rulings, self._ledger.state)
        if not offer.spans:
            return
        here = await self._settlement.ask(self._log.spans, tournament, position.epoch)
        offer = replace(offer, forked=offer.forked or differs)
        spans = wanted(self._ledger.state(tournament), offer, here)
        one.sender.give_want(Want(tournament, position.epoch, spans))

    def _judge(self, brought: Sequence[Brought]) -> tuple[list[Ruling], dict[Sender, Reply]]:
        """Judge one after the other, and return what to commit and what to say once it is."""
        at = utc_now()
        rulings: list[Ruling] = []
        replies: dict[Sender, Reply] = {}
        for one in brought:
            reply = replies.setdefault(one.sender, Reply())
            try:
                judgement = self._ledger.submit(one.entry, at, one.deliverer, self._objection(one))
            except Malformed as error:
                self.figures.commands["unusable"] += 1
                reply.problems.append(Problem(error.code, error.detail, (one.entry.id,)))
                continue
            match judgement:
                case Contradicted(command, detail):
                    self.figures.commands["unusable"] += 1
                    reply.problems.append(Problem("unknown_id_content", detail, (command,)))
                case Repeated(answer):
                    self.figures.commands["repeated"] += 1
                    reply.answers.append(answer)
                case Ruling() as ruling:
                    rulings.append(ruling)
                    reply.answers.append(ruling.answer)
        return rulings, replies

    def _objection(self, brought: Brought) -> str:
        """Return why rights refuse an entry, as the tournament stands now; `""` for nothing."""
        state = self._ledger.state(brought.entry.tournament)
        return judge_entry(brought.sender.pass_, brought.entry, state).reason or brought.objection

    def _fail(self, brought: Sequence[Brought], error: NotSaved | BadLog) -> None:
        """Defer the round and all that waits behind it: judging later entries first would turn the order."""
        logger.error("read-only: %s", error)
        self._reason = str(error)
        self.durable = False
        self._obstacle = _DETAILS["read_only"] if self._settlement.must_reread else AWAY
        waiting = [*brought, *self._inbox]
        self._inbox.clear()
        deferred: dict[Sender, list[Entry]] = {}
        for one in waiting:
            deferred.setdefault(one.sender, []).append(one.entry)
        for sender, entries in deferred.items():
            sender.gate.put_back(entries)
            self._defer(sender, entries, "read_only")
        self._audience.show_durable(False)

    async def _recover(self) -> None:
        """Try again to go on; wait a while if that fails."""
        try:
            await self._go_on()
        except (NotSaved, BadLog) as error:
            if str(error) != self._reason:
                logger.warning("still read-only: %s", error)
            self._reason = str(error)
            self._wake.clear()
            try:
                async with asyncio.timeout(RETRY):
                    while not self._stopping:
                        await self._wake.wait()
                        self._wake.clear()
            except TimeoutError:
                return
            return
        logger.info("the log takes writes again")
        self._audience.show_durable(True)

    async def join(self) -> None:
        """Join the backplane before the first client comes.

        Raises:
            NotSaved: it is away; `run` tries again.
            BadLog: the log and the backplane do not go together.
        """
        await self._go_on()

    async def _go_on(self) -> None:
        """Prove that writing works; what a failed commit left after all is given out like any other.

        Raises:
            NotSaved: disk or backplane still refuse.
            BadLog: the log contradicts itself, or the backplane.
        """
        await self._settlement.go_on()
        self.durable = True
