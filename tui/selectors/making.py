"""Making a tournament: what a person fills in, what is wrong with it, and the plan that it becomes.

Names are checked by the domain's rules, one after the other; the matches are drawn up by the domain too.
Guarantees that what is previewed is what is created.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from core import BadPlan, checks, clean, commands, drawing, games, ids, names, plan
from tui.selectors.scene import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Way = Literal["pools", "knockout", "both", "swiss"]
WAYS: dict[Way, str] = {
    "pools": "round robin: everybody plays everybody",
    "knockout": "knock-out: who loses is out",
    "both": "pools, then a knock-out of the best",
    "swiss": "Swiss: each round by the table",
}
GAMES: dict[str, games.Rules] = {
    "points": games.PointsRules(),
    "sets, best of 3 to 21": games.SetsRules(best_of=3, points=21),
    "sets, best of 3 to 25, last to 15": games.SetsRules(best_of=3, points=25, last=15),
    "sets, best of 5 to 25, last to 15": games.SetsRules(best_of=5, points=25, last=15),
    "cups, 10 a side": games.CupsRules(cups=10),
    "cups, 6 a side": games.CupsRules(cups=6),
    "time, the lowest wins": games.TimeRules(),
}
LENGTHS = (0, 5, 10, 15, 20, 30, 45, 60, 90)
"""Minutes of a match to choose from; 0 for no timetable."""
MOST_COURTS = 32
MOST_POOLS = 8
ADVANCE = 2
"""Teams of each pool that go on to the knock-out; of a single pool twice as many."""
LATER_ROUNDS = 5
"""Swiss rounds where nobody knows yet how many teams come."""
STEP = timedelta(minutes=5)
"""The timetable begins at the next such step."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person has filled in."""

    name: str = ""
    teams: str = ""
    """One name a line."""
    way: Way = "pools"
    pools: int = 1
    game: str = "points"
    courts: int = 2
    minutes: int = 20
    """From one match on a court to the next; 0 for no timetable."""
    later: bool = False
    """Whether it stays open for teams until somebody starts it."""


def team_names(draft: Draft) -> tuple[str, ...]:
    """Return the names of the teams, as they are written."""
    return tuple(clean(line.strip()) for line in draft.teams.splitlines() if line.strip())


def problem(draft: Draft, others: Sequence[str]) -> str:
    """Say what is wrong with a draft, the first thing first; `""` if nothing is.

    Args:
        draft: what was filled in.
        others: names of the tournaments that there are.
    """
    if not draft.name.strip():
        return "Give the tournament a name"
    wrong = names.name_problem(clean(draft.name.strip()), others)
    if wrong is not None:
        return f"Name: {wrong}"
    listed = team_names(draft)
    for number, name in enumerate(listed):
        wrong = names.name_problem(name, listed[:number])
        if wrong is not None:
            return f"Team {number + 1}: {wrong}"
    fewest = 0 if draft.later else 2
    if len(listed) < fewest:
        return f"Write at least {fewest} teams, one a line"
    if not draft.later and draft.way in ("pools", "both") and len(listed) < 2 * draft.pools:
        return f"{draft.pools} pools need at least {2 * draft.pools} teams"
    return _unplayable(draft)


def _unplayable(draft: Draft) -> str:
    try:
        checks.check(_drafted(draft, ids.TournamentId("draft"), None))
    except BadPlan as error:
        return str(error)
    return ""


def make(draft: Draft, at: datetime, taken: Sequence[str]) -> plan.Plan:
    """Return the plan of a draft that has no problem.

    Args:
        draft: what was filled in.
        at: now; the timetable begins soon after it.
        taken: ids of the tournaments that there are.
    """
    made = ids.TournamentId(ids.make_slug(draft.name, "tournament", set(taken)))
    drafted = _drafted(draft, made, at)
    return drafted if draft.later else drawing.draw_up(drafted)


def first_rounds(drawn: plan.Plan) -> tuple[commands.DrawRound, ...]:
    """Return the commands that draw the first Swiss rounds of a plan that is played at once."""
    if drawn.status != "running":
        return ()
    pools = (
        pool.id for stage in drawn.stages if isinstance(stage.format, plan.Swiss) for pool in stage.pools
    )
    return tuple(commands.DrawRound(pool) for pool in pools)


def summary(draft: Draft, drawn: plan.Plan) -> str:
    """Say what a plan will be: `6 teams, 15 matches on 2 courts, from 14:05 to 16:25`."""
    teams = counted(len(drawn.teams), "team")
    if draft.later:
        return f"{teams} so far; the matches are drawn up when it starts"
    if draft.way == "swiss":
        rounds = next(stage.format.rounds for stage in drawn.stages if isinstance(stage.format, plan.Swiss))
        return f"{teams}, {counted(rounds, 'round')}; the first one is drawn now, each next one by you"
    told = f"{teams}, {counted(len(drawn.fixtures), 'match', 'matches')}"
    if draft.courts:
        told += f" on {counted(draft.courts, 'court')}"
    starts = [fixture.starts_at for fixture in drawn.fixtures if fixture.starts_at is not None]
    if not starts:
        return told
    end = max(starts) + timedelta(minutes=draft.minutes)
    return f"{told}, about {_lasting(end - min(starts))}"


def _lasting(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def _drafted(draft: Draft, made: ids.TournamentId, at: datetime | None) -> plan.Plan:
    teams: list[plan.Team] = []
    for name in team_names(draft):
        slug = ids.make_slug(name, "team", {team.id for team in teams})
        teams.append(plan.Team(ids.TeamId(slug), name))
    game = games.Game(ids.GameId("game"), draft.game.partition(",")[0].capitalize(), GAMES[draft.game])
    plain = isinstance(game.rules, games.PointsRules)
    courts = tuple(
        plan.Court(ids.CourtId(f"c{number}"), f"Court {number}") for number in range(1, draft.courts + 1)
    )
    timetable = plan.Timetable(_soon(at), draft.minutes) if at is not None and draft.minutes else None
    return plan.Plan(
        id=made,
        name=clean(draft.name.strip()),
        teams=tuple(teams),
        stages=_stages(draft, tuple(teams), None if plain else game.id),
        fixtures=(),
        courts=courts,
        games=() if plain else (game,),
        status="open" if draft.later else "running",
        timetable=timetable,
    )


def _soon(at: datetime) -> datetime:
    """Return the next whole step after a moment."""
    whole = at.replace(minute=0, second=0, microsecond=0)
    return whole + STEP * (1 + (at - whole) // STEP)


def _stages(draft: Draft, teams: tuple[plan.Team, ...], game: ids.GameId | None) -> tuple[plan.Stage, ...]:
    count = max(1, len(teams))
    knockout = ids.StageId("knockout")
    match draft.way:
        case "knockout":
            third = plan.SingleElimination(third_place=len(teams) >= 4)
            return (plan.Stage(knockout, "Knock-out", "knockout", game=game, format=third),)
        case "swiss":
            everybody = plan.Pool(ids.PoolId("all"), "All", tuple(team.id for team in teams))
            rounds = plan.Swiss(LATER_ROUNDS if draft.later else max(1, (count - 1).bit_length()))
            breaks: tuple[plan.TieBreak, ...] = ("buchholz", "difference", "scored")
            return (
                plan.Stage(
                    ids.StageId("swiss"),
                    "Swiss",
                    "pools",
                    (everybody,),
                    game=game,
                    format=rounds,
                    tie_breaks=breaks,
                ),
            )
        case _:
            pools = _pools(teams, draft.pools)
            first = plan.Stage(
                ids.StageId("pools"), "Pools", "pools", pools, game=game, format=plan.RoundRobin()
            )
            if draft.way == "pools":
                return (first,)
            return (first, _finals(knockout, pools, game, later=draft.later))


def _finals(
    stage: ids.StageId, pools: tuple[plan.Pool, ...], game: ids.GameId | None, *, later: bool
) -> plan.Stage:
    """Return the knock-out of the best of each pool."""
    wanted = ADVANCE if len(pools) > 1 else 2 * ADVANCE
    places = wanted if later else min(wanted, max(1, min(len(pool.teams) for pool in pools)))
    entrants = drawing.across(pools, places)
    form = plan.SingleElimination(entrants, third_place=len(entrants) >= 4)
    return plan.Stage(stage, "Knock-out", "knockout", game=game, format=form)


def _pools(teams: tuple[plan.Team, ...], count: int) -> tuple[plan.Pool, ...]:
    """Deal the teams out: the first to the first pool, the last of a round begins the next one."""
    dealt: list[list[ids.TeamId]] = [[] for _ in range(count)]
    for number, team in enumerate(teams):
        lap, place = divmod(number, count)
        dealt[place if lap % 2 == 0 else count - 1 - place].append(team.id)
    if count == 1:
        return (plan.Pool(ids.PoolId("all"), "All", tuple(dealt[0])),)
    letters = "ABCDEFGH"
    return tuple(
        plan.Pool(ids.PoolId(letters[number].lower()), f"Pool {letters[number]}", tuple(members))
        for number, members in enumerate(dealt)
    )
