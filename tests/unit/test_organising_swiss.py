"""Swiss rounds: drawn one after the other, a bye to each at most, and none for who is out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from core.domain.commands import (
    AddTeam,
    DrawRound,
    ForfeitMatch,
    WithdrawTeam,
)
from core.domain.events import (
    RoundDrawn,
)
from core.domain.ids import MatchId, PoolId, StageId, TeamId
from core.domain.plan import (
    Fixture,
    PlaceOf,
    Plan,
    Slot,
    Stage,
    Swiss,
    Team,
    Timetable,
)
from tests.support.bench import Bench, play
from tests.support.tournaments import NOON, league, stage_of

A, B, C, D = map(TeamId, "abcd")
POOL = PoolId("a")
ZEBRAS = Team(TeamId("z"), "Zebras")
HALF = timedelta(minutes=30)


def swiss(teams: int, rounds: int = 3) -> Plan:
    return replace(stage_of(league(teams), format=Swiss(rounds)), fixtures=())


def test_a_late_team_is_drawn_into_the_rounds_of_a_swiss_stage_to_come() -> None:
    bench = Bench(swiss(3))
    bench.enter(DrawRound(POOL))
    bench.enter(AddTeam(ZEBRAS))
    assert len(bench.state.matches) == 1
    play(bench, 1)
    bench.enter(DrawRound(POOL))
    assert len(bench.state.matches) == 3


def test_swiss_rounds_are_drawn_one_after_the_other() -> None:
    bench = Bench(swiss(4, 3))
    (fact,) = bench.enter(DrawRound(POOL))
    assert isinstance(fact, RoundDrawn)
    assert (fact.number, fact.bye) == (1, None)
    assert [(one.home.team, one.away.team, one.round) for one in fact.fixtures] == [
        (A, C, "Round 1"),
        (B, D, "Round 1"),
    ]
    assert bench.refused(DrawRound(POOL)) == "round 1 is not over: M001, M002"
    play(bench, 1, 2)
    bench.enter(DrawRound(POOL))
    assert {bench.match(3).home.team, bench.match(3).away.team} == {A, B}
    play(bench, 3, 4)
    bench.enter(DrawRound(POOL))
    play(bench, 5, 6)
    assert bench.refused(DrawRound(POOL)) == "all 3 rounds of Group A are drawn"


def test_a_swiss_round_gives_one_bye_to_each_at_most() -> None:
    bench = Bench(swiss(3, 3))
    byes = []
    for number in (1, 2, 3):
        (fact,) = bench.enter(DrawRound(POOL))
        assert isinstance(fact, RoundDrawn)
        byes.append(fact.bye)
        play(bench, number)
    assert sorted(map(str, byes)) == ["a", "b", "c"]
    assert [bye.number for bye in bench.state.byes] == [1, 2, 3]


def test_who_is_out_is_not_drawn() -> None:
    bench = Bench(swiss(3, 3))
    bench.enter(WithdrawTeam(C))
    (drawn,) = bench.enter(DrawRound(POOL))
    assert isinstance(drawn, RoundDrawn)
    assert [(fixture.home.team, fixture.away.team) for fixture in drawn.fixtures] == [(A, B)]


def test_when_all_have_met_a_reason_ends_the_rounds_and_the_places_are_final() -> None:
    plan = swiss(2, 3)
    knockout = Stage(StageId("knockout"), "Final", "knockout")
    sides = Slot(None, PlaceOf(POOL, 1)), Slot(None, PlaceOf(POOL, 2))
    final = Fixture(MatchId("league.m001"), knockout.id, "Final", *sides)
    bench = Bench(replace(plan, stages=(*plan.stages, knockout), fixtures=(final,)))
    bench.enter(DrawRound(POOL))
    play(bench, 2)
    reason = "Group A has no round left in which nobody meets again: say why, and its rounds end here"
    assert bench.refused(DrawRound(POOL)) == reason
    assert bench.match(1).home.team is None
    assert bench.enter(DrawRound(POOL), why="two are left")[0] == RoundDrawn(POOL, 3, ())
    assert (bench.match(1).home.team, bench.match(1).away.team) == (A, B)
    assert bench.refused(DrawRound(POOL)) == "all 3 rounds of Group A are drawn"


def test_who_won_without_playing_has_a_bye_only_after_the_others() -> None:
    bench = Bench(swiss(5, 2))
    (first,) = bench.enter(DrawRound(POOL))
    assert isinstance(first, RoundDrawn)
    assert first.bye == "e"
    # d wins because b does not come, and would be the last without a bye by the table.
    bench.enter(ForfeitMatch(bench.id(2), B, "no_show"))
    play(bench, 1)
    (second,) = bench.enter(DrawRound(POOL))
    assert isinstance(second, RoundDrawn)
    assert second.bye not in ("d", "e")


def test_a_round_is_drawn_only_where_there_is_one() -> None:
    assert Bench(league(2)).refused(DrawRound(POOL)) == "Group A is not played by the Swiss system"
    assert Bench(league(2)).refused(DrawRound(PoolId("x"))) == "there is no pool 'x' in this tournament"
    reason = "the tournament is draft: rounds are drawn while it runs"
    assert Bench(replace(swiss(4), status="draft")).refused(DrawRound(POOL)) == reason


def test_a_round_begins_when_it_is_said_or_in_the_next_slots() -> None:
    later = NOON + timedelta(days=1)
    bench = Bench(swiss(4))
    bench.enter(DrawRound(POOL, later))
    assert [bench.match(number).starts_at for number in (1, 2)] == [later, later + timedelta(hours=1)]
    timed = Bench(replace(swiss(4), timetable=Timetable(NOON, 30)))
    timed.enter(DrawRound(POOL), at=NOON + timedelta(minutes=31))
    assert [timed.match(number).starts_at for number in (1, 2)] == [NOON + 2 * HALF, NOON + 3 * HALF]
    half = Bench(replace(swiss(4), timetable=Timetable(NOON, 30)))
    half.enter(DrawRound(POOL, later))
    assert half.match(2).starts_at == later + HALF


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (datetime(2026, 1, 1), "a time needs its zone: end it in Z or an offset"),  # noqa: DTZ001
        (datetime(1, 1, 1, tzinfo=UTC), "the round: cannot start in the year 1"),
    ],
)
def test_a_round_begins_at_a_moment_that_there_is(moment: datetime, reason: str) -> None:
    assert Bench(swiss(4)).refused(DrawRound(POOL, moment)) == reason
