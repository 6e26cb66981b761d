"""What a client and a real hub say to each other over a link."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from core.domain.answers import Answer
from core.domain.commands import Command, CreateTournament, Entry, Undo
from core.domain.ids import CommandId, DeviceId, MatchId, RoomId, tournament_room
from core.domain.plan import Plan
from core.domain.state import Position
from core.wire.messages import (
    BINARY_SUBPROTOCOL,
    CLOSE_PROTOCOL,
    JSON_SUBPROTOCOL,
    MAX_CLIENT_FRAME_BYTES,
    Answers,
    Directory,
    Events,
    Heartbeat,
    Hello,
    Join,
    Leave,
    Ping,
    Pong,
    Problem,
    Replay,
    Snapshot,
    Submit,
    Welcome,
)
from tests.support.hub import HubProcess, TestClient, dial
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.wire.codec import Format


@dataclass(frozen=True, slots=True)
class Scene:
    """A hub, and a tournament of one test's own on it."""

    hub: HubProcess
    plan: Plan

    @property
    def room(self) -> RoomId:
        return tournament_room(self.plan.id)

    @property
    def match(self) -> MatchId:
        return match(self.plan, 1)

    def id(self, short: str) -> CommandId:
        return CommandId(f"{self.plan.id}-{short}")

    def entry(self, command: Command, short: str) -> Entry:
        return entry(self.plan.id, command, id=self.id(short))

    def scored(self, short: str) -> Entry:
        return self.entry(point(self.plan, 1, "a"), short)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        yield started


@pytest.fixture
def scene(hub: HubProcess) -> Scene:
    plan = league(name=f"league-{uuid4().hex[:8]}")
    made = Scene(hub, plan)
    hub.post(made.entry(CreateTournament(plan), "plan"))
    return made


@pytest.fixture
def ann(hub: HubProcess) -> Iterator[TestClient]:
    with TestClient.open(hub) as client:
        yield client


@pytest.mark.parametrize("form", ["json", "msgpack"])
def test_a_point_is_answered_then_told_in_both_codecs(scene: Scene, hub: HubProcess, form: Format) -> None:
    with TestClient.open(hub, form=form) as ann:
        welcome = ann.expect(Welcome)
        assert welcome.role == "admin"
        assert scene.plan.id in {one.id for one in welcome.tournaments}
        ann.join(scene.plan.id)
        assert ann.expect(Snapshot).state.position.seq == 1
        ann.send(Submit((scene.scored("p1"),)))
        (answer,) = ann.expect(Answers).answers
        told = ann.expect(Events)
        assert (answer.outcome, answer.seq, answer.version) == ("accepted", 3, 2)
        assert told.events == answer.events
        assert [event.deliverer for event in told.events] == ["", ""]


def test_an_id_ten_times_is_one_point_and_two_equal_points_are_two(scene: Scene, ann: TestClient) -> None:
    for _ in range(10):
        ann.send(Submit((scene.scored("p1"), scene.scored("p2"))))
    answers: list[Answer] = []
    while len(answers) < 20:
        answers.extend(ann.expect(Answers).answers)
    assert {answer.seq for answer in answers} == {3, 4}
    ann.join(scene.plan.id)
    assert ann.expect(Snapshot).state.matches[scene.match].score.home == 2


def test_what_another_brings_is_marked_with_who_brought_it(
    scene: Scene, hub: HubProcess, ann: TestClient
) -> None:
    with TestClient.open(hub, device="laptop-2", name="Bo") as bo:
        bo.send(Submit((scene.scored("p1"),)))
        (answer,) = bo.expect(Answers).answers
    assert {(event.by, event.deliverer) for event in answer.events} == {("Ann", "Bo")}


def test_a_known_id_with_other_content_is_a_problem(scene: Scene, ann: TestClient) -> None:
    ann.send(Submit((scene.scored("p1"), replace(scene.scored("p1"), why="other"))))
    problem = ann.expect(Problem)
    assert (problem.code, problem.ids) == ("unknown_id_content", (scene.id("p1"),))
    assert ann.expect(Answers).answers[0].outcome == "accepted"


def test_an_entry_that_cannot_stand_in_a_log_is_a_problem_for_itself(scene: Scene, ann: TestClient) -> None:
    ann.send(Submit((replace(scene.scored("p1"), device=DeviceId("")), scene.scored("p2"))))
    assert ann.expect(Problem).ids == (scene.id("p1"),)
    assert [answer.id for answer in ann.expect(Answers).answers] == [scene.id("p2")]


def test_who_knows_a_position_gets_the_rest_and_the_answers_with_it(scene: Scene, ann: TestClient) -> None:
    ann.send(Submit((scene.scored("p1"), scene.scored("p2"))))
    first, second = ann.expect(Answers).answers
    position = Position(first.epoch, first.seq, first.id)
    ann.send(Join(scene.room, position, unanswered=(scene.id("p2"), scene.id("p3"))))
    replay = ann.expect(Replay)
    assert [event.seq for event in replay.events] == [4]
    assert replay.answers == (second,)
    ann.send(Join(scene.room, replace(position, command=scene.id("p2"))))
    assert ann.expect(Snapshot).state.position.seq == 4


def test_a_link_that_joins_again_gets_no_event_twice(scene: Scene, ann: TestClient) -> None:
    ann.join(scene.plan.id)
    ann.join(scene.plan.id)
    snapshots = [ann.expect(Snapshot), ann.expect(Snapshot)]
    assert snapshots[0] == snapshots[1]
    ann.send(Submit((scene.scored("p1"),)))
    ann.expect(Events)
    ann.send(Ping(1.5))
    assert isinstance(ann.receive(), Pong)


def test_who_left_a_room_hears_no_more_of_it(scene: Scene, ann: TestClient) -> None:
    ann.join(scene.plan.id)
    ann.send(Leave(scene.room))
    ann.send(Submit((scene.scored("p1"),)))
    ann.expect(Answers)
    ann.send(Ping(2.5))
    assert isinstance(ann.receive(), Pong)


def test_a_new_tournament_is_announced_to_everybody(scene: Scene, hub: HubProcess, ann: TestClient) -> None:
    ann.expect(Welcome)
    other = league(name=f"{scene.plan.id}-2")
    hub.post(entry(other.id, CreateTournament(other), id=scene.id("plan-2")))
    assert [one.id for one in ann.expect(Directory).tournaments][-2:] == [scene.plan.id, other.id]


def test_an_undo_that_overtakes_its_entry_withdraws_it(scene: Scene, ann: TestClient) -> None:
    ann.send(Submit((scene.entry(Undo(scene.match, scene.id("p1")), "u1"),)))
    assert ann.expect(Answers).answers[0].outcome == "accepted"
    ann.send(Submit((scene.scored("p1"),)))
    assert ann.expect(Answers).answers[0].outcome == "withdrawn"


def test_the_hub_beats_by_itself(ann: TestClient) -> None:
    assert ann.expect(Heartbeat).durable


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "null",
        b"\xc1",
        json.dumps({"type": "score", "points": 1}),
        json.dumps({"type": "submit", "entries": [{"id": 1}]}),
        '{"type":"submit","entries":' + "[" * 5_000 + "]" * 5_000 + "}",
    ],
    ids=["cut", "nothing", "corrupted", "unknown", "misshapen", "bottomless"],
)
def test_what_is_no_message_is_a_clear_problem(ann: TestClient, frame: str | bytes) -> None:
    ann.socket.send(frame)
    problem = ann.expect(Problem)
    assert problem.code == "malformed"
    assert problem.detail
    ann.send(Ping(1.0))
    assert ann.expect(Pong).sent == 1.0


def test_a_message_above_the_limit_is_a_problem_and_the_link_stays(scene: Scene, ann: TestClient) -> None:
    ann.socket.send("x" * (MAX_CLIENT_FRAME_BYTES + 1))
    assert ann.expect(Problem).code == "too_large"
    ann.send(Submit((scene.scored("p1"),)))
    assert ann.expect(Answers).answers[0].outcome == "accepted"


def test_a_link_that_goes_on_with_nonsense_is_closed_for_good(ann: TestClient) -> None:
    with suppress(ConnectionClosed):
        for _ in range(100):
            ann.socket.send("{")
    with pytest.raises(ConnectionClosed) as closed:
        ann.expect(Answers)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CLOSE_PROTOCOL


def test_a_room_that_is_not_there_is_a_problem(ann: TestClient) -> None:
    ann.join("nowhere")
    assert ann.expect(Problem).code == "no_such_room"


def test_hello_comes_first_and_once(hub: HubProcess) -> None:
    with dial(hub) as socket:
        client = TestClient(socket, "json")
        client.join("league")
        assert client.expect(Problem).code == "too_early"
        for _ in range(2):
            client.send(Hello(DeviceId("laptop-1"), "Ann"))
        client.expect(Welcome)
        assert client.expect(Problem).code == "too_late"


def test_another_protocol_is_refused_with_what_to_do(hub: HubProcess) -> None:
    with dial(hub) as socket:
        client = TestClient(socket, "json")
        client.send(Hello(DeviceId("laptop-1"), "Ann", protocol=99))
        assert "update" in client.expect(Problem).detail
        with pytest.raises(ConnectionClosed) as closed:
            client.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CLOSE_PROTOCOL


def test_a_client_that_offers_no_subprotocol_speaks_json(hub: HubProcess) -> None:
    with connect(f"{hub.url}/v1/ws", compression=None) as socket:
        assert socket.subprotocol is None
        client = TestClient(socket, "json")
        client.send(Hello(DeviceId("laptop-1"), "Ann"))
        assert isinstance(client.receive(), Welcome)


def test_the_best_of_the_offered_subprotocols_is_taken(hub: HubProcess) -> None:
    offered = [Subprotocol(name) for name in (JSON_SUBPROTOCOL, BINARY_SUBPROTOCOL, "other")]
    with connect(f"{hub.url}/v1/ws", subprotocols=offered, compression=None) as socket:
        assert socket.subprotocol == BINARY_SUBPROTOCOL


def test_a_client_that_speaks_only_something_else_is_told_so(hub: HubProcess) -> None:
    offered = [Subprotocol("mqtt")]
    with pytest.raises(InvalidStatus) as refused, connect(f"{hub.url}/v1/ws", subprotocols=offered):
        pass
    assert refused.value.response.status_code == 400
    assert BINARY_SUBPROTOCOL.encode() in refused.value.response.body


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_a_page_from_elsewhere_does_not_get_in(hub: HubProcess, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{hub.url}/v1/ws", origin=Origin(origin)):
        pass
    assert refused.value.response.status_code == 403


def test_on_far_networks_frames_are_compressed(tmp_path: Path) -> None:
    far = "import core.hub.protocol as protocol; protocol.is_near = lambda address: False"
    with HubProcess(tmp_path, before=far) as hub:
        plan = league(26)
        hub.post(entry(plan.id, CreateTournament(plan), id="plan"))
        with connect(f"{hub.url}/v1/ws") as socket:
            assert socket.protocol.extensions
            client = TestClient(socket, "json")
            client.send(Hello(DeviceId("laptop-1"), "Ann"))
            client.join(plan.id)
            assert client.expect(Snapshot).state.name == plan.name


@pytest.mark.parametrize(("compression", "compressed"), [("auto", False), ("on", True), ("off", False)])
def test_near_frames_are_compressed_only_where_that_is_set(
    tmp_path: Path, compression: str, compressed: bool
) -> None:
    chosen = {"compression": compression}
    with HubProcess(tmp_path, options=chosen) as hub, connect(f"{hub.url}/v1/ws") as socket:
        assert bool(socket.protocol.extensions) is compressed
        client = TestClient(socket, "json")
        client.send(Hello(DeviceId("laptop-1"), "Ann"))
        assert client.expect(Welcome).hub
