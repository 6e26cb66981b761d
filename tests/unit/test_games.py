"""Kinds of games: what each score means, when it can stand, and who wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.commands import Score
from core.domain.games import (
    CupsRules,
    Game,
    PointsRules,
    Rules,
    SetsRules,
    TimeRules,
    decided,
    default_score,
    leader,
    points_of,
    score_problem,
    set_winner,
    sets_problem,
    sets_won,
    time_text,
)
from core.domain.ids import GameId

POINTS, CUPS, TIME = PointsRules(), CupsRules(), TimeRules()
SETS = SetsRules(best_of=3, points=25, last=15)
CAPPED = SetsRules(best_of=1, points=21, cap=30)


def scores(*pairs: tuple[int, int]) -> list[Score]:
    return [Score(*pair) for pair in pairs]


def test_a_name_from_outside_is_made_safe() -> None:
    assert Game(GameId("g"), " Beer\u202e  Pong ").name == "Beer? Pong"


@pytest.mark.parametrize(
    ("rules", "score", "problem"),
    [
        (POINTS, (0, 0), None),
        (POINTS, (-1, 0), "a score cannot go below 0"),
        (POINTS, (0, 1_000_001), "a score cannot go above 1,000,000"),
        (CUPS, (10, 9), None),
        (CUPS, (11, 0), "there are 10 cups on each side"),
        (TIME, (86_400_000, 2_000_000), None),
        (TIME, (86_400_001, 0), "a time cannot be longer than a day"),
        (SETS, (25, 3), None),
        (SETS, (27, 25), None),
        (SETS, (27, 24), "a set to 25 cannot stand 27-24"),
        (CAPPED, (30, 29), None),
        (CAPPED, (31, 29), "a set to 21 cannot stand 31-29"),
        (CAPPED, (30, 30), "a set to 21 cannot stand 30-30"),
    ],
)
def test_a_score_is_refused_where_play_could_not_have_led_to_it(
    rules: Rules, score: tuple[int, int], problem: str | None
) -> None:
    assert score_problem(rules, Score(*score)) == problem


def test_the_deciding_set_has_points_of_its_own() -> None:
    two = scores((25, 1), (1, 25))
    assert score_problem(SETS, Score(18, 15), two) == "a set to 15 cannot stand 18-15"
    assert score_problem(SETS, Score(18, 15), two[:1]) is None
    assert (set_winner(SETS, Score(15, 13), 2), set_winner(SETS, Score(15, 13), 1)) == ("home", None)


@pytest.mark.parametrize(
    ("rules", "score", "winner"),
    [
        (SETS, (24, 0), None),
        (SETS, (25, 24), None),
        (SETS, (26, 24), "home"),
        (SETS, (23, 25), "away"),
        (CAPPED, (30, 29), "home"),
        (CAPPED, (29, 28), None),
        (SETS, (0, 0), None),
    ],
)
def test_a_set_is_won_with_its_points_and_lead_or_at_the_cap(
    rules: SetsRules, score: tuple[int, int], winner: str | None
) -> None:
    assert set_winner(rules, Score(*score), 0) == winner


@given(st.lists(st.booleans(), max_size=120), st.sampled_from([SETS, CAPPED, SetsRules(5, 11)]))
def test_a_set_played_point_by_point_always_stands_and_ends_once(balls: list[bool], rules: SetsRules) -> None:
    score = Score()
    for home in balls:
        winner = set_winner(rules, score, 0)
        if winner is not None:
            beyond = score.plus(winner == "home", winner == "away")
            assert score_problem(rules, beyond) is not None
            break
        score = score.plus(home, not home)
        assert score_problem(rules, score) is None


@pytest.mark.parametrize(
    ("sets", "problem"),
    [
        ([], None),
        ([(25, 20), (3, 4)], None),
        ([(25, 20), (20, 25), (15, 9)], None),
        ([(25, 20), (25, 20), (1, 0)], "set 3 is one too many: the match was decided before"),
        ([(24, 20), (1, 0)], "set 1 is not over at 24-20"),
        ([(25, 20), (40, 1)], "set 2: a set to 25 cannot stand 40-1"),
    ],
)
def test_sets_follow_one_on_the_other(sets: list[tuple[int, int]], problem: str | None) -> None:
    assert sets_problem(SETS, scores(*sets)) == problem


def test_only_games_of_sets_have_sets() -> None:
    assert sets_problem(CUPS, []) == "this game has no sets"
    assert decided(POINTS, scores((1, 0))) is None


@pytest.mark.parametrize(
    ("sets", "won", "winner"),
    [
        ([], (0, 0), None),
        ([(25, 1), (1, 25)], (1, 1), None),
        ([(25, 1), (25, 1)], (2, 0), "home"),
        ([(1, 25), (25, 1), (1, 15)], (1, 2), "away"),
    ],
)
def test_most_sets_decide_the_match(
    sets: list[tuple[int, int]], won: tuple[int, int], winner: str | None
) -> None:
    assert sets_won(scores(*sets)) == won
    assert decided(SETS, scores(*sets)) == winner


@pytest.mark.parametrize(
    ("rules", "score", "winner"),
    [
        (POINTS, (2, 1), "home"),
        (POINTS, (2, 2), None),
        (CUPS, (9, 10), "away"),
        (TIME, (61_000, 62_000), "home"),
        (TIME, (62_000, 61_000), "away"),
        (TIME, (61_000, 61_000), None),
        (TIME, (0, 61_000), "away"),
        (TIME, (61_000, 0), "home"),
        (TIME, (0, 0), None),
    ],
)
def test_most_points_win_and_the_lowest_time(
    rules: Rules, score: tuple[int, int], winner: str | None
) -> None:
    assert leader(rules, Score(*score)) == winner


def test_actions_count_in_games_of_cups_only() -> None:
    assert [points_of(CUPS, action) for action in ("cup", "bounce", "miss")] == [1, 2, 0]
    assert points_of(POINTS, "cup") is None


def test_a_match_that_was_not_played_has_a_result_of_its_game() -> None:
    assert [default_score(rules) for rules in (POINTS, SETS, CUPS, TIME)] == [(3, 0), (2, 0), (10, 0), (0, 0)]


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "-"), (999, "0.999"), (59_001, "59.001"), (62_345, "1:02.345")]
)
def test_a_time_is_written_to_the_thousandth(milliseconds: int, text: str) -> None:
    assert time_text(milliseconds) == text
