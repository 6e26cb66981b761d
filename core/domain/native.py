"""Courtside's own format: a tournament written by hand in TOML or the same in JSON, with or without results.

Strict: a key that is not known is refused with the nearest that is. `toml.write` writes what is read here as
the same plan. Times without an offset are UTC. Schedules are not drawn up here: every match is listed.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec
from msgspec import Struct, field

from core.domain.checks import check_start
from core.domain.commands import Score
from core.domain.ids import (
    CourtId,
    MatchId,
    PoolId,
    StageId,
    TeamId,
    TournamentId,
    make_slug,
    match_id,
    same_match,
)
from core.domain.plan import (
    DEFAULT_TIE_BREAKS,
    Court,
    Fixture,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    Pool,
    Slot,
    Source,
    Stage,
    Team,
    TieBreak,
    WinnerOf,
)
from core.domain.playback import Imported, Result, rehearse, script
from core.errors import BadFile, BadPlan

if TYPE_CHECKING:
    from collections.abc import Iterable

_T = TypeVar("_T", bound=str)
_State = Literal["scheduled", "live", "final", "official"]
_SOURCE = re.compile(r"(winner|loser) of (\S+)|(\d+)(?:st|nd|rd|th) of (.+)", re.IGNORECASE)
_SIDE_HELP = "a team, 'winner of m3', 'loser of m3', '1st of A' or '3rd of A/B/C'"


class _Team(Struct, forbid_unknown_fields=True):
    name: str
    id: str | None = None
    code: str = ""


class _Court(Struct, forbid_unknown_fields=True):
    name: str
    id: str | None = None


class _Header(Struct, forbid_unknown_fields=True):
    name: str
    id: str | None = None
    venue: str = ""
    moderators_confirm: bool = False
    teams: tuple[str | _Team, ...] = ()
    courts: tuple[str | _Court, ...] = ()


class _Pool(Struct, forbid_unknown_fields=True):
    name: str
    teams: tuple[str, ...]
    id: str | None = None


class _Points(Struct, frozen=True, forbid_unknown_fields=True):
    win: int = 3
    draw: int = 1
    loss: int = 0


class _Stage(Struct, forbid_unknown_fields=True):
    name: str
    kind: Literal["pools", "knockout"]
    id: str | None = None
    pools: tuple[_Pool, ...] = ()
    points: _Points = _Points()
    tie_breaks: tuple[TieBreak, ...] = DEFAULT_TIE_BREAKS


class _Side(Struct, forbid_unknown_fields=True):
    team: str
    source: str = field(name="from")


class _Match(Struct, forbid_unknown_fields=True):
    home: str | _Side
    away: str | _Side
    id: str | None = None
    stage: str | None = None
    pool: str | None = None
    round: str | None = None
    court: str | None = None
    starts_at: datetime | None = None
    score: tuple[int, int] | None = None
    shootout: tuple[int, int] | None = None
    state: _State | None = None


class _File(Struct, forbid_unknown_fields=True):
    tournament: _Header
    teams: tuple[str | _Team, ...] = ()
    courts: tuple[str | _Court, ...] = ()
    stages: tuple[_Stage, ...] = ()
    matches: tuple[_Match, ...] = ()


_SHAPES: dict[str, type[Struct]] = {
    "$": _File,
    "tournament": _Header,
    "teams": _Team,
    "courts": _Court,
    "stages": _Stage,
    "pools": _Pool,
    "points": _Points,
    "matches": _Match,
    "home": _Side,
    "away": _Side,
}
"""The shape of a table by the last name of its path."""


def read(path: str, content: bytes) -> Imported:
    """Read a tournament from TOML, or from JSON where the content begins with `{`.

    Args:
        path: the file's name, for errors.
        content: the file.

    Raises:
        BadFile: it is no such file, or its plan or results cannot be; says where and what would be right.
    """
    file = _shaped(path, _parsed(path, content))
    try:
        reading = _Reading(file)
        plan = reading.plan()
        playback = script(plan, reading.results())
        rehearse(plan, playback)
    except BadPlan as error:
        raise BadFile(path, str(error)) from error
    return Imported(plan, playback)


def _parsed(path: str, content: bytes) -> object:
    try:
        if content.lstrip().startswith(b"{"):
            return msgspec.json.decode(content)
        return tomllib.loads(content.decode())
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError, UnicodeError, RecursionError) as error:
        raise BadFile(path, f"neither TOML nor JSON: {error}") from error


def _shaped(path: str, value: object) -> _File:
    try:
        return msgspec.convert(value, _File)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).rstrip("`").partition(" - at `")
        where = place.removeprefix("$").removeprefix(".")
        unknown = re.fullmatch(r"Object contains unknown field `(.*)`?", problem)
        if unknown is not None:
            name = unknown[1].rstrip("`")
            shape = _SHAPES[re.sub(r"\[.*?\]", "", place).rpartition(".")[2] or "$"]
            problem = f"unknown key {name!r}{_near(name, shape.__struct_encode_fields__)}"
        raise BadFile(path, f"{where or 'top level'}: {problem.replace('`', '')}") from error


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _near(name: str, known: Iterable[str]) -> str:
    """Say which known names come close, or all of them where none does."""
    known = sorted(known)
    near = difflib.get_close_matches(name.lower(), known, 2)
    return f"; did you mean {' or '.join(near)}?" if near else f"; known: {', '.join(known)}"


@dataclass(frozen=True, slots=True)
class _Names:
    """What the things of one kind may be called."""

    what: str
    ids: dict[str, set[str]]
    """By each name, in small letters, the ids it may mean."""

    def add(self, identity: str, *names: str) -> None:
        """Let a thing be called by its id and these names."""
        for name in (identity, *names):
            self.ids.setdefault(name.strip().casefold(), set()).add(identity)

    def find(self, name: str, where: str) -> str:
        """Return the id of the thing that a name means.

        Raises:
            BadPlan: no thing or several are called that.
        """
        written = name.strip()
        found = self.ids.get(written.casefold(), set())
        if written in found:
            return written
        if len(found) > 1:
            raise BadPlan(where, f"{self.what} {name!r} may be {' or '.join(sorted(found))}; write the id")
        if not found:
            raise BadPlan(where, f"there is no {self.what} {name!r}{_near(name, self.ids)}")
        return next(iter(found))


class _Reading:
    """One reading of a file: what its parts are called, so that others can name them."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._tournament = TournamentId(file.tournament.id or make_slug(file.tournament.name, "tournament"))
        self._team_names = _Names("team", {})
        self._court_names = _Names("court", {})
        self._stage_names = _Names("stage", {})
        self._pool_names = _Names("pool", {})
        self._teams = self._read_teams()
        self._courts = self._read_courts()
        self._stages = self._read_stages()
        self._ids = [
            match_id(self._tournament, (match.id or f"m{number:03d}").lower())
            for number, match in enumerate(file.matches, 1)
        ]

    def plan(self) -> Plan:
        """Return the plan.

        Raises:
            BadPlan: something named is not there, or a pool has no matches.
        """
        fixtures = tuple(map(self._fixture, self._ids, self._file.matches))
        for stage in self._stages:
            for pool in stage.pools:
                if len(pool.teams) > 1 and not any(fixture.pool == pool.id for fixture in fixtures):
                    why = "has no matches: list each under [[matches]], as none are drawn up from its teams"
                    raise BadPlan(f"pool {pool.name}", why)
        header = self._file.tournament
        return Plan(
            id=self._tournament,
            name=header.name,
            teams=self._teams,
            stages=self._stages,
            fixtures=fixtures,
            courts=self._courts,
            venue=header.venue,
            moderators_confirm=header.moderators_confirm,
        )

    def results(self) -> dict[MatchId, Result]:
        """Return the results that the file has.

        Raises:
            BadPlan: a match has a state or a shoot-out and no score.
        """
        results: dict[MatchId, Result] = {}
        for id_, match in zip(self._ids, self._file.matches, strict=True):
            state = match.state or ("scheduled" if match.score is None else "official")
            if match.score is None:
                if state != "scheduled" or match.shootout is not None:
                    raise BadPlan(
                        f"match {id_}", "a state or shoot-out needs a score: add score = [home, away]"
                    )
            elif state == "scheduled":
                raise BadPlan(f"match {id_}", "a scheduled match has no score: leave it out, or say live")
            else:
                shootout = None if match.shootout is None else Score(*match.shootout)
                results[id_] = Result(Score(*match.score), shootout, phase=state)
        return results

    def _read_teams(self) -> tuple[Team, ...]:
        teams: list[Team] = []
        for given in (*self._file.tournament.teams, *self._file.teams):
            team = _Team(given) if isinstance(given, str) else given
            made = team.id or make_slug(team.name, "team", {known.id for known in teams})
            teams.append(Team(TeamId(made), team.name, team.code))
            self._team_names.add(made, team.name, *([team.code] if team.code else []))
        return tuple(teams)

    def _read_courts(self) -> tuple[Court, ...]:
        courts: list[Court] = []
        for given in (*self._file.tournament.courts, *self._file.courts):
            court = _Court(given) if isinstance(given, str) else given
            made = court.id or make_slug(court.name, "court", {known.id for known in courts})
            courts.append(Court(CourtId(made), court.name))
            self._court_names.add(made, court.name)
        return tuple(courts)

    def _read_stages(self) -> tuple[Stage, ...]:
        stages: list[Stage] = []
        for stage in self._file.stages:
            made = stage.id or make_slug(stage.name, "stage", {known.id for known in stages})
            self._stage_names.add(made, stage.name)
            stages.append(
                Stage(
                    id=StageId(made),
                    name=stage.name,
                    kind=stage.kind,
                    pools=tuple(map(self._pool, stage.pools)),
                    win=stage.points.win,
                    draw=stage.points.draw,
                    loss=stage.points.loss,
                    tie_breaks=stage.tie_breaks,
                )
            )
        return tuple(stages)

    def _pool(self, pool: _Pool) -> Pool:
        letter = re.sub(r"^(group|pool)\s+", "", pool.name, flags=re.IGNORECASE)
        made = pool.id or make_slug(letter, "pool")
        self._pool_names.add(made, pool.name, letter)
        teams = (TeamId(self._team_names.find(team, f"pool {pool.name}")) for team in pool.teams)
        return Pool(PoolId(made), pool.name, tuple(teams))

    def _fixture(self, id_: MatchId, match: _Match) -> Fixture:
        where = f"match {id_}"
        pool = None if match.pool is None else PoolId(self._pool_names.find(match.pool, where))
        stage = self._stage(match, pool, where)
        court = None if match.court is None else CourtId(self._court_names.find(match.court, where))
        starts_at = match.starts_at
        check_start(starts_at, where)
        return Fixture(
            id=id_,
            stage=stage.id,
            round=stage.name if match.round is None else match.round,
            home=self._slot(match.home, where),
            away=self._slot(match.away, where),
            pool=pool,
            court=court,
            starts_at=None if starts_at is None else _utc(starts_at),
        )

    def _stage(self, match: _Match, pool: PoolId | None, where: str) -> Stage:
        if match.stage is not None:
            wanted = self._stage_names.find(match.stage, where)
            return next(stage for stage in self._stages if stage.id == wanted)
        fitting = [
            stage for stage in self._stages if pool is None or any(own.id == pool for own in stage.pools)
        ]
        if len(fitting) != 1:
            have = ", ".join(stage.id for stage in self._stages) or "none: add [[stages]] with name and kind"
            raise BadPlan(where, f"does not say its stage; there are {have}")
        return fitting[0]

    def _slot(self, side: str | _Side, where: str) -> Slot:
        if isinstance(side, _Side):
            return Slot(TeamId(self._team_names.find(side.team, where)), self._source(side.source, where))
        if side.strip().casefold() not in self._team_names.ids and _SOURCE.fullmatch(side.strip()):
            return Slot(None, self._source(side, where))
        return Slot(TeamId(self._team_names.find(side, where)))

    def _source(self, text: str, where: str) -> Source:
        found = _SOURCE.fullmatch(text.strip())
        if found is None:
            raise BadPlan(where, f"cannot read the side {text!r}: write {_SIDE_HELP}")
        kind, named, rank, pools = found.groups()
        if kind is not None:
            match = next((id_ for id_ in self._ids if same_match(named, id_)), None)
            if match is None:
                raise BadPlan(where, f"names match {named!r}, which is not in the file")
            return WinnerOf(match) if kind.lower() == "winner" else LoserOf(match)
        ids = tuple(PoolId(self._pool_names.find(pool, where)) for pool in pools.split("/"))
        return PlaceOf(ids[0], int(rank)) if len(ids) == 1 else OneOf(ids, int(rank))
