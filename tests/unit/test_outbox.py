"""The outbox: states of entries from the journal's row to the hub's answer, and what goes again when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.domain.ids import CommandId, TournamentId
from core.errors import BadInput
from core.realtime.effects import JournalRow, Record
from core.realtime.outbox.outbox import Outbox
from core.wire.messages import Deferred
from tests.support.moments import Fixed
from tests.support.outboxes import (
    CONFIG,
    HELD,
    LINK,
    NEXT,
    PLAN,
    answer,
    notice,
    on,
    outbox,
    shown,
    states,
    take,
)
from tests.support.tournaments import EPOCH, entry, league, point

if TYPE_CHECKING:
    from core.domain.answers import Outcome
    from core.realtime.view import EntryState


def test_an_entry_is_listed_only_when_it_is_saved() -> None:
    made = Outbox(CONFIG, Fixed())
    assert made.submit(on("a")) == (True, [])
    assert made.state(CommandId("a")) == "saving"
    assert made.change() is None
    assert take(made) == []
    made.receive_saved({CommandId("a"): 1, CommandId("unknown"): 2}, 100.0)
    assert made.state(CommandId("a")) == "saved"
    assert states(made) == {"a": "saved"}
    assert made.change() is None


def test_an_entry_that_could_not_be_saved_was_never_entered() -> None:
    made = Outbox(CONFIG, Fixed())
    made.submit(on("a"))
    made.receive_save_failed([CommandId("a")])
    assert made.state(CommandId("a")) is None
    made.receive_saved({CommandId("a"): 1}, 100.0)
    assert not made.knows(CommandId("a"))


def test_the_same_entry_again_changes_nothing_and_another_content_is_refused() -> None:
    made = Outbox(CONFIG, Fixed())
    made.submit(on("a"))
    assert made.submit(on("a")) == (False, [])
    made.receive_saved({CommandId("a"): 1}, 100.0)
    assert made.submit(on("a")) == (False, [])
    with pytest.raises(BadInput, match="other content"):
        made.submit(on("a", 2))


def test_sending_is_counted_and_bounded_by_the_window() -> None:
    made = outbox(*(on(id) for id in "abcd"))
    assert take(made) == ["a", "b", "c"]
    assert take(made) == []
    assert states(made) == {"a": "sending", "b": "sending", "c": "sending", "d": "saved"}
    assert made.record(CommandId("a")) == Record(CommandId("a"), "sending", 1)
    assert made.entry(CommandId("a")) == on("a")
    made.receive_answers([answer("a")], 100.5)
    assert take(made) == ["d"]


def test_an_entry_on_the_tournament_goes_after_all_before_it_in_one_go() -> None:
    made = outbox(on("a", 1), notice("n"), on("b", 1))
    assert take(made) == ["a", "n", "b"]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("accepted", "confirmed"), ("held", "conflict"), ("refused", "refused"), ("withdrawn", "withdrawn")],
)
def test_an_answer_ends_the_waiting(outcome: Outcome, state: EntryState) -> None:
    made = outbox(on("a"))
    take(made)
    given = answer("a", outcome, reason="so")
    assert made.receive_answers([given], 100.5) == [Record(CommandId("a"), state, 1, given, "so")]
    queued = shown(made)["a"]
    assert (queued.state, queued.seq, queued.version, queued.epoch) == (state, 5, 2, EPOCH)
    assert queued.latency == 0.5
    change = made.receive_answers([given, answer("unknown")], 101.0)
    assert change == [], "an answer given twice, or to nobody here, changes nothing"


def test_confirmed_entries_are_counted() -> None:
    made = outbox(on("a"), on("b"))
    take(made)
    made.receive_answers([answer("a"), answer("b", "held")], 100.5)
    change = made.change()
    assert change is not None
    assert change.confirmed_total == 1


def test_a_lost_link_sends_the_whole_unanswered_run_again_under_the_same_ids() -> None:
    made = outbox(on("a"), on("b"), on("c", 2))
    take(made)
    made.receive_answers([answer("a")], 100.5)
    made.receive_link_lost(NEXT)
    assert take(made) == []
    made.receive_link_lost(LINK)
    assert states(made) == {"a": "confirmed", "b": "saved", "c": "saved"}
    assert made.named(PLAN.id) == ("b", "c")
    assert take(made, link=NEXT) == ["b", "c"]
    assert made.record(CommandId("b")).attempts == 2


def test_an_answer_that_came_with_a_replay_needs_no_sending() -> None:
    made = outbox(on("a"))
    made.receive_answers([answer("a")], 100.0)
    assert take(made) == []
    assert shown(made)["a"].latency is None


def test_only_what_may_have_left_is_named_in_a_join() -> None:
    made = outbox(on("a"))
    assert made.named(PLAN.id) == ()
    made.become_sender()
    assert made.named(PLAN.id) == ("a",)
    assert made.named(TournamentId("other")) == ()
    take(made)
    assert made.named(PLAN.id) == ("a",)


def test_a_deferred_match_goes_on_from_its_first_unanswered_entry() -> None:
    made = outbox(on("a"), on("b"), on("c", 2))
    take(made)
    made.receive_deferred(Deferred((CommandId("b"), CommandId("unknown")), "busy", "busy", 2.0), 100.0)
    queued = shown(made)
    assert [queued[id].state for id in "abc"] == ["saved", "saved", "sending"]
    assert queued["a"].reason == "busy"
    assert take(made, 101.0) == []
    assert made.next_deadline() == 103.0
    made.handle_deadline(103.0)
    assert take(made, 103.0) == ["a", "b"]


def test_a_deferred_entry_on_the_tournament_takes_all_behind_it_along() -> None:
    made = outbox(notice("n"), on("a"), on("b", 2))
    take(made)
    made.receive_deferred(Deferred((CommandId("n"),), "busy", "busy", 2.0), 100.0)
    made.handle_deadline(103.0)
    assert take(made, 103.0) == ["n", "a", "b"]


def test_a_person_may_end_a_pause() -> None:
    made = outbox(on("a"))
    take(made)
    made.receive_deferred(Deferred((CommandId("a"),), "rate", "slowly", 20.0), 100.0)
    assert made.retry(CommandId("unknown"), 100.0) == []
    assert take(made) == []
    assert made.retry(CommandId("a"), 100.0) == []
    assert take(made) == ["a"]


def test_an_answer_that_does_not_come_means_unknown_and_sends_again() -> None:
    made = outbox(on("a"), on("b", 2))
    take(made, 100.0)
    assert made.next_deadline() == 110.0
    made.handle_deadline(109.0)
    assert take(made, 109.0) == []
    made.handle_deadline(110.0)
    assert "sending again" in shown(made)["a"].reason
    assert take(made, 110.0) == ["a", "b"]


def test_each_wait_for_an_answer_grows_from_the_last_sending() -> None:
    made = outbox(on("a"))
    now, waits = 100.0, []
    for _ in range(8):
        assert take(made, now) == ["a"]
        due = made.next_deadline()
        assert due is not None
        waits.append(due - now)
        now = due
        assert made.handle_deadline(now) == []
    assert waits == [10, 10.5, 11, 12, 14, 18, 25, 25]
    assert made.record(CommandId("a")).attempts == 8


def test_a_tournament_that_another_link_carries_goes_there_from_its_first_unanswered_entry() -> None:
    made = outbox(on("a"), on("b", 2))
    take(made)
    made.receive_moved(PLAN.id)
    assert take(made, link=NEXT) == ["a", "b"]
    late = on("c")
    made.submit(late)
    made.receive_saved({late.id: 3}, 100.0)
    assert [one.id for one in made.take(LINK, (), HELD, 100.0)] == ["a", "b", "c"]


def test_what_is_in_flight_elsewhere_stays_there_while_its_tournament_does() -> None:
    other = league(name="other")
    made = outbox(on("a"), entry(other.id, point(other, 1, "a"), id="x"))
    held = (PLAN.id, other.id)
    assert [one.id for one in made.take(LINK, {other.id}, held, 100.0)] == ["a"]
    assert [one.id for one in made.take(NEXT, {PLAN.id}, held, 100.0)] == ["x"]
    assert states(made) == {"a": "sending", "x": "sending"}


def test_a_message_that_is_of_no_use_late_becomes_a_dead_letter_and_may_be_brought_back() -> None:
    made = Outbox(replace(CONFIG, low_ttl=60.0), Fixed())
    for row, one in enumerate((on("a"), notice("n"), notice("m")), 1):
        made.submit(one)
        made.receive_saved({one.id: row}, 100.0 + row)
    assert made.next_deadline() == 162.0
    assert made.handle_deadline(161.0) == []
    (dead,) = made.handle_deadline(162.0)
    assert (dead.id, dead.state, dead.reason) == ("n", "refused", "it was not sent within 60 s")
    assert states(made) == {"a": "saved", "n": "refused", "m": "saved"}
    assert take(made, 162.5) == ["a", "m"]
    (back,) = made.retry(CommandId("n"), 163.0)
    assert (back.id, back.state, back.reason) == ("n", "saved", "")
    assert made.next_deadline() == 172.5
    assert take(made, 163.0) == ["n"]


def test_a_message_that_may_have_left_does_not_expire() -> None:
    made = Outbox(replace(CONFIG, low_ttl=60.0), Fixed())
    made.submit(notice("n"))
    made.receive_saved({CommandId("n"): 1}, 100.0)
    made.become_sender()
    assert made.handle_deadline(160.0) == []
    assert states(made) == {"n": "saved"}
    assert made.next_deadline() is None


def test_a_refused_score_is_not_brought_back() -> None:
    made = outbox(on("a"))
    take(made)
    made.receive_problem([CommandId("a")], "unknown content")
    assert made.retry(CommandId("a"), 100.0) == []
    assert states(made) == {"a": "refused"}


def test_a_change_names_what_changed() -> None:
    made = outbox(on("a"), on("b", 2), on("c", 3))
    made.change()
    take(made)
    made.receive_answers([answer("c")], 101.0)
    made.change()
    made.receive_answers([answer("b")], 101.0)
    change = made.change()
    assert change is not None
    assert change.changed is not None
    assert [queued.entry.id for queued in change.changed] == ["b"]
    assert [queued.entry.id for queued in change.queue] == ["a", "b", "c"]


def test_without_anything_in_flight_nothing_is_due() -> None:
    assert outbox(on("a")).next_deadline() is None


def test_what_the_hub_cannot_take_is_refused_and_not_sent_again() -> None:
    made = outbox(on("a"), on("b"))
    take(made)
    made.receive_answers([answer("b")], 100.0)
    ids = [CommandId(id) for id in ("a", "b", "unknown")]
    made.submit(on("c"))
    (record,) = made.receive_problem([*ids, CommandId("c")], "unknown content")
    assert (record.id, record.state, record.reason) == ("a", "refused", "unknown content")
    made.receive_link_lost(LINK)
    assert take(made) == []


def test_a_decision_releases_held_entries() -> None:
    made = outbox(on("a"), on("b"))
    take(made)
    made.receive_answers([answer("a", "held"), answer("b")], 100.0)
    assert made.conflicts() == [(PLAN.id, answer("a", "held"))]
    (record,) = made.receive_settled([CommandId("a"), CommandId("b")], "Ops decided")
    assert (record.state, record.reason) == ("withdrawn", "Ops decided")
    assert made.conflicts() == []


def test_what_was_accepted_can_be_held_after_all() -> None:
    made = outbox(on("a"), on("b"))
    take(made)
    made.receive_answers([answer("a")], 100.0)
    overturned = answer("a", "held")
    assert made.receive_overturned(answer("b", "held")) == [], "it has no answer yet"
    (record,) = made.receive_overturned(overturned)
    assert (record.state, record.answer) == ("conflict", overturned)
    assert made.conflicts() == [(PLAN.id, overturned)]
    assert made.receive_overturned(overturned) == []


def test_a_held_row_is_held_after_a_restart_and_can_be_decided() -> None:
    made = Outbox(CONFIG, Fixed())
    made.receive_rows([JournalRow(1, on("a"), "conflict", 1, answer("a", "held"))])
    assert made.conflicts() == [(PLAN.id, answer("a", "held"))]
    made.receive_rows([JournalRow(1, on("a"), "withdrawn", 1, answer("a", "held"))])
    assert made.conflicts() == []


def test_rows_from_before_a_restart_may_have_left() -> None:
    made = Outbox(CONFIG, Fixed())
    made.receive_rows(
        [
            JournalRow(1, on("a"), "sending", 3),
            JournalRow(2, on("b"), "saved"),
            JournalRow(3, on("c"), "confirmed", 1, answer("c")),
            JournalRow(4, on("d"), "refused", 1, answer("d", "refused"), "so\x07"),
        ]
    )
    assert states(made) == {"a": "saved", "b": "saved", "c": "confirmed", "d": "refused"}
    assert not made.withdrawable(CommandId("b"))
    assert made.named(PLAN.id) == ("a", "b")
    assert made.record(CommandId("d")).reason == "so?"
    assert take(made) == ["a", "b"]
    assert made.record(CommandId("a")).attempts == 4


def test_rows_of_other_processes_go_out_by_row() -> None:
    made = Outbox(CONFIG, Fixed())
    made.submit(on("b"))
    made.receive_rows([JournalRow(1, on("a"), "saved")])
    made.receive_saved({CommandId("b"): 2}, 100.0)
    made.receive_rows([JournalRow(3, on("c"), "saved")])
    assert take(made) == ["a", "b", "c"]


def test_a_row_that_the_sender_changed_replaces_what_was_known() -> None:
    made = outbox(on("a"))
    made.receive_rows([JournalRow(1, on("a"), "confirmed", 1, answer("a"))])
    assert states(made) == {"a": "confirmed"}
    assert take(made) == []


def test_an_own_row_that_is_read_back_first_is_listed_once() -> None:
    made = Outbox(CONFIG, Fixed())
    made.submit(on("a"))
    made.receive_rows([JournalRow(1, on("a"), "saved")])
    made.receive_saved({CommandId("a"): 1}, 100.0)
    assert take(made) == ["a"]


def test_what_left_for_an_old_server_goes_again_only_by_hand() -> None:
    made = outbox(on("a"), on("b"))
    assert take(made) == ["a", "b"]
    (record,) = made.receive_answers([answer("a", "sent", reason="cannot be confirmed")], 101.0)
    assert (record.state, record.reason) == ("sent", "cannot be confirmed")
    made.receive_link_lost(LINK)
    assert take(made, 200.0, NEXT) == ["b"]
    assert states(made) == {"a": "sent", "b": "sending"}
    made.retry(CommandId("a"), 200.0)
    assert states(made)["a"] == "saved"
    assert take(made, 201.0, NEXT) == ["a"]
    made.receive_answers([answer("a", "sent")], 202.0)
    assert states(made)["a"] == "sent"
    assert shown_attempts(made, "a") == 2


def shown_attempts(made: Outbox, id: str) -> int:
    return made.record(CommandId(id)).attempts


def test_a_restart_sends_nothing_again_that_left_for_an_old_server() -> None:
    made = Outbox(CONFIG, Fixed())
    made.receive_rows(
        [
            JournalRow(1, on("a"), "sent", 1, answer("a", "sent")),
            JournalRow(2, on("b"), "sending", 2, answer("b", "sent")),
        ]
    )
    assert take(made) == []
    assert states(made) == {"a": "sent", "b": "sent"}


def test_in_the_basic_mode_what_may_have_left_before_is_not_sent_again_by_itself() -> None:
    made = Outbox(replace(CONFIG, basic=True), Fixed())
    made.receive_rows([JournalRow(1, on("a"), "sending", 1), JournalRow(2, on("b"), "saved")])
    assert take(made) == ["b"]
    assert states(made) == {"a": "sent", "b": "sending"}
