"""Tables: who stands where, which rule decided it, and what stays open."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.commands import AssignSlot, Command, CompleteMatch, Score, SetScore
from core.domain.ids import MatchId, StageId, TeamId
from core.domain.plan import Fixture, PlaceOf, Plan, Pool, Slot, Stage, TieBreak
from core.domain.tables.standings import Row, Table, tables
from tests.support.tournaments import finals, fold, league, match, point, result

Results = dict[str, tuple[int, int]]
"""Scores by the two teams that met (`"ab"`)."""

EURO_E: Results = {"ad": (3, 0), "bc": (0, 1), "cd": (1, 2), "ba": (2, 0), "ca": (1, 1), "db": (0, 0)}
"""Group E of Euro 2024: a Romania, b Belgium, c Slovakia, d Ukraine; all four ended on four points."""


def commands(plan: Plan, results: Results) -> list[Command]:
    """Return the commands that bring about these results in a league."""
    made: list[Command] = []
    for fixture in plan.fixtures:
        pair = f"{fixture.home.team}{fixture.away.team}"
        if pair in results:
            home, away = results[pair]
        elif pair[::-1] in results:
            away, home = results[pair[::-1]]
        else:
            continue
        made += [SetScore(fixture.id, Score(home, away)), CompleteMatch(fixture.id)]
    return made


def played(plan: Plan, results: Results) -> Table:
    """Return the table of a league after these results."""
    (table,) = tables(fold(plan, *commands(plan, results)))
    return table


def standing(table: Table) -> list[tuple[int, str, str]]:
    return [(row.rank, row.team, row.decided_by) for row in table.rows]


def test_a_table_before_the_first_match_lists_the_teams_as_drawn() -> None:
    table = played(league(3), {})
    assert standing(table) == [(1, "a", ""), (1, "b", ""), (1, "c", "")]
    assert not table.complete


def test_wins_draws_and_losses_add_up_to_points() -> None:
    table = played(league(3), {"ab": (2, 1), "bc": (3, 3), "ac": (0, 1)})
    rows = {row.team: row for row in table.rows}
    assert rows[TeamId("c")] == Row(1, TeamId("c"), "Team C", 2, 1, 1, 0, 4, 3, 4, "points", True)
    assert rows[TeamId("a")] == Row(2, TeamId("a"), "Team A", 2, 1, 0, 1, 2, 2, 3, "points", True)
    assert rows[TeamId("b")] == Row(3, TeamId("b"), "Team B", 2, 0, 1, 1, 4, 5, 1, "points", True)
    assert table.complete


def test_live_and_unplayed_matches_do_not_count() -> None:
    plan = league(3)
    state = fold(plan, point(plan, 1, "a"), *result(plan, 3, 1, 0))
    (table,) = tables(state)
    assert [(row.team, row.played) for row in table.rows] == [("b", 1), ("a", 0), ("c", 1)]
    assert not any(row.decided for row in table.rows)


def test_a_stage_has_points_of_its_own() -> None:
    plan = league(2)
    stage = replace(plan.stages[0], win=2, draw=1, loss=-1)
    table = played(replace(plan, stages=(stage,)), {"ab": (1, 0)})
    assert [row.points for row in table.rows] == [2, -1]


def test_two_level_teams_are_separated_by_their_own_match() -> None:
    # Euro 2024, group F: Portugal (a) and Turkey (b) on six points; Portugal won their match 3-0.
    table = played(
        league(4), {"ad": (2, 1), "bc": (3, 1), "ba": (0, 3), "cd": (1, 1), "ca": (2, 0), "db": (1, 2)}
    )
    assert standing(table) == [
        (1, "a", "head_to_head"),
        (2, "b", "head_to_head"),
        (3, "c", "points"),
        (4, "d", "points"),
    ]


def test_four_level_teams_are_a_table_of_their_own() -> None:
    # UEFA's final table of group E: Romania, Belgium, Slovakia, Ukraine.
    assert [row.team for row in played(league(4), EURO_E).rows] == ["a", "b", "c", "d"]


def test_the_rule_is_applied_again_to_those_it_leaves_level() -> None:
    # UEFA Euro regulations 2022-24, article 15.01 d), by hand: a, b and c have six points and beat each other
    # in turn by one goal.
    # Among the three, c scored three, a and b two; between these a's win counts, not b's overall difference.
    table = played(
        league(4), {"ab": (1, 0), "ca": (2, 1), "bc": (2, 1), "ad": (1, 0), "bd": (9, 0), "cd": (1, 0)}
    )
    assert standing(table) == [
        (1, "c", "head_to_head"),
        (2, "a", "head_to_head"),
        (3, "b", "head_to_head"),
        (4, "d", "points"),
    ]


@pytest.mark.parametrize(
    ("rule", "results"),
    [
        ("difference", {"ac": (1, 0), "bc": (2, 0), "ab": (0, 0)}),
        ("scored", {"ac": (1, 0), "bc": (3, 2), "ab": (0, 0)}),
    ],
)
def test_a_stage_orders_level_teams_by_its_own_rules(rule: TieBreak, results: Results) -> None:
    table = played(league(3, tie_breaks=(rule,)), results)
    assert standing(table) == [(1, "b", rule), (2, "a", rule), (3, "c", "points")]


def test_wins_may_separate_where_two_draws_equal_a_win() -> None:
    plan = league(4, tie_breaks=("wins",))
    plan = replace(plan, stages=(replace(plan.stages[0], win=2),))
    results = {"ab": (0, 0), "ac": (0, 0), "ad": (0, 0), "bc": (1, 0), "bd": (0, 1), "cd": (0, 0)}
    assert standing(played(plan, results)) == [
        (1, "d", "points"),
        (2, "b", "wins"),
        (3, "a", "wins"),
        (4, "c", "points"),
    ]


def test_teams_that_no_rule_separates_share_their_rank() -> None:
    table = played(league(3), {"ab": (1, 1), "ac": (2, 0), "bc": (2, 0)})
    assert standing(table) == [(1, "a", "undecided"), (1, "b", "undecided"), (3, "c", "points")]
    assert [row.decided for row in table.rows] == [False, False, True]


def with_slots(*ranks: int) -> Plan:
    """Return a league of three with a knock-out match each for teams of these ranks."""
    plan = league(3)
    pool = plan.stages[0].pools[0].id
    stage = Stage(StageId("knockout"), "Knock-out", "knockout")
    fixtures = tuple(
        Fixture(
            MatchId(f"league.k{rank}"), stage.id, "Final", Slot(None, PlaceOf(pool, rank)), Slot(TeamId("c"))
        )
        for rank in ranks
    )
    return replace(plan, stages=(*plan.stages, stage), fixtures=(*plan.fixtures, *fixtures))


LEVEL: Results = {"ab": (1, 1), "ac": (1, 1), "bc": (1, 1)}


def test_ops_decide_between_level_teams_and_the_other_follows() -> None:
    plan = with_slots(1)
    level: Results = {"ab": (1, 1), "ac": (2, 0), "bc": (2, 0)}
    (table,) = tables(
        fold(plan, *commands(plan, level), AssignSlot(MatchId("league.k1"), "home", TeamId("b")))
    )
    assert standing(table) == [(1, "b", "assigned"), (2, "a", "assigned"), (3, "c", "points")]
    assert all(row.decided for row in table.rows)


def test_ops_may_decide_every_place_by_itself() -> None:
    plan = with_slots(1, 2)
    level: Results = {"ab": (1, 1), "ac": (2, 0), "bc": (2, 0)}
    assigned = [
        AssignSlot(MatchId(f"league.k{rank}"), "home", TeamId(team)) for rank, team in ((1, "b"), (2, "a"))
    ]
    (table,) = tables(fold(plan, *commands(plan, level), *assigned))
    assert standing(table) == [(1, "b", "assigned"), (2, "a", "assigned"), (3, "c", "points")]


def test_several_that_ops_left_open_stay_level() -> None:
    plan = with_slots(2)
    assigned = AssignSlot(MatchId("league.k2"), "home", TeamId("b"))
    (table,) = tables(fold(plan, *commands(plan, LEVEL), assigned))
    assert standing(table) == [(1, "a", "undecided"), (1, "c", "undecided"), (2, "b", "assigned")]


def test_ops_cannot_undo_what_a_rule_decided_or_decide_before_the_end() -> None:
    plan = with_slots(1)
    assigned = AssignSlot(MatchId("league.k1"), "home", TeamId("b"))
    decided: Results = {"ab": (1, 0), "ac": (1, 0), "bc": (1, 0)}
    (table,) = tables(fold(plan, *commands(plan, decided), assigned))
    assert standing(table) == [(1, "a", "points"), (2, "b", "points"), (3, "c", "points")]
    (table,) = tables(fold(plan, *commands(plan, {"ab": (1, 1)}), assigned))
    assert standing(table)[0] == (1, "a", "undecided")


def test_a_slot_that_names_a_team_gives_nobody_a_place() -> None:
    plan = with_slots(1)
    assigned = AssignSlot(MatchId("league.k1"), "away", TeamId("b"))
    (table,) = tables(fold(plan, *commands(plan, LEVEL), assigned))
    assert {row.decided_by for row in table.rows} == {"undecided"}


def test_the_slots_of_another_pool_give_nobody_a_place_here() -> None:
    plan = finals()
    state = fold(
        plan, *result(plan, 1, 1, 1), *result(plan, 2, 1, 1), AssignSlot(match(plan, 4), "home", TeamId("b"))
    )
    first, second = tables(state)
    assert standing(first) == [(1, "b", "assigned"), (2, "a", "assigned")]
    assert {row.decided_by for row in second.rows} == {"undecided"}


def test_a_match_against_a_team_outside_the_table_does_not_count() -> None:
    plan = league(3)
    stage = plan.stages[0]
    state = fold(plan, *commands(plan, {"ab": (1, 0), "ac": (5, 0)}))
    smaller = Pool(stage.pools[0].id, "Group A", (TeamId("a"), TeamId("b")))
    (table,) = tables(replace(state, stages=(replace(stage, pools=(smaller,)),)))
    assert [(row.team, row.scored) for row in table.rows] == [("a", 1), ("b", 0)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=6, max_size=6))
def test_every_table_is_an_order_of_its_teams_by_points(scores: list[tuple[int, int]]) -> None:
    pairs = ["".join(pair) for pair in combinations("abcd", 2)]
    table = played(league(4), dict(zip(pairs, scores, strict=True)))
    assert {row.team for row in table.rows} == set("abcd")
    assert [row.points for row in table.rows] == sorted((row.points for row in table.rows), reverse=True)
    assert [row.rank for row in table.rows] == sorted(row.rank for row in table.rows)
    assert sum(row.scored for row in table.rows) == sum(row.conceded for row in table.rows)
    shared = [row.rank for row in table.rows if not row.decided]
    assert all(shared.count(rank) > 1 for rank in shared)


@given(st.permutations(range(6)))
def test_the_order_of_play_does_not_change_a_table(order: list[int]) -> None:
    plan = league(4)
    made = commands(plan, EURO_E)
    pairs = [made[2 * at : 2 * at + 2] for at in order]
    (table,) = tables(fold(plan, *(command for pair in pairs for command in pair)))
    assert standing(table) == standing(played(plan, EURO_E))
