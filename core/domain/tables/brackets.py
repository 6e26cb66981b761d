"""The knock-out tree: which slots the results decide, its rounds, its champion, and how a source is named.

Guarantees that a slot is filled by a rule alone, and never one that ops assigned. Tables are `standings`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from core.domain.events import SlotFilled
from core.domain.ids import GameId, MatchId, PoolId, StageId, TeamId, short_form
from core.domain.plan import LoserOf, OneOf, PlaceOf, Source, WinnerOf
from core.domain.tables.standings import Table, table
from core.domain.tables.touched import Touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.domain.commands import Side
    from core.domain.state import Match, Tournament

_SIDES: tuple[Side, ...] = ("home", "away")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A side of a match that has begun on which the results would now put another team."""

    match: MatchId
    side: Side
    team: TeamId
    """Who should play there by the results."""


@dataclass(frozen=True, slots=True)
class Round:
    """Matches of one round of a knock-out, in playing order."""

    stage: StageId
    name: str
    matches: tuple[Match, ...]


def fillings(state: Tournament, since: Tournament | None = None) -> tuple[tuple[MatchId, SlotFilled], ...]:
    """Return the slots that the results now decide and that do not hold that team yet, in playing order.

    Only scheduled matches: once a match has started, its sides stay. One call is enough, as a filled slot
    finishes no match.

    Args:
        state: the tournament.
        since: an earlier state whose slots are all filled, so that only what changed is looked at; `None` to
            look at everything.
    """
    finished_tables: dict[PoolId, Table | None] = {}
    found: list[tuple[MatchId, SlotFilled]] = []
    for match in state.matches.values() if since is None else Touched(since, state).matches():
        if match.phase != "scheduled" or not _settled(state, match):
            continue
        found += [(match.id, fact) for fact in _filled(state, match, finished_tables)]
    return tuple(found)


def contradictions(state: Tournament, since: Tournament | None = None) -> tuple[Contradiction, ...]:
    """Return the sides of matches that have begun where the results say that another team should play.

    Args:
        state: the tournament.
        since: an earlier state, to leave out what was so then already; `None` for all of them.
    """
    if since is None:
        return tuple(_contradicted(state, state.matches.values()))
    touched = tuple(Touched(since, state).matches())
    was = (since.matches[match.id] for match in touched if match.id in since.matches)
    known = set(_contradicted(since, was))
    return tuple(found for found in _contradicted(state, touched) if found not in known)


def _contradicted(state: Tournament, matches: Iterable[Match]) -> Iterator[Contradiction]:
    known: dict[PoolId, Table | None] = {}
    for match in matches:
        for side in _SIDES if match.phase != "scheduled" else ():
            slot = match.slot(side)
            if slot.source is None or side in match.assigned:
                continue
            team = _decided(state, slot.source, known)
            if team is not None and team != slot.team:
                yield Contradiction(match.id, side, team)


def needed(state: Tournament, match: Match) -> bool:
    """Tell whether a match is played at all: a second final only if the away side won the first one."""
    if match.reset_of is None:
        return True
    final = state.matches[match.reset_of]
    return not final.finished or final.winner is None or final.winner == final.away.team


def rounds(state: Tournament) -> tuple[Round, ...]:
    """Return the rounds of all knock-out stages, in playing order."""
    found: dict[tuple[StageId, str], list[Match]] = {}
    for match in _knockout(state):
        found.setdefault((match.stage, match.round), []).append(match)
    return tuple(Round(stage, name, tuple(matches)) for (stage, name), matches in found.items())


def champion(state: Tournament) -> TeamId | None:
    """Return the winner of the final; `None` while it is not finished, or where there is no single final.

    In a tournament of several games the leaderboard says who is first, not the final of one of them.
    """
    return _winner(state, _knockout(state)) if len(state.games) < 2 else None


def game_winners(state: Tournament) -> dict[GameId, TeamId]:
    """Return who won the final of each game that has one and is that far, in the plan's order."""
    games = {stage.id: stage.game for stage in state.stages}
    found: dict[GameId, TeamId] = {}
    for game in state.games:
        winner = _winner(state, [match for match in _knockout(state) if games[match.stage] == game.id])
        if winner is not None:
            found[game.id] = winner
    return found


def source_label(state: Tournament, source: Source, *, short: bool = False) -> str:
    """Say where a slot's team comes from.

    Args:
        state: the tournament that the source belongs to.
        source: where the team comes from.
        short: for narrow columns (`winner M041`, `1st A`), not in words (`winner of M041`, `1st of Group A`).
    """
    of = " " if short else " of "
    match source:
        case WinnerOf(match):
            return f"winner{of}{short_form(match)}"
        case LoserOf(match):
            return f"loser{of}{short_form(match)}"
        case PlaceOf(pool, rank) if not short:
            return f"{ordinal(rank)} of {state.pool(pool).name}"
        case PlaceOf(pool, rank):
            return f"{ordinal(rank)} {_letter(state, pool)}"
        case OneOf(pools, rank):
            return f"{ordinal(rank)}{of}{'/'.join(_letter(state, pool) for pool in pools)}"
        case _:
            assert_never(source)


def ordinal(number: int) -> str:
    """Return a whole number as an English ordinal (`1st`, `12th`)."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _settled(state: Tournament, match: Match) -> bool:
    """Tell whether it is known that a match is played: the sides of a second final stay open until then."""
    return match.reset_of is None or (state.matches[match.reset_of].finished and needed(state, match))


def _filled(state: Tournament, match: Match, known: dict[PoolId, Table | None]) -> list[SlotFilled]:
    """Return what the results put into the slots of a match; nothing that would set a team against itself."""
    facts: list[SlotFilled] = []
    teams: list[TeamId | None] = []
    for side in _SIDES:
        slot = match.slot(side)
        team = slot.team
        if slot.source is not None and side not in match.assigned:
            team = _decided(state, slot.source, known) or slot.team
            if team is not None and team != slot.team:
                facts.append(SlotFilled(side, team, slot.source, slot.team))
        teams.append(team)
    return facts if teams[0] != teams[1] else []


def _decided(state: Tournament, source: Source, known: dict[PoolId, Table | None]) -> TeamId | None:
    """Return the team that the results put into a slot; `None` while they do not.

    Args:
        state: the tournament.
        source: where the slot's team comes from.
        known: tables made so far, filled on the way: one table serves all the slots of its pool.
    """
    match source:
        case WinnerOf(match):
            return state.matches[match].winner if state.matches[match].finished else None
        case LoserOf(match):
            return _loser(state.matches[match])
        case PlaceOf(pool, rank) | OneOf((pool,), rank):
            return _at(state, pool, rank, known)
        case OneOf():
            return None
        case _:
            assert_never(source)


def _loser(match: Match) -> TeamId | None:
    if not match.finished or match.winner is None:
        return None
    return match.away.team if match.winner == match.home.team else match.home.team


def _at(state: Tournament, pool_id: PoolId, rank: int, known: dict[PoolId, Table | None]) -> TeamId | None:
    """Return who took a place of a pool by the rules alone; `None` before its end, or where ops must say."""
    if pool_id not in known:
        known[pool_id] = _complete_table(state, pool_id)
    found = known[pool_id]
    if found is None:
        return None
    return next(
        (row.team for row in found.rows if row.rank == rank and row.decided and row.decided_by != "assigned"),
        None,
    )


def _complete_table(state: Tournament, pool_id: PoolId) -> Table | None:
    """Return a pool's table if all its matches are finished; most calls find that out without making one."""
    if any(match.pool == pool_id and not match.finished for match in state.matches.values()):
        return None
    pool = state.pool(pool_id)
    found = table(state, next(stage for stage in state.stages if pool in stage.pools), pool)
    return found if found.complete else None


def _knockout(state: Tournament) -> list[Match]:
    stages = {stage.id for stage in state.stages if stage.kind == "knockout"}
    return [match for match in state.matches.values() if match.stage in stages]


def _winner(state: Tournament, matches: Sequence[Match]) -> TeamId | None:
    final = _final(matches)
    if final is not None and final.reset_of is not None and not needed(state, final):
        final = state.matches[final.reset_of]
    return final.winner if final is not None and final.finished else None


def _final(matches: Sequence[Match]) -> Match | None:
    """Return the one match whose winner goes nowhere; where there are several, the one of the last round.

    A match of losers (for third place) feeds nothing either, and is no final.
    """
    feeding = {
        source.match
        for match in matches
        for source in (match.home.source, match.away.source)
        if isinstance(source, WinnerOf)
    }
    last = [match for match in matches if match.id not in feeding and not _of_losers(match)]
    if len(last) > 1:
        last = [match for match in last if match.round == last[-1].round]
    return last[0] if len(last) == 1 else None


def _of_losers(match: Match) -> bool:
    return isinstance(match.home.source, LoserOf) and isinstance(match.away.source, LoserOf)


def _letter(state: Tournament, pool: PoolId) -> str:
    """Return a pool's name without the word before it (`A` for `Group A`)."""
    return state.pool(pool).name.rpartition(" ")[2]
