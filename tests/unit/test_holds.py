"""Holds: whether a held entry was decided, by what was seen of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.answers import Answer
from core.domain.commands import Base, Settle
from core.domain.ids import CommandId, Epoch
from core.domain.rules import Accepted, Conflicting, Refused, judge
from core.domain.state import Position
from core.realtime.effects import Advanced
from core.realtime.holds import Holds
from tests.support.tournaments import EPOCH, NOON, entry, league, match, point, record

if TYPE_CHECKING:
    from core.domain.commands import Entry
    from core.domain.state import Tournament

PLAN = league()
LOG, STATE = record(PLAN, [point(PLAN, 1, "a")])
STALE = entry(PLAN.id, point(PLAN, 1, "a"), id="x", device="laptop-2", base=Base(EPOCH, 0))


def judged(state: Tournament, made: Entry) -> Accepted | Conflicting:
    verdict = judge(state, made, NOON, EPOCH)
    assert not isinstance(verdict, Refused)
    return verdict


HELD = judged(STATE, STALE)
ANSWER = Answer(id=STALE.id, outcome="held", epoch=EPOCH, seq=HELD.events[-1].seq)
SETTLED = judged(HELD.state, entry(PLAN.id, Settle(match(PLAN, 1), (STALE.id,)), id="d", base=Base(EPOCH, 9)))


def is_decided(holds: Holds, position: Position) -> bool:
    return holds.is_decided(PLAN.id, ANSWER, position)


def test_an_entry_is_held_until_the_log_has_its_decision() -> None:
    holds = Holds()
    holds.receive_state(STATE)
    assert not is_decided(holds, STATE.position)
    holds.receive_events(Advanced(PLAN.id, EPOCH, HELD.events))
    assert not is_decided(holds, HELD.state.position)
    holds.receive_events(Advanced(PLAN.id, EPOCH, SETTLED.events))
    assert is_decided(holds, SETTLED.state.position)


def test_a_state_tells_what_is_held() -> None:
    holds = Holds()
    holds.receive_state(HELD.state)
    assert not is_decided(holds, HELD.state.position)
    holds.receive_state(SETTLED.state)
    assert is_decided(holds, SETTLED.state.position)


def test_a_log_is_followed_from_its_first_event_on() -> None:
    holds = Holds()
    holds.receive_events(Advanced(PLAN.id, EPOCH, (*LOG, *HELD.events)))
    assert not is_decided(holds, HELD.state.position)


def test_another_epoch_decides_nothing() -> None:
    holds = Holds()
    holds.receive_state(STATE)
    assert not is_decided(holds, Position(Epoch("e2"), 99, CommandId("z")))
