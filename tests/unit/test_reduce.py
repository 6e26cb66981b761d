"""One event at a time: the same log folds to the same state, and what is not next is no event of this log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.adoption import pack_copy
from core.domain.commands import (
    AddPenalty,
    AddScore,
    AddTeam,
    AssignSlot,
    Broadcast,
    ChangeStatus,
    Command,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    EnterSets,
    ForfeitMatch,
    MoveMatch,
    Notify,
    ReinstateTeam,
    RenameTeam,
    RenameTournament,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    Settle,
    StartMatch,
    Undo,
    WithdrawTeam,
)
from core.domain.events import EpochBegun, Event, PastNamed, PointsAdded
from core.domain.games import Game, Rules, SetsRules, TimeRules
from core.domain.ids import CommandId, Epoch, GameId, MatchId, TeamId, tournament_room
from core.domain.plan import Plan, Team
from core.domain.reduce import fold, reduce
from core.domain.rules import Accepted, Refused, judge
from core.domain.state import MAX_NOTICES, Forfeit, Penalty, Position
from core.errors import BadLog
from tests.support.bench import Bench
from tests.support.tournaments import (
    DEVICE,
    EPOCH,
    NOON,
    cup,
    entry,
    league,
    log,
    match,
    point,
    record,
    result,
)

if TYPE_CHECKING:
    from core.domain.state import Tournament

PLAN = cup(4)
M1, M3 = match(PLAN, 1), match(PLAN, 3)
ALL: tuple[Command, ...] = (
    StartMatch(M1),
    point(PLAN, 1, "a"),
    Undo(M1, CommandId("c2")),
    Undo(M1, CommandId("c3")),
    SetScore(M1, Score(1, 1)),
    CompleteMatch(M1, Score(4, 3)),
    ConfirmResult(M1),
    ReopenMatch(M1),
    AssignSlot(M3, "away", TeamId("d")),
    AssignSlot(M3, "away", TeamId("c")),
    Notify("Hi"),
    Broadcast(tournament_room(PLAN.id), "lunch"),
)


def test_a_log_folds_to_the_state_that_it_was_judged_to() -> None:
    events, state = record(PLAN, ALL)
    assert fold(events, EPOCH) == state
    assert state.position == Position(EPOCH, len(events), events[-1].command)
    assert state.updated_at == events[-1].received_at


def test_a_log_folds_on_from_any_of_its_states() -> None:
    events, state = record(PLAN, ALL)
    for cut in range(1, len(events)):
        assert fold(events[cut:], EPOCH, fold(events[:cut], EPOCH)) == state


def test_a_new_tournament_stands_as_its_plan() -> None:
    state = fold(log(PLAN), EPOCH)
    assert (state.id, state.name, tuple(state.teams.values())) == (PLAN.id, PLAN.name, PLAN.teams)
    assert [found.id for found in state.matches.values()] == [fixture.id for fixture in PLAN.fixtures]
    assert {found.phase for found in state.matches.values()} == {"scheduled"}
    assert state.notices == ()


def test_what_an_event_left_alone_is_shared_with_the_state_before() -> None:
    events = log(PLAN, StartMatch(M1))
    before = fold(events[:1], EPOCH)
    after = reduce(before, events[1], EPOCH)
    assert after.matches[M3] is before.matches[M3]
    assert after.teams is before.teams
    assert before.matches[M1].phase == "scheduled"


def test_a_match_passes_through_its_phases() -> None:
    events, _ = record(PLAN, ALL[:8])
    phases = [fold(events[: at + 1], EPOCH).matches[M1].phase for at in range(len(events))]
    # The shoot-out decides, and fills a slot of the final by an event of its own.
    assert phases == ["scheduled", *["live"] * 5, *["final"] * 2, "official", "live"]


def test_an_undone_entry_is_marked_and_counts_again_when_the_undo_is_undone() -> None:
    events, _ = record(PLAN, ALL[:4])
    undone = {entry_.id: entry_.undone_by for entry_ in fold(events[:4], EPOCH).matches[M1].entries}
    assert undone == {"c1": None, "c2": "c3", "c3": None}
    again = {entry_.id: entry_.undone_by for entry_ in fold(events, EPOCH).matches[M1].entries}
    assert again == {"c1": None, "c2": None, "c3": "c4", "c4": None}


def test_undoing_the_redo_marks_the_first_entry_again() -> None:
    events, _ = record(PLAN, (*ALL[:4], Undo(M1, CommandId("c4"))))
    marks = {entry_.id: entry_.undone_by for entry_ in fold(events, EPOCH).matches[M1].entries}
    assert marks == {"c1": None, "c2": "c3", "c3": None, "c4": "c5", "c5": None}


def test_a_start_that_a_score_implied_is_nobodys_entry() -> None:
    state = fold(log(PLAN, point(PLAN, 1, "a")), EPOCH)
    assert [entry_.kind for entry_ in state.matches[M1].entries] == ["points_added"]


def test_an_assigned_side_is_remembered_once_and_a_filled_one_is_no_entry() -> None:
    state = fold(log(PLAN, *ALL[9:10], *ALL[8:9], *result(PLAN, 1, 1, 0)), EPOCH)
    final = state.matches[M3]
    assert (final.home.team, final.away.team, final.assigned) == ("a", "d", ("away",))
    assert [entry_.kind for entry_ in final.entries] == ["slot_assigned", "slot_assigned"]
    assert final.version == 3


def test_a_held_entry_is_kept_with_the_score_it_met_until_it_is_settled() -> None:
    events, state = record(PLAN, [point(PLAN, 1, "a")])
    held = judge(state, entry(PLAN.id, point(PLAN, 1, "a"), id="h", device="other"), NOON, EPOCH)
    assert not isinstance(held, Refused)
    (kept,) = fold((*events, *held.events), EPOCH).matches[M1].held
    assert (kept.entry.id, kept.against, kept.score, kept.version) == ("h", ("c1",), Score(1, 0), 3)
    settled = judge(held.state, entry(PLAN.id, Settle(M1, (CommandId("h"),)), id="s"), NOON, EPOCH)
    assert not isinstance(settled, Refused)
    assert fold((*events, *held.events, *settled.events), EPOCH).matches[M1].held == ()


def test_only_the_latest_notices_are_kept() -> None:
    plan = league(2)
    state = fold(log(plan, *(Notify(f"n{number}") for number in range(MAX_NOTICES + 5))), EPOCH)
    assert [notice.title for notice in state.notices] == [
        f"n{number}" for number in range(5, MAX_NOTICES + 5)
    ]


def started() -> tuple[Tournament, Event]:
    """Return a new tournament and the event that starts its first match."""
    events = log(PLAN, StartMatch(M1))
    return fold(events[:1], EPOCH), events[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seq": 3}, "event e1:3 came where e1:2 is next"),
        ({"seq": 1}, "event e1:1 came where e1:2 is next"),
        ({"version": 2}, "event 2 is not the next of match cup.m001"),
        ({"match": MatchId("cup.m099")}, "event 2 is not the next of match cup.m099"),
        ({"match": None}, "event 2 is not the next of match None"),
        (
            {"fact": PointsAdded(TeamId("a"), "home", 1, Score(5, 5), Score(6, 5))},
            "event 2 starts from Score(home=5, away=5), but match cup.m001 stands at Score(home=0, away=0)",
        ),
    ],
)
def test_what_is_not_the_next_event_is_refused(change: dict[str, object], message: str) -> None:
    state, event = started()
    with pytest.raises(BadLog) as caught:
        reduce(state, replace(event, **change), EPOCH)
    assert message in str(caught.value)


def test_an_event_of_another_epoch_is_refused() -> None:
    state, event = started()
    with pytest.raises(BadLog, match="event e2:2 came where e1:2 is next"):
        reduce(state, event, Epoch("e2"))
    (notice,) = log(PLAN, Notify("Hi"))[1:]
    with pytest.raises(BadLog, match="event e2:2 came where e1:2 is next"):
        reduce(state, notice, Epoch("e2"))


def test_a_log_begins_with_its_tournament_and_has_only_one() -> None:
    state, event = started()
    with pytest.raises(BadLog, match="event 2 comes before the tournament was created"):
        fold([event], EPOCH)
    with pytest.raises(BadLog, match="log: it is empty"):
        fold([], EPOCH)
    created = log(PLAN)[0]
    with pytest.raises(BadLog, match="event 1 creates the tournament again"):
        reduce(state, created, EPOCH)
    with pytest.raises(BadLog, match="it begins with event 7"):
        fold([replace(created, seq=7)], EPOCH)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3)), max_size=15))
def test_points_are_neither_lost_nor_counted_twice(points: list[tuple[str, int]]) -> None:
    plan = league(2)
    only = match(plan, 1)
    events = log(plan, *(point(plan, 1, team, delta) for team, delta in points))
    for cut in range(1, len(events) + 1):
        counted = [event.fact for event in events[:cut] if isinstance(event.fact, PointsAdded)]
        score = fold(events[:cut], EPOCH).matches[only].score
        assert score.home == sum(fact.delta for fact in counted if fact.side == "home")
        assert score.away == sum(fact.delta for fact in counted if fact.side == "away")
    assert fold(events, EPOCH).matches[only].score == Score(
        sum(delta for team, delta in points if team == "a"),
        sum(delta for team, delta in points if team == "b"),
    )


def test_sets_and_penalties_fold_into_their_match() -> None:
    bench = Bench(games(SetsRules(best_of=3, points=2, lead=1)))
    m1 = bench.id(1)
    bench.enter(*(AddScore(m1, TeamId(letter), 1) for letter in "aab"))
    assert (bench.match(1).sets, bench.match(1).score) == ((Score(2, 0),), Score(0, 1))
    # What others counted while the set ended was of that set: its last point touches the whole match.
    assert [entry.touches for entry in bench.match(1).entries] == ["home", "all", "away"]
    assert [entry.sets for entry in bench.match(1).entries] == [0, 0, 1]
    bench.enter(Undo(m1, CommandId("c3")), Undo(m1, CommandId("c2")))
    assert (bench.match(1).sets, bench.match(1).score) == ((), Score(1, 0))
    bench.enter(EnterSets(m1, (Score(2, 1), Score(1, 0))), AddPenalty(m1, TeamId("b"), 2))
    assert (bench.match(1).sets, bench.match(1).score) == ((Score(2, 1),), Score(1, 0))
    assert bench.match(1).penalties == (Penalty(CommandId("c7"), "away", 2),)


def test_times_moves_and_forfeits_fold_into_their_match() -> None:
    bench = Bench(games(TimeRules()))
    m1 = bench.id(1)
    bench.enter(SetTime(m1, TeamId("b"), 900), MoveMatch(m1, None, NOON))
    assert (bench.match(1).score, bench.match(1).court, bench.match(1).starts_at) == (
        Score(0, 900),
        None,
        NOON,
    )
    bench.enter(ForfeitMatch(m1, TeamId("b"), "no_show"))
    assert bench.match(1).forfeit == Forfeit("no_show", Score(0, 900))
    assert (bench.match(1).phase, bench.match(1).winner) == ("final", "a")
    bench.enter(ReopenMatch(m1), why="it came after all")
    assert (bench.match(1).score, bench.match(1).winner) == (Score(0, 900), None)
    assert (bench.match(1).phase, bench.match(1).reopened) == ("live", "it came after all")


def test_a_change_of_the_tournament_must_be_the_next_event() -> None:
    bench = Bench(games(TimeRules()))
    bench.enter(RenameTournament("Cup"))
    renamed = bench.log[-1]
    assert bench.state.name == "Cup"
    with pytest.raises(BadLog):
        reduce(bench.state, renamed, EPOCH)


def games(rules: Rules) -> Plan:
    """Return a league of two that plays a game by these rules."""
    plan = league(2)
    stage = replace(plan.stages[0], game=GameId("g"))
    return replace(plan, stages=(stage,), games=(Game(GameId("g"), "Game", rules),))


ANYTHING = st.sampled_from(
    [
        AddScore(MatchId("cup.m001"), TeamId("a"), 1),
        AddScore(MatchId("cup.m002"), TeamId("d"), 2),
        SetScore(MatchId("cup.m001"), Score(1, 4)),
        CompleteMatch(MatchId("cup.m001")),
        CompleteMatch(MatchId("cup.m002")),
        CompleteMatch(MatchId("cup.m003"), Score(1, 0)),
        StartMatch(MatchId("cup.m003")),
        ReopenMatch(MatchId("cup.m001")),
        ForfeitMatch(MatchId("cup.m002"), TeamId("c")),
        AddPenalty(MatchId("cup.m001"), TeamId("a"), 1),
        WithdrawTeam(TeamId("a")),
        ReinstateTeam(TeamId("a")),
        AddTeam(Team(TeamId("z"), "Zebras")),
        RenameTeam(TeamId("b"), "Bees"),
        ChangeStatus("finished"),
        ChangeStatus("running"),
        Notify("Hello"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ANYTHING, max_size=25))
def test_a_state_is_the_fold_of_its_log_at_every_prefix(commands: list[Command]) -> None:
    judged: Tournament | None = None
    events: list[Event] = []
    for number, command in enumerate([CreateTournament(PLAN), *commands]):
        made = entry(PLAN.id, command, id=f"c{number}", why="chance")
        verdict = judge(judged, made, NOON, EPOCH)
        if isinstance(verdict, Accepted):
            judged = verdict.state
            events += verdict.events
    state: Tournament | None = None
    states: list[Tournament] = []
    for event in events:
        state = reduce(state, event, EPOCH)
        states.append(state)
    assert state == judged
    for seq, known in enumerate(states, 1):
        assert fold(events[:seq], EPOCH) == known
        # From any of them on, and without a change to it.
        assert fold(events[seq:], EPOCH, known) == state
        assert fold(events[:seq], EPOCH) == known


def test_an_epoch_begins_with_its_first_event_and_remembers_how_its_matches_came_about() -> None:
    plan = league()
    copy = fold(log(plan, point(plan, 1, "a")), EPOCH)
    new = Epoch("e2")
    begun = Event(
        seq=1,
        command=CommandId("b"),
        fact=EpochBegun(EPOCH, copy.position.seq, 9, pack_copy(copy)),
        by="Ops",
        device=DEVICE,
        entered_at=NOON,
        received_at=NOON,
    )
    state = reduce(None, begun, new)
    assert state.past[0].seen == 9
    with pytest.raises(BadLog, match="which only the first one does"):
        reduce(state, replace(begun, seq=2), new)
    with pytest.raises(BadLog, match="which only the first one does"):
        reduce(None, replace(begun, seq=2), new)
    named = replace(begun, seq=2, fact=PastNamed(Epoch("e0"), 0, 3))
    state = reduce(state, named, new)
    assert [past.epoch for past in state.past] == [EPOCH, Epoch("e0")]
    scored = log(plan, point(plan, 1, "a"), point(plan, 1, "a"))[-1]
    state = reduce(state, replace(scored, seq=3, version=1), new)
    course = state.matches[match(plan, 1)].course
    assert course is not None
    assert [event.seq for event in course.events] == [3]
    assert course.origin.score == copy.matches[match(plan, 1)].score
