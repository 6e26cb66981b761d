"""An export plays again: the entries that counted, as first accepted, lead to the same results."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from core.domain.commands import (
    AddPenalty,
    AddScore,
    AddTeam,
    AssignSlot,
    Base,
    Broadcast,
    ChangeStatus,
    Command,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    DrawLots,
    DrawRound,
    EnterSets,
    ForfeitMatch,
    MoveMatch,
    NameCourt,
    Notify,
    ReinstateTeam,
    RemoveTeam,
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
    match_of,
)
from core.domain.events import Event, EventAdopted, MissingClosed
from core.domain.files.export import export_json
from core.domain.files.playback import Step, rebound, rehearse
from core.domain.files.recording import _steps, read
from core.domain.games import CupsRules, Game, Rules, SetsRules, TimeRules
from core.domain.ids import CommandId, CourtId, Epoch, GameId, PoolId, TeamId, tournament_room
from core.domain.plan import Court, RoundRobin, Swiss, Team
from core.domain.rules import Refused, judge
from core.domain.state import Tournament
from core.errors import BadFile
from tests.support.bench import Bench
from tests.support.tournaments import EPOCH, NOON, cup, entry, league, match, point, record, result

CUP = cup(4)
M1, M3 = match(CUP, 1), match(CUP, 3)


def recorded(*commands: Command) -> tuple[tuple[Step, ...], Tournament]:
    """Return the playback of a cup in which these commands were entered, and its state."""
    events, state = record(CUP, commands)
    imported = read("cup.json", export_json(events, EPOCH))
    assert imported.plan == CUP
    return imported.playback, state


def test_every_kind_of_entry_that_counts_plays_again() -> None:
    commands: tuple[Command, ...] = (
        StartMatch(M1),
        point(CUP, 1, "a"),
        SetScore(M1, Score(2, 1)),
        CompleteMatch(M1),
        ReopenMatch(M1),
        CompleteMatch(M1),
        ConfirmResult(M1),
        Notify("Final", "at six", "urgent"),
        AssignSlot(M3, "away", TeamId("d")),
        *result(CUP, 3, 1, 1, (5, 4)),
    )
    playback, state = recorded(*commands)
    assert [step.command for step in playback] == list(commands)
    assert [step.recorded for step in playback] == [f"c{number}" for number in range(1, len(commands) + 1)]
    again = rehearse(CUP, playback)
    assert {found.id: (found.score, found.winner) for found in again.matches.values()} == {
        found.id: (found.score, found.winner) for found in state.matches.values()
    }


def test_the_first_step_of_a_match_with_slots_waits_for_what_fills_them() -> None:
    playback, _ = recorded(*result(CUP, 1, 1, 0), *result(CUP, 2, 1, 0), *result(CUP, 3, 1, 0))
    assert [step.waits for step in playback] == [False, False, False, False, True, False]


def test_the_first_step_of_a_match_that_is_drawn_later_waits_for_the_draw() -> None:
    draft = replace(league(2), status="draft", fixtures=())
    draft = replace(draft, stages=(replace(draft.stages[0], format=RoundRobin()),))
    events, _ = record(
        draft, (ChangeStatus("running"), StartMatch(match(league(2), 1)), point(league(2), 1, "a"))
    )
    imported = read("league.json", export_json(events, EPOCH))
    assert [step.waits for step in imported.playback] == [True, True, False]


def test_an_undo_plays_again_by_the_ids_given_in_the_replay() -> None:
    playback, _ = recorded(point(CUP, 1, "a"), Undo(M1, CommandId("c1")))
    assert playback[1].command == Undo(M1, CommandId("c1"))
    given = {
        step.recorded: CommandId(f"new-{number}") for number, step in enumerate(playback) if step.recorded
    }
    assert rebound(playback[1].command, given) == Undo(M1, CommandId("new-0"))


def test_a_settled_conflict_plays_as_what_counted_in_its_place() -> None:
    state: Tournament | None = None
    events: tuple[Event, ...] = ()
    start = Base(EPOCH, 0)
    two = (AddScore(M1, TeamId("a"), 1), AddScore(M1, TeamId("a"), 2))
    entries: list[tuple[Command, str]] = [
        (CreateTournament(CUP), "ops"),
        (point(CUP, 1, "a"), "one"),
        (point(CUP, 1, "a", 5), "two"),
        (Settle(M1, (CommandId("e2"),), two), "ops"),
        (Undo(M1, CommandId("e3")), "ops"),
    ]
    for number, (command, device) in enumerate(entries):
        at = NOON + timedelta(seconds=number)
        seen = start if device == "two" else Base(EPOCH, 99)
        base = None if match_of(command) is None else seen
        verdict = judge(state, entry(CUP.id, command, id=f"e{number}", device=device, base=base), at, EPOCH)
        assert not isinstance(verdict, Refused)
        events, state = (*events, *verdict.events), verdict.state
    playback = read("cup.json", export_json(events, EPOCH)).playback
    assert [step.command for step in playback] == [entries[1][0], *two, SetScore(M1, Score(1, 0))]
    assert state is not None
    assert rehearse(CUP, playback).matches[M1].score == state.matches[M1].score == Score(1, 0)


@pytest.mark.parametrize("content", [b"{}", b'{"tournament": {"epoch": "e"}, "log": []}'])
def test_what_is_no_complete_export_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile, match=r"cup\.json: "):
        read("cup.json", content)


def test_reasons_and_times_are_kept() -> None:
    events, _ = record(CUP, [point(CUP, 1, "a")])
    reasoned = (*events[:-1], msgspec.structs.replace(events[-1], why="own goal"))
    (step,) = read("cup.json", export_json(reasoned, EPOCH)).playback
    assert (step.why, step.at) == ("own goal", events[-1].received_at)


def test_what_programs_told_each_other_is_not_played_again() -> None:
    playback, _ = recorded(Broadcast(tournament_room(CUP.id), "lunch"), Notify("Tea"))
    assert [step.command for step in playback] == [Notify("Tea")]


def again(bench: Bench) -> Tournament:
    """Return the tournament that the export of this one leads to when it is played again."""
    imported = read("x.json", export_json(bench.log, EPOCH))
    return rehearse(imported.plan, imported.playback)


def results(state: Tournament) -> list[tuple[object, ...]]:
    return [
        (one.id, one.home.team, one.away.team, one.result, one.phase, one.winner, one.court, one.starts_at)
        for one in state.matches.values()
    ]


def test_everything_that_an_organiser_did_plays_again() -> None:
    swiss = replace(league(4).stages[0], format=Swiss(2), tie_breaks=("lot",))
    bench = Bench(replace(league(4), status="draft", stages=(swiss,), fixtures=()))
    zebras, court = Team(TeamId("z"), "Zebras"), Court(CourtId("c9"), "Court 9")
    bench.enter(AddTeam(zebras), RemoveTeam(zebras.id), RenameTeam(TeamId("a"), "Ants", "ANT"))
    bench.enter(RenameTournament("Cup", "Hall 2"), NameCourt(court), ChangeStatus("running"))
    bench.enter(DrawRound(PoolId("a")), MoveMatch(bench.id(1), court.id, NOON))
    bench.enter(AddPenalty(bench.id(1), TeamId("a"), 1), ForfeitMatch(bench.id(1), TeamId("c"), "no_show"))
    bench.enter(WithdrawTeam(TeamId("b")), ReinstateTeam(TeamId("b")))
    bench.enter(WithdrawTeam(TeamId("b"), "disqualified"))
    bench.enter(DrawRound(PoolId("a")))
    bench.enter(ForfeitMatch(bench.id(3), None, "no_show"))
    bench.enter(DrawLots(PoolId("a")), ChangeStatus("finished"))
    played = again(bench)
    assert results(played) == results(bench.state)
    for name in ("teams", "courts", "name", "venue", "status", "withdrawn", "byes", "drawn", "lots"):
        assert getattr(played, name) == getattr(bench.state, name)


@pytest.mark.parametrize("rules", [SetsRules(best_of=3, points=2), TimeRules(), CupsRules(3)])
def test_every_kind_of_game_plays_again(rules: Rules) -> None:
    stage = replace(league(2).stages[0], game=GameId("g"))
    bench = Bench(replace(league(2), stages=(stage,), games=(Game(GameId("g"), "Game", rules),)))
    m1, home, away = bench.id(1), TeamId("a"), TeamId("b")
    commands: dict[type, tuple[Command, ...]] = {
        SetsRules: (
            AddScore(m1, home, 1),
            AddScore(m1, home, 1),
            Undo(m1, CommandId("c2")),
            EnterSets(m1, (Score(0, 2), Score(0, 1))),
            EnterSets(m1, (Score(0, 2), Score(0, 2))),
        ),
        TimeRules: (SetTime(m1, home, 5), SetTime(m1, away, 4)),
        CupsRules: (AddScore(m1, home, 0, "miss", "Zoë"), AddScore(m1, home, 2, "bounce")),
    }
    bench.enter(*commands[type(rules)], CompleteMatch(m1))
    assert results(again(bench)) == results(bench.state)


def test_a_correction_that_moved_a_team_plays_again_with_a_reason() -> None:
    bench = Bench(CUP)
    bench.enter(*result(CUP, 1, 1, 0))
    bench.enter(ReopenMatch(M1), why="sides were mixed up")
    bench.enter(SetScore(M1, Score(0, 1)), CompleteMatch(M1))
    assert results(again(bench)) == results(bench.state)


def test_what_came_back_from_an_older_epoch_plays_again_if_it_counts() -> None:
    bench = Bench(CUP)
    bench.enter(point(CUP, 1, "a"))
    inner = replace(bench.log[-1], seq=9)
    adopted = EventAdopted(Epoch("e0"), inner, "counts")
    log = (
        *bench.log[:1],
        replace(bench.log[1], fact=adopted),
        replace(bench.log[2], fact=MissingClosed(Epoch("e0"), 1)),
    )
    assert [step.command for step in _steps(log, set())] == [point(CUP, 1, "a")]
    unfit = replace(adopted, taken="unfit")
    assert _steps((replace(bench.log[1], fact=unfit),), set()) == ()
