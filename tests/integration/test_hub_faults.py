"""A real hub killed, stopped, without a disk, with readers that do not read: nothing lost, nothing twice."""

from __future__ import annotations

import resource
import socket
import sqlite3
from contextlib import closing, suppress
from random import Random
from threading import Thread, Timer
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from core.domain.commands import CreateTournament, Entry
from core.domain.reduce import fold
from core.domain.state import Tournament
from core.errors import BadLog, BadSettings, FolderInUse
from core.hub import HubOptions, run, running
from core.hub.log.sqlite_log import SqliteLog
from core.realtime.thread import realtime_in_thread
from core.wire.messages import (
    CLOSE_GOING_AWAY,
    Answers,
    Deferred,
    Events,
    Goodbye,
    Heartbeat,
    Snapshot,
    Submit,
    Welcome,
)
from core.wire.poll import MEDIA_TYPES
from tests.support.hub import HubProcess, TestClient
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = league()
CREATE = entry(PLAN.id, CreateTournament(PLAN), id="plan")
M1 = match(PLAN, 1)
LIVES = 8


def scored(number: int) -> Entry:
    return entry(PLAN.id, point(PLAN, 1, "a"), id=f"p{number}")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with HubProcess(tmp_path) as started:
        started.post(CREATE)
        yield started


def test_a_hub_killed_at_any_moment_counts_every_point_once_and_keeps_epoch_and_seq(hub: HubProcess) -> None:
    seed = 20_240_714
    chance = Random(seed)
    known: dict[str, tuple[str, int]] = {}
    points = [scored(number) for number in range(LIVES * 30)]
    for life in range(LIVES):
        unanswered = [one for one in points[: (life + 1) * 30] if one.id not in known]
        # Killed while these are on their way: before a commit, or between a commit and its answers.
        send_until_killed(hub, unanswered, chance.uniform(0, 0.012), known)
        hub.start()
    for answer in hub.post(*points):
        assert known.setdefault(answer.id, (answer.epoch, answer.seq)) == (answer.epoch, answer.seq), seed
    state = hub_state(hub)
    assert state.matches[M1].score.home == len(points), f"seed {seed}"
    assert {epoch for epoch, _ in known.values()} == {state.position.epoch}
    assert sorted(seq for _, seq in known.values()) == list(range(3, 3 + len(points))), f"seed {seed}"
    page = httpx.get(f"{hub.http}/v1/tournaments/{PLAN.id}/events").json()
    assert [event["seq"] for event in page["events"]] == list(range(1, 3 + len(points)))


def send_until_killed(
    hub: HubProcess, entries: list[Entry], after: float, known: dict[str, tuple[str, int]]
) -> None:
    """Send entries, kill the hub so many seconds later, and note every answer that still came."""
    with TestClient.open(hub) as ann:
        ann.expect(Welcome)
        timer = Timer(after, hub.kill)
        timer.start()
        with suppress(ConnectionClosed):
            for one in entries:
                ann.send(Submit((one,)))
            while True:
                for answer in ann.expect(Answers).answers:
                    place = (answer.epoch, answer.seq)
                    assert known.setdefault(answer.id, place) == place
        timer.join()


def hub_state(hub: HubProcess) -> Tournament:
    """Return the tournament as the hub shows it."""
    shown = httpx.get(f"{hub.http}/v1/tournaments/{PLAN.id}").content
    return msgspec.json.decode(shown, type=Tournament)


def test_a_restarted_hub_is_the_same_hub(hub: HubProcess) -> None:
    points = [scored(number) for number in range(120)]
    given = hub.post(*points)
    before = httpx.get(f"{hub.http}/v1/tournaments/{PLAN.id}").json()
    identity = httpx.get(f"{hub.http}/healthz").json()["hub"]
    assert hub.stop() == 0
    with closing(sqlite3.connect(hub.data / "hub" / "log.sqlite3")) as log:
        (seq,) = log.execute("SELECT seq FROM snapshots").fetchone()
    assert seq == before["position"]["seq"], "it starts from there"
    # Asked to stop or killed: it goes on where it was.
    for begin in (hub.start, hub.restart):
        begin()
        assert httpx.get(f"{hub.http}/v1/tournaments/{PLAN.id}").json() == before
        assert httpx.get(f"{hub.http}/healthz").json()["hub"] == identity
        assert hub.post(CREATE)[0].seq == 1
        assert hub.post(*points) == given


def test_a_hub_that_is_asked_to_stop_says_goodbye_and_ends_with_0(hub: HubProcess) -> None:
    with TestClient.open(hub) as ann:
        ann.expect(Welcome)
        entries = tuple(scored(number) for number in range(200))
        ann.send(Submit(entries))
        ann.expect(Answers)
        stopped: list[int] = []
        stopping = Thread(target=lambda: stopped.append(hub.stop()))
        stopping.start()
        assert "stopping" in ann.expect(Goodbye).reason
        with pytest.raises(ConnectionClosed) as closed:
            ann.receive()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, bool(closed.value.rcvd.reason)) == (CLOSE_GOING_AWAY, True)
        stopping.join()
    assert stopped == [0]
    assert running(hub.data) is None
    assert not (hub.data / "hub" / "log.sqlite3-wal").exists()


def test_a_hub_that_is_asked_to_stop_does_not_wait_for_who_does_not_read(hub: HubProcess) -> None:
    with TestClient.open(hub) as ann, socket.socket() as silent:
        ann.expect(Welcome)
        silent.connect((hub.host, hub.port))
        assert hub.stop() == 0


def test_while_the_disk_refuses_the_hub_is_for_reading_and_then_goes_on_by_itself(hub: HubProcess) -> None:
    with TestClient.open(hub) as ann, TestClient.open(hub, "laptop-2") as bo:
        ann.send(Submit((scored(1),)))
        assert ann.expect(Answers).answers[0].outcome == "accepted"
        _, hard = resource.prlimit(hub.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (0, hard))
        ann.send(Submit((scored(2), scored(3))))
        deferred = ann.expect(Deferred)
        assert (deferred.code, deferred.ids) == ("read_only", ("p2", "p3"))
        assert not bo.expect(Heartbeat).durable
        bo.join(PLAN.id)
        assert bo.expect(Snapshot).state.matches[M1].score.home == 1
        assert httpx.get(f"{hub.http}/readyz").status_code == 503
        resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (hard, hard))
        while not bo.expect(Heartbeat).durable:
            pass
        # What came later waits until the run is resent from its first unanswered entry on.
        ann.send(Submit((scored(3),)))
        assert ann.expect(Deferred).ids == ("p3",)
        ann.send(Submit((scored(2), scored(3))))
        assert [answer.seq for answer in ann.expect(Answers).answers] == [4, 5]
        assert [event.seq for event in bo.expect(Events).events] == [4, 5]


def test_while_the_disk_refuses_nothing_is_live_and_what_is_entered_waits(
    hub: HubProcess, tmp_path: Path
) -> None:
    with realtime_in_thread(quick(tmp_path / "laptop", hub.url)) as realtime:
        realtime.join(f"tournament:{PLAN.id}")
        realtime.wait_until(lambda view: PLAN.id in view.tournaments and view.tournaments[PLAN.id].live, 10)
        _, hard = resource.prlimit(hub.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (0, hard))
        waiting = realtime.submit(point(PLAN, 1, "a"))
        view = realtime.wait_until(lambda view: not view.tournaments[PLAN.id].live, 10)
        assert view.connection.connected
        assert not view.connection.durable
        assert view.tournaments[PLAN.id].as_of is not None
        assert not waiting.answered
        resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert waiting.wait(20).outcome == "accepted"
        realtime.wait_until(lambda view: view.tournaments[PLAN.id].live, 10)


def test_who_hangs_up_in_the_middle_of_a_request_is_no_bug_of_the_hub(hub: HubProcess) -> None:
    for path, kind in (("/v1/entries", "application/json"), ("/v1/poll", MEDIA_TYPES["json"])):
        with socket.create_connection(("127.0.0.1", hub.port)) as client:
            fields = f"Host: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: 100\r\nExpect: 100-continue"
            client.sendall(f"POST {path} HTTP/1.1\r\n{fields}\r\n\r\n".encode())
            assert b"100 Continue" in client.recv(100), "it waits for the body"
            client.sendall(b"{")
    assert httpx.get(f"{hub.http}/healthz").status_code == 200
    # A traceback among what it printed is found when it stops.
    assert hub.stop() == 0


def test_one_hub_a_folder_and_everybody_can_see_where_it_is(hub: HubProcess) -> None:
    assert running(hub.data) == hub.url
    with pytest.raises(FolderInUse) as taken:
        run(HubOptions(hub.data, port=0))
    assert hub.url in str(taken.value)
    hub.kill()
    assert running(hub.data) is None
    hub.start()
    assert running(hub.data) == hub.url


def test_a_port_that_is_taken_is_a_clear_error(hub: HubProcess, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=f"port {hub.port}"):
        run(HubOptions(tmp_path / "other", port=hub.port))


def test_a_log_that_is_none_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "log.sqlite3").write_bytes(b"no database at all, but long enough to look at" * 50)
    with pytest.raises(BadLog, match=r"log\.sqlite3"):
        run(HubOptions(tmp_path, port=0))


def test_what_the_log_holds_folds_to_what_the_hub_shows(hub: HubProcess) -> None:
    hub.post(scored(1), scored(2))
    shown = httpx.get(f"{hub.http}/v1/tournaments/{PLAN.id}").content
    assert hub.stop() == 0
    log = SqliteLog(hub.data / "hub" / "log.sqlite3")
    (kept,) = log.read().tournaments
    log.close()
    assert fold(kept.recent, kept.state.position.epoch) == kept.state
    assert msgspec.json.encode(kept.state) == shown
