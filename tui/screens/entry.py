"""The Entry screen: one match, one key a point, and no text field in which a letter could end up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from core import commands, ids
from tui import keys
from tui.guard import PULSE, Guard
from tui.screens.base import MainScreen
from tui.screens.dialogs import Ask, ScoreForm
from tui.selectors import entry, history, words
from tui.selectors.cells import Run, arrange, heading, layout, length, spread
from tui.widgets.boxes import boxes, height_for
from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from core import Shown, state
    from tui.selectors.cells import Line
    from tui.selectors.scene import Scene

POINT_ACTIONS = ("add(", "add_chosen(", "step_")
"""Actions that enter at once: a bounced key must not do them twice."""


class EntryScreen(MainScreen):
    """The match being scored."""

    PLACE = "entry"
    LAST = "history"
    LEAST = (40, 12)
    # Digits are points here: whoever followed a banner that named one would change the score.
    LOOK = "!"
    BINDINGS: ClassVar = keys.bindings("entry")

    def __init__(self) -> None:
        super().__init__()
        self.chosen: commands.Side = "home"
        self._taken_back: list[commands.Command] = []
        """What undo withdrew here before it left, for redo; the newest last."""
        self._for: ids.MatchId | None = None
        self._guard = Guard(self.console.settings.double_press_guard)

    def compose_body(self) -> ComposeResult:
        yield Lines(id="also")
        yield Lines(id="boxes")
        yield Lines(id="obstacle")
        yield Lines(id="history")

    @property
    def subject(self) -> tuple[Shown, state.Match] | None:
        """The match being scored, in its tournament; `None` when no match is open or it is gone."""
        match = self.console.scoring
        if match is None:
            return None
        shown = self.scene.view.tournaments.get(ids.tournament_of(match))
        found = shown.projected.matches.get(match) if shown else None
        return (shown, found) if shown and found else None

    def draw_body(self, scene: Scene) -> None:
        width, height = self.app.size
        subject = self.subject
        if subject is None:
            for name in ("also", "boxes", "history"):
                self.query_one(f"#{name}", Lines).show(())
            self._line("obstacle", (Run("  No match is open. Pick one and press Enter"),))
            return
        shown, match = subject
        if match.id != self._for:
            self._for, self._taken_back, self.chosen = match.id, [], "home"
        model = entry.model(scene, shown, match)
        self._line("also", (Run(f" {model.warning}", "conflict"),))
        box_height = height_for(height, width)
        box = self.query_one("#boxes", Lines)
        if box.styles.height is None or box.styles.height.value != box_height:
            box.styles.height = box_height
        box.show(boxes(model, self.chosen, width, box_height, ascii=scene.ascii))
        waiting = f"{model.waiting} saved here" if model.waiting else ""
        role_line = Run(f" {model.obstacle}", "slow") if model.obstacle else Run("  Last entries", "dim")
        self._line("obstacle", spread((role_line,), (Run(f"{waiting} ", "pending"),), width))
        self._draw_history(scene, model, width)

    def off(self, scene: Scene) -> frozenset[str]:
        subject = self.subject
        if subject is None:
            return keys.POINTS | {"entry.official", "entry.reopen"}
        match, forbidden = subject[1], entry.forbids(scene)
        off = set(keys.POINTS if entry.obstacle(scene, *subject) else ())
        if forbidden or match.phase != "final":
            off.add("entry.official")
        if forbidden or not match.finished or scene.view.connection.role != "admin":
            off.add("entry.reopen")
        return frozenset(off)

    def _draw_history(self, scene: Scene, model: entry.Model, width: int) -> None:
        area = self.query_one("#history", Lines)
        places = layout(history.COLUMNS, width)
        room = max(0, area.size.height - 1)
        lines: list[Line] = [heading(history.COLUMNS, places)]
        lines.extend(arrange(history.row(scene, line), places) for line in model.lines[:room])
        if not model.lines:
            lines.append(
                (Run("  Nothing entered yet. Nothing you type is lost if the network goes away.", "dim"),)
            )
        area.show(lines)

    def frame(self, scene: Scene, width: int) -> Line:
        subject = self.subject
        if subject is None:
            return super().frame(scene, width)
        model = entry.model(scene, *subject)
        left = (Run(" COURTSIDE > Scores > ", "plain"), Run(model.title, "strong"))
        name = f"{subject[0].projected.name}   " if width >= 100 else ""
        right = (Run(f"{name}{model.place}   ", "dim"), Run("Esc back "))
        return spread(left, right if length(left) + length(right) < width else right[1:], width)

    def on_mount(self) -> None:
        self._pulse = self.set_interval(PULSE, self._beat, pause=True)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._guard = self._guard.beat(time.monotonic(), resumed=True)
        self._pulse.resume()

    def on_screen_suspend(self) -> None:
        self._pulse.pause()

    def _beat(self) -> None:
        self._guard = self._guard.beat(time.monotonic())

    def on_key(self, event: events.Key) -> None:
        """Drop a press that is a bounce of the one before."""
        if not self._is_point(event.key):
            return
        self._guard = self._guard.press(event.key, event.time, time.monotonic())
        if not self._guard.counts:
            event.stop()
            event.prevent_default()
            self.console.say(f"{keys.shown(event.key)} twice within 60 ms counts once")

    def _is_point(self, key: str) -> bool:
        return any(
            key in keys.bound(one, self.console.keymap) and one.action.startswith(POINT_ACTIONS)
            for one in keys.for_place("entry")
        )

    def _to_score(self) -> tuple[Shown, state.Match] | None:
        """Return the match when points may be entered; else say why not."""
        subject = self.subject
        if subject is None:
            self.console.say("No match is open. Pick one and press Enter")
            return None
        if obstacle := entry.obstacle(self.scene, *subject):
            self.console.say(obstacle)
            return None
        return subject

    def action_add(self, side: commands.Side, points: int) -> None:
        subject = self._to_score()
        if subject is None:
            return
        team = subject[1].slot(side).team
        if team is None:
            return
        before = getattr(subject[1].score, side)
        if before + points < 0:
            self.console.say("A score cannot go below 0")
            return
        self.chosen = side
        self._taken_back.clear()
        self.console.submit(commands.AddScore(subject[1].id, team, points))

    def action_add_chosen(self, points: int) -> None:
        self.action_add(self.chosen, points)

    def action_choose(self, side: commands.Side) -> None:
        self.chosen = side
        self.console.paint()

    def action_step_back(self) -> None:
        subject = self._to_score()
        if subject is None:
            return
        shown, match = subject
        back = entry.step_back(self.scene, shown, match)
        if back is None:
            self.console.say("This laptop has nothing to undo in this match")
            return
        queued = next((one for one in self.scene.view.queue if one.entry.id == back.entry), None)
        if back.local and queued is not None:
            if self.console.withdraw(back.entry):
                self._taken_back.append(queued.entry.command)
            return
        self.console.submit(commands.Undo(match.id, back.entry))

    def action_step_forward(self) -> None:
        subject = self._to_score()
        if subject is None:
            return
        if self._taken_back:
            self.console.submit(self._taken_back.pop())
            return
        again = entry.step_forward(self.scene, subject[1])
        if again is None:
            self.console.say("Nothing was undone last")
            return
        self.console.submit(again)

    def action_start(self) -> None:
        subject = self._to_score()
        if subject is None:
            return
        if subject[1].phase != "scheduled":
            self.console.say("The match has started already")
            return
        self.console.submit(commands.StartMatch(subject[1].id))

    def action_exact(self) -> None:
        subject = self._to_score()
        if subject is not None:
            self._ask_score(*subject, subject[1].score)

    def _ask_score(self, shown: Shown, match: state.Match, score: commands.Score) -> None:
        names = [words.side(shown.projected, match, which) for which in ("home", "away")]

        def given(wanted: commands.Score | None) -> None:
            if wanted is not None:
                self._taken_back.clear()
                self.console.submit(commands.SetScore(match.id, wanted))

        title = f"{ids.short_form(match.id)}: the exact score"
        self.app.push_screen(ScoreForm(title, names[0], names[1], score), given)

    def action_final(self) -> None:
        subject = self._to_score()
        if subject is None:
            return
        shown, match = subject
        if not entry.needs_shootout(shown, match):
            self._ask_final(shown, match, None)
            return
        names = [words.side(shown.projected, match, which) for which in ("home", "away")]

        def decided(shootout: commands.Score | None) -> None:
            if shootout is not None:
                self._ask_final(shown, match, shootout)

        title = f"Level at {words.points(match.score)}: the shoot-out decides this knock-out match"
        self.app.push_screen(ScoreForm(title, names[0], names[1], decisive=True), decided)

    def _ask_final(self, shown: Shown, match: state.Match, shootout: commands.Score | None) -> None:
        first = "It has not started: it starts and ends with this. " if match.phase == "scheduled" else ""
        result = entry.result_in_words(shown, match, shootout)
        told = f"{first}{result}. Points can then only be changed by reopening."

        def answered(go: bool | None) -> None:
            if not go:
                return
            if match.phase == "scheduled":
                self.console.submit(commands.StartMatch(match.id))
            self.console.submit(commands.CompleteMatch(match.id, shootout))

        self.app.push_screen(Ask(f"End {ids.short_form(match.id)}?", told, "Final"), answered)

    def action_official(self) -> None:
        subject = self.subject
        if subject is None or self._refuses():
            return
        shown, match = subject
        if match.phase != "final":
            is_official = match.phase == "official"
            self.console.say(
                "The result is official already" if is_official else "The match is not final yet:  F ends it"
            )
            return
        if match.held:
            self.console.say("This match has a conflict: decide it first,  6 Queue")
            return

        def answered(go: bool | None) -> None:
            if go:
                self.console.submit(commands.ConfirmResult(match.id))

        told = (
            f"{entry.result_in_words(shown, match, match.shootout)}. The confirmed result becomes official."
        )
        self.app.push_screen(Ask(f"Make {ids.short_form(match.id)} official?", told, "Official"), answered)

    def action_reopen(self) -> None:
        subject = self.subject
        if subject is None or self._refuses():
            return
        match = subject[1]
        if self.scene.view.connection.role != "admin":
            self.console.say("Only ops can reopen a match")
            return
        if not match.finished:
            self.console.say("The match is not final")
            return

        def answered(go: bool | None) -> None:
            if go:
                self.console.submit(commands.ReopenMatch(match.id))

        told = f"{words.result(match)} is no longer {match.phase}: the match is live, points can be changed."
        self.app.push_screen(Ask(f"Reopen {ids.short_form(match.id)}?", told, "Reopen"), answered)

    def _refuses(self) -> bool:
        refusal = entry.forbids(self.scene)
        if refusal:
            self.console.say(refusal)
        return bool(refusal)

    def _newest_refused(self) -> history.Line | None:
        subject = self.subject
        lines = history.history(self.scene, *subject) if subject else ()
        found = next((line for line in lines if line.refused), None)
        if found is None:
            self.console.say("Nothing of this laptop was refused in this match")
        return found

    def action_edit(self) -> None:
        if self._newest_refused() is not None:
            self.action_exact()

    def action_withdraw(self) -> None:
        line = self._newest_refused()
        if line is None:
            return
        self.console.ask_withdraw(line.id, line.what)
