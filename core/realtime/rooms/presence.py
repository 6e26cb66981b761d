"""Presence: who is in each tournament, as this device has heard it.

Owns the members of every followed presence room and how far each is known. Guarantees that what it hands on
is the hub's own list at some version: diffs before the snapshot are held, a missed version or a new life of
the hub has the room joined again, and whoever is not in the new snapshot has left. When a link is lost the
members stay, as of then. When to join is `rooms`' affair; delayed leaves and leases are the hub's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.ids import read_room
from core.realtime.effects import Heard, MembersChanged
from core.wire.presence import PresenceDiff, PresenceSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.domain.ids import Epoch, RoomId, TournamentId
    from core.realtime.view import Members
    from core.wire.presence import Member, Who

MAX_HELD = 100
"""Most diffs that wait for a snapshot; with more the oldest is dropped, and the room is joined once more."""


class _Known:
    """One presence room; changed by `Presence` only."""

    def __init__(self, tournament: TournamentId) -> None:
        self.tournament = tournament
        self.epoch: Epoch | None = None
        self.version = 0
        self.members: dict[Who, Member] = {}
        self.awaits = True
        self.held: list[PresenceDiff] = []


class Presence:
    """Everybody of whom this device has heard that they are there."""

    def __init__(self) -> None:
        self._known: dict[RoomId, _Known] = {}

    def members(self, room: RoomId) -> tuple[Member, ...] | None:
        """Return the members of a presence room, as last heard; `None` before its first snapshot."""
        known = self._known.get(room)
        return None if known is None or known.epoch is None else _sorted(known.members.values())

    def begin(self, room: RoomId) -> None:
        """Wait for a snapshot: the room is joined, or joined again; what was heard stays till it comes."""
        known = self._known.get(room)
        if known is not None:
            known.awaits = True
            known.held.clear()

    def forget(self, room: RoomId) -> None:
        """Drop a room that is followed no longer."""
        self._known.pop(room, None)

    def receive(self, message: PresenceSnapshot | PresenceDiff) -> Heard:
        """Take what a hub says of who is there."""
        parts = read_room(message.room)
        if parts is None or parts.kind != "presence" or parts.tournament is None:
            return Heard("dropped")
        known = self._known.setdefault(message.room, _Known(parts.tournament))
        if isinstance(message, PresenceSnapshot):
            return _replaced(known, message)
        if known.awaits:
            known.held = [*known.held, message][-MAX_HELD:]
            return Heard("dropped")
        if message.epoch != known.epoch:
            return Heard("broken", why="the hub began a new life")
        if message.version <= known.version:
            return Heard("dropped")
        if message.version > known.version + 1:
            return Heard("broken", why=f"version {known.version + 1} of who is there is missing")
        before = dict(known.members)
        _apply(known, message)
        return Heard("whole", (_change(known, before),))


def _replaced(known: _Known, snapshot: PresenceSnapshot) -> Heard:
    """Take a snapshot, and the diffs that were held and follow on it."""
    late = snapshot.epoch == known.epoch and snapshot.version < known.version
    if late and not known.awaits:
        # The answer to a join that was asked twice: what followed the first is newer.
        return Heard("dropped")
    before = dict(known.members)
    known.epoch, known.version = snapshot.epoch, snapshot.version
    known.members = {member.who: member for member in snapshot.members}
    for diff in sorted(known.held, key=lambda held: held.version):
        if diff.epoch == known.epoch and diff.version == known.version + 1:
            _apply(known, diff)
    known.awaits = False
    known.held.clear()
    return Heard("whole", (_change(known, before),))


def _apply(known: _Known, diff: PresenceDiff) -> None:
    for who in diff.left:
        known.members.pop(who, None)
    for member in diff.joined:
        known.members[member.who] = member
    known.version = diff.version


def _change(known: _Known, before: Mapping[Who, Member]) -> MembersChanged:
    """Say who is there, and what that changes."""
    now = known.members
    return MembersChanged(
        known.tournament,
        _sorted(now.values()),
        joined=_sorted(member for who, member in now.items() if who not in before),
        left=_sorted(member for who, member in before.items() if who not in now),
        changed=_sorted(member for who, member in now.items() if who in before and before[who] != member),
    )


def _sorted(members: Iterable[Member]) -> tuple[Member, ...]:
    """Return members in the order of their coming, with the same order on every device."""
    return tuple(sorted(members, key=lambda member: (member.since, member.name, member.device)))


def in_room(room: RoomId, known: Mapping[TournamentId, Members]) -> tuple[Member, ...] | None:
    """Return the members of any room, out of those of all tournaments.

    A team's room has those of the team, a role's those of the role, the admins' the admins; everybody's room
    has all, a match's those of its tournament.

    Returns:
        The members in the order of their coming; `None` where nobody has told.
    """
    parts = read_room(room)
    if parts is None or not known:
        return None
    if parts.tournament is None:
        return _sorted({member.who: member for there in known.values() for member in there.members}.values())
    if parts.tournament not in known:
        return None
    members = known[parts.tournament].members
    if parts.kind != "private":
        return members
    if parts.team is not None:
        return tuple(member for member in members if member.team == parts.team)
    role = parts.role or "admin"
    return tuple(member for member in members if member.role == role)
