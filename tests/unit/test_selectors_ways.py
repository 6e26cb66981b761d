"""The status bar says where rooms come by a makeshift: polled, or from an old server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.realtime.effects import ConnectionChanged
from tests.support import desks
from tests.support.desks import linked, scene
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
