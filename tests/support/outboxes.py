"""Outboxes for tests: of saved entries on one league, asked for what they send and what they list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.answers import Answer
from core.domain.commands import Entry, Notify
from core.domain.ids import CommandId
from core.realtime.config import EngineConfig
from core.realtime.effects import LinkId
from core.realtime.outbox.outbox import Outbox
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
