"""The hub over HTTP: what it shows, what it takes, what it refuses and how it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from core.domain.commands import Base, CreateTournament, Entry, Undo
from core.domain.events import Event
from core.domain.ids import CommandId, DeviceId, Epoch
from core.domain.reduce import fold
from core.domain.state import Tournament
from core.hub.web.http import Brought
from core.wire.messages import MAX_CLIENT_FRAME_BYTES, Deferred, Submit
from tests.support.hub import AWAY, HubProcess, TestClient
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAN = league()
CREATE = entry(PLAN.id, CreateTournament(PLAN), id="plan")
LEAGUE = f"/v1/tournaments/{PLAN.id}"


def scored(id: str) -> Entry:
    return entry(PLAN.id, point(PLAN, 1, "a"), id=id)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        started.post(CREATE, *(scored(f"p{number}") for number in range(5)))
        yield started


@pytest.fixture
def http(hub: HubProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.http) as client:
        yield client


def post(http: httpx.Client, *entries: Entry) -> httpx.Response:
    return http.post("/v1/entries", content=msgspec.json.encode(Brought(entries)))


def assert_problem(response: httpx.Response, status: int, says: str) -> None:
    """Check that a response is a problem that says what to do."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert says in problem["detail"]


def test_tournaments_are_listed_with_their_positions(http: httpx.Client) -> None:
    (listing,) = http.get("/v1/tournaments").json()
    assert listing["id"] == PLAN.id
    assert listing["seq"] >= 7


def test_a_log_is_read_by_pages_and_folds_to_the_tournament(http: httpx.Client) -> None:
    events: list[Event] = []
    while True:
        page = http.get(f"{LEAGUE}/events", params={"after": len(events), "limit": 3}).json()
        events.extend(msgspec.convert(page["events"], list[Event]))
        if len(events) == page["seq"]:
            break
        assert len(page["events"]) == 3
    state = msgspec.json.decode(http.get(LEAGUE).content, type=Tournament)
    assert fold(events, page["epoch"]) == state
    assert state.matches[match(PLAN, 1)].score.home >= 5
    assert http.get(f"{LEAGUE}/events", params={"after": 1 << 80}).json()["events"] == []


def test_entries_are_answered_in_their_order_and_known_ones_again(http: httpx.Client) -> None:
    first = post(http, scored("h1"), scored("h2"), scored("h1")).json()
    assert [answer["id"] for answer in first["answers"]] == ["h1", "h2", "h1"]
    again = post(http, scored("h2")).json()
    assert again["answers"] == [first["answers"][1]]


def test_devices_undo_and_redo_each_other_to_any_depth(http: httpx.Client) -> None:
    first, before = match(PLAN, 2), http.get(LEAGUE).json()["position"]["seq"]
    made, version = entry(PLAN.id, point(PLAN, 2, "a"), id="d0", device="desk-0"), 2
    post(http, made)
    shown: list[int] = []
    for depth in range(1, 9):
        undone = Undo(first, CommandId(f"d{depth - 1}"))
        base = Base(Epoch(http.get(LEAGUE).json()["position"]["epoch"]), version)
        (answer,) = post(
            http, entry(PLAN.id, undone, id=f"d{depth}", device=f"desk-{depth % 3}", base=base)
        ).json()["answers"]
        assert answer["outcome"] == "accepted", answer
        version = answer["version"]
        state = msgspec.json.decode(http.get(LEAGUE).content, type=Tournament)
        shown.append(state.matches[first].score.home)
    assert shown == [0, 1] * 4
    log = http.get(f"{LEAGUE}/events", params={"after": before}).json()["events"]
    # Nothing is taken out of the log: every step is an event with its device.
    assert [event["command"] for event in log][-8:] == [f"d{depth}" for depth in range(1, 9)]
    assert [event["device"] for event in log][-8:] == [f"desk-{depth % 3}" for depth in range(1, 9)]


def test_what_cannot_be_used_is_said_entry_by_entry(http: httpx.Client) -> None:
    done = post(
        http, replace(scored("h3"), device=DeviceId("")), replace(CREATE, why="x"), scored("h3")
    ).json()
    assert [problem["code"] for problem in done["problems"]] == ["malformed", "unknown_id_content"]
    assert [answer["outcome"] for answer in done["answers"]] == ["accepted"]
    assert post(http).json() == {"answers": [], "deferred": [], "problems": []}


@pytest.mark.parametrize("path", ["/v1/tournaments/nowhere", "/v1/tournaments/nowhere/events"])
def test_a_tournament_that_is_not_there_is_a_404(http: httpx.Client, path: str) -> None:
    assert_problem(http.get(path), 404, "nowhere")


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=0", "limit=1000000"])
def test_a_page_that_cannot_be_is_a_400(http: httpx.Client, query: str) -> None:
    assert_problem(http.get(f"{LEAGUE}/events?{query}"), 400, "limit")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"entries":[{}]}', b"\xff"])
def test_a_body_that_is_no_entries_is_a_400(http: httpx.Client, body: bytes) -> None:
    assert_problem(http.post("/v1/entries", content=body), 400, "cannot be read")


def test_a_body_above_the_limit_is_a_413(http: httpx.Client) -> None:
    assert_problem(http.post("/v1/entries", content=b"x" * (MAX_CLIENT_FRAME_BYTES + 1)), 413, "parts")


def test_what_is_not_there_or_not_allowed_is_a_problem_too(http: httpx.Client) -> None:
    assert_problem(http.get("/"), 404, "/v1/")
    refused = http.get("/v1/entries")
    assert_problem(refused, 405, "/v1/")
    assert refused.headers["allow"] == "POST"


def test_a_page_from_elsewhere_is_turned_away(http: httpx.Client) -> None:
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert_problem(http.post("/v1/entries", content=b"{}", headers=elsewhere), 403, "elsewhere")
    assert_problem(http.get("/v1/tournaments", headers=elsewhere), 403, "elsewhere")


def test_the_hub_says_that_it_lives_and_is_ready(http: httpx.Client) -> None:
    assert http.get("/healthz").json()["ok"]
    assert http.get("/readyz").json() == {"ok": True}


def test_who_comes_from_elsewhere_without_a_token_may_read_only(hub: HubProcess) -> None:
    with (
        httpx.Client(base_url=hub.http, headers=AWAY) as http,
        TestClient.open(hub, headers=AWAY) as ann,
    ):
        assert http.get("/v1/tournaments").status_code == 200
        assert_problem(post(http, CREATE), 401, "ask ops for a join code")
        ann.send(Submit((CREATE,)))
        deferred = ann.expect(Deferred)
        assert (deferred.code, deferred.ids) == ("sign_in", ("plan",))
