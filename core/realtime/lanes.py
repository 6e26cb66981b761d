"""The lanes: which unsent entries may go on a link next.

A lane is a match, or a tournament as a whole, and keeps its order. Guarantees that an entry is picked only
after every earlier one of its match, that an entry on a whole tournament waits for all before it there and
holds up all behind it, and that priority reorders across lanes only. Owns pauses of lanes that the hub
deferred. Times are monotonic seconds.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.commands import PRIORITIES, Entry, Founding, match_of, priority
from core.domain.ids import MatchId, TournamentId
from core.realtime.view import Queued

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from core.domain.answers import Answer
    from core.domain.commands import Priority
    from core.domain.ids import CommandId
    from core.realtime.effects import LinkId
    from core.realtime.view import EntryState

LONGEST_PAUSE = 30.0
"""Longest wait after a hub deferred an entry again and again."""
SHORTEST_PAUSE = 0.1

_RANKS = {name: rank for rank, name in enumerate(PRIORITIES)}

Lane = tuple[TournamentId, MatchId | None]
"""A match, or (without one) the tournament as a whole."""


@dataclass(slots=True, eq=False)
class Item:
    """One entry of the outbox; changed by the outbox only."""

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
        """Return the lane that it keeps to."""
        return self.entry.tournament, match_of(self.entry.command)

    @property
    def priority(self) -> Priority:
        """Return how urgent it is."""
        return priority(self.entry.command)

    @property
    def unseen(self) -> bool:
        """Return whether it certainly never left."""
        return not self.attempts and not self.may_have_left

    @property
    def creates(self) -> bool:
        """Return whether it begins its tournament."""
        return isinstance(self.entry.command, Founding)

    def queued(self) -> Queued:
        """Return what screens see of it."""
        if self.shown is None:
            answer = self.answer
            self.shown = Queued(
                entry=self.entry,
                state=self.state,
                priority=self.priority,
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


def place(items: dict[CommandId, Item], new: Iterable[Item]) -> None:
    """Put new items among others, all in the order of rows."""
    in_order = True
    row = next(reversed(items.values())).row if items else 0
    for item in new:
        items[item.entry.id] = item
        in_order = in_order and item.row > row
        row = item.row
    if not in_order:
        ordered = sorted(items.values(), key=lambda item: item.row)
        items.clear()
        items.update((item.entry.id, item) for item in ordered)


class Lanes:
    """The unsent entries, by row."""

    def __init__(self) -> None:
        self._unsent: dict[CommandId, Item] = {}
        self._pauses: dict[Lane, _Pause] = {}

    def __len__(self) -> int:
        return len(self._unsent)

    def stranded(self, held: Collection[TournamentId]) -> Mapping[TournamentId, int]:
        """Return how many entries wait for tournaments that the hub does not hold and nobody here creates."""
        created = {item.entry.tournament for item in self._unsent.values() if item.creates}
        known = created.union(held)
        return Counter(
            item.entry.tournament for item in self._unsent.values() if item.entry.tournament not in known
        )

    def low(self) -> Item | None:
        """Return the oldest low entry that certainly never left; `None` without one."""
        return next((item for item in self._unsent.values() if item.priority == "low" and item.unseen), None)

    def mark(self) -> None:
        """Note that each entry here may have left by another process."""
        for item in self._unsent.values():
            item.may_have_left = True

    def add(self, items: Iterable[Item]) -> None:
        """Have entries wait to be sent, each in its place by row."""
        place(self._unsent, items)

    def discard(self, id: CommandId) -> None:
        """Have an entry wait no longer."""
        self._unsent.pop(id, None)

    def pause(self, lane: Lane, seconds: float, now: float) -> None:
        """Hold a lane; twice as long each time that it is held again without an answer in between."""
        before = self._pauses.get(lane)
        times = 0 if before is None else before.times + 1
        wait = min(LONGEST_PAUSE, max(SHORTEST_PAUSE, seconds) * 2.0 ** min(times, 16))
        self._pauses[lane] = _Pause(now + wait, times)

    def resume(self, lane: Lane) -> None:
        """End a lane's pause, and forget how often it was held."""
        self._pauses.pop(lane, None)

    def resume_all(self) -> None:
        """End all pauses: the link on which they were asked for is gone."""
        self._pauses.clear()

    def next_deadline(self) -> float | None:
        """Return when a pause ends; `None` without one."""
        return min((pause.until for pause in self._pauses.values() if not pause.over), default=None)

    def handle_deadline(self, now: float) -> None:
        """End the pauses whose time has come."""
        for pause in self._pauses.values():
            pause.over = pause.over or pause.until <= now

    def pick(self, room: int, barred: Collection[TournamentId], held: Collection[TournamentId]) -> list[Item]:
        """Return what may go now, in order; call again after sending it, as more may follow.

        Args:
            room: most entries to return.
            barred: tournaments whose entries wait for now.
            held: the tournaments that the hub holds; to others only their creation goes.
        """
        lanes = self._open(barred, held)
        heads = [(_RANKS[lane[0].priority], lane[0].row, key) for key, lane in lanes.items()]
        heapq.heapify(heads)
        picked: list[Item] = []
        while heads and len(picked) < room:
            _, _, key = heapq.heappop(heads)
            lane = lanes[key]
            picked.append(lane.popleft())
            if lane:
                heapq.heappush(heads, (_RANKS[lane[0].priority], lane[0].row, key))
        return picked

    def _open(
        self, barred: Collection[TournamentId], held: Collection[TournamentId]
    ) -> dict[Lane, deque[Item]]:
        """Return what may go, by lane: up to the first entry on a whole tournament, or that one alone."""
        lanes: dict[Lane, deque[Item]] = {}
        started: set[TournamentId] = set()
        closed = set(barred)
        for item in self._unsent.values():
            tournament, match = lane = item.lane
            if tournament in closed:
                continue
            if match is None:
                closed.add(tournament)
                if tournament in started:
                    continue
            started.add(tournament)
            if (tournament in held or item.creates) and not self._is_paused(lane):
                lanes.setdefault(lane, deque()).append(item)
        return lanes

    def _is_paused(self, lane: Lane) -> bool:
        pause = self._pauses.get(lane)
        return pause is not None and not pause.over
