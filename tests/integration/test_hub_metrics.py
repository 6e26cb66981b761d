"""What a hub says of itself to Prometheus."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from core.domain.commands import CreateTournament
from core.domain.ids import DeviceId
from core.hub.web.http import Brought
from core.wire.messages import Snapshot
from tests.support.hub import AWAY, HubProcess, TestClient
from tests.support.old_client import OldClient
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAN = league()
SAMPLE = re.compile(r'(courtside_\w+)(?:\{(\w+)="([^"]*)"\})? (\S+)')


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        started.post(entry(PLAN.id, CreateTournament(PLAN), id="plan"))
        yield started


def scraped(hub: HubProcess) -> dict[str, float]:
    """Return every sample; a labelled one under `name/label value`."""
    response = httpx.get(f"{hub.http}/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, float] = {}
    for line in response.text.splitlines():
        if not line.startswith("#"):
            sample = SAMPLE.fullmatch(line)
            assert sample is not None, line
            name, _, value, number = sample.groups()
            found[f"{name}/{value}" if value is not None else name] = float(number)
    return found


def test_entries_are_counted_by_what_became_of_them(hub: HubProcess) -> None:
    before = scraped(hub)
    good = entry(PLAN.id, point(PLAN, 1, "a"), id="m1")
    late = entry(PLAN.id, point(PLAN, 1, "zz"), id="m2")
    hub.post(good, late, good)
    unusable = replace(good, id=good.id, why="another content")
    httpx.post(f"{hub.http}/v1/entries", content=msgspec.json.encode(Brought((unusable,))))
    away = Brought((replace(good, id=late.id, device=DeviceId("x")),))
    refused = httpx.post(f"{hub.http}/v1/entries", content=msgspec.json.encode(away), headers=AWAY)
    assert refused.status_code == 401
    after = scraped(hub)
    grown = {name: after[name] - before[name] for name in after if name.startswith("courtside_commands")}
    assert grown == {
        "courtside_commands_total/accepted": 1,
        "courtside_commands_total/held": 0,
        "courtside_commands_total/refused": 1,
        "courtside_commands_total/withdrawn": 0,
        "courtside_commands_total/repeated": 1,
        "courtside_commands_total/unusable": 1,
    }
    assert after["courtside_commit_seconds_count"] > before["courtside_commit_seconds_count"]
    assert after["courtside_commit_seconds_bucket/+Inf"] == after["courtside_commit_seconds_count"]
    assert after["courtside_fanout_seconds_count"] > 0


def test_what_there_is_now_is_looked_up(hub: HubProcess) -> None:
    with TestClient.open(hub, device="laptop-9") as client, OldClient.open(hub.url):
        client.join(PLAN.id)
        client.expect(Snapshot)
        now = scraped(hub)
        assert now["courtside_connections/websocket"] >= 1
        assert now["courtside_connections/legacy"] == 1
        assert now["courtside_rooms_in_use/tournament"] == 1
    assert now["courtside_tournaments"] == 1
    assert now["courtside_rooms/match"] == len(PLAN.fixtures)
    assert now["courtside_rooms/global"] == 1
    assert now["courtside_durable"] == 1
    assert now["courtside_inbox_entries"] == 0
    assert now["courtside_log_bytes"] > 0
    assert now["courtside_disk_free_bytes"] > 0
    assert now["courtside_uptime_seconds"] > 0
    assert [name for name in now if name.startswith("courtside_hub_info/")]


def test_figures_are_for_the_hub_s_own_machine_and_admins_alone(hub: HubProcess) -> None:
    response = httpx.get(f"{hub.http}/metrics", headers=AWAY)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
