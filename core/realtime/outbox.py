"""The outbox: this device's entries, from the journal's row to the hub's answer, and which go on a link next.

Owns their states and the order of sending. Guarantees that an entry goes on a link only after every earlier
unanswered one of its match went on it, and an entry on the tournament after, and before, everything of that
tournament that surrounds it by row; priority reorders across matches only. An entry keeps its id for ever, is
resent without any cap, and never expires; only unsent `low` ones make room when the outbox is full. The
journal itself, and what an entry does to the score, are others' affair. Times are monotonic seconds.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.commands import PRIORITIES, CreateTournament, Entry, match_of, priority
from core.domain.ids import CommandId, MatchId, TournamentId
from core.domain.text import MAX_TEXT, clean
from core.errors import BadInput, NotSaved
from core.realtime.effects import JournalRow, LinkId, QueueChanged, Record
from core.realtime.view import EntryState, Queued

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from core.domain.answers import Answer, Outcome
    from core.domain.state import Position
    from core.realtime.config import EngineConfig
    from core.wire.messages import Deferred

KEPT_ANSWERED = 200
"""How many confirmed or withdrawn entries stay listed, so that screens can show what became of them."""
MAX_NAMED = 10_000
"""Most ids that one join names; the answers to others come by resending them."""
LONGEST_PAUSE = 30.0
"""Longest wait after a hub deferred an entry again and again."""

_STATES: Mapping[Outcome, EntryState] = {
    "accepted": "confirmed",
    "held": "conflict",
    "refused": "refused",
    "withdrawn": "withdrawn",
}
_RANKS = {name: rank for rank, name in enumerate(PRIORITIES)}
_DONE: frozenset[EntryState] = frozenset({"confirmed", "official", "withdrawn"})

Lane = tuple[TournamentId, MatchId | None]
"""What keeps its order: a match, or (without one) the tournament as a whole."""


@dataclass(slots=True, eq=False)
class _Item:
    """One entry; changed by the outbox only."""

    row: int
    entry: Entry
    state: EntryState
    attempts: int = 0
    may_have_left: bool = False
    """Whether another process, or this one before a restart, may have sent it unrecorded."""
    answer: Answer | None = None
    reason: str = ""
    sent_at: float | None = None
    latency: float | None = None
    link: LinkId | None = None
    """The link it is in flight on."""
    shown: Queued | None = None
    """What screens see of it; `None` after a change."""

    @property
    def lane(self) -> Lane:
        return self.entry.tournament, match_of(self.entry.command)

    @property
    def rank(self) -> int:
        return _RANKS[priority(self.entry.command)]

    def queued(self) -> Queued:
        if self.shown is None:
            answer = self.answer
            self.shown = Queued(
                entry=self.entry,
                state=self.state,
                priority=priority(self.entry.command),
                row=self.row,
                attempts=self.attempts,
                reason=self.reason,
                seq=0 if answer is None else answer.seq,
                version=0 if answer is None else answer.version,
                latency=self.latency,
                epoch=None if answer is None else answer.epoch,
            )
        return self.shown


@dataclass(slots=True)
class _Pause:
    """A lane that the hub deferred."""

    until: float
    times: int
    """How often in a row before; the count outlives the pause, up to the next answer."""
    over: bool = False


class Outbox:
    """All entries that wait, are in flight, want a decision, or were answered a short while ago."""

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._saving: dict[CommandId, Entry] = {}
        self._items: dict[CommandId, _Item] = {}
        self._unsent: dict[CommandId, _Item] = {}
        self._flying: dict[CommandId, _Item] = {}
        self._pauses: dict[Lane, _Pause] = {}
        self._changed = False
        self.confirmed_total = 0
        self.evicted_total = 0

    @property
    def waiting(self) -> int:
        """Return how many entries have no answer, those that are being saved included."""
        return len(self._saving) + len(self._unsent) + len(self._flying)

    def stranded(self, held: Collection[TournamentId]) -> Mapping[TournamentId, int]:
        """Return how many entries wait for tournaments that the hub does not hold and nobody here creates."""
        created = {
            item.entry.tournament
            for item in self._unsent.values()
            if isinstance(item.entry.command, CreateTournament)
        }
        return Counter(
            item.entry.tournament
            for item in self._unsent.values()
            if item.entry.tournament not in held and item.entry.tournament not in created
        )

    def knows(self, id: CommandId) -> bool:
        """Return whether an entry is listed."""
        return id in self._items

    def entry(self, id: CommandId) -> Entry:
        """Return a listed entry by its id."""
        return self._items[id].entry

    def named(self, tournament: TournamentId) -> tuple[CommandId, ...]:
        """Return the ids that a join names: entries that may have left and have no answer here, by row."""
        ids = [
            item.entry.id
            for item in self._items.values()
            if item.entry.tournament == tournament
            and item.answer is None
            and item.state in ("saved", "sending")
            and (item.attempts > 0 or item.may_have_left)
        ]
        return tuple(ids[:MAX_NAMED])

    def submit(self, entry: Entry) -> tuple[bool, list[Record]]:
        """Take an entry that is to be saved.

        Returns:
            Whether it is new, and what became of others that made room for it.

        Raises:
            NotSaved: there is no room, and nothing low to make some.
            BadInput: the id is known with other content.
        """
        item = self._items.get(entry.id)
        known = self._saving.get(entry.id) or (item.entry if item is not None else None)
        if known is not None:
            if known != entry:
                raise BadInput(f"entry {entry.id} exists with other content; give a new entry a new id")
            return False, []
        records = self._make_room()
        self._saving[entry.id] = entry
        return True, records

    def receive_saved(self, rows: Mapping[CommandId, int]) -> None:
        """Note that entries are in the journal."""
        for id, row in rows.items():
            entry = self._saving.pop(id, None)
            if entry is not None:
                self._insert(_Item(row, entry, "saved"))

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
            answered = row.answer is not None or row.state not in ("saving", "saved", "sending")
            item = _Item(
                row.row, row.entry, row.state, row.attempts, True, row.answer, clean(row.reason, MAX_TEXT)
            )
            if not answered:
                item.state = "saved"
            self._insert(item)
        self.trim({})

    def become_sender(self) -> None:
        """Take over from a process that may have sent whatever is not answered."""
        for item in self._unsent.values():
            item.may_have_left = True

    def take(
        self, link: LinkId, barred: Collection[TournamentId], held: Collection[TournamentId], now: float
    ) -> list[Entry]:
        """Return the entries that go on a link now, in order; from here on they are in flight.

        Args:
            link: the link.
            barred: tournaments whose entries wait for now.
            held: the tournaments that the hub holds; to others only their creation is sent.
            now: when they go.
        """
        room = self._config.window_entries - sum(item.link == link for item in self._flying.values())
        taken: list[_Item] = []
        while self._unsent and len(taken) < room:
            picked = self._pick(room - len(taken), barred, held)
            if not picked:
                break
            for item in picked:
                self._send(item, link, now)
            taken += picked
        return [item.entry for item in taken]

    def receive_answers(self, answers: Iterable[Answer], now: float) -> list[Record]:
        """Note what the hub decided; an answer that is known already changes nothing."""
        records: list[Record] = []
        for answer in answers:
            item = self._items.get(answer.id)
            if item is None or item.answer is not None:
                continue
            if item.sent_at is not None:
                item.latency = now - item.sent_at
            item.answer = answer
            self.confirmed_total += answer.outcome == "accepted"
            self._pauses.pop(item.lane, None)
            records.append(self._settle(item, _STATES[answer.outcome], answer.reason))
        return records

    def receive_problem(self, ids: Iterable[CommandId], why: str) -> list[Record]:
        """Note that the hub cannot take entries at all: they are shown as refused, and never sent again."""
        waiting = [item for id in ids if (item := self._items.get(id)) is not None and item.queued().waiting]
        return [self._settle(item, "refused", why) for item in waiting]

    def receive_deferred(self, deferred: Deferred, now: float) -> None:
        """Pause the matches of entries that the hub did not judge; each goes on from its first unanswered."""
        items = [item for id in deferred.ids if (item := self._flying.get(id)) is not None]
        for lane in dict.fromkeys(item.lane for item in items):
            before = self._pauses.get(lane)
            times = 0 if before is None else before.times + 1
            wait = min(LONGEST_PAUSE, max(0.1, deferred.retry_after) * 2.0 ** min(times, 16))
            self._pauses[lane] = _Pause(now + wait, times)
            self._rewind(lane, clean(deferred.detail, MAX_TEXT))

    def receive_link_lost(self, link: LinkId) -> None:
        """Take back what was in flight on a link: all of it goes again, on whichever link comes next."""
        self._pauses.clear()
        for item in [item for item in self._flying.values() if item.link == link]:
            self._land(item)
        self._order(self._unsent)

    def receive_settled(self, ids: Iterable[CommandId], reason: str) -> list[Record]:
        """Note that somebody decided about held entries: they count nowhere, and need nobody any more."""
        items = [item for id in ids if (item := self._items.get(id)) is not None and item.state == "conflict"]
        return [self._settle(item, "withdrawn", reason) for item in items]

    def conflicts(self, tournament: TournamentId) -> Mapping[CommandId, int]:
        """Return this device's held entries of a tournament, each with the seq at which it was held."""
        return {
            item.entry.id: 0 if item.answer is None else item.answer.seq
            for item in self._items.values()
            if item.state == "conflict" and item.entry.tournament == tournament
        }

    def record(self, id: CommandId) -> Record:
        """Return what the journal is to say of a listed entry."""
        item = self._items[id]
        return Record(id, item.state, item.attempts, item.answer, item.reason)

    def trim(self, positions: Mapping[TournamentId, Position]) -> None:
        """List at most `KEPT_ANSWERED` answered entries, besides those that the store has yet to reach."""
        done = [item for item in self._items.values() if item.state in _DONE]
        for item in done[: max(0, len(done) - KEPT_ANSWERED)]:
            if _is_reached(item, positions.get(item.entry.tournament)):
                self._forget(item)

    def withdrawable(self, id: CommandId) -> bool:
        """Return whether an entry certainly never left."""
        item = self._items.get(id)
        return item is not None and item.state == "saved" and not item.attempts and not item.may_have_left

    def state(self, id: CommandId) -> EntryState | None:
        """Return an entry's state; `None` for one that is not known."""
        if id in self._saving:
            return "saving"
        item = self._items.get(id)
        return None if item is None else item.state

    def withdraw(self, id: CommandId) -> Record:
        """Take back an entry that is `withdrawable`, or dismiss one that is refused from the list."""
        item = self._items[id]
        dismissed = item.state == "refused"
        record = self._settle(item, "withdrawn", item.reason)
        if dismissed:
            self._forget(item)
        return record

    def retry(self, id: CommandId) -> None:
        """End the pause of an entry's match."""
        item = self._items.get(id)
        if item is not None:
            self._pauses.pop(item.lane, None)
            self._pauses.pop((item.entry.tournament, None), None)

    def next_deadline(self) -> float | None:
        """Return when a pause ends or an answer is overdue; `None` while neither can be."""
        overdue = min(
            (item.sent_at for item in self._flying.values() if item.sent_at is not None), default=None
        )
        due = [pause.until for pause in self._pauses.values() if not pause.over]
        if overdue is not None:
            due.append(overdue + self._config.answer_timeout)
        return min(due, default=None)

    def handle_deadline(self, now: float) -> None:
        """End pauses, and have matches with overdue answers sent again: late means unknown, never failed."""
        for pause in self._pauses.values():
            pause.over = pause.over or pause.until <= now
        late = now - self._config.answer_timeout
        overdue = [
            item.lane for item in self._flying.values() if item.sent_at is not None and item.sent_at <= late
        ]
        for lane in dict.fromkeys(overdue):
            self._rewind(lane, "the hub has not answered yet; sending again")

    def change(self) -> QueueChanged | None:
        """Return the queue if it changed since the last call."""
        if not self._changed:
            return None
        self._changed = False
        queue = tuple(item.queued() for item in self._items.values())
        return QueueChanged(queue, self.confirmed_total, self.evicted_total)

    def _insert(self, item: _Item) -> None:
        """List an entry, in its place by row."""
        self._place(self._items, item)
        if item.queued().waiting:
            self._place(self._unsent, item)
        self._changed = True

    def _place(self, items: dict[CommandId, _Item], item: _Item) -> None:
        last = next(reversed(items.values()), None)
        items[item.entry.id] = item
        if last is not None and last.row > item.row:
            self._order(items)

    def _order(self, items: dict[CommandId, _Item]) -> None:
        ordered = sorted(items.values(), key=lambda item: item.row)
        items.clear()
        items.update((item.entry.id, item) for item in ordered)

    def _forget(self, item: _Item) -> None:
        for items in (self._items, self._unsent, self._flying):
            items.pop(item.entry.id, None)
        self._changed = True

    def _pick(
        self, room: int, barred: Collection[TournamentId], held: Collection[TournamentId]
    ) -> list[_Item]:
        """Return what may go now, the most urgent first."""
        lanes = self._open_lanes(barred, held)
        heads = [(lane[0].rank, lane[0].row, key) for key, lane in lanes.items()]
        heapq.heapify(heads)
        picked: list[_Item] = []
        while heads and len(picked) < room:
            _, _, key = heapq.heappop(heads)
            lane = lanes[key]
            picked.append(lane.popleft())
            if lane:
                heapq.heappush(heads, (lane[0].rank, lane[0].row, key))
        return picked

    def _open_lanes(
        self, barred: Collection[TournamentId], held: Collection[TournamentId]
    ) -> dict[Lane, deque[_Item]]:
        """Return what may go, by lane: up to the first entry on a whole tournament, or that one alone."""
        lanes: dict[Lane, deque[_Item]] = {}
        started: set[TournamentId] = set()
        closed = set(barred)
        for item in self._unsent.values():
            tournament, match = item.lane
            if tournament in closed:
                continue
            if match is None:
                closed.add(tournament)
                if tournament in started:
                    continue
            started.add(tournament)
            known = tournament in held or isinstance(item.entry.command, CreateTournament)
            if known and not self._is_paused(item.lane):
                lanes.setdefault(item.lane, deque()).append(item)
        return lanes

    def _is_paused(self, lane: Lane) -> bool:
        pause = self._pauses.get(lane)
        return pause is not None and not pause.over

    def _send(self, item: _Item, link: LinkId, now: float) -> None:
        del self._unsent[item.entry.id]
        self._flying[item.entry.id] = item
        item.state, item.link, item.sent_at, item.shown = "sending", link, now, None
        item.attempts += 1
        item.reason = ""
        self._changed = True

    def _land(self, item: _Item, reason: str = "") -> None:
        """Take an entry out of flight, unanswered."""
        del self._flying[item.entry.id]
        self._unsent[item.entry.id] = item
        item.state, item.link, item.shown, item.reason = "saved", None, None, reason
        self._changed = True

    def _rewind(self, lane: Lane, reason: str) -> None:
        """Have a match, or all of a tournament, go again from its first unanswered entry."""
        tournament, match = lane
        for item in list(self._flying.values()):
            if item.entry.tournament == tournament and (match is None or item.lane == lane):
                self._land(item, reason)
        self._order(self._unsent)

    def _settle(self, item: _Item, state: EntryState, reason: str) -> Record:
        """Note an entry's last state but for a person's decision."""
        self._unsent.pop(item.entry.id, None)
        self._flying.pop(item.entry.id, None)
        item.state, item.reason, item.link, item.shown = state, clean(reason, MAX_TEXT), None, None
        self._changed = True
        return self.record(item.entry.id)

    def _make_room(self) -> list[Record]:
        if self.waiting < self._config.outbox_entries:
            return []
        low = next((item for item in self._unsent.values() if priority(item.entry.command) == "low"), None)
        if low is None:
            raise NotSaved("the outbox", f"{self.waiting:,} entries wait for the hub already")
        self.evicted_total += 1
        return [self._settle(low, "refused", "it made room for more urgent entries")]


def _is_reached(item: _Item, position: Position | None) -> bool:
    """Return whether the store has what an answered entry did, so that nothing need be laid over for it."""
    answer = item.answer
    if answer is None or position is None or answer.epoch != position.epoch:
        return True
    return answer.seq <= position.seq
