"""The stretches: whatever happens in whatever order, the outcome is that of judging all entries anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.answers import Answer
from core.domain.commands import (
    AddScore,
    AssignSlot,
    CompleteMatch,
    ConfirmResult,
    Notify,
    ReopenMatch,
    Score,
    SetScore,
    Settle,
    StartMatch,
    Undo,
)
from core.domain.ids import CommandId, DeviceId, TeamId
from core.domain.reduce import fold
from core.domain.rules import Accepted, Refused, judge
from core.realtime.outbox.overlay import Overlay, base_of
from core.realtime.outbox.stretches import Laid, ReachesFurther
from core.realtime.view import Queued
from tests.support.overlays import histories, plainly
from tests.support.tournaments import EPOCH, NOON, entry, finals, log

if TYPE_CHECKING:
    from core.domain.answers import Outcome
    from core.domain.commands import Command, Entry
    from core.domain.events import Event

PLAN = finals()
"""Two matches whose results decide who plays in two others."""
MATCHES = tuple(fixture.id for fixture in PLAN.fixtures)
HERE, THERE = DeviceId("laptop-1"), DeviceId("laptop-2")


class Venue:
    """A laptop with its queue, the hub, and what is on its way from there."""

    def __init__(self) -> None:
        self.log: list[Event] = list(log(PLAN))
        self.hub = fold(self.log, EPOCH)
        self.confirmed = self.hub
        self.seen: set[CommandId] = set()
        self.queue: dict[CommandId, Queued] = {}
        self.answers: dict[CommandId, Answer] = {}
        self.overlay = Overlay(self.confirmed, ())
        self.number = 0

    def made(self, command: Command, device: DeviceId) -> Entry:
        self.number += 1
        base = base_of(self.confirmed if device == HERE else self.hub, command)
        at = NOON + timedelta(seconds=self.number % 7)
        return entry(PLAN.id, command, id=f"x{self.number}", device=device, at=at, base=base)

    def command(self, kind: int, which: int, other: int) -> Command:
        """Return some command; most make sense now and then."""
        match = self.hub.matches[MATCHES[which % 4]]
        teams = [team.id for team in PLAN.teams]
        team = (match.home.team or teams[0], match.away.team or teams[1])[other % 2]
        ids = [CommandId(f"x{number}") for number in range(max(1, self.number - 9), self.number + 1)]
        named = ids[other % len(ids)] if ids else CommandId("nothing")
        options: tuple[Command, ...] = (
            AddScore(match.id, team, other % 4 - 1),
            AddScore(match.id, team, 1),
            SetScore(match.id, Score(other % 5, which % 3)),
            Undo(match.id, named),
            StartMatch(match.id),
            CompleteMatch(match.id),
            CompleteMatch(match.id, Score(5, 4)),
            ConfirmResult(match.id),
            ReopenMatch(match.id),
            AssignSlot(match.id, "home", TeamId(teams[other % 4])),
            Settle(match.id, tuple(held.entry.id for held in match.held), (AddScore(match.id, team, 1),)),
            Notify(f"notice {other}"),
        )
        return options[kind % len(options)]

    def press(self, command: Command) -> None:
        """Enter something here."""
        one = self.made(command, HERE)
        row = 2 * max((queued.row for queued in self.queue.values()), default=0) // 2 + 10
        self.put(Queued(one, "saved", "critical", row))

    def press_elsewhere(self, command: Command) -> None:
        """Have another process of this laptop enter something, whose row is read late."""
        rows = [queued.row for queued in self.queue.values()]
        one = self.made(command, HERE)
        self.put(Queued(one, "saved", "critical", max(rows, default=10) - 5))

    def put(self, *queued: Queued, known: bool = True) -> None:
        self.queue |= {one.entry.id: one for one in queued}
        self.queue = dict(sorted(self.queue.items(), key=lambda item: item[1].row))
        self.overlay.receive_queue(tuple(self.queue.values()), queued if known else None)

    def judge(self, one: Entry) -> Answer:
        """Have the hub judge an entry, once."""
        verdict = judge(self.hub, one, NOON + timedelta(minutes=self.number), EPOCH)
        if isinstance(verdict, Refused):
            return Answer(id=one.id, outcome="refused", epoch=EPOCH)
        self.hub = verdict.state
        self.log += verdict.events
        outcome: Outcome = "accepted" if isinstance(verdict, Accepted) else "held"
        return Answer(id=one.id, outcome=outcome, epoch=EPOCH, seq=verdict.events[-1].seq)

    def judge_own(self, which: int) -> None:
        """Have the hub judge an entry of this laptop, in any order."""
        waiting = [queued.entry for queued in self.queue.values() if queued.waiting]
        unjudged = [one for one in waiting if one.id not in self.answers]
        if unjudged:
            one = unjudged[which % len(unjudged)]
            self.answers[one.id] = self.judge(one)

    def hear_answer(self, which: int) -> None:
        """Have an answer arrive."""
        waiting = [id for id in self.answers if self.queue[id].waiting]
        if waiting:
            answer = self.answers[waiting[which % len(waiting)]]
            state = {"accepted": "confirmed", "held": "conflict", "refused": "refused"}[answer.outcome]
            before = self.queue[answer.id]
            self.put(replace(before, state=state, seq=answer.seq, epoch=EPOCH), known=which % 3 > 0)  # type: ignore[arg-type]

    def hear_events(self, count: int) -> None:
        """Have the next events arrive, few or many."""
        events = self.log[self.confirmed.position.seq :][:count]
        if events:
            self.confirmed = fold(events, EPOCH, self.confirmed)
            self.seen |= {event.command for event in events}
            self.overlay.receive_events(self.confirmed, events)

    def hear_snapshot(self) -> None:
        """Have the hub's state arrive as a whole."""
        self.confirmed = self.hub
        self.seen = histories(self.hub)
        self.overlay.receive_state(self.confirmed, tuple(self.queue.values()))

    def withdraw(self, which: int) -> None:
        """Take back an entry that the hub has not seen."""
        waiting = [one for one in self.queue.values() if one.waiting and one.entry.id not in self.answers]
        if waiting:
            self.put(replace(waiting[which % len(waiting)], state="withdrawn"))

    def step(self, kind: int, which: int, other: int) -> None:
        match kind % 10:
            case 0 | 1 | 2:
                self.press(self.command(which, other, other // 7))
            case 3:
                verdict = self.command(which, other, other // 7)
                self.judge(self.made(verdict, THERE))
            case 4 | 5:
                self.judge_own(which * (other % 2))
            case 6:
                self.hear_answer(which)
            case 7:
                self.hear_events(which % 5 + 1)
            case 8:
                self.hear_snapshot() if which % 4 == 0 else self.hear_events(99)
            case _:
                self.withdraw(other) if which % 2 else self.press_elsewhere(self.command(which, other, 1))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 120))
def test_the_overlay_is_what_judging_all_anew_gives(seed: int, steps: int) -> None:
    dice, venue = Random(seed), Venue()
    for _ in range(steps):
        venue.step(dice.randrange(10), dice.randrange(61), dice.randrange(61))
        assert venue.overlay.projection == plainly(venue.confirmed, venue.queue.values(), venue.seen)


def test_only_the_newest_notices_are_shown_however_many_wait() -> None:
    venue = Venue()
    for number in range(60):
        venue.press(Notify(f"notice {number}"))
    shown = venue.overlay.projection
    assert shown == plainly(venue.confirmed, venue.queue.values(), venue.seen)
    assert shown.state.notices[-1].title == "notice 59"


def test_an_entry_that_turns_out_to_concern_more_than_its_match_says_so() -> None:
    plan = finals()
    state = fold(log(plan), EPOCH)
    first = plan.fixtures[0].id
    ends, started = (entry(plan.id, one(first), id=one.__name__) for one in (CompleteMatch, StartMatch))
    live = Laid(1, started, far=False).judge(state)
    with pytest.raises(ReachesFurther) as found:
        Laid(2, ends, far=False).judge(live)
    assert found.value.id == ends.id
