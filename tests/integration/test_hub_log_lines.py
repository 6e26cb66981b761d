"""What a hub logs: every step of its life as a JSON line, and no secret and nothing that people entered."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from core.domain.commands import Broadcast, CreateTournament
from core.domain.ids import TeamId, team_room
from core.hub import owner_token
from core.hub.web.http import Brought
from core.wire.messages import Snapshot, Welcome
from tests.support.hub import AWAY, TestClient
from tests.support.old_client import OldClient
from tests.support.program import running
from tests.support.tournaments import entry, league, point

if TYPE_CHECKING:
    from pathlib import Path

_plan = league()
TEAM, WHY, SAID = "Zanzibar United", "because-of-the-rain", "champagne-at-nine"
PLAN = replace(
    _plan,
    teams=tuple(replace(team, name=TEAM if team.id == "a" else team.name) for team in _plan.teams),
)
NOT_OURS = "eyJhbGciOiJIUzI1NiJ9.not-ours.at-all"


class Hub:
    """A hub that the command started, seen by who dials it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = f"http{url.removeprefix('ws')}"


def live_through(hub: Hub, data: Path) -> list[str]:
    """Do at a hub what people do, and some of what goes wrong; return all secrets that were in it."""
    secrets = [NOT_OURS]
    with httpx.Client(base_url=hub.http) as ops, httpx.Client(base_url=hub.http, headers=AWAY) as away:
        entries = (
            entry(PLAN.id, CreateTournament(PLAN), id="plan"),
            entry(PLAN.id, point(PLAN, 1, "a"), id="p1", why=WHY),
            entry(PLAN.id, point(PLAN, 1, "nobody"), id="p2", why=WHY),
            entry(PLAN.id, Broadcast(team_room(PLAN.id, TeamId("a")), "party", f'"{SAID}"'), id="b1"),
        )
        for content in (entries, entries[1:2], (replace(entries[1], why=f"{WHY}-other"),)):
            ops.post("/v1/entries", content=msgspec.json.encode(Brought(content)))
        ops.post("/v1/entries", content=f'[{{"entries": "{SAID}"'.encode())
        invited = ops.post("/v1/invites", json={"role": "moderator"}).json()
        secrets.append(invited["code"])
        signed = away.post("/v1/join", json={"code": invited["code"], "name": "Ann", "device": "d1"}).json()
        secrets.append(signed["token"])
        away.post("/v1/join", json={"code": "WRONGONE", "name": "Ann", "device": "d1"})
        away.get("/v1/tournaments", headers={"Authorization": f"Bearer {NOT_OURS}"})
        away.get(f"/v1/tournaments?token={signed['token']}")
    with TestClient.open(hub, token=signed["token"], headers=AWAY) as ann:
        ann.expect(Welcome)
        ann.join(PLAN.id)
        ann.expect(Snapshot)
        ann.socket.send(f'{{"type": "submit", "entries": "{SAID}"}}')
    evil = Origin("http://evil.example")
    with pytest.raises(InvalidStatus), connect(f"{hub.url}/v1/ws?token={NOT_OURS}", origin=evil):
        pass
    with OldClient.open(hub.url) as old:
        old.score(PLAN.id, SAID, TEAM, 1, 1)
    secrets.append(owner_token(data) or "")
    return secrets


def test_a_hub_logs_its_life_in_json_and_no_secret_and_nothing_that_was_entered(tmp_path: Path) -> None:
    with running("hub", "--port", 0, "--data", tmp_path, "--json") as process:
        assert process.stdout is not None
        secrets = live_through(Hub(json.loads(process.stdout.readline())["url"]), tmp_path)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
    lines = [json.loads(line) for line in told.splitlines()]
    assert all({"at", "level", "logger", "process", "message"} <= line.keys() for line in lines)
    assert {line["level"] for line in lines} <= {"info", "warning"}
    for step in ("serving", "invitation", "joined as moderator", "Ann on", "asked to stop"):
        assert any(step in line["message"] for line in lines), step
    for secret in (*secrets, TEAM, WHY, SAID):
        assert len(secret) > 5, "what is not there proves nothing"
        assert secret not in told
