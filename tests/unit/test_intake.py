"""The intake: what a sender brings is sifted by who it is and by how much comes at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.domain.commands import Entry
from core.domain.ids import TournamentId
from core.hub.door.access import READER, TRUSTED, Pass
from core.hub.door.door import ENTRIES, LATE_ENTRIES, Door, House, Visitor
from core.hub.door.intake import SIGN_IN_WAIT, take_in
from core.hub.door.tokens import Mint
from core.hub.judging.gate import Gate
from core.hub.judging.parties import Sender
from core.hub.web.figures import Figures
from core.wire.messages import Deferred, Problem
from tests.support.tournaments import entry, league, point

PLAN = league()
HERE, THERE = Visitor("127.0.0.1"), Visitor("192.168.1.5")
ANN = Pass("t1", "Ann", "moderator")


class Desk:
    """A sender and the one who would judge what comes through."""

    def __init__(self, pass_: Pass) -> None:
        self.pass_ = pass_
        self.gate = Gate()
        self.figures = Figures()
        self.deferred: list[Deferred] = []
        self.brought: list[tuple[Entry, ...]] = []
        self.names: list[str] = []
        self.door = Door(Mint(b"s" * 32, "hub-1"), House())

    def bring(self, sender: Sender, entries: Sequence[Entry], name: str, device: str) -> None:
        self.brought.append(tuple(entries))
        self.names.append(name)

    def give_answers(self, answers: object) -> None:
        raise AssertionError("nothing is judged here")

    def give_deferred(self, deferred: Deferred) -> None:
        self.deferred.append(deferred)

    def give_problem(self, problem: Problem) -> None:
        raise AssertionError(problem)

    def take(self, *entries: Entry, visitor: Visitor = THERE, now: float = 0.0) -> None:
        take_in(self.door, self, self, visitor, entries, "Bo", "laptop-1", now)


def points(count: int, tournament: TournamentId = PLAN.id) -> list[Entry]:
    return [entry(tournament, point(PLAN, 1, "a"), id=f"c{number}") for number in range(count)]


def test_what_may_come_goes_on_under_the_name_that_ops_gave() -> None:
    desk = Desk(ANN)
    one, two = points(2)
    desk.take(one, two)
    assert (desk.brought, desk.names, desk.deferred) == ([(one, two)], ["Ann"], [])
    nameless = Desk(replace(ANN, name=""))
    nameless.take(one)
    assert nameless.names == ["Bo"]


def test_who_has_not_signed_in_keeps_its_entries() -> None:
    desk = Desk(READER)
    desk.take(*points(2))
    (deferred,) = desk.deferred
    assert (deferred.code, deferred.ids, deferred.retry_after) == ("sign_in", ("c0", "c1"), SIGN_IN_WAIT)
    assert desk.brought == []


def test_what_is_beyond_a_pass_waits_and_the_rest_goes_on() -> None:
    desk = Desk(replace(ANN, tournaments=frozenset({PLAN.id})))
    own, *_ = points(1)
    other = entry(TournamentId("other"), point(PLAN, 1, "a"), id="beyond")
    desk.take(other, own)
    assert desk.brought == [(own,)]
    assert [one.ids for one in desk.deferred] == [("beyond",)]


@pytest.mark.parametrize(
    ("pass_", "burst", "per_second"),
    [
        (ANN, ENTRIES.burst, ENTRIES.per_second),
        (replace(ANN, standing="expired"), LATE_ENTRIES.burst, LATE_ENTRIES.per_second),
    ],
)
def test_too_many_at_a_time_wait_in_their_order(pass_: Pass, burst: float, per_second: float) -> None:
    desk = Desk(pass_)
    for _ in range(int(burst) // 500):
        desk.take(*points(500))
    brought = len(desk.brought)
    desk.take(*points(1))
    assert len(desk.brought) == brought
    (deferred,) = desk.deferred
    assert deferred.code == "rate"
    assert deferred.retry_after == pytest.approx(1 / per_second)
    desk.take(*points(1), now=1.01 / per_second)
    assert len(desk.brought) == brought + 1


def test_the_hubs_own_machine_is_not_slowed_down() -> None:
    desk = Desk(TRUSTED)
    for _ in range(30):
        desk.take(*points(500), visitor=HERE)
    assert desk.deferred == []
