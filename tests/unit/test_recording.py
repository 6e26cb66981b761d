"""An export plays again: the entries that counted, as first accepted, lead to the same results."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from core.domain.commands import (
    AddScore,
    AssignSlot,
    Base,
    Broadcast,
    Command,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    Notify,
    ReopenMatch,
    Score,
    SetScore,
    Settle,
    StartMatch,
    Undo,
    match_of,
)
from core.domain.events import Event
from core.domain.export import export_json
from core.domain.ids import CommandId, TeamId, tournament_room
from core.domain.playback import Step, rebound, rehearse
from core.domain.recording import read
from core.domain.rules import Refused, judge
from core.domain.state import Tournament
from core.errors import BadFile
from tests.support.tournaments import EPOCH, NOON, cup, entry, match, point, record, result

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
