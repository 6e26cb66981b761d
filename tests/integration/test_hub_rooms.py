"""Rooms of a real hub: nobody's seq has a gap, nobody learns of a room that is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed

from core.domain.answers import Answer
from core.domain.commands import Broadcast, Command, CreateTournament, Entry, Notify
from core.domain.events import BroadcastSent, Event
from core.domain.ids import (
    GLOBAL_ROOM,
    CommandId,
    Role,
    RoomId,
    TeamId,
    admin_room,
    match_room,
    presence_room,
    role_room,
    team_room,
    tournament_room,
)
from core.domain.plan import Plan
from core.domain.state import Position
from core.hub.door.access import Pass
from core.hub.door.tokens import Mint
from core.hub.web.http import Brought, Outcome
from core.wire.codec import Format
from core.wire.messages import Events, Goodbye, HubMessage, Join, Leave, Ping, Pong, Problem, Replay, Snapshot
from core.wire.rooms import RoomInfo, SideEvent, SideEvents, SideReplay
from tests.support.hub import AWAY, HubProcess, TestClient
from tests.support.tournaments import entry, league, match, point

REDS, BLUES = TeamId("a"), TeamId("b")
NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Scene:
    """A hub, and a tournament of one test's own on it."""

    hub: HubProcess
    plan: Plan
    http: httpx.Client
    ids: Iterator[int]

    def make(self, command: Command, device: str = "ops") -> Entry:
        """Make an entry with an id of its own."""
        return entry(self.plan.id, command, id=f"{self.plan.id}-{next(self.ids)}", device=device)

    def bring(self, *entries: Entry) -> tuple[Answer, ...]:
        """Bring entries over HTTP, and return their answers."""
        response = self.http.post("/v1/entries", content=msgspec.json.encode(Brought(entries)))
        return msgspec.json.decode(response.content, type=Outcome).answers

    def enter(self, command: Command, device: str = "ops") -> Entry:
        """Enter a command that is accepted, and return the entry."""
        made = self.make(command, device)
        (answer,) = self.bring(made)
        assert answer.outcome == "accepted", answer
        return made

    def say(self, room: RoomId, name: str = "lunch", *, device: str = "ops", exclude: bool = False) -> Entry:
        return self.enter(Broadcast(room, name, '{"at":12}', exclude), device)

    def token(self, role: Role, team: TeamId | None = None) -> str:
        """Sign a token as the hub does."""
        health = self.http.get("/healthz").json()
        mint = Mint((self.hub.data / "hub" / "secret.key").read_bytes(), health["hub"])
        return mint.sign(
            Pass(uuid4().hex, "Bo", role, team=team, expires_at=datetime.now(UTC) + timedelta(hours=1))
        )

    def rooms(self, token: str | None = None, **query: str) -> dict[str, RoomInfo]:
        """List rooms of this tournament and of no tournament; with a token, from elsewhere."""
        headers = {} if token is None else {**AWAY, "Authorization": f"Bearer {token}"}
        response = self.http.get("/v1/rooms", params=query, headers=headers)
        assert response.status_code == 200, response.text
        infos = msgspec.json.decode(response.content, type=tuple[RoomInfo, ...])
        return {info.id: info for info in infos if info.tournament in (self.plan.id, None)}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        yield started


@pytest.fixture
def scene(hub: HubProcess) -> Iterator[Scene]:
    with begun(hub) as made:
        yield made


@contextmanager
def begun(hub: HubProcess) -> Iterator[Scene]:
    with httpx.Client(base_url=hub.http) as client:
        made = Scene(hub, league(3, name=f"t{uuid4().hex[:8]}"), client, count())
        made.enter(CreateTournament(made.plan))
        yield made


def heard(client: TestClient, mark: float) -> list[HubMessage]:
    """Return all that a client was told so far, apart from heartbeats."""
    client.send(Ping(mark))
    messages: list[HubMessage] = []
    while True:
        message = client.receive()
        if isinstance(message, Pong) and message.sent == mark:
            return messages
        messages.append(message)


def said(messages: list[HubMessage], room: RoomId) -> list[SideEvent]:
    batches = (one for one in messages if isinstance(one, SideReplay | SideEvents) and one.room == room)
    return [event for batch in batches for event in batch.events]


def happened(messages: list[HubMessage], room: RoomId) -> list[Event]:
    batches = (one for one in messages if isinstance(one, Replay | Events) and one.room == room)
    return [event for batch in batches for event in batch.events]


def test_what_is_told_to_some_leaves_no_gap_for_anybody(scene: Scene) -> None:
    plan = scene.plan
    main, reds, blues, ops = (
        tournament_room(plan.id),
        team_room(plan.id, REDS),
        team_room(plan.id, BLUES),
        admin_room(plan.id),
    )
    with (
        TestClient.open(scene.hub, "one") as admin,
        TestClient.open(scene.hub, "two", token=scene.token("participant", REDS), headers=AWAY) as player,
        TestClient.open(scene.hub, "three", token=scene.token("spectator"), headers=AWAY) as fan,
    ):
        followed = {admin: [main, reds, blues, ops], player: [main, reds], fan: [main]}
        for client, rooms in followed.items():
            for room in rooms:
                client.send(Join(room))
            heard(client, 1.0)
        told: dict[RoomId, list[str]] = {reds: [], blues: [], ops: []}
        for number in range(60):
            room = (main, reds, blues, ops, main, reds)[number % 6]
            made = scene.say(room) if number % 4 else scene.enter(point(plan, 1, "a"))
            if number % 4 and room != main:
                told[room].append(made.id)
        for client, rooms in followed.items():
            messages = heard(client, 2.0)
            public = happened(messages, main)
            assert [event.seq for event in public] == list(range(2, public[-1].seq + 1))
            for room in told:
                own = said(messages, room)
                expected = told[room] if room in rooms else []
                assert [event.id for event in own] == expected
                assert [event.seq for event in own] == list(range(1, len(expected) + 1))


def test_a_private_room_of_others_is_answered_like_one_that_is_not_there(scene: Scene) -> None:
    plan = scene.plan
    there = [team_room(plan.id, BLUES), admin_room(plan.id), role_room(plan.id, "moderator")]
    absent = [team_room(plan.id, TeamId(NOWHERE)), admin_room(league(name=NOWHERE).id)]
    token = scene.token("participant", REDS)
    with TestClient.open(scene.hub, "guesser", token=token, headers=AWAY) as guesser:
        heard(guesser, 1.0)
        words = set()
        for room in (*there, *absent):
            for asked in (Join(room), Leave(room)):
                guesser.send(asked)
                problem = guesser.expect(Problem)
                assert problem.room == room
                words.add((problem.code, problem.detail.replace(room, "it"), problem.ids))
        assert len(words) == 1
        for room in there:
            scene.say(room)
        assert heard(guesser, 2.0) == []
    listed = scene.rooms(token)
    assert team_room(plan.id, REDS) in listed
    assert not set(there) & set(listed)


def test_rooms_are_there_by_whom_they_are_for(scene: Scene) -> None:
    t = scene.plan.id
    own = {team_room(t, REDS), role_room(t, "participant")}
    private = {id for id, info in scene.rooms(type="private").items() if info.type == "private"}
    assert own < private
    assert set(scene.rooms(scene.token("participant", REDS), type="private")) == own
    assert set(scene.rooms(scene.token("moderator"), type="private")) == {role_room(t, "moderator")}
    assert set(scene.rooms(scene.token("admin"), type="private")) == private
    with TestClient.open(scene.hub, token=scene.token("participant", REDS), headers=AWAY) as player:
        for room in own:
            player.send(Join(room))
            assert player.expect(SideReplay).room == room


@pytest.mark.parametrize("form", ["json", "msgpack"])
def test_the_excluded_sender_gets_the_event_without_its_data(scene: Scene, form: Format) -> None:
    main, reds = tournament_room(scene.plan.id), team_room(scene.plan.id, REDS)
    with (
        TestClient.open(scene.hub, "sender", form=form) as sender,
        TestClient.open(scene.hub, "other", "Bob", form=form) as other,
    ):
        for client in (sender, other):
            client.send(Join(main))
            client.send(Join(reds))
            heard(client, 1.0)
        for room in (main, reds):
            scene.say(room, device="sender", exclude=True)
        for client, data in ((sender, "null"), (other, '{"at":12}')):
            messages = heard(client, 2.0)
            (public,), (private,) = happened(messages, main), said(messages, reds)
            assert public.fact == BroadcastSent("lunch", data, True, withheld=data == "null")
            assert (private.seq, private.data, private.withheld) == (1, data, data == "null")
    with TestClient.open(scene.hub, "sender", form=form) as again:
        again.send(Join(reds))
        assert [event.withheld for event in again.expect(SideReplay).events] == [True]


def test_a_matchs_room_tells_that_match_alone_by_its_versions(scene: Scene) -> None:
    room = match_room(match(scene.plan, 1))
    with TestClient.open(scene.hub, "one") as client:
        client.send(Join(room))
        snapshot = client.expect(Snapshot)
        assert list(snapshot.state.matches) == [match(scene.plan, 1)]
        for number in (1, 2, 1, 2, 1):
            scene.enter(point(scene.plan, number, "a"))
        versions = [event.version for event in happened(heard(client, 1.0), room)]
        assert versions == [1, 2, 3, 4]
        client.send(Join(room, Position(snapshot.state.position.epoch, 0)))
        replay = client.expect(Replay)
        assert [event.version for event in replay.events] == versions
        last = replay.events[1]
        client.send(Join(room, Position(replay.epoch, last.version, last.command)))
        assert [event.version for event in client.expect(Replay).events] == [3, 4]
        client.send(Leave(room))
        scene.enter(point(scene.plan, 1, "a"))
        assert heard(client, 2.0) == []


def test_what_was_said_to_a_room_survives_the_hub_and_counts_once(tmp_path: Path) -> None:
    with HubProcess(tmp_path / "hub") as hub, begun(hub) as scene:
        reds = team_room(scene.plan.id, REDS)
        made = [scene.say(reds, f"n{number}") for number in range(5)]
        with TestClient.open(hub) as client:
            client.send(Join(reds))
            first = client.expect(SideReplay)
        hub.restart()
        (answer,) = scene.bring(made[4])
        assert answer.outcome == "accepted"
        more = scene.say(reds, "n5")
        with TestClient.open(hub) as client:
            position = Position(first.epoch, 3, first.events[2].id)
            client.send(Join(reds, position, (made[3].id, CommandId("unknown"))))
            replay = client.expect(SideReplay)
            assert replay.recovered
            assert [event.id for event in replay.events] == [made[3].id, made[4].id, more.id]
            assert [answer.id for answer in replay.answers] == [made[3].id]
            client.send(Join(reds, replace(position, command=CommandId("another"))))
            anew = client.expect(SideReplay)
            assert (anew.recovered, [event.seq for event in anew.events]) == (False, [1, 2, 3, 4, 5, 6])


def test_everybody_hears_what_is_said_to_all(scene: Scene) -> None:
    with TestClient.open(scene.hub, headers=AWAY) as fan:
        fan.send(Join(GLOBAL_ROOM))
        before = fan.expect(SideReplay).seq
        made = scene.say(GLOBAL_ROOM)
        (event,) = fan.expect(SideEvents).events
        assert (event.seq, event.id) == (before + 1, made.id)


@pytest.mark.parametrize(
    "room", ["presence", "match", "nowhere"], ids=["presence", "a match", "a room that is not there"]
)
def test_a_broadcast_to_a_room_that_carries_none_is_refused(scene: Scene, room: str) -> None:
    t = scene.plan.id
    ids = {"presence": presence_room(t), "match": match_room(match(scene.plan, 1)), "nowhere": RoomId("x")}
    (answer,) = scene.bring(scene.make(Broadcast(ids[room], "lunch")))
    assert answer.outcome == "refused"
    assert answer.reason


def test_nobody_but_ops_broadcasts(scene: Scene) -> None:
    content = msgspec.json.encode(Brought((scene.make(Broadcast(team_room(scene.plan.id, REDS), "lunch")),)))
    roles: tuple[Role, ...] = ("participant", "moderator")
    for role in roles:
        bearer = {**AWAY, "Authorization": f"Bearer {scene.token(role, REDS)}"}
        outcome = scene.http.post("/v1/entries", content=content, headers=bearer).json()
        assert [answer["outcome"] for answer in outcome["answers"]] in ([], ["refused"]), role


def test_the_list_of_rooms_tells_how_each_is_used(scene: Scene) -> None:
    t, plan = scene.plan.id, scene.plan
    reds = team_room(t, REDS)
    with (
        TestClient.open(scene.hub, "laptop-1", "Ann") as one,
        TestClient.open(scene.hub, "laptop-1", "Ann") as two,
        TestClient.open(scene.hub, "laptop-1", "Bob") as three,
    ):
        for client in (one, two, three):
            client.send(Join(tournament_room(t)))
            heard(client, 1.0)
        one.send(Join(reds))
        heard(one, 2.0)
        scene.say(reds)
        scene.enter(Notify("Lunch"))
        scene.enter(point(plan, 1, "a"))
        rooms = scene.rooms()
        main, team, game = (rooms[id] for id in (tournament_room(t), reds, match_room(match(plan, 1))))
        assert (main.type, main.members, main.events) == ("tournament", 2, 4)
        assert (team.type, team.members, team.events, team.metadata.team) == ("private", 1, 1, REDS)
        assert (game.type, game.members, game.events) == ("match", 0, 2)
        assert rooms[presence_room(t)].members == 2
        assert main.last_activity == game.last_activity is not None
        assert main.event_rate > 0
        assert game.event_rate > 0
        assert len({info.created_at for info in rooms.values() if info.tournament}) == 1
        assert set(scene.rooms(has_members="true")) - {GLOBAL_ROOM} == {main.id, reds, presence_room(t)}
        assert set(scene.rooms(search="TEAM A")) == {reds}
        assert set(scene.rooms(type="match", search="m002")) == {match_room(match(plan, 2))}
    for wrong in ({"type": "secret"}, {"has_members": "maybe"}):
        response = scene.http.get("/v1/rooms", params=wrong)
        assert response.status_code == 400
        assert "is" in response.json()["detail"]


def test_nobody_new_is_in_a_room_that_was_left(scene: Scene) -> None:
    reds = team_room(scene.plan.id, REDS)
    with TestClient.open(scene.hub, "leaver") as client:
        client.send(Join(reds))
        client.expect(SideReplay)
        client.send(Leave(reds))
        heard(client, 1.0)
        scene.say(reds)
        assert heard(client, 2.0) == []


def test_who_joins_without_end_is_sent_away_and_told_when_to_come_again(tmp_path: Path) -> None:
    few = "import core.hub.door.door as d; d.JOINS = d.Rate(per_second=2, burst=20)"
    with HubProcess(tmp_path / "hub", before=few) as hub, begun(hub) as scene:
        room = tournament_room(scene.plan.id)
        with TestClient.open(hub) as trusted, TestClient.open(hub, headers=AWAY) as guest:
            for _ in range(30):
                trusted.send(Join(room))
                guest.send(Join(room))
            goodbye = guest.expect(Goodbye)
            assert 0 < goodbye.retry_after <= 0.5
            with pytest.raises(ConnectionClosed):
                guest.expect(Goodbye)
            assert sum(isinstance(one, Snapshot) for one in heard(trusted, 1.0)) == 30
