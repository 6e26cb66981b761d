"""The rules: what becomes of an entry, and what a scorekeeper is told when it cannot count."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.adoption import pack_copy
from core.domain.commands import (
    AddScore,
    AssignSlot,
    Base,
    Broadcast,
    CloseMissing,
    Command,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    Notify,
    RenameTournament,
    ReopenMatch,
    ReviveTournament,
    Score,
    SetScore,
    Settle,
    StartMatch,
    Undo,
    match_of,
)
from core.domain.events import (
    BroadcastSent,
    ConflictSettled,
    EntryHeld,
    EntryUndone,
    Event,
    Fact,
    MatchCompleted,
    MatchStarted,
    MissingClosed,
    Notified,
    PastNamed,
    PointsAdded,
    ScoreSet,
    SlotAssigned,
    SlotFilled,
)
from core.domain.games import MAX_POINTS
from core.domain.ids import (
    GLOBAL_ROOM,
    CommandId,
    Epoch,
    MatchId,
    RoomId,
    TeamId,
    TournamentId,
    match_room,
    team_room,
    tournament_room,
)
from core.domain.plan import Slot
from core.domain.reduce import fold as fold_events
from core.domain.rules import Accepted, Conflicting, Refused, Verdict, judge
from tests.support.tournaments import DEVICE, EPOCH, NOON, cup, entry, fold, league, match, point, result

if TYPE_CHECKING:
    from core.domain.events import Event
    from core.domain.state import Match, Tournament

PLAN = league(3)
M1, M2 = match(PLAN, 1), match(PLAN, 2)
CUP = cup(4)
A, B = TeamId("a"), TeamId("b")


def entered(
    state: Tournament, command: Command, *, id: str = "x", device: str = "laptop-1", seen: int | None = None
) -> Verdict:
    """Judge a command, by default on top of everything; `seen` is the version its author saw."""
    on = match_of(command)
    known = state.matches[on].version if on in state.matches and on is not None else 0
    base = Base(EPOCH, known if seen is None else seen)
    return judge(state, entry(state.id, command, id=id, device=device, base=base), NOON, EPOCH)


def accepted(state: Tournament, command: Command, **how: str) -> Tournament:
    verdict = entered(state, command, **how)  # type: ignore[arg-type]
    assert isinstance(verdict, Accepted), verdict
    return verdict.state


def facts(verdict: Verdict) -> list[Fact]:
    assert not isinstance(verdict, Refused), verdict
    return [event.fact for event in verdict.events]


def refusal(state: Tournament, command: Command) -> str:
    verdict = entered(state, command)
    assert isinstance(verdict, Refused), verdict
    return verdict.reason


def only(state: Tournament, on: MatchId = M1) -> Match:
    return state.matches[on]


def test_a_tournament_begins_with_its_plan_once() -> None:
    made = entry(PLAN.id, CreateTournament(PLAN), id="c0")
    verdict = judge(None, made, NOON, EPOCH)
    assert isinstance(verdict, Accepted)
    assert verdict.state == fold(PLAN)
    assert (
        refusal(verdict.state, made.command)
        == "there is a tournament 'league' already; give this one another id"
    )


def test_a_plan_that_cannot_be_played_is_refused() -> None:
    broken = replace(PLAN, fixtures=(replace(PLAN.fixtures[0], home=Slot()),))
    verdict = judge(None, entry(PLAN.id, CreateTournament(broken)), NOON, EPOCH)
    assert verdict == Refused("match league.m001: a side has neither a team nor a source")
    verdict = judge(None, entry(TournamentId("other"), CreateTournament(PLAN)), NOON, EPOCH)
    assert verdict == Refused("the plan is for 'league', the entry for 'other'")


def test_nothing_can_be_entered_before_the_tournament() -> None:
    assert judge(None, entry(PLAN.id, StartMatch(M1)), NOON, EPOCH) == Refused(
        "there is no tournament 'league' here"
    )


def test_an_unknown_match_is_refused() -> None:
    reason = "there is no match 'league.m099' in this tournament"
    assert refusal(fold(PLAN), StartMatch(MatchId("league.m099"))) == reason


def test_a_first_point_starts_the_match() -> None:
    verdict = entered(fold(PLAN), point(PLAN, 1, "a", 2))
    assert facts(verdict) == [MatchStarted(True), PointsAdded(A, "home", 2, Score(), Score(2, 0))]
    assert isinstance(verdict, Accepted)
    assert (only(verdict.state).phase, only(verdict.state).score) == ("live", Score(2, 0))


def test_points_go_to_the_side_of_their_team() -> None:
    state = fold(PLAN, point(PLAN, 1, "b", 3), point(PLAN, 1, "b", -1), point(PLAN, 1, "a"))
    assert only(state).score == Score(1, 2)


def test_an_event_tells_who_entered_what_where_and_who_brought_it() -> None:
    made = entry(PLAN.id, StartMatch(M1), by="Ann", device="tablet", why="late")
    verdict = judge(fold(PLAN), made, NOON + timedelta(hours=1), EPOCH, deliverer="Bob")
    assert isinstance(verdict, Accepted)
    (event,) = verdict.events
    assert (event.seq, event.version, event.match, event.command) == (2, 1, M1, "c1")
    assert (event.by, event.device, event.deliverer, event.why) == ("Ann", "tablet", "Bob", "late")
    assert event.received_at == NOON + timedelta(hours=1)


def test_the_time_of_receipt_never_goes_back() -> None:
    state = accepted(fold(PLAN), point(PLAN, 1, "a"))
    verdict = judge(state, entry(PLAN.id, Notify("Hi")), NOON - timedelta(hours=1), EPOCH)
    assert isinstance(verdict, Accepted)
    assert verdict.events[0].received_at == state.updated_at


def test_a_notice_goes_to_everybody() -> None:
    assert facts(entered(fold(PLAN), Notify("Lunch", "at noon", "warning"))) == [
        Notified("Lunch", "at noon", "warning")
    ]


def test_a_broadcast_to_everybody_is_an_event_of_the_tournament() -> None:
    said = Broadcast(tournament_room(PLAN.id), "lunch", '{"at":12}', exclude_sender=True)
    assert facts(entered(fold(PLAN), said)) == [BroadcastSent("lunch", '{"at":12}', True)]


@pytest.mark.parametrize("room", [team_room(PLAN.id, A), GLOBAL_ROOM])
def test_a_broadcast_to_some_or_to_all_tournaments_changes_nothing_of_this_one(room: RoomId) -> None:
    assert entered(fold(PLAN), Broadcast(room, "lunch")) == Accepted((), fold(PLAN))


@pytest.mark.parametrize(
    ("room", "reason"),
    [
        (RoomId("lobby"), "there is no room 'lobby'"),
        (RoomId("tournament:other"), "there is no room 'tournament:other'"),
        (team_room(PLAN.id, TeamId("z")), "there is no room 'tournament:league:team:z'"),
        (match_room(M1), "a broadcast goes to a tournament, its admins, a team, a role, or to all (global)"),
    ],
)
def test_a_broadcast_needs_a_room_that_carries_it(room: RoomId, reason: str) -> None:
    assert refusal(fold(PLAN), Broadcast(room, "lunch")) == reason


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (point(PLAN, 1, "c"), "'c' does not play in M001"),
        (point(PLAN, 1, "a", 0), "adding 0 changes nothing"),
        (point(PLAN, 1, "a", -1), "a score cannot go below 0"),
        (point(PLAN, 1, "a", MAX_POINTS + 1), "a score cannot go above 1,000,000"),
        (SetScore(M1, Score(-1, 0)), "a score cannot go below 0"),
        (SetScore(M1, Score(0, MAX_POINTS + 1)), "a score cannot go above 1,000,000"),
        (Undo(M1, CommandId("ghost")), "there is nothing of that entry to undo in this match"),
        (CompleteMatch(M1), "M001 has not started"),
        (ConfirmResult(M1), "M001 is not final yet"),
        (ReopenMatch(M1), "M001 is not final"),
        (AssignSlot(M1, "home", TeamId("x")), "there is no team 'x' in this tournament"),
        (AssignSlot(M1, "home", B), "'b' is on the other side of M001"),
        (AssignSlot(M1, "away", A), "'a' is on the other side of M001"),
        (Settle(M1, (CommandId("x"),)), "somebody has decided this conflict already"),
        (Settle(M1, ()), "somebody has decided this conflict already"),
    ],
)
def test_what_cannot_be_on_a_scheduled_match_is_refused(command: Command, reason: str) -> None:
    assert refusal(fold(PLAN), command) == reason


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (point(PLAN, 1, "a"), "This match is final. Ops can reopen it"),
        (SetScore(M1, Score(1, 1)), "This match is final. Ops can reopen it"),
        (Undo(M1, CommandId("c1")), "This match is final. Ops can reopen it"),
        (StartMatch(M1), "M001 has started already"),
        (CompleteMatch(M1), "M001 is final already"),
        (AssignSlot(M1, "home", TeamId("c")), "M001 has started: its sides stay"),
    ],
)
def test_a_final_match_changes_only_by_reopening(command: Command, reason: str) -> None:
    state = fold(PLAN, *result(PLAN, 1, 2, 1))
    assert refusal(state, command) == reason
    reopened = accepted(state, ReopenMatch(M1))
    assert (only(reopened).phase, only(reopened).winner, only(reopened).score) == ("live", None, Score(2, 1))


def test_a_match_cannot_start_before_its_sides_are_known() -> None:
    reason = "M003 cannot start: a side is not known yet"
    assert refusal(fold(CUP), StartMatch(match(CUP, 3))) == reason
    assert refusal(fold(CUP), point(CUP, 3, "a")) == reason


def test_a_score_is_set_from_what_it_was() -> None:
    state = fold(PLAN, point(PLAN, 1, "a"))
    assert facts(entered(state, SetScore(M1, Score(5, 3)))) == [ScoreSet(Score(1, 0), Score(5, 3))]


def test_an_undo_takes_points_back_and_its_undo_gives_them_again() -> None:
    state = accepted(fold(PLAN), point(PLAN, 1, "a", 2), id="p")
    undone = entered(state, Undo(M1, CommandId("p")), id="u")
    assert facts(undone) == [EntryUndone(CommandId("p"), "home", Score(2, 0), Score(0, 0))]
    assert isinstance(undone, Accepted)
    assert "undone already" in refusal(undone.state, Undo(M1, CommandId("p")))
    again = accepted(undone.state, Undo(M1, CommandId("u")), id="r")
    assert only(again).score == Score(2, 0)
    assert "undone already" in refusal(again, Undo(M1, CommandId("u")))


def test_only_points_can_be_undone() -> None:
    state = accepted(fold(PLAN), StartMatch(M1), id="s")
    assert (
        refusal(state, Undo(M1, CommandId("s"))) == "that entry changed no points; only points can be undone"
    )


def test_an_undo_that_others_points_rest_on_is_refused() -> None:
    state = accepted(fold(PLAN), point(PLAN, 1, "a", 2), id="p")
    state = accepted(state, point(PLAN, 1, "a", -1), id="q")
    assert refusal(state, Undo(M1, CommandId("p"))) == "a score cannot go below 0"


def test_the_higher_score_wins_a_pool_match_and_a_level_one_is_drawn() -> None:
    won = entered(fold(PLAN, point(PLAN, 1, "b")), CompleteMatch(M1))
    assert facts(won) == [MatchCompleted(Score(0, 1), B)]
    drawn = entered(fold(PLAN, StartMatch(M1)), CompleteMatch(M1))
    assert facts(drawn) == [MatchCompleted(Score(), None)]


def test_a_level_knock_out_needs_a_shoot_out_with_a_winner() -> None:
    state = fold(CUP, point(CUP, 1, "a"), point(CUP, 1, "b"))
    m1 = match(CUP, 1)
    assert refusal(state, CompleteMatch(m1)) == "a knock-out match needs a winner: enter the shoot-out"
    level = "a shoot-out decides a level score, and has a winner itself"
    assert refusal(state, CompleteMatch(m1, Score(3, 3))) == level
    assert refusal(state, CompleteMatch(m1, Score(-1, 3))) == "a score cannot go below 0"
    ahead = accepted(state, point(CUP, 1, "a"))
    assert refusal(ahead, CompleteMatch(m1, Score(3, 2))) == level
    ended = accepted(state, CompleteMatch(m1, Score(3, 4)))
    assert (only(ended, m1).winner, only(ended, m1).shootout) == (B, Score(3, 4))


def test_a_result_fills_the_slots_that_wait_for_it_in_the_same_command() -> None:
    state = fold(CUP, point(CUP, 1, "a"))
    verdict = entered(state, CompleteMatch(match(CUP, 1)))
    source = CUP.fixtures[2].home.source
    assert source is not None
    assert facts(verdict)[1:] == [SlotFilled("home", A, source)]
    assert isinstance(verdict, Accepted)
    assert [event.match for event in verdict.events] == [match(CUP, 1), match(CUP, 3)]
    assert [event.version for event in verdict.events] == [3, 1]


def test_a_final_result_becomes_official_once() -> None:
    state = accepted(fold(PLAN, *result(PLAN, 1, 1, 0)), ConfirmResult(M1))
    assert only(state).phase == "official"
    assert refusal(state, ConfirmResult(M1)) == "M001 is official already"


def test_ops_assign_a_slot_whoever_stood_there() -> None:
    state = accepted(fold(CUP), AssignSlot(match(CUP, 3), "away", B))
    verdict = entered(state, AssignSlot(match(CUP, 3), "away", A))
    assert facts(verdict) == [SlotAssigned("away", A, B)]


def conflicting() -> Tournament:
    """Return a match on which `p` counts and another device's `h` is held."""
    state = accepted(fold(PLAN), point(PLAN, 1, "a"), id="p", device="one")
    verdict = entered(state, point(PLAN, 1, "a"), id="h", device="two", seen=0)
    assert isinstance(verdict, Conflicting)
    assert "decide which counts" in verdict.reason
    (held,) = facts(verdict)
    assert isinstance(held, EntryHeld)
    assert held.against == ("p",)
    return verdict.state


def test_a_held_entry_counts_nowhere_and_keeps_the_result_from_being_official() -> None:
    state = conflicting()
    assert only(state).score == Score(1, 0)
    final = accepted(state, CompleteMatch(M1))
    assert refusal(final, ConfirmResult(M1)) == "M001 has a conflict: decide it first"


def test_a_decision_may_leave_the_score_as_it_is() -> None:
    verdict = entered(conflicting(), Settle(M1, (CommandId("h"),)))
    assert facts(verdict) == [ConflictSettled((CommandId("h"),), "hub")]
    assert isinstance(verdict, Accepted)
    assert only(verdict.state).held == ()
    assert (
        refusal(verdict.state, Settle(M1, (CommandId("h"),))) == "somebody has decided this conflict already"
    )


def test_a_decision_may_put_other_entries_in_their_place() -> None:
    state = conflicting()
    settle = Settle(M1, (CommandId("h"),), (AddScore(M1, A, 1),))
    verdict = entered(state, settle)
    assert facts(verdict) == [
        ConflictSettled((CommandId("h"),), "instead"),
        PointsAdded(A, "home", 1, Score(1, 0), Score(2, 0)),
    ]
    elsewhere = Settle(M1, (CommandId("h"),), (AddScore(M2, A, 1),))
    assert refusal(state, elsewhere) == "a decision concerns one match only"


def test_a_decision_that_cannot_count_decides_nothing() -> None:
    state = conflicting()
    assert (
        refusal(state, Settle(M1, (CommandId("h"),), (AddScore(M1, A, -5),))) == "a score cannot go below 0"
    )
    assert len(only(state).held) == 1


def test_its_author_withdraws_a_held_entry_by_undoing_it() -> None:
    verdict = entered(conflicting(), Undo(M1, CommandId("h")), device="two", seen=0)
    assert facts(verdict) == [ConflictSettled((CommandId("h"),), "withdrawn")]


COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(AddScore, st.sampled_from([M1, M2]), st.sampled_from([A, B]), st.integers(-2, 3)),
    st.builds(SetScore, st.just(M1), st.builds(Score, st.integers(-1, 9), st.integers(0, 9))),
    st.builds(Undo, st.just(M1), st.sampled_from([CommandId(f"k{number}") for number in range(20)])),
    st.builds(StartMatch, st.sampled_from([M1, M2])),
    st.builds(CompleteMatch, st.just(M1)),
    st.builds(ConfirmResult, st.just(M1)),
    st.builds(ReopenMatch, st.just(M1)),
    st.builds(
        Settle, st.just(M1), st.tuples(st.sampled_from([CommandId(f"k{number}") for number in range(20)]))
    ),
    st.just(Notify("Hi")),
    st.just(Broadcast(tournament_room(PLAN.id), "hi")),
)


@given(st.lists(st.tuples(COMMANDS, st.sampled_from(["one", "two"]), st.integers(0, 9)), max_size=20))
def test_a_verdict_is_what_its_events_fold_to_whatever_was_entered(
    entries: list[tuple[Command, str, int]],
) -> None:
    state = fold(PLAN)
    created = judge(None, entry(PLAN.id, CreateTournament(PLAN), id="c0"), NOON, EPOCH)
    assert isinstance(created, Accepted)
    log: tuple[Event, ...] = created.events
    for number, (command, device, behind) in enumerate(entries):
        on = match_of(command)
        seen = 0 if on is None else max(0, state.matches[on].version - behind)
        verdict = entered(state, command, id=f"k{number}", device=device, seen=seen)
        if isinstance(verdict, Refused):
            continue
        log, state = (*log, *verdict.events), verdict.state
        assert fold_events(log, EPOCH) == state
        for played in state.matches.values():
            counted = [entry_.delta for entry_ in played.entries]
            assert played.score == Score(sum(d.home for d in counted), sum(d.away for d in counted))
            assert min(played.score.home, played.score.away) >= 0
    assert [event.seq for event in log] == list(range(1, len(log) + 1))


def test_what_rights_refuse_is_held_whatever_else_stands_against_it() -> None:
    state = fold(PLAN, point(PLAN, 1, "a"))
    made = entry(PLAN.id, point(PLAN, 1, "a"), id="x", base=None)
    verdict = judge(state, made, NOON, EPOCH, objection="court 2 only")
    assert isinstance(verdict, Conflicting)
    assert [event.fact for event in verdict.events] == [EntryHeld(made, (), "court 2 only")]
    plan = entry(PLAN.id, Notify("Lunch"), id="y")
    assert judge(state, plan, NOON, EPOCH, objection="court 2 only") == Refused("court 2 only")


def revived(state: Tournament | None, copy: bytes, tournament: TournamentId = PLAN.id) -> Verdict:
    return judge(state, entry(tournament, ReviveTournament(copy), id="r"), NOON, Epoch("e2"))


def test_a_tournament_that_is_not_here_goes_on_from_a_copy_in_a_new_epoch() -> None:
    copy = fold(PLAN, point(PLAN, 1, "a"))
    verdict = revived(None, pack_copy(copy))
    assert isinstance(verdict, Accepted)
    assert verdict.state.matches[M1].score == Score(1, 0)
    assert verdict.state.past[0].after == copy.position.seq
    assert fold_events(verdict.events, Epoch("e2")) == verdict.state


def test_a_copy_that_cannot_be_used_is_refused() -> None:
    copy = pack_copy(fold(PLAN))
    for verdict, why in (
        (revived(fold(PLAN), copy), "is here already"),
        (revived(None, b"no copy"), "cannot be used"),
        (revived(None, copy, TournamentId("other")), "the entry of 'other'"),
    ):
        assert isinstance(verdict, Refused)
        assert why in verdict.reason


def test_what_is_missing_of_an_older_epoch_is_closed_once() -> None:
    begun = revived(None, pack_copy(fold(PLAN)))
    assert isinstance(begun, Accepted)
    named = Event(
        seq=2,
        command=CommandId("n"),
        fact=PastNamed(EPOCH, 1, 7),
        by="Ops",
        device=DEVICE,
        entered_at=NOON,
        received_at=NOON,
    )
    state = fold_events([named], Epoch("e2"), begun.state)
    close = entry(PLAN.id, CloseMissing(EPOCH, 99), id="c")
    verdict = judge(state, close, NOON, Epoch("e2"))
    assert isinstance(verdict, Accepted)
    assert verdict.events[0].fact == MissingClosed(EPOCH, 7)
    assert judge(verdict.state, close, NOON, Epoch("e2")) == Refused("nothing is missing there any more")
    unknown = entry(PLAN.id, CloseMissing(Epoch("e0"), 99), id="c")
    assert isinstance(judge(state, unknown, NOON, Epoch("e2")), Refused)


def test_an_organisers_command_is_judged_without_a_match() -> None:
    renamed = accepted(fold(PLAN), RenameTournament("Cup", "Hall 1"))
    assert renamed.name == "Cup"
    assert refusal(renamed, RenameTournament("Cup", "Hall 1")) == "it is called that already"
