"""What a command would change, in lines: results, places, slots, and matches that have begun already.

The changes are the domain's own preview. Guarantees that a match which has begun is flagged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import brackets, ids
from tui.selectors import tally, words

if TYPE_CHECKING:
    from core import commands, corrections, history, state

MOST = 8
"""Lines of one kind that are shown; more are counted."""


def lines(before: state.Tournament, found: corrections.Preview) -> tuple[str, ...]:
    """Return what a preview found, the gravest first.

    Args:
        before: the tournament as it stands.
        found: what would change.
    """
    changes = found.changes
    flagged = [
        f"! {_short(one.match)} has begun with {_on(before, one.match, one.side)}; "
        f"by this {_team(before, one.team)} should play there. It stays as it is."
        for one in found.contradicted
    ]
    started = [one for one in found.dependents if one.started]
    if started and not flagged:
        flagged = [f"! Already begun after it: {', '.join(_short(one.match) for one in started)}"]
    waiting = [_short(one.match) for one in found.dependents if not one.started]
    after = [f"Still to come after it: {', '.join(waiting)}"] if waiting else []
    champion = [] if changes.champion is None else [_champion(before, *changes.champion)]
    return (
        *flagged,
        *champion,
        *_cut([_result(before, one) for one in changes.results]),
        *_cut([_slot(before, one) for one in changes.slots]),
        *_cut([_place(before, one) for one in changes.places]),
        *_cut([f"{_short(match)} is added" for match in changes.matches]),
        *after,
    )


def _cut(told: list[str]) -> list[str]:
    return told if len(told) <= MOST else [*told[:MOST], f"and {len(told) - MOST} more"]


def _short(match: ids.MatchId) -> str:
    return ids.short_form(match)


def _team(tournament: state.Tournament, team: ids.TeamId | None) -> str:
    return "nobody yet" if team is None else words.team(tournament, team)


def _on(tournament: state.Tournament, match: ids.MatchId, side: commands.Side) -> str:
    return _team(tournament, tournament.matches[match].slot(side).team)


def _champion(tournament: state.Tournament, before: ids.TeamId | None, after: ids.TeamId | None) -> str:
    return f"Champion: {_team(tournament, before)} -> {_team(tournament, after)}"


def _result(tournament: state.Tournament, change: history.ResultChange) -> str:
    match = tournament.matches.get(change.match)
    if match is None:
        return f"{_short(change.match)} is played"
    rules = tally.rules_of(tournament, match)
    was, now = (f"{tally.pair(rules, one[0])} {one[1]}" for one in (change.before, change.after))
    return f"{_short(match.id)} {words.versus(tournament, match)}: {was} -> {now}"


def _slot(tournament: state.Tournament, change: history.SlotChange) -> str:
    was, now = _team(tournament, change.before), _team(tournament, change.after)
    return f"{_short(change.match)} {change.side} side: {was} -> {now}"


def _place(tournament: state.Tournament, change: history.PlaceChange) -> str:
    pool = next(
        (one.name for stage in tournament.stages for one in stage.pools if one.id == change.pool), change.pool
    )
    was, now = (brackets.ordinal(one) if one else "-" for one in (change.before, change.after))
    return f"{pool}: {_team(tournament, change.team)} {was} -> {now}"
