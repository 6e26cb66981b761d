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


@pytest.mark.parametrize(("teams", "rounds"), [(4, 3), (5, 5), (6, 5)])
def test_there_are_as_few_rounds_as_can_be(teams: int, rounds: int) -> None:
    assert len(round_robin(range(teams))) == rounds
