from __future__ import annotations

from random import Random

import pytest

from core.domain.commands import Score
from core.domain.games import MAX_TIME_MS, CupsRules, SetsRules, TimeRules, decided, leader, points_of
from core.domain.ids import TeamId
from tui.cli.olympics import CONTESTS, Contest
from tui.cli.presses import Count, Press, correction, player, presses

SEEDS = range(40)


def counted(contest: Contest, seed: int) -> Count:
    """Follow a match as its scorekeeper means it."""
    count = before = Count()
    for press in presses(contest, Random(seed)):
        assert press.pause > 0
        if press.kind == "undo":
            count = before
        else:
            before, count = count, count.plus(contest.rules, press.side, press.delta)
    return count


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda contest: contest.id)
def test_every_match_has_a_winner_by_its_games_rules(contest: Contest) -> None:
    for seed in SEEDS:
        count = counted(contest, seed)
        if isinstance(contest.rules, SetsRules):
            assert decided(contest.rules, count.sets) is not None
            continue
        assert leader(contest.rules, count.score) is not None
        if contest.goal:
            assert max(count.score.home, count.score.away) == contest.goal
        if isinstance(contest.rules, CupsRules):
            assert max(count.score.home, count.score.away) == contest.rules.cups
        if isinstance(contest.rules, TimeRules):
            assert 0 < min(count.score.home, count.score.away) < MAX_TIME_MS


def test_the_same_seed_presses_the_same() -> None:
    for contest in CONTESTS:
        assert list(presses(contest, Random(3))) == list(presses(contest, Random(3)))


def test_slips_are_taken_back_and_forgotten_points_are_counted_again() -> None:
    kinds = set()
    for contest in CONTESTS:
        for seed in SEEDS:
            pressed = list(presses(contest, Random(seed)))
            kinds |= {press.kind for press in pressed}
            for press, following in zip(pressed, [*pressed[1:], None], strict=True):
                assert (press.kind == "slip") == (following is not None and following.kind == "undo")
    assert kinds == {"point", "slip", "undo", "recount", "time"}


def test_a_throw_counts_what_it_is_worth_and_names_who_threw() -> None:
    contest = next(one for one in CONTESTS if isinstance(one.rules, CupsRules))
    actions = set()
    for seed in SEEDS:
        for press in presses(contest, Random(seed)):
            assert press.action is not None
            assert press.delta == points_of(contest.rules, press.action)
            assert player(TeamId("otters"), press) in ("Cleo", "Noa")
            actions.add(press.action)
    assert actions == {"cup", "bounce", "miss"}
    assert player(TeamId("otters"), Press("point", "home", 1, 1.0)) == ""


def test_a_correction_changes_the_score_and_never_the_winner() -> None:
    assert correction(Count(Score(5, 2)), "home") == Score(5, 3)
    assert correction(Count(Score(4, 5)), "away") == Score(3, 5)
