"""Small tournaments for tests: plans, entries, and the log and state that they make.

Team ids are `a`, `b`, `c`, ..., entries are `c1`, `c2`, ..., times begin at `NOON`.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from msgspec.structs import replace

from core.domain.commands import (
    AddScore,
    Base,
    Command,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    Entry,
    Score,
    SetScore,
    match_of,
)
from core.domain.events import Event
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
    match_id,
)
from core.domain.plan import (
    Court,
    Fixture,
    LoserOf,
    PlaceOf,
    Plan,
    Pool,
    Slot,
    Stage,
    Team,
    TieBreak,
    WinnerOf,
)
from core.domain.rules import Refused, judge
from core.domain.state import Tournament

NOON = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)
EPOCH = Epoch("e1")
DEVICE = DeviceId("laptop-1")
COURT = Court(CourtId("court-1"), "Court 1")


def league(
    teams: int = 4,
    *,
    name: str = "league",
    tie_breaks: tuple[TieBreak, ...] = ("head_to_head", "difference", "scored"),
) -> Plan:
    """Return one pool, everybody against everybody: matches `{name}.m001` on, `a`-`b` first, then `a`-`c`."""
    members = _teams(teams)
    pool = Pool(PoolId("a"), "Group A", tuple(team.id for team in members))
    stage = Stage(StageId("groups"), "Group stage", "pools", (pool,), tie_breaks=tie_breaks)
    fixtures = tuple(
        Fixture(
            id=match_id(TournamentId(name), f"m{number:03d}"),
            stage=stage.id,
            round=f"Matchday {number}",
            home=Slot(home.id),
            away=Slot(away.id),
            pool=pool.id,
            court=COURT.id,
            starts_at=NOON + timedelta(hours=number),
        )
        for number, (home, away) in enumerate(combinations(members, 2), 1)
    )
    return Plan(TournamentId(name), name.title(), members, (stage,), fixtures, (COURT,), "Hall 1")


def cup(teams: int = 4, *, name: str = "cup", third_place: bool = False) -> Plan:
    """Return a knock-out of 2, 4 or 8 teams: matches `{name}.m001` on, the final last."""
    members = _teams(teams)
    tournament = TournamentId(name)
    sides = [Slot(team.id) for team in members]
    fixtures: list[Fixture] = []

    def add(round_name: str, home: Slot, away: Slot) -> MatchId:
        made = match_id(tournament, f"m{len(fixtures) + 1:03d}")
        fixtures.append(Fixture(made, StageId("knockout"), round_name, home, away))
        return made

    while len(sides) > 2:
        round_name = {4: "Semi-finals", 8: "Quarter-finals"}[len(sides)]
        played = [add(round_name, *sides[at : at + 2]) for at in range(0, len(sides), 2)]
        sides = [Slot(None, WinnerOf(match)) for match in played]
        if third_place and len(played) == 2:
            home, away = (Slot(None, LoserOf(match)) for match in played)
            add("Third place", home, away)
    add("Final", *sides)
    return Plan(
        tournament,
        name.title(),
        members,
        (Stage(StageId("knockout"), "Knock-out", "knockout"),),
        tuple(fixtures),
    )


def finals(name: str = "finals") -> Plan:
    """Return pools of two (`a`-`b`, `c`-`d`), then a match for third place and the final between them."""
    members = _teams(4)
    tournament = TournamentId(name)
    pools = (
        Pool(PoolId("a"), "Group A", (members[0].id, members[1].id)),
        Pool(PoolId("b"), "Group B", (members[2].id, members[3].id)),
    )
    groups = Stage(StageId("groups"), "Group stage", "pools", pools)
    knockout = Stage(StageId("knockout"), "Knock-out", "knockout")
    fixtures = [
        Fixture(
            match_id(tournament, f"m{number:03d}"),
            groups.id,
            "Matchday 1",
            Slot(pool.teams[0]),
            Slot(pool.teams[1]),
            pool.id,
        )
        for number, pool in enumerate(pools, 1)
    ]
    for number, round_name, rank in ((3, "Third place", 2), (4, "Final", 1)):
        home, away = (Slot(None, PlaceOf(pool.id, rank)) for pool in pools)
        fixtures.append(Fixture(match_id(tournament, f"m{number:03d}"), knockout.id, round_name, home, away))
    return Plan(tournament, name.title(), members, (groups, knockout), tuple(fixtures))


def match(plan: Plan, number: int) -> MatchId:
    """Return the id of a plan's match by its number, from 1."""
    return plan.fixtures[number - 1].id


def point(plan: Plan, number: int, team: str, delta: int = 1) -> AddScore:
    """Return a command that adds points in a plan's match."""
    return AddScore(match(plan, number), TeamId(team), delta)


def result(
    plan: Plan, number: int, home: int, away: int, shootout: tuple[int, int] | None = None
) -> tuple[Command, ...]:
    """Return the commands that bring a plan's match to its final result."""
    played = match(plan, number)
    return (
        SetScore(played, Score(home, away)),
        CompleteMatch(played, Score(*shootout) if shootout else None),
    )


def official(plan: Plan, number: int, home: int, away: int) -> tuple[Command, ...]:
    """Return the commands that bring a plan's match to an official result."""
    return (*result(plan, number, home, away), ConfirmResult(match(plan, number)))


def entry(
    tournament: TournamentId,
    command: Command,
    *,
    id: str = "c1",
    by: str = "Ann",
    device: str = DEVICE,
    at: datetime = NOON,
    base: Base | None = None,
    why: str = "",
) -> Entry:
    """Return an entry of a command."""
    return Entry(
        id=CommandId(id),
        tournament=tournament,
        command=command,
        by=by,
        device=DeviceId(device),
        entered_at=at,
        base=base,
        why=why,
    )


def record(
    plan: Plan, commands: Iterable[Command] = (), why: str = ""
) -> tuple[tuple[Event, ...], Tournament]:
    """Return the log and state of a tournament in which one device entered these commands, a second apart.

    Args:
        plan: the tournament.
        commands: what is entered.
        why: the reason for each of them.

    Raises:
        AssertionError: a command was refused; a test that builds a tournament means all of them to count.
    """
    events: tuple[Event, ...] = ()
    state: Tournament | None = None
    for number, command in enumerate((CreateTournament(plan), *commands), 0):
        at = NOON + timedelta(seconds=number)
        on = match_of(command)
        base = Base(EPOCH, state.matches[on].version) if state is not None and on is not None else None
        made = entry(plan.id, command, id=f"c{number}", at=at, base=base, why=why)
        verdict = judge(state, made, at, EPOCH)
        assert not isinstance(verdict, Refused), f"{command}: {verdict}"
        events, state = (*events, *verdict.events), verdict.state
    assert state is not None
    return events, state


def log(plan: Plan, *commands: Command) -> tuple[Event, ...]:
    """Return the log of a tournament in which these commands were entered."""
    return record(plan, commands)[0]


def fold(plan: Plan, *commands: Command, why: str = "") -> Tournament:
    """Return the state of a tournament in which these commands were entered, for this reason."""
    return record(plan, commands, why)[1]


def _teams(count: int) -> tuple[Team, ...]:
    return tuple(
        Team(TeamId(letter), f"Team {letter.upper()}", letter.upper() * 3)
        for letter in string.ascii_lowercase[:count]
    )


def stage_of(plan: Plan, **changes: Any) -> Plan:
    """Return a plan with its first stage changed."""
    return replace(plan, stages=(replace(plan.stages[0], **changes), *plan.stages[1:]))
