"""Who attacks a hub by bytes: too many, too slow, too large, none that could be understood, or hostile ones.

Each attack is on one real hub, and after each it lives and somebody who looks on is served. Those who may not
get in, but whose bytes are honest, are in `test_hub_access`.
"""

from __future__ import annotations

import re
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from core.domain.commands import (
    AddTeam,
    Broadcast,
    CreateTournament,
    Entry,
    NameCourt,
    Notify,
    RenameTeam,
    StartMatch,
)
from core.domain.ids import CourtId, TeamId, TournamentId, tournament_room
from core.domain.plan import Court, Team
from core.hub.door.access import COMMANDS
from core.hub.door.seats import OWN_FILES
from core.hub.protocol import MAX_BUFFER_BYTES, MAX_FRAGMENTS, MAX_FRAME_BYTES
from core.hub.web.http import Brought, Outcome
from core.wire.messages import CLOSE_TOO_LARGE, Events, Pong, Snapshot, Welcome
from core.wire.poll import MAX_FRAMES, MEDIA_TYPES, POLL_PATH, Poll, Polled, decode_polled, encode_body
from tests.support.commands import here
from tests.support.hostile import MARKUP, TEXT, acting, hostile
from tests.support.hub import AWAY, HubProcess, TestClient
from tests.support.program import until
from tests.support.tournaments import entry, league, point

PLAN = league()
LARGE = league(26, name="large")
FILES = 150
QUICK = f"""
import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {FILES}))
import core.hub.door.door as d
d.CONNECTIONS = d.Rate(per_second=100, burst=100); d.FRAMES = d.Rate(per_second=100, burst=1_000)
import core.hub.connection as c; c.REQUEST_DEADLINE = 1.5; c.READING_DEADLINE = 1.0
import core.hub.web.body as b; b.BODY_DEADLINE = 1.0
import core.hub.link as l; l.HELLO_DEADLINE = 1.0
import core.hub.unread as u; u.STRIDE = 1 << 20
import core.hub.protocol as p; p.UNREAD = u.Unread({MAX_BUFFER_BYTES * 3 // 2})
"""
"""A hub whose patience, files and memory are small enough for a test."""
TEXT_FRAME, CONTINUED, PING = 1, 0, 9
HELLO = b'{"type":"hello","device":"laptop-9","name":"Eve"}'
JOIN = b'{"type":"join","room":"tournament:large"}'
PINGED = b'{"type":"ping","sent":1.0}'
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub"), before=QUICK) as started:
        for plan in (PLAN, LARGE):
            started.post(entry(plan.id, CreateTournament(plan), id=f"plan-{plan.id}"))
        # Old clients are told of what is played.
        started.post(*(entry(LARGE.id, StartMatch(one.id), id=one.id) for one in LARGE.fixtures))
        before = open_sockets(started)
        yield started
        until(lambda: open_sockets(started) <= before, what="the attackers' connections gone")


def open_sockets(hub: HubProcess) -> int:
    count = 0
    for file in Path(f"/proc/{hub.pid}/fd").iterdir():
        # One that was closed meanwhile is none.
        with suppress(FileNotFoundError):
            count += str(file.readlink()).startswith("socket:")
    return count


@pytest.fixture(autouse=True)
def _others_are_served(hub: HubProcess) -> Iterator[None]:
    """Have somebody look on from elsewhere meanwhile, who hears of a point that is entered afterwards."""
    with TestClient.open(hub, "onlooker", headers=AWAY) as onlooker:
        onlooker.join(PLAN.id)
        onlooker.expect(Snapshot)
        yield
        (answer,) = hub.post(entry(PLAN.id, point(PLAN, 1, "a"), id=uuid4().hex))
        while onlooker.expect(Events).events[-1].seq < answer.seq:
            pass


def frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """Return a client's frame (RFC 6455, section 5.2) whose mask changes nothing."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
    return bytes([(0x80 if final else 0) | opcode]) + length + bytes(4) + payload


def upgrade(*headers: str, path: str = "/v1/ws") -> bytes:
    """Return the request that opens a WebSocket."""
    lines = (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade")
    key = f"Sec-WebSocket-Key: {KEY.decode()}"
    return "\r\n".join((*lines, key, "Sec-WebSocket-Version: 13", *headers, "", "")).encode()


# What is no request.


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
        (b"\x00\x01\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"POST /v1/entries HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET /v1/tournaments/../../secret.key HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (b"GET /v1/tournaments/%1b%5b2J%0d%0aX:%20y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (upgrade().replace(KEY, b"short"), 400),
        (upgrade().replace(b"Version: 13", b"Version: 99"), 400),
        (upgrade(path="/v1/tournaments"), 404),
        (upgrade("X-Bomb: " + "y" * 10_000), 431),
        (upgrade(*(f"X-{number}: y" for number in range(300))), 431),
    ],
    ids=[
        "TLS",
        "noise",
        "no host",
        "a length below 0",
        "two lengths",
        "a path upwards",
        "escapes in a path",
        "no key",
        "no such version",
        "no WebSocket there",
        "a long header",
        "many headers",
    ],
)
def test_what_cannot_be_served_is_a_problem_and_the_end(hub: HubProcess, sent: bytes, status: int) -> None:
    found, problem = answered(hub, sent)
    assert (found, problem["status"]) == (status, status)
    assert problem["detail"]
    assert not acting(problem["detail"])


def answered(hub: HubProcess, request: bytes) -> tuple[int, dict[str, Any]]:
    """Send bytes, and return the status and the problem of the answer; the hub then ends the connection."""
    with socket.create_connection((hub.host, hub.port), timeout=10) as connection:
        connection.sendall(request)
        head, _, body = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower(), head
    return int(head.split()[1]), msgspec.json.decode(body)


def test_a_bomb_of_headers_is_cut_off(hub: HubProcess) -> None:
    with socket.create_connection((hub.host, hub.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        reply = b""
        with suppress(OSError):
            for _ in range(200):
                connection.sendall(b"X-Bomb: " + b"y" * 8_000 + b"\r\n")
            reply = connection.recv(100)
        assert reply[:12] in (b"", b"HTTP/1.1 400")


# Who is slow, who comes too often, who takes every place.


def test_who_is_slow_with_a_request_is_let_go(hub: HubProcess) -> None:
    body = b"POST /v1/entries HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n"
    ignored = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n"
    silent, dripping = (b"", upgrade()), (b"GET /he", HEALTH + b"GET /he", body, ignored)
    with ExitStack() as stack:
        waiting: dict[socket.socket, bytes] = {}
        for begun in (*silent, *dripping):
            connection = stack.enter_context(socket.create_connection((hub.host, hub.port)))
            connection.sendall(begun)
            connection.settimeout(0.02)
            waiting[connection] = b"x" if begun in dripping else b""
        deadline = monotonic() + 20
        while waiting:
            assert monotonic() < deadline, f"{len(waiting)} are still there"
            waiting = {one: drop for one, drop in waiting.items() if not is_over(one, drop)}


def is_over(connection: socket.socket, drop: bytes) -> bool:
    """Send a drop, and tell whether the connection is over."""
    try:
        connection.sendall(drop)
        return connection.recv(65_536) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_who_comes_too_often_is_told_when_to_come_again_and_the_owner_comes_in(hub: HubProcess) -> None:
    with httpx.Client(base_url=hub.http) as client:
        asked = (refusal(client) for _ in range(10_000))
        refused = next((answer for answer in asked if answer is not None), None)
        assert refused is not None
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert client.get("/healthz").status_code == 200
        until(lambda: refusal(client) is None, what="room again")


def refusal(client: httpx.Client) -> httpx.Response | None:
    """Ask once from elsewhere; return what is no answer."""
    answer = client.get("/healthz", headers=AWAY)
    return None if answer.status_code == 200 else answer


def test_a_full_hub_says_when_to_come_again_and_those_inside_stay(hub: HubProcess) -> None:
    with ExitStack() as stack:
        for _ in range(FILES - OWN_FILES):
            stack.enter_context(socket.create_connection((hub.host, hub.port)))
        with pytest.raises(InvalidStatus) as full, connect(f"{hub.url}/v1/ws"):
            pass
        refused = full.value.response
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert b"come again in 5 s" in refused.body
    with httpx.Client(base_url=hub.http) as client:
        until(lambda: client.get("/healthz").status_code == 200, what="room again")


# Frames.


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ((b"\x81\xff" + struct.pack(">Q", 1 << 62) + bytes(4),), CLOSE_TOO_LARGE),
        (
            (
                frame(TEXT_FRAME, b"x" * 60_000, final=False),
                *(frame(CONTINUED, b"x" * 60_000, final=False),) * (MAX_FRAME_BYTES // 60_000),
            ),
            CLOSE_TOO_LARGE,
        ),
        (
            (
                frame(TEXT_FRAME, b"x", final=False),
                *(frame(CONTINUED, b"x", final=False),) * (MAX_FRAGMENTS + 1),
            ),
            CLOSE_TOO_LARGE,
        ),
        ((frame(TEXT_FRAME, b"\xff\xfe"),), 1007),
        ((b"\xc1\x80" + bytes(4),), 1002),
        ((b"\x81\x01x",), 1002),
        ((frame(PING, b"x" * 126),), 1002),
    ],
    ids=["announced", "in parts", "in crumbs", "no text", "reserved bits", "no mask", "a long ping"],
)
def test_a_frame_that_may_not_be_ends_its_link(hub: HubProcess, sent: tuple[bytes, ...], code: int) -> None:
    with TestClient.open(hub, headers=AWAY) as attacker:
        attacker.expect(Welcome)
        with suppress(OSError):
            attacker.socket.socket.sendall(b"".join(sent))
        with pytest.raises(ConnectionClosed) as closed:
            attacker.expect(Pong)
    assert closed.value.rcvd is None or closed.value.rcvd.code == code


@pytest.mark.parametrize(
    "crumb", [frame(PING, b"y" * 125), frame(TEXT_FRAME, PINGED)], ids=["pings", "messages"]
)
def test_who_sends_without_end_is_cut_off_and_not_read_on(hub: HubProcess, crumb: bytes) -> None:
    with TestClient.open(hub, headers=AWAY) as attacker:
        attacker.expect(Welcome)
        until(lambda: not is_taken(attacker, crumb * 1_000), what="the end of who sends on and on")


def is_taken(client: TestClient, data: bytes) -> bool:
    """Send bytes past a client's library, and tell whether the connection stands."""
    try:
        client.socket.socket.sendall(data)
    except OSError:
        return False
    return True


def test_who_polls_without_end_is_cut_off(hub: HubProcess) -> None:
    with poller(hub) as attacker:
        polled = polled_by(attacker, Poll(""))
        assert polled is not None
        frames = (msgspec.Raw(HELLO), *[msgspec.Raw(PINGED)] * (MAX_FRAMES - 1))
        for first in range(1, 20 * MAX_FRAMES, MAX_FRAMES):
            if polled_by(attacker, Poll(polled.session, first=first, frames=frames)) is None:
                return
        raise AssertionError("it goes on")


def poller(hub: HubProcess) -> httpx.Client:
    return httpx.Client(base_url=hub.http, headers={**AWAY, "Content-Type": MEDIA_TYPES["json"]})


def polled_by(client: httpx.Client, poll: Poll) -> Polled | None:
    """Poll once; `None` where the session is over."""
    answer = client.post(POLL_PATH, content=encode_body(poll, "json"))
    polled = decode_polled(answer.content, "json") if answer.status_code == 200 else None
    return None if polled is None or polled.end is not None else polled


# Who does not read.


def test_who_does_not_read_is_cut_off_whatever_it_speaks(hub: HubProcess) -> None:
    before, others = slow_readers(hub), open_sockets(hub)
    asked = 2 * MAX_BUFFER_BYTES // snapshot_bytes(hub)
    subscribed = msgspec.json.encode({"type": "subscribe", "channel": f"tournament-{LARGE.id}"})
    page = HEALTH.replace(b"/healthz", f"/v1/tournaments/{LARGE.id}".encode())
    with ExitStack() as stack:
        deaf(stack, hub, upgrade(), frame(TEXT_FRAME, HELLO) + frame(TEXT_FRAME, JOIN) * asked)
        deaf(stack, hub, upgrade(path="/ws"), frame(TEXT_FRAME, subscribed) * 2 * asked)
        deaf(stack, hub, b"", page * asked)
        slow = stack.enter_context(poller(hub))
        polled = polled_by(slow, Poll(""))
        assert polled is not None
        frames = tuple(map(msgspec.Raw, (HELLO, *[JOIN] * min(asked, MAX_FRAMES - 1))))
        assert polled_by(slow, Poll(polled.session, first=1, frames=frames)) is None
        slow.close()
        until(lambda: open_sockets(hub) <= others, what="the end of everybody who does not read")
    assert slow_readers(hub) - before == Counter(websocket=1, legacy=1, poll=1)


def test_many_who_do_not_read_are_cut_off_before_the_memory_is_full(hub: HubProcess) -> None:
    before = slow_readers(hub)
    # Each stays within its own bound, all of them together do not.
    joins = frame(TEXT_FRAME, JOIN) * (MAX_BUFFER_BYTES * 9 // 10 // snapshot_bytes(hub))
    with ExitStack() as stack:
        for _ in range(3):
            deaf(stack, hub, upgrade(), frame(TEXT_FRAME, HELLO) + joins)
        until(lambda: slow_readers(hub) - before, what="one of them gone")


def deaf(stack: ExitStack, hub: HubProcess, opening: bytes, said: bytes) -> socket.socket:
    """Open a connection, say something and never read."""
    connection = stack.enter_context(socket.create_connection((hub.host, hub.port), timeout=10))
    if opening:
        connection.sendall(opening)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 101")
    with suppress(OSError):
        connection.sendall(said)
    return connection


def snapshot_bytes(hub: HubProcess) -> int:
    return len(httpx.get(f"{hub.http}/v1/tournaments/{LARGE.id}").content)


def slow_readers(hub: HubProcess) -> Counter[str]:
    """Return how many were cut off for what they left unread, by kind."""
    told = httpx.get(f"{hub.http}/metrics").text
    found = re.findall(r'slow_readers_closed_total{kind="(\w+)"} (\d+)', told)
    return Counter({kind: int(count) for kind, count in found})


# Hostile texts.


def bring(hub: HubProcess, *entries: Entry) -> Outcome:
    """Bring entries with a hostile author and reason, and return what became of them."""
    body = msgspec.json.encode(Brought(tuple(replace(one, by=TEXT, why=TEXT) for one in entries)))
    response = httpx.post(f"{hub.http}/v1/entries", content=body)
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=Outcome)


def test_a_hostile_text_in_any_field_of_any_command_is_refused_or_harmless(hub: HubProcess) -> None:
    commands = [hostile(kind, **({"data": "null"} if kind is Broadcast else {})) for kind in COMMANDS]
    entries = [entry(PLAN.id, one, id=uuid4().hex, device=MARKUP) for one in commands]
    elsewhere = [replace(one, id=uuid4().hex, tournament=TournamentId(TEXT)) for one in entries]
    told = bring(hub, *entries, *elsewhere)
    assert len(told.answers) + len(told.problems) == 2 * len(COMMANDS)
    said = [one.reason for one in told.answers] + [one.detail for one in told.problems]
    assert not acting("".join(said))


def test_no_hostile_name_reaches_a_terminal_or_a_page(hub: HubProcess, tmp_path: Path) -> None:
    named = league(3, name="hostile")
    teams = tuple(Team(team.id, TEXT + team.id, TEXT) for team in named.teams)
    plan = replace(named, name=TEXT, venue=TEXT, teams=teams)
    commands = (
        CreateTournament(plan),
        AddTeam(Team(TeamId("new"), TEXT, TEXT)),
        RenameTeam(TeamId("a"), f"{TEXT}A"),
        NameCourt(Court(CourtId("c9"), TEXT)),
        Notify(TEXT, TEXT, "urgent"),
        Broadcast(tournament_room(plan.id), TEXT, msgspec.json.encode(TEXT).decode()),
        point(plan, 1, "a"),
    )
    told = bring(hub, *(entry(plan.id, one, id=uuid4().hex, device=MARKUP) for one in commands))
    assert [one.outcome for one in told.answers] == ["accepted"] * len(commands)
    invited = httpx.post(f"{hub.http}/v1/invites", json={"role": "moderator", "name": TEXT}).json()
    joined = httpx.post(f"{hub.http}/v1/join", json={"code": invited["code"], "name": TEXT, "device": TEXT})
    assert joined.status_code == 200
    with TestClient.open(hub, device=TEXT, name=TEXT) as client:
        client.join(plan.id)
        client.expect(Snapshot)
        for command in (
            ("watch", plan.id, "--until-seq", len(commands), "--for", 10),
            ("diff", plan.id, "--from", 1),
            ("export", plan.id, "--format", "html"),
            *((name, plan.id) for name in ("standings", "bracket", "report", "export")),
            *(("--screen", name) for name in ("scores", "feed", "queue")),
            ("invite", "list"),
            ("status",),
        ):
            done = here(*command, "--hub", hub.url, "--data", tmp_path)
            assert done.code == 0, (command, done.err)
            assert not acting(done.out + done.err), command
            assert "<script>" not in done.out or "html" not in command
