"""The holds: which entries each tournament's log holds for a decision, as far as this device has seen it.

Owns the comparison of a held entry's answer with the log, so that a decision is found whichever comes first,
before or after a restart. Guarantees that no log speaks for an entry that another epoch held: what a hub has
forgotten, it has not decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.events import ConflictSettled, EntryHeld

if TYPE_CHECKING:
    from core.domain.answers import Answer
    from core.domain.ids import CommandId, TournamentId
    from core.domain.state import Position, Tournament
    from core.realtime.effects import Advanced


class Holds:
    """The held entries of all tournaments that were ever seen."""

    def __init__(self) -> None:
        self._held: dict[TournamentId, set[CommandId]] = {}

    def receive_state(self, state: Tournament) -> None:
        """Take a whole state."""
        self._held[state.id] = {held.entry.id for match in state.matches.values() for held in match.held}

    def receive_events(self, change: Advanced) -> None:
        """Take the next events."""
        held = self._held.setdefault(change.tournament, set())
        for event in change.events:
            if isinstance(event.fact, EntryHeld):
                held.add(event.command)
            elif isinstance(event.fact, ConflictSettled):
                held.difference_update(event.fact.held)

    def is_decided(self, tournament: TournamentId, answer: Answer, position: Position) -> bool:
        """Tell whether somebody has decided about a held entry.

        Args:
            tournament: the entry's.
            answer: the answer that holds it.
            position: how far the log was seen.
        """
        reached = answer.epoch == position.epoch and answer.seq <= position.seq
        return reached and answer.id not in self._held.get(tournament, ())
