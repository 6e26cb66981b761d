"""The overlay: pending entries laid over the confirmed state, each exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import AddScore, Base, CompleteMatch, CreateTournament, Entry, Notify
from core.domain.ids import DeviceId, Epoch, MatchId, TeamId
from core.domain.rules import judge
from core.realtime.overlay import base_of, project
from core.realtime.view import Queued
from tests.support.tournaments import EPOCH, NOON, cup, entry, fold, league, match, point, result

if TYPE_CHECKING:
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


def test_pending_results_fill_later_slots() -> None:
    plan = cup()
    state = fold(plan, *result(plan, 1, 2, 1)[:1])
    made = entry(plan.id, CompleteMatch(match(plan, 1)), id="x", base=Base(EPOCH, 2))
    shown = project(state, [queued(made)]).state
    assert shown.matches[match(plan, 3)].home.team == "a"


def test_an_entry_behind_others_is_judged_alone() -> None:
    first = queued(pressed("x"))
    before = project(STATE, [first])
    after = project(STATE, [first, queued(pressed("y"), 2)], before)
    assert after.state.matches[M1].score.home == 3
    assert project(STATE, [first, queued(pressed("y"), 2, "sending")], after) is after


def test_a_queue_that_lost_an_entry_is_laid_anew() -> None:
    first, second = queued(pressed("x")), queued(pressed("y"), 2)
    before = project(STATE, [first, second])
    assert project(STATE, [second], before).state.matches[M1].score.home == 2


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
