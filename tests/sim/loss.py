"""What must hold in the end of an evening whose hub was put back to an older copy of its log (guarantee 8).

Positions of the lost time may be given anew before anybody says so, and what an old log answered counts as
another event of another epoch. So these checks look at the scores, and not at the places in the log.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from core.domain.commands import AddScore, Undo
from core.domain.spans import covers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.ids import CommandId
    from core.domain.state import Tournament
    from core.realtime.effects import JournalRow
    from tests.sim.laptop import Laptop


def check_survived(state: Tournament, laptops: Sequence[Laptop]) -> None:
    """Every point that was ever confirmed counts once, or waits for a person; nobody has what is missing."""
    matches = state.matches.values()
    counted = Counter(entry.id for match in matches for entry in match.entries)
    held = Counter(held.entry.id for match in matches for held in match.held)
    doubled = [id for id, times in (counted + held).items() if times > 1]
    assert not doubled, f"{doubled} count more than once"
    for match in matches:
        points = sum(one.delta.home for one in match.entries)
        assert match.score.home == points, f"{match.id} is not what its entries make: {points}"
    for past in state.past:
        for laptop in laptops:
            kept = [seq for seq in laptop.archive.events.get(past.epoch, ()) if covers(past.missing, seq)]
            assert not kept, f"{laptop.name} has {kept} of {past.epoch}, which the hub waits for"
    undone = taken_back(laptops)
    for laptop in laptops:
        for row in laptop.rows.values():
            if isinstance(row.entry.command, AddScore) and row.entry.id not in undone:
                _check_point(row, counted, held)


def taken_back(laptops: Sequence[Laptop]) -> set[CommandId]:
    """Return the entries that somebody took back: one that its hub had lost by then counts nowhere."""
    return {
        row.entry.command.of
        for laptop in laptops
        for row in laptop.rows.values()
        if isinstance(row.entry.command, Undo) and row.state == "confirmed"
    }


def _check_point(row: JournalRow, counted: Counter[CommandId], held: Counter[CommandId]) -> None:
    id, answer = row.entry.id, row.answer
    outcome = "none" if answer is None else answer.outcome
    there = counted[id] + held[id]
    if outcome in ("accepted", "held") and row.state != "withdrawn":
        assert there == 1, f"{id} was {outcome}, and is nowhere"
    else:
        assert not counted[id], f"{id} counts, and was {row.state} ({outcome})"
