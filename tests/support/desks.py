"""Desks in the situations that screens must show: a lively hour, offline, a conflict, a final."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from core.domain.commands import AddScore, CompleteMatch, ConfirmResult, Score, SetScore, StartMatch
from core.domain.ids import (
    CourtId,
    DeviceId,
    MatchId,
    PoolId,
    Role,
    RoomId,
    StageId,
    TeamId,
    TournamentId,
    match_id,
    presence_room,
)
from core.domain.plan import Court, Fixture, Plan, Pool, Slot, Stage, Team, WinnerOf
from core.realtime.effects import ConnectionChanged, MembersChanged, SideLive
from core.realtime.links.health import HealthParts
from core.realtime.view import LinkView
from core.wire.presence import Member
from tests.support.console import DEVICE, OTHER, START, Desk
from tui.selectors.link import Watch
from tui.selectors.scene import Scene

if TYPE_CHECKING:
    from core.domain.state import Match
    from core.realtime.view import EndpointState, Shown

SPRING = TournamentId("spring")
NAMES = (
    "Lions",
    "Tigers",
    "Harbour Hawks",
    "River Rats",
    "Norrköping 1 [A]",
    "Zebras",
    "Otters",
    "Foxes",
    "Comets",
    "Meteors",
    "東京ドラゴンズ",
    "Bears",
)


def plan() -> Plan:
    """Return a tournament of twelve teams: eleven matches of a pool on four courts, then a final."""
    teams = tuple(Team(TeamId(f"t{number:02d}"), name) for number, name in enumerate(NAMES, 1))
    courts = tuple(Court(CourtId(f"c{number}"), f"Court {number}") for number in range(1, 5))
    pool = Pool(PoolId("a"), "Group A", tuple(team.id for team in teams))
    stages = (
        Stage(StageId("groups"), "Groups", "pools", (pool,)),
        Stage(StageId("knockout"), "Knock-out", "knockout"),
    )
    pairs = [(teams[at].id, teams[at + 1].id) for at in range(0, 12, 2)]
    pairs += [(teams[at].id, teams[at + 3].id) for at in range(0, 8, 2)]
    fixtures = [
        Fixture(
            match_id(SPRING, f"m{31 + number:03d}"),
            stages[0].id,
            "Round 1" if number < 6 else "Round 2",
            Slot(home),
            Slot(away),
            pool.id,
            courts[number % 4].id,
            START + timedelta(minutes=20 * (number - 5)),
        )
        for number, (home, away) in enumerate(pairs)
    ]
    semi = Fixture(
        match_id(SPRING, "m041"),
        stages[1].id,
        "Semi-final",
        Slot(teams[0].id),
        Slot(teams[2].id),
        None,
        courts[0].id,
    )
    final = Fixture(
        match_id(SPRING, "m042"),
        stages[1].id,
        "Final",
        Slot(None, WinnerOf(semi.id)),
        Slot(teams[4].id),
        None,
        courts[0].id,
        START + timedelta(hours=2),
    )
    return Plan(SPRING, "Spring Open 2026", teams, stages, (*fixtures, semi, final), courts, "North Hall")


def match(number: int) -> MatchId:
    """Return the id of a match of `plan` by its number, from 31."""
    return match_id(SPRING, f"m{number:03d}")


def home(number: int, delta: int = 1) -> AddScore:
    """Return a point for the home side of a match of the pool."""
    return AddScore(match(number), _team(number, "home"), delta)


def away(number: int, delta: int = 1) -> AddScore:
    """Return a point for the away side of a match of the pool."""
    return AddScore(match(number), _team(number, "away"), delta)


def _team(number: int, side: str) -> TeamId:
    fixture = next(fixture for fixture in plan().fixtures if fixture.id == match(number))
    team = (fixture.home if side == "home" else fixture.away).team
    assert team is not None
    return team


def lively(*, online: bool = True) -> Desk:
    """Return an hour of play: two matches done, three live, the rest to come; this laptop scores M034."""
    desk = Desk(plan())
    desk.others(
        SetScore(match(31), Score(21, 15)), CompleteMatch(match(31)), ConfirmResult(match(31)), ago=900
    )
    desk.others(SetScore(match(32), Score(12, 14)), CompleteMatch(match(32)), ago=700)
    desk.others(StartMatch(match(33)), SetScore(match(33), Score(9, 11)), ago=38)
    desk.others(home(35), home(35), away(35), by="li", device="laptop-3", ago=3)
    for _ in range(3):
        desk.submit(home(34))
    desk.submit(away(34))
    desk.tick(8)
    if not online:
        desk.connect("offline")
    return desk


def offline() -> Desk:
    """Return the same hour with the hub gone for 42 s, and three entries that wait."""
    desk = lively(online=False)
    desk.tick(30)
    desk.submit(home(34))
    desk.submit(home(34))
    desk.submit(away(34))
    desk.tick(12)
    return desk


def conflict() -> Desk:
    """Return the same hour with a point of this laptop held: another device counted it first."""
    desk = lively()
    desk.connect("offline")
    desk.submit(home(33))
    desk.others(home(33), by="kim", device=OTHER, ago=2)
    desk.tick(20)
    desk.connect("live", since=desk.now - 10)
    desk.tick(4)
    return desk


def finished() -> Desk:
    """Return the same hour with the match of this laptop final."""
    desk = lively()
    desk.submit(CompleteMatch(match(34)))
    desk.tick(6)
    return desk


def scene(desk: Desk, **more: object) -> Scene:
    """Return the desk's moment, its link long settled; `more` are fields that differ."""
    connection = desk.view.connection
    watch = Watch(connection.state, connection.since, connection.state, connection.since, settled=True)
    return replace(Scene(desk.view, desk.at, desk.now, watch, ascii=True), **more)  # type: ignore[arg-type]


def shown_match(desk: Desk, number: int) -> tuple[Scene, Shown, Match]:
    """Return the desk's moment, its tournament, and a match as this laptop shows it."""
    at = scene(desk)
    assert at.shown is not None
    return at, at.shown, at.shown.projected.matches[match(number)]


def member(name: str, device: str, role: Role = "moderator", *, ago: float = 3600, idle: float = 0) -> Member:
    """Return somebody who came so many seconds ago; `idle` for so many."""
    idle_since = START - timedelta(seconds=idle) if idle else None
    since = START - timedelta(seconds=ago)
    return Member(device=DeviceId(device), name=name, role=role, since=since, idle_since=idle_since)


ANA = member("ana", DEVICE)
KIM = member("kim", OTHER)
LI = member("li", "laptop-3")
SAM = member("sam", "laptop-9", "admin")
BO = member("bo", "phone", "spectator", idle=540)


def company(desk: Desk, *members: Member) -> None:
    """Have the hub say who is there."""
    desk.apply(MembersChanged(SPRING, members), SideLive(presence_room(SPRING), live=True))


def linked(desk: Desk) -> None:
    """Have the pool carry rooms over two of three endpoints: one near, one slow, one benched."""
    near = _link("ws://hub:8765", "live", 96.0, 0.042, ("tournament:spring", "tournament:spring:presence"))
    slow = _link("ws://backup:8765", "slow", 41.0, 1.3, ())
    gone = LinkView(
        "",
        "ws://old:8765",
        "offline",
        0.0,
        None,
        None,
        None,
        None,
        0,
        0,
        0,
        0,
        (),
        0,
        None,
        benched=True,
        failures=7,
        next_try_at=desk.now + 21,
        reason="no hub is running there",
    )
    desk.apply(ConnectionChanged(replace(desk.view.connection, links=(near, slow, gone))))


def _link(
    endpoint: str, state: EndpointState, health: float, trip: float, rooms: tuple[str, ...]
) -> LinkView:
    parts = HealthParts(100 - health, 0.0, 0.0, 0.0, 0.0)
    carried = tuple(RoomId(room) for room in rooms)
    return LinkView(
        f"link of {endpoint}",
        endpoint,
        state,
        health,
        trip,
        trip,
        trip * 1.5,
        trip * 2,
        1_204,
        88,
        412_000,
        9_000,
        carried,
        2,
        999.0,
        health_parts=parts,
    )
