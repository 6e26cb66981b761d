"""Whole tournaments over HTTP: in from a file, out with the log, and pages that wait for what comes next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from core.domain.commands import CreateTournament
from core.domain.events import Event
from core.domain.files.export import export_csv, export_json
from core.domain.state import Tournament
from core.hub.web.transfer import CHUNK, MAX_IMPORT_BYTES
from tests.support.hub import AWAY, HubProcess
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAN = league()
LEAGUE = f"/v1/tournaments/{PLAN.id}"
FILE = """
[tournament]
name = "Park Cup"
teams = ["Lions", "Tigers"]

[[stages]]
name = "Final"
kind = "knockout"

[[matches]]
home = "Lions"
away = "Tigers"
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        started.post(entry(PLAN.id, CreateTournament(PLAN), id="plan"))
        yield started


@pytest.fixture
def http(hub: HubProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.http, timeout=30) as client:
        yield client


def made(http: httpx.Client, content: str, **query: str) -> httpx.Response:
    return http.post("/v1/tournaments", content=content, params=query)


def test_an_export_is_the_same_as_one_made_from_the_log(hub: HubProcess, http: httpx.Client) -> None:
    for first in range(0, CHUNK + 100, 500):
        hub.post(*(entry(PLAN.id, point(PLAN, 1, "a"), id=f"e{first + n}") for n in range(500)))
    state = msgspec.json.decode(http.get(LEAGUE).content, type=Tournament)
    page = http.get(f"{LEAGUE}/events", params={"limit": 10_000}).json()
    assert len(page["events"]) > CHUNK
    log = msgspec.convert(page["events"], tuple[Event, ...])
    exported = http.get(f"{LEAGUE}/export")
    assert exported.headers["content-type"] == "application/json"
    assert exported.content == export_json(log, state.position.epoch)
    sheet = http.get(f"{LEAGUE}/export", params={"format": "csv"})
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert sheet.text == export_csv(state)


def test_an_export_that_cannot_be_is_a_problem(http: httpx.Client) -> None:
    assert http.get(f"{LEAGUE}/export?format=pdf").status_code == 400
    assert http.get("/v1/tournaments/nowhere/export").status_code == 404


def test_a_file_makes_its_tournament_once(http: httpx.Client) -> None:
    first = made(http, FILE)
    assert first.status_code == 201
    assert first.headers["location"] == "/v1/tournaments/park-cup"
    assert first.json() == {"tournament": "park-cup", "teams": 2, "matches": 1, "events": 1, "skipped": []}
    assert http.get(first.headers["location"]).json()["name"] == "Park Cup"
    assert made(http, FILE).status_code == 200
    other = made(http, FILE.replace("Lions", "Owls"))
    assert other.status_code == 409
    assert "park-cup" in other.json()["detail"]
    assert made(http, FILE, id="park-2").json()["tournament"] == "park-2"


@pytest.mark.parametrize("content", ["", "teams = 3", "{", "\x00", '{"matches": 3}'])
def test_a_file_that_is_no_tournament_is_refused_with_the_reason(http: httpx.Client, content: str) -> None:
    refused = made(http, content)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"]


def test_an_id_that_cannot_be_is_refused(http: httpx.Client) -> None:
    assert made(http, FILE, id="Not An Id").status_code == 400
    assert made(http, FILE, id="x" * 65).status_code == 400


def test_a_file_above_the_limit_is_a_413(http: httpx.Client) -> None:
    assert made(http, "#" * (MAX_IMPORT_BYTES + 1)).status_code == 413


def test_only_admins_make_tournaments(hub: HubProcess) -> None:
    refused = httpx.post(f"{hub.http}/v1/tournaments", content=FILE, headers=AWAY)
    assert refused.status_code == 401


def test_a_path_with_two_methods_names_both(http: httpx.Client) -> None:
    refused = http.put("/v1/tournaments", content=FILE)
    assert refused.status_code == 405
    assert {"GET", "POST"} <= set(refused.headers["allow"].split(", "))


def test_a_page_waits_for_the_next_event(hub: HubProcess, http: httpx.Client) -> None:
    seq = http.get(f"{LEAGUE}/events").json()["seq"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(http.get, f"{LEAGUE}/events", params={"after": seq, "wait": 20})
        until = datetime.now(UTC) + timedelta(seconds=15)
        page: dict[str, Any] = {}
        number = 0
        # The first ones may come before the hub has the request that waits; it then answers at once.
        while not waiting.done() and datetime.now(UTC) < until:
            number += 1
            hub.post(entry(PLAN.id, point(PLAN, 2, "a"), id=f"w{number}"))
        page = waiting.result().json()
    assert page["events"]
    assert page["events"][0]["seq"] == seq + 1


def test_a_page_with_nothing_to_come_is_empty_after_its_wait(http: httpx.Client) -> None:
    seq = http.get(f"{LEAGUE}/events").json()["seq"]
    began = monotonic()
    assert http.get(f"{LEAGUE}/events", params={"after": seq, "wait": 0.3}).json()["events"] == []
    assert monotonic() - began >= 0.3
    assert http.get(f"{LEAGUE}/events", params={"wait": 300}).status_code == 400


def test_a_hub_that_stops_lets_those_go_who_wait(tmp_path_factory: pytest.TempPathFactory) -> None:
    with HubProcess(tmp_path_factory.mktemp("brief")) as brief, ThreadPoolExecutor(1) as pool:
        brief.post(entry(PLAN.id, CreateTournament(PLAN), id="plan"))
        url = f"{brief.http}{LEAGUE}/events"
        waiting = pool.submit(httpx.get, url, params={"after": 99, "wait": 20}, timeout=30)
        began = monotonic()
        assert brief.stop() == 0
        assert monotonic() - began < 10
        # It waits no longer; where the hub had not taken it yet, it finds nobody.
        assert isinstance(waiting.exception(5), httpx.HTTPError | type(None))
