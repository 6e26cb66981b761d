"""The bar and the banner name every way in which a hub is reached, makeshift ones and wrong ones too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.domain.ids import Epoch
from core.realtime.effects import ConnectionChanged, DirectoryChanged, RoomLive
from core.wire.messages import Listing
from tests.support import desks
from tests.support.console import Desk
from tests.support.desks import linked, scene
from tests.support.tournaments import EPOCH
from tui.selectors import status

if TYPE_CHECKING:
    from core.realtime.view import Via


@pytest.mark.parametrize(
    ("via", "told"), [("websocket", "* LIVE"), ("polling", "~ POLLING"), ("basic", "~ OLD SERVER")]
)
def test_how_rooms_are_carried_is_named_where_it_is_a_makeshift(via: Via, told: str) -> None:
    desk = desks.lively()
    linked(desk)
    connection = desk.view.connection
    links = tuple(replace(link, via=via if link.rooms else "websocket") for link in connection.links)
    desk.apply(ConnectionChanged(replace(connection, links=links)))
    assert status.link(scene(desk)).text.startswith(told)


def aside(endpoint_shows: bool = True) -> Desk:
    """Return a desk whose one link shows the tournament in another epoch; nothing else carries it."""
    desk = desks.lively()
    linked(desk)
    connection = desk.view.connection
    links = tuple(
        replace(link, rooms=(), aside=(desks.SPRING,) if endpoint_shows else ()) for link in connection.links
    )
    desk.apply(ConnectionChanged(replace(connection, links=links)), RoomLive(desks.SPRING, False, desk.at))
    return desk


def test_a_hub_that_tells_of_another_epoch_is_not_called_live() -> None:
    at = scene(aside())
    assert status.link(at).text == "! OTHER EPOCH"
    told = status.banner(at)
    assert told is not None
    assert told.text == (
        " ! OTHER EPOCH  ws://hub:8765 has this tournament in another epoch; scores wait here (0)"
    )
    assert status.link(scene(aside(endpoint_shows=False))).text.startswith("* LIVE")


def test_another_epoch_elsewhere_does_not_matter_while_the_tournament_is_live() -> None:
    desk = aside()
    desk.apply(RoomLive(desks.SPRING, True, desk.at))
    assert status.link(scene(desk)).text.startswith("* LIVE")
    assert status.elsewhere(scene(Desk())) == ""


@pytest.mark.parametrize(("epoch", "told"), [(EPOCH, "> CATCHING UP 412"), ("e9", "> CATCHING UP")])
def test_catching_up_says_how_many_events_are_missing_where_that_is_known(epoch: str, told: str) -> None:
    desk = desks.lively()
    seq = desk.hub[desks.SPRING].position.seq
    desk.apply(DirectoryChanged((Listing(desks.SPRING, "Spring", Epoch(epoch), seq + 412),)))
    desk.connect("catching_up")
    assert status.link(scene(desk)).text == told
    empty = Desk()
    empty.connect("catching_up")
    assert status.link(scene(empty)).text == "> CATCHING UP"


@pytest.mark.parametrize(
    ("hub", "own", "newer"),
    [
        ("1.4", "1.3", True),
        ("1.10", "1.9", True),
        ("1.3", "1.3", False),
        ("", "1.3", False),
        ("dev", "1", False),
    ],
)
def test_a_newer_hub_is_told_and_no_other(hub: str, own: str, newer: bool) -> None:
    desk = desks.lively()
    desk.connect("live", hub_version=hub)
    told = status.banner(scene(desk, version=own))
    assert (told is not None and told.text.startswith(" ! HUB IS NEWER  Scores still work")) == newer
