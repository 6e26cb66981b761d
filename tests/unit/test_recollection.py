"""Recollection: when an epoch begins, what of an offer is wanted, and how it is adopted, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.answers import Answer
from core.domain.commands import Base
from core.domain.events import EntryHeld, EpochBegun, EventAdopted, PastNamed
from core.domain.ids import CommandId, DeviceId, Epoch, MatchId
from core.domain.reduce import fold
from core.domain.rules import Accepted, judge
from core.domain.state import Position
from core.hub.judging.recollection import Made, Witness, adopt, wanted, witness
from core.wire.offers import Ancestor, Offer
from tests.support.tournaments import EPOCH, NOON, entry, league, log, match, point, record

if TYPE_CHECKING:
    from core.domain.events import Event
    from core.domain.state import Tournament

PLAN = league(4)
M1 = match(PLAN, 1)
NEW, THIRD = Epoch("e2"), Epoch("e3")
LOG = log(PLAN, *(point(PLAN, 1, "a") for _ in range(4)))
"""The plan, the start and the first point of one entry, three more points: seqs 1 to 6."""
LATER = NOON + timedelta(hours=1)
ZOE = Witness(LATER, "Zoe", DeviceId("laptop-9"))


def at(seq: int) -> Tournament:
    """Return the state after the first events of the log."""
    return fold(LOG[:seq], EPOCH)


def offer(seq: int, epoch: Epoch = EPOCH, *line: Ancestor, forked: bool = False) -> Offer:
    """Return an offer of everything up to a seq."""
    return Offer(PLAN.id, Position(epoch, seq, CommandId("c")), ((1, seq),), line, forked)


def shown(state: Tournament, made: Offer, *, differs: bool = False, epoch: Epoch = NEW) -> Made | None:
    return witness(state, made, ZOE, lambda: epoch, differs=differs)


def begun(seq: int = 3, seen: int = 6) -> Tournament:
    """Return an epoch that went on from an early copy of the log."""
    made = shown(at(seq), offer(seen))
    assert made is not None
    return made.state


def brought(
    state: Tournament,
    events: tuple[Event, ...],
    known: Answer | None = None,
    filed: dict[int, CommandId] | None = None,
) -> Made | None:
    there = {event.seq: event.command for event in LOG[:3]} if filed is None else filed
    return adopt(state, EPOCH, events, there, known, LATER, "Zoe")


def test_a_position_beyond_the_log_begins_an_epoch_that_names_its_parent() -> None:
    made = shown(at(3), offer(6))
    assert made is not None
    assert made.begins
    [event] = made.answer.events
    assert isinstance(event.fact, EpochBegun)
    assert (event.fact.parent, event.fact.after, event.fact.seen) == (EPOCH, 3, 6)
    assert (event.by, event.device, event.command) == ("Zoe", "laptop-9", "e2:1")
    assert made.state.matches[M1].score == at(3).matches[M1].score
    assert made.state.past[0].missing == ((4, 6),)


def test_a_position_that_this_log_has_begins_nothing() -> None:
    assert shown(at(6), offer(3)) is None
    assert shown(at(6), offer(6)) is None


def test_another_event_at_a_position_begins_an_epoch_though_the_log_is_longer() -> None:
    made = shown(at(6), offer(3), differs=True)
    assert made is not None
    assert (made.state.past[0].after, made.state.past[0].seen) == (6, 6)


def test_what_somebody_saw_further_of_an_older_epoch_is_named() -> None:
    state = begun()
    assert shown(state, offer(5)) is None
    made = shown(state, offer(9))
    assert made is not None
    assert not made.begins
    assert made.state.past[0].seen == 9
    assert made.answer.events[0].received_at == LATER


def test_an_epoch_that_went_on_from_here_is_named_in_a_new_one() -> None:
    made = shown(at(3), offer(4, NEW, Ancestor(EPOCH, 6)), epoch=THIRD)
    assert made is not None
    assert made.begins
    assert [past.epoch for past in made.state.past] == [EPOCH, NEW]
    assert made.state.past[0].seen == 6
    assert isinstance(made.answer.events[1].fact, PastNamed)


def test_an_epoch_that_went_on_from_an_older_one_is_named_too() -> None:
    made = shown(begun(), offer(4, THIRD, Ancestor(EPOCH, 6)))
    assert made is not None
    assert not made.begins
    assert made.state.past[1].epoch == THIRD


def test_an_epoch_that_has_nothing_to_do_with_this_one_begins_nothing() -> None:
    assert shown(at(3), offer(9, Epoch("foreign"))) is None
    assert shown(begun(), offer(9, Epoch("foreign"), Ancestor(Epoch("strange"), 3))) is None


def test_wanted_is_what_the_log_lacks_and_of_a_fork_everything() -> None:
    state = begun()
    assert wanted(None, offer(6), ()) == ()
    assert wanted(state, offer(6, Epoch("foreign")), ()) == ()
    assert wanted(state, offer(6), ((1, 3),)) == ((4, 6),)
    assert wanted(state, offer(6, forked=True), ((1, 3),)) == ((1, 6),)


def test_an_adopted_entry_has_its_answer_and_names_its_bringer() -> None:
    made = brought(begun(), LOG[3:4])
    assert made is not None
    [event] = made.answer.events
    assert (made.answer.id, made.answer.outcome, made.answer.epoch) == (LOG[3].command, "accepted", NEW)
    assert (made.answer.seq, made.answer.version) == (2, 1)
    assert (event.by, event.deliverer, event.entered_at) == ("Ann", "Zoe", LOG[3].entered_at)
    assert made.filed == ((EPOCH, LOG[3]),)
    assert made.state.matches[M1].score.home == 2


def test_a_position_is_adopted_once() -> None:
    made = brought(begun(), LOG[3:4])
    assert made is not None
    there = {event.seq: event.command for event in LOG[:4]}
    assert brought(made.state, LOG[3:4], made.answer, there) is None
    assert brought(made.state, LOG[3:4], made.answer, {}) is None, "though the log had not kept it"


def test_an_epoch_that_is_not_named_gives_nothing() -> None:
    assert adopt(begun(), Epoch("foreign"), LOG[3:4], {}, None, LATER, "Zoe") is None


def test_an_event_on_a_match_that_is_not_drawn_here_waits() -> None:
    unknown = replace(LOG[3], match=MatchId("league.m099"))
    assert brought(begun(), (unknown,)) is None


def test_an_entry_that_was_judged_here_already_counts_once() -> None:
    state = begun()
    known = Answer(id=LOG[3].command, outcome="accepted", epoch=NEW, seq=7)
    made = brought(state, LOG[3:4], known)
    assert made is not None
    assert made.answer.id == "e2:2", "its own answer stays"
    assert made.state.matches[M1].score == state.matches[M1].score
    assert made.state.past[0].adopted == ((4, 4),)


def test_more_of_an_adopted_entry_may_come_later() -> None:
    made = shown(at(1), offer(6))
    assert made is not None
    first = brought(made.state, LOG[2:3], filed={})
    assert first is not None
    second = brought(first.state, LOG[1:2], first.answer, {})
    assert second is not None
    assert second.answer.id == "e2:3"
    fact = second.answer.events[0].fact
    assert isinstance(fact, EventAdopted)
    assert fact.taken == "counts"


def test_all_of_an_entry_is_held_where_one_of_its_events_is() -> None:
    made = shown(at(1), offer(6))
    assert made is not None
    mine = entry(PLAN.id, point(PLAN, 1, "a"), id="mine", device="laptop-2", base=Base(NEW, 0))
    verdict = judge(made.state, mine, LATER, NEW)
    assert isinstance(verdict, Accepted)
    held = brought(verdict.state, LOG[1:3], filed={})
    assert held is not None
    assert held.answer.outcome == "held"
    assert "came back after" in held.answer.reason
    assert [one.entry.id for one in held.state.matches[M1].held] == ["c1"]
    assert held.state.matches[M1].score.home == 1


def test_another_content_for_a_position_is_held_once() -> None:
    state = begun()
    fork = replace(LOG[2], command=CommandId("fork"))
    made = brought(state, (fork,))
    assert made is not None
    assert [one.entry.id for one in made.state.matches[M1].held] == ["fork"]
    assert brought(made.state, (fork,), made.answer) is None


def test_what_the_copy_holds_is_kept_for_the_log_and_changes_nothing() -> None:
    state = begun()
    made = brought(state, LOG[1:3], filed={})
    assert made is not None
    assert made.state is state
    assert (made.answer.epoch, made.answer.seq, made.answer.events) == (EPOCH, 3, LOG[1:3])
    known = brought(state, LOG[1:3], made.answer, {})
    assert known is not None
    assert known.answer.id == "e1:3"


def test_a_held_entry_stays_held() -> None:
    held = entry(PLAN.id, point(PLAN, 1, "a"), id="h", device="laptop-2", base=Base(EPOCH, 0))
    verdict = judge(record(PLAN, [point(PLAN, 1, "a")])[1], held, LATER, EPOCH)
    assert not isinstance(verdict, Accepted)
    events = verdict.events  # type: ignore[union-attr]  # it is held, not refused
    assert isinstance(events[0].fact, EntryHeld)
    beyond = brought(begun(), events)
    assert beyond is not None
    assert beyond.answer.outcome == "held"
    within = brought(begun(6, 9), events, filed={})
    assert within is not None
    assert within.answer.outcome == "held"
