"""Presence: who is in a tournament now, told as a snapshot and then as versioned diffs.

A member is a device and the person at it, not a link: over however many links it counts once, and it stays
while one of them is in a room of the tournament. One whose last link broke off stays for a grace, so that a
short break is no coming and going; one that said goodbye leaves at once. Presence is state: what happened
between two ticks is told as what is different after it, and is in no log. The version is dense in an epoch,
which is one life of the hub. The lease behind a link is its heartbeat: a silent link is ended by the shell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec.structs import replace

from core.domain.ids import ROLES, presence_room
from core.wire.presence import Member, PresenceDiff, PresenceSnapshot, Who

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.ids import Epoch, TournamentId

LEAVE_GRACE = 10.0
"""Seconds that a member stays whose last link broke off without a goodbye."""

Link = TypeVar("Link")


@dataclass(slots=True)
class _Seat(Generic[Link]):
    """One member, as it is now."""

    member: Member
    """As all links together show it; as the last one did while there is none."""
    links: dict[Link, Member]
    """As each link shows it."""

    def settle(self) -> None:
        """Bring the member to what its links show, of which there is one at least."""
        shown = self.links.values()
        # Whoever says to be somebody else takes nothing from what that person may do.
        strongest = min(shown, key=lambda member: ROLES.index(member.role))
        idle = [member.idle_since for member in shown if member.idle_since is not None]
        idle_since = max(idle) if len(idle) == len(shown) else None
        self.member = replace(strongest, since=self.member.since, idle_since=idle_since)


@dataclass(slots=True)
class _Crowd(Generic[Link]):
    """Those in one tournament."""

    seats: dict[Who, _Seat[Link]] = field(default_factory=dict)
    leaving: dict[Who, float] = field(default_factory=dict)
    """Members without a link, and when they leave."""
    shown: dict[Who, Member] = field(default_factory=dict)
    """What the newest version tells."""
    changed: set[Who] = field(default_factory=set)
    """Members that may be otherwise than shown."""
    version: int = 0


class Presence(Generic[Link]):
    """Who is where, in all tournaments of a hub.

    Args:
        epoch: names this life of the hub.
        grace: seconds that a member stays whose last link broke off.
    """

    def __init__(self, epoch: Epoch, grace: float = LEAVE_GRACE) -> None:
        self._epoch = epoch
        self._grace = grace
        self._crowds: dict[TournamentId, _Crowd[Link]] = {}

    def receive_join(self, tournament: TournamentId, link: Link, member: Member) -> None:
        """Take in a member's link that is in a room of a tournament now.

        Args:
            tournament: the tournament.
            link: the link.
            member: the member as this link shows it, since now; one who is there already keeps its `since`.
        """
        crowd = self._crowds.setdefault(tournament, _Crowd())
        who = member.who
        seat = crowd.seats.get(who)
        if seat is None:
            seat = crowd.seats[who] = _Seat(member, {})
        seat.links[link] = member
        seat.settle()
        crowd.leaving.pop(who, None)
        crowd.changed.add(who)

    def receive_idle(
        self, tournament: TournamentId, link: Link, who: Who, idle_since: datetime | None
    ) -> None:
        """Take what a link says of the keys: since when nobody is at them, `None` for somebody is."""
        crowd = self._crowds[tournament]
        seat = crowd.seats[who]
        if (seat.links[link].idle_since is None) != (idle_since is None):
            seat.links[link] = replace(seat.links[link], idle_since=idle_since)
            seat.settle()
            crowd.changed.add(who)

    def receive_leave(
        self, tournament: TournamentId, link: Link, who: Who, now: float, *, clean: bool
    ) -> None:
        """Let a member's link out; its last one takes the member along.

        Args:
            tournament: where the link was in a room.
            link: the link.
            who: the device and the person.
            now: monotonic seconds.
            clean: whether the client meant to go; else the member stays for the grace.
        """
        crowd = self._crowds[tournament]
        seat = crowd.seats[who]
        del seat.links[link]
        if seat.links:
            seat.settle()
            crowd.changed.add(who)
        elif clean:
            del crowd.seats[who]
            crowd.changed.add(who)
        else:
            crowd.leaving[who] = now + self._grace

    def snapshot(self, tournament: TournamentId) -> PresenceSnapshot:
        """Return everybody in a tournament, as of the newest version."""
        crowd = self._crowds.get(tournament)
        version, members = (0, ()) if crowd is None else (crowd.version, tuple(crowd.shown.values()))
        return PresenceSnapshot(presence_room(tournament), self._epoch, version, members)

    def count(self, tournament: TournamentId) -> int:
        """Return how many are in a tournament now."""
        crowd = self._crowds.get(tournament)
        return 0 if crowd is None else len(crowd.seats)

    def next_deadline(self) -> float | None:
        """Return when the next member leaves whose grace runs; `None` for nobody."""
        deadlines = (at for crowd in self._crowds.values() for at in crowd.leaving.values())
        return min(deadlines, default=None)

    def handle_deadline(self, now: float) -> tuple[PresenceDiff, ...]:
        """Let those go whose grace is over, and return what changed since the last call, a diff a room."""
        diffs = (self._tell(tournament, crowd, now) for tournament, crowd in self._crowds.items())
        return tuple(diff for diff in diffs if diff is not None)

    def _tell(self, tournament: TournamentId, crowd: _Crowd[Link], now: float) -> PresenceDiff | None:
        for who in [who for who, at in crowd.leaving.items() if at <= now]:
            del crowd.leaving[who], crowd.seats[who]
            crowd.changed.add(who)
        joined: list[Member] = []
        left: list[Who] = []
        for who in crowd.changed:
            seat = crowd.seats.get(who)
            if seat is not None and crowd.shown.get(who) != seat.member:
                joined.append(seat.member)
                crowd.shown[who] = seat.member
            elif seat is None and crowd.shown.pop(who, None) is not None:
                left.append(who)
        crowd.changed.clear()
        if not joined and not left:
            return None
        crowd.version += 1
        joined.sort(key=lambda member: (member.since, member.device, member.name))
        left.sort(key=lambda who: (who.device, who.name))
        return PresenceDiff(presence_room(tournament), self._epoch, crowd.version, tuple(joined), tuple(left))
