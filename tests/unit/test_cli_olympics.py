from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from random import Random

import pytest

from core.domain.checks import check
from core.domain.files.playback import rehearse
from core.domain.plan import Plan
from tui.cli.olympics import CONTESTS, TEAMS, evening, mishaps, players, programme, winners


@pytest.fixture(scope="module")
def drawn() -> Plan:
    return evening(Random(7))


def test_eight_games_of_every_kind_are_drawn_up_for_sixteen_teams(drawn: Plan) -> None:
    check(drawn)
    assert len(drawn.games) == len(drawn.courts) == 8
    assert len(drawn.teams) == 16
    assert {type(game.rules).__name__ for game in drawn.games} == {
        "PointsRules", "SetsRules", "CupsRules", "TimeRules",
    }  # fmt: skip


def test_the_same_seed_draws_the_same_evening(drawn: Plan) -> None:
    assert evening(Random(7)) == drawn
    assert evening(Random(8)) != drawn
    assert mishaps(Random(7)) == mishaps(Random(7))


def test_every_match_is_played_once_at_its_games_own_table(drawn: Plan) -> None:
    order = programme(drawn)
    assert Counter(match for matches in order.values() for match in matches) == Counter(
        fixture.id for fixture in drawn.fixtures
    )
    tables = {fixture.id: fixture.court for fixture in drawn.fixtures}
    assert all(str(tables[match]) == game for game, matches in order.items() for match in matches)


def test_a_match_comes_after_those_that_its_sides_come_from(drawn: Plan) -> None:
    fixtures = {fixture.id: fixture for fixture in drawn.fixtures}
    for matches in programme(drawn).values():
        for number, match in enumerate(matches):
            for slot in (fixtures[match].home, fixtures[match].away):
                before = getattr(slot.source, "match", None)
                assert before is None or before in matches[:number]


def test_at_the_beginning_no_team_is_due_at_two_tables(drawn: Plan) -> None:
    fixtures = {fixture.id: fixture for fixture in drawn.fixtures}
    first = next(zip_longest(*(matches for matches in programme(drawn).values() if matches)))
    due = [slot.team for match in first for slot in (fixtures[match].home, fixtures[match].away)]
    # Seven tables for sixteen teams: who has nowhere else to be may stand in line once.
    assert max(Counter(due).values()) <= 2


@pytest.mark.parametrize("seed", range(20))
def test_everything_that_goes_wrong_does_so_at_another_table(seed: int) -> None:
    wrong = mishaps(Random(seed))
    assert Counter(wrong.at.values()) == {"conflict": 1, "no_show": 1, "dropped": 2, "reopened": 1}
    assert len({game for game, _ in wrong.at}) == 5
    assert {game for game, _ in wrong.at} <= {contest.id for contest in CONTESTS}


def test_each_team_has_two_players_of_its_own() -> None:
    teams = [team.id for team in evening(Random(1)).teams]
    assert len({players(team) for team in teams}) == len(TEAMS)


def test_teams_that_share_the_first_place_win_together(drawn: Plan) -> None:
    nobody_played = winners(rehearse(drawn))
    assert nobody_played.count(" and ") == len(TEAMS) - 1
