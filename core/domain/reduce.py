"""One event applied to a state: `(state, event) -> state`, the only way that a tournament's state is made.

Used by hub and client alike. Guarantees that the same log folds to an equal state everywhere; what an event
did not change is shared. It trusts the event: `rules` decided it. What cannot be the next event of the log
raises `BadLog`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never, cast

from msgspec.structs import replace

from core.domain.adoption import begun, follow, recall
from core.domain.changes import change, planned
from core.domain.commands import Score, Side
from core.domain.events import (
    BroadcastSent,
    Change,
    ConflictSettled,
    EntryHeld,
    EntryUndone,
    EpochBegun,
    Event,
    EventAdopted,
    MatchCompleted,
    MatchFact,
    MatchForfeited,
    MatchMoved,
    MatchReopened,
    MatchStarted,
    MissingClosed,
    Notified,
    PastNamed,
    PenaltyAdded,
    PointsAdded,
    ResultConfirmed,
    ScoreSet,
    SetReopened,
    SetsEntered,
    SetWon,
    SlotAssigned,
    SlotFilled,
    TimeSet,
    Touches,
    TournamentCreated,
    fact_name,
)
from core.domain.state import (
    MAX_NOTICES,
    Counted,
    Forfeit,
    Held,
    Match,
    Notice,
    Penalty,
    Position,
    Tournament,
)
from core.errors import BadLog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.ids import CommandId, Epoch, MatchId, TeamId
    from core.domain.plan import Plan


def fold(events: Iterable[Event], epoch: Epoch, state: Tournament | None = None) -> Tournament:
    """Fold events onto a state, or a whole log from its first event on.

    Raises:
        BadLog: an event is not the next of its log, or there is none at all.
    """
    given = None if state is None else state.matches
    for event in events:
        # A copy of all matches with each event would make a long log cost their product.
        own = state is not None and state.matches is not given
        state = _reduced(state, event, epoch, own=own)
    if state is None:
        raise BadLog("log", "it is empty")
    return state


def reduce(state: Tournament | None, event: Event, epoch: Epoch) -> Tournament:
    """Apply the next event.

    Args:
        state: the state before; `None` before the first event of the log.
        event: the event after it.
        epoch: the epoch of the log that the event is from.

    Raises:
        BadLog: the event is not the next one of this log.
    """
    return _reduced(state, event, epoch, own=False)


def _reduced(  # noqa: C901 - one flat case a kind of fact
    state: Tournament | None, event: Event, epoch: Epoch, *, own: bool
) -> Tournament:
    """Apply the next event; `own` if nobody else holds the state: its matches are then reused."""
    position = Position(epoch, event.seq, event.command)
    match event.fact:
        case TournamentCreated(plan):
            if state is not None:
                raise BadLog("log", f"event {event.seq} creates the tournament again")
            if event.seq != 1:
                raise BadLog("log", f"it begins with event {event.seq}, not with the first")
            return _created(plan, position, event)
        case EpochBegun() as fact:
            if state is not None or event.seq != 1:
                raise BadLog("log", f"event {event.seq} begins an epoch, which only the first one does")
            return begun(fact, event, epoch)
        case _ if state is None:
            raise BadLog("log", f"event {event.seq} comes before the tournament was created")
        case Notified(title, text, level):
            _check_next(state, event, epoch)
            notice = Notice(event.received_at, event.by, title, text, level)
            notices = (*state.notices, notice)[-MAX_NOTICES:]
            return replace(state, position=position, notices=notices, updated_at=event.received_at)
        case BroadcastSent():
            _check_next(state, event, epoch)
            return replace(state, position=position, updated_at=event.received_at)
        case fact if isinstance(fact, Change):
            _check_next(state, event, epoch)
            return change(replace(state, position=position, updated_at=event.received_at), fact, event)
        case PastNamed() | EventAdopted() | MissingClosed() as fact:
            _check_next(state, event, epoch)
            return recall(
                replace(state, position=position, updated_at=event.received_at), fact, event, _apply
            )
        case fact:
            _check_next(state, event, epoch)
            match_ = state.matches.get(event.match) if event.match is not None else None
            if match_ is None or event.version != match_.version + 1:
                raise BadLog("log", f"event {event.seq} is not the next of match {event.match}")
            changed = _apply(
                replace(match_, version=event.version, changed_at=event.received_at), fact, event
            )
            if state.past:
                changed = follow(match_, changed, event)
            matches = cast("dict[MatchId, Match]", state.matches) if own else dict(state.matches)
            matches[changed.id] = changed
            return replace(state, position=position, matches=matches, updated_at=event.received_at)


def _check_next(state: Tournament, event: Event, epoch: Epoch) -> None:
    if state.position.epoch != epoch or event.seq != state.position.seq + 1:
        expected = f"{state.position.epoch}:{state.position.seq + 1}"
        raise BadLog("log", f"event {epoch}:{event.seq} came where {expected} is next")


def _created(plan: Plan, position: Position, event: Event) -> Tournament:
    return Tournament(
        id=plan.id,
        name=plan.name,
        position=position,
        teams={team.id: team for team in plan.teams},
        stages=plan.stages,
        matches={fixture.id: planned(fixture) for fixture in plan.fixtures},
        courts={court.id: court for court in plan.courts},
        venue=plan.venue,
        moderators_confirm=plan.moderators_confirm,
        games=plan.games,
        status=plan.status,
        timetable=plan.timetable,
        on_withdrawal=plan.on_withdrawal,
        on_disqualification=plan.on_disqualification,
        updated_at=event.received_at,
    )


def _apply(match: Match, fact: MatchFact, event: Event) -> Match:  # noqa: C901 - one flat case a fact
    """Apply a fact to its match, whose version and time are already the event's."""
    match fact:
        case PointsAdded(_, side, _, before, after):
            return _scored(match, event, side, before, after)
        case ScoreSet(before, after):
            return _scored(match, event, "all", before, after)
        case TimeSet(_, side, before, after):
            return _scored(match, event, side, before, after)
        case SetWon(_, score):
            return replace(_ended_set(match, event), score=Score(), sets=(*match.sets, score))
        case SetReopened(score):
            return replace(match, score=score, sets=match.sets[:-1])
        case SetsEntered(_, _, sets, after):
            return replace(_noted(match, event), score=after, sets=sets)
        case PenaltyAdded(_, side, points):
            return replace(match, penalties=(*match.penalties, Penalty(event.command, side, points)))
        case EntryUndone(of, touches, before, after):
            return _scored(_undone(match, of, event.command), event, touches, before, after, undoes=of)
        case MatchStarted(implied):
            started = replace(match, phase="live")
            return started if implied else _noted(started, event)
        case MatchCompleted(_, winner, shootout):
            ended = replace(match, phase="final", winner=winner, shootout=shootout, reopened="")
            return _noted(ended, event)
        case MatchForfeited(score, cause, winner):
            noted = _noted(replace(match, phase="final", winner=winner, reopened=""), event)
            return replace(noted, score=score, forfeit=Forfeit(cause, match.score))
        case MatchMoved(court, starts_at):
            return replace(match, court=court, starts_at=starts_at)
        case ResultConfirmed():
            return _noted(replace(match, phase="official"), event)
        case MatchReopened():
            score = match.score if match.forfeit is None else match.forfeit.before
            again = replace(match, phase="live", winner=None, shootout=None, forfeit=None, score=score)
            return _noted(replace(again, reopened=event.why), event)
        case SlotFilled(side, team):
            return _seated(match, side, team)
        case SlotAssigned(side, team):
            assigned = (*(kept for kept in match.assigned if kept != side), side)
            return _noted(replace(_seated(match, side, team), assigned=assigned), event)
        case EntryHeld(entry, against, reason):
            held = Held(entry, against, event.version, match.score, reason)
            return replace(match, held=(*match.held, held))
        case ConflictSettled(held):
            # No entry of its own: what took their place follows as facts that are entries themselves.
            return replace(match, held=tuple(kept for kept in match.held if kept.entry.id not in held))
        case _:
            assert_never(fact)


def _seated(match: Match, side: Side, team: TeamId) -> Match:
    slot = replace(match.slot(side), team=team)
    return replace(match, home=slot) if side == "home" else replace(match, away=slot)


def _undone(match: Match, of: CommandId, by: CommandId) -> Match:
    """Mark what `of` did as taken back, and along its chain of undos what counts again or no longer."""
    undoes = {entry.id: entry.undoes for entry in match.entries if entry.undoes is not None}
    marks: dict[CommandId, CommandId | None] = {of: by}
    current, counts = of, False
    while (previous := undoes.get(current)) is not None:
        counts = not counts
        marks[previous] = None if counts else current
        current = previous
    return replace(
        match,
        entries=tuple(
            replace(entry, undone_by=marks[entry.id]) if entry.id in marks else entry
            for entry in match.entries
        ),
    )


def _ended_set(match: Match, event: Event) -> Match:
    """Have the entry that ended a set touch the whole match: others meant that set, too."""
    entries = tuple(
        replace(entry, touches="all") if entry.id == event.command else entry for entry in match.entries
    )
    return replace(match, entries=entries)


def _noted(match: Match, event: Event) -> Match:
    """Remember an entry that changed no points."""
    return _scored(match, event, "all", match.score, match.score)


def _scored(
    match: Match,
    event: Event,
    touches: Touches,
    before: Score,
    after: Score,
    undoes: CommandId | None = None,
) -> Match:
    if match.score != before:
        raise BadLog(
            "log", f"event {event.seq} starts from {before}, but match {match.id} stands at {match.score}"
        )
    counted = Counted(
        id=event.command,
        version=event.version,
        by=event.by,
        device=event.device,
        entered_at=event.entered_at,
        kind=fact_name(event.fact),
        touches=touches,
        delta=Score(after.home - before.home, after.away - before.away),
        after=after,
        undoes=undoes,
        base=event.base,
        sets=len(match.sets),
    )
    return replace(match, score=after, entries=(*match.entries, counted))
