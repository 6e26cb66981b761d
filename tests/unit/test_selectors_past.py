"""The past: a state at any event is the fold of the log up to it."""

from __future__ import annotations

from core.domain.reduce import fold
from tests.support import desks
from tests.support.desks import scene
from tests.support.tournaments import EPOCH, league, log, point
from tui.selectors.cells import length, plain
from tui.selectors.past import EVERY, Past, slider

PLAN = league(4)
LOG = log(PLAN, *(point(PLAN, 1, "a") for _ in range(600)))


def test_every_moment_is_the_fold_of_what_came_before_in_any_order_of_asking() -> None:
    past = Past(EPOCH, LOG)
    for seq in (past.last, 1, EVERY, EVERY + 1, 300, EVERY - 1, 2, past.last):
        assert past.at(seq) == fold(LOG[:seq], EPOCH)
        assert past.at(seq) is past.at(seq)


def test_the_slider_says_where_one_is_and_fits() -> None:
    past = Past(EPOCH, LOG)
    for width in (60, 80, 120, 200):
        line = slider(scene(desks.lively()), past, 300, width)
        assert length(line) <= max(width, 90)
    told = plain(slider(scene(desks.lively()), past, 1, 120))
    assert told.startswith(" as of 12:00:00  event 1 of ")
    assert "|o-" in told
