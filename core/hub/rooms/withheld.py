"""Withholding: a broadcast whose sender is excluded reaches that device without its data.

The event itself keeps its place for everybody, so nobody's seqs have a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from core.domain.events import BroadcastSent, Event
from core.domain.payload import NOTHING
from core.wire.rooms import SideEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.ids import DeviceId

Said = TypeVar("Said", Event, SideEvent)


def excluded(events: Sequence[Event | SideEvent]) -> frozenset[DeviceId]:
    """Return the devices to which these events look different from what all others get."""
    return frozenset(event.device for event in events if _excludes_sender(event))


def shown_to(device: DeviceId, events: Sequence[Said]) -> tuple[Said, ...]:
    """Return events as a device gets them."""
    if device not in excluded(events):
        return tuple(events)
    return tuple(
        _emptied(event) if event.device == device and _excludes_sender(event) else event for event in events
    )


def _excludes_sender(event: Event | SideEvent) -> bool:
    if isinstance(event, SideEvent):
        return event.exclude_sender
    return isinstance(event.fact, BroadcastSent) and event.fact.exclude_sender


def _emptied(event: Said) -> Said:
    if isinstance(event, SideEvent):
        return replace(event, data=NOTHING, withheld=True)
    return replace(event, fact=replace(event.fact, data=NOTHING, withheld=True))
