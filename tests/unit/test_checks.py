"""A plan is checked as a whole before it is played, and says where it is wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from core.domain.checks import check
from core.domain.games import CupsRules, Game, Rules, SetsRules, TimeRules
from core.domain.ids import CourtId, GameId, MatchId, PoolId, StageId, TeamId, TournamentId
from core.domain.plan import (
    Court,
    DoubleElimination,
    Fixture,
    Format,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    Pool,
    RoundRobin,
    SingleElimination,
    Slot,
    Stage,
    Swiss,
    Team,
    Timetable,
    WinnerOf,
)
from core.errors import BadPlan
from tests.support.tournaments import NOON, cup, finals, league

A, B = TeamId("a"), TeamId("b")


def broken(plan: Plan, number: int = 1, **changes: Any) -> Plan:
    """Return the plan with one fixture changed."""
    fixtures = list(plan.fixtures)
    fixtures[number - 1] = replace(fixtures[number - 1], **changes)
    return replace(plan, fixtures=tuple(fixtures))


def one_of(pool: str, rank: int = 1) -> Slot:
    return Slot(None, OneOf((PoolId("a"), PoolId(pool)), rank))


@pytest.mark.parametrize("plan", [league(), cup(8, third_place=True), finals(), cup(2)])
def test_a_plan_that_holds_together_passes(plan: Plan) -> None:
    check(plan)


def test_a_slot_may_wait_for_one_of_several_pools() -> None:
    check(broken(finals(), 3, home=one_of("b")))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (replace(league(), id=TournamentId("My Cup")), "tournament: id 'My Cup' is not a slug"),
        (replace(league(), teams=(Team(TeamId("A!"), "A"),)), "team A!: its id is not a slug"),
        (replace(league(), teams=(Team(TeamId("league.a"), "A"),)), "team league.a: its id is not a slug"),
        (replace(cup(2), teams=(*cup(2).teams, Team(A, "Again"))), "team a: stands twice"),
        (
            replace(league(), courts=(Court(CourtId("c"), "C"), Court(CourtId("c"), "D"))),
            "court c: stands twice",
        ),
        (replace(cup(2), stages=cup(2).stages * 2), "stage knockout: stands twice"),
        (broken(league(), id=MatchId("other.m001")), "match other.m001: its id does not begin with league."),
        (broken(league(), id=MatchId("league.M1")), "match M1: its id is not a slug"),
        (broken(league(), 2, id=MatchId("league.m001")), "match m001: stands twice"),
        (
            broken(league(), stage=StageId("x")),
            "match league.m001: names stage 'x', which is not in the plan",
        ),
        (broken(league(), pool=PoolId("x")), "match league.m001: names pool 'x'"),
        (broken(finals(), pool=PoolId("b")), "counts for pool 'b', which has no team 'a'"),
        (broken(finals(), 3, pool=PoolId("a")), "is in stage 'knockout', which has no pool 'a'"),
        (broken(league(), away=Slot(A)), "match league.m001: team 'a' cannot play itself"),
        (
            broken(finals(), 3, home=Slot(None, PlaceOf(PoolId("a"), 3))),
            "names place 3 of pool 'a', which has 2",
        ),
        (broken(finals(), 3, home=one_of("b", 0)), "names place 0 of pool 'a'"),
        (broken(league(), court=CourtId("x")), "match league.m001: names court 'x'"),
        (
            broken(league(), starts_at=datetime(9999, 12, 31, tzinfo=UTC)),
            "match league.m001: cannot start in the year 9999",
        ),
        (broken(league(), home=Slot(TeamId("x"))), "match league.m001: names team 'x'"),
        (broken(cup(2), home=Slot()), "match cup.m001: a side has neither a team nor a source"),
        (
            broken(cup(4), home=Slot(None, WinnerOf(MatchId("cup.m003")))),
            "match cup.m001: names match 'cup.m003', which is not an earlier match",
        ),
        (broken(cup(4), home=Slot(None, LoserOf(MatchId("cup.m001")))), "which is not an earlier match"),
        (broken(finals(), 3, home=Slot(None, PlaceOf(PoolId("x"), 1))), "match finals.m003: names pool 'x'"),
        (broken(finals(), 3, home=one_of("x")), "match finals.m003: names pool 'x'"),
    ],
)
def test_a_plan_that_does_not_hold_together_says_where(plan: Plan, message: str) -> None:
    with pytest.raises(BadPlan) as caught:
        check(plan)
    assert message in str(caught.value)


def test_a_pool_names_teams_of_the_plan() -> None:
    stage = Stage(StageId("s"), "S", "pools", (Pool(PoolId("a"), "A", (TeamId("ghost"),)),))
    with pytest.raises(BadPlan, match="pool a: names team 'ghost'"):
        check(replace(league(), stages=(stage,)))


def test_a_pool_names_a_team_once() -> None:
    stage = Stage(StageId("s"), "S", "pools", (Pool(PoolId("a"), "A", (A, B, A)),))
    with pytest.raises(BadPlan, match="pool a: names team 'a' twice"):
        check(replace(league(), stages=(stage,)))


def test_texts_in_a_plan_are_clean_however_they_came() -> None:
    dirty = "Re\x1bds"
    assert Team(A, dirty, "R\x00").name == "Re?ds"
    assert Team(A, dirty, "R\x00").code == "R?"
    assert Court(CourtId("c"), dirty).name == "Re?ds"
    assert Pool(PoolId("p"), dirty, (A,)).name == "Re?ds"
    assert Stage(StageId("s"), dirty, "pools").name == "Re?ds"
    fixture = Fixture(MatchId("t.m1"), StageId("s"), dirty, Slot(A), Slot(B))
    assert fixture.round == "Re?ds"
    plan = Plan(TournamentId("t"), dirty, (), (), (), venue=dirty)
    assert (plan.name, plan.venue) == ("Re?ds", "Re?ds")


GAME = Game(GameId("g"), "Game")


def formatted(format_: Format | None, **changes: Any) -> Plan:
    """Return a league whose stage has a format."""
    plan = league()
    return replace(plan, stages=(replace(plan.stages[0], format=format_, **changes),))


def playing(rules: Rules, *places: int) -> Plan:
    return replace(league(), games=(Game(GameId("g"), "Game", rules, places),))


@pytest.mark.parametrize(
    "plan",
    [
        formatted(RoundRobin(2), game=GameId("g"), forfeit=(3, 0)),
        formatted(Swiss(5)),
        playing(SetsRules(5, 25, 2, 30, 15), 10, 5),
        playing(SetsRules()),
        playing(CupsRules(6)),
        playing(TimeRules()),
        replace(league(), timetable=Timetable(NOON, 30)),
        replace(cup(2), stages=(Stage(StageId("knockout"), "K", "knockout", format=SingleElimination()),)),
        replace(
            cup(2, name="draft"),
            status="draft",
            teams=(),
            fixtures=(),
            stages=(
                Stage(StageId("pools"), "P", "pools", (Pool(PoolId("a"), "A", ()),), format=RoundRobin()),
                Stage(
                    StageId("k"),
                    "K",
                    "knockout",
                    format=DoubleElimination((Slot(None, PlaceOf(PoolId("a"), 2)),)),
                ),
            ),
        ),
    ],
)
def test_formats_games_and_timetables_that_hold_together_pass(plan: Plan) -> None:
    check(replace(plan, games=plan.games or (GAME,)))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (formatted(None, game=GameId("x")), "stage groups: names game 'x', which is not in the plan"),
        (formatted(None, forfeit=(-1, 0)), "stage groups: forfeit must be 0 to 1000, not -1"),
        (
            formatted(SingleElimination()),
            "stage groups: its format is played as knockout: set kind = 'knockout'",
        ),
        (formatted(RoundRobin(0)), "stage groups: legs must be 1 to 8, not 0"),
        (formatted(Swiss(0)), "stage groups: rounds must be 1 to 128, not 0"),
        (playing(SetsRules(best_of=2)), "game g: best of 2 may be a draw: take an odd number of sets"),
        (playing(SetsRules(points=0)), "game g: points must be 1 to 1000, not 0"),
        (playing(SetsRules(lead=0)), "game g: lead must be 1 to 21, not 0"),
        (playing(SetsRules(last=1)), "game g: last must be 2 to 1000, not 1"),
        (playing(SetsRules(cap=20)), "game g: cap must be 21 to 1000, not 20"),
        (playing(CupsRules(0)), "game g: cups must be 1 to 100, not 0"),
        (playing(CupsRules(6, 7)), "game g: bounce must be 0 to 6, not 7"),
        (playing(TimeRules(), -1), "game g: places must be 0 to 1000000, not -1"),
        (replace(league(), games=(GAME, GAME)), "game g: stands twice"),
        (replace(league(), timetable=Timetable(NOON, 0)), "timetable: minutes must be 1 to 10080, not 0"),
        (
            replace(league(), timetable=Timetable(datetime(1, 1, 1, tzinfo=UTC), 5)),
            "timetable: cannot start in the year 1",
        ),
        (
            replace(league(), teams=(*league().teams, Team(TeamId("x"), "TEAM a"))),
            "teams: two are called 'TEAM a': give one of them another name",
        ),
        (
            broken(league(), 1, reset_of=MatchId("league.m002")),
            "names match 'league.m002', which is not an earlier match",
        ),
        (
            replace(
                cup(2),
                stages=(Stage(StageId("knockout"), "K", "knockout", format=SingleElimination((Slot(A),))),),
            ),
            "stage knockout: the number of its entrants must be 2 to 128, not 1",
        ),
        (
            replace(
                cup(2),
                stages=(
                    Stage(StageId("knockout"), "K", "knockout", format=DoubleElimination((Slot(A), Slot()))),
                ),
            ),
            "stage knockout: a side has neither a team nor a source",
        ),
    ],
)
def test_formats_games_and_timetables_that_cannot_be_are_refused(plan: Plan, message: str) -> None:
    with pytest.raises(BadPlan, match=re.escape(message)):
        check(plan)


def test_a_pool_for_round_robin_has_an_end() -> None:
    plan = league(2)
    teams = tuple(Team(TeamId(f"t{number}"), f"Side no. {number} of {number}") for number in range(65))
    pool = replace(plan.stages[0].pools[0], teams=tuple(team.id for team in teams))
    stage = replace(plan.stages[0], pools=(pool,), format=RoundRobin())
    with pytest.raises(
        BadPlan, match="has 65 teams, and at most 64 can all meet each other: make several pools"
    ):
        check(replace(plan, teams=teams, stages=(stage,), fixtures=()))
