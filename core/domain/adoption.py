"""Adoption: how events of older epochs come back into a tournament whose hub lost them.

A new epoch begins with a copy of the tournament at its parent position. What lies beyond that position is
adopted as it was when somebody brings it: each position once, none judged again. Guarantees that a match is
the fold of its events by epoch and version, whatever the order of their arrival, and that an event which
would have held what counts here already is held itself, for a person to decide. The order of the log, the
answers and who may bring what are the ledger's affair.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec.structs import replace

from core.domain.changes import change
from core.domain.commands import Score
from core.domain.events import (
    Change,
    ConflictSettled,
    EntryHeld,
    EntryUndone,
    EpochBegun,
    Event,
    EventAdopted,
    MatchFact,
    MatchMoved,
    MatchStarted,
    MissingClosed,
    Notified,
    PastFact,
    PastNamed,
    PenaltyAdded,
    PointsAdded,
    ScoreSet,
    SlotFilled,
    TimeSet,
    fact_name,
)
from core.domain.reentry import entry_of
from core.domain.spans import covers, join
from core.domain.state import (
    MAX_NOTICES,
    Brought,
    Counted,
    Course,
    Held,
    Match,
    Notice,
    Past,
    Place,
    Position,
    Tournament,
)
from core.errors import BadLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from core.domain.events import Touches
    from core.domain.ids import Epoch

    Apply: TypeAlias = Callable[[Match, MatchFact, Event], Match]
    Reduce: TypeAlias = Callable[[Tournament, Event, Epoch], Tournament]

MAX_COPY_BYTES = 64 << 20
"""Largest copy, unpacked."""
_POINTS = frozenset({"points_added", "score_set", "time_set", "sets_entered", "entry_undone"})
"""Facts that change nothing of a match but its score."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Tournament)


def pack_copy(state: Tournament) -> bytes:
    """Return a tournament as few bytes."""
    return zlib.compress(_encoder.encode(state))


def unpack_copy(copy: bytes) -> Tournament:
    """Return the tournament that `pack_copy` packed.

    Raises:
        BadLog: it is none, or above `MAX_COPY_BYTES`.
    """
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(copy, MAX_COPY_BYTES)
        if not unpacker.eof:
            raise BadLog("copy", "it is cut short, or too large")
        return _decoder.decode(content)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise BadLog("copy", f"it is no copy of a tournament ({error})") from error


def begun(fact: EpochBegun, event: Event, epoch: Epoch) -> Tournament:
    """Return the state with which an epoch begins.

    Raises:
        BadLog: the copy cannot be read.
    """
    copy = unpack_copy(fact.copy)
    parent = copy.position
    past = Past(parent.epoch, parent.seq, max(fact.seen, parent.seq), parent.command)
    return replace(
        copy,
        position=Position(epoch, event.seq, event.command),
        matches={id: _origin(match, parent.epoch) for id, match in copy.matches.items()},
        updated_at=event.received_at,
        past=(*copy.past, past),
    )


def recall(state: Tournament, fact: PastFact, event: Event, apply: Apply) -> Tournament:
    """Apply a fact about an older epoch to a state whose position is already the event's.

    Args:
        state: the state before, but for its position.
        fact: the event's fact.
        event: the event.
        apply: how a fact changes its match, as `core.domain.reduce` has it.

    Raises:
        BadLog: the event is not the next of its match.
    """
    match fact:
        case PastNamed(epoch, after, seen):
            return replace(state, past=_named(state.past, epoch, after, seen))
        case MissingClosed(epoch, until):
            past = (
                replace(one, closed=max(one.closed, until)) if one.epoch == epoch else one
                for one in state.past
            )
            return replace(state, past=tuple(past))
        case _:
            return _adopted(state, fact, event, apply)


def follow(before: Match, after: Match, event: Event) -> Match:
    """Remember an event of this epoch, so that events of older ones can be put before it."""
    course = before.course or Course(before)
    return replace(after, course=replace(course, events=(*course.events, event)))


def adoptable(
    state: Tournament, epoch: Epoch, event: Event, *, known: bool = False, doubled: bool = False
) -> EventAdopted:
    """Return how an event of an older epoch is to be adopted.

    Args:
        state: the tournament as it stands; the event's match is there (see `has_room`).
        epoch: the older epoch.
        event: the event, as it was.
        known: whether its entry has been answered here otherwise.
        doubled: whether its position is taken by another event.
    """
    if isinstance(event.fact, EventAdopted):
        inner = event.fact
        past = _past(state, inner.epoch)
        twice = past is not None and (inner.event.seq <= past.after or covers(past.adopted, inner.event.seq))
        judged = adoptable(state, inner.epoch, inner.event, known=known or twice, doubled=doubled)
        return replace(judged, epoch=epoch, event=event)
    adopted = EventAdopted(epoch, event, "counts")
    if known:
        return replace(adopted, taken="known")
    if event.match is None:
        return adopted
    against = _behind(state.matches[event.match], epoch, event)
    if doubled:
        reason = f"event {epoch}:{event.seq} was seen with two contents; decide which counts"
        return replace(adopted, taken="held", against=tuple(other.id for other in against), reason=reason)
    if against:
        last = against[-1]
        reason = (
            f"came back after {last.by} on {last.device} entered {_score(last.after)}; decide which counts"
        )
        return replace(adopted, taken="held", against=tuple(other.id for other in against), reason=reason)
    return adopted


def lay_over(state: Tournament, brought: Iterable[tuple[Epoch, Event]], reduce: Reduce) -> Tournament:
    """Return a state as it would be with events of older epochs adopted; its position stays.

    Args:
        state: the state.
        brought: events with their epochs; those that are adopted already are passed over.
        reduce: `core.domain.reduce.reduce`.
    """
    laid = state
    # An entry that had no answer before its hub lost it may have been given another place since.
    known = {entry.id for match in state.matches.values() for entry in match.entries}
    known.update(held.entry.id for match in state.matches.values() for held in match.held)
    for epoch, event in brought:
        if is_here(laid, epoch, event.seq) or not has_room(laid, event):
            continue
        adoption = replace(
            event,
            seq=laid.position.seq + 1,
            fact=adoptable(laid, epoch, event, known=event.command in known),
            version=0 if event.match is None else laid.matches[event.match].version + 1,
        )
        laid = reduce(laid, adoption, state.position.epoch)
    return replace(laid, position=state.position, updated_at=state.updated_at)


def is_here(state: Tournament, epoch: Epoch, seq: int) -> bool:
    """Tell whether a position of an epoch is part of this log, or no epoch that it could adopt from."""
    past = _past(state, epoch)
    return past is None or seq <= past.after or covers(past.adopted, seq)


def has_room(state: Tournament, event: Event) -> bool:
    """Tell whether an event can be adopted now: one on a match that is not drawn here yet must wait."""
    return event.match is None or event.match in state.matches


def _past(state: Tournament, epoch: Epoch) -> Past | None:
    return next((one for one in state.past if one.epoch == epoch), None)


def _origin(match: Match, epoch: Epoch) -> Match:
    """Return a match as a new epoch begins with it: what is in it came before everything there."""
    entries = tuple(
        # What the copy's own epoch had begun with keeps its place in a still older one.
        replace(
            entry, version=0, base=None, place=Place(epoch, entry.version) if entry.version else entry.place
        )
        for entry in match.entries
    )
    held = tuple(replace(one, version=0) for one in match.held)
    return replace(match, version=0, entries=entries, held=held, course=None)


def _named(line: Sequence[Past], epoch: Epoch, after: int, seen: int) -> tuple[Past, ...]:
    if any(one.epoch == epoch for one in line):
        return tuple(replace(one, seen=max(one.seen, seen)) if one.epoch == epoch else one for one in line)
    return (*line, Past(epoch, after, seen))


def _adopted(state: Tournament, fact: EventAdopted, event: Event, apply: Apply) -> Tournament:
    inner = fact.event.fact
    past = _marked(state.past, fact.epoch, fact.event.seq)
    if isinstance(inner, EventAdopted):
        past = _marked(past, inner.epoch, inner.event.seq)
        # Adopted of an epoch that had adopted it itself: it is still the event that it first was.
        fact = replace(fact, epoch=inner.epoch, event=inner.event)
    state = replace(state, past=past)
    if event.match is None:
        return _heard(state, fact)
    match = state.matches.get(event.match)
    if match is None or event.version != match.version + 1:
        raise BadLog("log", f"event {event.seq} is not the next of match {event.match}")
    course = match.course or Course(match)
    course = replace(course, adopted=(*course.adopted, Brought(fact, event.version)))
    folded = _fold(state, course, apply)
    changed = replace(folded, version=event.version, changed_at=event.received_at, course=course)
    return replace(state, matches={**state.matches, match.id: changed})


def _marked(line: Sequence[Past], epoch: Epoch, seq: int) -> tuple[Past, ...]:
    """Return the older epochs with a position adopted, if it is one that was to be."""
    return tuple(
        replace(one, adopted=join((*one.adopted, (seq, seq))), seen=max(one.seen, seq))
        if one.epoch == epoch and seq > one.after
        else one
        for one in line
    )


def _heard(state: Tournament, fact: EventAdopted) -> Tournament:
    """Take over what is on no match."""
    event = fact.event
    if fact.taken != "counts":
        return state
    if isinstance(event.fact, Change):
        return change(state, event.fact, event)
    if not isinstance(event.fact, Notified):
        return state
    notice = Notice(event.received_at, event.by, event.fact.title, event.fact.text, event.fact.level)
    notices = sorted((*state.notices, notice), key=lambda one: (one.at, one.by, one.title, one.text))
    return replace(state, notices=tuple(notices[-MAX_NOTICES:]))


def _fold(state: Tournament, course: Course, apply: Apply) -> Match:
    """Fold a match anew: its origin, what was adopted by epoch and version, what happened since."""
    order = {past.epoch: number for number, past in enumerate(state.past)}
    match = course.origin
    adopted = sorted(
        course.adopted, key=lambda one: (order.get(one.fact.epoch, -1), one.fact.event.version, one.version)
    )
    for one in adopted:
        match = _lay(state, match, one, apply)
    for event in course.events:
        match = apply(match, _rebased(match, event), event)
    return match


def _lay(state: Tournament, match: Match, one: Brought, apply: Apply) -> Match:
    """Put an adopted event on top of those before it."""
    event = one.fact.event
    if one.fact.taken == "held":
        entry = entry_of(state.id, event)
        if entry is None:
            return match
        held = Held(entry, one.fact.against, one.version, match.score, one.fact.reason)
        return replace(match, held=(*match.held, held))
    if one.fact.taken != "counts":
        return match
    applied = apply(match, _rebased(match, event), replace(event, version=one.version, base=None))
    if len(applied.entries) == len(match.entries):
        return applied
    newest = replace(applied.entries[-1], place=Place(one.fact.epoch, event.version))
    return replace(applied, entries=(*applied.entries[:-1], newest))


def _rebased(match: Match, event: Event) -> MatchFact:
    """Return a fact as it is on top of this score: points are what they added, a set score is what it set."""
    match event.fact:
        case PointsAdded(before=before, after=after) as fact:
            return replace(fact, before=match.score, after=_moved(match, before, after))
        case TimeSet(side="home", after=after) as fact:
            return replace(fact, before=match.score, after=Score(after.home, match.score.away))
        case TimeSet(after=after) as fact:
            return replace(fact, before=match.score, after=Score(match.score.home, after.away))
        case ScoreSet(_, after):
            return ScoreSet(match.score, after)
        case EntryUndone(of, _, before, after) as fact:
            named = [entry.delta for entry in match.entries if entry.id == of]
            if named:
                before = Score(sum(one.home for one in named), sum(one.away for one in named))
                after = Score()
            return replace(fact, before=match.score, after=_moved(match, before, after))
        case fact:
            assert isinstance(fact, MatchFact), "only events of matches are put on one"
            return fact


def _moved(match: Match, before: Score, after: Score) -> Score:
    moved = match.score.plus(after.home - before.home, after.away - before.away)
    return Score(max(0, moved.home), max(0, moved.away))


def _behind(match: Match, epoch: Epoch, event: Event) -> tuple[Counted, ...]:
    """Return what counts here already and would have been held, had this event been where it belongs."""
    touches = _touches(event)
    if touches is None:
        return ()
    later = [entry for entry in match.entries if _is_later(entry, epoch, event)]
    return tuple(entry for entry in later if _stands_against(entry, epoch, event, touches))


def _is_later(entry: Counted, epoch: Epoch, event: Event) -> bool:
    """Tell whether an entry came after an event, or at its place in a log that was another."""
    if entry.place is None:
        return True
    beside = entry.version == 0 and entry.place.epoch == epoch
    return beside and entry.place.version >= event.version


def _stands_against(entry: Counted, epoch: Epoch, event: Event, touches: Touches) -> bool:
    if fact_name(event.fact) not in _POINTS or entry.kind not in _POINTS:
        # A match that began, ended or was decided on another score is looked at by a person, whoever did it.
        return True
    base = entry.base
    if base is not None and base.epoch == epoch and base.version >= event.version:
        return False
    return entry.device != event.device and (touches == "all" or entry.touches in ("all", touches))


def _touches(event: Event) -> Touches | None:
    """Return what of its match an event concerns; `None` for what is no entry, or about held ones."""
    match event.fact:
        case PointsAdded(side=side) | TimeSet(side=side):
            return side
        case EntryUndone(_, touches):
            return touches
        case SlotFilled() | EntryHeld() | ConflictSettled() | PenaltyAdded() | MatchMoved():
            return None
        case MatchStarted(implied) if implied:
            return None
        case _:
            return "all"


def _score(score: Score) -> str:
    return f"{score.home}-{score.away}"
