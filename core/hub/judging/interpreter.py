"""The interpreter: what an old client's words ask for, as a command on the tournament as it stands.

Pure. An old client tells results where others ask for changes, so its word is taken only where it follows
from what the hub has: `live-score` is a point if its score is the current one plus its delta, and
`match-complete` ends a match if its winner leads. Everything else is held, so that a person decides and
nothing is lost. Guarantees that no match and no team is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from core.domain.commands import AddScore, Base, CompleteMatch, Score, SetScore, SetTime
from core.domain.games import TimeRules, leader, points_of
from core.domain.lookup import find_match, find_team
from core.wire.legacy import LiveScore, MatchComplete, PlayerAction

if TYPE_CHECKING:
    from core.domain.commands import MatchCommand
    from core.domain.ids import TeamId
    from core.domain.state import Match, Tournament

Result: TypeAlias = LiveScore | MatchComplete
"""What becomes a command."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an old client's words come to."""

    command: MatchCommand
    base: Base
    """The hub's own position: what the old client saw cannot be known, but its word followed from this."""
    objection: str = ""
    """Why a person must decide, in words; `""` where the words follow from what the hub has."""
    why: str = ""
    """What the old client said besides, kept with the entry."""


def interpret(said: Result, state: Tournament) -> Wish | None:
    """Return what a result asks for; `None` for one that the hub has already.

    Raises:
        Unknown: no match or team here is named so.
    """
    match = state.matches[find_match([state], said.match_id)]
    if isinstance(said, LiveScore):
        return _score(said, state, match)
    return _end(said, state, match)


def _score(said: LiveScore, state: Tournament, match: Match) -> Wish | None:
    team = find_team(state, match.id, said.team_id)
    is_home = match.side_of(team) == "home"
    current = match.score.home if is_home else match.score.away
    base = Base(state.position.epoch, match.version)
    point = _point(said, state, match, team)
    if point is not None:
        objection = f"an old client says {said.score} after {said.delta:+d}, but the score was {current}"
        follows = said.score == current + said.delta
        return Wish(point, base, "" if follows else objection, _why(said))
    if said.score == current:
        return None
    score = Score(said.score, match.score.away) if is_home else Score(match.score.home, said.score)
    objection = f"an old client shows {said.score} where the score is {current}"
    return Wish(SetScore(match.id, score), base, objection, _why(said))


def _point(said: LiveScore, state: Tournament, match: Match, team: TeamId) -> AddScore | SetTime | None:
    """Return the command for a change, with what a player did where the game has a rule for that."""
    rules = state.rules(match.stage)
    if isinstance(rules, TimeRules):
        return SetTime(match.id, team, said.score) if said.delta else None
    action = _action(said)
    if action is not None and points_of(rules, action.action) == said.delta:
        return AddScore(match.id, team, said.delta, action.action, action.player_id)
    return AddScore(match.id, team, said.delta) if said.delta else None


def _end(said: MatchComplete, state: Tournament, match: Match) -> Wish:
    base = Base(state.position.epoch, match.version)
    winner = None if said.winner is None else find_team(state, match.id, said.winner)
    score = match.result
    ahead = leader(state.rules(match.stage), score)
    if winner == (None if ahead is None else match.slot(ahead).team):
        return Wish(CompleteMatch(match.id), base)
    named = "a draw" if winner is None else f"{state.teams[winner].name} as the winner"
    objection = f"an old client says {named}, but the score is {score.home}-{score.away}"
    return Wish(CompleteMatch(match.id), base, objection)


def _action(said: LiveScore) -> PlayerAction | None:
    return said.player_action if isinstance(said.player_action, PlayerAction) else None


def _why(said: LiveScore) -> str:
    action = _action(said)
    return "" if action is None else f"{action.action} by {action.player_id}"
