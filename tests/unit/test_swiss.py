"""Swiss rounds: no repeats, one bye at most, neighbours first, and a round wherever there is one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.draws.swiss import Draw, Standing, draw_round, match_all
from core.domain.ids import TeamId

GRAPHS = st.integers(0, 4).flatmap(
    lambda half: st.tuples(
        st.just(2 * half), st.sets(st.sampled_from([*combinations(range(2 * half), 2), (0, 0)]))
    )
)


def standing(team: str, points: int = 0, met: str = "", *, bye: bool = False, surplus: int = 0) -> Standing:
    return Standing(TeamId(team), points, frozenset(map(TeamId, met)), bye, surplus)


def neighbours(number: int, edges: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    return {place: [a + b - place for a, b in edges if place in (a, b)] for place in range(number)}


def possible(allowed: dict[int, list[int]]) -> bool:
    """Tell by trying everything whether all can be paired."""
    if not allowed:
        return True
    one, others = next(iter(allowed.items()))
    return any(
        possible({place: nears for place, nears in allowed.items() if place not in (one, other)})
        for other in others
        if other in allowed
    )


@settings(max_examples=400)
@given(GRAPHS)
def test_a_pairing_of_all_is_found_whenever_there_is_one(graph: tuple[int, set[tuple[int, int]]]) -> None:
    half, pairs = graph
    allowed = neighbours(2 * half, [pair for pair in pairs if max(pair) < 2 * half])
    mates = match_all(allowed)
    assert (mates is not None) is possible(allowed)
    if mates is not None:
        assert all(mates[mates[place]] == place and mates[place] in allowed[place] for place in allowed)


def test_an_odd_ring_is_no_obstacle() -> None:
    # Two triangles joined by a bridge through a ring: the path has to go round one of them.
    edges = [
        (0, 1),
        (1, 2),
        (2, 0),
        (2, 3),
        (3, 4),
        (4, 5),
        (5, 3),
        (1, 6),
        (5, 7),
        (6, 8),
        (8, 9),
        (9, 6),
        (7, 0),
    ]
    allowed = {place: [a + b - place for a, b in edges if place in (a, b)] for place in range(10)}
    assert (match_all(allowed) is not None) is possible(allowed)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 24), st.integers())
def test_a_whole_tournament_repeats_nothing(number: int, seed: int) -> None:
    chance = random.Random(seed)
    points = dict.fromkeys(range(number), 0)
    met: dict[int, set[int]] = {team: set() for team in range(number)}
    byes: set[int] = set()
    surplus = dict.fromkeys(range(number), 0)
    for _ in range(number // 2):
        order = sorted(points, key=lambda team: -points[team])
        draw = draw_round(
            [standing_of(team, points[team], met[team], team in byes, surplus[team]) for team in order]
        )
        assert draw is not None
        if draw.bye is not None:
            bye = int(draw.bye)
            assert bye not in byes
            byes.add(bye)
            points[bye] += 1
        playing = [team for pair in draw.pairs for team in pair]
        assert len(set(playing)) == len(playing) == number - number % 2
        for home, away in ((int(home), int(away)) for home, away in draw.pairs):
            assert away not in met[home]
            met[home].add(away)
            met[away].add(home)
            surplus[home] += 1
            surplus[away] -= 1
            points[chance.choice((home, away))] += 1


def standing_of(team: int, points: int, met: set[int], had_bye: bool, surplus: int) -> Standing:
    return Standing(
        TeamId(str(team)), points, frozenset(TeamId(str(other)) for other in met), had_bye, surplus
    )


def test_the_first_round_pairs_the_upper_half_with_the_lower() -> None:
    assert draw_round([standing(team) for team in "abcdef"]) == Draw((("a", "d"), ("b", "e"), ("c", "f")))  # type: ignore[arg-type]


def test_equal_points_are_paired_first_and_the_odd_one_goes_down() -> None:
    table = [standing("a", 2, "d"), standing("b", 2, "e"), standing("c", 2, "f")]
    table += [standing("d", 0, "a"), standing("e", 0, "b"), standing("f", 0, "c")]
    draw = draw_round(table)
    assert draw is not None
    assert draw.pairs[0] == ("a", "b")
    assert set(draw.pairs[1]) <= set("cde")


def test_a_pair_that_would_leave_the_others_without_a_round_is_passed_over() -> None:
    # a would rather meet b; but c and d have met already, so that a must take one of them.
    table = [standing("a", 1), standing("b", 1), standing("c", 0, "d"), standing("d", 0, "c")]
    draw = draw_round(table)
    assert draw is not None
    assert {frozenset(pair) for pair in draw.pairs} == {frozenset("ac"), frozenset("bd")}


def test_who_was_at_home_more_often_plays_away() -> None:
    draw = draw_round([standing("a", surplus=1), standing("b", surplus=-1)])
    assert draw == Draw(((TeamId("b"), TeamId("a")),))


def test_the_lowest_team_without_a_bye_has_it() -> None:
    draw = draw_round([standing("a"), standing("b"), standing("c", bye=True)])
    assert draw == Draw(((TeamId("a"), TeamId("c")),), TeamId("b"))


def test_who_won_without_playing_has_a_bye_only_if_nobody_else_can() -> None:
    # FIDE Handbook C.04.1 (2025), rule 4.
    lowest = Standing(TeamId("c"), 0, unplayed_win=True)
    assert draw_round([standing("a"), standing("b"), lowest]) == Draw(
        ((TeamId("a"), TeamId("c")),), TeamId("b")
    )
    others = [standing("a", bye=True), standing("b", bye=True)]
    assert draw_round([*others, lowest]) == Draw(((TeamId("a"), TeamId("b")),), TeamId("c"))


def test_a_bye_goes_to_somebody_else_if_the_others_could_not_play() -> None:
    draw = draw_round([standing("a", met="b"), standing("b", met="a"), standing("c")])
    assert draw == Draw(((TeamId("a"), TeamId("c")),), TeamId("b"))


@pytest.mark.parametrize(
    "table",
    [
        [standing("a", met="b"), standing("b", met="a")],
        [standing("a", bye=True)],
        [standing("a", met="bc"), standing("b", met="ac"), standing("c", met="ab")],
    ],
)
def test_where_everybody_has_met_there_is_no_round(table: list[Standing]) -> None:
    assert draw_round(table) is None
