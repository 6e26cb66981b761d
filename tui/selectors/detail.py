"""The lower part of Scores: the match under the cursor, in three lines or as a pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import ids
from tui.selectors import history, tally, words
from tui.selectors.cells import Line, Run, arrange, clip, heading, layout, plain

if TYPE_CHECKING:
    from core import Shown, state
    from tui.selectors.scene import Scene

SMALL = 3
"""Height of the lower part in a small window."""
LARGE = 11
"""Its height from 30 rows on."""
LARGEST = 18
"""Its height from 50 rows on."""


def rows_for(height: int) -> int:
    """Return how high the lower part is in a window of `height` rows."""
    if height < 20:
        return 0
    return SMALL if height < 30 else LARGE if height < 50 else LARGEST


def detail(scene: Scene, shown: Shown, match: state.Match, width: int, height: int) -> tuple[Line, ...]:
    """Return the lines about a match, at most `height`."""
    lines = history.history(scene, shown, match)
    if height <= SMALL:
        return (_title(shown, match), _last(scene, shown, match, lines), _legend(scene))[:height]
    columns = history.columns(shown.projected, match)
    places = layout(columns, width)
    newest = [arrange(history.row(scene, line), places) for line in lines[: height - 5]]
    return (
        _title(shown, match),
        _standing(shown, match),
        tally.sets_line(tally.rules_of(shown.projected, match), match) or (Run(""),),
        heading(columns, places),
        *newest,
        *((Run(""),) for _ in range(height - 5 - len(newest))),
        _legend(scene),
    )


def _title(shown: Shown, match: state.Match) -> Line:
    tournament = shown.projected
    court = words.court(tournament, match)
    game = next((one.name for one in tournament.games if one.id == tournament.stage(match.stage).game), "")
    now = tally.playing(tally.rules_of(tournament, match), match)
    rest = "   ".join(part for part in dict.fromkeys((words.at_court(court), game, match.round, now)) if part)
    title = f" {ids.short_form(match.id)} {words.versus(tournament, match)}"
    return (Run(title, "strong"), Run(f"   {rest}", "dim"))


def _standing(shown: Shown, match: state.Match) -> Line:
    word = {"scheduled": "not started", "live": "playing"}.get(match.phase, match.phase)
    why = f" ({words.CAUSES[match.forfeit.cause]})" if match.forfeit is not None else ""
    return (Run(f" {tally.result(shown.projected, match)}", "strong"), Run(f"   {word}{why}", "dim"))


def _last(scene: Scene, shown: Shown, match: state.Match, lines: tuple[history.Line, ...]) -> Line:
    if not lines:
        return (Run(f" {tally.standing(shown.projected, match)}   nothing entered yet", "dim"),)
    last = lines[0]
    who = f"by {last.by} ({'this laptop' if last.own else last.device}) {scene.time(last.at)}"
    return (
        Run(f" {tally.result(shown.projected, match)}", "strong"),
        Run(f"  last: {last.what} {who}  "),
        Run(last.state, last.role),
    )


def _legend(scene: Scene) -> Line:
    pairs = (
        ("changed", "changed in last 5 s"),
        ("pending", "saved here, not confirmed"),
        ("conflict", "conflict"),
    )
    named = "   ".join(f"{scene.sign(name)} = {what}" for name, what in pairs)  # type: ignore[arg-type]
    return (Run(f"  {named}", "dim"),)


def copied(scene: Scene, shown: Shown, match: state.Match) -> str:
    """Return a match as one line of text, to copy."""
    when = scene.time(match.changed_at) if match.changed_at else "not started"
    return (
        plain(
            clip((Run(f"{ids.short_form(match.id)} {words.versus(shown.projected, match)} "),), 10_000)
        ).strip()
        + f"  {tally.result(shown.projected, match)}  {match.phase}  {when}"
    )
