"""What a tournament consists of, after a fact about it: status, teams, courts, rounds, lots.

The half of `reduce` that is on no match. Guarantees that what a fact did not change is shared, and that it
can be applied to any state: what it is about may be gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from core.domain.events import (
    CourtNamed,
    LotsDrawn,
    RoundDrawn,
    StatusChanged,
    TeamAdded,
    TeamReinstated,
    TeamRemoved,
    TeamRenamed,
    TeamWithdrawn,
    TournamentRenamed,
)
from core.domain.state import Bye, Lots, Match, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.domain.events import Change, Event
    from core.domain.ids import PoolId, TeamId
    from core.domain.plan import Fixture, Pool
    from core.domain.state import Tournament

MAX_MADE = 50


def planned(fixture: Fixture) -> Match:
    """Return a match before its first event."""
    return Match(
        id=fixture.id,
        stage=fixture.stage,
        round=fixture.round,
        home=fixture.home,
        away=fixture.away,
        pool=fixture.pool,
        court=fixture.court,
        starts_at=fixture.starts_at,
        reset_of=fixture.reset_of,
    )


def change(  # noqa: C901 - one flat case a fact
    state: Tournament, fact: Change, event: Event
) -> Tournament:
    """Apply a fact to a state whose position is already the event's."""
    state = replace(state, made=(*state.made, event.command)[-MAX_MADE:])
    match fact:
        case StatusChanged(_, status, fixtures):
            return replace(_with(state, fixtures), status=status)
        case TeamAdded(team, pools, fixtures):
            joined = replace(state, teams={**state.teams, team.id: team})
            # Once each, should the fact come back from an older epoch.
            members = _pooled(joined, pools, lambda teams: tuple(dict.fromkeys((*teams, team.id))))
            return _with(members, fixtures)
        case TeamRemoved(team):
            return _without(state, team.id)
        case TeamRenamed(_, team):
            return replace(state, teams={**state.teams, team.id: team})
        case TournamentRenamed(_, _, name, venue):
            return replace(state, name=name, venue=venue)
        case TeamWithdrawn(team_id, cause, annulled):
            return replace(state, withdrawn=(*state.withdrawn, Withdrawal(team_id, cause, annulled)))
        case TeamReinstated(team_id):
            out = tuple(one for one in state.withdrawn if one.team != team_id)
            return replace(state, withdrawn=out)
        case CourtNamed(court):
            return replace(state, courts={**state.courts, court.id: court})
        case RoundDrawn(pool, number, fixtures, bye):
            byes = state.byes if bye is None else (*state.byes, Bye(pool, number, bye))
            drawn = {**state.drawn, pool: number}
            return _with(replace(state, byes=byes, drawn=drawn), fixtures)
        case LotsDrawn(pool, order):
            return replace(state, lots=(*state.lots, Lots(pool, order)))
        case _:
            assert_never(fact)


def _with(state: Tournament, fixtures: Iterable[Fixture]) -> Tournament:
    """Add matches behind all others; give those that are there their court and time."""
    matches = dict(state.matches)
    for fixture in fixtures:
        known = matches.get(fixture.id)
        matches[fixture.id] = (
            planned(fixture)
            if known is None
            else replace(known, court=fixture.court, starts_at=fixture.starts_at)
        )
    return replace(state, matches=matches)


def _without(state: Tournament, team: TeamId) -> Tournament:
    teams = {id_: known for id_, known in state.teams.items() if id_ != team}
    every = [pool.id for stage in state.stages for pool in stage.pools]
    left = replace(state, teams=teams)
    return _pooled(left, every, lambda members: tuple(member for member in members if member != team))


def _pooled(
    state: Tournament,
    pools: Iterable[PoolId],
    members: Callable[[tuple[TeamId, ...]], tuple[TeamId, ...]],
) -> Tournament:
    """Change who is in some pools."""
    wanted = set(pools)

    def changed(pool: Pool) -> Pool:
        return replace(pool, teams=members(pool.teams)) if pool.id in wanted else pool

    stages = tuple(replace(stage, pools=tuple(map(changed, stage.pools))) for stage in state.stages)
    return replace(state, stages=stages)
