"""Promises: an answered entry is looked for at its place, and claimed where something else stands."""

from __future__ import annotations

from msgspec.structs import replace

from core.domain.answers import Answer
from core.domain.ids import CommandId, Epoch
from core.domain.state import Position
from core.realtime.effects import Advanced
from core.realtime.outbox.promises import MAX_PROMISES, Promises
from tests.support.laptop import PLAN, POINT, STATE, answered, pressed
from tests.support.tournaments import EPOCH

HERE = STATE.position
NEXT = answered(pressed(POINT))
"""What the hub says to the point that comes after the log."""
PROMISED = Position(EPOCH, NEXT.seq, NEXT.id)
LOST = tuple(replace(event, command=CommandId("theirs")) for event in NEXT.events)
"""What stands there once the hub lost it."""
LATER = replace(STATE, position=Position(EPOCH, HERE.seq + 5, CommandId("z")))


def promised(answer: Answer = NEXT) -> Promises:
    made = Promises()
    made.receive_answer(PLAN.id, answer, HERE)
    return made


def test_what_shows_where_it_was_answered_is_no_news() -> None:
    made = promised()
    assert made.receive_events(Advanced(PLAN.id, EPOCH, NEXT.events)) == []
    assert made.receive_whole(PLAN.id, LATER.position) == []


def test_another_event_at_its_place_is_claimed_once() -> None:
    made = promised()
    assert made.receive_events(Advanced(PLAN.id, EPOCH, LOST)) == [PROMISED]
    assert made.receive_events(Advanced(PLAN.id, EPOCH, LOST)) == []


def test_a_place_that_was_passed_over_or_is_not_reached_is_claimed() -> None:
    assert promised().receive_whole(PLAN.id, LATER.position) == [PROMISED]
    short = promised()
    assert short.receive_whole(PLAN.id, HERE) == [PROMISED]
    assert short.receive_events(Advanced(PLAN.id, EPOCH, NEXT.events)) == [], "it is still looked for"


def test_what_was_seen_already_has_no_events_or_was_stored_is_not_looked_for() -> None:
    made = Promises()
    made.receive_answer(PLAN.id, NEXT, LATER.position)
    made.receive_answer(PLAN.id, Answer(id=CommandId("r"), outcome="refused"), None)
    assert made.receive_whole(PLAN.id, HERE) == []
    made.receive_answer(PLAN.id, NEXT, None)
    made.receive_restored(LATER)
    assert made.receive_whole(PLAN.id, LATER.position) == []


def test_another_epoch_has_its_own_ways() -> None:
    made = promised()
    assert made.receive_whole(PLAN.id, Position(Epoch("e2"), 1)) == []
    assert made.receive_whole(PLAN.id, HERE) == []


def test_the_newest_are_remembered() -> None:
    made = Promises()
    for seq in range(100, 101 + MAX_PROMISES):
        made.receive_answer(PLAN.id, replace(NEXT, seq=seq), HERE)
    assert min(one.seq for one in made.receive_whole(PLAN.id, HERE)) == 101
