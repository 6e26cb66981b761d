"""Signing in as people do it: a code from ops, `courtside join`, and then everything by itself."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
import trustme

from core.domain.commands import CreateTournament
from core.errors import BadLog, BadSettings
from core.hub import owner_token
from core.hub.door.access import Pass
from core.hub.door.tokens import Mint
from core.realtime.disk.keyring import Keyring, named, token_for
from core.realtime.network.tls import client_context, tls_words
from core.realtime.realtime import open_realtime
from core.settings import Settings
from core.wire.invites import SignedIn
from core.wire.messages import Answers, Submit
from tests.support.commands import here
from tests.support.hub import HubProcess, TestClient
from tests.support.program import Finished, courtside, environment
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, point

PLAN = league()
CREATE = entry(PLAN.id, CreateTournament(PLAN), id="plan")


def fill(hub: HubProcess) -> None:
    """Make a tournament, as the hub's owner."""
    with TestClient.open(hub, token=owner_token(hub.data)) as ops:
        ops.send(Submit((CREATE,)))
        ops.expect(Answers)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub that lets nobody in without a token, not even from this machine."""
    options = {"require_token": True, "open_reading": False}
    with HubProcess(tmp_path_factory.mktemp("hub"), options=options) as started:
        fill(started)
        yield started


def ops(hub: HubProcess, *args: object) -> Finished:
    """Run a command as the hub's owner."""
    return here(*args, "--data", hub.data)


def code(hub: HubProcess, *more: str) -> str:
    """Return a new join code."""
    made = ops(hub, "invite", "--json", *more).json()
    assert made["state"] == "open"
    return str(made["code"])


def test_who_has_a_code_joins_and_scores(hub: HubProcess, tmp_path: Path) -> None:
    laptop = ("--data", tmp_path, "--hub", hub.url)
    refused = here("standings", *laptop)
    assert refused.code == 77
    assert "join" in refused.err
    joined = here("join", code(hub, "--role", "moderator", "--name", "Court 1").lower(), *laptop, "--json")
    assert joined.code == 0, joined.err
    assert {key: joined.json()[key] for key in ("role", "name")} == {"role": "moderator", "name": "Court 1"}
    assert "token" not in joined.out
    assert stat.S_IMODE((tmp_path / "client" / "tokens.json").stat().st_mode) == 0o600
    scored = here("score", "m1", "a", "+1", *laptop, "--wait", "10", "--json")
    assert (scored.code, scored.json()["state"]) == (0, "confirmed"), scored.err
    log = here("export", "league", *laptop).json()["log"]
    mine = [event for event in log if event["command"] == scored.json()["id"]]
    assert [event["by"] for event in mine] == ["Court 1", "Court 1"]
    assert not any("deliverer" in event for event in mine)


def test_a_wrong_code_is_told_and_nothing_is_kept(hub: HubProcess, tmp_path: Path) -> None:
    wrong = here("join", "AAAA-AAAA", "--data", tmp_path, "--hub", hub.url)
    assert wrong.code == 77
    assert "ask ops for another" in wrong.err
    assert not (tmp_path / "client" / "tokens.json").exists()
    assert here("join", "AAAA-AAAA", "--data", tmp_path, "--hub", "ws://127.0.0.1:9").code == 69


def test_ops_see_and_revoke_what_they_gave(hub: HubProcess, tmp_path: Path) -> None:
    laptop = ("--data", tmp_path, "--hub", hub.url)
    here("join", code(hub, "--role", "spectator", "--for", "2"), *laptop)
    assert here("standings", *laptop).code == 0
    invite = ops(hub, "invite", "list", "--json").json()["invites"][-1]
    assert (invite["state"], invite["role"]) == ("used", "spectator")
    assert invite["id"] in ops(hub, "invite", "list").out
    assert "revoked" in ops(hub, "invite", "revoke", invite["id"]).out
    assert ops(hub, "invite", "list", "--json").json()["invites"][-1]["state"] == "revoked"
    assert here("standings", *laptop).code == 77
    assert here("invite", "list", *laptop).code == 77
    assert here("watch", "--for", "1", *laptop).code == 77
    unknown = ops(hub, "invite", "revoke", "nothing")
    assert (unknown.code, "no invitation 'nothing'" in unknown.err) == (65, True)


@pytest.mark.parametrize("args", [("invite",), ("invite", "revoke"), ("invite", "list", "x")])
def test_an_invitation_says_what_for(hub: HubProcess, args: tuple[str, ...]) -> None:
    assert ops(hub, *args).code == 2


def test_a_code_is_told_in_words(hub: HubProcess) -> None:
    made = ops(hub, "invite", "--role", "moderator", "--courts", "c1,c2", "--tournament", "league")
    first, second, *_ = made.out.splitlines()
    assert len(first) == 9
    assert second.startswith("for one moderator of league on c1, c2, once, until ")


async def test_what_was_written_before_a_sign_in_ended_is_delivered_and_held(
    hub: HubProcess, tmp_path: Path
) -> None:
    here("join", code(hub, "--role", "moderator", "--name", "Ann"), "--data", tmp_path, "--hub", hub.url)
    settings = named(Settings(data=tmp_path, ws_url=(hub.url,), backoff_first=0.1))
    async with open_realtime(settings) as realtime:
        realtime.join("tournament:league")
        await realtime.wait_for(lambda view: "league" in view.tournaments, timeout=10)
        (signed,) = (
            one for one in ops(hub, "invite", "list", "--json").json()["invites"] if one["name"] == "Ann"
        )
        ops(hub, "invite", "revoke", signed["id"])
        await realtime.wait_for(lambda view: view.connection.state == "sign_in", timeout=10)
        assert "revoked" in realtime.view.connection.reason
        entry = realtime.submit(point(PLAN, 2, "a"))
        await realtime.wait_for(lambda view: any(one.state == "conflict" for one in view.queue), timeout=10)
        assert entry.reason == "the sign-in of Ann is revoked; ops decide"
        # Somebody signs in beside it, and it goes on.
        here("join", code(hub, "--role", "moderator", "--name", "Ann"), "--data", tmp_path, "--hub", hub.url)
        realtime.reconnect()
        await realtime.wait_for(lambda view: view.tournaments[PLAN.id].live, timeout=10)
        assert realtime.view.connection.state in ("live", "catching_up")


async def test_what_a_viewer_entered_goes_out_once_somebody_signs_in(tmp_path: Path) -> None:
    with HubProcess(tmp_path / "hub", options={"require_token": True}) as open_hub:
        fill(open_hub)
        settings = Settings(data=tmp_path / "laptop", ws_url=(open_hub.url,), name="Ann", backoff_first=0.1)
        async with open_realtime(settings) as realtime:
            realtime.join("tournament:league")
            await realtime.wait_for(lambda view: "league" in view.tournaments, timeout=10)
            assert realtime.view.connection.role == "spectator"
            entry = realtime.submit(point(PLAN, 1, "a"))
            await realtime.wait_for(lambda view: any(one.reason for one in view.queue), timeout=10)
            (waiting,) = realtime.view.queue
            assert (waiting.state, "ask ops for a code" in waiting.reason) == ("saved", True)
            made = code(open_hub, "--role", "moderator")
            here("join", made, "--data", settings.data, "--hub", open_hub.url)
            realtime.reconnect()
            assert (await entry.confirmed(timeout=10)).outcome == "accepted"
            await realtime.wait_for(lambda view: view.connection.role == "moderator", timeout=10)


SIGNED = SignedIn("hub-1", "i1", "secret", "moderator", "Ann", datetime(2026, 6, 14, tzinfo=UTC))


def test_the_keyring_knows_hubs_by_their_addresses(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    assert ring.sign_in("ws://one") is None
    ring.keep(SIGNED, "ws://one")
    ring.keep(SIGNED, "ws://two")
    assert (ring.sign_in("ws://one"), ring.sign_in("ws://two")) == (SIGNED, SIGNED)
    # Another hub at an address takes that address over, and leaves the other to its own.
    other = msgspec.structs.replace(SIGNED, hub="hub-2", token="other")
    ring.keep(other, "ws://two")
    assert (ring.sign_in("ws://one"), ring.sign_in("ws://two")) == (SIGNED, other)
    settings = Settings(data=tmp_path, ws_url=("ws://two",))
    assert token_for(settings, "ws://two") == "other"
    assert token_for(settings.model_copy(update={"token": "given"}), "ws://two") == "given"
    assert named(settings).name == "Ann"
    assert named(Settings(data=tmp_path, ws_url=("ws://two",), name="bo")).name == "bo"
    assert named(Settings(data=tmp_path, ws_url=("ws://none",))).name == Settings().name
    (tmp_path / "client" / "tokens.json").write_text("{")
    with pytest.raises(BadLog, match="join again"):
        ring.sign_in("ws://one")


# TLS: a real authority and real certificates, made for the test.


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def certified(
    folder: Path, authority: trustme.CA, name: str = "127.0.0.1", until: datetime | None = None
) -> tuple[dict[str, object], Path]:
    """Write a certificate, its key and its authority; return the hub's options and the authority's file."""
    cert = authority.issue_cert(name, not_after=until)
    chain, key, trusted = folder / "hub.pem", folder / "hub.key", folder / "ca.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in cert.cert_chain_pems))
    key.write_bytes(cert.private_key_pem.bytes())
    authority.cert_pem.write_to_path(str(trusted))
    return {"tls_cert": str(chain), "tls_key": str(key)}, trusted


def secure(hub: HubProcess) -> str:
    return hub.url.replace("ws:", "wss:")


def test_everything_works_over_tls_and_its_owner_needs_none(tmp_path: Path, authority: trustme.CA) -> None:
    options, trusted = certified(tmp_path, authority)
    with HubProcess(tmp_path / "hub", options=options) as hub:
        made = here("invite", "--role", "moderator", "--json", "--data", hub.data)
        assert made.code == 0, made.err
        env = environment(COURTSIDE_TLS_CA=str(trusted))
        laptop = ("--data", tmp_path / "laptop", "--hub", secure(hub))
        joined = courtside("join", made.json()["code"], *laptop, env=env)
        assert joined.code == 0, joined.err
        (tmp_path / "cup.json").write_bytes(msgspec.json.encode({"tournament": {"name": "Cup"}}))
        status = courtside("status", *laptop, "--json", env=env)
        assert status.code == 0, status.err
        assert status.json()["connection"]["links"][0]["endpoint"] == secure(hub)


@pytest.mark.parametrize(
    ("name", "until", "trusts", "says"),
    [
        ("127.0.0.1", None, False, "does not know who vouches"),
        ("hub.example", None, True, "for another name"),
        ("127.0.0.1", datetime.now(UTC) - timedelta(days=1), True, "has expired"),
    ],
    ids=["unknown authority", "wrong name", "expired"],
)
def test_a_certificate_that_is_not_accepted_is_told_in_words(
    tmp_path: Path, authority: trustme.CA, name: str, until: datetime | None, trusts: bool, says: str
) -> None:
    options, trusted = certified(tmp_path, authority, name, until)
    with HubProcess(tmp_path / "hub", options=options) as hub:
        laptop = ("--data", tmp_path / "laptop", "--hub", secure(hub))
        env = environment(**({"COURTSIDE_TLS_CA": str(trusted)} if trusts else {}))
        for command in (("join", "AAAA-AAAA"), ("status",)):
            refused = courtside(*command, *laptop, env=env)
            assert refused.code in (0, 69), refused.err
            assert says in refused.err + refused.out


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        ("no file", "there is no file"),
        ("other key", "the key belongs to another certificate"),
        ("no pem", "not a certificate and its key in PEM"),
        ("key alone", "a key needs its certificate"),
    ],
)
def test_a_hub_without_a_usable_certificate_does_not_start(
    tmp_path: Path, authority: trustme.CA, break_it: str, says: str
) -> None:
    options, _ = certified(tmp_path, authority)
    cert, key = Path(str(options["tls_cert"])), Path(str(options["tls_key"]))
    flags: list[object] = ["--tls-cert", cert, "--tls-key", key]
    if break_it == "no file":
        cert.unlink()
    elif break_it == "other key":
        key.write_bytes(authority.issue_cert("x").private_key_pem.bytes())
    elif break_it == "no pem":
        cert.write_text("nothing")
    else:
        flags = flags[2:]
    refused = here("hub", "--port", "0", "--data", tmp_path / "hub", *flags)
    assert (refused.code, says in refused.err) == (2, True), refused.err


def test_an_authority_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    for name, content in (("none.pem", None), ("bad.pem", "nothing")):
        path = tmp_path / name
        if content is not None:
            path.write_text(content)
        with pytest.raises(BadSettings, match=name):
            client_context(path)


def test_other_troubles_of_tls_are_told_too() -> None:
    assert "ws://" in tls_words(ssl.SSLError(1, "WRONG_VERSION_NUMBER"))
    early, odd = ssl.SSLCertVerificationError(1, "x"), ssl.SSLCertVerificationError(1, "y")
    early.verify_code, odd.verify_code, odd.verify_message = 9, 99, "something odd"
    assert "clock" in tls_words(early)
    assert "something odd" in tls_words(odd)


async def test_a_program_s_token_that_runs_out_is_fetched_anew(hub: HubProcess, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=hub.http) as http:
        health = (await http.get("/healthz")).json()
    mint = Mint((hub.data / "hub" / "secret.key").read_bytes(), health["hub"])
    asked: list[str] = []

    async def fetch(address: str) -> str:
        asked.append(address)
        lives = timedelta(seconds=2) if len(asked) == 1 else timedelta(hours=1)
        return mint.sign(Pass("cloud", "Ann", "moderator", expires_at=datetime.now(UTC) + lives))

    async with open_realtime(quick(tmp_path, hub.url), fetch_token=fetch) as realtime:
        room = await realtime.join("tournament:league").live(10)
        await realtime.wait_for(lambda view: view.connection.connected and len(asked) > 1, 15)
        await room.live(10)
        assert (await realtime.submit(point(PLAN, 2, "a")).confirmed(10)).outcome == "accepted"
        # Whoever has no token reads nothing here.
        assert [info.id for info in await realtime.list_rooms(type="tournament")] == ["tournament:league"]
    assert set(asked) == {hub.url}
