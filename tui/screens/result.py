"""The keys that end a match, or open it again: sets, final, forfeit, official, reopening, corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from core import commands, games, ids
from tui.screens.correcting import correct
from tui.screens.dialogs import Ask, ScoreForm
from tui.screens.forms import Field, Form, Pick
from tui.screens.match import MatchScreen, ask_score
from tui.selectors import entry, tally, words

if TYPE_CHECKING:
    from core import Shown, state

Exact: TypeAlias = commands.EnterSets | commands.SetScore | commands.SetTime
FORFEITS: tuple[tuple[commands.Cause, str], ...] = (
    ("no_show", "{} did not come"),
    ("forfeit", "{} gave up"),
    ("disqualified", "{} disqualified"),
)
NEITHER = "Neither side came"


class ResultScreen(MatchScreen):
    """A screen with the keys of a match's end."""

    def action_end_set(self) -> None:
        subject = self.to_score()
        if subject is None:
            return
        rules, match = self.rules, subject[1]
        if not isinstance(rules, games.SetsRules):
            self.console.say("This game has no sets:  F ends the match")
            return
        if games.decided(rules, match.sets) is not None:
            self.console.say(f"It is decided, {tally.sets_pair(match)} in sets:  F ends the match")
            return
        number = len(match.sets)
        goal = tally.goal(rules, number)
        title = f"Set {number + 1} ends: with which points? It goes to {goal}"
        home, away = self.names()

        def given(score: commands.Score | None) -> None:
            if score is not None:
                self._ask_set(rules, match, score)

        self.app.push_screen(ScoreForm(title, home, away, match.score), given)

    def _ask_set(self, rules: games.SetsRules, match: state.Match, score: commands.Score) -> None:
        number = len(match.sets)
        winner = games.set_winner(rules, score, number)
        problem = games.score_problem(rules, score, match.sets)
        if problem is not None or winner is None:
            self.console.say(problem or f"Set {number + 1} is not over at {words.points(score)}")
            return
        home, away = games.sets_won((*match.sets, score))
        name = self.names()[tally.SIDES.index(winner)]
        told = f"{words.points(score)}: {name} win it, {home}-{away} in sets."
        if games.decided(rules, (*match.sets, score)) is not None:
            told += " That decides the match:  F  then ends it."

        def answered(go: bool | None) -> None:
            if go:
                self.console.submit(commands.SetScore(match.id, score))

        self.app.push_screen(Ask(f"End set {number + 1}?", told, "End set"), answered)

    def action_sets(self) -> None:
        subject = self.subject
        if subject is None or self.refuses():
            return
        shown, match = subject
        rules = self.rules
        if not isinstance(rules, games.SetsRules):
            self.console.say("This game has no sets:  = sets the score")
            return
        if not self._may_correct(match) and self.to_score() is None:
            return

        def check(values: tuple[str, ...]) -> str:
            sets = tally.read_sets(values[0])
            return tally.SETS_HELP if sets is None else games.sets_problem(rules, sets) or ""

        def given(values: tuple[str, ...] | None) -> None:
            sets = tally.read_sets(values[0]) if values else None
            if sets is not None:
                self._enter(shown, match, (commands.EnterSets(match.id, sets),), tally.sets_text(sets))

        now = tally.sets_text((*match.sets, match.score) if match.score != commands.Score() else match.sets)
        title = f"{ids.short_form(match.id)}: all sets"
        home, away = self.names()
        field = Field(f"{home} - {away}", now, "25-22 21-25 15-10")
        self.app.push_screen(Form(title, [field], "Set", check, tally.SETS_HELP), given)

    def _may_correct(self, match: state.Match) -> bool:
        """Tell whether this person corrects a result that stands."""
        return match.finished and self.scene.view.connection.role == "admin"

    def _enter(
        self,
        shown: Shown,
        match: state.Match,
        asked: tuple[Exact, ...],
        told: str,
    ) -> None:
        """Enter a score; where the match is over, as a correction of its result."""
        if not match.finished:
            for command in asked:
                self.console.submit(command)
            return
        level = self._level(shown, match, asked)

        def decided(shootout: commands.Score | None) -> None:
            if shootout is not None:
                self._correct(shown, match, asked, told, shootout)

        if level:
            title = f"Level at {told}: the shoot-out decides this knock-out match"
            self.app.push_screen(ScoreForm(title, *self.names(), decisive=True), decided)
        else:
            self._correct(shown, match, asked, told, None)

    def _level(self, shown: Shown, match: state.Match, asked: tuple[Exact, ...]) -> bool:
        """Tell whether a corrected knock-out match would be level."""
        score = next((one.score for one in asked if isinstance(one, commands.SetScore)), None)
        if score is None or shown.projected.stage(match.stage).kind != "knockout":
            return False
        return games.leader(self.rules, score) is None

    def _correct(
        self,
        shown: Shown,
        match: state.Match,
        asked: tuple[Exact, ...],
        told: str,
        shootout: commands.Score | None,
    ) -> None:
        all_asked = (commands.ReopenMatch(match.id), *asked, commands.CompleteMatch(match.id, shootout))
        was = tally.result(shown.projected, match)
        again = " It is no longer official then." if match.phase == "official" else ""
        question = (
            f"Correct {ids.short_form(match.id)}?",
            f"The result {was} becomes {told}.{again}",
            "Correct",
        )
        correct(self.console, shown.projected, all_asked, question, reason=True)

    def action_exact(self) -> None:
        self.set_score()

    def set_score(self, *, away_first: bool = False) -> None:
        """Ask for the exact score, and enter it."""
        subject = self.subject
        if subject is None or self.refuses():
            return
        shown, match = subject
        rules = self.rules
        if match.finished and isinstance(rules, games.SetsRules):
            self.action_sets()
            return
        if not self._may_correct(match) and self.to_score() is None:
            return

        def given(score: commands.Score) -> None:
            problem = games.score_problem(rules, score, match.sets)
            if problem is not None:
                self.console.say(problem)
                return
            self.forget_withdrawn()
            self._enter(shown, match, entry.exactly(rules, match, score), tally.pair(rules, score))

        now = tally.playing(rules, match)
        what = "the times" if isinstance(rules, games.TimeRules) else "the exact score"
        title = f"{ids.short_form(match.id)}: {what}" + (f" of {now}" if now else "")
        ask_score(self.console, shown.projected, match, title, match.score, given, away_first=away_first)

    def forget_withdrawn(self) -> None:
        """Something else was entered: what undo withdrew is not done again."""

    def action_final(self) -> None:
        subject = self.to_score()
        if subject is None:
            return
        shown, match = subject
        if isinstance(self.rules, games.TimeRules) and match.score == commands.Score():
            self.console.say("Nobody has a time yet:  =  enters them,  X  ends a match that is not played")
            return
        if not entry.needs_shootout(shown, match):
            self._ask_final(shown, match, None)
            return
        home, away = self.names()

        def decided(shootout: commands.Score | None) -> None:
            if shootout is not None:
                self._ask_final(shown, match, shootout)

        level = tally.pair(self.rules, match.score)
        title = f"Level at {level}: the shoot-out decides this knock-out match"
        self.app.push_screen(ScoreForm(title, home, away, decisive=True), decided)

    def _ask_final(self, shown: Shown, match: state.Match, shootout: commands.Score | None) -> None:
        first = "It has not started: it starts and ends with this. " if match.phase == "scheduled" else ""
        result = entry.result_in_words(shown, match, shootout)
        told = f"{first}{result}. Points can then only be changed by reopening."
        asked: list[commands.Command] = [commands.CompleteMatch(match.id, shootout)]
        if match.phase == "scheduled":
            asked.insert(0, commands.StartMatch(match.id))
        correct(self.console, shown.projected, asked, (f"End {ids.short_form(match.id)}?", told, "Final"))

    def action_forfeit(self) -> None:
        subject = self.to_score()
        if subject is None:
            return
        shown, match = subject
        sides = ((match.home.team, match.away.team), (match.away.team, match.home.team))
        offered: list[tuple[str, commands.ForfeitMatch]] = [
            (told.format(name), commands.ForfeitMatch(match.id, team, cause))
            for cause, told in FORFEITS
            for name, (team, _) in zip(self.names(), sides, strict=True)
        ]
        offered.append((NEITHER, commands.ForfeitMatch(match.id, None, "no_show")))
        short = ids.short_form(match.id)

        def picked(number: int | None) -> None:
            if number is None:
                return
            told, command = offered[number]
            won = "Nobody wins." if command.team is None else _won(shown.projected, match, command.team)
            question = (f"End {short} without playing on?", f"{told}. {won}", "Forfeit")
            correct(self.console, shown.projected, (command,), question)

        options = [told for told, _ in offered]
        self.app.push_screen(Pick(f"{short} is not played to its end: why?", options), picked)

    def action_official(self) -> None:
        subject = self.subject
        if subject is None or self.refuses():
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
        if subject is None or self.refuses():
            return
        shown, match = subject
        if self.scene.view.connection.role != "admin":
            self.console.say("Only ops can reopen a match")
            return
        if not match.finished:
            self.console.say("The match is not final")
            return
        was = tally.result(shown.projected, match)
        told = f"{was} is no longer {match.phase}: the match is live, points can be changed."
        question = (f"Reopen {ids.short_form(match.id)}?", told, "Reopen")
        correct(self.console, shown.projected, (commands.ReopenMatch(match.id),), question, reason=True)


def _won(tournament: state.Tournament, match: state.Match, out: ids.TeamId) -> str:
    """Say the result of a match that one side does not play."""
    other: commands.Side = "away" if match.side_of(out) == "home" else "home"
    name = words.side(tournament, match, other)
    given = tournament.stage(match.stage).forfeit
    winner, loser = given if given is not None else games.default_score(tally.rules_of(tournament, match))
    return f"{name} win {winner}-{loser}." if winner else f"{name} win."
