"""The outbox: this device's entries, from the journal's row to the hub's answer.

Owns their states. Guarantees that an entry keeps its id for ever, is resent without any cap, and never
expires; that what goes on a link follows every earlier unanswered entry of its match on that link (`lanes`);
and that only `low` ones that certainly never left make room when the outbox is full, or expire where that is
wanted: dead letters, listed as refused until a person dismisses them or sends them after all. The journal
itself, and what an entry does to the score, are others' affair. Times are monotonic seconds.
"""

from __future__ import annotations

from itertools import islice, takewhile
from typing import TYPE_CHECKING

from core.domain.text import MAX_TEXT, clean
from core.errors import BadInput, NotSaved
from core.realtime.effects import JournalRow, LinkId, QueueChanged, Record
from core.realtime.links.backoff import Dice, backoff
from core.realtime.outbox.lanes import Item, Items, Lane, Lanes
from core.realtime.outbox.lineup import Lineup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from core.domain.answers import Answer, Outcome
    from core.domain.commands import Entry
    from core.domain.ids import CommandId, TournamentId
    from core.domain.state import Position
    from core.realtime.config import EngineConfig
    from core.realtime.view import EntryState
    from core.wire.messages import Deferred

KEPT_ANSWERED = 200
"""How many confirmed or withdrawn entries stay listed, so that screens can show what became of them."""
MAX_NAMED = 5_000
"""Most ids that one join names, so that it fits a frame; the answers to others come by resending them."""

_STATES: Mapping[Outcome, EntryState] = {
    "accepted": "confirmed",
    "held": "conflict",
    "refused": "refused",
    "withdrawn": "withdrawn",
    "sent": "sent",
}
_WAITING: frozenset[EntryState] = frozenset({"saving", "saved", "sending"})
_DONE: frozenset[EntryState] = frozenset({"confirmed", "official", "withdrawn", "sent"})


class Outbox:
    """All entries that wait, are in flight, want a decision, or were answered a short while ago.

    Args:
        config: figures of the engine.
        dice: where jitter comes from.
    """

    def __init__(self, config: EngineConfig, dice: Dice) -> None:
        self._config = config
        self._dice = dice
        self._saving: dict[CommandId, Entry] = {}
        self._lineup = Lineup()
        """Every listed entry; of these some wait in the lanes, some are in flight, some are done."""
        self._items = self._lineup.items
        self._lanes = Lanes(dice)
        self._flying: Items = {}
        self._held: Items = {}
        self._done: Items = {}
        self._expiring: dict[CommandId, float] = {}
        """When entries that may expire do, the first one first."""
        self._confirmed_total = 0
        self._evicted_total = 0

    def knows(self, id: CommandId) -> bool:
        """Return whether an entry is listed."""
        return id in self._items

    def entry(self, id: CommandId) -> Entry:
        """Return a listed entry by its id."""
        return self._items[id].entry

    def state(self, id: CommandId) -> EntryState | None:
        """Return an entry's state; `None` for one that is not known."""
        if id in self._saving:
            return "saving"
        item = self._items.get(id)
        return None if item is None else item.state

    def record(self, id: CommandId) -> Record:
        """Return what the journal is to say of a listed entry."""
        item = self._items[id]
        return Record(id, item.state, item.attempts, item.answer, item.reason)

    def stranded(self, held: Collection[TournamentId]) -> Mapping[TournamentId, int]:
        """Return how many entries wait for tournaments that the hub does not hold and nobody here creates."""
        return self._lanes.stranded(held)

    def named(self, tournament: TournamentId) -> tuple[CommandId, ...]:
        """Return the ids that a join names: entries that may have left and have no answer here, by row."""
        ids = [
            item.entry.id
            for item in self._items.values()
            if item.entry.tournament == tournament and item.state in _WAITING and not item.unseen
        ]
        return tuple(ids[:MAX_NAMED])

    def conflicts(self) -> list[tuple[TournamentId, Answer]]:
        """Return the answers by which this device's entries are held, each with its tournament."""
        return [
            (item.entry.tournament, item.answer) for item in self._held.values() if item.answer is not None
        ]

    def submit(self, entry: Entry) -> tuple[bool, list[Record]]:
        """Take an entry that is to be saved.

        Returns:
            Whether it is new, and what became of another that made room for it.

        Raises:
            NotSaved: there is no room, and nothing low to make some.
            BadInput: the id is known with other content.
        """
        item = self._items.get(entry.id)
        known = item.entry if item is not None else self._saving.get(entry.id)
        if known is None:
            records = self._make_room()
            self._saving[entry.id] = entry
            return True, records
        if known != entry:
            raise BadInput(f"entry {entry.id} exists with other content; give a new entry a new id")
        return False, []

    def receive_saved(self, rows: Mapping[CommandId, int], now: float) -> None:
        """Note that entries are in the journal."""
        for id, row in rows.items():
            entry = self._saving.pop(id, None)
            if entry is not None:
                item = Item(row, entry, "saved")
                self._insert(item)
                self._let_expire(item, now)

    def receive_save_failed(self, ids: Iterable[CommandId]) -> None:
        """Forget entries that could not be saved."""
        for id in ids:
            self._saving.pop(id, None)

    def receive_rows(self, rows: Iterable[JournalRow]) -> None:
        """Take rows that this process did not write: all of them at its start, later those of others."""
        for row in rows:
            self._saving.pop(row.entry.id, None)
            before = self._items.get(row.entry.id)
            if before is not None:
                self._forget(before)
            state = "saved" if row.answer is None and row.state in _WAITING else row.state
            if row.answer is not None and row.answer.outcome == "sent":
                # Sending it again by hand had begun: whether it left is not known, so it is not sent twice.
                state = "sent"
            reason = clean(row.reason, MAX_TEXT)
            if self._config.basic and state == "saved" and row.attempts:
                # In the journal it still waits, for a hub that can tell whether it came.
                state, reason = "sent", "it may have left before, and cannot be confirmed"
            self._insert(Item(row.row, row.entry, state, row.attempts, True, row.answer, reason))

    def become_sender(self) -> None:
        """Take over from a process that may have sent whatever is not answered."""
        self._lanes.mark()

    def take(
        self, link: LinkId, barred: Collection[TournamentId], held: Collection[TournamentId], now: float
    ) -> list[Entry]:
        """Return the entries that go on a link now, in order; from here on they are in flight.

        What is in flight on another link of tournaments that go on this one is sent again here, before all
        that follows it: the hub might see the two links in any order.

        Args:
            link: the link.
            barred: tournaments whose entries wait for now, or go on another link.
            held: the tournaments that the hub holds; to others only their creation goes.
            now: when they go.
        """
        elsewhere = [item for item in self._flying.values() if item.link != link]
        self._land([item for item in elsewhere if item.entry.tournament not in barred], "")
        room = self._config.window_entries - sum(item.link == link for item in self._flying.values())
        taken: list[Entry] = []
        while room > 0 and (picked := self._lanes.pick(room, barred, held)):
            for item in picked:
                self._send(item, link, now)
            taken += (item.entry for item in picked)
            room -= len(picked)
        return taken

    def receive_answers(self, answers: Iterable[Answer], now: float) -> list[Record]:
        """Note what the hub decided; an answer to an entry that has one changes nothing."""
        records: list[Record] = []
        for answer in answers:
            item = self._items.get(answer.id)
            if item is None or item.answer is not None:
                continue
            if item.sent_at is not None:
                item.latency = now - item.sent_at
            item.answer = answer
            self._confirmed_total += answer.outcome == "accepted"
            self._lanes.resume(item.lane)
            records.append(self._settle(item, _STATES[answer.outcome], answer.reason))
        return records

    def receive_problem(self, ids: Iterable[CommandId], why: str) -> list[Record]:
        """Note that the hub cannot take entries at all: they are shown as refused, and never sent again."""
        items = [item for id in ids if (item := self._items.get(id)) is not None]
        return [self._settle(item, "refused", why) for item in items if item.state in _WAITING]

    def receive_deferred(self, deferred: Deferred, now: float) -> None:
        """Pause the matches of entries that the hub did not judge; each goes on from its first unanswered."""
        items = [item for id in deferred.ids if (item := self._flying.get(id)) is not None]
        for lane in dict.fromkeys(item.lane for item in items):
            self._lanes.pause(lane, deferred.retry_after, now)
            self._rewind(lane, clean(deferred.detail, MAX_TEXT))

    def receive_link_lost(self, link: LinkId) -> None:
        """Take back what was in flight on a link: all of it goes again, on whichever link comes next."""
        self._lanes.resume_all()
        self._land([item for item in self._flying.values() if item.link == link], "")

    def receive_moved(self, tournament: TournamentId) -> None:
        """Take back what is in flight of a tournament that another link carries now: all of it goes there."""
        self._rewind((tournament, None), "")

    def receive_overturned(self, answer: Answer) -> list[Record]:
        """Note that an accepted entry is held after all: its hub lost it, and it came back too late."""
        if self.state(answer.id) != "confirmed":
            return []
        item = self._done.pop(answer.id)
        item.answer = answer
        return [self._settle(item, "conflict", answer.reason)]

    def receive_settled(self, ids: Iterable[CommandId], reason: str) -> list[Record]:
        """Note that somebody decided about held entries: they count nowhere, and need nobody any more."""
        return [
            self._settle(self._items[id], "withdrawn", reason) for id in ids if self.state(id) == "conflict"
        ]

    def trim(self, positions: Mapping[TournamentId, Position]) -> None:
        """List at most `KEPT_ANSWERED` answered entries, besides those that the store has yet to reach."""
        surplus = len(self._done) - KEPT_ANSWERED
        if surplus <= 0:
            return
        for item in list(self._done.values())[:surplus]:
            if _is_reached(item, positions.get(item.entry.tournament)):
                self._forget(item)

    def withdrawable(self, id: CommandId) -> bool:
        """Return whether an entry certainly never left."""
        item = self._items.get(id)
        return item is not None and item.state == "saved" and item.unseen

    def withdraw(self, id: CommandId) -> Record:
        """Take back an entry that is `withdrawable`, or dismiss one that is refused from the list."""
        item = self._items[id]
        dismissed = item.state == "refused"
        record = self._settle(item, "withdrawn", item.reason)
        if dismissed:
            self._forget(item)
        return record

    def retry(self, id: CommandId, now: float) -> list[Record]:
        """Have an entry sent as soon as can be: end the pauses that hold it.

        A dead letter, and what was `sent` without anybody to confirm it, are brought back by it.
        """
        item = self._items.get(id)
        if item is None:
            return []
        self._lanes.resume(item.lane)
        self._lanes.resume((item.entry.tournament, None))
        is_dead = item.state == "refused" and item.answer is None and item.priority == "low"
        if not (is_dead or item.state == "sent"):
            return []
        self._done.pop(id, None)
        item.state, item.answer, item.reason = "saved", None, ""
        self._lanes.add([item])
        self._let_expire(item, now)
        self._lineup.note(item)
        return [self.record(id)]

    def next_deadline(self) -> float | None:
        """Return when a pause ends, an answer is overdue or an entry expires; `None` while none can."""
        due = [item.overdue_at for item in self._flying.values()]
        due += [at for at in (self._lanes.next_deadline(),) if at is not None]
        due += [*islice(self._expiring.values(), 1)]
        return min(due, default=None)

    def handle_deadline(self, now: float) -> list[Record]:
        """End pauses, have matches with overdue answers sent again, and let expire what is not to be late.

        Late means unknown, never failed: an entry is sent again, under its id, for as long as it takes.
        """
        self._lanes.handle_deadline(now)
        late = [item.lane for item in self._flying.values() if item.overdue_at <= now]
        for lane in dict.fromkeys(late):
            self._rewind(lane, "the hub has not answered yet; sending again")
        return self._expire(now)

    def change(self) -> QueueChanged | None:
        """Return the queue if it changed since the last call."""
        told = self._lineup.change()
        if told is None:
            return None
        queue, changed = told
        return QueueChanged(queue, self._confirmed_total, self._evicted_total, changed)

    def _insert(self, item: Item) -> None:
        """List an entry, in its place by row."""
        self._lineup.insert(item)
        if item.state in _WAITING:
            self._lanes.add([item])
        else:
            self._shelve(item)

    def _forget(self, item: Item) -> None:
        self._lanes.discard(item)
        for items in (self._flying, self._held, self._done):
            items.pop(item.entry.id, None)
        self._expiring.pop(item.entry.id, None)
        self._lineup.forget(item)

    def _send(self, item: Item, link: LinkId, now: float) -> None:
        self._lanes.discard(item)
        self._expiring.pop(item.entry.id, None)
        self._flying[item.entry.id] = item
        item.state, item.link, item.sent_at, item.reason = "sending", link, now, ""
        item.overdue_at = now + self._patience(item.attempts)
        item.attempts += 1
        self._lineup.note(item)

    def _patience(self, attempts: int) -> float:
        """Return how long an answer to the last sending may take, after so many before it."""
        config = self._config
        if not attempts:
            return config.answer_timeout
        return config.answer_timeout + backoff(
            attempts - 1, config.backoff_first, config.backoff_cap, self._dice
        )

    def _land(self, items: list[Item], reason: str) -> None:
        """Take entries out of flight, unanswered, to be sent again."""
        for item in items:
            del self._flying[item.entry.id]
            item.state, item.link, item.reason = "saved", None, reason
            self._lineup.note(item)
        self._lanes.add(items)

    def _rewind(self, lane: Lane, reason: str) -> None:
        """Have a match, or all of a tournament, go again from its first unanswered entry."""
        tournament, match = lane
        self._land(
            [
                item
                for item in self._flying.values()
                if item.entry.tournament == tournament and (match is None or item.lane == lane)
            ],
            reason,
        )

    def _settle(self, item: Item, state: EntryState, reason: str) -> Record:
        """Note what became of an entry in the end, but for a person's decision."""
        self._lanes.discard(item)
        self._flying.pop(item.entry.id, None)
        self._held.pop(item.entry.id, None)
        self._expiring.pop(item.entry.id, None)
        item.state, item.reason, item.link = state, clean(reason, MAX_TEXT), None
        self._shelve(item)
        self._lineup.note(item)
        return self.record(item.entry.id)

    def _let_expire(self, item: Item, now: float) -> None:
        """Begin the time of a message; what is on a match has all the time there is."""
        if self._config.low_ttl and item.priority == "low":
            self._expiring[item.entry.id] = now + self._config.low_ttl

    def _expire(self, now: float) -> list[Record]:
        late = [*takewhile(lambda id: self._expiring[id] <= now, self._expiring)]
        for id in late:
            del self._expiring[id]
        reason = f"it was not sent within {self._config.low_ttl:g} s"
        items = [self._items[id] for id in late]
        return [self._settle(item, "refused", reason) for item in items if item.unseen]

    def _shelve(self, item: Item) -> None:
        """Put an entry that waits for no answer where its state belongs; refused ones are listed only."""
        if item.state == "conflict":
            self._held[item.entry.id] = item
        elif item.state in _DONE:
            self._done[item.entry.id] = item

    def _make_room(self) -> list[Record]:
        waiting = len(self._saving) + len(self._lanes) + len(self._flying)
        if waiting < self._config.outbox_entries:
            return []
        low = self._lanes.low()
        if low is None:
            raise NotSaved("the outbox", f"{waiting:,} entries wait for the hub already")
        self._evicted_total += 1
        return [self._settle(low, "refused", "it made room for more urgent entries")]


def _is_reached(item: Item, position: Position | None) -> bool:
    """Return whether the store has what an answered entry did, so that nothing need be laid over for it."""
    answer = item.answer
    if answer is None or position is None or answer.epoch != position.epoch:
        return True
    return answer.seq <= position.seq
