"""Withdrawing: what takes an entry back, by how far it may have come."""

from __future__ import annotations

import pytest

from core.domain.answers import Answer, Outcome
from core.domain.commands import Notify
from core.domain.ids import CommandId
from core.realtime.config import EngineConfig
from core.realtime.effects import JournalRow
from core.realtime.outbox.outbox import Outbox
from core.realtime.outbox.withdrawing import remedy
from core.realtime.view import EntryState
from tests.support.laptop import POINT, pressed
from tests.support.moments import Fixed

X = CommandId("x")


def holding(
    state: EntryState, outcome: Outcome | None = None, *, attempts: int = 0, notice: bool = False
) -> Outbox:
    """Return an outbox with one entry of its journal."""
    outbox = empty()
    answer = None if outcome is None else Answer(id=X, outcome=outcome)
    made = pressed(Notify("Lunch") if notice else POINT)
    if state == "saved":
        outbox.submit(made)
        outbox.receive_saved({X: 1}, 100.0)
    else:
        outbox.receive_rows([JournalRow(1, made, state, attempts, answer)])
    return outbox


def empty() -> Outbox:
    return Outbox(EngineConfig(), Fixed())


def test_what_is_not_there_or_not_yet_saved_cannot_be_taken_back() -> None:
    outbox = empty()
    assert remedy(outbox, X, sends=True) == ("impossible", "there is no entry x here")
    outbox.submit(pressed(POINT))
    assert remedy(outbox, X, sends=True) == ("impossible", "it is being saved at this moment; try again")


def test_what_certainly_never_left_is_withdrawn_by_the_process_that_sends() -> None:
    for notice in (False, True):
        assert remedy(holding("saved", notice=notice), X, sends=True)[0] == "withdrawn"
    assert remedy(holding("saved"), X, sends=False) == ("needs_undo", "it may have left this laptop")


@pytest.mark.parametrize(
    ("state", "outcome", "reason"),
    [
        ("sending", None, "it may have left this laptop"),
        ("confirmed", "accepted", "it counts already"),
        ("conflict", "held", "the hub holds it"),
    ],
)
def test_what_may_have_left_needs_an_undo(state: EntryState, outcome: Outcome | None, reason: str) -> None:
    assert remedy(holding(state, outcome, attempts=1), X, sends=True) == ("needs_undo", reason)


def test_what_may_have_left_and_is_on_no_match_cannot_be_taken_back() -> None:
    outcome, reason = remedy(holding("sending", attempts=1, notice=True), X, sends=True)
    assert outcome == "impossible"
    assert "only what is on a match" in reason


def test_what_was_withdrawn_stays_so() -> None:
    assert remedy(holding("withdrawn", "withdrawn"), X, sends=True)[1] == "it is withdrawn already"


def test_what_was_refused_is_dismissed_where_the_queue_is_worked_on() -> None:
    outbox = holding("refused", "refused", attempts=1)
    assert remedy(outbox, X, sends=True) == ("dismissed", "it is listed no more")
    assert remedy(outbox, X, sends=False)[0] == "impossible"
