"""Presence on a real hub: who is there, at once or after a grace, and the same for all after any break."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from time import monotonic
from uuid import uuid4

import httpx
import pytest

from core.domain.commands import CreateTournament
from core.domain.ids import DeviceId, RoomId, presence_room, team_room, tournament_room
from core.wire.codec import encode
from core.wire.messages import ClientMessage, Hello, Join, Leave, Ping, Pong
from core.wire.poll import MEDIA_TYPES, POLL_PATH, Poll, Polled, decode_polled, encode_body, wrap
from core.wire.presence import Here, Member, PresenceDiff, PresenceSnapshot, Who
from tests.support.hub import AWAY, HubProcess, Reachable, TestClient
from tests.support.proxy import Proxy
from tests.support.tournaments import entry, league

GRACE, SILENCE = 1.0, 1.5
QUICK = (
    f"import core.hub.rooms.presence as p; p.LEAVE_GRACE = {GRACE}; "
    f"import core.hub.lobby as l; l.HEARTBEAT = 0.3; l.SILENCE = {SILENCE}; l.LISTEN = 0.05"
)
"""A hub whose patience is measured in seconds that a test can wait."""
STRANGER = (
    "import sys; from websockets.sync.client import connect; from core.wire.codec import encode; "
    "from core.wire.messages import Hello, Join; url, room = sys.argv[1:]; link = connect(url + '/v1/ws'); "
    "link.send(encode(Hello('stranger', 'Sam'), 'json')); link.send(encode(Join(room), 'json')); "
    "sys.stdin.read()"
)
SAM = Who(DeviceId("stranger"), "Sam")


class Caller:
    """A client that polls, by hand."""

    def __init__(self, hub: HubProcess) -> None:
        self._http = httpx.Client(base_url=hub.http, headers={"Content-Type": MEDIA_TYPES["json"]})
        self._polled = self.poll(Poll(""))

    def poll(self, poll: Poll) -> Polled:
        """Make one request."""
        response = self._http.post(POLL_PATH, content=encode_body(poll, "json"))
        self._polled = decode_polled(response.content, "json")
        return self._polled

    def say(self, *messages: ClientMessage, leaving: bool = False) -> None:
        """Say something without waiting for what the hub has to say."""
        frames = tuple(wrap(encode(message, "json")) for message in messages)
        self.poll(Poll(self._polled.session, first=self._polled.taken + 1, frames=frames, leaving=leaving))

    def close(self) -> None:
        """Hang up, and say nothing."""
        self._http.close()


class Watcher:
    """Somebody who follows the presence of a tournament, from the first snapshot on."""

    def __init__(self, client: TestClient, room: RoomId) -> None:
        self._client = client
        self._room = room
        self.members: dict[Who, Member] = {}
        self.epoch, self.version = "", -1
        self.diffs = 0

    def join(self) -> None:
        """Begin, or begin again."""
        self._client.send(Join(self._room))
        snapshot = self._client.expect(PresenceSnapshot)
        assert snapshot.room == self._room
        self.members = {member.who: member for member in snapshot.members}
        self.epoch, self.version = snapshot.epoch, snapshot.version

    def until_there(self, *whos: Who, within: float = 10.0) -> float:
        """Follow until exactly these are there, and return how long that took."""
        began = monotonic()
        while set(self.members) != set(whos):
            self._take(self._client.expect(PresenceDiff, within - (monotonic() - began)))
        return monotonic() - began

    def follow(self) -> None:
        """Take what was told so far."""
        mark = monotonic()
        self._client.send(Ping(mark))
        while True:
            message = self._client.receive()
            if isinstance(message, PresenceDiff):
                self._take(message)
            elif isinstance(message, Pong) and message.sent == mark:
                return

    def _take(self, diff: PresenceDiff) -> None:
        assert (diff.room, diff.epoch, diff.version) == (self._room, self.epoch, self.version + 1)
        self.version = diff.version
        self.diffs += 1
        self.members |= {member.who: member for member in diff.joined}
        for who in diff.left:
            del self.members[who]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub"), before=QUICK) as started:
        yield started


@pytest.fixture
def tournament(hub: HubProcess) -> str:
    """Begin a tournament of the test's own."""
    plan = league(3, name=f"t{uuid4().hex[:8]}")
    hub.post(entry(plan.id, CreateTournament(plan), id=plan.id))
    return plan.id


@contextmanager
def watching(hub: Reachable, tournament: str, name: str = "Wil") -> Iterator[Watcher]:
    """Follow who is in a tournament, as one of them."""
    with TestClient.open(hub, f"{name}s", name) as client:
        watcher = Watcher(client, presence_room(league(name=tournament).id))
        watcher.join()
        yield watcher


def who(name: str) -> Who:
    return Who(DeviceId(f"{name}s"), name)


def joined(stack: ExitStack, hub: Reachable, room: RoomId, name: str) -> TestClient:
    client = stack.enter_context(TestClient.open(hub, f"{name}s", name))
    client.send(Join(room))
    return client


def test_who_is_in_any_room_of_the_tournament_is_there(hub: HubProcess, tournament: str) -> None:
    plan = league(3, name=tournament)
    with watching(hub, tournament) as wil, ExitStack() as stack:
        wil.until_there(who("Wil"))
        joined(stack, hub, tournament_room(plan.id), "Ann")
        bob = joined(stack, hub, team_room(plan.id, plan.teams[0].id), "Bob")
        joined(stack, hub, tournament_room(plan.id), "Ann")
        wil.until_there(who("Wil"), who("Ann"), who("Bob"))
        (ann,) = (one for one in wil.members.values() if one.name == "Ann")
        assert (ann.device, ann.role, ann.idle_since) == ("Anns", "admin", None)
        with watching(hub, tournament, "Wil") as late:
            assert set(late.members) == {who("Wil"), who("Ann"), who("Bob")}
        bob.send(Leave(team_room(plan.id, plan.teams[0].id)))
        wil.until_there(who("Wil"), who("Ann"))


def test_a_goodbye_counts_at_once_and_only_for_the_last_link(hub: HubProcess, tournament: str) -> None:
    room = tournament_room(league(name=tournament).id)
    with watching(hub, tournament) as wil:
        with ExitStack() as stack:
            for _ in range(2):
                joined(stack, hub, room, "Ann")
            wil.until_there(who("Wil"), who("Ann"))
            with ExitStack() as third:
                joined(third, hub, room, "Ann")
            wil.follow()
            assert who("Ann") in wil.members
        assert wil.until_there(who("Wil")) < GRACE


def test_a_client_that_is_killed_leaves_after_the_grace(hub: HubProcess, tournament: str) -> None:
    room = tournament_room(league(name=tournament).id)
    stranger = subprocess.Popen([sys.executable, "-c", STRANGER, hub.url, room], stdin=subprocess.PIPE)
    try:
        with watching(hub, tournament) as wil:
            wil.until_there(who("Wil"), SAM, within=15)
            stranger.kill()
            stranger.wait(10)
            assert GRACE - 0.2 < wil.until_there(who("Wil")) < GRACE + 2.0
    finally:
        stranger.kill()
        stranger.communicate()


def test_coming_back_within_the_grace_is_no_coming_and_going(hub: HubProcess, tournament: str) -> None:
    room = tournament_room(league(name=tournament).id)
    with Proxy(hub.port) as proxy, watching(hub, tournament) as wil, ExitStack() as stack:
        joined(stack, proxy, room, "Ann")
        wil.until_there(who("Wil"), who("Ann"))
        since, diffs = wil.members[who("Ann")].since, wil.diffs
        proxy.cut()
        with ExitStack() as again:
            joined(again, proxy, room, "Ann")
            until = monotonic() + GRACE + 0.5
            while monotonic() < until:
                wil.follow()
            assert (wil.diffs, wil.members[who("Ann")].since) == (diffs, since)


def test_all_agree_again_after_a_partition(hub: HubProcess, tournament: str) -> None:
    room = tournament_room(league(name=tournament).id)
    with Proxy(hub.port) as proxy, ExitStack() as stack, watching(hub, tournament) as wil:
        joined(stack, proxy, room, "Ann")
        with watching(proxy, tournament, "Far") as far:
            for watcher in (wil, far):
                watcher.until_there(who("Wil"), who("Ann"), who("Far"))
            proxy.hold()
            # Nothing passes, nobody is told: the hub misses the signs of life, and then lets the grace pass.
            took = wil.until_there(who("Wil"))
            assert GRACE + 0.3 < took < SILENCE + GRACE + 2.0
            with ExitStack() as meanwhile:
                joined(meanwhile, hub, room, "Bob")
                wil.until_there(who("Wil"), who("Bob"))
                assert who("Ann") in far.members, "what is behind the partition is old"
                proxy.cut()
                with watching(proxy, tournament, "Far") as back:
                    wil.until_there(who("Wil"), who("Bob"), who("Far"))
                    back.until_there(who("Wil"), who("Bob"), who("Far"))
                    assert (back.epoch, back.members) == (wil.epoch, wil.members)


def test_idleness_is_told_when_all_links_of_a_member_are_idle(hub: HubProcess, tournament: str) -> None:
    room = tournament_room(league(name=tournament).id)
    with watching(hub, tournament) as wil, ExitStack() as stack:
        one, two = (joined(stack, hub, room, "Ann") for _ in range(2))
        wil.until_there(who("Wil"), who("Ann"))
        one.send(Here(idle=True))
        one.send(Ping(1.0))
        one.expect(Pong)
        two.send(Here(idle=True))
        until = monotonic() + 5
        while wil.members[who("Ann")].idle_since is None:
            assert monotonic() < until
            wil.follow()
        one.send(Here(idle=False))
        while wil.members[who("Ann")].idle_since is not None:
            assert monotonic() < until
            wil.follow()


def test_a_new_life_of_the_hub_is_a_new_epoch(tmp_path_factory: pytest.TempPathFactory) -> None:
    with HubProcess(tmp_path_factory.mktemp("hub")) as hub:
        plan = league(3)
        hub.post(entry(plan.id, CreateTournament(plan), id="plan"))
        with watching(hub, plan.id) as wil:
            wil.until_there(who("Wil"))
            before = wil.epoch
        hub.restart()
        with watching(hub, plan.id) as wil:
            assert (wil.epoch != before, wil.version, wil.members) == (True, 0, {})


def test_names_are_shown_clean_and_as_the_sign_in_says(hub: HubProcess, tournament: str) -> None:
    room = tournament_room(league(name=tournament).id)
    with (
        watching(hub, tournament) as wil,
        TestClient.open(hub, "dev\x1b[2J", "Ev\u202eil\x07", headers=AWAY) as evil,
    ):
        evil.send(Join(room))
        wil.until_there(who("Wil"), Who(DeviceId("dev?[2J"), "Ev?il?"))
        (shown,) = (one for one in wil.members.values() if one.name == "Ev?il?")
        assert shown.role == "spectator"


@pytest.mark.parametrize("leaving", [True, False], ids=["says that it goes", "is heard no more"])
def test_a_client_that_polls_is_there_like_any_other(hub: HubProcess, tournament: str, leaving: bool) -> None:
    room = tournament_room(league(name=tournament).id)
    with watching(hub, tournament) as wil, closing(Caller(hub)) as caller:
        caller.say(Hello(DeviceId("Anns"), "Ann"), Join(room))
        wil.until_there(who("Wil"), who("Ann"))
        if leaving:
            caller.say(leaving=True)
            assert wil.until_there(who("Wil")) < GRACE
        else:
            assert GRACE < wil.until_there(who("Wil")) < SILENCE + GRACE + 2.0
