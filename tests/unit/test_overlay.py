"""The overlay: pending entries laid over the confirmed state, each exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.domain.commands import AddScore, Base, CompleteMatch, CreateTournament, Entry, Notify
from core.domain.ids import DeviceId, Epoch, MatchId, TeamId
from core.domain.rules import Accepted, Conflicting, judge
from core.realtime.outbox import stretches
from core.realtime.outbox.overlay import Overlay, Projection, base_of
from core.realtime.view import Queued
from tests.support.tournaments import EPOCH, NOON, cup, entry, fold, league, match, point, result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.commands import Command
    from core.domain.state import Tournament
    from core.realtime.view import EntryState

PLAN = league()
STATE = fold(PLAN, point(PLAN, 1, "a"))
M1 = match(PLAN, 1)


def queued(made: Entry, row: int = 1, state: EntryState = "saved", seq: int = 0) -> Queued:
    return Queued(made, state, "critical", row, seq=seq, epoch=EPOCH if seq else None)


def pressed(id: str, command: Command | None = None, device: str = "laptop-1") -> Entry:
    return entry(PLAN.id, command or point(PLAN, 1, "a"), id=id, device=device, base=Base(EPOCH, 2))


def project(confirmed: Tournament, queue: Sequence[Queued]) -> Projection:
    return Overlay(confirmed, queue).projection


def judged(state: Tournament, made: Entry) -> Tournament:
    verdict = judge(state, made, NOON, EPOCH)
    assert hasattr(verdict, "state")
    return verdict.state


def test_without_pending_entries_the_confirmed_state_is_shown_itself() -> None:
    projection = project(STATE, ())
    assert projection.state is STATE
    assert projection.pending == frozenset()


def test_pending_entries_count_at_once() -> None:
    projection = project(STATE, [queued(pressed("x")), queued(pressed("y"), 2, "sending")])
    assert projection.state.matches[M1].score.home == 3
    assert projection.pending == {M1}
    assert projection.state.position == STATE.position
    assert projection.state.matches[match(PLAN, 2)] is STATE.matches[match(PLAN, 2)]


def test_held_refused_and_withdrawn_entries_never_count() -> None:
    queue = [
        queued(pressed("x"), 1, "conflict"),
        queued(pressed("y"), 2, "refused"),
        queued(pressed("z"), 3, "withdrawn"),
    ]
    assert project(STATE, queue).state is STATE


def test_an_acknowledged_entry_stays_until_its_events_arrive_and_is_never_counted_twice() -> None:
    made = pressed("x")
    after = judged(STATE, made)
    waiting, acknowledged = (
        queued(made, state="sending"),
        queued(made, state="confirmed", seq=after.position.seq),
    )
    for confirmed, entry_ in (
        (STATE, waiting),
        (STATE, acknowledged),
        (after, waiting),
        (after, acknowledged),
    ):
        assert project(confirmed, [entry_]).state.matches[M1].score.home == 2


def test_an_entry_that_turned_out_held_is_not_laid_over_its_own_holding() -> None:
    stranger = judged(STATE, pressed("s", device="laptop-2"))
    made = pressed("x")
    held = judged(stranger, made)
    assert held.matches[M1].held
    assert project(held, [queued(made)]).state is held


def test_what_was_acknowledged_in_another_epoch_is_not_laid_over() -> None:
    confirmed = Queued(pressed("x"), "confirmed", "critical", 1, seq=99, epoch=Epoch("gone"))
    assert project(STATE, [confirmed]).state is STATE


def test_what_the_rules_refuse_or_would_hold_stands_beside_the_score() -> None:
    theirs = judged(STATE, pressed("s", device="laptop-2"))
    negative = pressed("x", AddScore(match(PLAN, 2), TeamId("a"), -1))
    queue = [queued(negative), queued(pressed("y"), 2)]
    projection = project(theirs, queue)
    assert projection.state.matches[M1].score.home == 2
    assert "below 0" in projection.refused[negative.id]
    assert "decide which counts" in projection.refused[queue[1].entry.id]
    assert projection.pending == {M1, match(PLAN, 2)}


def test_entries_on_other_tournaments_and_creations_are_passed_over() -> None:
    other = league(name="other")
    queue = [queued(entry(other.id, point(other, 1, "a"))), queued(entry(PLAN.id, CreateTournament(PLAN)), 2)]
    assert project(STATE, queue).state is STATE


def test_an_entry_on_an_unknown_match_stands_beside_the_score() -> None:
    lost = pressed("x", AddScore(MatchId("league.m999"), TeamId("a"), 1))
    projection = project(STATE, [queued(lost), queued(pressed("y"), 2)])
    assert "no match" in projection.refused[lost.id]
    assert projection.state.matches[M1].score.home == 2


def test_a_notice_is_shown_while_it_waits() -> None:
    projection = project(STATE, [queued(pressed("n", Notify("Lunch")))])
    assert projection.state.notices[-1].title == "Lunch"
    assert projection.pending == frozenset()


def test_a_notice_that_came_is_shown_once() -> None:
    own = pressed("n", Notify("Lunch"))
    overlay = Overlay(STATE, [queued(own)])
    verdict = judge(STATE, own, NOON, EPOCH)
    assert isinstance(verdict, Accepted)
    overlay.receive_events(verdict.state, verdict.events)
    assert [notice.title for notice in overlay.projection.state.notices] == ["Lunch"]


def test_pending_results_fill_later_slots() -> None:
    plan = cup()
    state = fold(plan, *result(plan, 1, 2, 1)[:1])
    made = entry(plan.id, CompleteMatch(match(plan, 1)), id="x", base=Base(EPOCH, 2))
    shown = project(state, [queued(made)]).state
    assert shown.matches[match(plan, 3)].home.team == "a"


def test_an_entry_behind_others_joins_them() -> None:
    first, second = queued(pressed("x")), queued(pressed("y"), 2)
    overlay = Overlay(STATE, [first])
    assert overlay.receive_queue([first, second], [second])
    assert overlay.projection.state.matches[M1].score.home == 3
    before = overlay.projection
    sending = queued(pressed("y"), 2, "sending")
    assert not overlay.receive_queue([first, sending], [sending])
    assert not overlay.receive_queue([first, sending])
    assert overlay.projection is before


def test_a_queue_that_lost_an_entry_is_laid_anew() -> None:
    first, second = queued(pressed("x")), queued(pressed("y"), 2)
    overlay = Overlay(STATE, [first, second])
    assert overlay.receive_queue([second])
    assert overlay.projection.state.matches[M1].score.home == 2
    assert overlay.receive_queue([])
    assert overlay.projection.state is STATE


def test_an_entry_of_another_process_takes_its_place_by_row() -> None:
    up, down = pressed("x", point(PLAN, 2, "a")), pressed("y", point(PLAN, 2, "a", -1))
    overlay = Overlay(STATE, [queued(down, 2)])
    assert down.id in overlay.projection.refused
    overlay.receive_queue([queued(up, 1), queued(down, 2)], [queued(up, 1)])
    assert overlay.projection.refused == {}


def test_what_came_just_as_foreseen_leaves_the_others_as_they_were() -> None:
    own = [pressed(id) for id in "xyz"]
    overlay = Overlay(STATE, [queued(one, row) for row, one in enumerate(own, 1)])
    before = overlay.projection.state.matches[M1]
    verdict = judge(STATE, own[0], NOON, EPOCH)
    assert isinstance(verdict, Accepted)
    overlay.receive_events(verdict.state, verdict.events)
    assert overlay.projection.state.matches[M1] is before
    assert overlay.projection.state.position == verdict.state.position


def test_what_came_otherwise_has_its_match_judged_again() -> None:
    own = [pressed("x"), pressed("y", point(PLAN, 2, "a"))]
    overlay = Overlay(STATE, [queued(one, row) for row, one in enumerate(own, 1)])
    elsewhere = overlay.projection.state.matches[match(PLAN, 2)]
    verdict = judge(STATE, pressed("s", device="laptop-2"), NOON, EPOCH)
    assert isinstance(verdict, Accepted)
    overlay.receive_events(verdict.state, verdict.events)
    assert "decide which counts" in overlay.projection.refused[own[0].id]
    assert overlay.projection.state.matches[match(PLAN, 2)] is elsewhere


def test_an_own_entry_that_was_held_takes_what_was_foreseen_of_it_away() -> None:
    own = [pressed("x"), pressed("y")]
    overlay = Overlay(STATE, [queued(one, row) for row, one in enumerate(own, 1)])
    stranger = judge(STATE, pressed("s", device="laptop-2"), NOON, EPOCH)
    assert isinstance(stranger, Accepted)
    held = judge(stranger.state, own[0], NOON, EPOCH)
    assert isinstance(held, Conflicting)
    overlay.receive_events(held.state, (*stranger.events, *held.events))
    assert overlay.projection.state.matches[M1].score.home == 2
    assert set(overlay.projection.refused) == {own[1].id}


def test_a_match_without_effect_of_what_waits_is_shown_as_confirmed() -> None:
    down = [pressed(id, point(PLAN, 2, "a", -1)) for id in "xy"]
    overlay = Overlay(STATE, [queued(one, row) for row, one in enumerate(down, 1)])
    gone = queued(down[0], 1, "refused")
    assert overlay.receive_queue([gone, queued(down[1], 2)], [gone])
    assert overlay.projection.state.matches == STATE.matches
    assert set(overlay.projection.refused) == {down[1].id}


def test_a_result_that_came_as_foreseen_cuts_the_others_no_more() -> None:
    plan = cup()
    commands: list[Command] = [point(plan, 1, "a"), CompleteMatch(match(plan, 1)), point(plan, 2, "c")]
    own = [entry(plan.id, command, id=f"x{row}") for row, command in enumerate(commands, 1)]
    state = fold(plan)
    overlay = Overlay(state, [queued(one, row) for row, one in enumerate(own, 1)])
    for one in own[:2]:
        verdict = judge(state, one, NOON, EPOCH)
        assert isinstance(verdict, Accepted)
        state = verdict.state
        overlay.receive_events(state, verdict.events)
    assert overlay.projection.pending == {match(plan, 2)}
    assert overlay.projection.state.matches[match(plan, 2)].score.home == 1
    assert overlay.projection.state.matches[match(plan, 3)] is state.matches[match(plan, 3)]


def test_a_command_that_turns_out_to_concern_other_matches_is_laid_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = cup()
    state = fold(plan, *result(plan, 1, 2, 1)[:1])
    completing: Command = CompleteMatch(match(plan, 1))
    later: Command = point(plan, 2, "c")
    queue = [
        queued(entry(plan.id, command, id=f"x{row}", base=Base(EPOCH, 2)), row)
        for row, command in enumerate((completing, later, later), 1)
    ]
    expected = Overlay(state, queue).projection
    # As if it were told apart only by what it does.
    monkeypatch.setattr(stretches, "_ON_ONE_MATCH", stretches._ON_ONE_MATCH | CompleteMatch)
    assert Overlay(state, queue).projection == expected
    one_by_one = Overlay(state, [])
    one_by_one.receive_queue(queue, queue)
    assert one_by_one.projection == expected
    assert expected.state.matches[match(plan, 1)].finished


def test_a_base_is_what_the_author_saw_of_the_match() -> None:
    assert base_of(STATE, point(PLAN, 1, "a")) == Base(EPOCH, 2)
    assert base_of(STATE, Notify("Lunch")) is None
    assert base_of(None, point(PLAN, 1, "a")) is None
    assert base_of(STATE, AddScore(MatchId("league.m999"), TeamId("a"), 1)) is None


def test_behind_own_pending_entries_a_strangers_point_still_holds() -> None:
    shown = project(STATE, [queued(pressed("x"))]).state
    assert shown.matches[M1].version > STATE.matches[M1].version
    base = base_of(STATE, point(PLAN, 1, "a"))
    theirs = judged(STATE, pressed("s", device="laptop-2"))
    second = entry(PLAN.id, point(PLAN, 1, "a"), id="y", device=DeviceId("laptop-1"), base=base)
    assert judged(theirs, second).matches[M1].held
