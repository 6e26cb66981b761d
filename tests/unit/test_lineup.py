"""The line-up: the queue as screens see it, by row, and what of it changed since the last look."""

from __future__ import annotations

from core.domain.ids import CommandId
from core.realtime.outbox.lanes import Item
from core.realtime.outbox.lineup import Lineup
from tests.support.tournaments import entry, league, point

PLAN = league()


def item(row: int) -> Item:
    return Item(row, entry(PLAN.id, point(PLAN, 1, "a"), id=f"e{row}"), "saved")


def lineup(*rows: int) -> Lineup:
    made = Lineup()
    for row in rows:
        made.insert(item(row))
    return made


def told(made: Lineup) -> tuple[list[int], list[int]]:
    """Return the rows of the queue, and of what changed."""
    change = made.change()
    assert change is not None
    queue, changed = change
    return [queued.row for queued in queue], [queued.row for queued in changed]


def test_without_a_change_there_is_nothing_to_tell() -> None:
    made = lineup(1)
    assert told(made) == ([1], [1])
    assert made.change() is None


def test_the_queue_stands_by_row_however_entries_came() -> None:
    made = lineup(2, 4)
    assert told(made) == ([2, 4], [2, 4])
    made.insert(item(3))
    made.insert(item(1))
    made.insert(item(5))
    assert told(made) == ([1, 2, 3, 4, 5], [1, 3, 5])


def test_what_changed_is_told_anew_and_the_rest_is_the_same() -> None:
    made = lineup(1, 2)
    before, _ = made.change() or ((), ())
    made.items[CommandId("e2")].state = "sending"
    made.note(made.items[CommandId("e2")])
    after, changed = made.change() or ((), ())
    assert after[0] is before[0]
    assert [queued.state for queued in after] == ["saved", "sending"]
    assert changed == after[1:]


def test_what_is_listed_no_longer_is_gone_from_the_queue() -> None:
    made = lineup(1, 2)
    made.change()
    made.forget(made.items[CommandId("e1")])
    assert told(made) == ([2], [])
    fleeting = item(3)
    made.insert(fleeting)
    made.forget(fleeting)
    assert told(made) == ([2], [])
