"""The Table screen: the tables of all pools, the bracket as a tree, and both as they stood at any event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on

from core import CourtsideError
from tui import keys
from tui.messages import Opened
from tui.screens.base import ListScreen, after
from tui.selectors import bracket, standings, words
from tui.selectors.cells import Line, Run, spread
from tui.selectors.past import Past, slider
from tui.widgets.lines import Area, Lines
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core import ids, state
    from tui.selectors.cells import Row
    from tui.selectors.scene import Scene

Tab = Literal["standings", "bracket"]
TABS: tuple[Tab, ...] = ("standings", "bracket")


class TableScreen(ListScreen):
    """Standings and bracket."""

    PLACE = "table"
    LAST = "tree"
    BINDINGS: ClassVar = keys.bindings("table")

    def __init__(self) -> None:
        super().__init__()
        self.tab: Tab = "standings"
        self.cursor: ids.MatchId | None = None
        """The match under the cursor of the bracket."""
        self._made: tuple[state.Tournament, bracket.Tree] | None = None
        self._listed: tuple[state.Tournament, dict[str, Row]] | None = None
        self.past: Past | None = None
        """The log that is looked back into; `None` for now."""
        self.seq = 0
        """The event after which the tables are shown, when looking back."""

    def compose_body(self) -> ComposeResult:
        yield Lines(id="past")
        yield Lines(id="tabs")
        yield Rows(id="rows")
        yield Area(id="tree")

    def draw_body(self, scene: Scene) -> None:
        shown = scene.shown
        width, _ = self.app.size
        self._toggle("past", None if self.past is None else slider(scene, self.past, self.seq, width))
        if self.past is not None and shown is not None:
            shown = replace(shown, projected=self.past.at(self.seq))
        self.rows.display = self.tab == "standings"
        self.query_one("#tree", Lines).display = self.tab == "bracket"
        where: Line = ()
        if self.tab == "standings":
            made = self._rows(shown.projected) if shown is not None else {}
            columns = standings.COLUMNS if shown is None else standings.columns(shown.projected)
            message = standings.NONE if shown is not None else "No tournament yet."
            self.rows.fill(tuple(made), made.__getitem__, columns, message)
        elif shown is not None:
            where = self._draw_tree(scene, shown.projected)
        tabs = tuple(
            Run(f" [{tab.capitalize()}] ", "chosen") if tab == self.tab else Run(f"  {tab.capitalize()}  ")
            for tab in TABS
        )
        self.query_one("#tabs", Lines).show((spread(tabs, (*where, Run(" ")), width),))

    def _draw_tree(self, scene: Scene, tournament: state.Tournament) -> Line:
        made = self._tree(tournament)
        if self.cursor not in made.nodes:
            self.cursor = made.beside(None, 0, 0)
        widget = self.query_one("#tree", Lines)
        width, height = widget.size
        if width and height:
            widget.show(bracket.lines(scene, tournament, made, self.cursor, width, height))
        return bracket.whereabouts(made, self.cursor, width)

    def _tree(self, tournament: state.Tournament) -> bracket.Tree:
        """Return the tree, made anew only where the tournament changed."""
        if self._made is None or self._made[0] is not tournament:
            self._made = (tournament, bracket.tree(tournament))
        return self._made[1]

    def _rows(self, tournament: state.Tournament) -> dict[str, Row]:
        """Return the rows of the tables, made anew only where the tournament changed."""
        if self._listed is None or self._listed[0] is not tournament:
            self._listed = (tournament, standings.rows(tournament))
        return self._listed[1]

    def action_history(self) -> None:
        if self.past is not None:
            self.action_back()
            return
        shown = self.scene.shown
        if shown is None:
            return
        tournament = shown.confirmed.id
        self.console.say("Reading the log ...")

        def read() -> None:
            try:
                past = Past(*self.console.read_log(tournament))
            except CourtsideError as error:
                self.app.call_from_thread(self.console.say, f"No history now: {words.tidy(str(error))}")
            else:
                self.app.call_from_thread(self._look_back, past)

        self.run_worker(read, thread=True, exclusive=True)

    def _look_back(self, past: Past) -> None:
        self.past, self.seq = past, past.last
        self.console.say("The newest event; go back with  [")

    def action_back(self) -> None:
        self.past = None
        self.console.paint()

    def action_event(self, step: int) -> None:
        self._go_to(self.seq + step)

    def action_tenth(self, step: int) -> None:
        if self.past is not None:
            self._go_to(self.seq + step * max(1, self.past.last // 10))

    def _go_to(self, seq: int) -> None:
        if self.past is not None:
            self.seq = max(1, min(seq, self.past.last))
            self.console.paint()

    def action_turn(self, step: int) -> None:
        self.tab = after(TABS, self.tab, step)
        self.call_after_refresh(self.console.paint)

    def action_move(self, rows: int) -> None:
        if self.tab == "standings":
            super().action_move(rows)
        else:
            self._step(0, rows)

    def action_page(self, direction: int) -> None:
        if self.tab == "standings":
            super().action_page(direction)
        else:
            self._step(0, direction * 4)

    def action_edge(self, direction: int) -> None:
        if self.tab == "standings":
            super().action_edge(direction)
        else:
            self._step(0, direction * 1_000)

    def action_sideways(self, rounds: int) -> None:
        if self.tab == "bracket":
            self._step(rounds, 0)

    def _step(self, rounds: int, matches: int) -> None:
        if self._made is not None:
            self.cursor = self._made[1].beside(self.cursor, rounds, matches)
            self.console.paint()

    @on(Opened)
    def action_open(self) -> None:
        if self.tab == "standings":
            self.console.say("Matches are opened in the bracket:  f  leads there")
        elif self.cursor is not None:
            self.console.open_match(self.cursor)

    def off(self, scene: Scene) -> frozenset[str]:
        return super().off(scene) | ({"table.open"} if self.tab == "standings" else frozenset())

    def action_export(self) -> None:
        shown = self.scene.shown
        if self.tab == "bracket" and shown is not None:
            tournament = shown.projected if self.past is None else self.past.at(self.seq)
            self.console.export("bracket", bracket.sheet(tournament))
        else:
            super().action_export()

    def action_copy(self) -> None:
        text = self.query_one("#tree", Lines).text if self.tab == "bracket" else self.rows.text
        if text:
            self.console.copy(text)
