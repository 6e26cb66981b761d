"""Reentry: the entry that an event came from, told from the event.

For a person who decides about an event that cannot count as it is. What a fact cannot say of its entry (its
base) is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import (
    AddScore,
    AssignSlot,
    CompleteMatch,
    ConfirmResult,
    EnterSets,
    Entry,
    ForfeitMatch,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    StartMatch,
    Undo,
)
from core.domain.events import (
    EntryHeld,
    EntryUndone,
    MatchCompleted,
    MatchForfeited,
    MatchReopened,
    MatchStarted,
    PointsAdded,
    ResultConfirmed,
    ScoreSet,
    SetsEntered,
    SlotAssigned,
    TimeSet,
)

if TYPE_CHECKING:
    from core.domain.commands import MatchCommand
    from core.domain.events import Event
    from core.domain.ids import MatchId, TournamentId


def entry_of(tournament: TournamentId, event: Event) -> Entry | None:
    """Return the entry that an event came from; `None` where it came from none, or only followed.

    Args:
        tournament: whose log the event is from.
        event: an event of a match.
    """
    if isinstance(event.fact, EntryHeld):
        return event.fact.entry
    command = None if event.match is None else _command(event.match, event)
    if command is None:
        return None
    return Entry(
        id=event.command,
        tournament=tournament,
        command=command,
        by=event.by,
        device=event.device,
        entered_at=event.entered_at,
        why=event.why,
    )


def _command(match: MatchId, event: Event) -> MatchCommand | None:  # noqa: C901 - one flat case a fact
    made: MatchCommand | None = None
    match event.fact:
        case PointsAdded(team, _, delta, action=action, player=player):
            made = AddScore(match, team, delta, action, player)
        case ScoreSet(_, after):
            made = SetScore(match, after)
        case TimeSet(team, side, after=after):
            made = SetTime(match, team, after.home if side == "home" else after.away)
        case SetsEntered(sets=sets, after=after):
            made = EnterSets(match, sets if after == Score() else (*sets, after))
        case EntryUndone(of):
            made = Undo(match, of)
        case MatchStarted(implied) if not implied:
            made = StartMatch(match)
        case MatchCompleted(shootout=shootout):
            made = CompleteMatch(match, shootout)
        case MatchForfeited(cause=cause, loser=loser):
            made = ForfeitMatch(match, loser, cause)
        case ResultConfirmed():
            made = ConfirmResult(match)
        case MatchReopened():
            made = ReopenMatch(match)
        case SlotAssigned(side, team):
            made = AssignSlot(match, side, team)
        case _:
            pass
    return made
