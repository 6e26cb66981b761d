"""How a tournament was followed and entered, as JSON of `/v1/tournaments/{tournament}/analytics`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from core.domain.answers import Outcome
from core.domain.ids import DeviceId, Epoch, RoomId, RoomKind, TournamentId


class ViewersMinute(Struct, frozen=True):
    """How many were in a room in one minute."""

    at: datetime
    """The minute's beginning, UTC."""
    viewers: int
    """At its end."""
    peak: int
    """Most at a time."""


class RoomViewers(Struct, frozen=True):
    """How many were in a room over time; minutes in which nobody was are left out."""

    room: RoomId
    type: RoomKind
    peak: int
    """Most at a time."""
    peak_at: datetime
    """The first minute in which so many were."""
    minutes: tuple[ViewersMinute, ...]
    """In order."""


class EventsMinute(Struct, frozen=True):
    """How much happened in one minute."""

    at: datetime
    events: int


class DeviceEntries(Struct, frozen=True):
    """What one person entered on one device."""

    device: DeviceId
    by: str
    entries: int


class Analytics(Struct, frozen=True):
    """How a tournament was followed and entered."""

    tournament: TournamentId
    epoch: Epoch
    """Whose events and entries these are; viewers are those of all epochs."""
    events: int
    peak: int
    """Most in the tournament's room at a time."""
    events_per_minute: tuple[EventsMinute, ...]
    """In order; minutes without events are left out."""
    devices: tuple[DeviceEntries, ...]
    """The most entries first."""
    answers: Mapping[Outcome, int]
    """How many entries got which answer, over all epochs; a refused one is in no log."""
    rooms: tuple[RoomViewers, ...]
    """Of those that the asker may read, the best visited first."""
