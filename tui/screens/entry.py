"""The Entry screen: one match, one key a point, and no text field in which a letter could end up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from core import commands, games
from tui import keys, theming
from tui.guard import PULSE, Guard
from tui.screens.forms import Field, Form
from tui.screens.questions import ask_withdraw
from tui.screens.result import ResultScreen
from tui.selectors import entry, history, tally
from tui.selectors.cells import Run, arrange, beside, heading, layout, length, spread
from tui.widgets.boxes import boxes, height_for
from tui.widgets.lines import Area, Lines

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from core import Shown, ids, state
    from tui.selectors.cells import Line
    from tui.selectors.scene import Scene

POINT_ACTIONS = ("add(", "add_chosen(", "step_", "throw(")
"""Actions that enter at once: a bounced key must not do them twice."""


class EntryScreen(ResultScreen):
    """The match being scored."""

    PLACE = "entry"
    LAST = "promise"
    LEAST = (40, 12)
    # Digits are points here: whoever followed a banner that named one would change the score.
    LOOK = "! to look"
    BINDINGS: ClassVar = keys.bindings("entry")

    def __init__(self) -> None:
        super().__init__()
        self.chosen: commands.Side = "home"
        self.players: dict[commands.Side, str] = {}
        """Who throws, by side, in a game of cups; a side without a name is not asked about."""
        self._taken_back: list[commands.Command] = []
        """What undo withdrew here before it left, for redo; the newest last."""
        self._for: ids.MatchId | None = None
        self._guard = Guard(self.console.settings.double_press_guard)

    def compose_body(self) -> ComposeResult:
        yield Lines(id="also")
        yield Lines(id="boxes")
        yield Lines(id="game")
        yield Lines(id="obstacle")
        yield Area(id="history")
        yield Lines(id="promise")

    def draw_body(self, scene: Scene) -> None:
        width, height = self.app.size
        subject = self.subject
        if subject is None:
            for name in ("also", "boxes", "game", "history", "promise"):
                self.query_one(f"#{name}", Lines).show(())
            self._line("obstacle", (Run("  No match is open. Pick one and press Enter"),))
            return
        shown, match = subject
        if match.id != self._for:
            self._for, self._taken_back, self.chosen, self.players = match.id, [], "home", {}
        model = entry.model(scene, shown, match)
        self._line("also", (Run(f" {model.warning}", "conflict"),))
        box_height = height_for(height, width)
        box = self.query_one("#boxes", Lines)
        box.take_rows(box_height)
        thick = self.app.theme == theming.THICK
        box.show(boxes(model, self.chosen, width, box_height, ascii=scene.ascii, thick=thick))
        game = model.sets or self._throwing()
        self.query_one("#game", Lines).display = bool(game)
        self._line("game", game)
        self._line("obstacle", self._heading(scene, subject, model, width))
        promise, area = self.query_one("#promise", Lines), self.query_one("#history", Lines)
        told = entry.promise(model, width, height)
        if len(model.lines) + 1 + len(told) > area.size.height + promise.size.height:
            told = ()
        promise.take_rows(len(told))
        promise.show(told)
        self._draw_history(scene, subject, model, width)

    def _heading(
        self, scene: Scene, subject: tuple[Shown, state.Match], model: entry.Model, width: int
    ) -> Line:
        """Return the line above the last entries: what is in the way, or what waits and what undo does."""
        if model.obstacle:
            return (Run(f" {model.obstacle}", "slow"),)
        left = Run("  Last entries", "dim")
        waiting = Run(f"{model.waiting} saved here   " if model.waiting else "", "pending")
        back = entry.step_back(scene, *subject)
        undo = Run(f"u undo {back.what} " if back is not None else "", "dim")
        return beside((left,), (waiting, undo), (waiting,), width=width)

    def off(self, scene: Scene) -> frozenset[str]:
        subject = self.subject
        if subject is None:
            return keys.POINTS | {"entry.official", "entry.reopen"}
        match, forbidden = subject[1], entry.forbids(scene)
        off = set(keys.POINTS if entry.obstacle(scene, *subject) else ())
        if self._may_correct(match) and not forbidden:
            off -= {"entry.exact", "entry.sets"}
        if isinstance(self.rules, games.TimeRules):
            off |= {key.id for key in keys.for_place("entry") if key.action.startswith("add")}
        if not isinstance(self.rules, games.SetsRules):
            off |= {"entry.end_set", "entry.sets"}
        if not isinstance(self.rules, games.CupsRules):
            off |= {"entry.bounce", "entry.miss", "entry.player"}
        if forbidden or match.phase != "final":
            off.add("entry.official")
        if forbidden or not match.finished or scene.view.connection.role != "admin":
            off.add("entry.reopen")
        return frozenset(off)

    def _throwing(self) -> Line:
        """Return who throws; nothing in other games than cups."""
        if not isinstance(self.rules, games.CupsRules):
            return ()
        named = "   ".join(f"{self.players.get(side) or '-'}" for side in tally.SIDES)
        return (
            Run("  players  ", "dim"),
            Run(named),
            Run(f"   b bounce +{self.rules.bounce}  m miss", "dim"),
        )

    def _draw_history(
        self, scene: Scene, subject: tuple[Shown, state.Match], model: entry.Model, width: int
    ) -> None:
        area = self.query_one("#history", Lines)
        columns = history.columns(subject[0].projected, subject[1])
        places = layout(columns, width)
        room = max(0, area.size.height - 1)
        lines: list[Line] = [heading(columns, places)]
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

    def action_add(self, side: commands.Side, points: int) -> None:
        subject = self.to_score()
        if subject is None:
            return
        rules = self.rules
        if isinstance(rules, games.TimeRules):
            self.set_score(away_first=side == "away")
            return
        if isinstance(rules, games.CupsRules) and points == 1:
            self._throw(*subject, side, "cup")
            return
        self._enter_points(*subject, side, points)

    def action_throw(self, action: games.Action) -> None:
        subject = self.to_score()
        if subject is not None:
            self._throw(*subject, self.chosen, action)

    def _throw(self, shown: Shown, match: state.Match, side: commands.Side, action: games.Action) -> None:
        points = games.points_of(self.rules, action)
        if points is None:
            self.console.say("This game is not played with cups")
            return
        self._enter_points(shown, match, side, points, action)

    def _enter_points(
        self,
        shown: Shown,
        match: state.Match,
        side: commands.Side,
        points: int,
        action: games.Action | None = None,
    ) -> None:
        team = match.slot(side).team
        assert team is not None  # else something stands in the way of points
        rules, score = tally.rules_of(shown.projected, match), match.score
        if games.decided(rules, match.sets) is not None:
            self.console.say(f"It is decided, {tally.sets_pair(match)} in sets:  F ends the match")
            return
        if isinstance(rules, games.CupsRules) and points > 0 and getattr(score, side) == rules.cups:
            self.console.say(f"All {rules.cups} cups are hit:  F ends the match")
            return
        after = score.plus(points, 0) if side == "home" else score.plus(0, points)
        problem = games.score_problem(rules, after, match.sets)
        if problem is not None:
            self.console.say(problem[0].upper() + problem[1:])
            return
        self.chosen = side
        self.forget_withdrawn()
        player = self.players.get(side, "") if action is not None else ""
        self.console.submit(commands.AddScore(match.id, team, points, action, player))

    def forget_withdrawn(self) -> None:
        self._taken_back.clear()

    def action_player(self) -> None:
        subject = self.to_score()
        if subject is None:
            return
        if not isinstance(self.rules, games.CupsRules):
            self.console.say("This game is not played with cups")
            return

        def given(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self.players = dict(zip(tally.SIDES, values, strict=True))
                self.console.paint()

        fields = [
            Field(name, self.players.get(side, ""), "nobody in particular", 40)
            for name, side in zip(self.names(), tally.SIDES, strict=True)
        ]
        told = "Their names stand beside what they do, until you change them."
        self.app.push_screen(
            Form("Who throws?", fields, told=told, focus=tally.SIDES.index(self.chosen)), given
        )

    def action_add_chosen(self, points: int) -> None:
        self.action_add(self.chosen, points)

    def action_choose(self, side: commands.Side) -> None:
        self.chosen = side
        self.console.paint()

    def action_step_back(self) -> None:
        subject = self.to_score()
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
        subject = self.to_score()
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
        subject = self.to_score()
        if subject is None:
            return
        if subject[1].phase != "scheduled":
            self.console.say("The match has started already")
            return
        self.console.submit(commands.StartMatch(subject[1].id))

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
        ask_withdraw(self.console, line.id, line.what)
