"""Holds: a held entry is released when somebody decided about it, whichever is heard of first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.adoption import adoptable, pack_copy
from core.domain.answers import Answer
from core.domain.commands import Base, Settle, Undo
from core.domain.events import EpochBegun
from core.domain.ids import CommandId, Epoch
from core.domain.reduce import fold, reduce
from core.domain.rules import Refused, judge
from core.domain.state import Position
from core.realtime.effects import Dial, JournalRow, Record
from core.realtime.view import HubLine
from core.wire.messages import Answers, Events, Replay, Snapshot
from tests.support.laptop import LISTING, LOG, M1, PLAN, POINT, ROOM, STATE, Laptop, answered, pressed
from tests.support.moments import moment
from tests.support.tournaments import EPOCH, NOON, entry

if TYPE_CHECKING:
    from core.domain.events import Event
    from core.domain.state import Tournament

LATER = Epoch("e2")


def held() -> tuple[Laptop, Answer]:
    """Return a laptop whose entry the hub holds, and the answer that says so."""
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    theirs = judge(STATE, entry(PLAN.id, POINT, id="s", device="laptop-2", base=Base(EPOCH, 4)), NOON, EPOCH)
    assert not isinstance(theirs, Refused)
    verdict = judge(theirs.state, pressed(POINT), NOON, EPOCH)
    assert not isinstance(verdict, Refused)
    answer = Answer(
        id=CommandId("x"), outcome="held", epoch=EPOCH, seq=verdict.events[-1].seq, reason="Ben did too"
    )
    laptop.hear(Answers((answer,)))
    laptop.hear(Events(ROOM, EPOCH, (*theirs.events, *verdict.events)))
    assert laptop.states == {"x": "conflict"}
    return laptop, answer


def test_a_decision_releases_the_held_entry() -> None:
    laptop, _ = held()
    state = laptop.store.view.tournaments[PLAN.id].confirmed
    decision = entry(PLAN.id, Settle(M1, (CommandId("x"),)), id="d", by="Ops", base=Base(EPOCH, 9))
    verdict = judge(state, decision, NOON, EPOCH)
    assert not isinstance(verdict, Refused)
    laptop.hear(Events(ROOM, EPOCH, verdict.events))
    assert laptop.states == {"x": "withdrawn"}
    (record_,) = laptop.all(Record)
    assert record_.reason == "Ops decided: the hub's score stays"


def test_a_snapshot_without_the_held_entry_releases_it() -> None:
    laptop, _ = held()
    confirmed = laptop.store.view.tournaments[PLAN.id].confirmed
    laptop.hear(Snapshot(ROOM, confirmed))
    assert laptop.states == {"x": "conflict"}
    decision = entry(PLAN.id, Settle(M1, (CommandId("x"),)), id="d", by="Ops", base=Base(EPOCH, 9))
    verdict = judge(confirmed, decision, NOON, EPOCH)
    assert not isinstance(verdict, Refused)
    laptop.hear(Snapshot(ROOM, verdict.state))
    assert laptop.states == {"x": "withdrawn"}


def decided(state: Tournament) -> tuple[tuple[Event, ...], Tournament]:
    """Return what ops' decision about the held entry writes, and the state with it."""
    decision = entry(PLAN.id, Settle(M1, (CommandId("x"),)), id="d", by="Ops", base=Base(EPOCH, 9))
    verdict = judge(state, decision, NOON, EPOCH)
    assert not isinstance(verdict, Refused)
    return verdict.events, verdict.state


def test_an_entry_that_was_held_and_decided_before_its_answer_came_is_released() -> None:
    first, answer = held()
    state = first.store.view.tournaments[PLAN.id].confirmed
    settled, after = decided(state)
    missed = (*first.store.view.feed.lines,)
    events = tuple(line.event for line in missed if isinstance(line, HubLine))[len(LOG) :]
    for message in (
        Replay(ROOM, EPOCH, (*events, *settled), (answer,)),
        Snapshot(ROOM, after, (answer,)),
    ):
        laptop = Laptop()
        laptop.follow()
        laptop.press(POINT)
        laptop.cut()
        dial = laptop.wait(20.0)
        (link,) = [effect.link for effect in dial if isinstance(effect, Dial)]
        laptop.open(link, LISTING)
        laptop.hear(message, link)
        assert laptop.states == {"x": "withdrawn"}


def test_a_restart_finds_what_was_decided_in_its_stored_copy() -> None:
    first, answer = held()
    _, after = decided(first.store.view.tournaments[PLAN.id].confirmed)
    laptop = Laptop()
    laptop.do(laptop.engine.load([JournalRow(1, pressed(POINT), "conflict", 1, answer)], moment(100.0)))
    assert laptop.states == {"x": "conflict"}
    laptop.do(laptop.engine.restore([after], moment(100.0)))
    assert laptop.states == {"x": "withdrawn"}


def test_a_hub_that_forgot_a_held_entry_has_not_decided_it() -> None:
    laptop, _ = held()
    forgetful = replace(STATE, position=Position(Epoch("e2"), 99, CommandId("z")))
    laptop.hear(Snapshot(ROOM, forgetful))
    assert laptop.states == {"x": "conflict"}
    assert laptop.engine.withdraw(CommandId("x"), moment(100.0)).outcome == "needs_undo"
    laptop.press(Undo(M1, CommandId("x")), "u")
    laptop.hear(Answers((Answer(id=CommandId("u"), outcome="accepted", epoch=Epoch("e2")),)))
    assert laptop.states == {"x": "withdrawn", "u": "confirmed"}


def test_an_undo_that_is_in_the_log_releases_by_the_log_alone() -> None:
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    first = answered(pressed(POINT))
    laptop.hear(Answers((first,)))
    laptop.hear(Events(ROOM, EPOCH, first.events))
    laptop.press(Undo(M1, CommandId("x")), "u")
    undone = answered(
        pressed(Undo(M1, CommandId("x")), "u"), state=laptop.store.view.tournaments[PLAN.id].confirmed
    )
    laptop.hear(Answers((undone,)))
    assert laptop.states == {"x": "confirmed", "u": "confirmed"}


def bereft(seen: tuple[Event, ...]) -> tuple[Laptop, Tournament]:
    """Return a laptop that saw events which its hub lost, and the state with which that hub goes on."""
    laptop = Laptop()
    laptop.follow()
    laptop.press(POINT)
    laptop.hear(Events(ROOM, EPOCH, seen))
    lost = STATE.position.seq + len(seen)
    begun = EpochBegun(EPOCH, STATE.position.seq, lost, pack_copy(STATE))
    return laptop, fold([replace(LOG[0], command=CommandId("e2:1"), fact=begun)], LATER)


def brought(state: Tournament, *events: Event, held: bool = False) -> tuple[tuple[Event, ...], Tournament]:
    """Return what a hub writes that is brought these events of the epoch before, and its state then."""
    made: list[Event] = []
    for event in events:
        fact = adoptable(state, EPOCH, event, known=False, doubled=held)
        assert event.match is not None
        version = state.matches[event.match].version + 1
        made.append(replace(event, seq=state.position.seq + 1, version=version, fact=fact))
        state = reduce(state, made[-1], LATER)
    return tuple(made), state


def test_what_was_confirmed_and_comes_back_too_late_is_a_conflict() -> None:
    first = answered(pressed(POINT))
    for as_state in (False, True):
        laptop, state = bereft(first.events)
        laptop.hear(Answers((first,)))
        laptop.hear(Snapshot(ROOM, state))
        assert laptop.states == {"x": "confirmed"}
        events, after = brought(state, *first.events, held=True)
        laptop.hear(Snapshot(ROOM, after) if as_state else Events(ROOM, LATER, events))
        assert laptop.states == {"x": "conflict"}
        assert "two contents" in laptop.store.view.queue[0].reason
        [written] = laptop.all(Record)
        assert written.answer is not None
        assert (written.answer.outcome, written.answer.epoch) == ("held", LATER)
        decision = entry(PLAN.id, Settle(M1, (CommandId("x"),)), id="d", by="Ops", base=Base(LATER, 9))
        verdict = judge(after, decision, NOON, LATER)
        assert not isinstance(verdict, Refused)
        laptop.hear(Events(ROOM, LATER, verdict.events))
        assert laptop.states == {"x": "withdrawn"}


def test_a_decision_of_an_older_epoch_that_is_brought_releases_too() -> None:
    first, answer = held()
    shown = first.store.view.tournaments[PLAN.id].confirmed
    lines = [line.event for line in first.store.view.feed.lines if isinstance(line, HubLine)]
    seen = tuple(lines[len(LOG) :])
    settled, _ = decided(shown)
    laptop, state = bereft(seen)
    laptop.hear(Answers((answer,)))
    laptop.hear(Snapshot(ROOM, state))
    assert laptop.states == {"x": "conflict"}
    events, _ = brought(state, *seen, *settled)
    laptop.hear(Events(ROOM, LATER, events))
    assert laptop.states == {"x": "withdrawn"}
    assert laptop.store.view.queue[0].reason == "Ops decided: the hub's score stays"
