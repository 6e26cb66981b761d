"""Reentry: an event told as the entry that a person decides about."""

from __future__ import annotations

import pytest

from core.domain.commands import (
    AddScore,
    AssignSlot,
    CompleteMatch,
    ConfirmResult,
    EnterSets,
    ForfeitMatch,
    MatchCommand,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    StartMatch,
    Undo,
)
from core.domain.events import (
    ConflictSettled,
    EntryHeld,
    EntryUndone,
    Event,
    Fact,
    MatchCompleted,
    MatchForfeited,
    MatchReopened,
    MatchStarted,
    Notified,
    PointsAdded,
    ResultConfirmed,
    ScoreSet,
    SetsEntered,
    SlotAssigned,
    TimeSet,
)
from core.domain.ids import CommandId, MatchId, TeamId
from core.domain.reentry import entry_of
from tests.support.tournaments import DEVICE, NOON, entry, league, match, point

PLAN = league()
M1 = match(PLAN, 1)
A = TeamId("a")
NIL, ONE = Score(), Score(1, 0)


def event(fact: Fact, on: MatchId | None = M1) -> Event:
    """Return an event of Ann's."""
    return Event(
        seq=7,
        command=CommandId("x"),
        fact=fact,
        by="Ann",
        device=DEVICE,
        entered_at=NOON,
        received_at=NOON,
        match=on,
        version=3,
        why="because",
    )


@pytest.mark.parametrize(
    ("fact", "command"),
    [
        (PointsAdded(A, "home", 1, NIL, ONE), AddScore(M1, A, 1)),
        (ScoreSet(NIL, ONE), SetScore(M1, ONE)),
        (TimeSet(A, "home", NIL, Score(61_000, 0)), SetTime(M1, A, 61_000)),
        (TimeSet(A, "away", NIL, Score(0, 62_000)), SetTime(M1, A, 62_000)),
        (SetsEntered((), NIL, (ONE,), NIL), EnterSets(M1, (ONE,))),
        (SetsEntered((), NIL, (ONE,), ONE), EnterSets(M1, (ONE, ONE))),
        (EntryUndone(CommandId("y"), "home", ONE, NIL), Undo(M1, CommandId("y"))),
        (MatchStarted(), StartMatch(M1)),
        (MatchCompleted(ONE, A), CompleteMatch(M1)),
        (MatchForfeited(ONE, "forfeit", None, A), ForfeitMatch(M1, A)),
        (ResultConfirmed(ONE), ConfirmResult(M1)),
        (MatchReopened(ONE), ReopenMatch(M1)),
        (SlotAssigned("home", A), AssignSlot(M1, "home", A)),
    ],
)
def test_an_event_is_told_as_the_entry_it_came_from(fact: Fact, command: MatchCommand) -> None:
    made = entry_of(PLAN.id, event(fact))
    assert made is not None
    assert (made.command, made.id, made.by, made.why) == (command, "x", "Ann", "because")
    assert made.base is None


def test_a_held_entry_is_itself() -> None:
    held = entry(PLAN.id, point(PLAN, 1, "a"), id="h")
    assert entry_of(PLAN.id, event(EntryHeld(held, ()))) == held


@pytest.mark.parametrize("fact", [MatchStarted(implied=True), ConflictSettled((), "hub")])
def test_what_only_followed_came_from_no_entry(fact: Fact) -> None:
    assert entry_of(PLAN.id, event(fact)) is None


def test_what_is_on_no_match_has_nothing_to_decide() -> None:
    assert entry_of(PLAN.id, event(Notified("Lunch", "", "info"), None)) is None
