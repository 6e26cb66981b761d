"""A plan written as TOML is read back as the same plan."""

from __future__ import annotations

import tomllib
from datetime import timedelta, timezone
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from core.domain.draws.drawing import across, draw_up
from core.domain.files import native
from core.domain.files.toml import write
from core.domain.games import CupsRules, Game, SetsRules, TimeRules
from core.domain.ids import CourtId, GameId, PoolId, StageId, TeamId, TournamentId
from core.domain.plan import (
    Court,
    DoubleElimination,
    Format,
    OneOf,
    Plan,
    Pool,
    RoundRobin,
    SingleElimination,
    Slot,
    Stage,
    Swiss,
    Team,
    Timetable,
)
from tests.support.tournaments import NOON, cup, finals, league

EAST = timezone(timedelta(hours=5, minutes=30))


def unusual() -> Plan:
    """Return a plan with all that a hand seldom writes."""
    plan = finals()
    fixtures = list(plan.fixtures)
    source = OneOf((PoolId("a"), PoolId("b")), 2)
    fixtures[2] = replace(
        fixtures[2],
        home=Slot(TeamId("a"), source),
        away=Slot(None, source),
        starts_at=NOON.astimezone(EAST),
        round='Round "1" \\ é',
    )
    stage = replace(plan.stages[0], win=2, loss=-1, tie_breaks=("wins", "scored"))
    return replace(plan, fixtures=tuple(fixtures), stages=(stage, plan.stages[1]), venue="Halle 3, Köln")


def evening(**changes: Any) -> Plan:
    """Return an evening of several games whose matches are drawn up."""
    names = tuple(Team(TeamId(letter), f"Team {letter.upper()}") for letter in "abcdef")
    pools = (
        Pool(PoolId("p"), "P", tuple(team.id for team in names[:3])),
        Pool(PoolId("q"), "Q", tuple(team.id for team in names[3:])),
    )
    all_of_them = (Pool(PoolId("s"), "S", tuple(team.id for team in names)),)
    games = (
        Game(GameId("volley"), "Volleyball", SetsRules(5, 25, 2, 30, 15), (10, 6, 3)),
        Game(GameId("pong"), "Pong", CupsRules(6, 3)),
        Game(GameId("race"), "Race", TimeRules(), (2, 1)),
        Game(GameId("quiz"), "Quiz"),
    )

    def stage(
        name: str, game: str, kind: Literal["pools", "knockout"], format_: Format, **more: Any
    ) -> Stage:
        return Stage(StageId(name), name, kind, game=GameId(game), format=format_, **more)

    plan = Plan(
        id=TournamentId("evening"),
        name="Evening",
        teams=names,
        stages=(
            stage("volley-pools", "volley", "pools", RoundRobin(2), pools=pools, forfeit=(3, 0)),
            stage("volley-cup", "volley", "knockout", SingleElimination(across(pools, 2), True)),
            stage("pong-cup", "pong", "knockout", DoubleElimination(), tie_breaks=("fair_play", "lot")),
            stage("race-swiss", "race", "pools", Swiss(3), pools=all_of_them),
            stage("quiz-cup", "quiz", "knockout", SingleElimination((Slot(TeamId("a")), Slot(TeamId("b"))))),
            stage("quiz-again", "quiz", "knockout", DoubleElimination(reset=False)),
        ),
        fixtures=(),
        courts=(Court(CourtId("c1"), "Court 1"), Court(CourtId("c2"), "Court 2")),
        games=games,
        moderators_confirm=True,
    )
    plan = replace(plan, **changes)
    return draw_up(plan) if plan.status == "running" else plan


@pytest.mark.parametrize(
    "plan",
    [
        league(),
        cup(8, third_place=True),
        finals(),
        unusual(),
        evening(),
        evening(timetable=Timetable(NOON, 20), on_withdrawal="annul", on_disqualification="annul"),
        evening(status="open"),
    ],
)
def test_what_is_written_is_read_back_the_same(plan: Plan) -> None:
    found = native.read("cup.toml", write(plan).encode())
    assert found.plan == plan
    assert (found.playback, found.skipped) == ((), ())


def test_it_is_toml_for_a_person_to_read() -> None:
    text = write(cup(4, third_place=True))
    assert 'home = "loser of m001"' in text
    assert tomllib.loads(text)["tournament"] == {"id": "cup", "name": "Cup"}
