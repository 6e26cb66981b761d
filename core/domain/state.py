"""The state of a tournament: what its log folds to. Frozen; what an event left alone is shared.

States are made by `reduce` alone. Hub and client hold equal ones at equal positions, and the export proves
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.domain.commands import Base, Cause, Entry, Level, Score, Side
from core.domain.events import Event, EventAdopted, Touches
from core.domain.games import POINTS, Game, Rules, sets_won
from core.domain.ids import (
    CommandId,
    CourtId,
    DeviceId,
    Epoch,
    MatchId,
    PoolId,
    StageId,
    TeamId,
    TournamentId,
)
from core.domain.plan import Court, Pool, Slot, Stage, Status, Team, Timetable, WithdrawalRule
from core.domain.spans import Spans, join, without

Phase = Literal["scheduled", "live", "final", "official"]


class Place(Struct, frozen=True, array_like=True):
    """A place in a match's history in an older epoch."""

    epoch: Epoch
    version: int


class Counted(Struct, frozen=True, gc=False, omit_defaults=True):
    """An entry that counts in its match's history: what the rules of conflict and undo look at."""

    id: CommandId
    version: int
    """The match's version with it; 0 where the epoch began with it."""
    by: str
    device: DeviceId
    entered_at: datetime
    kind: str
    """The fact's name."""
    touches: Touches
    delta: Score
    """What it added to each side."""
    after: Score
    undone_by: CommandId | None = None
    """The undo that took it back; `None` while it counts."""
    undoes: CommandId | None = None
    """The entry that it took back, when it is an undo."""
    sets: int = 0
    """How many sets were over before it counted."""
    place: Place | None = None
    """Where it stands in an older epoch; `None` for an entry of this one."""
    base: Base | None = None
    """What its author had seen of an older epoch; `None` where that was of this one."""


class Held(Struct, frozen=True, omit_defaults=True):
    """An entry in conflict: it counts nowhere until somebody decides."""

    entry: Entry
    against: tuple[CommandId, ...]
    version: int
    """The match's version when it was held."""
    score: Score
    """The hub's score at that moment."""
    reason: str = ""
    """Why rights refuse it; `""` for a conflict."""


class Forfeit(Struct, frozen=True):
    """How a match ended that was not played to its end."""

    cause: Cause
    before: Score
    """The running score when it ended."""


class Penalty(Struct, frozen=True):
    """Penalty points for fair play."""

    id: CommandId
    side: Side
    points: int


class Match(Struct, frozen=True, omit_defaults=True):
    """A match as it stands."""

    id: MatchId
    stage: StageId
    round: str
    home: Slot
    away: Slot
    pool: PoolId | None = None
    court: CourtId | None = None
    starts_at: datetime | None = None
    phase: Phase = "scheduled"
    score: Score = Score()
    shootout: Score | None = None
    winner: TeamId | None = None
    version: int = 0
    """How many events it has had in this epoch; 0 before the first."""
    changed_at: datetime | None = None
    """When its last event was received; `None` before the first."""
    entries: tuple[Counted, ...] = ()
    held: tuple[Held, ...] = ()
    assigned: tuple[Side, ...] = ()
    """The sides whose team ops decided: no result elsewhere replaces it."""
    course: Course | None = None
    """How it came about in this epoch, where older ones may still add to it; `None` where nothing has
    happened in it since the epoch began."""

    sets: tuple[Score, ...] = ()
    """The sets that are over; `score` is then the one after them."""
    forfeit: Forfeit | None = None
    """Why it was not played to its end; `None` if it was."""
    penalties: tuple[Penalty, ...] = ()
    reset_of: MatchId | None = None
    """The final that this match repeats: it is played only if the away side wins that one."""
    reopened: str = ""
    """The reason that was given for reopening it, while it is live again."""

    @property
    def result(self) -> Score:
        """The score that people compare: sets won in a game of sets, else the score."""
        return Score(*sets_won(self.sets)) if self.sets and self.forfeit is None else self.score

    def slot(self, side: Side) -> Slot:
        """Return one side's slot."""
        return self.home if side == "home" else self.away

    def side_of(self, team: TeamId) -> Side | None:
        """Return the side on which `team` plays; `None` if it does not play here."""
        if self.home.team == team:
            return "home"
        return "away" if self.away.team == team else None

    @property
    def finished(self) -> bool:
        """Whether the match has a result, official or not."""
        return self.phase in ("final", "official")


class Course(Struct, frozen=True, omit_defaults=True):
    """What a match is folded from: events of older epochs come before those of this one, by their version."""

    origin: Match
    """As the epoch began with it."""
    adopted: tuple[Brought, ...] = ()
    """In the order of arrival."""
    events: tuple[Event, ...] = ()
    """Of this epoch, those that adopted others left out."""


class Brought(Struct, frozen=True):
    """An adopted event."""

    fact: EventAdopted
    version: int
    """The match's version with its adoption."""


MAX_NOTICES = 50


class Notice(Struct, frozen=True):
    """Something everybody was told."""

    at: datetime
    by: str
    title: str
    text: str
    level: Level


class Position(Struct, frozen=True):
    """A place in a tournament's log: the last event that was seen, told apart from others' by its command."""

    epoch: Epoch
    seq: int
    command: CommandId | None = None
    """The command of the event at `seq`; `None` at seq 0."""


class Past(Struct, frozen=True, omit_defaults=True):
    """An older epoch of a tournament, and what of it is here."""

    epoch: Epoch
    after: int
    """The last seq that this log goes on from; 0 where it has nothing of that epoch."""
    seen: int
    """The last seq that is known to have been there."""
    command: CommandId | None = None
    """The command of the event at `after`; `None` at 0."""
    adopted: Spans = ()
    """The seqs after `after` that were brought."""
    closed: int = 0
    """The last seq for which nobody waits any more."""

    @property
    def missing(self) -> Spans:
        """The seqs that nobody brought and that a person still waits for."""
        return without(join(((max(self.after, self.closed) + 1, self.seen),)), self.adopted)


class Withdrawal(Struct, frozen=True):
    """A team that is out."""

    team: TeamId
    cause: Cause
    annulled: bool
    """Whether all its matches count for no table."""


class Bye(Struct, frozen=True):
    """A round of a Swiss pool in which a team had no match."""

    pool: PoolId
    number: int
    team: TeamId


class Lots(Struct, frozen=True):
    """An order that chance decided."""

    pool: PoolId
    order: tuple[TeamId, ...]
    """The best first."""


class Tournament(Struct, frozen=True, omit_defaults=True):
    """A tournament at one position of its log. `matches` are in playing order."""

    id: TournamentId
    name: str
    position: Position
    teams: Mapping[TeamId, Team]
    stages: tuple[Stage, ...]
    matches: Mapping[MatchId, Match]
    courts: Mapping[CourtId, Court]
    venue: str = ""
    moderators_confirm: bool = False
    """Whether a scorekeeper's confirmation makes a result official; else only ops' does."""
    notices: tuple[Notice, ...] = ()
    """The latest, oldest first; at most `MAX_NOTICES`."""
    updated_at: datetime | None = None
    """When the last event was received."""
    past: tuple[Past, ...] = ()
    """The older epochs, the oldest first; empty in a tournament's first one."""

    games: tuple[Game, ...] = ()
    status: Status = "running"
    timetable: Timetable | None = None
    on_withdrawal: WithdrawalRule = "forfeit"
    on_disqualification: WithdrawalRule = "forfeit"
    withdrawn: tuple[Withdrawal, ...] = ()
    """The teams that are out, in the order in which they went."""
    byes: tuple[Bye, ...] = ()
    drawn: Mapping[PoolId, int] = {}
    """How many rounds of each Swiss pool are drawn."""
    lots: tuple[Lots, ...] = ()
    made: tuple[CommandId, ...] = ()
    """The latest commands that changed what the tournament consists of; at most `changes.MAX_MADE`."""

    def stage(self, stage: StageId) -> Stage:
        """Return a stage by its id."""
        return next(found for found in self.stages if found.id == stage)

    def pool(self, pool: PoolId) -> Pool:
        """Return a pool by its id."""
        return next(found for stage in self.stages for found in stage.pools if found.id == pool)

    def rules(self, stage: StageId) -> Rules:
        """Return what a score means in a stage."""
        game = self.stage(stage).game
        return next((known.rules for known in self.games if known.id == game), POINTS)

    def withdrawal(self, team: TeamId | None) -> Withdrawal | None:
        """Return how a team went out; `None` if it takes part."""
        return next((one for one in self.withdrawn if one.team == team), None)
