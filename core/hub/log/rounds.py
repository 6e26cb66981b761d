"""Write rounds: what gathered during the last one is judged, committed together, and only then given out.

Owns the inbox, the ledger, the rooms' committed states and the writer thread. There is no timer: an entry
that comes alone is committed alone. When the disk refuses, nothing of that round leaves, the hub serves
readers on, says that it is not durable, and goes on by itself once the disk takes writes again. Where several
hubs share a backplane, a round is of one tournament, is taken by the backplane before it is committed, and is
judged again if another hub was quicker; a backplane that is away is like a disk that refuses.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

# The loop's own clock stands still within one turn, and has steps of a millisecond.
from time import perf_counter
from typing import TYPE_CHECKING, Literal, TypeVar, TypeVarTuple

from msgspec.structs import replace

from core.errors import BadLog, Malformed, NotSaved, TooLarge
from core.hub.door.access import judge_entry
from core.hub.judging.ledger import Contradicted, Ledger, Repeated, Ruling
from core.hub.judging.parties import Brought, Recalled, Reply
from core.hub.judging.recollection import wanted
from core.hub.rooms.room import Rooms
from core.hub.rooms.side import Sides
from core.hub.web.figures import Figures
from core.wire.messages import Deferred, Problem
from core.wire.offers import Bring, Offer, Want

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from core.domain.answers import Answer
    from core.domain.commands import Entry
    from core.domain.events import Event
    from core.domain.ids import CommandId, DeviceId, Epoch, RoomId, TournamentId
    from core.hub.judging.backplane import Backplane
    from core.hub.judging.chain import Step
    from core.hub.judging.parties import Audience, Sender, Witnessing
    from core.hub.log.sqlite_log import Content, SqliteLog
    from core.hub.rooms.side import Said

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

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
SWOLLEN = 20_000
"""Entries after which the log is checkpointed even if it never gets quiet."""
APART, FAR_APART, LAST_APART = 1_000, 100_000, 100
"""Events of a tournament between two stored snapshots: in quiet moments, if it never gets quiet, and at the
end. A hub that starts folds no more of each than these."""

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
    """

    def __init__(
        self,
        log: SqliteLog,
        audience: Audience,
        make_epoch: Callable[[], Epoch],
        backplane: Backplane | None = None,
    ) -> None:
        self.rooms = Rooms()
        self.sides = Sides(log.side_tail)
        self.durable = backplane is None
        self.figures = Figures()
        """What was counted in this life of the hub."""
        self._log = log
        self._audience = audience
        self._make_epoch = make_epoch
        self._writer = ThreadPoolExecutor(1, "log")
        self._inbox: deque[Brought] = deque()
        self._recalled: deque[Recalled] = deque()
        self._wake = asyncio.Event()
        self._backplane = backplane
        if backplane is not None:
            backplane.listen(self._wake.set)
        self._obstacle = AWAY
        self._reason = ""
        """Why the last attempt to go on failed, as logged."""
        self._must_reread = False
        """Whether only the log knows what is committed."""
        self._uncommitted: frozenset[CommandId] = frozenset()
        self._stopping = False
        self._since_checkpoint = 0
        self._ledger = self._take(log.read())

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
            if self._must_wait() or not sender.gate.admits(entry, self._is_judged):
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
        ids = [command for command in commands if command not in self._uncommitted]
        try:
            found = [answer for answer in map(self._ledger.answer, ids) if answer is not None]
        except BadLog as error:
            # Who waits for an answer sends the entry again.
            logger.warning("answers are not told now: %s", error)
            return ()
        return tuple(sorted(found, key=lambda one: one.seq))

    def stop(self) -> None:
        """Take nothing more; `run` returns when everything taken is done."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Work until stopped."""
        while not (self._stopping and (not self._inbox or not self.durable)):
            if not self.durable:
                await self._recover()
            elif self._backplane is not None and self._backplane.has_news:
                await self._keep_up(self._backplane)
            elif self._recalled:
                # Before entries: what was made on top of old ones is then judged on top of them.
                await self._recollect(self._recalled.popleft())
            elif self._inbox:
                await self._round()
            else:
                await self._rest()

    async def close(self) -> None:
        """Store what the next start saves folding, empty the write-ahead file into the log and close it."""
        if self.durable:
            await self._store(LAST_APART)
        await self._write(self._log.close)
        self._writer.shutdown()

    def _defer(self, sender: Sender, entries: Sequence[Entry], why: Why) -> None:
        self.figures.deferred[why] += len(entries)
        detail = self._obstacle if why == "read_only" else _DETAILS[why]
        sender.give_deferred(Deferred(tuple(entry.id for entry in entries), why, detail))

    def _is_judged(self, command: CommandId) -> bool:
        try:
            return self._ledger.answer(command) is not None
        except BadLog:
            # It is looked for again when its entry is judged, and that failure has its consequences.
            return False

    def _must_wait(self) -> bool:
        return self._stopping or not self.durable or len(self._inbox) >= MAX_INBOX

    async def _rest(self) -> None:
        """Wait for entries; checkpoint when it gets quiet."""
        self._wake.clear()
        try:
            async with asyncio.timeout(QUIET if self._since_checkpoint else None):
                await self._wake.wait()
        except TimeoutError:
            await self._checkpoint(APART)

    async def _checkpoint(self, apart: int) -> None:
        self._since_checkpoint = 0
        await self._store(apart)
        try:
            await self._write(self._log.checkpoint)
        except NotSaved as error:
            logger.warning("checkpoint put off: %s", error)

    async def _store(self, apart: int) -> None:
        """Store snapshots of the tournaments that went on by so many events."""
        try:
            await self._write(self._log.store, [room.state for room in self.rooms.all()], apart)
        except NotSaved as error:
            logger.warning("snapshots put off: %s", error)

    async def _round(self) -> None:
        brought = [self._inbox.popleft() for _ in range(min(MAX_ROUND, len(self._inbox)))]
        if self._backplane is None:
            await self._settle_entries(brought)
        else:
            await self._settle_apart(brought)
        if self._since_checkpoint > SWOLLEN:
            await self._checkpoint(FAR_APART)

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
        self._publish(rulings)
        if rulings:
            self.figures.fanout.observe(perf_counter() - committed_at)
        return True

    async def _settle_apart(self, brought: Sequence[Brought]) -> None:
        """Settle entries tournament by tournament: hubs share one order for each."""
        limit = MAX_GROUP
        while brought:
            tournament = brought[0].entry.tournament
            part = [one for one in brought if one.entry.tournament == tournament][:limit]
            rest = [one for one in brought if one not in part]
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
        if self._backplane is not None:
            try:
                return await self._agree(judge, self._backplane)
            except (NotSaved, BadLog) as error:
                self._fail(brought, error)
                return None
        try:
            rulings = await judge()
            await self._commit(rulings)
        except NotSaved as error:
            self._fail(brought, error)
            return None
        except BadLog as error:
            # What was judged before the log could not be read is in no log: nobody may be told.
            self._ledger.forget()
            self._must_reread = True
            self._fail(brought, error)
            return None
        return rulings

    async def _agree(
        self, judge: Callable[[], Awaitable[Sequence[Ruling]]], backplane: Backplane
    ) -> Sequence[Ruling]:
        """Judge on top of what every hub has judged, again and again until no other one was quicker."""
        while True:
            await self._follow(backplane)
            mark = self._ledger.mark()
            step = None
            try:
                rulings = await judge()
                if not rulings:
                    return rulings
                self._uncommitted = _answered(rulings)
                position = self._ledger.positions.get(rulings[0].tournament)
                step = await backplane.publish(rulings, position)
            finally:
                if step is None:
                    self._ledger.rewind(mark)
                    self._uncommitted = frozenset()
            if step is not None:
                await self._commit(rulings, step)
                backplane.advance(step)
                return rulings

    async def _follow(self, backplane: Backplane) -> None:
        """Store and tell what other hubs judged, as far as it has come."""
        while (come := backplane.take()) is not None:
            link = come.step.link
            try:
                self._ledger.follow(come.rulings)
                at = self._ledger.positions.get(link.tournament)
                if (link.epoch, link.seq) != (("", 0) if at is None else (at.epoch, at.seq)):
                    raise BadLog(f"group {link.group}", f"it leads to {link.epoch}:{link.seq}, here to {at}")
            except BadLog as error:
                self._must_reread = True
                backplane.give_up(error)
                raise
            await self._commit(come.rulings, come.step)
            backplane.advance(come.step)
            self._publish(come.rulings)

    async def _keep_up(self, backplane: Backplane) -> None:
        try:
            await self._follow(backplane)
        except (NotSaved, BadLog) as error:
            self._fail((), error)

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
                await self._write(self._log.commit, rulings)
            else:
                await self._write(self._log.commit, rulings, step)
        except NotSaved:
            # They stay uncommitted: the ledger has their answers until it is made anew.
            self._must_reread = True
            raise
        self._uncommitted = frozenset()
        self._ledger.forget()
        self.figures.commits.observe(perf_counter() - began_at)
        self.figures.commands.update(answer.outcome for answer in _answers(rulings))
        self._since_checkpoint += len(rulings)

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
            filed = await self._write(self._log.filed, bring.tournament, bring.epoch, seqs)
            return self._ledger.adopt(bring, filed, utc_now(), one.name)

        rulings = await self._settle(judge)
        if rulings is not None:
            self._publish(rulings)

    async def _look_at(self, one: Recalled, offer: Offer) -> None:
        tournament, position = offer.tournament, offer.position
        if self._backplane is not None:
            try:
                # What this client saw at another hub may only not have come here yet.
                await self._level(self._backplane)
            except NotSaved as error:
                self._fail((), error)
                return
        differs = False

        async def judge() -> Sequence[Ruling]:
            nonlocal differs
            filed = await self._write(self._log.filed, tournament, position.epoch, (position.seq,))
            differs = filed.get(position.seq, position.command) != position.command
            ruling = self._ledger.receive_offer(offer, utc_now(), one.name, one.device, differs=differs)
            return () if ruling is None else (ruling,)

        rulings = await self._settle(judge)
        if rulings is None:
            return
        if rulings:
            logger.warning("%s has seen of %s what this log lacks: %s", one.device, tournament, position)
            self._publish(rulings)
        if not offer.spans:
            return
        here = await self._write(self._log.spans, tournament, position.epoch)
        offer = replace(offer, forked=offer.forked or differs)
        spans = wanted(self._ledger.state(tournament), offer, here)
        one.sender.give_want(Want(tournament, position.epoch, spans))

    async def _level(self, backplane: Backplane) -> None:
        """Follow until everything is here that is on the backplane now."""
        await backplane.catch_up()
        await self._follow(backplane)
        while not backplane.is_level:
            await backplane.wait()
            await self._follow(backplane)

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

    def _publish(self, rulings: Sequence[Ruling]) -> None:
        """Bring the rooms to what was committed and tell their members: one batch a room."""
        happened: dict[TournamentId, list[Event]] = {}
        for ruling in rulings:
            state = self._ledger.state(ruling.tournament)
            # What is filed of an older epoch is no news of this one.
            if ruling.answer.events and state is not None and state.position.epoch == ruling.answer.epoch:
                happened.setdefault(ruling.tournament, []).extend(ruling.answer.events)
        opened = False
        for tournament, events in happened.items():
            state = self._ledger.state(tournament)
            assert state is not None, "events were judged on a state"
            room = self.rooms.room(tournament)
            if room is None:
                self.rooms.open(state, events)
                opened = True
            elif events[0].seq == 1:
                room.restart(state, events)
                self._audience.restart(room)
                opened = True
            else:
                room.advance(state, events)
                self._audience.publish(room, tuple(events))
        if opened:
            self._audience.announce()
        self._publish_sides([ruling.said for ruling in rulings if ruling.said is not None])

    def _publish_sides(self, said: Iterable[Said]) -> None:
        happened: dict[RoomId, list[Said]] = {}
        for one in said:
            happened.setdefault(one.room, []).append(one)
        for room, news in happened.items():
            epoch = news[-1].epoch
            fresh = self.sides.advance(room, epoch, [one.event for one in news])
            if fresh:
                self._audience.publish_side(room, epoch, fresh)

    def _fail(self, brought: Sequence[Brought], error: NotSaved | BadLog) -> None:
        """Defer the round and all that waits behind it: judging later entries first would turn the order."""
        logger.error("read-only: %s", error)
        self._reason = str(error)
        self.durable = False
        self._obstacle = _DETAILS["read_only"] if self._must_reread else AWAY
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
        if self._must_reread:
            content = await self._write(self._log.recover)
            self._ledger = self._take(content)
            self._must_reread = False
        self._uncommitted = frozenset()
        if self._backplane is not None:
            chain = await self._write(self._log.chain)
            await self._backplane.join(chain, self._ledger.positions)
            await self._level(self._backplane)
        self.durable = True

    def _take(self, content: Content) -> Ledger:
        """Make the ledger from the log, and bring the rooms to where it stands."""
        opened = False
        for kept in content.tournaments:
            room = self.rooms.room(kept.state.id)
            if room is None:
                self.rooms.open(kept.state, kept.recent, kept.created_at)
                opened = True
                continue
            here, there = room.state.position, kept.state.position
            missed = tuple(event for event in kept.recent if event.seq > here.seq)
            if here.epoch != there.epoch or there.seq - here.seq > len(missed):
                room.restart(kept.state, kept.recent)
                self._audience.restart(room)
                opened = True
            elif missed:
                room.advance(kept.state, missed)
                self._audience.publish(room, missed)
        if opened:
            self._audience.announce()
        for side, missed_there in self.sides.restart(content.sides).items():
            self._audience.publish_side(side.id, side.epoch, missed_there)
        states = (kept.state for kept in content.tournaments)
        return Ledger(self._make_epoch, states, self._log.known, content.sides)

    async def _write(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work, *args)


def _answered(rulings: Iterable[Ruling]) -> frozenset[CommandId]:
    """Return every id that these rulings answer, those withdrawn before they came included."""
    return frozenset(answer.id for answer in _answers(rulings))


def _answers(rulings: Iterable[Ruling]) -> Iterator[Answer]:
    answers = (answer for ruling in rulings for answer in (ruling.answer, ruling.withdrawn))
    return (answer for answer in answers if answer is not None)
