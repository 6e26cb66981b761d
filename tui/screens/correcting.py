"""Corrections: what commands would change is shown, a reason asked for where one is needed, then they go out.

Guarantees that what the rules would refuse is said at once and not entered.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from core import corrections
from tui.screens.dialogs import Ask
from tui.screens.forms import Correct
from tui.selectors import correction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core import commands, state
    from tui.screens.console import Desk


def correct(
    desk: Desk,
    tournament: state.Tournament,
    asked: Sequence[commands.Command],
    question: tuple[str, str, str],
    *,
    reason: bool = False,
) -> None:
    """Ask about commands that change more than one score, and enter them.

    Args:
        desk: where it is asked and entered.
        tournament: as it stands on the screen.
        asked: the commands, in order.
        question: the title, what will happen in words, and the label of going ahead.
        reason: whether there must be a reason even if the rules need none.
    """
    found = corrections.preview(tournament, asked, desk.scene.at.astimezone(UTC))
    if found.refusal:
        desk.say(found.refusal)
        return
    title, told, go = question
    why_needed = reason or found.needs_reason

    def enter(why: str) -> None:
        for command in asked:
            desk.submit(command, tournament=tournament.id, why=why)

    def explained(why: str | None) -> None:
        if why is not None:
            enter(why)

    def answered(go_ahead: bool | None) -> None:
        if go_ahead:
            enter("")

    if why_needed or found.contradicted:
        changes = correction.lines(tournament, found)
        desk.push_screen(Correct(title, told, changes, go, needed=why_needed), explained)
    else:
        desk.push_screen(Ask(title, told, go), answered)
