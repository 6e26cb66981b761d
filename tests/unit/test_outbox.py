"""The outbox: states of entries from the journal's row to the hub's answer, and what goes again when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.domain.answers import Answer
from core.domain.commands import Entry, Notify
from core.domain.ids import CommandId, TournamentId
from core.domain.state import Position
from core.errors import BadInput, NotSaved
from core.realtime.config import EngineConfig
from core.realtime.effects import JournalRow, LinkId, Record
from core.realtime.outbox.outbox import KEPT_ANSWERED, Outbox
from core.wire.messages import Deferred
from tests.support.moments import Fixed
from tests.support.tournaments import EPOCH, entry, league, point

if TYPE_CHECKING:
    from core.domain.answers import Outcome
    from core.realtime.view import EntryState, Queued

PLAN = league()
LINK, NEXT = LinkId("link-1"), LinkId("link-2")
HELD = (PLAN.id,)
CONFIG = EngineConfig(window_entries=3, answer_timeout=10.0, outbox_entries=5)


def on(id: str, number: int = 1) -> Entry:
    return entry(PLAN.id, point(PLAN, number, "a"), id=id)


def notice(id: str) -> Entry:
    return entry(PLAN.id, Notify("Lunch"), id=id)


def outbox(*entries: Entry) -> Outbox:
    made = Outbox(CONFIG, Fixed())
    for one in entries:
        made.submit(one)
    made.receive_saved({one.id: row for row, one in enumerate(entries, 1)}, 100.0)
    return made


def take(made: Outbox, now: float = 100.0, link: LinkId = LINK) -> list[str]:
    return [one.id for one in made.take(link, (), HELD, now)]


def answer(id: str, outcome: Outcome = "accepted", seq: int = 5, reason: str = "") -> Answer:
    return Answer(id=CommandId(id), outcome=outcome, epoch=EPOCH, seq=seq, version=2, reason=reason)


def states(made: Outbox) -> dict[str, EntryState]:
    return {id: queued.state for id, queued in shown(made).items()}


def shown(made: Outbox) -> dict[str, Queued]:
    change = made.change()
    assert change is not None
    return {queued.entry.id: queued for queued in change.queue}


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


def test_only_what_certainly_never_left_is_withdrawn_here() -> None:
    made = outbox(on("a"), on("b"))
    assert made.withdrawable(CommandId("a"))
    assert made.withdraw(CommandId("a")) == Record(CommandId("a"), "withdrawn", 0)
    assert not made.withdrawable(CommandId("a"))
    assert take(made) == ["b"]
    assert not made.withdrawable(CommandId("b"))
    made.receive_link_lost(LINK)
    assert not made.withdrawable(CommandId("b"))
    assert not made.withdrawable(CommandId("unknown"))


def test_a_refused_entry_is_listed_until_it_is_dismissed() -> None:
    made = outbox(on("a"))
    take(made)
    made.receive_answers([answer("a", "refused", reason="final")], 100.0)
    assert states(made) == {"a": "refused"}
    assert made.withdraw(CommandId("a")).state == "withdrawn"
    assert states(made) == {}


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


def test_a_full_outbox_evicts_the_oldest_message_that_is_no_score() -> None:
    made = outbox(on("a"), notice("n"), notice("m"), on("b"))
    made.submit(on("c"))
    is_new, records = made.submit(on("d"))
    assert is_new
    assert [(record.id, record.state) for record in records] == [("n", "refused")]
    change = made.change()
    assert change is not None
    assert change.evicted_total == 1


def test_a_message_that_may_have_left_makes_no_room() -> None:
    made = outbox(notice("low"), on("a"), on("b"), on("c"), on("d"))
    take(made)
    made.receive_link_lost(LINK)
    with pytest.raises(NotSaved):
        made.submit(on("e"))
    assert states(made)["low"] == "saved"


def test_a_full_outbox_of_scores_takes_no_more() -> None:
    made = outbox(*(on(id) for id in "abcde"))
    with pytest.raises(NotSaved, match="5 entries wait"):
        made.submit(on("f"))
    assert made.state(CommandId("f")) is None


def test_a_hub_without_the_tournament_leaves_its_entries_stranded() -> None:
    made = outbox(on("a"))
    assert made.stranded(()) == {PLAN.id: 1}


def test_answered_entries_stay_listed_for_a_while() -> None:
    made = Outbox(CONFIG, Fixed())
    count = KEPT_ANSWERED + 3
    made.receive_rows(
        [
            JournalRow(row, on(f"e{row}"), "confirmed", 1, answer(f"e{row}", seq=row))
            for row in range(1, count + 1)
        ]
    )
    made.trim({})
    assert len(states(made)) == KEPT_ANSWERED


def test_an_answered_entry_stays_until_the_store_has_its_events() -> None:
    made = Outbox(CONFIG, Fixed())
    position = {PLAN.id: Position(EPOCH, 2)}
    count = KEPT_ANSWERED + 3
    for row in range(1, count + 1):
        made.submit(on(f"e{row}"))
        made.receive_saved({CommandId(f"e{row}"): row}, 100.0)
        made.receive_answers([answer(f"e{row}", seq=row)], 100.0)
    made.trim(position)
    assert list(states(made))[:2] == ["e3", "e4"]
    made.trim({PLAN.id: Position(EPOCH, 3)})
    assert next(iter(states(made))) == "e4"


def test_withdrawn_entries_take_no_lasting_room() -> None:
    made = Outbox(CONFIG, Fixed())
    for row in range(1, KEPT_ANSWERED + 2):
        made.submit(on(f"e{row}"))
        made.receive_saved({CommandId(f"e{row}"): row}, 100.0)
        made.withdraw(CommandId(f"e{row}"))
    made.trim({})
    assert len(states(made)) == KEPT_ANSWERED


def test_a_few_answered_entries_are_all_kept() -> None:
    made = outbox(on("a"))
    take(made)
    made.receive_answers([answer("a")], 100.0)
    made.trim({})
    assert made.knows(CommandId("a"))


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
