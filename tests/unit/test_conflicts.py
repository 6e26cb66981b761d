"""Two devices on one match: who overrules whom, and who does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from core.domain.commands import (
    AddPenalty,
    AddScore,
    Base,
    Command,
    CompleteMatch,
    MoveMatch,
    Notify,
    Score,
    SetScore,
    Settle,
    StartMatch,
    Undo,
)
from core.domain.conflicts import conflicts, reason, touched
from core.domain.ids import CommandId, Epoch, TeamId
from core.domain.rules import Accepted, judge
from core.domain.state import Course, Place
from tests.support.tournaments import EPOCH, NOON, entry, fold, league, match

if TYPE_CHECKING:
    from core.domain.state import Match, Tournament

PLAN = league(2)
M1 = match(PLAN, 1)
HOME, AWAY = TeamId("a"), TeamId("b")


def played(*steps: tuple[str, str, Command]) -> Tournament:
    """Return the state after (id, device, command) each entered on the newest version."""
    state = fold(PLAN)
    for id_, device, command in steps:
        base = Base(EPOCH, state.matches[M1].version)
        verdict = judge(state, entry(PLAN.id, command, id=id_, device=device, base=base), NOON, EPOCH)
        assert isinstance(verdict, Accepted)
        state = verdict.state
    return state


def against(
    state: Tournament, command: Command, seen: int, device: str = "mine", epoch: Epoch = EPOCH
) -> list[str]:
    made = entry(PLAN.id, command, id="new", device=device, base=Base(epoch, seen))
    return [str(other.id) for other in conflicts(state.matches[M1], made, EPOCH)]


ONE_EACH = (("h1", "other", AddScore(M1, HOME, 1)), ("a1", "other", AddScore(M1, AWAY, 1)))
# The start that h1 implies is version 1, h1 itself 2, a1 3.


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (AddScore(M1, HOME, 1), ["h1"]),
        (AddScore(M1, AWAY, -1), ["a1"]),
        (Undo(M1, CommandId("h1")), ["h1"]),
        (SetScore(M1, Score(1, 1)), ["h1", "a1"]),
        (CompleteMatch(M1), ["h1", "a1"]),
        (AddScore(M1, TeamId("nobody"), 1), ["h1", "a1"]),
    ],
)
def test_points_conflict_on_their_side_and_everything_else_on_the_whole_match(
    command: Command, expected: list[str]
) -> None:
    assert against(played(*ONE_EACH), command, seen=0) == expected


def test_what_came_before_the_base_was_seen_and_does_not_conflict() -> None:
    state = played(*ONE_EACH)
    assert against(state, SetScore(M1, Score(5, 5)), seen=3) == []
    assert against(state, SetScore(M1, Score(5, 5)), seen=2) == ["a1"]


def test_a_device_never_conflicts_with_itself() -> None:
    assert against(played(*ONE_EACH), SetScore(M1, Score(5, 5)), seen=0, device="other") == []


def test_an_entry_without_a_base_or_from_another_epoch_has_seen_nothing() -> None:
    state = played(*ONE_EACH)
    assert against(state, AddScore(M1, HOME, 1), seen=99, epoch=Epoch("older")) == ["h1"]
    unseeing = entry(PLAN.id, AddScore(M1, HOME, 1), device="mine")
    assert [other.id for other in conflicts(state.matches[M1], unseeing, EPOCH)] == ["h1"]


def test_a_start_conflicts_only_when_somebody_asked_for_it() -> None:
    asked = played(("s1", "other", StartMatch(M1)))
    implied = played(("h1", "other", AddScore(M1, HOME, 1)))
    assert against(asked, AddScore(M1, AWAY, 1), seen=0) == ["s1"]
    assert against(implied, AddScore(M1, AWAY, 1), seen=0) == []


def test_leaving_the_hubs_score_overrules_nobody_but_a_replacement_does() -> None:
    state = played(*ONE_EACH)
    assert against(state, Settle(M1, (CommandId("x"),)), seen=0) == []
    assert against(state, Settle(M1, (CommandId("x"),), (AddScore(M1, HOME, 1),)), seen=0) == ["h1", "a1"]


def test_an_undo_of_something_the_match_does_not_know_and_a_notice_conflict_with_nothing() -> None:
    state = played(*ONE_EACH)
    assert against(state, Undo(M1, CommandId("unknown")), seen=0) == []
    assert against(state, Notify("Lunch"), seen=0) == []


def test_the_reason_names_who_entered_what_and_how_much_more() -> None:
    entries = played(*ONE_EACH).matches[M1].entries
    assert reason(entries[:1]) == "Ann on other entered 1-0 since; decide which counts"
    assert reason(entries) == "Ann on other entered 1-1 and 1 more since; decide which counts"


def test_entries_of_one_command_touch_a_side_together_only_if_they_agree() -> None:
    def found(state: Tournament) -> Match:
        return state.matches[M1]

    both = found(played(*ONE_EACH)).entries
    assert touched(both[:1]) == "home"
    assert touched(both) == "all"
    assert touched(found(played(("s1", "other", StartMatch(M1)))).entries) == "all"


def test_penalties_and_moves_overrule_nobody() -> None:
    state = played(("x1", "laptop-1", AddScore(M1, HOME, 1)))
    for command in (AddPenalty(M1, HOME, 1), MoveMatch(M1, None, None)):
        assert against(state, command, seen=0) == []


def test_a_base_of_an_older_epoch_has_seen_what_stood_there_up_to_its_version() -> None:
    state = played(("x1", "laptop-1", AddScore(M1, HOME, 1)))
    only = state.matches[M1]
    old, older, newer = Epoch("e0"), Epoch("d0"), Epoch("e00")
    placed = replace(only.entries[0], version=0, place=Place(old, 3))
    here = replace(only, entries=(placed,))

    def found(epoch: Epoch, version: int) -> bool:
        made = entry(PLAN.id, SetScore(M1, Score()), device="laptop-2", base=Base(epoch, version))
        return conflicts(here, made, EPOCH, (older, old, newer)) == ()

    assert found(old, 3)
    assert not found(old, 2)
    assert found(newer, 0)
    assert not found(older, 9)
    assert not found(Epoch("unknown"), 9)


def test_what_was_adopted_after_the_base_stands_against_it_although_it_comes_first_in_the_history() -> None:
    state = played(*ONE_EACH)
    match = state.matches[M1]
    adopted = replace(match.entries[0], id=CommandId("old"), version=9, place=Place(Epoch("e0"), 3))
    here = replace(match, entries=(adopted, *match.entries), course=Course(match))
    made = entry(PLAN.id, SetScore(M1, Score(5, 5)), device="mine", base=Base(EPOCH, 8))
    assert [other.id for other in conflicts(here, made, EPOCH, (Epoch("e0"),))] == ["old"]
