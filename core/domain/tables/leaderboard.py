"""One ranking over all games of a tournament: places in each game, worth what its organiser says.

A game's places come from its stages, the last one first: who is ranked there stands before all who only
played in an earlier one. Guarantees that a place counts only when it is final; teams that share a place each
get what it is worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.tables.brackets import needed
from core.domain.tables.standings import table

if TYPE_CHECKING:
    from core.domain.games import Game
    from core.domain.ids import GameId, TeamId
    from core.domain.plan import Stage
    from core.domain.state import Match, Tournament


@dataclass(frozen=True, slots=True)
class GamePlace:
    """A team's final place in a game."""

    game: GameId
    place: int
    """From 1; shared by teams that nothing separates."""
    points: int
    """What it is worth."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A team's line on the leaderboard."""

    rank: int
    """From 1; shared by teams with the same points and the same best places."""
    team: TeamId
    points: int
    games: tuple[GamePlace, ...]
    """The games in which its place is final, in the plan's order."""


def leaderboard(state: Tournament) -> tuple[Standing, ...]:
    """Return the ranking of all teams; empty in a tournament without games.

    Points count first, then who has more first places, then more second ones, and so on.
    """
    if not state.games:
        return ()
    earned: dict[TeamId, list[GamePlace]] = {team: [] for team in state.teams}
    for game in state.games:
        for team, place in game_places(state, game).items():
            worth = game.places[place - 1] if place <= len(game.places) else 0
            earned[team].append(GamePlace(game.id, place, worth))
    order = {team: _merit(places) for team, places in earned.items()}
    ranked = sorted(earned, key=lambda team: order[team], reverse=True)
    return tuple(
        Standing(
            1 + sum(order[other] > order[team] for other in ranked),
            team,
            sum(place.points for place in earned[team]),
            tuple(earned[team]),
        )
        for team in ranked
    )


def game_places(state: Tournament, game: Game) -> dict[TeamId, int]:
    """Return the final places of a game, the best first; what is not decided yet is left out."""
    places: dict[TeamId, int] = {}
    for stage in reversed([stage for stage in state.stages if stage.game == game.id]):
        found = _knockout_places(state, stage) if stage.kind == "knockout" else _pool_places(state, stage)
        if not found:
            # Whoever is still in this stage may end before or behind all others.
            break
        others = {team: place for team, place in found.items() if team not in places}
        ahead = len(places)
        for team, place in sorted(others.items(), key=lambda one: one[1]):
            places[team] = ahead + 1 + sum(other < place for other in others.values())
    return places


def _merit(places: list[GamePlace]) -> tuple[int, ...]:
    points = sum(place.points for place in places)
    best = max((place.place for place in places), default=0)
    return points, *(sum(one.place == number for one in places) for number in range(1, best + 1))


def _pool_places(state: Tournament, stage: Stage) -> dict[TeamId, int]:
    """Return the places of a stage of pools: all firsts share the first place, and so on."""
    found: dict[int, list[TeamId]] = {}
    tables = [table(state, stage, pool) for pool in stage.pools]
    if not all(one.complete for one in tables):
        return {}
    for one in tables:
        for row in one.rows:
            found.setdefault(row.rank, []).append(row.team)
    places: dict[TeamId, int] = {}
    for rank in sorted(found):
        places.update(dict.fromkeys(found[rank], len(places) + 1))
    return places


def _knockout_places(state: Tournament, stage: Stage) -> dict[TeamId, int]:
    """Return the places of a knock-out: the later a team lost its last match, the better.

    Losers of one round share a place. A match for third place separates its two.
    """
    matches = [match for match in state.matches.values() if match.stage == stage.id and needed(state, match)]
    if not matches or not all(match.finished for match in matches):
        return {}
    last: dict[TeamId, Match] = {}
    for match in matches:
        last |= {slot.team: match for slot in (match.home, match.away) if slot.team is not None}
    steps: dict[tuple[int, bool], list[TeamId]] = {}
    rounds = list(dict.fromkeys(match.round for match in matches))
    for team, match in last.items():
        steps.setdefault((rounds.index(match.round), match.winner == team), []).append(team)
    places: dict[TeamId, int] = {}
    for step in sorted(steps, reverse=True):
        places.update(dict.fromkeys(steps[step], len(places) + 1))
    return places
