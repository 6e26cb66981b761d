"""What the organiser set up: teams, courts, stages, pools, fixtures and where each side comes from.

A plan is the content of one `CreateTournament` command and says nothing of results. Values are
frozen and checked as a whole by `check`; text in them is cleaned on construction, decoded or not.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime
from typing import TYPE_CHECKING, Literal, assert_never

from msgspec import Struct
from msgspec.structs import force_setattr

from core.domain.ids import CourtId, MatchId, PoolId, StageId, TeamId, TournamentId, is_slug, tournament_of
from core.domain.text import clean
from core.domain.whole import Whole
from core.errors import BadPlan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TieBreak = Literal["wins", "head_to_head", "difference", "scored"]
"""A rule that orders teams level on points; `head_to_head` looks at their matches among themselves."""


class Team(Struct, frozen=True, omit_defaults=True):
    """A side that plays."""

    id: TeamId
    name: str
    code: str = ""
    """Short name for narrow tables, `""` when it has none."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))
        force_setattr(self, "code", clean(self.code, 8))


class Court(Struct, frozen=True):
    """A place where one match is played at a time."""

    id: CourtId
    name: str

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


class Pool(Struct, frozen=True):
    """Teams that play each other and share a table."""

    id: PoolId
    name: str
    teams: tuple[TeamId, ...]

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


class Stage(Struct, frozen=True, omit_defaults=True):
    """A part of the tournament with rules of its own."""

    id: StageId
    name: str
    kind: Literal["pools", "knockout"]
    """`pools`: a match may be drawn and counts for a table; `knockout`: it needs a winner."""
    pools: tuple[Pool, ...] = ()
    win: Whole = 3
    draw: Whole = 1
    loss: Whole = 0
    """Table points for a win, a draw and a loss."""
    tie_breaks: tuple[TieBreak, ...] = ("head_to_head", "difference", "scored")
    """How teams level on points are ordered, first rule first; what they leave level, ops decide."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


class WinnerOf(Struct, frozen=True, tag="winner_of"):
    """The winner of a match takes the slot."""

    match: MatchId


class LoserOf(Struct, frozen=True, tag="loser_of"):
    """The loser of a match takes the slot."""

    match: MatchId


class PlaceOf(Struct, frozen=True, tag="place_of"):
    """The team at `rank` (1 is first) of a pool's final table takes the slot."""

    pool: PoolId
    rank: Whole


class OneOf(Struct, frozen=True, tag="one_of"):
    """One of the teams at `rank` in these pools takes the slot; which one, ops assign ("best third")."""

    pools: tuple[PoolId, ...]
    rank: Whole


Source = WinnerOf | LoserOf | PlaceOf | OneOf
"""Where the team of a slot comes from."""


class Slot(Struct, frozen=True, omit_defaults=True):
    """One side of a fixture: a team, or a place that a team will take."""

    team: TeamId | None = None
    """Who plays; `None` while nobody has taken the slot."""
    source: Source | None = None
    """Where the team comes from; `None` where the plan names the team itself."""


class Fixture(Struct, frozen=True, omit_defaults=True):
    """A match as planned."""

    id: MatchId
    stage: StageId
    round: str
    home: Slot
    away: Slot
    pool: PoolId | None = None
    """The pool whose table it counts for; `None` outside pools."""
    court: CourtId | None = None
    starts_at: datetime | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "round", clean(self.round))


class Plan(Struct, frozen=True, omit_defaults=True):
    """A whole tournament before its first result. `fixtures` are in playing order."""

    id: TournamentId
    name: str
    teams: tuple[Team, ...]
    stages: tuple[Stage, ...]
    fixtures: tuple[Fixture, ...]
    courts: tuple[Court, ...] = ()
    venue: str = ""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))
        force_setattr(self, "venue", clean(self.venue))


def check(plan: Plan) -> None:
    """Prove that a plan can be played.

    Raises:
        BadPlan: an id is not a slug or stands twice, or something named is not there; says where.
    """
    _check_ids(plan)
    teams = {team.id for team in plan.teams}
    stages = {stage.id: stage for stage in plan.stages}
    pools = {pool.id: pool for stage in plan.stages for pool in stage.pools}
    courts = {court.id for court in plan.courts}
    for pool in pools.values():
        for number, team in enumerate(pool.teams):
            _known(team, teams, "team", f"pool {pool.id}")
            if team in pool.teams[:number]:
                raise BadPlan(f"pool {pool.id}", f"names team {team!r} twice")
    earlier: set[MatchId] = set()
    for fixture in plan.fixtures:
        where = f"match {fixture.id}"
        _known(fixture.stage, stages, "stage", where)
        if fixture.pool is not None:
            _known(fixture.pool, pools, "pool", where)
        if fixture.court is not None:
            _known(fixture.court, courts, "court", where)
        check_start(fixture.starts_at, where)
        for slot in (fixture.home, fixture.away):
            _check_slot(slot, where, teams, pools, earlier)
        if fixture.pool is not None:
            _check_pooled(fixture, stages[fixture.stage], pools[fixture.pool], where)
        if fixture.home.team is not None and fixture.home.team == fixture.away.team:
            raise BadPlan(where, f"team {fixture.home.team!r} cannot play itself")
        earlier.add(fixture.id)


def check_start(moment: datetime | None, where: str) -> None:
    """Prove that a match's time can be told in every time zone.

    Raises:
        BadPlan: it stands at the first or last edge of the calendar.
    """
    if moment is not None and not MINYEAR < moment.year < MAXYEAR:
        raise BadPlan(where, f"cannot start in the year {moment.year}")


def _check_ids(plan: Plan) -> None:
    pools = tuple(pool for stage in plan.stages for pool in stage.pools)
    if not is_slug(plan.id):
        raise BadPlan("tournament", f"id {plan.id!r} is not a slug (a-z, 0-9, - and _; at most 64)")
    for what, values in (
        ("team", plan.teams),
        ("court", plan.courts),
        ("stage", plan.stages),
        ("pool", pools),
        ("match", plan.fixtures),
    ):
        seen: set[str] = set()
        for value in values:
            short = str(value.id)
            if isinstance(value, Fixture):
                if tournament_of(value.id) != plan.id:
                    raise BadPlan(f"match {value.id}", f"its id does not begin with {plan.id}.")
                short = value.id.removeprefix(f"{plan.id}.")
            if not is_slug(short):
                raise BadPlan(f"{what} {short}", "its id is not a slug (a-z, 0-9, - and _; at most 64)")
            if value.id in seen:
                raise BadPlan(f"{what} {short}", "stands twice")
            seen.add(value.id)


def _check_pooled(fixture: Fixture, stage: Stage, pool: Pool, where: str) -> None:
    """Prove that a match counts for a table of its own stage, between teams of that table."""
    if pool not in stage.pools:
        raise BadPlan(where, f"is in stage {stage.id!r}, which has no pool {pool.id!r}")
    for slot in (fixture.home, fixture.away):
        if slot.team is not None and slot.team not in pool.teams:
            raise BadPlan(where, f"counts for pool {pool.id!r}, which has no team {slot.team!r}")


def _check_slot(
    slot: Slot, where: str, teams: set[TeamId], pools: Mapping[PoolId, Pool], earlier: set[MatchId]
) -> None:
    if slot.team is None and slot.source is None:
        raise BadPlan(where, "a side has neither a team nor a source")
    if slot.team is not None:
        _known(slot.team, teams, "team", where)
    match slot.source:
        case WinnerOf(match) | LoserOf(match):
            _known(match, earlier, "match", where, "an earlier match")
        case PlaceOf(pool, rank):
            _check_place(pool, rank, where, pools)
        case OneOf(named, rank):
            for pool in named:
                _check_place(pool, rank, where, pools)
        case None:
            pass
        case _:
            assert_never(slot.source)


def _check_place(pool: PoolId, rank: int, where: str, pools: Mapping[PoolId, Pool]) -> None:
    _known(pool, pools, "pool", where)
    if not 1 <= rank <= len(pools[pool].teams):
        raise BadPlan(where, f"names place {rank} of pool {pool!r}, which has {len(pools[pool].teams)} teams")


def _known(value: str, known: Collection[str], what: str, where: str, lacking: str = "in the plan") -> None:
    if value not in known:
        raise BadPlan(where, f"names {what} {value!r}, which is not {lacking}")
