"""Courtside's own format: a tournament written by hand in TOML or the same in JSON, with or without results.

`toml.write` writes what is read here as the same plan. Times without an offset are UTC. A stage lists its
matches, or names a format and has them drawn up by `drawing`. Which keys there are is `shapes`' affair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from core.domain.checks import check, check_start
from core.domain.commands import Score
from core.domain.draws.drawing import across, draw_up
from core.domain.files.playback import Imported, Result, rehearse, script
from core.domain.files.shapes import (
    CourtShape,
    FileShape,
    FormatName,
    GameShape,
    MatchShape,
    PoolShape,
    SideShape,
    StageShape,
    TeamShape,
    near,
    read_shape,
)
from core.domain.games import CupsRules, Game, PointsRules, Rules, SetsRules, TimeRules
from core.domain.ids import (
    CourtId,
    GameId,
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
    Court,
    DoubleElimination,
    Fixture,
    Format,
    LoserOf,
    OneOf,
    PlaceOf,
    Plan,
    Pool,
    RoundRobin,
    SingleElimination,
    Slot,
    Source,
    Stage,
    Swiss,
    Team,
    Timetable,
    WinnerOf,
)
from core.errors import BadFile, BadPlan

_FORMAT_KEYS: dict[str, tuple[FormatName, ...]] = {
    "legs": ("round_robin",),
    "rounds": ("swiss",),
    "advance": ("single_elimination", "double_elimination"),
    "entrants": ("single_elimination", "double_elimination"),
    "third_place": ("single_elimination",),
    "reset": ("double_elimination",),
}
"""Which formats a key of a stage belongs to."""
_RULES: dict[str, type[Rules]] = {
    "points": PointsRules,
    "sets": SetsRules,
    "cups": CupsRules,
    "time": TimeRules,
}
_SOURCE = re.compile(r"(winner|loser) of (\S+)|(\d+)(?:st|nd|rd|th) of (.+)", re.IGNORECASE)
_SIDE_HELP = "a team, 'winner of m3', 'loser of m3', '1st of A' or '3rd of A/B/C'"


def read(path: str, content: bytes) -> Imported:
    """Read a tournament from TOML, or from JSON where the content begins with `{`.

    Args:
        path: the file's name, for errors.
        content: the file.

    Raises:
        BadFile: it is no such file, or its plan or results cannot be; says where and what would be right.
    """
    file = read_shape(path, content)
    try:
        reading = _Reading(file)
        plan = reading.plan()
        playback = script(plan, reading.results())
        rehearse(plan, playback)
    except BadPlan as error:
        raise BadFile(path, str(error)) from error
    return Imported(plan, playback)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


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

    @property
    def everything(self) -> set[str]:
        """The ids of all things of this kind."""
        return set().union(*self.ids.values())

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
            raise BadPlan(where, f"there is no {self.what} {name!r}{near(name, self.ids)}")
        return next(iter(found))


class _Reading:
    """One reading of a file: what its parts are called, so that others can name them."""

    def __init__(self, file: FileShape) -> None:
        self._file = file
        self._tournament = TournamentId(file.tournament.id or make_slug(file.tournament.name, "tournament"))
        self._team_names = _Names("team", {})
        self._court_names = _Names("court", {})
        self._stage_names = _Names("stage", {})
        self._pool_names = _Names("pool", {})
        self._game_names = _Names("game", {})
        self._ids = [
            match_id(self._tournament, (match.id or f"m{number:03d}").lower())
            for number, match in enumerate(file.matches, 1)
        ]
        self._teams = self._read_teams()
        self._courts = self._read_courts()
        self._games = tuple(map(self._game, file.games))
        self._stages = self._read_stages()

    def plan(self) -> Plan:
        """Return the plan.

        Raises:
            BadPlan: something named is not there, or a pool has no matches.
        """
        fixtures = tuple(map(self._fixture, self._ids, self._file.matches))
        if not self._stages:
            raise BadPlan("tournament", "has no stages, so nothing could be played: add [[stages]]")
        for stage in self._stages:
            for pool in stage.pools if stage.format is None else ():
                if len(pool.teams) > 1 and not any(fixture.pool == pool.id for fixture in fixtures):
                    why = "has no matches: list each under [[matches]], or give its stage a format"
                    raise BadPlan(f"pool {pool.name}", why)
        header = self._file.tournament
        plan = Plan(
            id=self._tournament,
            name=header.name,
            teams=self._teams,
            stages=self._stages,
            fixtures=fixtures,
            courts=self._courts,
            venue=header.venue,
            moderators_confirm=header.moderators_confirm,
            games=self._games,
            status=header.status,
            timetable=self._timetable(),
            on_withdrawal=header.on_withdrawal,
            on_disqualification=header.on_disqualification,
        )
        check(plan)
        return draw_up(plan) if plan.status == "running" else plan

    def _timetable(self) -> Timetable | None:
        given = self._file.timetable
        if given is None:
            return None
        check_start(given.starts_at, "timetable")
        return Timetable(_utc(given.starts_at), given.minutes)

    def _game(self, game: GameShape) -> Game:
        made = game.id or make_slug(game.name, "game")
        self._game_names.add(made, game.name)
        rules = _RULES[game.kind]
        given = {
            key: value
            for key in ("best_of", "points", "lead", "cap", "last", "cups", "bounce")
            if (value := getattr(game, key)) is not None
        }
        for key in given:
            if key not in rules.__struct_fields__:
                known = ", ".join(rules.__struct_fields__) or "no keys of its own"
                raise BadPlan(f"game {game.name}", f"{key!r} means nothing in a game of {game.kind}: {known}")
        return Game(GameId(made), game.name, rules(**given), game.places)

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
            team = TeamShape(given) if isinstance(given, str) else given
            made = team.id or make_slug(team.name, "team", {known.id for known in teams})
            teams.append(Team(TeamId(made), team.name, team.code))
            self._team_names.add(made, team.name, *([team.code] if team.code else []))
        return tuple(teams)

    def _read_courts(self) -> tuple[Court, ...]:
        courts: list[Court] = []
        for given in (*self._file.tournament.courts, *self._file.courts):
            court = CourtShape(given) if isinstance(given, str) else given
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
                    pools=self._pools(stage),
                    win=stage.points.win,
                    draw=stage.points.draw,
                    loss=stage.points.loss,
                    tie_breaks=stage.tie_breaks,
                    game=None if stage.game is None else self._game_named(stage),
                    forfeit=stage.forfeit,
                )
            )
            format_ = self._format(stage, stages)
            stages[-1] = msgspec.structs.replace(stages[-1], format=format_)
        return tuple(stages)

    def _game_named(self, stage: StageShape) -> GameId:
        return GameId(self._game_names.find(stage.game or "", f"stage {stage.name}"))

    def _format(self, stage: StageShape, before: list[Stage]) -> Format | None:
        """Return how a stage's matches are drawn up."""
        where = f"stage {stage.name}"
        for key, formats in _FORMAT_KEYS.items():
            if getattr(stage, key) is not None and stage.format not in formats:
                raise BadPlan(where, f"{key!r} needs format = {' or '.join(map(repr, formats))}")
        match stage.format:
            case None:
                return None
            case "round_robin":
                return RoundRobin(1 if stage.legs is None else stage.legs)
            case "swiss":
                if stage.rounds is None:
                    raise BadPlan(where, "does not say how many rounds there are: add rounds = 5")
                return Swiss(stage.rounds)
            case "single_elimination":
                return SingleElimination(self._entrants(stage, before), bool(stage.third_place))
            case _:
                return DoubleElimination(self._entrants(stage, before), stage.reset is not False)

    def _entrants(self, stage: StageShape, before: list[Stage]) -> tuple[Slot, ...]:
        """Return who takes part in a knock-out; empty for all teams."""
        where = f"stage {stage.name}"
        if stage.entrants is not None:
            if stage.advance is not None:
                raise BadPlan(where, "has entrants and advance: one of them says who takes part")
            return tuple(self._slot(side, where) for side in stage.entrants)
        if stage.advance is None:
            return ()
        game = before[-1].game
        earlier = [other for other in before[:-1] if other.pools and other.game == game]
        if not earlier:
            raise BadPlan(where, "has no stage of pools before it from which teams could advance")
        if stage.advance < 1:
            raise BadPlan(where, f"advance must be at least 1, not {stage.advance}")
        return across(earlier[-1].pools, stage.advance)

    def _pools(self, stage: StageShape) -> tuple[Pool, ...]:
        """Return a stage's pools; one of all teams where it has none and its format needs one."""
        if stage.pools or stage.format not in ("round_robin", "swiss"):
            return tuple(map(self._pool, stage.pools))
        made = make_slug(stage.name, "all", set(self._pool_names.everything))
        self._pool_names.add(made, stage.name)
        return (Pool(PoolId(made), stage.name, tuple(team.id for team in self._teams)),)

    def _pool(self, pool: PoolShape) -> Pool:
        letter = re.sub(r"^(group|pool)\s+", "", pool.name, flags=re.IGNORECASE)
        made = pool.id or make_slug(letter, "pool")
        self._pool_names.add(made, pool.name, letter)
        teams = (TeamId(self._team_names.find(team, f"pool {pool.name}")) for team in pool.teams)
        return Pool(PoolId(made), pool.name, tuple(teams))

    def _fixture(self, id_: MatchId, match: MatchShape) -> Fixture:
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
            reset_of=None if match.reset_of is None else self._match(match.reset_of, where),
        )

    def _match(self, name: str, where: str) -> MatchId:
        found = next((id_ for id_ in self._ids if same_match(name, id_)), None)
        if found is None:
            raise BadPlan(where, f"names match {name!r}, which is not in the file")
        return found

    def _stage(self, match: MatchShape, pool: PoolId | None, where: str) -> Stage:
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

    def _slot(self, side: str | SideShape, where: str) -> Slot:
        if isinstance(side, SideShape):
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
            match = self._match(named, where)
            return WinnerOf(match) if kind.lower() == "winner" else LoserOf(match)
        ids = tuple(PoolId(self._pool_names.find(pool, where)) for pool in pools.split("/"))
        return PlaceOf(ids[0], int(rank)) if len(ids) == 1 else OneOf(ids, int(rank))
