"""What `Archive` is to a laptop: all that it saw of each epoch, kept where a killed program leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.spans import spans_of
from core.domain.state import Position
from core.realtime.effects import Advanced, Fetch, Recall, Recollection, Replaced

if TYPE_CHECKING:
    from core.domain.answers import Answer
    from core.domain.events import Event
    from core.domain.ids import Epoch

CHUNK = 4
"""How many events are brought at once, and more only of one command."""


class Archive:
    """One tournament's events and positions, by epoch."""

    def __init__(self) -> None:
        self.events: dict[Epoch, dict[int, Event]] = {}
        self._positions: dict[Epoch, Position] = {}
        self._forked: set[Epoch] = set()

    def receive(self, change: Advanced | Replaced) -> None:
        """Keep what a change shows."""
        if isinstance(change, Advanced):
            self._keep(change.epoch, change.events)
        elif not change.stored:
            here = change.state.position
            before = self._positions.get(here.epoch, here)
            if before.seq <= here.seq and before.command != here.command:
                self._forked.add(here.epoch)
            self._reach(here)

    def receive_answer(self, answer: Answer) -> None:
        """Keep what an entry became."""
        if answer.events and answer.events[0].match is not None:
            self._keep(answer.epoch, answer.events)

    def recall(self, recall: Recall) -> Recollection:
        """Return what is here of an epoch."""
        events = self.events.get(recall.epoch, {})
        wanted = tuple(events[seq] for seq in sorted(events) if seq >= max(recall.after, 1))
        position = self._positions.get(recall.epoch, Position(recall.epoch, 0))
        return Recollection(
            recall.tournament,
            recall.epoch,
            position,
            spans_of(events),
            wanted,
            recall.after,
            recall.epoch in self._forked,
        )

    def fetch(self, fetch: Fetch) -> tuple[Event, ...]:
        """Return the next events of those that are wanted."""
        found: list[Event] = []
        events = self.events.get(fetch.epoch, {})
        for first, last in fetch.spans:
            for event in (events[seq] for seq in range(first, last + 1) if seq in events):
                if len(found) >= CHUNK and found[-1].command != event.command:
                    return tuple(found)
                found.append(event)
        return tuple(found)

    def _keep(self, epoch: Epoch, events: tuple[Event, ...]) -> None:
        kept = self.events.setdefault(epoch, {})
        for event in events:
            if kept.setdefault(event.seq, event).command != event.command:
                self._forked.add(epoch)
        self._reach(Position(epoch, events[-1].seq, events[-1].command))

    def _reach(self, position: Position) -> None:
        before = self._positions.get(position.epoch)
        if before is None or before.seq <= position.seq:
            self._positions[position.epoch] = position
