"""Each tie-break by a worked example whose source is named, and what holds for all of them."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.commands import (
    AddPenalty,
    Command,
    CompleteMatch,
    DrawLots,
    DrawRound,
    EnterSets,
    ForfeitMatch,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    StartMatch,
    WithdrawTeam,
)
from core.domain.games import Game, Rules, SetsRules, TimeRules
from core.domain.ids import GameId, PoolId, TeamId
from core.domain.plan import Fixture, Plan, Slot, Swiss, TieBreak
from core.domain.state import Bye, Tournament
from core.domain.tables.standings import tables
from core.domain.tables.tiebreaks import Record
from tests.support.bench import Bench
from tests.support.tournaments import fold, league, match, result

POOL = PoolId("a")


def ruled(teams: int, *rules: TieBreak, game: Rules | None = None) -> Plan:
    """Return a league with these tie-breaks."""
    plan = league(teams, tie_breaks=rules)
    if game is None:
        return plan
    stage = replace(plan.stages[0], game=GameId("g"))
    return replace(plan, stages=(stage,), games=(Game(GameId("g"), "Game", game),))


def order(state: Tournament) -> list[tuple[int, str, str]]:
    (table,) = tables(state)
    return [(row.rank, row.team, row.decided_by) for row in table.rows]


def record(state: Tournament) -> Record:
    return Record(state, state.stages[0], state.stages[0].pools[0], tuple(state.matches.values()))


def swiss(rounds: list[dict[str, str]], byes: str = "") -> tuple[Plan, list[Command]]:
    """Return a Swiss pool whose rounds are given as pairs with the winner's letter, `=` for a draw.

    A pair in capitals was not played: the first one won by forfeit.
    """
    pairs = [(pair, winner) for one in rounds for pair, winner in one.items()]
    teams = len({letter.lower() for pair, _ in pairs for letter in pair} | set(byes))
    base = league(teams, tie_breaks=("buchholz", "sonneborn_berger"))
    stage = replace(base.stages[0], win=2, draw=1, loss=0, format=Swiss(len(rounds)))
    fixtures = tuple(
        Fixture(
            match(base, number),
            stage.id,
            "Round",
            Slot(TeamId(pair[0].lower())),
            Slot(TeamId(pair[1].lower())),
            POOL,
        )
        for number, (pair, _) in enumerate(pairs, 1)
    )
    plan = replace(base, stages=(stage,), fixtures=fixtures)
    commands: list[Command] = []
    for number, (pair, winner) in enumerate(pairs, 1):
        if pair.isupper():
            commands.append(ForfeitMatch(match(plan, number), TeamId(pair[1].lower())))
        else:
            score = Score(int(winner == pair[0]), int(winner == pair[1]))
            commands += [SetScore(match(plan, number), score), CompleteMatch(match(plan, number))]
    return plan, commands


FOUR = [{"ab": "a", "cd": "c"}, {"ac": "=", "bd": "b"}, {"ad": "a", "bc": "="}]
"""Points, a win 2: a 5, c 4, b 3, d 0."""


def test_buchholz_adds_up_the_opponents_points() -> None:
    # FIDE Handbook C.07 (2023), article 8.1, worked by hand: a met b (3), c (4) and d (0).
    found = record(fold(swiss(FOUR)[0], *swiss(FOUR)[1]))
    assert [found.buchholz(TeamId(team)) for team in "abcd"] == [7, 9, 8, 12]


def test_sonneborn_berger_weighs_the_opponents_points_with_the_points_won_against_them() -> None:
    # FIDE Handbook C.07 (2023), article 9.1, worked by hand: a won against b (2 x 3) and d (2 x 0) and drew
    # with c (1 x 4).
    found = record(fold(swiss(FOUR)[0], *swiss(FOUR)[1]))
    assert [found.sonneborn_berger(TeamId(team)) for team in "abcd"] == [10, 4, 8, 0]


def test_a_round_without_a_game_counts_as_one_against_somebody_with_the_own_points() -> None:
    # FIDE Handbook C.07 (2023), article 16.4: for a bye and for a game won by forfeit alike.
    plan, commands = swiss([{"ab": "a"}, {"AC": "a"}], byes="abc")
    played = fold(plan, *commands)
    state = replace(played, byes=(Bye(POOL, 1, TeamId("c")), Bye(POOL, 2, TeamId("b"))), drawn={POOL: 2})
    found = record(state)
    assert [found.tallies[TeamId(team)].points for team in "abc"] == [4, 2, 2]
    assert found.buchholz(TeamId("a")) == 2 + 4
    assert found.buchholz(TeamId("b")) == 4 + 2
    assert found.sonneborn_berger(TeamId("a")) == 2 * 2 + 2 * 4
    assert found.sonneborn_berger(TeamId("b")) == 0 + 2 * 2
    assert found.complete
    (table,) = tables(state)
    assert [(row.team, row.byes) for row in table.rows] == [("a", 0), ("b", 1), ("c", 1)]


def test_a_forfeited_match_of_a_league_counts_as_played() -> None:
    plan = ruled(3, "buchholz")
    state = fold(plan, ForfeitMatch(match(plan, 1), TeamId("b")), *result(plan, 3, 1, 0))
    assert record(state).buchholz(TeamId("a")) == 3


def test_swiss_tables_are_ordered_by_buchholz() -> None:
    bench = Bench(replace(ruled(4, "buchholz", "sonneborn_berger"), fixtures=()))
    stage = replace(bench.state.stages[0], format=Swiss(2))
    bench = Bench(replace(ruled(4), stages=(replace(stage, tie_breaks=("buchholz",)),), fixtures=()))
    bench.enter(DrawRound(POOL))
    assert not tables(bench.state)[0].complete
    for number, home in ((1, 1), (2, 1)):
        bench.enter(SetScore(bench.id(number), Score(home, 0)), CompleteMatch(bench.id(number)))
    assert not tables(bench.state)[0].complete
    bench.enter(DrawRound(POOL))
    for number in (3, 4):
        bench.enter(StartMatch(bench.id(number)), CompleteMatch(bench.id(number)))
    assert tables(bench.state)[0].complete
    leader = tables(bench.state)[0].rows[0]
    assert (leader.points, leader.decided_by) == (4, "undecided")


def test_level_teams_of_a_swiss_stage_are_compared_by_their_own_match_only_if_all_have_met() -> None:
    # FIDE Handbook C.07 (2023), article 6: a and b met, c and d did not meet them both.
    plan, commands = swiss([{"ab": "a", "cd": "c"}, {"ac": "a", "bd": "b"}])
    stage = replace(plan.stages[0], tie_breaks=("head_to_head",))
    met = fold(replace(plan, stages=(stage,)), *commands)
    assert order(met) == [
        (1, "a", "points"),
        (2, "b", "undecided"),
        (2, "c", "undecided"),
        (4, "d", "points"),
    ]
    again, more = swiss([{"ab": "a", "cd": "c"}, {"ac": "a", "bd": "b"}, {"bc": "b", "da": "d"}])
    all_met = fold(replace(again, stages=(replace(again.stages[0], tie_breaks=("head_to_head",)),)), *more)
    assert order(all_met)[:2] == [(1, "a", "head_to_head"), (2, "b", "head_to_head")]


def test_fair_play_prefers_fewer_penalty_points() -> None:
    # UEFA Euro regulations 2022-24, article 15.01 j): fewer disciplinary points, a red card 3, a yellow 1.
    plan = ruled(2, "fair_play")
    played = (StartMatch(match(plan, 1)), CompleteMatch(match(plan, 1)))
    cards = (AddPenalty(match(plan, 1), TeamId("a"), 3), AddPenalty(match(plan, 1), TeamId("b"), 1))
    state = fold(plan, *played, *cards)
    assert order(state) == [(1, "b", "fair_play"), (2, "a", "fair_play")]
    assert [row.penalty for row in tables(state)[0].rows] == [1, 3]
    assert order(fold(plan, *played)) == [(1, "a", "undecided"), (1, "b", "undecided")]


def test_set_points_compare_the_points_of_all_sets() -> None:
    plan = ruled(3, "difference", "set_points", game=SetsRules(best_of=1, points=5))
    sets = {1: (5, 1), 2: (0, 5), 3: (5, 3)}
    commands = [
        one
        for number, pair in sets.items()
        for one in (EnterSets(match(plan, number), (Score(*pair),)), CompleteMatch(match(plan, number)))
    ]
    # One win each: a 5-1 and 0-5, b 1-5 and 5-3, c 5-0 and 3-5.
    assert order(fold(plan, *commands)) == [
        (1, "c", "set_points"),
        (2, "a", "set_points"),
        (3, "b", "set_points"),
    ]


def test_the_lowest_time_of_all_matches_is_first_and_who_has_none_last() -> None:
    plan = ruled(4, "time", game=TimeRules())
    times = {1: (10, 20), 2: (0, 30), 6: (12, 11)}
    commands: list[Command] = []
    for number, (home, away) in times.items():
        fixture = plan.fixtures[number - 1]
        for slot, time in ((fixture.home, home), (fixture.away, away)):
            assert slot.team is not None
            if time:
                commands.append(SetTime(fixture.id, slot.team, time))
        commands.append(CompleteMatch(fixture.id))
    stage = replace(plan.stages[0], win=0, draw=0)
    state = fold(replace(plan, stages=(stage,)), *commands)
    assert [team for _, team, _ in order(state)] == ["d", "b", "c", "a"]
    assert [row.lost + row.won for row in tables(state)[0].rows] == [1, 1, 2, 2]


def test_who_has_not_run_yet_stands_behind_those_who_have() -> None:
    plan = ruled(4, "time", game=TimeRules())
    plan = replace(plan, stages=(replace(plan.stages[0], win=0, draw=0),))
    m1 = match(plan, 1)
    state = fold(plan, SetTime(m1, TeamId("b"), 9), SetTime(m1, TeamId("a"), 8), CompleteMatch(m1))
    assert order(state) == [(1, "a", "time"), (2, "b", "time"), (3, "c", "undecided"), (3, "d", "undecided")]


def test_equal_times_are_a_draw_and_the_lower_one_wins() -> None:
    plan = ruled(2, game=TimeRules())
    m1 = match(plan, 1)
    drawn = fold(plan, SetTime(m1, TeamId("a"), 5), SetTime(m1, TeamId("b"), 5), CompleteMatch(m1))
    assert [row.drawn for row in tables(drawn)[0].rows] == [1, 1]
    won = fold(plan, SetTime(m1, TeamId("a"), 5), SetTime(m1, TeamId("b"), 4), CompleteMatch(m1))
    assert [(row.team, row.won) for row in tables(won)[0].rows] == [("b", 1), ("a", 0)]


def test_lots_order_who_is_left_level() -> None:
    plan = ruled(3, "difference", "lot")
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 1, 0), *result(plan, 2, 0, 1), *result(plan, 3, 1, 0))
    assert {by for _, _, by in order(bench.state)} == {"undecided"}
    bench.enter(DrawLots(POOL, tuple(map(TeamId, "cab"))))
    assert order(bench.state) == [(1, "c", "lot"), (2, "a", "lot"), (3, "b", "lot")]
    assert all(row.decided for row in tables(bench.state)[0].rows)


def test_an_unplayed_match_is_no_draw_and_a_forfeit_by_both_is_lost_twice() -> None:
    plan = ruled(2)
    assert [row.played for row in tables(fold(plan))[0].rows] == [0, 0]
    both = fold(plan, ForfeitMatch(match(plan, 1), None))
    assert [(row.played, row.drawn, row.lost, row.points) for row in tables(both)[0].rows] == [
        (1, 0, 1, 0)
    ] * 2


def test_a_match_with_an_open_side_counts_for_nobody() -> None:
    plan = ruled(2)
    state = fold(plan, *result(plan, 1, 1, 0))
    only = state.matches[match(plan, 1)]
    opened = replace(state, matches={only.id: replace(only, away=Slot())})
    assert [row.played for row in tables(opened)[0].rows] == [0, 0]
    bench = Bench(plan)
    bench.enter(AddPenalty(bench.id(1), TeamId("a"), 2))
    with_penalty = bench.match(1)
    emptied = replace(bench.state, matches={with_penalty.id: replace(with_penalty, home=Slot())})
    assert [row.penalty for row in tables(emptied)[0].rows] == [0, 0]


def test_a_team_whose_matches_are_annulled_stands_last_and_takes_points_from_nobody() -> None:
    plan = replace(ruled(3), on_withdrawal="annul")
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 5, 0), *result(plan, 3, 1, 0))
    bench.enter(WithdrawTeam(TeamId("a")))
    (table,) = tables(bench.state)
    assert [(row.rank, row.team, row.points, row.decided_by, row.decided) for row in table.rows] == [
        (1, "b", 3, "points", True),
        (2, "c", 0, "points", True),
        (3, "a", 0, "withdrawn", False),
    ]
    assert table.complete


def test_where_all_are_annulled_the_table_has_no_places() -> None:
    bench = Bench(replace(ruled(2), on_withdrawal="annul"))
    bench.enter(WithdrawTeam(TeamId("a")), WithdrawTeam(TeamId("b")))
    assert order(bench.state) == [(1, "a", "withdrawn"), (1, "b", "withdrawn")]


RULES: tuple[TieBreak, ...] = ("head_to_head", "difference", "scored", "wins", "buchholz", "sonneborn_berger")
SCORES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=6, max_size=6)


def played(plan: Plan, scores: list[tuple[int, int]], numbers: tuple[int, ...]) -> Tournament:
    return fold(plan, *(one for number in numbers for one in result(plan, number, *scores[number - 1])))


def ended(plan: Plan, number: int, score: tuple[int, int], loser: str) -> tuple[Command, ...]:
    """Return how a match ends: with a score, or lost by `home`, `away` or `both` without it."""
    if not loser:
        return result(plan, number, *score)
    fixture = plan.fixtures[number - 1]
    team = {"home": fixture.home.team, "away": fixture.away.team, "both": None}[loser]
    return (ForfeitMatch(fixture.id, team),)


@settings(max_examples=40, deadline=None)
@given(
    SCORES,
    st.lists(st.sampled_from(("", "", "", "home", "away", "both")), min_size=6, max_size=6),
    st.permutations(range(1, 7)),
    st.integers(2, 6),
    st.permutations(RULES),
)
def test_standings_do_not_depend_on_the_order_of_events(
    scores: list[tuple[int, int]], losers: list[str], numbers: list[int], many: int, rules: list[TieBreak]
) -> None:
    plan = ruled(4, *rules)
    ends = {number: ended(plan, number, scores[number - 1], losers[number - 1]) for number in numbers[:many]}
    one, other = (fold(plan, *(step for at in order for step in ends[at])) for order in (ends, sorted(ends)))
    assert tables(one) == tables(other)
    assert sum(row.played for row in tables(one)[0].rows) == 2 * many


@settings(max_examples=25, deadline=None)
@given(SCORES, st.integers(1, 6), st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_a_correction_and_its_inverse_leave_the_tables_as_they_were(
    scores: list[tuple[int, int]], number: int, wrong: tuple[int, int]
) -> None:
    plan = ruled(4, *RULES)
    before = played(plan, scores, (1, 2, 3, 4, 5, 6))
    bench = Bench(plan)
    for at in range(1, 7):
        bench.enter(*result(plan, at, *scores[at - 1]))
    for score in (wrong, scores[number - 1]):
        bench.enter(ReopenMatch(bench.id(number)), SetScore(bench.id(number), Score(*score)))
        bench.enter(CompleteMatch(bench.id(number)))
    assert tables(bench.state) == tables(before)


@pytest.mark.parametrize("rules", list(permutations(("head_to_head", "difference", "scored"))))
def test_a_rule_looks_only_at_teams_still_level(rules: tuple[TieBreak, ...]) -> None:
    plan = ruled(4, *rules)
    scores = [(2, 0), (0, 1), (3, 0), (1, 0), (2, 2), (0, 0)]
    (table,) = tables(played(plan, scores, (1, 2, 3, 4, 5, 6)))
    for one, two in combinations(table.rows, 2):
        assert one.points >= two.points
