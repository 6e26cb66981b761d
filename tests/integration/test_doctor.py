"""`courtside doctor` where something is wrong: it says what, and what to do, and changes nothing."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from core.domain.commands import CreateTournament
from core.hub import owner_token
from tests.support.commands import here
from tests.support.http_proxy import HttpProxy
from tests.support.hub import HubProcess
from tests.support.program import courtside, environment
from tests.support.tournaments import entry, league

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = league()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        started.post(entry(PLAN.id, CreateTournament(PLAN), id="plan"))
        yield started


def looked(*arguments: object) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run the doctor; return its exit code, and its checks by the first word of their names."""
    done = here("doctor", "--json", *arguments)
    document = done.json()
    assert document["ok"] is (done.code == 0)
    assert all(set(check) == {"name", "ok", "detail", "advice"} for check in document["checks"])
    return done.code, {check["name"].split()[0]: check for check in document["checks"]}


def listing(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_beside_a_console_and_its_hub_all_is_well(hub: HubProcess, tmp_path: Path) -> None:
    assert here("score", "m1", "a", "1", "--hub", hub.url, "--data", tmp_path, "--wait", "10").code == 0
    before = listing(tmp_path)
    code, checks = looked("--hub", hub.url, "--data", tmp_path)
    assert code == 0, checks
    assert set(checks) == {
        "settings",
        "endpoint",
        "clock",
        "sign-in",
        "disk",
        "journal",
        "versions",
        "terminal",
    }
    assert checks["endpoint"]["detail"].endswith("WebSocket")
    assert checks["sign-in"]["detail"].startswith("admin")
    assert checks["journal"]["detail"] == "0 waiting, 0 in conflict, 0 refused"
    assert listing(tmp_path) == before


def test_on_the_hub_s_own_folder_the_log_is_looked_at(hub: HubProcess) -> None:
    code, checks = looked("--data", hub.data)
    assert code == 0, checks
    assert hub.url in checks["log"]["detail"]
    assert hub.url in checks["endpoint"]["name"]


def test_without_any_hub_named_or_running_nothing_is_wrong(tmp_path: Path) -> None:
    done = courtside("doctor", "--data", tmp_path / "none", env=environment())
    assert done.code == 0, done
    assert "data in" in done.out
    assert not (tmp_path / "none").exists()


def test_a_hub_that_is_not_there_ends_with_69(tmp_path: Path) -> None:
    code, checks = looked("--hub", "ws://127.0.0.1:9", "--data", tmp_path)
    assert code == 69
    assert not checks["endpoint"]["ok"]
    assert checks["endpoint"]["advice"]


def test_an_address_that_takes_connections_and_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (tmp_path / "config.toml").write_text("connection_timeout = 0.3")
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        code, checks = looked("--hub", url, "--data", tmp_path, "--config", tmp_path / "config.toml")
    assert code == 69
    assert checks["endpoint"]["detail"] == "timed out"


def test_a_captive_portal_is_told_from_a_hub(hub: HubProcess, tmp_path: Path) -> None:
    with HttpProxy(hub.port) as proxy:
        proxy.portal = True
        code, checks = looked("--hub", proxy.url, "--data", tmp_path)
    assert code == 69
    assert "captive portal" in checks["endpoint"]["advice"]


def test_where_no_websocket_gets_through_polling_is_named(hub: HubProcess, tmp_path: Path) -> None:
    with HttpProxy(hub.port) as proxy:
        proxy.websockets = False
        code, checks = looked("--hub", proxy.url, "--data", tmp_path)
    assert code == 0
    assert "only polling" in checks["endpoint"]["detail"]


def test_a_certificate_is_told_with_its_days_and_one_that_is_not_accepted_with_why(tmp_path: Path) -> None:
    authority = trustme.CA()
    cert = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=3))
    (tmp_path / "hub.pem").write_bytes(b"".join(blob.bytes() for blob in cert.cert_chain_pems))
    (tmp_path / "hub.key").write_bytes(cert.private_key_pem.bytes())
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    options = {"tls_cert": str(tmp_path / "hub.pem"), "tls_key": str(tmp_path / "hub.key")}
    with HubProcess(tmp_path / "hub", options=options) as hub:
        secure = ("--hub", hub.url.replace("ws:", "wss:"), "--data", tmp_path / "laptop")
        (tmp_path / "config.toml").write_text(f'tls_ca = "{tmp_path / "ca.pem"}"')
        code, checks = looked(*secure, "--config", tmp_path / "config.toml")
        assert code == 0, checks
        assert checks["certificate"]["detail"] == "for 127.0.0.1, 2 days left"
        assert "renew" in checks["certificate"]["advice"]
        code, checks = looked(*secure)
        assert code == 69
        assert "does not know who vouches" in checks["endpoint"]["detail"]


def test_a_sign_in_that_is_refused_ends_with_77(tmp_path: Path) -> None:
    options = {"require_token": True, "open_reading": False}
    with HubProcess(tmp_path / "hub", options=options) as hub:
        code, checks = looked("--hub", hub.url, "--data", tmp_path / "laptop")
        assert code == 77
        assert "courtside join" in checks["sign-in"]["advice"]
        token = owner_token(hub.data)
        assert looked("--hub", hub.url, "--data", tmp_path / "laptop", "--token", token)[0] == 0


def test_a_damaged_journal_and_a_damaged_log_are_found(hub: HubProcess, tmp_path: Path) -> None:
    assert here("score", "m1", "a", "1", "--hub", hub.url, "--data", tmp_path, "--wait", "10").code == 0
    journal = tmp_path / "client" / "journal.sqlite3"
    journal.write_bytes(b"not a database, but long enough to be looked at" * 100)
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "log.sqlite3").write_bytes(journal.read_bytes())
    code, checks = looked("--hub", hub.url, "--data", tmp_path)
    assert code == 74
    assert not checks["journal"]["ok"]
    assert not checks["log"]["ok"]


def test_a_folder_that_cannot_be_written_ends_with_74(hub: HubProcess, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = courtside("doctor", "--json", "--hub", hub.url, "--data", "/proc/none")
    assert done.code == 74
    disk = next(check for check in done.json()["checks"] if check["name"] == "disk")
    assert "cannot be written" in disk["detail"]


def test_settings_that_cannot_be_used_are_the_first_finding(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("wirre = 3")
    done = here("doctor", "--json", "--config", tmp_path / "config.toml")
    assert done.code == 2
    [check] = done.json()["checks"]
    assert not check["ok"]
    assert "wire" in check["detail"]
