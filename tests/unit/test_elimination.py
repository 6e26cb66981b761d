"""Knock-outs of every size end with one champion; byes go to the strongest, who meet as late as can be."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.draws.elimination import double_elimination, single_elimination
from core.domain.ids import MatchId, StageId, TeamId
from core.domain.plan import Fixture, LoserOf, Slot, WinnerOf

STAGE = StageId("cup")
EVERY = range(2, 129)
SIZES = st.sampled_from(EVERY)


def entrants(number: int) -> tuple[Slot, ...]:
    """Return so many teams, `0` the strongest."""
    return tuple(Slot(TeamId(str(seed))) for seed in range(number))


def numbers() -> Callable[[], MatchId]:
    counter = count(1)
    return lambda: MatchId(f"cup.m{next(counter):03d}")


def single(number: int, *, third_place: bool = False) -> tuple[Fixture, ...]:
    return single_elimination(STAGE, entrants(number), numbers(), third_place=third_place)


def double(number: int, *, reset: bool = True) -> tuple[Fixture, ...]:
    return double_elimination(STAGE, entrants(number), numbers(), reset=reset)


def named(fixtures: Sequence[Fixture]) -> list[int]:
    """Return the teams that the plan itself puts into these matches."""
    slots = [slot for fixture in fixtures for slot in (fixture.home, fixture.away)]
    return [int(slot.team) for slot in slots if slot.team is not None]


def played(fixtures: Sequence[Fixture], home_wins: Callable[[str, str], bool]) -> list[tuple[str, str]]:
    """Play all matches that are needed; return winner and loser of each, in order."""
    winners: dict[MatchId, str] = {}
    losers: dict[MatchId, str] = {}
    results: list[tuple[str, str]] = []
    final = ("", "")
    for fixture in fixtures:
        sides: list[str] = []
        for slot in (fixture.home, fixture.away):
            match slot.source:
                case WinnerOf(match):
                    sides.append(winners[match])
                case LoserOf(match):
                    sides.append(losers[match])
                case _:
                    sides.append(str(slot.team))
        if fixture.reset_of is not None and winners[fixture.reset_of] == final[0]:
            continue
        home, away = final = (sides[0], sides[1])
        assert home != away
        winner, loser = (home, away) if home_wins(home, away) else (away, home)
        winners[fixture.id], losers[fixture.id] = winner, loser
        results.append((winner, loser))
    return results


def test_a_knock_out_of_every_size_ends_with_one_team_that_never_lost() -> None:
    for number in EVERY:
        chance = random.Random(number)
        results = played(single(number), lambda *_, chance=chance: chance.random() < 0.5)
        lost = Counter(loser for _, loser in results)
        assert len(results) == number - 1
        assert set(lost.values()) == {1}
        assert {str(team) for team in range(number)} - lost.keys() == {results[-1][0]}


@pytest.mark.parametrize("reset", [True, False])
def test_in_double_elimination_of_every_size_everybody_else_lost_twice(reset: bool) -> None:
    for number in EVERY:
        chance = random.Random(number)
        results = played(double(number, reset=reset), lambda *_, chance=chance: chance.random() < 0.5)
        lost = Counter(loser for _, loser in results)
        champion, finalist = results[-1]
        others = {str(team) for team in range(number)} - {champion}
        if reset:
            assert lost[champion] <= 1
            assert all(lost[other] == 2 for other in others)
        else:
            assert lost[finalist] in (1, 2)
            assert all(lost[other] == 2 for other in others - {finalist})


@settings(deadline=None)
@given(SIZES)
def test_favourites_meet_in_the_final_and_who_has_a_bye_is_stronger_than_who_has_none(number: int) -> None:
    fixtures = single(number)
    results = played(fixtures, lambda home, away: int(home) < int(away))
    assert results[-1] == ("0", "1")
    named = Counter(
        str(slot.team)
        for fixture in fixtures
        for slot in (fixture.home, fixture.away)
        if slot.team is not None
    )
    assert set(named.values()) == {1}
    first = fixtures[0].round
    without_bye = {
        int(str(slot.team))
        for fixture in fixtures
        if fixture.round == first
        for slot in (fixture.home, fixture.away)
    }
    assert without_bye == set(range(number - len(without_bye), number))


@pytest.mark.parametrize(
    ("number", "third_place", "rounds"),
    [
        (2, True, {"Final": 1}),
        (3, True, {"Semi-finals": 1, "Final": 1}),
        (4, True, {"Semi-finals": 2, "Third place": 1, "Final": 1}),
        (4, False, {"Semi-finals": 2, "Final": 1}),
        (11, False, {"Round of 16": 3, "Quarter-finals": 4, "Semi-finals": 2, "Final": 1}),
    ],
)
def test_rounds_have_their_names(number: int, third_place: bool, rounds: dict[str, int]) -> None:
    fixtures = single(number, third_place=third_place)
    assert Counter(fixture.round for fixture in fixtures) == rounds
    assert fixtures[-1].round == "Final"


def test_the_losers_of_the_semi_finals_play_for_third_place() -> None:
    one, two, third, final = single(4, third_place=True)
    assert (third.home.source, third.away.source) == (LoserOf(one.id), LoserOf(two.id))
    assert (final.home.source, final.away.source) == (WinnerOf(one.id), WinnerOf(two.id))


def test_a_double_elimination_of_eight_has_the_usual_rounds() -> None:
    fixtures = double(8)
    assert list(Counter(fixture.round for fixture in fixtures).items()) == [
        ("Winners' round 1", 4),
        ("Losers' round 1", 2),
        ("Winners' round 2", 2),
        ("Losers' round 2", 2),
        ("Losers' round 3", 1),
        ("Winners' final", 1),
        ("Losers' final", 1),
        ("Grand final", 1),
        ("Grand final, second match", 1),
    ]
    assert fixtures[-1].reset_of == fixtures[-2].id


def test_the_second_final_can_be_left_out() -> None:
    assert all(fixture.reset_of is None for fixture in double(4, reset=False))
