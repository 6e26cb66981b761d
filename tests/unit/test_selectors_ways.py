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
from tui.selectors import links, people, status
from tui.selectors.link import HOLD

if TYPE_CHECKING:
    from core.domain.ids import Role
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
    desk.apply(DirectoryChanged((Listing(desks.SPRING, "Spring", EPOCH, 1),)))
    return desk


def lost(role: Role = "admin") -> Desk:
    """Return a desk whose hub answers and holds nothing: its folder was lost while this console was away."""
    desk = desks.offline()
    desk.role = role
    desk.connect("live")
    desk.apply(RoomLive(desks.SPRING, False, desk.at))
    desk.tick(HOLD)
    return desk


def test_a_hub_that_lost_the_tournament_is_not_called_live_and_ops_are_told_the_way_back() -> None:
    at = scene(lost())
    assert status.link(at).text == "! NOT AT HUB"
    told = [status.banner(at, width) for width in (130, 80, 60)]
    assert [run.text for run in told if run is not None] == [
        " ! NOT AT THE HUB  It does not hold Spring Open 2026.  Scores wait here (0).  "
        "courtside rescue spring  brings it back",
        " ! NOT AT THE HUB  Scores wait (0)  courtside rescue spring  brings it back",
        " ! NOT AT THE HUB  courtside rescue spring  brings it back",
    ]
    assert [alert.text for alert in links.alerts(at, people.Company())] == [
        "spring is not at the hub: courtside rescue spring"
    ]


@pytest.mark.parametrize(
    ("role", "viewer"),
    [("admin", False), ("moderator", False), ("participant", True), ("spectator", True)],
)
def test_who_may_only_look_is_a_viewer(role: Role, viewer: bool) -> None:
    at = scene(lost(role))
    assert status.is_viewer(at) == viewer
    assert status.who(at).text.startswith("VIEWER") == viewer


def test_a_scorekeeper_is_told_to_call_ops_then() -> None:
    told = status.banner(scene(lost("moderator")), 80)
    assert told is not None
    assert told.text.endswith("Call ops: they can bring it back")


def test_a_moment_after_the_link_came_back_and_an_old_server_say_nothing_of_it() -> None:
    desk = lost()
    desk.connect("live")
    desk.apply(RoomLive(desks.SPRING, False, desk.at))
    assert not status.not_held(scene(desk))
    desk = lost()
    linked(desk)
    connection = desk.view.connection
    old = tuple(replace(link, via="basic") for link in connection.links)
    desk.apply(ConnectionChanged(replace(connection, links=old)))
    assert not status.not_held(scene(desk))


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
