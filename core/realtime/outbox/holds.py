"""The holds: this device's entries that the hub holds, and who has decided about them.

Owns the comparison of held entries with what was seen of each log, so that a decision is found whichever
comes first, answer or decision, before or after a restart. Guarantees that no log speaks for an entry that
another epoch held: what a hub has forgotten, it has not decided; and that an entry which was confirmed, and
is held in a later epoch, is a conflict here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.answers import Answer
from core.domain.commands import Undo
from core.domain.events import ConflictSettled, EntryHeld, EventAdopted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.domain.events import Event
    from core.domain.ids import CommandId, Epoch, TournamentId
    from core.domain.state import Position, Tournament
    from core.realtime.effects import Advanced, Record
    from core.realtime.outbox.outbox import Outbox

_DECISIONS = {
    "hub": "the hub's score stays",
    "instead": "another entry takes its place",
    "withdrawn": "it was taken back",
}


class Holds:
    """The held entries of all tournaments that were ever seen.

    Args:
        outbox: this device's entries.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._held: dict[TournamentId, set[CommandId]] = {}

    def receive_state(self, state: Tournament) -> list[Record]:
        """Take a whole state; what it holds is held, whatever was said of it before."""
        held = [held for match in state.matches.values() for held in match.held]
        self._held[state.id] = {one.entry.id for one in held}
        here = state.position
        return [
            record
            for one in held
            for record in self._overturned(one.entry.id, here.epoch, here.seq, one.reason)
        ]

    def receive_events(self, change: Advanced) -> list[Record]:
        """Take the next events; release held entries that somebody decided about."""
        held = self._held.setdefault(change.tournament, set())
        records: list[Record] = []
        for event in change.events:
            original = _original(event)
            fact = original.fact
            if isinstance(fact, EventAdopted) and fact.taken == "held":
                held.add(event.command)
                records += self._overturned(event.command, change.epoch, event.seq, fact.reason)
            elif isinstance(fact, EntryHeld):
                held.add(event.command)
            elif isinstance(fact, ConflictSettled):
                held.difference_update(fact.held)
                reason = f"{original.by} decided: {_DECISIONS[fact.taken]}"
                records += self._outbox.receive_settled(fact.held, reason)
        return records

    def receive_record(self, record: Record) -> list[Record]:
        """Release a held entry that the hub had forgotten: its undo is accepted, and is in no log."""
        command = self._outbox.entry(record.id).command
        if not isinstance(command, Undo) or record.state != "confirmed":
            return []
        if record.answer is not None and record.answer.events:
            return []
        return self._outbox.receive_settled([command.of], _DECISIONS["withdrawn"])

    def decided(self, positions: Mapping[TournamentId, Position]) -> list[Record]:
        """Release held entries of whose decision this device saw only what came of it.

        Args:
            positions: how far each log was seen.
        """
        gone = [
            answer.id
            for tournament, answer in self._outbox.conflicts()
            if _is_reached(answer, positions.get(tournament)) and answer.id not in self._held[tournament]
        ]
        return self._outbox.receive_settled(gone, "it was decided meanwhile")

    def _overturned(self, id: CommandId, epoch: Epoch, seq: int, reason: str) -> list[Record]:
        answer = Answer(id=id, outcome="held", epoch=epoch, seq=seq, reason=reason)
        return self._outbox.receive_overturned(answer)


def _original(event: Event) -> Event:
    """Return an event as it first was, where it was adopted and counts."""
    while isinstance(event.fact, EventAdopted) and event.fact.taken == "counts":
        event = event.fact.event
    return event


def _is_reached(answer: Answer, position: Position | None) -> bool:
    return position is not None and answer.epoch == position.epoch and answer.seq <= position.seq
