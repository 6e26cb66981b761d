"""A plan written as TOML is read back as the same plan."""

from __future__ import annotations

import tomllib
from datetime import timedelta, timezone

import pytest
from msgspec.structs import replace

from core.domain import native
from core.domain.ids import PoolId, TeamId
from core.domain.plan import OneOf, Plan, Slot
from core.domain.toml import write
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


@pytest.mark.parametrize("plan", [league(), cup(8, third_place=True), finals(), unusual()])
def test_what_is_written_is_read_back_the_same(plan: Plan) -> None:
    found = native.read("cup.toml", write(plan).encode())
    assert found.plan == plan
    assert (found.playback, found.skipped) == ((), ())


def test_it_is_toml_for_a_person_to_read() -> None:
    text = write(cup(4, third_place=True))
    assert 'home = "loser of m001"' in text
    assert tomllib.loads(text)["tournament"] == {"id": "cup", "name": "Cup"}
