"""A real hub and people who may not: no token, the wrong one, an old one, a stolen code, guesses."""

from __future__ import annotations

import hmac
import socket
import stat
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx
import jwt
import msgspec
import pytest
import trustme
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from core.domain.commands import Command, CreateTournament, ReopenMatch
from core.domain.events import EntryHeld
from core.domain.ids import ROLES, CourtId, Role, RoomId, TournamentId
from core.hub import owner_token
from core.hub.door.access import READER, Pass, may_open
from core.hub.door.tokens import Mint
from core.hub.web.http import Brought, Outcome
from core.wire.invites import Invite, Invited, NewInvite, SignedIn
from core.wire.messages import (
    CLOSE_SIGN_IN,
    Answers,
    Deferred,
    Directory,
    Goodbye,
    Join,
    Problem,
    Snapshot,
    Submit,
    Welcome,
)
from tests.support.hub import AWAY, HubProcess, TestClient
from tests.support.old_client import OldClient
from tests.support.tournaments import entry, league, point

PLAN = league()
SECRET_PLAN = league(name="secret")
POINT = point(PLAN, 1, "a")
HOUR = timedelta(hours=1)
TOGETHER = 50
"""Requests that are sent before the first answer is read."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        for plan in (PLAN, SECRET_PLAN):
            started.post(entry(plan.id, CreateTournament(plan), id=f"plan-{plan.id}"))
        yield started


@pytest.fixture
def ops(hub: HubProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.http) as client:
        yield client


@pytest.fixture
def away(hub: HubProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.http, headers=AWAY) as client:
        yield client


def invite(ops: httpx.Client, asked: NewInvite) -> Invited:
    response = ops.post("/v1/invites", content=msgspec.json.encode(asked))
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=Invited)


def redeem(away: httpx.Client, code: str, **more: str) -> httpx.Response:
    return away.post("/v1/join", json={"code": code, "name": "Ann", "device": "laptop-1", **more})


def join(ops: httpx.Client, away: httpx.Client, asked: NewInvite) -> SignedIn:
    response = redeem(away, invite(ops, asked).code)
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=SignedIn)


def mint(hub: HubProcess) -> Mint:
    """Return the hub's own mint, as somebody has it who can read its folder."""
    health = httpx.get(f"{hub.http}/healthz").json()
    return Mint((hub.data / "hub" / "secret.key").read_bytes(), health["hub"])


def token(hub: HubProcess, role: Role = "moderator", **scope: object) -> str:
    expires_at = scope.pop("expires_at", datetime.now(UTC) + HOUR)
    return mint(hub).sign(Pass("t-test", "Ann", role, expires_at=expires_at, **scope))  # type: ignore[arg-type]


def bring(away: httpx.Client, bearer: str, command: Command, id: str) -> Outcome:
    """Bring one entry over HTTP with a token."""
    content = msgspec.json.encode(Brought((entry(PLAN.id, command, id=id),)))
    response = away.post("/v1/entries", content=content, headers={"Authorization": f"Bearer {bearer}"})
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=Outcome)


def test_a_code_gets_a_token_that_writes_as_the_person_that_ops_named(
    hub: HubProcess, ops: httpx.Client, away: httpx.Client
) -> None:
    signed = join(ops, away, NewInvite("moderator", name="Court 1", hours=5))
    assert (signed.role, signed.name) == ("moderator", "Court 1")
    assert timedelta(hours=4.9) < signed.until - datetime.now(UTC) < timedelta(hours=5.1)
    with TestClient.open(hub, token=signed.token, headers=AWAY) as client:
        welcome = client.expect(Welcome)
        assert (welcome.role, welcome.name, welcome.standing) == ("moderator", "Court 1", "valid")
        client.send(Submit((entry(PLAN.id, POINT, id="named"),)))
        (answer,) = client.expect(Answers).answers
        assert answer.outcome == "accepted"
        # The author is who pressed the key; the deliverer is who the token says.
        assert {(event.by, event.deliverer) for event in answer.events} == {("Ann", "Court 1")}


def test_a_code_is_used_once_by_whoever_comes_first(ops: httpx.Client, away: httpx.Client) -> None:
    code = invite(ops, NewInvite("moderator")).code
    first = redeem(away, code.lower().replace("-", " "), claim="mine")
    assert first.status_code == 200
    replayed = redeem(away, code)
    assert replayed.status_code == 403
    assert replayed.headers["content-type"] == "application/problem+json"
    assert "ask ops for another" in replayed.json()["detail"]
    assert redeem(away, code, claim="mine").json() == first.json()


def test_an_expired_code_opens_nothing(ops: httpx.Client, away: httpx.Client) -> None:
    code = invite(ops, NewInvite("moderator", code_minutes=1e-6)).code
    assert redeem(away, code).status_code == 403


def test_without_a_token_one_reads_and_does_not_write(away: httpx.Client, hub: HubProcess) -> None:
    assert away.get("/v1/tournaments").status_code == 200
    for method, path in (("POST", "/v1/entries"), ("GET", "/v1/invites"), ("POST", "/v1/invites")):
        response = away.request(method, path)
        assert response.status_code == 401, path
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ["moderator", "participant", "spectator"])
def test_only_admins_invite(hub: HubProcess, away: httpx.Client, role: Role) -> None:
    headers = {"Authorization": f"Bearer {token(hub, role)}"}
    assert away.get("/v1/invites", headers=headers).status_code == 403
    assert away.delete("/v1/invites/x", headers=headers).status_code == 403
    admin = {"Authorization": f"Bearer {token(hub, 'admin')}"}
    assert away.get("/v1/invites", headers=admin).status_code == 200


def test_a_spectators_token_does_not_write(hub: HubProcess, away: httpx.Client) -> None:
    bearer = {"Authorization": f"Bearer {token(hub, 'spectator')}"}
    assert away.post("/v1/entries", content=b"{}", headers=bearer).status_code == 403
    with TestClient.open(hub, token=token(hub, "participant"), headers=AWAY) as client:
        client.send(Submit((entry(PLAN.id, POINT, id="played"),)))
        deferred = client.expect(Deferred)
        assert (deferred.code, deferred.ids) == ("sign_in", ("played",))
        assert "sign in as a scorekeeper" in deferred.detail


def test_what_is_off_the_tokens_court_is_held_for_ops(hub: HubProcess, away: httpx.Client) -> None:
    bearer = token(hub, courts=frozenset({CourtId("court-9")}))
    (answer,) = bring(away, bearer, POINT, "off-court").answers
    assert answer.outcome == "held"
    assert "court-1" in answer.reason
    (event,) = answer.events
    assert isinstance(event.fact, EntryHeld)
    assert (event.fact.against, event.by) == ((), "Ann")


def test_what_an_expired_token_wrote_is_held_and_it_reads_nothing(
    hub: HubProcess, away: httpx.Client
) -> None:
    old = token(hub, expires_at=datetime.now(UTC) - HOUR)
    (answer,) = bring(away, old, POINT, "late").answers
    assert (answer.outcome, answer.reason) == ("held", "the sign-in of Ann is expired; ops decide")
    # Once more: the answer that it got.
    assert bring(away, old, POINT, "late").answers == (answer,)
    assert away.get("/v1/tournaments", headers={"Authorization": f"Bearer {old}"}).status_code == 401
    with TestClient.open(hub, token=old, headers=AWAY) as client:
        welcome = client.expect(Welcome)
        assert (welcome.standing, welcome.tournaments) == ("expired", ())
        client.join("league")
        assert client.expect(Problem).code == "no_such_room"


def test_a_moderator_reopens_nothing(hub: HubProcess, away: httpx.Client) -> None:
    (answer,) = bring(away, token(hub), ReopenMatch(PLAN.fixtures[0].id), "reopen").answers
    assert (answer.outcome, answer.reason) == ("held", "only ops reopen a match")


def forged(hub: HubProcess, kind: str) -> str:
    """Return an admin's token that this hub never gave."""
    secret, health = (hub.data / "hub" / "secret.key").read_bytes(), httpx.get(f"{hub.http}/healthz").json()
    claims = {"iss": health["hub"], "jti": "t", "sub": "Eve", "role": "admin"}
    match kind:
        case "changed":
            head, _, signature = token(hub).split(".")
            return f"{head}.{encoded(claims)}.{signature}"
        case "other key":
            return jwt.encode(claims, b"x" * 32, "HS256")
        case "other hub":
            return Mint(secret, "other").sign(Pass("t", "Eve", "admin"))
        case "no algorithm":
            return f"{encoded({'alg': 'none'})}.{encoded(claims)}."
        case "other algorithm":
            signed = f"{encoded({'alg': 'HS512'})}.{encoded(claims)}"
            return f"{signed}.{base64(hmac.digest(secret, signed.encode(), 'sha512'))}"
        case "public key":
            return jwt.encode(claims, trustme.CA().private_key_pem.bytes(), "ES256")
        case _:
            return "." + encoded(["deep"] * 500) + "."


def encoded(value: object) -> str:
    return base64(msgspec.json.encode(value))


def base64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


@pytest.mark.parametrize(
    "kind",
    ["changed", "other key", "other hub", "no algorithm", "other algorithm", "public key", "nonsense"],
)
def test_a_token_that_this_hub_never_gave_is_refused(hub: HubProcess, away: httpx.Client, kind: str) -> None:
    bad = forged(hub, kind)
    response = away.get("/v1/tournaments", headers={"Authorization": f"Bearer {bad}"})
    assert response.status_code == 401
    with TestClient.open(hub, token=bad, headers=AWAY) as client:
        assert client.expect(Problem).code == "sign_in"
        with pytest.raises(ConnectionClosed) as closed:
            client.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CLOSE_SIGN_IN
        assert "ask ops" in closed.value.rcvd.reason


def test_a_revoked_token_is_sent_away_at_once(hub: HubProcess, ops: httpx.Client, away: httpx.Client) -> None:
    signed = join(ops, away, NewInvite("moderator"))
    with TestClient.open(hub, token=signed.token, headers=AWAY) as client:
        client.join("league")
        client.expect(Snapshot)
        revoked = msgspec.json.decode(ops.delete(f"/v1/invites/{signed.id}").content, type=Invite)
        assert revoked.revoked_at is not None
        assert "revoked" in client.expect(Goodbye).reason
    (answer,) = bring(away, signed.token, POINT, "after-all").answers
    assert answer.reason == "the sign-in of Ann is revoked; ops decide"
    assert ops.delete("/v1/invites/nothing").status_code == 404


def _talk_on(old: OldClient) -> None:
    for number in range(1_000):
        old.say(type="ping", timestamp=number)
        old.receive()


def test_a_revoked_old_client_is_sent_away_though_it_never_pauses(
    hub: HubProcess, ops: httpx.Client, away: httpx.Client
) -> None:
    signed = join(ops, away, NewInvite("moderator"))
    bearer = {**AWAY, "Authorization": f"Bearer {signed.token}"}
    with OldClient.open(hub.url, "tournament-league", headers=bearer) as old:
        ops.delete(f"/v1/invites/{signed.id}")
        with pytest.raises(ConnectionClosed) as closed:
            _talk_on(old)
    assert closed.value.rcvd is not None
    assert "revoked" in closed.value.rcvd.reason


def test_who_waits_for_an_event_hears_nothing_once_revoked(
    hub: HubProcess, ops: httpx.Client, away: httpx.Client
) -> None:
    signed = join(ops, away, NewInvite("spectator"))
    seq = away.get("/v1/tournaments/secret").json()["position"]["seq"]
    page = f"/v1/tournaments/secret/events?after={seq}&wait=10"
    head = f"GET {page} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {signed.token}\r\nVia: x\r\n\r\n"
    with socket.create_connection((hub.host, hub.port), timeout=20) as waiting:
        waiting.sendall(head.encode())
        ops.delete(f"/v1/invites/{signed.id}")
        hub.post(entry(SECRET_PLAN.id, point(SECRET_PLAN, 1, "a"), id="unheard"))
        # 401 should the hub have looked at it only afterwards.
        assert waiting.recv(1_000).split()[1] in (b"404", b"401")


@pytest.mark.parametrize("path", ["/v1/invites", "/metrics"])
def test_a_page_that_made_its_own_name_resolve_here_is_not_the_owner(ops: httpx.Client, path: str) -> None:
    # It needs no `Origin` to read: for the browser it is the page's own server (DNS rebinding).
    assert ops.get(path).status_code == 200
    assert ops.get(path, headers={"Host": "elsewhere.example:8765"}).status_code == 401


@pytest.mark.parametrize("role", [None, *ROLES])
def test_each_route_opens_to_whom_the_table_says(
    hub: HubProcess, away: httpx.Client, role: Role | None
) -> None:
    headers = {} if role is None else {"Authorization": f"Bearer {token(hub, role)}"}
    pass_ = READER if role is None else Pass("t", "Ann", role)
    described = away.get("/v1/openapi.json").json()["paths"]
    for path, methods in described.items():
        for method in map(str.upper, methods):
            filled = path.replace("{tournament}", "nothing").replace("{invite}", "nothing")
            status = away.request(method, filled, headers=headers, content=b"{").status_code
            assert (status in (401, 403)) is not may_open(pass_, path, method), (method, path, status)


def test_a_pass_for_one_tournament_knows_of_no_other(hub: HubProcess, away: httpx.Client) -> None:
    scoped = token(hub, "moderator", tournaments=frozenset({TournamentId("league")}))
    headers = {"Authorization": f"Bearer {scoped}"}
    assert [one["id"] for one in away.get("/v1/tournaments", headers=headers).json()] == ["league"]
    here, nowhere = (away.get(f"/v1/tournaments/{name}", headers=headers) for name in ("secret", "nothing"))
    assert (here.status_code, here.text.replace("secret", "nothing")) == (404, nowhere.text)
    with TestClient.open(hub, token=scoped, headers=AWAY) as client:
        assert [one.id for one in client.expect(Welcome).tournaments] == ["league"]
        for room in ("tournament:secret", "tournament:nothing", "tournament:league:admin", "nonsense"):
            client.send(Join(RoomId(room)))
            problem = client.expect(Problem)
            assert (problem.code, problem.detail) == (
                "no_such_room",
                f"there is no room {room!r} on this hub",
            )
        client.send(Submit((entry(SECRET_PLAN.id, point(SECRET_PLAN, 1, "a"), id="beyond"),)))
        assert client.expect(Deferred).code == "sign_in"
        # A tournament that is made while it looks on is not shown to it either.
        hub.post(entry(TournamentId("third"), CreateTournament(league(name="third")), id="plan-third"))
        client.join("league")
        assert not isinstance(client.receive(), Directory)


def test_ten_thousand_guesses_get_nowhere(tmp_path: Path) -> None:
    with HubProcess(tmp_path) as hub, httpx.Client(base_url=hub.http) as ops:
        code = invite(ops, NewInvite("admin")).code
        began = monotonic()
        answers = guess(hub, 10_000)
        assert answers.pop(429) > 9_900
        assert set(answers) == {403}
        assert answers[403] <= 10 + (monotonic() - began) / 10 + 1
        # Others are not held up, and the code is as good as before.
        with httpx.Client(base_url=hub.http) as ann:
            assert redeem(ann, code).status_code == 429
        assert ops.get("/v1/invites").json()[0].get("used_at") is None


def guess(hub: HubProcess, count: int) -> dict[int, int]:
    """Try wrong codes as fast as one connection goes; return how often each status came."""
    body = b'{"code":"AAAA-AAAA","name":"Eve","device":"laptop-9"}'
    head = f"POST /v1/join HTTP/1.1\r\nHost: {hub.host}:{hub.port}\r\nContent-Length: {len(body)}\r\n\r\n"
    return repeat(hub, head.encode() + body, count)


def repeat(hub: HubProcess, request: bytes, count: int) -> dict[int, int]:
    """Send a request over and over on one connection; return how often each status came."""
    found: dict[int, int] = {}
    with socket.create_connection((hub.host, hub.port)) as connection:
        stream = connection.makefile("rb")
        for _ in range(count // TOGETHER):
            connection.sendall(request * TOGETHER)
            for _ in range(TOGETHER):
                status = int(stream.readline().split()[1])
                found[status] = found.get(status, 0) + 1
                length = 0
                while (line := stream.readline().strip().lower()) != b"":
                    if line.startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                stream.read(length)
    return found


def test_what_opens_the_hub_is_for_its_owner_alone(hub: HubProcess) -> None:
    for name in ("secret.key", "hub.json", "invites.sqlite3"):
        assert stat.S_IMODE((hub.data / "hub" / name).stat().st_mode) == 0o600


def test_a_hub_that_asks_everybody_still_opens_to_its_owner(tmp_path: Path) -> None:
    with HubProcess(tmp_path, options={"require_token": True, "open_reading": False}) as hub:
        assert httpx.get(f"{hub.http}/v1/tournaments").status_code == 401
        assert httpx.get(f"{hub.http}/healthz").status_code == 200
        with TestClient.open(hub) as nobody:
            assert nobody.expect(Problem).code == "sign_in"
        bearer = owner_token(hub.data)
        headers = {"Authorization": f"Bearer {bearer}"}
        assert httpx.get(f"{hub.http}/v1/invites", headers=headers).json() == []


def test_tokens_are_nowhere_in_the_log(tmp_path: Path) -> None:
    told = tmp_path / "told.txt"
    before = f"import logging; logging.basicConfig(filename={str(told)!r}, level=logging.DEBUG)"
    with HubProcess(tmp_path, before=before) as hub, httpx.Client(base_url=hub.http) as http:
        invited = invite(http, NewInvite("moderator"))
        signed = msgspec.json.decode(redeem(http, invited.code).content, type=SignedIn)
        with TestClient.open(hub, token=signed.token, headers=AWAY) as client:
            client.expect(Welcome)
        for name in ("token", "access_token"):
            # Not taken from an address, and not kept either.
            assert http.get("/v1/invites", params={name: signed.token}, headers=AWAY).status_code == 401
            with connect(f"{hub.url}/v1/ws?{name}={signed.token}", additional_headers=AWAY):
                pass
    log = told.read_text()
    assert "invitation" in log
    assert signed.token not in log
    assert invited.code not in log
