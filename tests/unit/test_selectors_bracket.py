"""The drawn bracket: where matches stand, what a window shows, and how the cursor moves."""

from __future__ import annotations

import pytest

from core.domain.commands import AddScore
from core.domain.plan import Plan
from tests.support import desks
from tests.support.console import Desk
from tests.support.desks import scene
from tests.support.tournaments import cup, finals, fold, league, match, result
from tui.selectors import bracket
from tui.selectors.bracket import tree
from tui.selectors.cells import length, plain


def drawn(plan: Plan, *commands: object, cursor: int = 1, width: int = 120, height: int = 30) -> list[str]:
    state = fold(plan, *commands)  # type: ignore[arg-type]
    lines = bracket.lines(scene(desks.lively()), state, tree(state), match(plan, cursor), width, height)
    assert len(lines) <= height
    assert all(length(line) <= width for line in lines)
    return [plain(line).rstrip() for line in lines]


def test_a_match_stands_between_those_that_feed_it() -> None:
    plan = cup(8)
    made = tree(fold(plan))
    assert made.rounds == ("Quarter-finals", "Semi-finals", "Final")
    rows = {match(plan, number): made.nodes[match(plan, number)].row for number in range(1, 8)}
    assert [rows[match(plan, number)] for number in (1, 2, 3, 4)] == [0, 3, 6, 9]
    assert rows[match(plan, 1)] <= rows[match(plan, 5)] <= rows[match(plan, 2)]
    assert rows[match(plan, 5)] <= rows[match(plan, 7)] <= rows[match(plan, 6)]


def test_the_rounds_are_a_sheet_as_well() -> None:
    plan = cup(4)
    state = fold(plan, *result(plan, 1, 2, 1))
    assert bracket.sheet(state)[0] == ["round", "match", "home", "score", "away"]
    assert [row[0] for row in bracket.sheet(state)[1:]] == ["Semi-finals", "Semi-finals", "Final"]
    assert [row[3] for row in bracket.sheet(state)[1:]] == ["2-1", "", ""]


def test_no_two_matches_of_a_round_share_a_row() -> None:
    for plan in (cup(2), cup(4, third_place=True), cup(8, third_place=True), finals()):
        places = [(node.column, node.row) for node in tree(fold(plan)).nodes.values()]
        taken = {(column, row + below) for column, row in places for below in (0, 1)}
        assert len(taken) == 2 * len(places)


def test_results_and_waiting_slots_are_named() -> None:
    plan = cup(4)
    lines = drawn(plan, *result(plan, 1, 2, 1))
    assert lines[0].split() == ["Semi-finals", "Final"]
    assert "> M001  Team A" in lines[1]
    assert lines[1].split()[4] == "2"
    assert any("winner M002" in line for line in lines)
    assert any("M003  Team A" in line for line in lines)


def test_lines_lead_from_round_to_round() -> None:
    told = "\n".join(drawn(cup(8)))
    assert told.count("---") == 2
    assert told.count("-+") == told.count("+-") == 4


def test_a_narrow_window_shows_the_rounds_around_the_cursor_and_says_which() -> None:
    plan = cup(8)
    state = fold(plan)
    made = tree(state)
    narrow = drawn(plan, cursor=7, width=78)
    assert narrow[0].split() == ["Semi-finals", "Final"]
    assert plain(bracket.whereabouts(made, match(plan, 7), 78)) == "rounds  1 [2][3]"
    assert plain(bracket.whereabouts(made, None, 78)) == "rounds [1][2] 3 "
    assert bracket.whereabouts(made, match(plan, 7), 200) == ()


def test_a_low_window_follows_the_cursor() -> None:
    plan = cup(8)
    assert any("M004" in line for line in drawn(plan, cursor=4, height=6))
    assert not any("M004" in line for line in drawn(plan, cursor=1, height=6))


def test_the_cursor_moves_in_its_round_and_to_the_nearest_of_the_next() -> None:
    plan = cup(8)
    made = tree(fold(plan))
    at = {number: match(plan, number) for number in range(1, 8)}
    assert made.beside(None, 0, 0) in made.nodes
    assert made.beside(at[1], 0, 1) == at[2]
    assert made.beside(at[1], 0, -1) == at[1]
    assert made.beside(at[4], 0, 1_000) == at[4]
    assert made.beside(at[3], 1, 0) == at[6]
    assert made.beside(at[7], 1, 0) == at[7]
    assert tree(fold(league(3))).beside(None, 0, 0) is None


def test_a_tournament_without_a_knock_out_says_so() -> None:
    state = fold(league(3))
    lines = bracket.lines(scene(Desk()), state, tree(state), None, 80, 20)
    assert "No knock-out" in plain(lines[1])
    assert bracket.whereabouts(tree(state), None, 80) == ()


@pytest.mark.parametrize("ascii", [True, False])
def test_live_points_stand_behind_the_team(ascii: bool) -> None:
    plan = cup(2)
    state = fold(plan, AddScore(match(plan, 1), plan.teams[0].id, 7))
    at = scene(desks.lively(), ascii=ascii)
    lines = bracket.lines(at, state, tree(state), None, 80, 10)
    assert plain(lines[1]).rstrip().endswith("7")
