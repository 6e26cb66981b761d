"""Looking back: a tournament as it stood at any moment of its log, and what changed between two moments.

Guarantees that a difference is a value that follows from the two states alone, whichever events led from one
to the other. Who did it stands in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from core.domain.reduce import fold
from core.domain.tables.brackets import champion
from core.domain.tables.standings import tables
from core.domain.tables.touched import Touched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.domain.commands import Score, Side
    from core.domain.events import Event
    from core.domain.ids import CourtId, Epoch, MatchId, PoolId, TeamId
    from core.domain.plan import Status, Team
    from core.domain.state import Match, Phase, Tournament

_SIDES: tuple[Side, ...] = ("home", "away")
Outcome: TypeAlias = "tuple[Score, Phase, TeamId | None]"
"""A score, where the match stands, and its winner."""
Spot: TypeAlias = "tuple[CourtId | None, datetime | None]"
"""A court and a time."""


@dataclass(frozen=True, slots=True)
class ResultChange:
    """A match whose score, phase or winner is another."""

    match: MatchId
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """A team that stands elsewhere in its table."""

    pool: PoolId
    team: TeamId
    before: int | None
    """Its rank; `None` where it was not in the pool."""
    after: int | None


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A side of a match that somebody else plays on."""

    match: MatchId
    side: Side
    before: TeamId | None
    after: TeamId | None


@dataclass(frozen=True, slots=True)
class TeamChange:
    """A team that came, went, or is called otherwise."""

    before: Team | None
    after: Team | None


@dataclass(frozen=True, slots=True)
class MoveChange:
    """A match that is played elsewhere or at another time."""

    match: MatchId
    before: Spot
    after: Spot


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two moments, each list in the order of the later one."""

    results: tuple[ResultChange, ...] = ()
    places: tuple[PlaceChange, ...] = ()
    slots: tuple[SlotChange, ...] = ()
    teams: tuple[TeamChange, ...] = ()
    moves: tuple[MoveChange, ...] = ()
    matches: tuple[MatchId, ...] = ()
    """The matches that were added."""
    out: tuple[TeamId, ...] = ()
    """The teams that are out now and were not."""
    back: tuple[TeamId, ...] = ()
    """The teams that were out and are not now."""
    status: tuple[Status, Status] | None = None
    """The status before and after; `None` where it is the same."""
    champion: tuple[TeamId | None, TeamId | None] | None = None
    """The champion before and after; `None` where it is the same."""


def at_seq(log: Sequence[Event], epoch: Epoch, seq: int) -> Tournament:
    """Return a tournament as it stood after an event.

    Args:
        log: its events from the first on.
        epoch: the epoch of the log.
        seq: the event's, at least 1; beyond the end for the newest state.

    Raises:
        BadLog: the log is not complete up to there, or nothing had happened yet.
    """
    return fold((event for event in log if event.seq <= seq), epoch)


def at_time(log: Sequence[Event], epoch: Epoch, moment: datetime) -> Tournament:
    """Return a tournament as it stood at a moment, by the hub's clock.

    Raises:
        BadLog: the log is not complete up to there, or nothing had happened yet.
    """
    return fold((event for event in log if event.received_at <= moment), epoch)


def difference(before: Tournament, after: Tournament) -> Difference:
    """Return what changed from one state of a tournament to another."""
    pairs = [(before.matches[id], match) for id, match in after.matches.items() if id in before.matches]
    changed = [(old, new) for old, new in pairs if old is not new]
    was_out = {one.team for one in before.withdrawn}
    is_out = {one.team for one in after.withdrawn}
    champions = champion(before), champion(after)
    return Difference(
        results=tuple(
            ResultChange(new.id, _outcome(old), _outcome(new))
            for old, new in changed
            if _outcome(old) != _outcome(new)
        ),
        places=_places(before, after),
        slots=tuple(
            SlotChange(new.id, side, old.slot(side).team, new.slot(side).team)
            for old, new in changed
            for side in _SIDES
            if old.slot(side).team != new.slot(side).team
        ),
        teams=_teams(before, after),
        moves=tuple(
            MoveChange(new.id, _spot(old), _spot(new)) for old, new in changed if _spot(old) != _spot(new)
        ),
        matches=tuple(id for id in after.matches if id not in before.matches),
        out=tuple(one.team for one in after.withdrawn if one.team not in was_out),
        back=tuple(one.team for one in before.withdrawn if one.team not in is_out),
        status=None if before.status == after.status else (before.status, after.status),
        champion=None if champions[0] == champions[1] else champions,
    )


def _outcome(match: Match) -> Outcome:
    return match.result if match.finished else match.score, match.phase, match.winner


def _spot(match: Match) -> Spot:
    return match.court, match.starts_at


def _places(before: Tournament, after: Tournament) -> tuple[PlaceChange, ...]:
    touched = Touched(before, after)
    old, new = (
        {(table.pool, row.team): row.rank for table in tables(state, touched.pool) for row in table.rows}
        for state in (before, after)
    )
    return tuple(
        PlaceChange(*place, old.get(place), new.get(place))
        for place in dict.fromkeys((*new, *old))
        if old.get(place) != new.get(place)
    )


def _teams(before: Tournament, after: Tournament) -> tuple[TeamChange, ...]:
    every = dict.fromkeys((*after.teams, *before.teams))
    pairs = [(before.teams.get(team), after.teams.get(team)) for team in every]
    return tuple(TeamChange(old, new) for old, new in pairs if old != new)
