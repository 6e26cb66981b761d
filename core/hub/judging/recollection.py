"""Recollection: what a hub makes of clients that saw what its log lacks.

Pure. Owns when a new epoch begins, what an offer leads to, and the events by which old ones are adopted. How
an adopted event changes its match is `core.domain.adoption`'s affair, the table of known ids the ledger's.
Guarantees that a position is adopted once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from msgspec import structs

from core.domain.adoption import adoptable, has_room, is_here, pack_copy
from core.domain.answers import Answer
from core.domain.events import EntryHeld, EpochBegun, Event, EventAdopted, Fact, PastNamed
from core.domain.ids import CommandId, DeviceId, Epoch
from core.domain.reduce import reduce
from core.domain.spans import join, without

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from core.domain.spans import Spans
    from core.domain.state import Past, Tournament
    from core.wire.offers import Offer

SEEN_MORE = "this client has seen what the log lacks"
"""Why an epoch begins or is named, as its events say."""
Filed: TypeAlias = Mapping[int, CommandId]
"""The commands of an epoch's events that the log has, by seq."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who has seen more than this hub, and when that was said."""

    at: datetime
    name: str
    device: DeviceId


@dataclass(frozen=True, slots=True)
class Made:
    """What happened, to be stored and then told."""

    answer: Answer
    """Its events, under the id of their entry or, where that has its answer, one of their own."""
    state: Tournament
    begins: bool = False
    """Whether an epoch begins with it."""
    filed: tuple[tuple[Epoch, Event], ...] = ()
    """The old events, to be kept as they were."""


def witness(
    state: Tournament, offer: Offer, by: Witness, make_epoch: Callable[[], Epoch], *, differs: bool
) -> Made | None:
    """Return what follows from a client's having seen an epoch so far; `None` where nothing does.

    Args:
        state: the tournament here.
        offer: what the client has.
        by: who says so.
        make_epoch: gives the epoch that begins.
        differs: whether this log has another event at the offer's position.
    """
    here, seen = state.position, offer.position
    if seen.epoch == here.epoch:
        return begin(state, seen.seq, by, make_epoch) if seen.seq > here.seq or differs else None
    past = _past(state, seen.epoch)
    if past is not None:
        named = PastNamed(seen.epoch, past.after, seen.seq)
        return _write(state, here.epoch, [named], by) if seen.seq > past.seen else None
    ancestors = {one.epoch: one.after for one in offer.line}
    if here.epoch in ancestors:
        # The hub fell back behind the beginning of the client's epoch.
        lost = PastNamed(seen.epoch, 0, seen.seq)
        return begin(state, max(ancestors[here.epoch], here.seq), by, make_epoch, lost)
    if any(one.epoch in ancestors for one in state.past):
        return _write(state, here.epoch, [PastNamed(seen.epoch, 0, seen.seq)], by)
    return None


def begin(
    state: Tournament,
    seen: int,
    by: Witness,
    make_epoch: Callable[[], Epoch],
    *more: Fact,
    why: str = SEEN_MORE,
) -> Made:
    """Return the beginning of a new epoch that goes on from a state.

    Args:
        state: the tournament here: its parent position.
        seen: the last seq that is known to have been in the parent's log somewhere.
        by: whose doing it is.
        make_epoch: gives the epoch.
        more: what is known besides, told right behind.
        why: why it begins, in words.
    """
    here = state.position
    begun = EpochBegun(here.epoch, here.seq, max(seen, here.seq), pack_copy(state))
    made = _write(None, make_epoch(), [begun, *more], by, why)
    return Made(made.answer, made.state, begins=True)


def wanted(state: Tournament | None, offer: Offer, filed: Spans) -> Spans:
    """Return what of an offer the hub is to be brought.

    Args:
        state: the tournament as it stands after the offer; `None` where it is not here.
        offer: what the client has.
        filed: the seqs of that epoch that the log has.
    """
    past = None if state is None else _past(state, offer.position.epoch)
    if past is None:
        return ()
    # A client that saw another log here brings all of it: where the two part is found event by event.
    return offer.spans if offer.forked else without(offer.spans, join((*filed, *past.adopted)))


def adopt(
    state: Tournament,
    epoch: Epoch,
    events: Sequence[Event],
    filed: Filed,
    known: Answer | None,
    at: datetime,
    bringer: str,
) -> Made | None:
    """Adopt the events of one entry of an older epoch; `None` where nothing of them is new.

    Args:
        state: the tournament here.
        epoch: the older epoch.
        events: events with one command, by seq.
        filed: what the log has of that epoch.
        known: the answer that their entry has here; `None` if it has none.
        at: when they came, UTC.
        bringer: who brings them.
    """
    past = _past(state, epoch)
    fresh = [event for event in events if filed.get(event.seq) != event.command]
    if past is None or not fresh:
        return None
    if fresh[-1].seq <= past.after and not any(event.seq in filed for event in fresh):
        return _file(state, epoch, fresh, known)
    part = known is not None and _is_part(known, epoch, events[0].command)
    facts: list[EventAdopted] = []
    for event in fresh:
        doubled = event.seq in filed
        taken = known is not None if doubled else is_here(state, epoch, event.seq)
        if not taken and has_room(state, event):
            facts.append(
                adoptable(state, epoch, event, known=known is not None and not part, doubled=doubled)
            )
    made: list[Event] = []
    after = state
    for fact in _together(facts):
        made.append(_adoption(after, fact, at, bringer))
        after = reduce(after, made[-1], state.position.epoch)
    if not made:
        return None
    return Made(
        _answer(made, state.position.epoch, known),
        after,
        filed=tuple((epoch, fact.event) for fact in facts),
    )


def _write(
    state: Tournament | None, epoch: Epoch, facts: Sequence[Fact], by: Witness, why: str = SEEN_MORE
) -> Made:
    events: list[Event] = []
    for fact in facts:
        seq = 1 if state is None else state.position.seq + 1
        at = by.at if state is None or state.updated_at is None else max(by.at, state.updated_at)
        command = CommandId(f"{epoch}:{seq}")
        events.append(
            Event(
                seq=seq,
                command=command,
                fact=fact,
                by=by.name,
                device=by.device,
                entered_at=by.at,
                received_at=at,
                why=why,
            )
        )
        state = reduce(state, events[-1], epoch)
    assert state is not None, "there is at least one fact"
    answer = Answer(
        id=events[0].command, outcome="accepted", epoch=epoch, seq=events[-1].seq, events=tuple(events)
    )
    return Made(answer, state)


def _together(facts: Sequence[EventAdopted]) -> list[EventAdopted]:
    """Hold all of an entry's events on a match where one of them is held."""
    held = {fact.event.match: fact for fact in reversed(facts) if fact.taken == "held"}
    return [
        structs.replace(fact, taken="held", against=other.against, reason=other.reason)
        if (other := held.get(fact.event.match)) is not None
        else fact
        for fact in facts
    ]


def _adoption(state: Tournament, fact: EventAdopted, at: datetime, bringer: str) -> Event:
    event = fact.event
    match = None if event.match is None else state.matches[event.match]
    return Event(
        seq=state.position.seq + 1,
        command=event.command,
        fact=fact,
        by=event.by,
        device=event.device,
        entered_at=event.entered_at,
        received_at=at if state.updated_at is None else max(at, state.updated_at),
        match=None if match is None else match.id,
        version=0 if match is None else match.version + 1,
        deliverer=bringer,
        why=event.why,
    )


def _answer(made: Sequence[Event], epoch: Epoch, known: Answer | None) -> Answer:
    facts = [event.fact for event in made]
    held = [
        fact
        for fact in facts
        if isinstance(fact, EventAdopted) and (fact.taken == "held" or isinstance(fact.event.fact, EntryHeld))
    ]
    last = made[-1]
    return Answer(
        id=last.command if known is None else CommandId(f"{epoch}:{last.seq}"),
        outcome="held" if held else "accepted",
        epoch=epoch,
        seq=last.seq,
        version=max(event.version for event in made),
        events=tuple(made),
        reason=held[0].reason if held else "",
    )


def _file(state: Tournament, epoch: Epoch, events: Sequence[Event], known: Answer | None) -> Made:
    """Keep events that the copy contains: they change nothing, but the log can be read further back."""
    last = events[-1]
    answer = Answer(
        id=last.command if known is None else CommandId(f"{epoch}:{last.seq}"),
        outcome="held" if any(isinstance(event.fact, EntryHeld) for event in events) else "accepted",
        epoch=epoch,
        seq=last.seq,
        version=last.version,
        events=tuple(events),
    )
    return Made(answer, state)


def _is_part(known: Answer, epoch: Epoch, command: CommandId) -> bool:
    """Tell whether an answer is that of an adopted entry, of which more events may come."""
    return any(
        isinstance(event.fact, EventAdopted)
        and event.fact.epoch == epoch
        and event.fact.event.command == command
        for event in known.events
    )


def _past(state: Tournament, epoch: Epoch) -> Past | None:
    return next((one for one in state.past if one.epoch == epoch), None)
