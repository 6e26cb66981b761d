"""Round robin: everybody meets everybody, nobody plays twice in a round, home and away are shared fairly."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.draws.roundrobin import round_robin


@given(st.integers(0, 40), st.integers(1, 3))
def test_each_pair_meets_once_a_leg(teams: int, legs: int) -> None:
    met = Counter(frozenset(pair) for pairs in round_robin(range(teams), legs) for pair in pairs)
    assert met == dict.fromkeys(map(frozenset, combinations(range(teams), 2)), legs)


@given(st.integers(0, 40))
def test_nobody_plays_twice_in_a_round_and_with_an_even_number_everybody_plays(teams: int) -> None:
    for pairs in round_robin(range(teams)):
        playing = [team for pair in pairs for team in pair]
        assert len(playing) == len(set(playing)) == teams - teams % 2


@given(st.integers(2, 40))
def test_home_and_away_differ_by_at_most_one_over_a_leg(teams: int) -> None:
    surplus: Counter[int] = Counter()
    for pairs in round_robin(range(teams)):
        for home, away in pairs:
            surplus[home] += 1
            surplus[away] -= 1
    assert max(map(abs, surplus.values())) <= 1


def test_the_second_leg_changes_sides() -> None:
    first, second, third = round_robin("ab", 3)
    assert (first, second, third) == ((("a", "b"),), (("b", "a"),), (("a", "b"),))


@given(st.integers(2, 40), st.integers(1, 2))
def test_nobody_is_on_the_same_side_three_times_in_a_row(teams: int, legs: int) -> None:
    sides: list[str] = [""] * teams
    for home, away in (pair for pairs in round_robin(range(teams), legs) for pair in pairs):
        sides[home] += "h"
        sides[away] += "a"
    assert not any("hhh" in side or "aaa" in side for side in sides)


BERGER = """
1-8 2-7 3-6 4-5
8-5 6-4 7-3 1-2
2-8 3-1 4-7 5-6
8-6 7-5 1-4 2-3
3-8 4-2 5-1 6-7
8-7 1-6 2-5 3-4
4-8 5-3 6-2 7-1
"""
"""The Berger table for seven or eight players, FIDE Handbook C.05, annex 1."""


def test_the_rounds_are_those_of_the_berger_tables() -> None:
    published = [set(line.split()) for line in BERGER.split("\n") if line]
    eight = [{f"{home}-{away}" for home, away in pairs} for pairs in round_robin(range(1, 9))]
    assert eight == published
    seven = [{f"{home}-{away}" for home, away in pairs} for pairs in round_robin(range(1, 8))]
    assert seven == [{pair for pair in line if "8" not in pair} for line in published]
    first, *_, sixth, seventh = round_robin(range(1, 9), 2)[:7]
    assert (first[0], sixth[0], seventh[0]) == ((1, 8), (4, 8), (8, 7))


@pytest.mark.parametrize(("teams", "rounds"), [(4, 3), (5, 5), (6, 5)])
def test_there_are_as_few_rounds_as_can_be(teams: int, rounds: int) -> None:
    assert len(round_robin(range(teams))) == rounds
