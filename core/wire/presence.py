"""The messages of presence: who is in a tournament now.

A join of `tournament:{t}:presence` is answered by a `PresenceSnapshot`; `PresenceDiff`s follow, each one
version further. Presence is state and in no log: whoever misses a version joins again. A new epoch is a new
life of the hub.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import force_setattr

from core.domain.ids import DeviceId, Epoch, Role, RoomId, TeamId
from core.domain.text import clean

MAX_DEVICE = 128
"""Longest id of a device, in characters."""


class Who(Struct, frozen=True, array_like=True):
    """What tells members apart: a device and the person at it; on the wire a pair."""

    device: DeviceId
    name: str

    def __post_init__(self) -> None:
        force_setattr(self, "device", clean(self.device, MAX_DEVICE))
        force_setattr(self, "name", clean(self.name))


class Member(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody who is there, over however many links."""

    device: DeviceId
    name: str
    """The person at the device."""
    role: Role
    since: datetime
    """When the hub first saw this member, UTC; coming back within the grace keeps it."""
    idle_since: datetime | None = None
    """`None` while somebody is at the keys, on any link of this member."""
    team: TeamId | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "device", clean(self.device, MAX_DEVICE))
        force_setattr(self, "name", clean(self.name))

    @property
    def who(self) -> Who:
        """What tells this member from others."""
        return Who(self.device, self.name)


class Here(Struct, frozen=True, tag="here"):
    """A client says whether somebody is at its keys; said when it changes, and after `Hello` if idle."""

    idle: bool


class PresenceSnapshot(Struct, frozen=True, tag="presence"):
    """Everybody who is there: it replaces what the client knew."""

    room: RoomId
    epoch: Epoch
    """One life of the hub."""
    version: int
    """Dense in the epoch: the next diff has the next one."""
    members: tuple[Member, ...]


class PresenceDiff(Struct, frozen=True, tag="presence_diff", omit_defaults=True):
    """What changed since the version before."""

    room: RoomId
    epoch: Epoch
    version: int
    joined: tuple[Member, ...] = ()
    """Members who came, or of whom something changed: each replaces what was known of it."""
    left: tuple[Who, ...] = ()
