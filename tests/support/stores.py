"""A store and the log that it is filled from: a small league in which one match is played and reopened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.domain.commands import ConfirmResult, ReopenMatch
from core.domain.ids import DeviceId
from core.realtime.effects import Advanced
from core.realtime.store import Store
from core.realtime.view import View
from tests.support.tournaments import EPOCH, NOON, league, match, point, record, result

if TYPE_CHECKING:
    from core.domain.events import Event

PLAN = league()
M1 = match(PLAN, 1)
LOG, STATE = record(PLAN, [point(PLAN, 1, "a"), *result(PLAN, 1, 2, 1), ConfirmResult(M1), ReopenMatch(M1)])
LATER = NOON + timedelta(hours=1)


def store() -> Store:
    """Return an empty one."""
    return Store(View(DeviceId("laptop-1"), "Ann"))


def filled(seq: int = 3) -> Store:
    """Return one that has seen the log up to `seq`."""
    made = store()
    made.apply(Advanced(PLAN.id, EPOCH, LOG[:seq]), NOON)
    return made


def advanced(*events: Event) -> Advanced:
    """Return what the store is told of events that came."""
    return Advanced(PLAN.id, EPOCH, events)
