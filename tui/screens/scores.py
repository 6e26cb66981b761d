"""The Scores screen: all matches, the one under the cursor below, one key to enter scores."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on

from core import ids
from tui import keys
from tui.messages import Moved, Opened
from tui.screens.base import Filter, ListScreen, after
from tui.selectors import detail, scores
from tui.widgets.lines import Lines
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core import state
    from tui.selectors.cells import Row
    from tui.selectors.scene import Scene

_log = logging.getLogger(__name__)
CALM = 3.0
"""Seconds after a movement during which rows keep their order."""


class ScoresScreen(ListScreen):
    """The list of matches."""

    PLACE = "scores"
    LAST = "detail"
    BINDINGS: ClassVar = keys.bindings("scores")

    def __init__(self) -> None:
        super().__init__()
        self.choice = scores.Choice()
        self._moved_at = float("-inf")
        self._order: tuple[ids.MatchId, ...] = ()

    def compose_body(self) -> ComposeResult:
        yield Lines(id="tabs")
        yield Filter()
        yield Rows(id="rows")
        yield Lines(id="detail")

    @property
    def match(self) -> state.Match | None:
        """The match under the cursor."""
        shown, cursor = self.scene.shown, self.rows.cursor
        return None if shown is None or cursor is None else shown.projected.matches.get(ids.MatchId(cursor))

    def draw_body(self, scene: Scene) -> None:
        width, height = self.app.size
        self.choice = replace(self.choice, stars=self.console.memory.stars)
        board = scores.board(scene, self.choice)
        calm = scene.now - self._moved_at < CALM
        self._order = scores.keep_order(self._order, board.order) if calm else board.order
        self.query_one("#tabs", Lines).show((scores.summary(scene, board, self.choice, width),))
        shown = scene.shown
        columns = scores.columns(shown.projected if shown else None)

        def make(key: str) -> Row:
            assert shown is not None  # without a tournament there are no keys
            match = shown.projected.matches[ids.MatchId(key)]
            try:
                return scores.row(scene, shown, match, self.choice.stars)
            except Exception:  # noqa: BLE001 -- the screen boundary, a row at a time
                _log.exception("the row of %s cannot be shown", key)
                return scores.bad_row(match)

        self.rows.fill(self._order, make, columns, board.message)
        self._draw_detail(scene, width, height)

    def _draw_detail(self, scene: Scene, width: int, height: int) -> None:
        lower = self.query_one("#detail", Lines)
        room = detail.rows_for(height)
        lower.display = room > 0
        if not room:
            return
        lower.take_rows(room + 1)  # and the line above it
        match = self.match
        shown = scene.shown
        lower.show(detail.detail(scene, shown, match, width, room) if match and shown else ())

    @on(Moved)
    def calm_down(self) -> None:
        """Let no row jump while the person moves."""
        self._moved_at = self.scene.now
        self._draw_detail(self.scene, *self.app.size)

    @on(Opened)
    def action_open(self) -> None:
        if self.match is not None:
            self.rows.hold()
            self.console.open_match(self.match.id)

    @on(Filter.Changed)
    def refilter(self, event: Filter.Changed) -> None:
        """Filter as the person types."""
        self._moved_at = float("-inf")
        self.choice = replace(self.choice, filter=event.value)
        self.console.paint()

    def action_back(self) -> None:
        if self.choice.filter:
            self.query_one(Filter).action_clear()

    def action_turn(self, step: int) -> None:
        self._choose(tab=after(scores.TABS, self.choice.tab, step))

    def action_sort(self) -> None:
        self._choose(sort=after(scores.SORTS, self.choice.sort))

    def show_tab(self, tab: scores.Tab) -> None:
        """Show one of the tabs."""
        self._choose(tab=tab)

    def _choose(self, *, tab: scores.Tab | None = None, sort: scores.Sort | None = None) -> None:
        self.choice = replace(self.choice, tab=tab or self.choice.tab, sort=sort or self.choice.sort)
        self._moved_at = float("-inf")
        self.console.paint()

    def action_star(self) -> None:
        if self.match is not None:
            self._moved_at = float("-inf")
            self.console.remember(self.console.memory.starred(self.match.id))
            self.console.paint()

    def action_copy(self) -> None:
        shown = self.scene.shown
        if self.match is not None and shown is not None:
            self.console.copy(detail.copied(self.scene, shown, self.match))
