"""What all keys on one match share: which match it is, who may enter, and the forms for its score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import commands, games, ids
from tui.screens.base import MainScreen
from tui.screens.dialogs import ScoreForm
from tui.screens.forms import Field, Form
from tui.selectors import entry, tally, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from core import Shown, state
    from tui.screens.console import Desk


def ask_score(
    desk: Desk,
    tournament: state.Tournament,
    match: state.Match,
    title: str,
    score: commands.Score,
    given: Callable[[commands.Score], object],
    *,
    away_first: bool = False,
) -> None:
    """Ask for a running score, as the match's kind of game writes it.

    Args:
        desk: where it is asked.
        tournament: the match's.
        match: the match.
        title: what is entered.
        score: what stands in the form at first.
        given: is called with the score; not when the person leaves.
        away_first: whether the away side's field is the first to type in.
    """
    home, away = (words.side(tournament, match, which) for which in tally.SIDES)
    if not isinstance(tally.rules_of(tournament, match), games.TimeRules):

        def scored(wanted: commands.Score | None) -> None:
            if wanted is not None:
                given(wanted)

        desk.push_screen(ScoreForm(title, home, away, score), scored)
        return

    def timed(values: tuple[str, ...] | None) -> None:
        if values is not None:
            times = [tally.read_time(value) or 0 for value in values]
            given(commands.Score(*times))

    def check(values: tuple[str, ...]) -> str:
        return tally.TIME_HELP if any(tally.read_time(value) is None for value in values) else ""

    fields = [
        Field(name, tally.time_typed(time), "1:23.456")
        for name, time in ((home, score.home), (away, score.away))
    ]
    desk.push_screen(Form(title, fields, "Set", check, "The lowest time wins.", focus=int(away_first)), timed)


class MatchScreen(MainScreen):
    """A screen about the match that is open for entry."""

    @property
    def subject(self) -> tuple[Shown, state.Match] | None:
        """The match being scored, in its tournament; `None` when no match is open or it is gone."""
        match = self.console.scoring
        if match is None:
            return None
        shown = self.scene.view.tournaments.get(ids.tournament_of(match))
        found = shown.projected.matches.get(match) if shown else None
        return (shown, found) if shown and found else None

    @property
    def rules(self) -> games.Rules:
        """What the score of the match means."""
        subject = self.subject
        return games.POINTS if subject is None else tally.rules_of(subject[0].projected, subject[1])

    def names(self) -> tuple[str, str]:
        """Return who plays, home first."""
        subject = self.subject
        if subject is None:
            return "", ""
        home, away = (words.side(subject[0].projected, subject[1], which) for which in tally.SIDES)
        return home, away

    def to_score(self) -> tuple[Shown, state.Match] | None:
        """Return the match when points may be entered; else say why not."""
        subject = self.subject
        if subject is None:
            self.console.say("No match is open. Pick one and press Enter")
            return None
        if obstacle := entry.obstacle(self.scene, *subject):
            self.console.say(obstacle)
            return None
        return subject

    def refuses(self) -> bool:
        """Tell whether this person may enter nothing, and say why."""
        refusal = entry.forbids(self.scene)
        if refusal:
            self.console.say(refusal)
        return bool(refusal)
