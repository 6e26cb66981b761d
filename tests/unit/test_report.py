"""The report: figures that the log and the state give, and none that they cannot give."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from core.domain.commands import (
    CompleteMatch,
    CreateTournament,
    EnterSets,
    Entry,
    ForfeitMatch,
    Notify,
    ReopenMatch,
    Score,
    SetScore,
    SetTime,
    Settle,
    Undo,
)
from core.domain.events import Event, EventAdopted, PastNamed
from core.domain.games import Game, SetsRules, TimeRules
from core.domain.ids import CommandId, DeviceId, Epoch, GameId, TeamId
from core.domain.plan import Plan
from core.domain.rules import Refused, judge
from core.domain.state import Tournament
from core.domain.tables.report import LogFigures, Offline, report
from tests.support.tournaments import EPOCH, NOON, cup, entry, league, match, official, point, record

PLAN = league()
M1, M2 = match(PLAN, 1), match(PLAN, 2)


def of_a_game(plan: Plan, game: Game) -> Plan:
    stages = tuple(replace(stage, game=game.id) for stage in plan.stages)
    return replace(plan, games=(game,), stages=stages)


def played(*entries: Entry) -> tuple[tuple[Event, ...], Tournament]:
    """Judge entries one after the other, a second apart."""
    events: tuple[Event, ...] = ()
    state: Tournament | None = None
    for number, made in enumerate((entry(PLAN.id, CreateTournament(PLAN), id="plan"), *entries)):
        verdict = judge(state, made, NOON + timedelta(minutes=number), EPOCH)
        assert not isinstance(verdict, Refused), verdict
        events, state = (*events, *verdict.events), verdict.state
    assert state is not None
    return events, state


def told(events: tuple[Event, ...], state: Tournament) -> LogFigures:
    figures = report(state, events).log
    assert figures is not None
    return figures


def test_matches_are_counted_by_how_they_stand() -> None:
    events, state = record(
        PLAN, (*official(PLAN, 1, 2, 1), point(PLAN, 2, "a"), ForfeitMatch(match(PLAN, 3), TeamId("a")))
    )
    found = report(state, events)
    assert (found.matches.total, found.matches.finished, found.matches.official) == (6, 2, 1)
    assert (found.matches.live, found.matches.forfeited) == (1, 1)
    assert found.points == sum(one.score.home + one.score.away for one in state.matches.values())


def test_without_the_log_there_are_only_the_figures_of_the_state() -> None:
    _, state = record(PLAN, official(PLAN, 1, 2, 1))
    assert report(state).log is None
    assert report(state).points == 3


def test_a_pool_has_no_leader_before_its_first_match() -> None:
    _, before = record(PLAN)
    assert [leaders.teams for leaders in report(before).leaders] == [()]
    _, after = record(PLAN, official(PLAN, 1, 2, 1))
    [leaders] = report(after).leaders
    assert (leaders.name, leaders.teams, leaders.decided) == ("Group A", ("a",), False)


def test_a_cup_that_is_over_has_its_champion() -> None:
    final = cup(2)
    assert report(record(final)[1]).champion is None
    assert report(record(final, official(final, 1, 3, 1))[1]).champion == "a"


def test_the_first_places_of_the_leaderboard_are_told_once_a_game_is_decided() -> None:
    game = Game(GameId("pong"), "Pong", places=(5, 3))
    plan = of_a_game(cup(2), game)
    assert report(record(plan)[1]).board == ()
    board = report(record(plan, official(plan, 1, 3, 1))[1]).board
    assert [(line.rank, line.team, line.points) for line in board] == [(1, "a", 5), (2, "b", 3)]


def test_times_are_no_points_and_sets_are() -> None:
    timed = of_a_game(PLAN, Game(GameId("run"), "Run", TimeRules()))
    assert report(record(timed, (SetTime(M1, TeamId("a"), 9_000),))[1]).points == 0
    sets = of_a_game(PLAN, Game(GameId("volley"), "Volley", SetsRules(points=5)))
    entered = EnterSets(M1, (Score(5, 3), Score(2, 5), Score(5, 0)))
    assert report(record(sets, (entered,))[1]).points == 20


def test_corrections_are_what_takes_back_or_sets_anew() -> None:
    events, state = record(
        PLAN,
        (
            point(PLAN, 1, "a"),
            point(PLAN, 1, "a", -1),
            SetScore(M2, Score(2, 0)),
            SetScore(M2, Score(2, 1)),
            Undo(M2, CommandId("c4")),
            CompleteMatch(M2),
            ReopenMatch(M2),
            Notify("Tea", "now"),
        ),
        why="miscounted",
    )
    figures = told(events, state)
    assert (figures.entries, figures.corrections) == (8, 4)
    [desk] = figures.desks
    assert (desk.device, desk.by, desk.entries, desk.corrections) == ("laptop-1", "Ann", 8, 4)


def test_sets_that_replace_others_are_a_correction() -> None:
    volley = of_a_game(PLAN, Game(GameId("volley"), "Volley", SetsRules(points=5)))
    events, state = record(
        volley, (EnterSets(M1, (Score(5, 3), Score(1, 0))), EnterSets(M1, (Score(5, 2), Score(1, 0))))
    )
    assert told(events, state).corrections == 1


def test_conflicts_are_counted_with_how_they_were_settled() -> None:
    events, state = played(
        entry(PLAN.id, point(PLAN, 1, "a"), id="p1", device="d1"),
        entry(PLAN.id, SetScore(M1, Score(4, 0)), id="h1", device="d2"),
        entry(PLAN.id, SetScore(M1, Score(5, 0)), id="h2", device="d3"),
        entry(PLAN.id, Settle(M1, (CommandId("h1"),)), id="s1", device="d1"),
    )
    conflicts = told(events, state).conflicts
    assert (conflicts.held, conflicts.hub, conflicts.instead, conflicts.withdrawn) == (2, 1, 0, 0)
    assert (conflicts.open, conflicts.rights) == (1, 0)


def test_the_busiest_minute_is_the_first_of_those_in_which_most_happened() -> None:
    events, state = played(*(entry(PLAN.id, point(PLAN, 1, "a"), id=f"p{number}") for number in range(1, 4)))
    figures = told(events, state)
    # The first point starts the match, too.
    assert (figures.busiest.at, figures.busiest.events) == (NOON + timedelta(minutes=1), 2)
    assert (figures.began_at, figures.ended_at) == (figures.busiest.at, NOON + timedelta(minutes=3))
    assert told(events[1:], state) == figures


def test_a_log_with_the_plan_alone_begins_and_ends_with_it() -> None:
    events, state = played()
    figures = told(events, state)
    assert (figures.began_at, figures.entries, figures.busiest.events) == (NOON, 0, 1)


def test_late_entries_are_a_stretch_without_a_hub() -> None:
    def at(minutes: float) -> timedelta:
        return timedelta(minutes=minutes)

    def late(id: str, entered: float, device: str = "far") -> Entry:
        return entry(PLAN.id, point(PLAN, 1, "a"), id=id, device=device, at=NOON + at(entered))

    # Received at minutes 1, 2, 3, ...; `far` comes back at minute 3, and is away again until minute 8.
    events, state = played(
        late("p1", -9),
        late("p2", -5),
        late("p3", 3),
        late("p4", 0.5, "other"),
        late("p5", 4.5, "near"),
        late("p6", 2.5),
        late("p7", 6.5),
        late("p8", 6.9),
        late("p9", 7.5),
        late("p10", 9.5, "near"),
        late("p11", 9.2),
    )
    far = DeviceId("far")
    assert set(told(events, state).offline) == {
        Offline(far, NOON + at(-9), NOON + at(2), 2),
        Offline(DeviceId("other"), NOON + at(0.5), NOON + at(4), 1),
        Offline(far, NOON + at(2.5), NOON + at(6), 1),
        Offline(far, NOON + at(6.9), NOON + at(9), 2),
        Offline(far, NOON + at(9.2), NOON + at(11), 1),
    }


def test_what_an_older_epoch_brought_counts_as_it_was() -> None:
    events, state = played(entry(PLAN.id, point(PLAN, 1, "a"), id="p1"))
    old = replace(events[-1], device=DeviceId("lost"), by="Bob", command=CommandId("old"))
    adopted = EventAdopted(Epoch("e0"), old, "counts")
    named = replace(events[-1], fact=PastNamed(Epoch("e0"), 0, 9), command=CommandId("n"))
    figures = told((*events, named, replace(old, fact=adopted)), state)
    assert [(desk.device, desk.by) for desk in figures.desks] == [("laptop-1", "Ann"), ("lost", "Bob")]
