"""The lanes: which unsent entries may go on a link next.

A lane is a match, or a tournament as a whole, and keeps its order. Guarantees that an entry is picked only
after every earlier one of its match, that an entry on a whole tournament waits for all before it there and
holds up all behind it, and that priority reorders across lanes only. Owns pauses of lanes that the hub
deferred. What it costs follows from how many lanes there are, not from how many entries wait. Times are
monotonic seconds.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from core.domain.commands import PRIORITIES, Entry, Founding, match_of, priority
from core.domain.ids import CommandId, MatchId, TournamentId
from core.realtime.links.backoff import Dice, backoff
from core.realtime.view import Queued

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from core.domain.answers import Answer
    from core.domain.commands import Priority
    from core.realtime.effects import LinkId
    from core.realtime.view import EntryState

LONGEST_PAUSE = 30.0
"""Longest wait, besides what the hub asks for, after it deferred an entry again and again."""
SHORTEST_PAUSE = 0.1

_RANKS = {name: rank for rank, name in enumerate(PRIORITIES)}

Lane: TypeAlias = tuple[TournamentId, MatchId | None]
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
    overdue_at: float = 0.0
    """When the wait for an answer to its last sending is over."""
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


Items: TypeAlias = dict[CommandId, Item]
"""Entries by id, in the order of their rows."""


@dataclass(slots=True)
class _Pause:
    """A lane that the hub deferred."""

    until: float
    times: int
    """How often in a row before; the count outlives the pause, up to the next answer."""
    over: bool = False


def place(items: Items, new: Iterable[Item]) -> bool:
    """Put new items among others, all in the order of rows; return whether they simply came behind."""
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
    return in_order


class Lanes:
    """The unsent entries, by row.

    Args:
        dice: where jitter comes from.
    """

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._courses: dict[TournamentId, dict[MatchId | None, Items]] = {}
        """The lanes of each tournament; none is empty."""
        self._low: Items = {}
        """Those of all lanes that are low."""
        self._count = 0
        self._pauses: dict[Lane, _Pause] = {}

    def __len__(self) -> int:
        return self._count

    def stranded(self, held: Collection[TournamentId]) -> Mapping[TournamentId, int]:
        """Return how many entries wait for tournaments that the hub does not hold and nobody here creates."""
        return {
            tournament: sum(len(lane) for lane in course.values())
            for tournament, course in self._courses.items()
            if tournament not in held and not any(item.creates for item in course.get(None, {}).values())
        }

    def low(self) -> Item | None:
        """Return the oldest low entry that certainly never left; `None` without one."""
        return next((item for item in self._low.values() if item.unseen), None)

    def mark(self) -> None:
        """Note that each entry here may have left by another process."""
        for course in self._courses.values():
            for lane in course.values():
                for item in lane.values():
                    item.may_have_left = True

    def add(self, items: Iterable[Item]) -> None:
        """Have entries wait to be sent, each in its place by row."""
        by_lane: dict[Lane, list[Item]] = {}
        for item in items:
            by_lane.setdefault(item.lane, []).append(item)
        for (tournament, match), new in by_lane.items():
            lane = self._courses.setdefault(tournament, {}).setdefault(match, {})
            before = len(lane)
            place(lane, new)
            self._count += len(lane) - before
            place(self._low, [item for item in new if item.priority == "low"])

    def discard(self, item: Item) -> None:
        """Have an entry wait no longer."""
        tournament, match = item.lane
        course = self._courses.get(tournament, {})
        lane = course.get(match, {})
        if lane.pop(item.entry.id, None) is None:
            return
        self._count -= 1
        self._low.pop(item.entry.id, None)
        if not lane:
            del course[match]
        if not course:
            del self._courses[tournament]

    def pause(self, lane: Lane, seconds: float, now: float) -> None:
        """Hold a lane: as long as the hub asks, and longer each time that no answer came in between."""
        before = self._pauses.get(lane)
        times = 0 if before is None else before.times + 1
        asked = max(SHORTEST_PAUSE, seconds)
        wait = asked + backoff(times, asked, LONGEST_PAUSE, self._dice)
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
        heads: list[_Head] = []
        for tournament, course in self._courses.items():
            if tournament not in barred:
                heads += self._open(tournament, course, tournament in held)
        heapq.heapify(heads)
        picked: list[Item] = []
        while heads and len(picked) < room:
            head = heads[0]
            picked.append(head.item)
            if head.advance():
                heapq.heapreplace(heads, head)
            else:
                heapq.heappop(heads)
        return picked

    def _open(
        self, tournament: TournamentId, course: Mapping[MatchId | None, Items], held: bool
    ) -> Iterator[_Head]:
        """Return the lanes that may go: up to the first entry on the whole tournament, or that one alone."""
        barrier = next(iter(course.get(None, {}).values()), None)
        end = float("inf") if barrier is None else barrier.row
        before = [(match, lane) for match, lane in course.items() if next(iter(lane.values())).row < end]
        if barrier is not None and not before:
            if (held or barrier.creates) and not self._is_paused((tournament, None)):
                yield _Head(iter((barrier,)), end + 1)
            return
        for match, lane in before:
            if held and not self._is_paused((tournament, match)):
                yield _Head(iter(lane.values()), end)

    def _is_paused(self, lane: Lane) -> bool:
        pause = self._pauses.get(lane)
        return pause is not None and not pause.over


class _Head:
    """The next entry of a lane, the most urgent and then the oldest first among others.

    Args:
        items: the lane's entries, in order; at least one.
        end: the row before which it ends.
    """

    def __init__(self, items: Iterator[Item], end: float) -> None:
        self._items = items
        self._end = end
        self.item = next(items)

    def advance(self) -> bool:
        """Go on to the lane's next entry; tell whether there is one."""
        following = next(self._items, None)
        if following is None or following.row >= self._end:
            return False
        self.item = following
        return True

    def __lt__(self, other: _Head) -> bool:
        return self._urgency < other._urgency

    @property
    def _urgency(self) -> tuple[int, int]:
        return _RANKS[self.item.priority], self.item.row
