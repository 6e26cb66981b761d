"""What `--json` prints of a state: tables, bracket and matches in shapes that stay.

Keys may be added; those here keep their names and meaning. Encoded by msgspec they are the documents
themselves.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field

from core.domain.commands import Cause, Score
from core.domain.ids import CourtId, GameId, MatchId, PoolId, StageId, TeamId, TournamentId
from core.domain.state import Match, Phase, Tournament
from core.domain.tables.brackets import champion, rounds, source_label
from core.domain.tables.leaderboard import leaderboard
from core.domain.tables.standings import Row, tables
from core.domain.tables.tiebreaks import Decider

if TYPE_CHECKING:
    from core.domain.plan import Slot


class RowDocument(Struct, frozen=True):
    """A team's line in a table."""

    rank: int
    team: TeamId
    name: str
    played: int
    won: int
    drawn: int
    lost: int
    scored: int = field(name="for")
    conceded: int = field(name="against")
    points: int
    decided_by: Decider
    byes: int
    penalty: int
    """Penalty points for fair play."""


class TableDocument(Struct, frozen=True):
    """A pool's table."""

    stage: StageId
    pool: PoolId
    name: str
    complete: bool
    rows: tuple[RowDocument, ...]


class LeaderDocument(Struct, frozen=True):
    """A team's line on the leaderboard."""

    rank: int
    team: TeamId
    name: str
    points: int
    places: dict[GameId, int]
    """Its final place in each game that is decided."""


class StandingsDocument(Struct, frozen=True):
    """What `courtside standings --json` prints."""

    tournament: TournamentId
    tables: tuple[TableDocument, ...]
    leaderboard: tuple[LeaderDocument, ...]
    """Empty in a tournament without games."""


class MatchDocument(Struct, frozen=True):
    """A match with its result."""

    id: MatchId
    stage: StageId
    round: str
    pool: PoolId | None
    court: CourtId | None
    starts_at: datetime | None
    home: TeamId | None
    """`None` while nobody has taken the slot; `home_from` says who will."""
    away: TeamId | None
    home_from: str | None
    """Where the team comes from, in words; `None` where the plan names it."""
    away_from: str | None
    score: Score
    """Sets won in a game of sets, milliseconds in one for time."""
    shootout: Score | None
    state: Phase
    winner: TeamId | None
    sets: tuple[Score, ...]
    """The sets that are over; empty in other games."""
    forfeit: Cause | None
    """Why it was not played to its end; `None` if it was."""


class RoundDocument(Struct, frozen=True):
    """A round of a knock-out."""

    stage: StageId
    name: str
    matches: tuple[MatchDocument, ...]


class BracketDocument(Struct, frozen=True):
    """What `courtside bracket --json` prints."""

    tournament: TournamentId
    rounds: tuple[RoundDocument, ...]
    champion: TeamId | None


def standings_document(state: Tournament) -> StandingsDocument:
    """Return the tables of all pools, and the leaderboard over all games."""
    found = tuple(
        TableDocument(table.stage, table.pool, table.name, table.complete, tuple(map(_row, table.rows)))
        for table in tables(state)
    )
    leaders = tuple(
        LeaderDocument(
            rank=line.rank,
            team=line.team,
            name=state.teams[line.team].name,
            points=line.points,
            places={place.game: place.place for place in line.games},
        )
        for line in leaderboard(state)
    )
    return StandingsDocument(state.id, found, leaders)


def bracket_document(state: Tournament) -> BracketDocument:
    """Return the rounds of all knock-outs, and the champion."""
    found = tuple(
        RoundDocument(
            round_.stage, round_.name, tuple(match_document(state, match) for match in round_.matches)
        )
        for round_ in rounds(state)
    )
    return BracketDocument(state.id, found, champion(state))


def match_document(state: Tournament, match: Match) -> MatchDocument:
    """Return one match."""
    return MatchDocument(
        id=match.id,
        stage=match.stage,
        round=match.round,
        pool=match.pool,
        court=match.court,
        starts_at=match.starts_at,
        home=match.home.team,
        away=match.away.team,
        home_from=_source(state, match.home),
        away_from=_source(state, match.away),
        score=match.result,
        shootout=match.shootout,
        state=match.phase,
        winner=match.winner,
        sets=match.sets,
        forfeit=None if match.forfeit is None else match.forfeit.cause,
    )


def _source(state: Tournament, slot: Slot) -> str | None:
    return None if slot.source is None else source_label(state, slot.source)


def _row(row: Row) -> RowDocument:
    return RowDocument(
        rank=row.rank,
        team=row.team,
        name=row.name,
        played=row.played,
        won=row.won,
        drawn=row.drawn,
        lost=row.lost,
        scored=row.scored,
        conceded=row.conceded,
        points=row.points,
        decided_by=row.decided_by,
        byes=row.byes,
        penalty=row.penalty,
    )
