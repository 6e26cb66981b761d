"""Playbacks: results become commands that the rules accept, in an order in which a person enters them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest
from msgspec.structs import replace

from core.domain.checks import check
from core.domain.commands import (
    AddScore,
    AssignSlot,
    CompleteMatch,
    ConfirmResult,
    Notify,
    Score,
    SetScore,
    StartMatch,
    Undo,
    match_of,
)
from core.domain.draws.drawing import draw_up
from core.domain.files.playback import (
    Assignment,
    Goal,
    Imported,
    Result,
    Skipped,
    Step,
    rebound,
    rehearse,
    renamed,
    script,
)
from core.domain.ids import CommandId, MatchId, PoolId, StageId, TeamId, TournamentId
from core.domain.plan import DoubleElimination, OneOf, Slot, Stage, WinnerOf
from core.errors import BadPlan
from tests.support.tournaments import NOON, cup, finals, league, match

A, B = TeamId("a"), TeamId("b")
HOUR = timedelta(hours=1)


def test_a_match_is_started_scored_completed_and_confirmed() -> None:
    plan = league(2)
    (only,) = plan.fixtures
    goals = (Goal(B, 46), Goal(A, 45, 3, "Ann 45+3'"), Goal(A, 7))
    steps = script(plan, {only.id: Result(Score(2, 1), goals=goals)})
    assert [step.command for step in steps] == [
        StartMatch(only.id),
        AddScore(only.id, A, 1),
        AddScore(only.id, A, 1),
        AddScore(only.id, B, 1),
        CompleteMatch(only.id),
        ConfirmResult(only.id),
    ]
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[0].at == NOON + HOUR
    assert steps[2].why == "Ann 45+3'"
    assert not any(step.waits for step in steps)


def test_a_goal_after_the_end_puts_the_end_off() -> None:
    plan = league(2)
    only = plan.fixtures[0].id
    steps = script(plan, {only: Result(Score(1, 0), goals=(Goal(A, 130),), minutes=90)})
    assert steps[-2].at > steps[1].at == NOON + HOUR + timedelta(minutes=130)


@pytest.mark.parametrize(("phase", "kinds"), [("live", 2), ("final", 3), ("official", 4)])
def test_a_score_without_goals_is_set_at_the_end(
    phase: Literal["live", "final", "official"], kinds: int
) -> None:
    plan = league(2)
    only = plan.fixtures[0].id
    steps = script(plan, {only: Result(Score(2, 1), phase=phase)})
    assert [type(step.command) for step in steps] == [
        StartMatch,
        SetScore,
        CompleteMatch,
        ConfirmResult,
    ][:kinds]
    assert rehearse(plan, steps).matches[only].phase == phase


def test_a_match_without_points_needs_none_set() -> None:
    plan = league(2)
    steps = script(plan, {plan.fixtures[0].id: Result(Score())})
    assert [type(step.command) for step in steps] == [
        StartMatch,
        CompleteMatch,
        ConfirmResult,
    ]


def test_a_match_waits_for_those_that_its_sides_come_from() -> None:
    plan = cup(4)
    results = {fixture.id: Result(Score(1, 0)) for fixture in plan.fixtures}
    steps = script(plan, results)
    assert [match_of(step.command) for step in steps if step.waits] == [match(plan, 3)]
    assert rehearse(plan, steps).matches[match(plan, 3)].winner == "a"


def test_a_match_whose_clock_says_otherwise_still_begins_after_what_feeds_it() -> None:
    plan = cup(4)
    noon = tuple(replace(fixture, starts_at=NOON) for fixture in plan.fixtures)
    same_time = replace(plan, fixtures=noon)
    steps = script(same_time, {fixture.id: Result(Score(1, 0)) for fixture in noon})
    assert [match_of(step.command) for step in steps][-1] == match(plan, 3)
    assert rehearse(same_time, steps).matches[match(plan, 3)].phase == "official"


def test_an_assignment_comes_after_its_pools_and_before_its_match() -> None:
    plan = finals()
    pools = (PoolId("a"), PoolId("b"))
    fixtures = [*plan.fixtures]
    fixtures[3] = replace(fixtures[3], home=Slot(None, OneOf(pools, 1)), away=Slot(None, OneOf(pools, 2)))
    plan = replace(plan, fixtures=(fixtures[0], fixtures[1], fixtures[3]))
    final = fixtures[3].id
    steps = script(
        plan,
        {fixture.id: Result(Score(1, 0)) for fixture in plan.fixtures},
        [Assignment(final, "home", A), Assignment(final, "away", B)],
    )
    kinds = [type(step.command) for step in steps if match_of(step.command) == final]
    assert kinds[:3] == [AssignSlot, AssignSlot, StartMatch]
    assigned = [step for step in steps if isinstance(step.command, AssignSlot)]
    assert all(step.waits and step.why == "read from the pairing of M004" for step in assigned)
    assert max(step.at for step in steps if match_of(step.command) != final) < assigned[0].at
    assert rehearse(plan, steps).matches[final].winner == "a"


def test_an_assignment_to_a_match_that_nothing_feeds_comes_before_it() -> None:
    plan = cup(2)
    only = plan.fixtures[0].id
    steps = script(plan, {}, [Assignment(only, "home", A)])
    assert [step.command for step in steps] == [AssignSlot(only, "home", A)]


def test_what_feeds_a_match_and_was_not_played_does_not_hold_its_assignment_up() -> None:
    plan = cup(4)
    steps = script(plan, {}, [Assignment(match(plan, 3), "home", A)])
    assert rehearse(plan, steps).matches[match(plan, 3)].home.team == "a"


def test_what_the_rules_refuse_cannot_be_rehearsed() -> None:
    plan = cup(2)
    with pytest.raises(BadPlan, match="M001: a knock-out match needs a winner"):
        rehearse(plan, script(plan, {plan.fixtures[0].id: Result(Score(1, 1))}))
    with pytest.raises(BadPlan, match="tournament: tournament: id 'A B'"):
        rehearse(replace(plan, id=TournamentId("A B")))


def test_an_undo_names_the_id_given_in_this_replay() -> None:
    only = match(cup(2), 1)
    given = {CommandId("old"): CommandId("new")}
    assert rebound(Undo(only, CommandId("old")), given) == Undo(only, CommandId("new"))
    assert rebound(Undo(only, CommandId("other")), given) == Undo(only, CommandId("other"))
    assert rebound(StartMatch(only), given) == StartMatch(only)


def test_a_tournament_takes_another_id_with_all_its_matches() -> None:
    plan = cup(4, third_place=True)
    steps = (
        Step(NOON, StartMatch(match(plan, 1)), why="x"),
        Step(NOON, Notify("Lunch")),
    )
    skipped = (Skipped("a", "b"),)
    moved = renamed(Imported(plan, steps, skipped), TournamentId("other"))
    assert moved.plan == replace(cup(4, name="other", third_place=True), name="Cup")
    assert moved.playback == (
        Step(NOON, StartMatch(MatchId("other.m001")), why="x"),
        steps[1],
    )
    assert moved.skipped == skipped
    assert rehearse(moved.plan, moved.playback).id == "other"


def test_what_a_format_names_moves_with_the_tournament() -> None:
    entrants = (Slot(None, WinnerOf(match(cup(4), 1))), Slot(None, WinnerOf(match(cup(4), 2))))
    final = Stage(StageId("again"), "Again", "knockout", format=DoubleElimination(entrants))
    plan = draw_up(replace(cup(4), stages=(*cup(4).stages, final)))
    moved = renamed(Imported(plan), TournamentId("other")).plan
    check(moved)
    assert moved.stages[1].format == DoubleElimination(
        tuple(Slot(None, WinnerOf(match(cup(4, name="other"), number))) for number in (1, 2))
    )
    assert (plan.fixtures[-1].reset_of, moved.fixtures[-1].reset_of) == ("cup.m005", "other.m005")


def test_a_rehearsal_follows_the_ids_of_a_recording() -> None:
    only = match(cup(2), 1)
    steps = (
        Step(NOON, AddScore(only, A, 1), recorded=CommandId("old")),
        Step(NOON, Undo(only, CommandId("old"))),
    )
    assert rehearse(cup(2), steps).matches[only].score == Score()
