"""The Queue screen: what waits on this laptop, what was refused, and the conflicts that a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on

from core import commands, ids
from tui import keys
from tui.messages import Moved, Opened
from tui.screens.base import ListScreen, after
from tui.screens.dialogs import Ask
from tui.screens.match import ask_score
from tui.screens.questions import ask_withdraw
from tui.selectors import decision, entry, queue, words
from tui.widgets.lines import Lines
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core import Queued
    from tui.selectors.scene import Scene

SENT = 6
"""Lines of what was sent last, its heading included."""
SENT_FROM = 30
"""Rows of a window from which on that is shown."""
SENT_BELOW_CONFLICT = 40
"""The same where a conflict is shown too."""


class QueueScreen(ListScreen):
    """The outbox and the conflicts."""

    PLACE = "queue"
    LAST = "sent"
    LOOK = "decide it here"
    BINDINGS: ClassVar = keys.bindings("queue")

    def __init__(self) -> None:
        super().__init__()
        self.tab: queue.Tab | None = None
        """The tab that the person chose; `None` for the one that matters most."""

    def compose_body(self) -> ComposeResult:
        yield Lines(id="tabs")
        yield Rows(id="rows")
        yield Lines(id="panel")
        yield Lines(id="sent")

    @property
    def current(self) -> queue.Tab:
        """The tab on the screen."""
        return self.tab or queue.serious(self.scene)

    @property
    def conflict(self) -> queue.Conflict | None:
        """The conflict under the cursor."""
        cursor = self.rows.cursor
        return queue.find(self.scene, cursor) if cursor and self.current == "conflicts" else None

    @property
    def queued(self) -> Queued | None:
        """The entry under the cursor."""
        cursor = self.rows.cursor
        return queue.queued_at(self.scene, cursor) if cursor and self.current != "conflicts" else None

    def off(self, scene: Scene) -> frozenset[str]:
        conflict, queued = self.conflict, self.queued
        off = set(super().off(scene))
        if conflict is None:
            off |= {"queue.take", "queue.mine", "queue.later"}
        if queued is None:
            off.add("queue.withdraw")
        if conflict is None and queued is None:
            off.add("queue.open")
        if conflict is None and (queued is None or queued.state != "refused"):
            off.add("queue.edit")
        return frozenset(off)

    def draw_body(self, scene: Scene) -> None:
        width = self.app.size.width
        self.query_one("#tabs", Lines).show((queue.summary(scene, self.current, width),))
        listing = queue.listing(scene, self.current)
        by_key = {row.key: row for row in listing.rows}
        self.rows.fill(tuple(by_key), by_key.__getitem__, queue.COLUMNS, listing.message)
        self._draw_panel(scene, width)
        sent = self.query_one("#sent", Lines)
        room = self.app.size.height >= (SENT_FROM if self.conflict is None else SENT_BELOW_CONFLICT)
        lines = queue.answered(scene, width, SENT) if room else ()
        sent.display = bool(lines)
        sent.take_rows(len(lines) + 1)  # and the line above it
        sent.show(lines)

    def _draw_panel(self, scene: Scene, width: int) -> None:
        panel = self.query_one("#panel", Lines)
        conflict = self.conflict
        panel.display = conflict is not None
        if conflict is None:
            return
        lines = decision.panel(scene, conflict, width, self.app.size.height)
        panel.take_rows(len(lines) + 1)  # and the line above it
        panel.show(lines)

    @on(Moved)
    def look(self) -> None:
        """Let the panel follow the cursor."""
        self._draw_panel(self.scene, self.app.size.width)

    def action_turn(self, step: int) -> None:
        self.tab = after(queue.TABS, self.current, step)
        self.console.paint()

    def attend(self, found: tuple[queue.Conflict, ...]) -> None:
        """Put the cursor on the next conflict, when it stands on one already."""
        if not self.stands():
            return
        listed = [conflict.key for conflict in found]
        if self.rows.cursor in listed:
            self.rows.move_to(after(tuple(listed), self.rows.cursor))

    @on(Opened)
    def action_open(self) -> None:
        conflict, queued = self.conflict, self.queued
        match = conflict.match if conflict else commands.match_of(queued.entry.command) if queued else None
        if match is not None:
            self.console.open_match(match)

    def _at_conflict(self) -> queue.Conflict | None:
        """Return the conflict to decide, if this person may; else say why not."""
        if refusal := entry.forbids(self.scene):
            self.console.say(refusal)
            return None
        if self.conflict is None:
            self.console.say("No conflict is chosen:  f to the Conflicts tab")
        return self.conflict

    def action_take(self) -> None:
        conflict = self._at_conflict()
        if conflict is not None:
            self._confirm(decision.take_hub(self.scene, conflict))

    def action_mine(self) -> None:
        conflict = self._at_conflict()
        if conflict is not None:
            self._confirm(decision.send_mine(self.scene, conflict))

    def action_later(self) -> None:
        if self.conflict is not None:
            self.console.say("Nothing changed: it stays in Conflicts until somebody decides")
            self.rows.move(1)

    def action_edit(self) -> None:
        queued = self.queued
        if queued is not None:
            self._edit_refused(queued)
            return
        conflict = self._at_conflict()
        if conflict is None:
            return
        tournament = queue.shown_of(self.scene, conflict.match).confirmed
        match = tournament.matches[conflict.match]

        def given(score: commands.Score) -> None:
            self._confirm(decision.edited(self.scene, conflict, score))

        title = f"{ids.short_form(conflict.match)}: the score that counts"
        mine = decision.mine_after(match, conflict)
        ask_score(self.console, tournament, match, title, mine, given)

    def _edit_refused(self, queued: Queued) -> None:
        match = commands.match_of(queued.entry.command)
        if queued.state != "refused" or match is None:
            self.console.say("Only a refused entry or a conflict can be edited")
            return
        self.console.open_match(match)

    def _confirm(self, choice: decision.Choice | str) -> None:
        if isinstance(choice, str):
            self.console.say(choice)
            return

        def answered(go: bool | None) -> None:
            if go:
                self.console.submit(choice.command)

        title = f"{choice.title}: {ids.short_form(choice.command.match)}?"
        self.app.push_screen(Ask(title, choice.consequence, choice.title), answered)

    def action_withdraw(self) -> None:
        queued = self.queued
        if queued is None:
            self.console.say("No entry is chosen")
            return
        shown = self.scene.view.tournaments.get(queued.entry.tournament)
        what = words.command(shown.projected if shown else None, queued.entry.command)
        ask_withdraw(self.console, queued.entry.id, what)

    def action_copy(self) -> None:
        cursor = self.rows.cursor
        rows = {row.key: row for row in queue.listing(self.scene, self.current).rows}
        if cursor in rows:
            self.console.copy("  ".join(cell.text for cell in rows[cursor].cells if cell.text))
