"""WebSockets refused on the way: the client scores over polling, and climbs back when they are allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from core.domain.commands import CreateTournament
from core.domain.ids import TournamentId
from core.errors import Unknown, Unreachable
from core.realtime.network.pages import fetch_directory, fetch_log
from core.realtime.realtime import open_realtime
from tests.support.http_proxy import HttpProxy
from tests.support.hub import HubProcess
from tests.support.scorer import quick
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.realtime.view import View

PACE = {"heartbeat_interval": 0.2, "health_check_interval": 1.0}
"""A link must be better for two heartbeats before rooms move to it."""
FALL_BACK = 10.0
"""Seconds within which polling carries the rooms."""
CLIMB_BACK = 10.0
"""Seconds within which a WebSocket carries them again, with a probe each second."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as running:
        yield running


def carried_by(view: View) -> set[str]:
    return {link.via for link in view.connection.links if link.rooms}


async def test_scores_go_over_polling_and_climb_back_to_a_websocket(hub: HubProcess, tmp_path: Path) -> None:
    plan = league(name=f"t{uuid4().hex[:8]}")
    hub.post(entry(plan.id, CreateTournament(plan), id=f"{plan.id}-create"))
    with HttpProxy(hub.port) as proxy:
        proxy.websockets = False
        settings = quick(tmp_path, proxy.url).model_copy(update=PACE)
        async with open_realtime(settings) as realtime:
            realtime.join(f"tournament:{plan.id}")
            view = await realtime.wait_for(lambda view: carried_by(view) == {"polling"}, FALL_BACK)
            assert view.connection.connected
            assert proxy.refused >= 3
            first = [realtime.submit(point(plan, 1, "a")) for _ in range(20)]
            assert {(await one.confirmed(10)).outcome for one in first} == {"accepted"}
            hub.post(entry(plan.id, point(plan, 2, "a"), id=uuid4().hex, device="other"))
            second = match(plan, 2)
            await realtime.wait_for(
                lambda view: view.tournaments[plan.id].confirmed.matches[second].score.home == 1, 10
            )
            proxy.websockets = True
            more = [realtime.submit(point(plan, 1, "a")) for _ in range(20)]
            await realtime.wait_for(lambda view: carried_by(view) == {"websocket"}, CLIMB_BACK)
            more += [realtime.submit(point(plan, 1, "a")) for _ in range(20)]
            assert {(await one.confirmed(10)).outcome for one in more} == {"accepted"}
            entered = [one.id for one in (*first, *more)]
    _, log = fetch_log(quick(tmp_path, hub.url), plan.id)
    points = [one.command for one in log if one.match == match(plan, 1) and one.version > 1]
    assert points == entered, "each once, in the order of the key presses"


async def test_behind_a_captive_portal_nothing_is_taken_for_the_hub(hub: HubProcess, tmp_path: Path) -> None:
    plan = league(name=f"t{uuid4().hex[:8]}")
    hub.post(entry(plan.id, CreateTournament(plan), id=f"{plan.id}-create"))
    with HttpProxy(hub.port) as proxy:
        proxy.portal = True
        async with open_realtime(quick(tmp_path, proxy.url)) as realtime:
            realtime.join(f"tournament:{plan.id}")
            kept = realtime.submit(point(plan, 1, "a"))
            await kept.saved(10)
            view = await realtime.wait_for(
                lambda view: any(
                    "no hub" in link.reason and link.failures > 4 for link in view.connection.links
                ),
                20,
            )
            assert not view.connection.connected
            assert kept.state == "saved"
            proxy.portal = False
            assert (await kept.confirmed(20)).outcome == "accepted"


def test_a_page_is_not_taken_for_the_hub_that_is_asked(hub: HubProcess, tmp_path: Path) -> None:
    with HttpProxy(hub.port) as proxy:
        settings = quick(tmp_path, proxy.url)
        with pytest.raises(Unknown):
            fetch_log(settings, TournamentId("nothing"))
        proxy.portal = True
        proxy.cut()
        with pytest.raises(Unreachable, match="is no hub"):
            fetch_directory(settings)
