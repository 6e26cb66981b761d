"""The tournament of the demo: the Beer Olympics, eight games at eight tables, sixteen teams, one leaderboard.

Pure but for the generator handed in: the same seed draws the same teams, matches and mishaps. What happens in
a match is `presses`' affair, who enters it `keeper`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from core import drawing, games, ids, leaderboard, plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from core import Tournament

TOURNAMENT = ids.TournamentId("beer-olympics")
TEAMS = (
    "Harbour Hawks", "River Rats", "Otters", "Comets", "Lions", "Tigers", "Zebras", "Meteors",
    "Owls", "Bears", "Wolves", "Rams", "Bulls", "Kites", "Foxes", "Herons",
)  # fmt: skip
PLAYERS = (
    "Alex", "Bo", "Cleo", "Dana", "Eli", "Fay", "Gus", "Hana",
    "Ira", "Jo", "Kai", "Lou", "Mika", "Noa", "Ola", "Pia",
)  # fmt: skip
PLACES = (25, 20, 16, 13, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
"""What each place in a game is worth on the leaderboard."""
POOL_SIZE = 4
ROUNDS = 3
"""Rounds of the game that is played by the Swiss system."""
TIME_OF_DAY = datetime(2026, 6, 20, 18, 0, tzinfo=UTC)
"""Any moment: only the order that a timetable gives is used."""

Way = Literal["knockout", "heats", "pools", "swiss"]
"""How a game is played: knock-out, against the clock two by two, pools and a knock-out, Swiss rounds."""
Mishap = Literal["conflict", "reopened", "no_show", "dropped"]
"""What goes wrong: two people count one point, a result is wrong, a team stays away, a network is gone."""


@dataclass(frozen=True, slots=True)
class Contest:
    """One of the games and how it is played."""

    name: str
    rules: games.Rules
    way: Way
    goal: int = 0
    """In a game of points, the points that end a match."""
    keeper: str = ""
    """Who keeps its scores."""

    @property
    def id(self) -> ids.GameId:
        """The game's id, which its table and its first stage bear too."""
        return ids.GameId(ids.make_slug(self.name, "game"))


CONTESTS = (
    Contest("Beer Pong", games.CupsRules(6), "knockout", keeper="Ana"),
    Contest("Flip Cup", games.SetsRules(best_of=5, points=1, lead=1), "knockout", keeper="Ben"),
    Contest("Boat Race", games.TimeRules(), "heats", keeper="Chloe"),
    Contest("Cornhole", games.PointsRules(), "pools", 7, keeper="Dario"),
    Contest("Quarters", games.PointsRules(), "swiss", 5, keeper="Emre"),
    Contest("Keg Relay", games.TimeRules(), "heats", keeper="Freya"),
    Contest("Rage Cage", games.PointsRules(), "knockout", 5, keeper="Goran"),
    Contest("Giant Jenga", games.SetsRules(best_of=3, points=1, lead=1), "knockout", keeper="Hilde"),
)


@dataclass(frozen=True, slots=True)
class Mishaps:
    """What goes wrong in an evening, and who leaves it."""

    at: dict[tuple[ids.GameId, int], Mishap]
    """By game and half (0 or 1): what happens in a match of it."""
    leaver: ids.TeamId
    """The team that withdraws at half-time."""


def evening(random: Random) -> plan.Plan:
    """Draw the tournament: who meets whom first, in every game in another order."""
    teams = tuple(plan.Team(_slug(name), name, _code(name)) for name in TEAMS)
    seeds = [team.id for team in teams]
    stages: list[plan.Stage] = []
    heats: list[plan.Fixture] = []
    for contest in CONTESTS:
        random.shuffle(seeds)
        stages += _stages(contest, seeds)
        if contest.way == "heats":
            heats += _heats(contest, seeds, first=len(heats) + 1)
    listed = plan.Plan(
        id=TOURNAMENT,
        name="Beer Olympics",
        teams=teams,
        stages=tuple(stages),
        fixtures=tuple(heats),
        courts=tuple(plan.Court(_table(contest.id), f"Table {at}") for at, contest in enumerate(CONTESTS, 1)),
        venue="Harbour Hall",
        games=tuple(games.Game(one.id, one.name, one.rules, PLACES) for one in CONTESTS),
    )
    drawn = drawing.draw_up(listed)
    tables = {stage.id: _table(stage.game) for stage in stages if stage.game is not None}
    return replace(
        drawn, fixtures=tuple(replace(fixture, court=tables[fixture.stage]) for fixture in drawn.fixtures)
    )


def programme(drawn: plan.Plan) -> dict[ids.GameId, tuple[ids.MatchId, ...]]:
    """Return in which order each table plays its matches: as few teams as can be are due at two at once."""
    timed = drawing.draw_up(replace(drawn, timetable=plan.Timetable(TIME_OF_DAY, 10)))
    order = sorted(timed.fixtures, key=lambda fixture: fixture.starts_at or TIME_OF_DAY)
    return {
        contest.id: tuple(fixture.id for fixture in order if fixture.court == _table(contest.id))
        for contest in CONTESTS
    }


def mishaps(random: Random) -> Mishaps:
    """Draw what goes wrong: each thing at another table."""
    by_points = [contest.id for contest in CONTESTS if isinstance(contest.rules, games.PointsRules)]
    conflict, reopened = random.sample(by_points, 2)
    knockouts = [one.id for one in CONTESTS if one.way == "knockout" and one.id not in (conflict, reopened)]
    no_show, dropped, later = random.sample(knockouts, 3)
    return Mishaps(
        {
            (conflict, 0): "conflict",
            (no_show, 0): "no_show",
            (dropped, 0): "dropped",
            (reopened, 1): "reopened",
            (later, 1): "dropped",
        },
        leaver=_slug(random.choice(TEAMS)),
    )


def winners(state: Tournament) -> str:
    """Return who leads the leaderboard; all of them, where teams share the first place."""
    board = leaderboard.leaderboard(state)
    return " and ".join(state.teams[line.team].name for line in board if line.rank == 1)


def players(team: ids.TeamId) -> tuple[str, str]:
    """Return the two people of a team who throw."""
    at = next(number for number, name in enumerate(TEAMS) if _slug(name) == team)
    return PLAYERS[at], PLAYERS[-1 - at]


def _stages(contest: Contest, seeds: Sequence[ids.TeamId]) -> list[plan.Stage]:
    stage = plan.Stage(ids.StageId(contest.id), contest.name, "pools", game=contest.id)
    everybody = (plan.Pool(ids.PoolId(contest.id), contest.name, tuple(seeds)),)
    match contest.way:
        case "knockout":
            knockout = plan.SingleElimination(tuple(map(plan.Slot, seeds)), third_place=True)
            return [replace(stage, kind="knockout", format=knockout)]
        case "heats":
            return [replace(stage, pools=everybody, win=0, draw=0, tie_breaks=("time",))]
        case "swiss":
            breaks: tuple[plan.TieBreak, ...] = ("buchholz", "sonneborn_berger", "difference")
            return [
                replace(stage, pools=everybody, win=1, draw=0, tie_breaks=breaks, format=plan.Swiss(ROUNDS))
            ]
        case "pools":
            pools = tuple(_pool(contest, seeds, at) for at in range(len(seeds) // POOL_SIZE))
            four = plan.SingleElimination(drawing.across(pools, 1), third_place=True)
            breaks = ("head_to_head", "lot")
            return [
                replace(stage, pools=pools, tie_breaks=breaks, format=plan.RoundRobin()),
                plan.Stage(
                    ids.StageId(f"{contest.id}-finals"),
                    f"{contest.name} finals",
                    "knockout",
                    game=contest.id,
                    format=four,
                ),
            ]


def _pool(contest: Contest, seeds: Sequence[ids.TeamId], at: int) -> plan.Pool:
    letter = "ABCD"[at]
    members = tuple(seeds[at :: len(seeds) // POOL_SIZE])
    return plan.Pool(ids.PoolId(f"{contest.id}-{letter.lower()}"), f"{contest.name} {letter}", members)


def _heats(contest: Contest, seeds: Sequence[ids.TeamId], first: int) -> list[plan.Fixture]:
    """Return the matches of a game against the clock: two teams at a time, each once."""
    return [
        plan.Fixture(
            id=ids.match_id(TOURNAMENT, f"m{number:03d}"),
            stage=ids.StageId(contest.id),
            round="Heats",
            home=plan.Slot(home),
            away=plan.Slot(away),
            pool=ids.PoolId(contest.id),
        )
        for number, (home, away) in enumerate(zip(seeds[::2], seeds[1::2], strict=True), first)
    ]


def _table(game: ids.GameId) -> ids.CourtId:
    return ids.CourtId(game)


def _slug(name: str) -> ids.TeamId:
    return ids.TeamId(name.lower().replace(" ", "-"))


def _code(name: str) -> str:
    return "".join(word[0] for word in name.split()) if " " in name else name[:3].upper()
