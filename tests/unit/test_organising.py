"""A tournament from its draft to its end: teams, names, courts, Swiss rounds, lots, and who is out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core.domain.checks import check
from core.domain.commands import (
    AddScore,
    AddTeam,
    ChangeStatus,
    Command,
    DrawLots,
    ForfeitMatch,
    NameCourt,
    ReinstateTeam,
    RemoveTeam,
    RenameTeam,
    RenameTournament,
    ReopenMatch,
    StartMatch,
    WithdrawTeam,
)
from core.domain.events import (
    CourtNamed,
    LotsDrawn,
    MatchForfeited,
    SlotFilled,
    StatusChanged,
    TeamAdded,
    TeamReinstated,
    TeamRemoved,
    TeamRenamed,
    TeamWithdrawn,
    TournamentRenamed,
)
from core.domain.ids import CourtId, PoolId, StageId, TeamId
from core.domain.organising import NEXT, plan_of
from core.domain.plan import (
    Court,
    OneOf,
    PlaceOf,
    Plan,
    RoundRobin,
    SingleElimination,
    Slot,
    Stage,
    Status,
    Team,
    Timetable,
)
from tests.support.bench import Bench, play
from tests.support.tournaments import COURT, NOON, cup, fold, league, result, stage_of

A, B, C, D = map(TeamId, "abcd")
POOL = PoolId("a")
ZEBRAS = Team(TeamId("z"), "Zebras")
HALF = timedelta(minutes=30)


def draft(teams: int = 3, status: Status = "draft", **changes: Any) -> Plan:
    """Return a league that is not drawn up yet, its pool empty of matches."""
    return replace(stage_of(league(teams), format=RoundRobin(), **changes), status=status, fixtures=())


@pytest.mark.parametrize("before", ["draft", "open", "running", "finished"])
def test_a_tournament_goes_from_one_status_to_the_next(before: Status) -> None:
    for status in ("draft", "open", "running", "finished"):
        bench = Bench(draft(status=before) if before in ("draft", "open") else replace(cup(2), status=before))
        if status in NEXT[before]:
            bench.enter(ChangeStatus(status), why="it rains")
            assert bench.state.status == status
        else:
            reason = f"a tournament that is {before} becomes {' or '.join(NEXT[before])}, not {status}"
            assert bench.refused(ChangeStatus(status)) == reason


def test_the_start_draws_up_what_has_a_format() -> None:
    bench = Bench(draft(status="open"))
    (fact,) = bench.enter(ChangeStatus("running"))
    assert isinstance(fact, StatusChanged)
    assert (fact.before, fact.status, len(fact.fixtures)) == ("open", "running", 3)
    assert list(bench.state.matches) == ["league.m001", "league.m002", "league.m003"]
    check(plan_of(bench.state))


def test_the_start_gives_times_by_the_timetable_to_listed_matches_too() -> None:
    untimed = tuple(replace(fixture, starts_at=None, court=None) for fixture in league(3).fixtures)
    bench = Bench(replace(league(3), status="draft", fixtures=untimed, timetable=Timetable(NOON, 30)))
    bench.enter(ChangeStatus("running"))
    assert [match.starts_at for match in bench.state.matches.values()] == [NOON, NOON + HALF, NOON + 2 * HALF]
    assert {match.court for match in bench.state.matches.values()} == {COURT.id}


def test_a_tournament_does_not_start_without_what_it_needs() -> None:
    assert (
        Bench(draft(1)).refused(ChangeStatus("running")) == "a tournament needs at least two teams to start"
    )
    entrants = (Slot(None, PlaceOf(POOL, 1)), Slot(None, PlaceOf(POOL, 5)))
    final = Stage(StageId("final"), "Final", "knockout", format=SingleElimination(entrants))
    plan = replace(draft(3), stages=(*draft(3).stages, final))
    reason = "stage final: names place 5 of pool 'a', which has 3 teams"
    assert Bench(plan).refused(ChangeStatus("running")) == reason


def test_a_tournament_ends_when_all_is_played_or_somebody_says_why() -> None:
    bench = Bench(league(4))
    left = "not finished: M001, M002, M003, M004, M005 and 1 more; play or forfeit them, or say why"
    assert bench.refused(ChangeStatus("finished")) == left
    play(bench, 1, 2)
    assert bench.refused(ChangeStatus("finished")).startswith("not finished: M003, M004, M005, M006;")
    assert bench.enter(ChangeStatus("finished"), why="it rains") == [StatusChanged("running", "finished")]
    again = Bench(league(2))
    play(again, 1)
    again.enter(ChangeStatus("finished"))


def test_teams_join_and_leave_while_a_tournament_is_open() -> None:
    bench = Bench(draft(2, "open"))
    assert bench.enter(AddTeam(ZEBRAS)) == [TeamAdded(ZEBRAS, (POOL,))]
    assert bench.state.pool(POOL).teams == (A, B, ZEBRAS.id)
    assert bench.enter(RemoveTeam(A)) == [TeamRemoved(Team(A, "Team A", "AAA"))]
    assert (list(bench.state.teams), bench.state.pool(POOL).teams) == ([B, ZEBRAS.id], (B, ZEBRAS.id))
    bench.enter(ChangeStatus("running"))
    assert len(bench.state.matches) == 1


@pytest.mark.parametrize(
    ("team", "reason"),
    [
        (Team(TeamId("Z!"), "Zebras"), "'Z!' is not a slug (a-z, 0-9, - and _; at most 64)"),
        (Team(A, "Zebras"), "there is a team 'a' already"),
        (Team(TeamId("z"), "TEAM A"), "there is 'Team A' already: take another name"),
        (Team(TeamId("z"), "Tearn B"), "'Tearn B' looks like 'Team B': take a name that nobody mixes up"),
    ],
)
def test_a_team_needs_an_id_and_a_name_of_its_own(team: Team, reason: str) -> None:
    assert Bench(draft(2, "open")).refused(AddTeam(team)) == reason


def test_a_team_joins_pools_that_there_are() -> None:
    bench = Bench(draft(2, "open"))
    assert bench.refused(AddTeam(ZEBRAS, (PoolId("x"),))) == "there is no pool 'x' in this tournament"
    bench.enter(AddTeam(ZEBRAS, (POOL, POOL)))
    assert bench.state.pool(POOL).teams == (A, B, ZEBRAS.id)


def test_who_is_named_in_a_plan_is_not_removed_but_withdrawn() -> None:
    listed = Bench(replace(league(2), status="open"))
    assert listed.refused(RemoveTeam(A)) == "'a' plays in M001: withdraw it when the tournament runs"
    running = "the tournament has begun: withdraw the team instead"
    assert Bench(league(2)).refused(RemoveTeam(A)) == running
    assert listed.refused(RemoveTeam(ZEBRAS.id)) == "there is no team 'z' in this tournament"
    seeded = replace(
        stage_of(cup(2), format=SingleElimination((Slot(A), Slot(B)))), status="open", fixtures=()
    )
    reason = "'a' is an entrant of Knock-out: withdraw it when the tournament runs"
    assert Bench(seeded).refused(RemoveTeam(A)) == reason
    bare = replace(stage_of(cup(2), format=SingleElimination()), status="open", fixtures=())
    Bench(bare).enter(RemoveTeam(A))
    three = replace(cup(2), teams=(*cup(2).teams, ZEBRAS), status="open")
    Bench(three).enter(RemoveTeam(ZEBRAS.id))


def test_a_late_team_plays_everybody_in_its_pool() -> None:
    bench = Bench(stage_of(league(3), format=RoundRobin(2)))
    (fact,) = bench.enter(AddTeam(ZEBRAS))
    assert isinstance(fact, TeamAdded)
    pairs = [(fixture.home.team, fixture.away.team) for fixture in fact.fixtures]
    assert pairs == [("z", A), (B, "z"), ("z", C), (A, "z"), ("z", B), (C, "z")]
    assert [fixture.id for fixture in fact.fixtures] == [f"league.m{number:03d}" for number in range(4, 10)]
    assert {fixture.round for fixture in fact.fixtures} == {"Late entry"}
    check(plan_of(bench.state))


def test_a_late_team_does_not_play_who_is_out_nor_before_now() -> None:
    plan = replace(league(3), timetable=Timetable(NOON, 30))
    bench = Bench(plan)
    bench.enter(WithdrawTeam(A))
    at = NOON + timedelta(hours=9, minutes=10)
    (fact,) = bench.enter(AddTeam(ZEBRAS), at=at)
    assert isinstance(fact, TeamAdded)
    assert [fixture.starts_at for fixture in fact.fixtures] == [
        NOON + timedelta(hours=9, minutes=30),
        NOON + timedelta(hours=10),
    ]
    assert {fixture.court for fixture in fact.fixtures} == {COURT.id}


def test_a_knock_out_that_is_drawn_takes_a_late_team_only_by_hand() -> None:
    bench = Bench(cup(4))
    assert bench.enter(AddTeam(ZEBRAS)) == [TeamAdded(ZEBRAS)]


@pytest.mark.parametrize("source", [PlaceOf(POOL, 1), OneOf((POOL,), 1)])
def test_nobody_joins_a_table_on_which_a_match_has_begun(source: PlaceOf | OneOf) -> None:
    plan = league(2)
    final = Stage(StageId("final"), "Final", "knockout")
    fixture = replace(
        plan.fixtures[0],
        id=cup(2, name="league").fixtures[0].id.replace("m001", "m002"),
        stage=final.id,
        pool=None,
        home=Slot(None, source),
        away=Slot(B),
    )
    bench = Bench(replace(plan, stages=(*plan.stages, final), fixtures=(*plan.fixtures, fixture)))
    bench.enter(*result(plan, 1, 1, 0))
    bench.enter(StartMatch(bench.id(2)))
    reason = "M002 has begun on the table of Group A: nobody can join that any more"
    assert bench.refused(AddTeam(ZEBRAS)) == reason


def test_nobody_joins_after_the_end() -> None:
    bench = Bench(replace(league(2), status="finished"))
    assert bench.refused(AddTeam(ZEBRAS)) == "the tournament is finished: ops can take it up again"


def test_teams_tournaments_and_courts_are_renamed() -> None:
    bench = Bench(league(2))
    assert bench.enter(RenameTeam(A, "Ants", "ANT")) == [
        TeamRenamed(Team(A, "Team A", "AAA"), Team(A, "Ants", "ANT"))
    ]
    assert bench.refused(RenameTeam(A, "Ants", "ANT")) == "it is called that already"
    bench.enter(RenameTeam(A, "ants", "ANT"))
    assert bench.refused(RenameTeam(A, "team b")) == "there is 'Team B' already: take another name"
    assert bench.refused(RenameTeam(ZEBRAS.id, "Z")) == "there is no team 'z' in this tournament"
    assert bench.enter(RenameTournament("Cup", "Hall 2")) == [
        TournamentRenamed("League", "Hall 1", "Cup", "Hall 2")
    ]
    assert (bench.state.name, bench.state.venue) == ("Cup", "Hall 2")
    assert bench.refused(RenameTournament("Cup", "Hall 2")) == "it is called that already"
    assert bench.refused(RenameTournament(" ")) == "a name needs a letter or a digit"
    centre = Court(COURT.id, "Centre Court")
    assert bench.enter(NameCourt(centre)) == [CourtNamed(centre, COURT)]
    new = Court(CourtId("court-2"), "Court 2")
    assert bench.enter(NameCourt(new)) == [CourtNamed(new)]
    assert bench.state.courts == {COURT.id: centre, new.id: new}
    assert bench.refused(NameCourt(new)) == "it is called that already"
    assert bench.refused(NameCourt(Court(CourtId("x"), "court 2"))).startswith("there is 'Court 2' already")
    assert bench.refused(NameCourt(Court(CourtId("X X"), "X"))).startswith("'X X' is not a slug")


def test_who_withdraws_loses_what_it_has_not_finished() -> None:
    bench = Bench(league(3))
    play(bench, 1)
    bench.enter(AddScore(bench.id(2), A, 4))
    assert bench.enter(WithdrawTeam(A)) == [
        TeamWithdrawn(A, "withdrawn", False),
        MatchForfeited(bench.match(2).result, "withdrawn", C, A),
    ]
    assert [bench.match(number).winner for number in (1, 2, 3)] == [A, C, None]
    assert bench.refused(WithdrawTeam(A)) == "'a' is out already"
    facts = bench.enter(WithdrawTeam(B, "disqualified"))
    assert facts[0] == TeamWithdrawn(B, "disqualified", False)
    assert bench.match(3).winner == C


def test_two_who_are_out_both_lose() -> None:
    bench = Bench(cup(4))
    bench.enter(WithdrawTeam(A))
    bench.enter(*result(cup(4), 2, 1, 0))
    final = bench.match(3)
    assert (final.home.team, final.away.team) == (B, C)
    bench.enter(WithdrawTeam(C))
    assert bench.match(3).winner == B


def test_the_organiser_says_whether_matches_are_annulled() -> None:
    plan = replace(league(3), on_withdrawal="forfeit", on_disqualification="annul")
    bench = Bench(plan)
    bench.enter(WithdrawTeam(A), WithdrawTeam(B, "disqualified"))
    assert [(out.team, out.annulled) for out in bench.state.withdrawn] == [(A, False), (B, True)]


def test_a_team_that_is_out_goes_on_losing_as_its_slots_fill() -> None:
    bench = Bench(cup(4))
    bench.enter(*result(cup(4), 1, 1, 0))
    bench.enter(WithdrawTeam(A))
    assert bench.match(3).phase == "scheduled"
    facts = bench.enter(*result(cup(4), 2, 1, 0))
    assert [type(fact) for fact in facts[-2:]] == [SlotFilled, MatchForfeited]
    assert bench.match(3).winner == C


def test_a_team_is_taken_back() -> None:
    bench = Bench(league(2))
    bench.enter(WithdrawTeam(A))
    assert bench.enter(ReinstateTeam(A)) == [TeamReinstated(A)]
    assert bench.state.withdrawn == ()
    bench.enter(ReopenMatch(bench.id(1)), AddScore(bench.id(1), A, 1))
    assert bench.refused(ReinstateTeam(A)) == "'a' is not out of this tournament"


def test_teams_withdraw_only_while_the_tournament_runs() -> None:
    reason = "the tournament is open: teams are withdrawn while it runs"
    assert Bench(draft(2, "open")).refused(WithdrawTeam(A)) == reason
    assert Bench(league(2)).refused(WithdrawTeam(ZEBRAS.id)) == "there is no team 'z' in this tournament"


def level(*, lots: bool = True) -> Bench:
    """Return a pool of three that no rule orders."""
    plan = stage_of(league(3), tie_breaks=("difference", "lot") if lots else ("difference",))
    bench = Bench(plan)
    bench.enter(*result(plan, 1, 1, 0), *result(plan, 2, 0, 1), *result(plan, 3, 1, 0))
    return bench


def test_lots_are_drawn_once_and_kept() -> None:
    bench = level()
    (fact,) = bench.enter(DrawLots(POOL))
    assert isinstance(fact, LotsDrawn)
    assert sorted(fact.order) == [A, B, C]
    assert bench.refused(DrawLots(POOL)) == "nobody is level in Group A: there is nothing to draw"


def test_lots_fall_by_the_entrys_id_and_not_always_alike() -> None:
    orders = set()
    for extra in range(12):
        bench = level()
        for number in range(extra):
            bench.enter(RenameTournament(f"Cup {number + 1}"))
        (fact,) = bench.enter(DrawLots(POOL))
        assert isinstance(fact, LotsDrawn)
        orders.add(fact.order)
    assert len(orders) > 2


def test_lots_drawn_by_hand_are_entered() -> None:
    bench = level()
    for order in ((A, B), (A, B, B), (A, B, D)):
        assert bench.refused(DrawLots(POOL, order)) == "the lots are about a, b, c: name each of them once"
    assert bench.enter(DrawLots(POOL, (C, A, B))) == [LotsDrawn(POOL, (C, A, B))]


@pytest.mark.parametrize(
    ("bench", "reason"),
    [
        (level(lots=False), "Group stage has no lots among its tie-breaks: assign the slots instead"),
        (
            Bench(stage_of(league(2), tie_breaks=("lot",))),
            "Group A is not over: lots are drawn when all its matches are",
        ),
    ],
)
def test_lots_are_drawn_where_the_rules_say_so_at_the_end(bench: Bench, reason: str) -> None:
    assert bench.refused(DrawLots(POOL)) == reason


def test_the_plan_of_a_tournament_is_the_one_it_was_made_from() -> None:
    plan = replace(cup(4, third_place=True), on_withdrawal="annul", timetable=Timetable(NOON, 20))
    assert plan_of(fold(plan)) == plan


def test_a_withdrawal_that_changes_who_plays_where_asks_why() -> None:
    plan = league(2)
    final = Stage(StageId("final"), "Final", "knockout")
    fixture = replace(
        plan.fixtures[0],
        id=cup(2, name="league").fixtures[0].id.replace("m001", "m002"),
        stage=final.id,
        pool=None,
        home=Slot(None, PlaceOf(POOL, 1)),
        away=Slot(None, PlaceOf(POOL, 2)),
    )
    annul = replace(
        plan, stages=(*plan.stages, final), fixtures=(*plan.fixtures, fixture), on_withdrawal="annul"
    )
    bench = Bench(annul)
    bench.enter(*result(plan, 1, 1, 0))
    command: Command = WithdrawTeam(A)
    assert bench.refused(command) == "this changes who should play M002 (started already): say why"
    bench.enter(command, why="left the hall")
    assert (bench.match(2).home.team, bench.match(2).winner) == (A, B)
    assert bench.refused(ForfeitMatch(bench.id(1), A)) == "M001 is final already"
