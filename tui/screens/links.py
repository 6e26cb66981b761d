"""The Links screen: endpoints with their health, devices at the hub, rooms, outbox and alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on

from tui import keys
from tui.messages import Moved, Opened
from tui.screens.base import ListScreen, after
from tui.selectors import links
from tui.widgets.lines import Lines
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core import LinkView
    from tui.selectors.scene import Scene

GRAPH_FROM = 20
"""Rows of a window from which on the graph is drawn."""


class LinksScreen(ListScreen):
    """Everything about links, one table at a time."""

    PLACE = "links"
    LAST = "parts"
    BINDINGS: ClassVar = keys.bindings("links")

    def __init__(self) -> None:
        super().__init__()
        self.table: links.Table = "links"
        self.window = links.WINDOWS[1]

    def compose_body(self) -> ComposeResult:
        yield Lines(id="own")
        yield Lines(id="graph")
        yield Lines(id="tabs")
        yield Rows(id="rows")
        yield Lines(id="parts")

    @property
    def link(self) -> LinkView | None:
        """The link under the cursor, or else the first one."""
        listed = self.scene.view.connection.links
        chosen = (link for link in listed if self.table == "links" and link.endpoint == self.rows.cursor)
        return next(chosen, next(iter(listed), None))

    def draw_body(self, scene: Scene) -> None:
        console = self.console
        company, seen = console.company, console.acknowledged
        alerts = sum(alert.key not in seen for alert in links.alerts(scene, company))
        self.query_one("#own", Lines).show((links.head(scene, self.app.size.width),))
        self.query_one("#tabs", Lines).show((links.tabs(scene, self.table, company, alerts),))
        made = links.rows(scene, self.table, company, console.trips, console.room_stats, seen)
        columns = links.COLUMNS[self.table]
        self.rows.fill(tuple(made), made.__getitem__, columns, links.message(self.table))
        self._draw_link(scene)

    def _draw_link(self, scene: Scene) -> None:
        width, height = self.app.size
        drawn = self.query_one("#graph", Lines)
        drawn.display = height >= GRAPH_FROM
        if drawn.display:
            drawn.show(links.graph(scene, self.console.trips, self.link, self.window, width))
        parts = self.query_one("#parts", Lines)
        parts.display = self.table == "links"
        parts.show(links.detail(scene, self.link))

    @on(Moved)
    def follow(self) -> None:
        """Draw the link under the cursor."""
        self._draw_link(self.scene)

    @on(Opened)
    def show_next(self) -> None:
        """Turn to the next table: a row has nothing behind it."""
        self.action_turn(1)

    def action_turn(self, step: int) -> None:
        self.table = after(links.TABLES, self.table, step)
        self.console.paint()

    def action_window(self, step: int) -> None:
        place = links.WINDOWS.index(self.window) + step
        self.window = links.WINDOWS[max(0, min(place, len(links.WINDOWS) - 1))]
        self.console.paint()

    def action_drain(self) -> None:
        link = self.link
        if self.table != "links":
            self.console.say("An endpoint is drained in the table of links:  f  leads there")
        elif link is not None:
            self.console.drain(link.endpoint, wanted=not link.drained)

    def action_acknowledge(self) -> None:
        alerts = tuple(one.key for one in links.alerts(self.scene, self.console.company))
        if not alerts:
            self.console.say("There is no alert to acknowledge")
        elif self.table == "alerts" and self.rows.cursor is not None:
            self.console.acknowledge((self.rows.cursor,))
        else:
            self.console.acknowledge(alerts)

    def action_copy(self) -> None:
        if self.rows.text:
            self.console.copy(self.rows.text)
