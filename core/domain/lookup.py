"""Finds the match and the team that a person means by what they wrote on a command line.

Guarantees that nothing is guessed: where several fit, or none, the error names what comes near.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from core.domain.ids import MatchId, TeamId, same_match, short_form
from core.errors import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.domain.commands import Side
    from core.domain.plan import Team
    from core.domain.state import Tournament

_SIDES: tuple[Side, ...] = ("home", "away")


def find_match(tournaments: Iterable[Tournament], text: str) -> MatchId:
    """Return the match that `text` names.

    Args:
        tournaments: where to look.
        text: a match's id (`euro-2024.m017`), or its short form (`M017`, `m17`, `17`) where only one
            tournament has it.

    Raises:
        Unknown: no match or several are named so.
    """
    known = [match for tournament in tournaments for match in tournament.matches]
    fitting = [match for match in known if same_match(text, match)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Unknown("single match", text, fitting)
    shorts = {short_form(match).lower(): short_form(match) for match in known}
    near = difflib.get_close_matches(text.lower(), [*known, *shorts], 3)
    raise Unknown("match", text, [shorts.get(name, name) for name in near])


def find_team(state: Tournament, match: MatchId, text: str) -> TeamId:
    """Return the team of a match that `text` names.

    Args:
        state: the tournament.
        match: one of its matches.
        text: a team's id, code or name, or `home` or `away`; capitals don't matter.

    Raises:
        Unknown: no team of this match or both are named so, or nobody has taken that side yet.
    """
    found = state.matches[match]
    wanted = text.strip().casefold()
    teams = [state.teams[team] for side in _SIDES if (team := found.slot(side).team) is not None]
    fitting = [team.id for team in teams if wanted in _called(team)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Unknown("single team", text, [team.id for team in teams])
    for side in _SIDES:
        if wanted == side:
            team = found.slot(side).team
            if team is None:
                raise Unknown("team yet on side", f"{side} of {short_form(match)}")
            return team
    names = {name: team.id for team in teams for name in _called(team)}
    near = difflib.get_close_matches(wanted, names, 2)
    hints = [names[name] for name in near] or [team.id for team in teams]
    raise Unknown(f"team in {short_form(match)}", text, tuple(dict.fromkeys(hints)))


def _called(team: Team) -> Sequence[str]:
    """Return what a team may be called, in small letters."""
    return [name.casefold() for name in (team.id, team.name, team.code) if name]
