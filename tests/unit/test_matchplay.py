"""Commands on a match in every kind of game: what counts, what ends a set, what is refused and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.commands import (
    AddPenalty,
    AddScore,
    AssignSlot,
    ChangeStatus,
    Command,
    CompleteMatch,
    ConfirmResult,
    EnterSets,
    ForfeitMatch,
    MoveMatch,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    Settle,
    StartMatch,
    Undo,
    WithdrawTeam,
)
from core.domain.draws.drawing import draw_up
from core.domain.events import (
    ConflictSettled,
    EntryUndone,
    MatchCompleted,
    MatchForfeited,
    MatchMoved,
    MatchReopened,
    MatchStarted,
    PenaltyAdded,
    PointsAdded,
    ResultConfirmed,
    ScoreSet,
    SetReopened,
    SetsEntered,
    SetWon,
    SlotAssigned,
    SlotFilled,
    TimeSet,
)
from core.domain.games import CupsRules, Game, Rules, SetsRules, TimeRules
from core.domain.ids import CommandId, CourtId, GameId, MatchId, TeamId
from core.domain.organising import plan_of
from core.domain.plan import DoubleElimination, Plan
from tests.support.bench import Bench
from tests.support.tournaments import COURT, NOON, cup, finals, league, result

A, B, C = TeamId("a"), TeamId("b"), TeamId("c")
M1 = MatchId("league.m001")
SETS = SetsRules(best_of=3, points=3)
FINAL = "This match is final. Ops can reopen it"


def playing(rules: Rules, plan: Plan | None = None) -> Plan:
    """Return a plan, a league of two by default, that plays a game by these rules."""
    plan = plan or league(2)
    stage = replace(plan.stages[0], game=GameId("g"))
    return replace(plan, stages=(stage, *plan.stages[1:]), games=(Game(GameId("g"), "Game", rules),))


def points(bench: Bench, text: str) -> None:
    """Enter a point for each letter."""
    for letter in text:
        bench.enter(AddScore(M1, TeamId(letter), 1))


def test_a_set_ends_with_its_last_point() -> None:
    bench = Bench(playing(SETS))
    points(bench, "aab")
    assert bench.enter(AddScore(M1, A, 1)) == [
        PointsAdded(A, "home", 1, Score(2, 1), Score(3, 1)),
        SetWon("home", Score(3, 1)),
    ]
    assert (bench.match(1).sets, bench.match(1).score) == ((Score(3, 1),), Score())


def test_a_match_of_sets_is_completed_when_one_side_has_enough() -> None:
    bench = Bench(playing(SETS))
    assert bench.refused(CompleteMatch(M1)) == "M001 has not started"
    points(bench, "aa")
    no_set = "M001 goes to 2 sets, and no set is over: play on, or forfeit it"
    assert bench.refused(CompleteMatch(M1)) == no_set
    points(bench, "abbb")
    level = "M001 goes to 2 sets, and sets are 1-1: play on, or forfeit it"
    assert bench.refused(CompleteMatch(M1)) == level
    bench.enter(SetScore(M1, Score(0, 3)))
    decided = "M001 is decided 1-2: complete it, or undo a point"
    assert bench.refused(AddScore(M1, A, 1)) == decided
    assert bench.enter(CompleteMatch(M1)) == [MatchCompleted(Score(1, 2), B)]
    assert bench.match(1).result == Score(1, 2)
    assert bench.enter(ConfirmResult(M1)) == [ResultConfirmed(Score(1, 2))]
    assert bench.enter(ReopenMatch(M1)) == [MatchReopened(Score(1, 2))]


def test_a_score_beyond_the_end_of_a_set_is_refused() -> None:
    bench = Bench(playing(SETS))
    assert bench.refused(SetScore(M1, Score(5, 0))) == "a set to 3 cannot stand 5-0"


def test_taking_back_the_last_point_of_a_set_has_it_go_on() -> None:
    bench = Bench(playing(SETS))
    points(bench, "aaa")
    won = CommandId(bench.last)
    assert bench.enter(Undo(M1, won)) == [
        SetReopened(Score(3, 0)),
        EntryUndone(won, "all", Score(3, 0), Score(2, 0)),
    ]
    assert bench.match(1).sets == ()
    undo = CommandId(bench.last)
    assert bench.enter(Undo(M1, undo)) == [
        EntryUndone(undo, "all", Score(2, 0), Score(3, 0)),
        SetWon("home", Score(3, 0)),
    ]


def test_a_point_of_an_earlier_set_is_corrected_by_entering_the_sets() -> None:
    bench = Bench(playing(SETS))
    points(bench, "aaab")
    earlier = "that was in an earlier set: enter the sets as they should be"
    assert bench.refused(Undo(M1, CommandId("c1"))) == earlier
    sets = (Score(3, 1), Score(0, 1))
    assert bench.enter(EnterSets(M1, sets)) == [
        SetsEntered((Score(3, 0),), Score(0, 1), (Score(3, 1),), Score(0, 1))
    ]
    assert bench.enter(EnterSets(M1, (Score(3, 1), Score(3, 0)))) == [
        SetsEntered((Score(3, 1),), Score(0, 1), (Score(3, 1), Score(3, 0)), Score())
    ]
    bench.enter(CompleteMatch(M1))
    assert bench.match(1).winner == A
    assert bench.refused(EnterSets(M1, ())) == FINAL


def test_sets_that_cannot_be_are_refused() -> None:
    assert Bench(league(2)).refused(EnterSets(M1, ())) == "this game has no sets"
    assert Bench(playing(SETS)).enter(EnterSets(M1, ())) == [
        MatchStarted(True),
        SetsEntered((), Score(), (), Score()),
    ]


def test_a_point_counted_while_another_ended_the_set_is_held() -> None:
    bench = Bench(playing(SETS))
    points(bench, "aa")
    seen = bench.match(1).version
    points(bench, "a")
    reason = bench.held(AddScore(M1, B, 1), device="laptop-2", seen=seen)
    assert reason == "Ann on laptop-1 entered 3-0 since; decide which counts"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("abu"), max_size=40))
def test_undo_reaches_back_to_the_start_of_a_match_of_sets(presses: list[str]) -> None:
    bench = Bench(playing(SETS))
    history = [((), Score())]
    entries: list[str] = []
    for press in presses:
        if press == "u" and entries:
            bench.enter(Undo(M1, CommandId(entries.pop())))
            history.pop()
        elif press != "u" and max((0, *_won(bench))) < 2:
            points(bench, press)
            entries.append(bench.last)
            history.append((bench.match(1).sets, bench.match(1).score))  # type: ignore[arg-type]
        assert (bench.match(1).sets, bench.match(1).score) == history[-1]


def _won(bench: Bench) -> tuple[int, int]:
    result = bench.match(1).result if bench.match(1).sets else Score()
    return result.home, result.away


def test_cups_count_what_the_player_did() -> None:
    bench = Bench(playing(CupsRules(3)))
    assert bench.enter(AddScore(M1, A, 2, "bounce", " Zoë\x07 "))[-1] == PointsAdded(
        A, "home", 2, Score(), Score(2, 0), "bounce", "Zoë?"
    )
    assert bench.enter(AddScore(M1, B, 0, "miss")) == [
        PointsAdded(B, "away", 0, Score(2, 0), Score(2, 0), "miss")
    ]
    assert bench.refused(AddScore(M1, A, 2, "cup")) == "a cup counts 1 here, not 2"
    assert bench.refused(AddScore(M1, A, 2, "bounce")) == "there are 3 cups on each side"
    bench.enter(AddScore(M1, A, 1, "cup"), CompleteMatch(M1))
    assert (bench.match(1).winner, bench.match(1).score) == (A, Score(3, 0))


def test_actions_belong_to_games_of_cups() -> None:
    assert Bench(league(2)).refused(AddScore(M1, A, 1, "cup")) == "this game is not played with cups"
    assert Bench(league(2)).refused(AddScore(M1, A, 0)) == "adding 0 changes nothing"


def test_the_lowest_time_wins() -> None:
    bench = Bench(playing(TimeRules()))
    assert bench.enter(SetTime(M1, A, 61_250)) == [
        MatchStarted(True),
        TimeSet(A, "home", Score(), Score(61_250, 0)),
    ]
    bench.enter(SetTime(M1, B, 59_999))
    assert bench.refused(AddScore(M1, A, 1)) == "this game is played for time: set each side's time"
    assert bench.refused(SetTime(M1, A, 86_400_001)) == "a time cannot be longer than a day"
    assert bench.refused(SetTime(M1, C, 1)) == "'c' does not play in M001"
    assert bench.enter(CompleteMatch(M1)) == [MatchCompleted(Score(61_250, 59_999), B)]


def test_a_time_can_be_taken_back_and_belongs_to_games_for_time() -> None:
    bench = Bench(playing(TimeRules()))
    bench.enter(SetTime(M1, A, 5))
    bench.enter(Undo(M1, CommandId(bench.last)))
    assert bench.match(1).score == Score()
    assert Bench(league(2)).refused(SetTime(M1, A, 5)) == "this game is not played for time: add points"


def test_times_of_two_sides_do_not_touch_each_other() -> None:
    bench = Bench(playing(TimeRules()))
    bench.enter(StartMatch(M1))
    seen = bench.match(1).version
    bench.enter(SetTime(M1, A, 5))
    bench.enter(SetTime(M1, B, 6), device="laptop-2", seen=seen)
    assert "laptop-1 entered 5-0" in bench.held(SetTime(M1, A, 7), device="laptop-2", seen=seen)


def test_penalty_points_add_up_beside_the_score_and_hold_nobody_up() -> None:
    bench = Bench(league(2))
    bench.enter(AddScore(M1, A, 1))
    seen = bench.match(1).version
    assert bench.enter(AddPenalty(M1, B, 3)) == [PenaltyAdded(B, "away", 3)]
    bench.enter(AddScore(M1, B, 1), device="laptop-2", seen=seen)
    bench.enter(AddPenalty(M1, B, -1), device="laptop-2", seen=seen)
    assert bench.refused(AddPenalty(M1, B, -3)) == "penalty points cannot go below 0 or above 1,000,000"
    assert bench.refused(AddPenalty(M1, B, 0)) == "adding 0 changes nothing"
    assert bench.refused(AddPenalty(M1, C, 1)) == "'c' does not play in M001"
    assert [one.points for one in bench.match(1).penalties] == [3, -1]
    assert bench.match(1).score == Score(1, 1)


def test_a_forfeit_ends_a_match_with_the_result_that_the_stage_gives() -> None:
    bench = Bench(league(2))
    bench.enter(AddScore(M1, A, 5))
    assert bench.enter(ForfeitMatch(M1, A)) == [MatchForfeited(Score(0, 3), "forfeit", B, A)]
    assert (bench.match(1).result, bench.match(1).winner, bench.match(1).phase) == (Score(0, 3), B, "final")
    assert bench.refused(ForfeitMatch(M1, A)) == "M001 is final already"
    assert bench.enter(ReopenMatch(M1)) == [MatchReopened(Score(5, 0))]
    assert (bench.match(1).score, bench.match(1).forfeit) == (Score(5, 0), None)


@pytest.mark.parametrize(
    ("rules", "score"), [(SETS, Score(2, 0)), (CupsRules(6), Score(6, 0)), (TimeRules(), Score(0, 0))]
)
def test_each_game_has_a_default_result(rules: Rules, score: Score) -> None:
    bench = Bench(playing(rules))
    bench.enter(ForfeitMatch(M1, B, "no_show"))
    assert (bench.match(1).result, bench.match(1).winner) == (score, A)


def test_a_stage_may_have_a_default_result_of_its_own() -> None:
    plan = league(2)
    bench = Bench(replace(plan, stages=(replace(plan.stages[0], forfeit=(20, 0)),)))
    bench.enter(ForfeitMatch(M1, A, "disqualified"))
    assert bench.match(1).result == Score(0, 20)


def test_when_nobody_comes_nobody_wins() -> None:
    bench = Bench(league(2))
    assert bench.enter(ForfeitMatch(M1, None, "no_show")) == [MatchForfeited(Score(), "no_show")]
    assert bench.match(1).winner is None


def test_a_forfeit_needs_both_sides() -> None:
    bench = Bench(cup(4))
    assert bench.refused(ForfeitMatch(bench.id(3), A)) == "M003 cannot be forfeited: a side is not known yet"
    assert bench.refused(ForfeitMatch(bench.id(1), C)) == "'c' does not play in M001"
    assert bench.enter(ForfeitMatch(bench.id(1), B))[1:] == [
        SlotFilled("home", A, bench.match(3).home.source)  # type: ignore[arg-type]
    ]


def test_a_match_moves_to_another_court_and_time_and_holds_nobody_up() -> None:
    bench = Bench(league(2))
    later = NOON + timedelta(hours=3)
    begins = bench.match(1).starts_at
    seen = bench.match(1).version
    assert bench.enter(MoveMatch(M1, None, later)) == [MatchMoved(None, later, COURT.id, begins)]
    bench.enter(AddScore(M1, A, 1), device="laptop-2", seen=seen)
    bench.enter(MoveMatch(M1, COURT.id, None), seen=seen, device="laptop-2")
    assert (bench.match(1).court, bench.match(1).starts_at) == (COURT.id, None)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (MoveMatch(M1, CourtId("x"), None), "there is no court 'x' in this tournament"),
        (MoveMatch(M1, COURT.id, NOON + timedelta(hours=1)), "M001 is there already"),
        (MoveMatch(M1, None, datetime(2026, 1, 1)), "a time needs its zone: end it in Z or an offset"),  # noqa: DTZ001
        (MoveMatch(M1, None, datetime(1, 1, 1, tzinfo=UTC)), "M001: cannot start in the year 1"),
    ],
)
def test_a_match_moves_only_to_where_it_can_be_played(command: Command, reason: str) -> None:
    assert Bench(league(2)).refused(command) == reason


@pytest.mark.parametrize("status", ["draft", "open", "finished"])
def test_nothing_is_played_but_while_the_tournament_runs(status: str) -> None:
    plan = replace(league(2), status=status)
    begun = "the tournament is finished: ops can take it up again"
    reason = begun if status == "finished" else "the tournament has not begun: ops start it first"
    bench = Bench(plan)
    for command in (
        StartMatch(M1),
        AddScore(M1, A, 1),
        CompleteMatch(M1),
        ForfeitMatch(M1, A),
        ReopenMatch(M1),
        Undo(M1, CommandId("x")),
    ):
        assert bench.refused(command) == reason
    bench.enter(MoveMatch(M1, None, None))


def test_a_finished_match_takes_no_points_and_is_not_completed_again() -> None:
    bench = Bench(league(2))
    bench.enter(*result(league(2), 1, 1, 0))
    assert bench.refused(AddScore(M1, A, 1)) == FINAL
    assert bench.refused(Undo(M1, CommandId("c1"))) == FINAL
    assert bench.refused(CompleteMatch(M1)) == "M001 is final already"
    assert bench.refused(StartMatch(M1)) == "M001 has started already"


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        ("zz", "there is nothing of that entry to undo in this match"),
        ("c1", "that entry changed no points; only points can be undone"),
        ("c2", "that entry is undone already; to have it again, undo the undo"),
    ],
)
def test_only_points_that_count_are_undone(of: str, reason: str) -> None:
    bench = Bench(league(2))
    bench.enter(StartMatch(M1), AddScore(M1, A, 1), Undo(M1, CommandId("c2")))
    assert bench.refused(Undo(M1, CommandId(of))) == reason


def test_an_undo_of_a_held_entry_withdraws_it() -> None:
    bench = Bench(league(2))
    bench.enter(AddScore(M1, A, 1))
    bench.held(AddScore(M1, A, 1), device="laptop-2", seen=0)
    bench.held(AddScore(M1, A, 1), device="laptop-2", seen=0)
    assert bench.refused(ConfirmResult(M1)) == "M001 is not final yet"
    held = [one.entry.id for one in bench.match(1).held]
    assert bench.enter(Undo(M1, held[1])) == [ConflictSettled((held[1],), "withdrawn")]
    bench.enter(CompleteMatch(M1))
    assert bench.refused(ConfirmResult(M1)) == "M001 has a conflict: decide it first"
    decided = bench.enter(Settle(M1, (held[0],)))
    assert decided == [ConflictSettled((held[0],), "hub")]
    assert bench.refused(Settle(M1, (held[0],))) == "somebody has decided this conflict already"
    bench.enter(ConfirmResult(M1))
    assert bench.refused(ConfirmResult(M1)) == "M001 is official already"


def test_a_decision_may_set_what_counts_instead() -> None:
    bench = Bench(league(2))
    bench.enter(AddScore(M1, A, 1))
    bench.held(AddScore(M1, A, 1), device="laptop-2", seen=0)
    held = bench.match(1).held[0].entry.id
    other = Settle(M1, (held,), (SetScore(MatchId("league.m002"), Score()),))
    assert bench.refused(other) == "a decision concerns one match only"
    assert bench.enter(Settle(M1, (held,), (SetScore(M1, Score(2, 0)),))) == [
        ConflictSettled((held,), "instead"),
        ScoreSet(Score(1, 0), Score(2, 0)),
    ]


def test_a_knock_out_needs_a_winner_and_a_shoot_out_one_of_its_own() -> None:
    bench = Bench(cup(2))
    m1 = bench.id(1)
    bench.enter(StartMatch(m1))
    assert bench.refused(CompleteMatch(m1)) == "a knock-out match needs a winner: enter the shoot-out"
    level = "a shoot-out decides a level score, and has a winner itself"
    assert bench.refused(CompleteMatch(m1, Score(3, 3))) == level
    assert bench.refused(CompleteMatch(m1, Score(-1, 3))) == "a score cannot go below 0"
    assert bench.enter(CompleteMatch(m1, Score(4, 3))) == [MatchCompleted(Score(), A, Score(4, 3))]
    again = Bench(cup(2))
    again.enter(AddScore(m1, A, 1))
    assert again.refused(CompleteMatch(m1, Score(4, 3))) == level


def test_a_shoot_out_for_the_away_side() -> None:
    bench = Bench(league(2))
    bench.enter(StartMatch(M1), CompleteMatch(M1, Score(1, 2)))
    assert bench.match(1).winner == B
    level = Bench(league(2))
    level.enter(StartMatch(M1), CompleteMatch(M1))
    assert level.match(1).winner is None


def test_only_a_finished_match_is_reopened() -> None:
    assert Bench(league(2)).refused(ReopenMatch(M1)) == "M001 is not final"


def test_ops_put_teams_into_sides_that_have_not_begun() -> None:
    bench = Bench(cup(4))
    third = bench.id(3)
    assert bench.enter(AssignSlot(third, "home", A)) == [SlotAssigned("home", A)]
    assert bench.refused(AssignSlot(third, "away", A)) == "'a' is on the other side of M003"
    assert bench.refused(AssignSlot(third, "away", TeamId("x"))) == "there is no team 'x' in this tournament"
    bench.enter(WithdrawTeam(C))
    assert bench.refused(AssignSlot(third, "home", C)) == "'c' is out of this tournament"
    bench.enter(StartMatch(bench.id(1)))
    assert bench.refused(AssignSlot(bench.id(1), "home", B)) == "M001 has started: its sides stay"
    assert bench.refused(StartMatch(MatchId("cup.m099"))) == "there is no match 'cup.m099' in this tournament"
    assert bench.refused(AssignSlot(bench.id(2), "away", TeamId("d"))) == "M002 has started: its sides stay"


def test_a_match_with_an_open_side_cannot_start() -> None:
    bench = Bench(cup(4))
    assert bench.refused(StartMatch(bench.id(3))) == "M003 cannot start: a side is not known yet"


def test_a_correction_that_changes_who_plays_where_asks_why() -> None:
    bench = Bench(cup(4))
    m1, m3 = bench.id(1), bench.id(3)
    bench.enter(*result(cup(4), 1, 1, 0), ReopenMatch(m1), SetScore(m1, Score(1, 2)))
    assert bench.refused(CompleteMatch(m1)) == "this changes who should play M003: say why"
    assert bench.enter(CompleteMatch(m1), why="sides were mixed up")[-1].before == A  # type: ignore[union-attr]
    bench.enter(*result(cup(4), 2, 1, 0), StartMatch(m3), ReopenMatch(m1), SetScore(m1, Score(3, 2)))
    assert bench.refused(CompleteMatch(m1)) == "this changes who should play M003 (started already): say why"
    bench.enter(CompleteMatch(m1), why="counted again")
    assert bench.match(3).home.team == B


def test_the_reason_for_reopening_a_match_serves_for_its_new_result() -> None:
    bench = Bench(cup(4))
    m1 = bench.id(1)
    bench.enter(*result(cup(4), 1, 1, 0))
    bench.enter(ReopenMatch(m1), why="sides were mixed up")
    bench.enter(SetScore(m1, Score(1, 2)), CompleteMatch(m1))
    assert (bench.match(3).home.team, bench.match(1).reopened) == (B, "")


def test_a_penalty_that_changes_a_table_asks_why() -> None:
    plan = finals()
    plan = replace(plan, stages=(replace(plan.stages[0], tie_breaks=("fair_play",)), *plan.stages[1:]))
    bench = Bench(plan)
    bench.enter(StartMatch(bench.id(1)), CompleteMatch(bench.id(1)))
    bench.enter(AddPenalty(bench.id(1), B, 1))
    assert bench.match(4).home.team == A
    assert bench.refused(AddPenalty(bench.id(1), A, 3)).endswith("say why")
    bench.enter(AddPenalty(bench.id(1), A, 3), why="a red card was missing")
    assert bench.match(4).home.team == B


def test_time_zones_are_kept() -> None:
    bench = Bench(league(2))
    moment = datetime(2026, 6, 14, 20, 0, tzinfo=timezone(timedelta(hours=2)))
    bench.enter(MoveMatch(M1, None, moment))
    assert bench.match(1).starts_at == datetime(2026, 6, 14, 18, 0, tzinfo=UTC)


def test_finishing_and_taking_up_again_keeps_everything() -> None:
    bench = Bench(league(2))
    bench.enter(*result(league(2), 1, 1, 0), ChangeStatus("finished"), ChangeStatus("running"))
    bench.enter(ReopenMatch(M1), AddScore(M1, B, 2))
    assert bench.match(1).score == Score(1, 2)


def test_a_second_final_is_not_played_when_the_first_one_decided() -> None:
    entrants = replace(cup(2).stages[0], format=DoubleElimination())
    bench = Bench(draw_up(replace(cup(2), stages=(entrants,), fixtures=())))
    plan = plan_of(bench.state)
    bench.enter(*result(plan, 1, 1, 0), *result(plan, 2, 0, 1))
    assert {bench.match(3).home.team, bench.match(3).away.team} == {A, B}
    bench.enter(ReopenMatch(bench.id(2)), *result(plan, 2, 1, 0), why="counted again")
    reason = "M003 is not played: the final before it decided the tournament"
    assert bench.refused(StartMatch(bench.id(3))) == reason
    bench.enter(ChangeStatus("finished"))
