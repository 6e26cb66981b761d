"""Who listens to the store: told once a batch, of what was selected, and held by nobody after."""

from __future__ import annotations

import gc
import operator
import weakref
from typing import TYPE_CHECKING

import pytest

from core.realtime.effects import (
    SavingChanged,
    Told,
)
from core.realtime.store import Store
from core.realtime.view import (
    LocalLine,
    View,
)
from tests.support.stores import LOG, M1, PLAN, advanced, filled, store
from tests.support.tournaments import NOON, match

if TYPE_CHECKING:
    from collections.abc import Callable


def home_points(view: View) -> int:
    return view.tournaments[PLAN.id].confirmed.matches[M1].score.home


def test_listeners_hear_once_of_a_batch() -> None:
    made = store()
    heard: list[View] = []
    unsubscribe = made.subscribe(heard.append)
    made.settle()
    assert heard == []
    made.apply(Told(LocalLine(NOON, "link", "one")), NOON)
    made.apply(Told(LocalLine(NOON, "link", "two")), NOON)
    made.settle()
    made.settle()
    assert heard == [made.view]
    unsubscribe()
    unsubscribe()
    made.apply(Told(LocalLine(NOON, "link", "three")), NOON)
    made.settle()
    assert len(heard) == 1


def test_a_listener_that_was_ended_during_a_call_is_not_called_any_more() -> None:
    made = store()
    heard: list[View] = []
    ends: list[Callable[[], None]] = []
    made.subscribe(lambda _: ends.pop()() if ends else None)
    ends.append(made.subscribe(heard.append))
    for text in ("one", "two"):
        made.apply(Told(LocalLine(NOON, "link", text)), NOON)
        made.settle()
    assert heard == []
    assert made.listeners == 1


def test_a_selection_is_told_once_for_each_change_of_it() -> None:
    made = filled()
    heard: list[int] = []
    unsubscribe = made.select(home_points, heard.append)
    for event in LOG[3:6]:
        made.apply(advanced(event), NOON)
        made.settle()
        made.apply(Told(LocalLine(NOON, "link", "nothing of a score")), NOON)
        made.settle()
    assert heard == [2]
    unsubscribe()
    unsubscribe()
    made.apply(advanced(*LOG[6:]), NOON)
    made.settle()
    assert heard == [2]


def test_a_selection_is_compared_as_the_caller_says() -> None:
    made = filled()
    heard: list[int] = []
    made.select(home_points, heard.append, equal=lambda old, new: old // 10 == new // 10)
    made.apply(advanced(*LOG[3:6]), NOON)
    made.settle()
    assert home_points(made.view) == 2
    assert heard == []


def test_a_selection_of_something_else_is_not_told_of_a_point() -> None:
    made = filled()
    heard: list[object] = []
    made.select(
        lambda view: view.tournaments[PLAN.id].confirmed.matches[match(PLAN, 2)],
        heard.append,
        equal=operator.is_,
    )
    made.apply(advanced(*LOG[3:6]), NOON)
    made.settle()
    assert heard == []


def test_a_selection_whose_listener_throws_is_told_once_of_each_change_all_the_same() -> None:
    made = filled()
    heard: list[int] = []

    def listener(points: int) -> None:
        heard.append(points)
        raise ValueError(points)

    made.select(home_points, listener)
    made.apply(advanced(*LOG[3:6]), NOON)
    for _ in range(3):
        made.settle()
    assert heard == [2]


def test_what_no_longer_listens_is_held_by_nobody() -> None:
    class Widget:
        def hear(self, _: object) -> None: ...

    def come_and_go(made: Store) -> weakref.ref[Widget]:
        widget = Widget()
        for end in (made.subscribe(widget.hear), made.select(home_points, widget.hear)):
            end()
        return weakref.ref(widget)

    made = filled()
    gone = [come_and_go(made) for _ in range(100)]
    gc.collect()
    assert made.listeners == 0
    assert [ref for ref in gone if ref() is not None] == []


def test_a_listener_that_throws_stops_no_other_and_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    made = store()
    heard: list[View] = []
    fails = [True, True, False, True]

    def listener(_: View) -> None:
        if fails.pop(0):
            raise ValueError("no such widget")

    made.subscribe(listener)
    made.subscribe(heard.append)
    for number in range(4):
        made.apply(SavingChanged(can_save=number % 2 == 0, sends=True), NOON)
        made.settle()
    texts = [line.text for line in made.view.feed.lines if isinstance(line, LocalLine)]
    assert texts == ["a listener failed: ValueError: no such widget"] * 2
    assert len(heard) == 4
    assert "a listener of the store failed" in caplog.text
