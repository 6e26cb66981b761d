"""The Feed screen: what happened, the newest at the bottom; moving up pauses it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on

from core import HubLine
from tui import keys
from tui.messages import Moved, Opened
from tui.screens.base import Filter, ListScreen, after
from tui.selectors import feed, words
from tui.selectors.cells import Row, Run, beside, plain
from tui.widgets.lines import Lines
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core import Feed, FeedLine
    from tui.selectors.cells import Line
    from tui.selectors.scene import Scene


class FeedScreen(ListScreen):
    """The lines of the feed."""

    PLACE = "feed"
    LAST = "raw"
    BINDINGS: ClassVar = keys.bindings("feed")

    def __init__(self) -> None:
        super().__init__()
        self.choice = feed.Choice()
        self._paused: Feed | None = None
        """The feed as it was when it was paused; `None` while it follows."""
        self._held: tuple[feed.Choice, dict[str, Row]] | None = None
        """The rows of the paused feed, made once for each choice."""

    def compose_body(self) -> ComposeResult:
        yield Lines(id="tabs")
        yield Filter()
        yield Rows(id="rows")
        yield Lines(id="raw")

    def draw_body(self, scene: Scene) -> None:
        newest = scene.view.feed
        self.query_one("#tabs", Lines).show((self._head(newest),))
        rows = self._rows(scene)
        message = (
            "Quiet so far. Scores, people and link changes appear here."
            if not newest.lines
            else "Nothing of this kind.  f next kind   Esc clears the filter"
        )
        columns, follow = feed.columns(scene), self._paused is None
        self.rows.fill(tuple(rows), rows.__getitem__, columns, message, follow=follow)
        self._draw_raw(scene)

    def _rows(self, scene: Scene) -> dict[str, Row]:
        if self._paused is None:
            return {row.key: row for row in feed.rows(scene, scene.view.feed, self.choice, self.rows.page)}
        if self._held is None or self._held[0] != self.choice:
            self._held = (self.choice, {row.key: row for row in feed.rows(scene, self._paused, self.choice)})
        return self._held[1]

    def _head(self, newest: Feed) -> Line:
        kinds: list[Run] = [Run(" ")]
        for kind in feed.KINDS:
            chosen = kind == self.choice.kind
            kinds.append(Run(f"[{kind}]" if chosen else f" {kind} ", "chosen" if chosen else "dim"))
        right: tuple[Line, ...]
        if self._paused is None:
            following, kept = Run("FOLLOWING ", "live"), Run(f" {len(newest.lines):,} kept ", "dim")
            right = ((following, kept), (following,))
        else:
            new = f"PAUSED  {newest.total - self._paused.total} new"
            right = tuple((Run(told, "slow"),) for told in (f"{new} below  G follows ", f"{new}  G follows "))
        found = (Run(f"  filter: {words.tidy(self.choice.filter)}", "strong"),) if self.choice.filter else ()
        return beside((*kinds, *found), *right, width=self.app.size.width)

    def _line_at_cursor(self) -> FeedLine | None:
        cursor = self.rows.cursor
        return feed.line_at(self._paused or self.scene.view.feed, cursor) if cursor else None

    def _draw_raw(self, scene: Scene) -> None:
        line = self._line_at_cursor()
        told = feed.raw(scene, line) if line is not None and self._paused is not None else ""
        self.query_one("#raw", Lines).show(((Run(f" {told}", "dim"),),))

    @on(Moved)
    def look(self) -> None:
        """Pause when the person moves up."""
        if self._paused is None and not self.rows.at_end:
            self._pause()
        self._draw_raw(self.scene)

    @on(Opened)
    def action_open(self) -> None:
        line = self._line_at_cursor()
        if isinstance(line, HubLine) and line.event.match is not None:
            self.console.open_match(line.event.match)
        else:
            self.console.say("This line is of no match")

    @on(Filter.Changed)
    def refilter(self, event: Filter.Changed) -> None:
        """Filter as the person types."""
        self.choice = replace(self.choice, filter=event.value)
        self.console.paint()

    def action_move(self, rows: int) -> None:
        if self._paused is None and rows < 0:
            self._pause()
        super().action_move(rows)

    def action_page(self, direction: int) -> None:
        if self._paused is None and direction < 0:
            self._pause()
        super().action_page(direction)

    def action_edge(self, direction: int) -> None:
        if direction > 0:
            self._paused = self._held = None
            self.console.paint()
            return
        self._pause()
        super().action_edge(direction)

    def action_pause(self) -> None:
        if self._paused is None:
            self._pause()
        else:
            self._paused = self._held = None
        self.console.paint()

    def _pause(self) -> None:
        if self._paused is None:
            self._paused = self.scene.view.feed
            self.draw_body(self.scene)

    def action_turn(self, step: int) -> None:
        self.choice = replace(self.choice, kind=after(feed.KINDS, self.choice.kind, step))
        self.console.paint()

    def action_back(self) -> None:
        if self.choice.filter:
            self.query_one(Filter).action_clear()

    def action_export(self) -> None:
        # All lines that are kept: while it follows, the list is only given those that the window shows.
        lines = feed.rows(self.scene, self._paused or self.scene.view.feed, self.choice)
        self.console.export(self.PLACE, self.rows.sheet(lines))

    def action_copy(self) -> None:
        line = self._line_at_cursor()
        if line is not None:
            row = feed.row(self.scene, 0, line)
            told = "  ".join(plain((cell,)).strip() for cell in row.cells if cell.text.strip())
            self.console.copy(f"{told}  {feed.raw(self.scene, line)}")
