"""Every route of the hub's application stands in the table of rights, and nothing else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route, WebSocketRoute

from core.domain.ids import Epoch
from core.hub.app import application
from core.hub.door.access import ROUTES, Pass
from core.hub.door.door import Door, House
from core.hub.door.entrance import Doorkeeper
from core.hub.door.invites import opened
from core.hub.door.reception import Reception
from core.hub.door.tokens import Mint
from core.hub.lobby import Lobby
from core.hub.log.analytics import Sampling
from core.hub.log.rounds import Rounds
from core.hub.log.sqlite_log import SqliteLog
from core.wire.messages import Listing

SECRET = b"s" * 32


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Doorkeeper]:
    log = SqliteLog(tmp_path / "log.sqlite3")
    mint = Mint(SECRET, log.hub)
    lobby = Lobby(log.hub, Door(mint, House()), "0")
    rounds = Rounds(log, lobby, lambda: Epoch("e1"))
    lobby.attach(rounds)
    with opened(tmp_path / "invites.sqlite3", SECRET) as invites:
        made = application(lobby, log, Reception(lobby, invites, mint), Sampling(lobby, log.path, 1))
        assert isinstance(made, Doorkeeper)
        yield made
    await rounds.close()


def test_every_route_has_its_row(app: Doorkeeper) -> None:
    paths = {route.path for route in app.routes if isinstance(route, Route | WebSocketRoute)}
    assert paths == {route.rpartition(" ")[2] for route in ROUTES}


async def test_a_bug_is_a_problem_that_names_no_secrets(
    app: Doorkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Lobby, pass_: Pass) -> tuple[Listing, ...]:
        raise RuntimeError("a secret of the hub")

    monkeypatch.setattr(Lobby, "listings", broken)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
        answer = await http.get("/v1/tournaments")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "this is a bug in the hub; its log says more"
