"""The gate: after an entry was deferred, what follows it waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import Notify
from core.hub.gate import Gate
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from core.domain.commands import Entry

PLAN = league()


def on(number: int, id: str) -> Entry:
    return entry(PLAN.id, point(PLAN, number, "a"), id=id)


def on_tournament(id: str) -> Entry:
    return entry(PLAN.id, Notify("Hello"), id=id)


def test_everything_is_admitted_while_nothing_was_deferred() -> None:
    assert Gate().admits(on(1, "p1"))


def test_later_entries_of_the_match_wait_until_the_first_is_resent() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert not gate.admits(on(1, "p2"))
    gate.defer(on(1, "p2"))
    assert gate.admits(on(1, "p1"))
    assert gate.admits(on(1, "p2"))


def test_other_matches_and_tournaments_go_on() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert gate.admits(on(2, "p2"))
    other = league(name="other")
    assert gate.admits(entry(other.id, point(other, 1, "a"), id="p3"))


def test_an_entry_on_the_tournament_waits_for_its_matches_and_they_for_it() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert not gate.admits(on_tournament("n1"))
    gate.defer(on_tournament("n1"))
    assert not gate.admits(on(2, "p2"))
    gate.defer(on(2, "p2"))
    assert [gate.admits(again) for again in (on(1, "p1"), on_tournament("n1"), on(2, "p2"))] == [True] * 3


def test_the_run_is_resent_in_its_order_or_not_at_all() -> None:
    gate = Gate()
    for deferred in (on(1, "p1"), on_tournament("n1"), on(2, "p2")):
        gate.defer(deferred)
    assert not gate.admits(on(2, "p2"))
    assert not gate.admits(on_tournament("n1"))
    assert gate.admits(on(1, "p1"))


def test_an_entry_deferred_again_is_waited_for_again() -> None:
    gate = Gate()
    gate.defer(on(1, "p1"))
    assert gate.admits(on(1, "p1"))
    gate.defer(on(1, "p1"))
    assert not gate.admits(on(1, "p2"))
