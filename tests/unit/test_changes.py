"""Facts about the tournament itself change what it consists of, and leave everything else shared."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from core.domain.changes import MAX_MADE, change, planned
from core.domain.events import (
    Change,
    CourtNamed,
    Event,
    LotsDrawn,
    RoundDrawn,
    StatusChanged,
    TeamAdded,
    TeamReinstated,
    TeamRemoved,
    TeamRenamed,
    TeamWithdrawn,
    TournamentRenamed,
)
from core.domain.ids import CommandId, CourtId, DeviceId, MatchId, PoolId, StageId, TeamId
from core.domain.plan import Court, Fixture, Slot, Team
from core.domain.state import Bye, Lots, Tournament, Withdrawal
from tests.support.tournaments import COURT, NOON, fold, league

POOL = PoolId("a")
A, B = TeamId("a"), TeamId("b")
NEW = Fixture(MatchId("league.m009"), StageId("groups"), "Round 2", Slot(A), Slot(B), POOL)
ZEBRAS = Team(TeamId("z"), "Zebras")
STATE = fold(league(2))


def after(*facts: Change, state: Tournament = STATE) -> Tournament:
    for number, fact in enumerate(facts):
        event = Event(
            seq=2 + number,
            command=CommandId(f"x{number}"),
            fact=fact,
            by="Ann",
            device=DeviceId("laptop-1"),
            entered_at=NOON,
            received_at=NOON,
        )
        state = change(state, fact, event)
    return state


def test_new_matches_come_behind_the_others_and_known_ones_get_their_court_and_time() -> None:
    (first,) = STATE.matches.values()
    later = NOON + timedelta(days=1)
    moved = replace(league(2).fixtures[0], court=None, starts_at=later)
    state = after(StatusChanged("open", "running", (NEW, moved)), state=replace(STATE, status="open"))
    assert state.status == "running"
    assert list(state.matches.values()) == [replace(first, court=None, starts_at=later), planned(NEW)]


def test_a_team_joins_its_pools_once_and_leaves_them() -> None:
    joined = after(TeamAdded(ZEBRAS, (POOL,), (NEW,)), TeamAdded(ZEBRAS, (POOL,)))
    assert joined.pool(POOL).teams == (A, B, ZEBRAS.id)
    assert (joined.teams[ZEBRAS.id], NEW.id in joined.matches) == (ZEBRAS, True)
    left = after(TeamRemoved(ZEBRAS), state=joined)
    assert (left.pool(POOL), left.teams) == (STATE.pool(POOL), STATE.teams)
    elsewhere = after(TeamAdded(ZEBRAS))
    assert elsewhere.stages == STATE.stages


def test_names_change() -> None:
    ants = Team(A, "Ants")
    centre, new = Court(COURT.id, "Centre"), Court(CourtId("c2"), "Court 2")
    state = after(
        TeamRenamed(STATE.teams[A], ants),
        TournamentRenamed("League", "Hall 1", "Cup", "Hall 2"),
        CourtNamed(centre, COURT),
        CourtNamed(new),
    )
    assert (state.name, state.venue, state.teams[A]) == ("Cup", "Hall 2", ants)
    assert list(state.courts.values()) == [centre, new]
    assert state.matches is STATE.matches


def test_a_team_is_out_until_it_is_back() -> None:
    out = after(TeamWithdrawn(A, "disqualified", True), TeamWithdrawn(B, "withdrawn", False))
    assert out.withdrawal(A) == Withdrawal(A, "disqualified", True)
    assert after(TeamReinstated(A), state=out).withdrawn == (Withdrawal(B, "withdrawn", False),)


def test_rounds_and_lots_are_remembered() -> None:
    state = after(RoundDrawn(POOL, 1, (NEW,), ZEBRAS.id), RoundDrawn(POOL, 2, ()), LotsDrawn(POOL, (B, A)))
    assert (state.byes, state.drawn) == ((Bye(POOL, 1, ZEBRAS.id),), {POOL: 2})
    assert (state.lots, NEW.id in state.matches) == ((Lots(POOL, (B, A)),), True)


@pytest.mark.parametrize("number", [1, MAX_MADE + 5])
def test_the_latest_commands_are_remembered(number: int) -> None:
    state = after(*(TournamentRenamed("", "", f"Cup {at}", "") for at in range(number)))
    assert state.made == tuple(f"x{at}" for at in range(max(0, number - MAX_MADE), number))


def test_names_in_a_fact_are_made_safe() -> None:
    assert TournamentRenamed("a", "b", " Cup\x07 ", "").name == "Cup?"
