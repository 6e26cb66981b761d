"""What the outbox lists and for how long: withdrawn, refused, evicted and answered entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.domain.ids import CommandId
from core.domain.state import Position
from core.errors import NotSaved
from core.realtime.effects import JournalRow, Record
from core.realtime.outbox.outbox import KEPT_ANSWERED, Outbox
from tests.support.moments import Fixed
from tests.support.outboxes import (
    CONFIG,
    LINK,
    PLAN,
    answer,
    notice,
    on,
    outbox,
    states,
    take,
)
from tests.support.tournaments import EPOCH

if TYPE_CHECKING:
    pass


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
