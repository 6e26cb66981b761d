"""The gate: after an entry was deferred, what follows it waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import Notify
from core.hub.judging.gate import Gate
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from core.domain.commands import Entry
    from core.domain.ids import CommandId

PLAN = league()


def nothing(_: CommandId) -> bool:
    """Say of each id that it has no answer."""
    return False


def on(number: int, id: str) -> Entry:
    return entry(PLAN.id, point(PLAN, number, "a"), id=id)


def on_tournament(id: str) -> Entry:
    return entry(PLAN.id, Notify("Hello"), id=id)


def admits(gate: Gate, sent: Entry, *judged: str) -> bool:
    """Ask a gate, when these ids have answers."""
    return gate.admits(sent, lambda id: id in judged)


def test_everything_is_admitted_while_nothing_was_deferred() -> None:
    assert admits(Gate(), on(1, "p1"))


def test_later_entries_of_the_match_wait_until_the_first_is_resent() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert not admits(gate, on(1, "p2"))
    gate.defer(on(1, "p2"))
    assert admits(gate, on(1, "p1"))
    assert admits(gate, on(1, "p2"))


def test_other_matches_and_tournaments_go_on() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert admits(gate, on(2, "p2"))
    other = league(name="other")
    assert admits(gate, entry(other.id, point(other, 1, "a"), id="p3"))


def test_an_entry_on_the_tournament_waits_for_its_matches_and_they_for_it() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert not admits(gate, on_tournament("n1"))
    gate.defer(on_tournament("n1"))
    assert not admits(gate, on(2, "p2"))
    gate.defer(on(2, "p2"))
    assert [admits(gate, again) for again in (on(1, "p1"), on_tournament("n1"), on(2, "p2"))] == [True] * 3


def test_the_run_is_resent_in_its_order_or_not_at_all() -> None:
    gate = Gate()
    for deferred in (on(1, "p1"), on_tournament("n1"), on(2, "p2")):
        gate.defer(deferred)
    assert not admits(gate, on(2, "p2"))
    assert not admits(gate, on_tournament("n1"))
    assert admits(gate, on(1, "p1"))


def test_an_entry_deferred_again_is_waited_for_again() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert admits(gate, on(1, "p1"))
    gate.defer(on(1, "p1"))
    assert not admits(gate, on(1, "p2"))


def test_what_has_its_answer_comes_through_and_is_waited_for_no_longer() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    gate.defer(on(1, "p2"))
    assert admits(gate, on(1, "p1"), "p1")
    assert admits(gate, on(1, "p3"), "p1", "p2")
    assert admits(gate, on(1, "p4"))


def test_what_was_admitted_and_not_judged_after_all_comes_before_the_rest() -> None:
    gate = Gate()
    gate.defer(on(1, "p2"))
    gate.defer(on_tournament("n1"))
    gate.put_back([on(1, "p1"), on(1, "p2")])
    assert not admits(gate, on(1, "p2"))
    assert not admits(gate, on_tournament("n1"))
    assert [admits(gate, again) for again in (on(1, "p1"), on(1, "p2"), on_tournament("n1"))] == [True] * 3


def test_the_tournament_waits_for_all_of_a_match_and_not_for_what_came_later() -> None:
    gate = Gate()
    run = (on(1, "p1"), on(1, "p2"), on_tournament("n1"), on(1, "p3"))
    for deferred in run:
        gate.defer(deferred)
    assert gate.admits(run[0], nothing)
    assert not gate.admits(run[2], nothing)
    assert [gate.admits(again, nothing) for again in run[1:]] == [True] * 3


def test_nobody_waits_for_an_entry_that_an_earlier_copy_brought() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert gate.admits(on(1, "p2"), lambda id: id == "p1")
    assert gate.admits(on(1, "p3"), nothing)


def test_a_copy_of_a_judged_entry_need_not_wait() -> None:
    gate = Gate()
    gate.defer(on_tournament("n1"))
    assert gate.admits(on(1, "p1"), lambda id: id == "p1")
    assert not gate.admits(on(1, "p2"), nothing)


def test_what_was_admitted_and_not_judged_comes_before_what_waited_behind_it() -> None:
    gate = Gate()
    gate.defer(on_tournament("n1"))
    gate.defer(on(1, "p1"))
    gate.put_back((on(1, "p1"), on(2, "p2")))
    assert not gate.admits(on_tournament("n1"), nothing)
    assert [gate.admits(again, nothing) for again in (on(2, "p2"), on(1, "p1"), on_tournament("n1"))] == [
        True
    ] * 3
