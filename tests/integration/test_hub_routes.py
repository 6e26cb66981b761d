"""Every route of the hub's application stands in the table of rights, and nothing else does."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import Route, WebSocketRoute

from core.domain.ids import Epoch
from core.hub.access import ROUTES
from core.hub.analytics import Sampling
from core.hub.app import application
from core.hub.door import Door, House
from core.hub.entrance import Doorkeeper
from core.hub.invites import opened
from core.hub.lobby import Lobby
from core.hub.reception import Reception
from core.hub.rounds import Rounds
from core.hub.sqlite_log import SqliteLog
from core.hub.tokens import Mint

SECRET = b"s" * 32


async def test_every_route_has_its_row(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite3")
    mint = Mint(SECRET, log.hub)
    lobby = Lobby(log.hub, Door(mint, House()), "0")
    rounds = Rounds(log, lobby, lambda: Epoch("e1"))
    lobby.attach(rounds)
    with opened(tmp_path / "invites.sqlite3", SECRET) as invites:
        app = application(lobby, log, Reception(lobby, invites, mint), Sampling(lobby, log.path))
        assert isinstance(app, Doorkeeper)
        paths = {route.path for route in app.routes if isinstance(route, Route | WebSocketRoute)}
    await rounds.close()
    assert paths == {route.rpartition(" ")[2] for route in ROUTES}
