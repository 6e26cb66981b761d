"""Reads an export of ours as a tournament to play again: its plan, and the entries that counted.

What the hub derived (a slot filled by a result, a start implied by a score) is left out, as it will derive it
again; so are held entries, whose settlement says what counted in their place, and broadcasts, which programs
told each other at that time.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from core.domain.commands import (
    AddScore,
    AssignSlot,
    Command,
    CompleteMatch,
    ConfirmResult,
    Notify,
    ReopenMatch,
    SetScore,
    StartMatch,
    Undo,
)
from core.domain.events import (
    BroadcastSent,
    EntryUndone,
    EpochBegun,
    Event,
    EventAdopted,
    MatchCompleted,
    MatchFact,
    MatchReopened,
    MatchStarted,
    MissingClosed,
    Notified,
    PastNamed,
    PointsAdded,
    ResultConfirmed,
    ScoreSet,
    SlotAssigned,
    TournamentCreated,
)
from core.domain.export import fold_export, read_export
from core.domain.playback import Imported, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.ids import CommandId, MatchId


def read(path: str, content: bytes) -> Imported:
    """Read an export of a tournament.

    Args:
        path: the file's name, for errors.
        content: what `courtside export --format json` wrote.

    Raises:
        BadFile: it is no export, or its log is not complete.
    """
    fold_export(content, path)
    log, _ = read_export(path, content)
    created = log[0].fact
    assert isinstance(created, TournamentCreated)  # or the log would not fold
    plan = created.plan
    fed = {
        fixture.id
        for fixture in plan.fixtures
        if fixture.home.source is not None or fixture.away.source is not None
    }
    return Imported(plan, _steps(log, fed))


def _steps(log: Sequence[Event], fed: set[MatchId]) -> tuple[Step, ...]:
    """Return a step for each fact that an entry made.

    Args:
        log: the events.
        fed: the matches whose sides come from results; their first step waits for these.
    """
    facts = Counter(event.command for event in log if isinstance(event.fact, PointsAdded | ScoreSet))
    steps: list[Step] = []
    for event in log:
        command = _command(event, facts)
        if command is not None:
            waits = isinstance(command, AssignSlot) or event.match in fed
            steps.append(Step(event.received_at, command, event.why, waits, event.command))
            fed = fed - {event.match}
    return tuple(steps)


def _command(event: Event, facts: Counter[CommandId]) -> Command | None:
    """Return the command that would make this event again; `None` where another event's does."""
    match event.fact:
        case TournamentCreated() | BroadcastSent():
            return None
        case Notified(title, text, level):
            return Notify(title, text, level)
        case EventAdopted(_, adopted, "counts"):
            return _command(adopted, facts)
        case EpochBegun() | PastNamed() | EventAdopted() | MissingClosed():
            return None
        case fact:
            return None if event.match is None else _match_command(event.match, fact, facts)


def _match_command(match: MatchId, fact: MatchFact, facts: Counter[CommandId]) -> Command | None:
    match fact:
        case PointsAdded(team, _, delta):
            return AddScore(match, team, delta)
        case ScoreSet(_, after):
            return SetScore(match, after)
        case EntryUndone(of, _, _, after):
            # What several facts of one decision did is several entries here: no single undo takes it back.
            return Undo(match, of) if facts[of] <= 1 else SetScore(match, after)
        case MatchStarted(implied):
            return None if implied else StartMatch(match)
        case MatchCompleted(_, _, shootout):
            return CompleteMatch(match, shootout)
        case ResultConfirmed():
            return ConfirmResult(match)
        case MatchReopened():
            return ReopenMatch(match)
        case SlotAssigned(side, team):
            return AssignSlot(match, side, team)
        case _:
            return None
