"""Two real hubs on a real NATS server: one dense log on both, whatever is killed, stopped or sent twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from core.domain.commands import CreateTournament, Entry
from core.domain.ids import TournamentId
from core.errors import BadLog, BadSettings
from core.hub import HubOptions, run
from core.hub.web.http import Brought, Outcome
from core.realtime.thread import realtime_in_thread
from core.wire.messages import Answers, Deferred, Events, Goodbye, Heartbeat, Snapshot, Submit
from tests.support.hub import HubProcess, TestClient
from tests.support.nats import NATS_SERVER, NatsServer
from tests.support.program import courtside, until
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not NATS_SERVER.exists(), reason="there is no nats-server for this platform"),
]

PLAN = league()
T = PLAN.id
CREATE = entry(T, CreateTournament(PLAN), id="plan")


def scored(number: int) -> Entry:
    return entry(T, point(PLAN, 1, "ab"[number % 2]), id=f"p{number}", device=f"laptop-{number % 2}")


def hub_on(nats: NatsServer, folder: Path) -> HubProcess:
    return HubProcess(folder, options={"backplane": [nats.url]})


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def hubs(nats: NatsServer, tmp_path: Path) -> Iterator[tuple[HubProcess, HubProcess]]:
    with hub_on(nats, tmp_path / "a") as a, hub_on(nats, tmp_path / "b") as b:
        assert a.post(CREATE)[0].outcome == "accepted"
        yield a, b


def log_of(hub: HubProcess, tournament: TournamentId = T) -> list[Any]:
    response = httpx.get(f"{hub.http}/v1/tournaments/{tournament}/events", params={"limit": 2_000})
    events: list[Any] = response.json().get("events", [])
    return events


def agree(a: HubProcess, b: HubProcess, seq: int) -> bytes:
    """Wait until both hubs are at a seq, and return their log: dense, and the same to the byte."""
    until(lambda: all(len(log_of(hub)) >= seq for hub in (a, b)), what=f"seq {seq}")
    logs = [httpx.get(f"{hub.http}/v1/tournaments/{T}/events?limit=2000").content for hub in (a, b)]
    assert logs[0] == logs[1]
    assert [event["seq"] for event in log_of(a)] == list(range(1, seq + 1))
    return logs[0]


def test_points_from_both_hubs_are_one_dense_log_and_one_export(hubs: tuple[HubProcess, HubProcess]) -> None:
    a, b = hubs
    with TestClient.open(a, "board-a") as there, TestClient.open(b, "board-b") as here:
        there.join(T)
        here.join(T)
        seen = {client: client.expect(Snapshot).state.position.seq for client in (there, here)}
        with ThreadPoolExecutor(4) as crowd:
            # Four desks, two at each hub, all at once: some are always too late and are judged again.
            answers = [
                answer
                for given in crowd.map(
                    lambda desk: [hubs[desk % 2].post(scored(desk + 4 * round_))[0] for round_ in range(15)],
                    range(4),
                )
                for answer in given
            ]
        assert {answer.outcome for answer in answers} == {"accepted"}
        assert sorted(answer.seq for answer in answers) == list(range(3, 63))
        agree(a, b, 62)
        for client, after in seen.items():
            told: list[int] = []
            while after + len(told) < 62:
                told += [event.seq for event in client.expect(Events).events]
            assert told == list(range(after + 1, 63))
    exports = [courtside("export", T, "--format", "json", "--hub", hub.url) for hub in hubs]
    assert exports[0].code == 0, exports[0].err
    assert exports[0].out == exports[1].out


def test_the_same_id_at_both_hubs_counts_once(hubs: tuple[HubProcess, HubProcess]) -> None:
    with ThreadPoolExecutor(2) as both:
        for number in range(8):
            first, second = both.map(lambda hub, n=number: hub.post(scored(n))[0], hubs)
            assert first == second
    agree(*hubs, 10)


def test_a_hub_killed_in_the_middle_comes_back_with_everything_once(
    hubs: tuple[HubProcess, HubProcess],
) -> None:
    a, b = hubs
    for number in range(6):
        hubs[number % 2].post(scored(number))
    agree(a, b, 8)
    with TestClient.open(b, "laptop-1") as client, ThreadPoolExecutor(1) as other:
        client.send(Submit(tuple(scored(number) for number in range(6, 26))))
        going_on = other.submit(lambda: [a.post(scored(number)) for number in range(26, 36)])
        b.kill()
        going_on.result()
    b.start()
    # Whatever of it was taken before the end: it is brought again, and counts once.
    b.post(*(scored(number) for number in range(36)))
    agree(a, b, 38)
    assert {event["command"] for event in log_of(b)} == {"plan", *(f"p{number}" for number in range(36))}


def test_without_the_backplane_entries_stay_saved_and_then_go(
    hubs: tuple[HubProcess, HubProcess], nats: NatsServer
) -> None:
    a, b = hubs
    a.post(scored(0))
    agree(a, b, 3)
    with TestClient.open(a, "board") as board:
        nats.kill()
        until(lambda: not board.expect(Heartbeat).durable, what="a heartbeat that says so")
        deferred = offer(a, scored(1))
        assert isinstance(deferred, Deferred)
        assert deferred.code == "read_only"
        assert "backplane" in deferred.detail
        assert len(log_of(a)) == 3
        nats.start()
        until(lambda: board.expect(Heartbeat).durable, what="a heartbeat that says so")
    for hub, number in ((a, 1), (b, 2)):
        until(lambda hub=hub, n=number: isinstance(offer(hub, scored(n)), Answers))  # type: ignore[misc]
    agree(a, b, 5)


def offer(hub: HubProcess, one: Entry) -> Answers | Deferred:
    """Bring one entry over a link, and return what the hub says to it."""
    with TestClient.open(hub, one.device) as client:
        client.send(Submit((one,)))
        while True:
            message = client.receive()
            if isinstance(message, Answers | Deferred):
                return message


def test_a_log_of_another_life_is_refused_with_words(nats: NatsServer, tmp_path: Path) -> None:
    with HubProcess(tmp_path / "alone") as alone:
        alone.post(CREATE)
    options = HubOptions(tmp_path / "alone", port=0, backplane=(nats.url,))
    with pytest.raises(BadLog, match=r"league was never on the backplane.*another --data"):
        run(options)


def test_a_hub_whose_backplane_is_away_reads_on_and_says_why(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "nats") as nats, hub_on(nats, tmp_path / "a") as hub:
        hub.post(CREATE)
        nats.kill()
        hub.restart()
        assert len(log_of(hub)) == 1
        body = msgspec.json.encode(Brought((scored(0),)))
        response = httpx.post(f"{hub.http}/v1/entries", content=body, timeout=20)
        assert msgspec.json.decode(response.content, type=Outcome).answers == ()
        assert "backplane" in response.text


@pytest.mark.parametrize("url", ["127.0.0.1:4222", "http://127.0.0.1", "nats://"])
def test_what_is_no_nats_server_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSettings, match="nats://host:port"):
        run(HubOptions(tmp_path, port=0, backplane=(url,)))


def test_without_nats_py_the_flag_says_what_to_install(tmp_path: Path) -> None:
    without = "import sys; sys.modules['nats'] = None"
    hub = HubProcess(tmp_path, before=without, options={"backplane": ["nats://127.0.0.1:4222"]})
    with pytest.raises(RuntimeError, match=r"pip install 'courtside\[backplane\]'"):
        hub.start()


def test_the_command_takes_servers_separated_by_commas(tmp_path: Path) -> None:
    done = courtside("hub", "--data", tmp_path, "--port", 0, "--backplane", "nats://127.0.0.1:4222, x")
    assert done.code == 2
    assert "'x' is no nats://host:port" in done.err


def test_a_hub_that_stops_names_another_one_and_consoles_go_there(nats: NatsServer, tmp_path: Path) -> None:
    with hub_on(nats, tmp_path / "b") as b:
        a = HubProcess(tmp_path / "a", options={"backplane": [nats.url], "peers": [f"{b.http}/"]})
        with a, realtime_in_thread(quick(tmp_path / "laptop", a.url)) as realtime:
            a.post(CREATE)
            realtime.join(f"tournament:{T}")
            realtime.wait_until(lambda view: T in view.tournaments and view.tournaments[T].live, 20)
            with TestClient.open(a) as bare:
                bare.join(T)
                bare.expect(Snapshot)
                assert a.stop() == 0
                assert bare.expect(Goodbye).endpoint == b.url
            # This console was told of one hub only; now it scores at the other one.
            assert realtime.submit(point(PLAN, 1, "a")).wait(20).outcome == "accepted"
            assert {link.endpoint for link in realtime.view.connection.links if link.state == "live"} == {
                b.url
            }
        assert [event["seq"] for event in log_of(b)][-1] >= 2


def test_hubs_that_cannot_stand_in_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="--backplane is missing"):
        run(HubOptions(tmp_path, port=0, peers=("ws://b:1",)))
    with pytest.raises(BadSettings, match="no address of a hub"):
        run(HubOptions(tmp_path, port=0, peers=("b",), backplane=("nats://localhost:1",)))
