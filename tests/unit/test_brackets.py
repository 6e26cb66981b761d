"""The knock-out tree: slots fill by rule alone, ops' own stay, and the final names the champion."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.commands import (
    AssignSlot,
    CompleteMatch,
    ForfeitMatch,
    ReopenMatch,
    Score,
    SetScore,
    Side,
    StartMatch,
)
from core.domain.draws.drawing import draw_up
from core.domain.events import SlotFilled
from core.domain.games import Game
from core.domain.ids import GameId, MatchId, PoolId, StageId, TeamId
from core.domain.plan import (
    DoubleElimination,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    SingleElimination,
    Slot,
    Source,
    Team,
    WinnerOf,
)
from core.domain.state import Tournament
from core.domain.tables.brackets import (
    Contradiction,
    champion,
    contradictions,
    fillings,
    game_winners,
    needed,
    ordinal,
    rounds,
    source_label,
)
from tests.support.bench import Bench
from tests.support.tournaments import cup, finals, fold, match, result


def teams(state: Tournament, number: int) -> tuple[str | None, str | None]:
    """Return who plays in a match, by its number."""
    found = list(state.matches.values())[number - 1]
    return found.home.team, found.away.team


def resourced(plan: Plan, number: int, home: Source) -> Plan:
    """Return the plan with another source on the home side of a match."""
    fixtures = list(plan.fixtures)
    fixtures[number - 1] = replace(fixtures[number - 1], home=Slot(None, home))
    return replace(plan, fixtures=tuple(fixtures))


def test_winners_and_losers_take_their_slots_when_a_match_ends() -> None:
    plan = cup(4, third_place=True)
    state = fold(plan, *result(plan, 1, 2, 1), *result(plan, 2, 0, 1))
    assert teams(state, 3) == ("b", "c")
    assert teams(state, 4) == ("a", "d")
    assert fillings(state) == ()


def test_a_shoot_out_decides_who_goes_on() -> None:
    plan = cup(4)
    assert teams(fold(plan, *result(plan, 1, 1, 1, (3, 4))), 3) == ("b", None)


def test_a_corrected_result_moves_the_other_team_up() -> None:
    plan = cup(4)
    first = result(plan, 1, 2, 1)
    state = fold(plan, *first, ReopenMatch(match(plan, 1)), *result(plan, 1, 2, 3), why="miscounted")
    assert teams(state, 3) == ("b", None)


def test_a_reopened_match_decides_nothing_new() -> None:
    plan = cup(4, third_place=True)
    state = fold(plan, *result(plan, 1, 2, 1), ReopenMatch(match(plan, 1)))
    assert teams(state, 4) == ("a", None)
    assert fillings(state) == ()


def test_a_started_match_keeps_its_sides() -> None:
    plan = cup(4)
    played = (*result(plan, 1, 2, 1), *result(plan, 2, 0, 1), StartMatch(match(plan, 3)))
    state = fold(plan, *played, ReopenMatch(match(plan, 1)), *result(plan, 1, 2, 3), why="miscounted")
    assert teams(state, 3) == ("a", "d")


def test_places_take_their_slots_when_the_pool_is_complete() -> None:
    plan = finals()
    state = fold(plan, *result(plan, 1, 0, 1))
    assert (teams(state, 3), teams(state, 4)) == (("a", None), ("b", None))


def test_places_that_no_rule_decides_stay_open() -> None:
    plan = finals()
    assert teams(fold(plan, *result(plan, 1, 1, 1)), 4) == (None, None)


def test_a_place_that_ops_decided_fills_no_other_slot() -> None:
    plan = finals()
    state = fold(plan, *result(plan, 1, 1, 1), AssignSlot(match(plan, 4), "home", TeamId("b")))
    assert teams(state, 4) == ("b", None)
    assert teams(state, 3) == (None, None)


def test_an_assigned_side_is_never_filled_again() -> None:
    plan = cup(4)
    assigned = AssignSlot(match(plan, 3), "home", TeamId("b"))
    assert teams(fold(plan, assigned, *result(plan, 1, 2, 1)), 3) == ("b", None)


def test_a_result_never_sets_a_team_against_itself() -> None:
    plan = cup(4)
    assigned = AssignSlot(match(plan, 3), "away", TeamId("a"))
    assert teams(fold(plan, assigned, *result(plan, 1, 2, 1)), 3) == (None, "a")


def test_a_corrected_table_swaps_the_sides_of_a_match() -> None:
    plan = finals()
    fixtures = list(plan.fixtures[:3])
    places = [Slot(None, PlaceOf(PoolId("a"), rank)) for rank in (1, 2)]
    fixtures[2] = replace(fixtures[2], home=places[0], away=places[1])
    plan = replace(plan, fixtures=tuple(fixtures))
    first = result(plan, 1, 1, 0)
    assert teams(fold(plan, *first), 3) == ("a", "b")
    again = fold(plan, *first, ReopenMatch(match(plan, 1)), *result(plan, 1, 0, 1), why="miscounted")
    assert teams(again, 3) == ("b", "a")


def test_one_of_several_pools_waits_for_ops_and_one_of_one_does_not() -> None:
    several = resourced(finals(), 4, OneOf((PoolId("a"), PoolId("b")), 1))
    single = resourced(finals(), 4, OneOf((PoolId("a"),), 1))
    assert teams(fold(several, *result(several, 1, 1, 0), *result(several, 2, 1, 0)), 4) == (None, "c")
    assert teams(fold(single, *result(single, 1, 1, 0)), 4) == ("a", None)


def test_a_filling_says_where_the_team_comes_from_and_who_stood_there() -> None:
    plan = cup(4)
    state = fold(plan, *result(plan, 1, 2, 1))
    final = state.matches[match(plan, 3)]
    emptied = replace(state, matches={**state.matches, final.id: replace(final, home=plan.fixtures[2].home)})
    source = WinnerOf(match(plan, 1))
    assert fillings(emptied) == ((final.id, SlotFilled("home", TeamId("a"), source, None)),)


@pytest.mark.parametrize("side", ["home", "away"])
def test_the_winner_of_the_final_is_the_champion(side: Side) -> None:
    plan = cup(4, third_place=True)
    semis = (*result(plan, 1, 1, 0), *result(plan, 2, 1, 0))
    assert champion(fold(plan, *semis, *result(plan, 3, 9, 0))) is None
    final = result(plan, 4, *((1, 0) if side == "home" else (0, 1)))
    assert champion(fold(plan, *semis, *final)) == ("a" if side == "home" else "c")


def test_several_games_have_a_winner_each_and_no_champion() -> None:
    games = tuple(Game(GameId(name), name.title()) for name in ("pong", "darts", "race"))
    one = replace(cup(2).stages[0], game=games[0].id)
    two = replace(one, id=StageId("more"), game=games[1].id, format=SingleElimination())
    plan = draw_up(replace(cup(2), games=games, stages=(one, two)))
    played = fold(plan, *result(plan, 1, 1, 0))
    assert (champion(played), game_winners(played)) == (None, {"pong": "a"})
    both = fold(plan, *result(plan, 1, 1, 0), *result(plan, 2, 0, 1))
    assert (champion(both), game_winners(both)) == (None, {"pong": "a", "darts": "b"})


def test_a_final_that_is_not_over_has_no_champion() -> None:
    plan = cup(2)
    assert champion(fold(plan, StartMatch(match(plan, 1)))) is None


def test_of_several_last_matches_the_single_one_of_the_last_round_is_the_final() -> None:
    plan = finals()
    played = (*result(plan, 1, 1, 0), *result(plan, 2, 1, 0), *result(plan, 3, 1, 0), *result(plan, 4, 1, 0))
    assert champion(fold(plan, *played)) == "a"


def test_without_one_single_final_there_is_no_champion() -> None:
    plan = cup(4)
    semis = replace(plan, fixtures=plan.fixtures[:2])
    assert champion(fold(semis, *result(plan, 1, 1, 0), *result(plan, 2, 1, 0))) is None
    assert champion(fold(replace(plan, fixtures=()))) is None


def test_rounds_come_in_playing_order_each_once() -> None:
    plan = cup(8, third_place=True)
    first, second, *others = plan.fixtures
    found = rounds(fold(replace(plan, fixtures=(first, second, *others))))
    assert [(round_.name, len(round_.matches)) for round_ in found] == [
        ("Quarter-finals", 4),
        ("Semi-finals", 2),
        ("Third place", 1),
        ("Final", 1),
    ]
    assert {round_.stage for round_ in found} == {"knockout"}


@pytest.mark.parametrize(
    ("source", "label", "short"),
    [
        (WinnerOf(MatchId("finals.m041")), "winner of M041", "winner M041"),
        (LoserOf(MatchId("finals.m041")), "loser of M041", "loser M041"),
        (PlaceOf(PoolId("a"), 1), "1st of Group A", "1st A"),
        (OneOf((PoolId("a"), PoolId("b")), 3), "3rd of A/B", "3rd A/B"),
    ],
)
def test_a_source_is_named_in_words_and_in_short(source: Source, label: str, short: str) -> None:
    state = fold(finals())
    assert source_label(state, source) == label
    assert source_label(state, source, short=True) == short


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (22, "22nd")],
)
def test_numbers_have_their_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text


def double_final(*results: tuple[int, int]) -> Tournament:
    """Return a double elimination of two after these results: first match, final, second final."""
    stage = replace(cup(2).stages[0], format=DoubleElimination())
    plan = draw_up(replace(cup(2), stages=(stage,), fixtures=()))
    commands = [one for number, score in enumerate(results, 1) for one in result(plan, number, *score)]
    return fold(plan, *commands)


def test_a_second_final_is_filled_only_if_the_first_one_asks_for_it() -> None:
    won = double_final((1, 0), (1, 0))
    assert (teams_of(won), champion(won)) == ((None, None), "a")
    lost = double_final((1, 0), (0, 1))
    assert (teams_of(lost), champion(lost)) == (("b", "a"), None)
    assert champion(double_final((1, 0), (0, 1), (0, 1))) == "a"
    assert champion(double_final((1, 0))) is None


def teams_of(state: Tournament) -> tuple[str | None, str | None]:
    """Return the sides of the last match."""
    last = list(state.matches.values())[-1]
    return last.home.team, last.away.team


def test_a_second_final_is_needed_until_the_first_one_says_no() -> None:
    last = list(double_final().matches.values())[-1]
    assert needed(double_final(), last)
    assert not needed(double_final((1, 0), (1, 0)), last)
    assert needed(double_final((1, 0), (0, 1)), last)


def test_a_match_that_began_with_a_team_that_should_not_play_there_is_a_contradiction() -> None:
    plan = cup(4)
    played = (*result(plan, 1, 2, 1), *result(plan, 2, 0, 1), StartMatch(match(plan, 3)))
    assert contradictions(fold(plan, *played)) == ()
    changed = (ReopenMatch(match(plan, 1)), *result(plan, 1, 2, 3))
    state = fold(plan, *played, *changed, why="miscounted")
    assert contradictions(state) == (Contradiction(match(plan, 3), "home", TeamId("b")),)
    assigned = AssignSlot(match(plan, 3), "home", TeamId("a"))
    by_ops = fold(plan, *result(plan, 1, 2, 1), *result(plan, 2, 0, 1), assigned, StartMatch(match(plan, 3)))
    corrected = fold(plan, *result(plan, 1, 2, 1))
    assert contradictions(by_ops) == contradictions(corrected) == ()


@settings(max_examples=5, deadline=None)
@given(st.integers(2, 128), st.booleans(), st.integers())
def test_a_knock_out_of_any_size_has_one_champion_by_the_rules(number: int, double: bool, seed: int) -> None:
    chance = random.Random(seed)
    teams = tuple(Team(TeamId(f"t{seat}"), f"Team {seat}") for seat in range(number))
    format_ = DoubleElimination() if double else SingleElimination(third_place=True)
    stage = replace(cup(2).stages[0], format=format_)
    bench = Bench(draw_up(replace(cup(2), teams=teams, stages=(stage,), fixtures=())))
    lost: Counter[TeamId] = Counter()
    for id_ in bench.state.matches:
        match = bench.state.matches[id_]
        if not needed(bench.state, match):
            continue
        home, away = match.home.team, match.away.team
        assert home is not None
        assert away is not None
        winner, loser = chance.sample((home, away), 2)
        if chance.random() < 0.1:
            bench.enter(ForfeitMatch(id_, loser))
        else:
            bench.enter(SetScore(id_, Score(int(winner == home), int(winner == away))), CompleteMatch(id_))
        lost[loser] += match.round != "Third place"
    first = champion(bench.state)
    assert first is not None
    assert lost.pop(first, 0) <= double
    assert set(lost.values()) == {2 if double else 1}
    assert len([team for team in lost if lost[team]]) == number - 1
    assert fillings(bench.state) == ()
    assert contradictions(bench.state) == ()
