"""The hub does what its OpenAPI document says: a generator of requests finds nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from core.domain.commands import CreateTournament
from core.hub.door.access import ROUTES
from tests.support.hub import AWAY, HubProcess
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = league()
SOCKETS = {"/v1/ws", "/ws"}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
# A tournament that is there, so that more than its absence is tried; waiting would only take time.
CONFIG = f"""
[parameters]
"path.tournament" = "{PLAN.id}"
wait = 0
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        started.post(
            entry(PLAN.id, CreateTournament(PLAN), id="plan"), entry(PLAN.id, point(PLAN, 1, "a"), id="p1")
        )
        yield started


def tried(hub: HubProcess, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Have requests made from the hub's document, and return what the generator found."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    program = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)]
    checks = ["--checks", ",".join(CHECKS), "--no-color"]
    return subprocess.run(
        [*program, "run", f"{hub.http}/v1/openapi.json", *checks, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


def test_every_route_that_there_is_and_no_other_is_described(hub: HubProcess) -> None:
    described: dict[str, Any] = httpx.get(f"{hub.http}/v1/openapi.json").json()
    assert set(described["paths"]) == {route.rpartition(" ")[2] for route in ROUTES} - SOCKETS


def test_the_document_is_for_everybody(hub: HubProcess) -> None:
    assert httpx.get(f"{hub.http}/v1/openapi.json", headers=AWAY).status_code == 200


def test_no_request_that_follows_the_document_or_breaks_it_finds_a_fault(
    hub: HubProcess, tmp_path: Path
) -> None:
    done = tried(hub, tmp_path, "--phases", "fuzzing", "--max-time", "5", "--max-examples", "25")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_no_request_finds_a_fault_however_long_one_tries(hub: HubProcess, tmp_path: Path) -> None:
    done = tried(hub, tmp_path, "--phases", "coverage,fuzzing", "--max-time", "600", "--max-examples", "2000")
    assert done.returncode == 0, done.stdout + done.stderr
