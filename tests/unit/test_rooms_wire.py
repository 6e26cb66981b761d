"""What a room's own log holds is clean where it is decoded."""

from __future__ import annotations

from core.domain.ids import CommandId, DeviceId
from core.wire.rooms import SideEvent
from tests.support.tournaments import NOON


def test_texts_in_a_broadcast_are_clean() -> None:
    event = SideEvent(
        seq=1,
        id=CommandId("c1"),
        event="lunch\x1b",
        by="Ann\u202e",
        device=DeviceId("laptop-1"),
        entered_at=NOON,
        received_at=NOON,
        deliverer="Bob\x07",
    )
    assert (event.event, event.by, event.deliverer) == ("lunch?", "Ann?", "Bob?")
