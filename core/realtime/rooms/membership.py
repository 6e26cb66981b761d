"""Membership: which rooms this process is in, and why.

Owns the reasons: a room is joined by hand, as company of a tournament (presence, everybody's room, and those
of this device's role and team), or because the hub holds it and all are wanted. Guarantees that a room is
left when its last reason goes, that a private or match room which was joined by hand, and which nobody
subscribes to, is left once nothing has happened in it for a while, and that `global` never is. What is
left so is followed again when somebody joins it or subscribes. How a room is carried is `rooms`' affair.
Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.ids import (
    GLOBAL_ROOM,
    admin_room,
    match_room,
    presence_room,
    read_room,
    role_room,
    team_room,
    tournament_room,
)
from core.realtime.effects import Advanced, SideAdvanced
from core.realtime.links.traffic import Rate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.ids import Role, RoomId, RoomParts, TeamId, TournamentId
    from core.realtime.effects import Change


@dataclass(frozen=True, slots=True)
class Wish:
    """A room to be followed from now on, or no longer; each wish to follow is taken back by one not to."""

    room: RoomId
    follow: bool


@dataclass(frozen=True, slots=True)
class Activity:
    """What has happened in a room since it was joined."""

    last_activity: float | None
    """Monotonic time of its newest event here; `None` before the first."""
    event_rate: float
    """Events a second, over the last ten seconds."""


class _Room:
    """One room; changed by `Membership` only."""

    def __init__(self, room: RoomId, parts: RoomParts | None) -> None:
        self.id = room
        self.carried_by = carrier_of(room)
        self.may_idle = parts is not None and parts.kind in ("private", "match")
        self.holders = 0
        self.is_company = False
        self.subscriptions = 0
        self.used_at = 0.0
        self.last_activity: float | None = None
        self.rate = Rate()
        self.followed = False

    @property
    def wanted(self) -> bool:
        return self.holders > 0 or self.is_company

    @property
    def idles(self) -> bool:
        """Whether only time keeps it from being left."""
        return self.may_idle and self.followed and not self.is_company and not self.subscriptions


def carrier_of(room: RoomId) -> RoomId:
    """Return the room that is followed for a room: a match's is its tournament's log, filtered here."""
    parts = read_room(room)
    if parts is None or parts.kind != "match" or parts.tournament is None:
        return room
    return tournament_room(parts.tournament)


def company_of(tournament: TournamentId, role: Role | None, team: TeamId | None) -> frozenset[RoomId]:
    """Return the rooms that go with a tournament for somebody of a role and a team.

    Args:
        tournament: the tournament.
        role: `None` while no hub has said which.
        team: `None` without one.
    """
    rooms = {GLOBAL_ROOM, presence_room(tournament)}
    if role is not None:
        rooms.add(role_room(tournament, role))
    if role == "admin":
        rooms.add(admin_room(tournament))
    if team is not None:
        rooms.add(team_room(tournament, team))
    return frozenset(rooms)


class Membership:
    """The rooms of this process.

    Args:
        idle_after: seconds without an event after which an unused room is left.
    """

    def __init__(self, idle_after: float) -> None:
        self._idle_after = idle_after
        self._rooms: dict[RoomId, _Room] = {}
        self._accompanied: dict[TournamentId, int] = {}
        self._role: Role | None = None
        self._team: TeamId | None = None
        self._seen: set[TournamentId] = set()
        self._wants_all: bool | None = None
        self._due = float("inf")
        """No unused room is to be left before; at that time it is looked which."""

    def join(self, room: RoomId, now: float, *, company: bool = False) -> list[Wish]:
        """Take a room as wanted; each call needs its `leave`.

        Args:
            room: any room.
            now: the time.
            company: whether a tournament's room brings the rooms that go with it (`company_of`).
        """
        found = self._room(room)
        found.holders += 1
        found.used_at = now
        wishes = _refreshed(found)
        self._note_idle(found)
        parts = read_room(room)
        if parts is not None and parts.kind == "tournament" and parts.tournament is not None:
            self._seen.add(parts.tournament)
            if company:
                self._accompanied[parts.tournament] = self._accompanied.get(parts.tournament, 0) + 1
                wishes += self._accompany()
        return wishes

    def leave(self, room: RoomId, *, company: bool = False) -> list[Wish]:
        """Take a `join` back, with the same `company`."""
        found = self._rooms[room]
        found.holders -= 1
        # One that idleness had left stays so for the others that hold it.
        wishes = [] if found.wanted else _refreshed(found)
        parts = read_room(room)
        if company and parts is not None and parts.tournament in self._accompanied:
            self._accompanied[parts.tournament] -= 1
            wishes += self._accompany()
        self._drop(found)
        return wishes

    def join_all(
        self, tournaments: Iterable[TournamentId], now: float, *, company: bool = False
    ) -> list[Wish]:
        """Join what the hub holds, and from now on what it tells of by `receive_directory`."""
        self._wants_all = company
        return self.receive_directory(tournaments, now)

    def receive_directory(self, tournaments: Iterable[TournamentId], now: float) -> list[Wish]:
        """Join, where all are wanted, what was never joined before: what was left by hand stays so."""
        if self._wants_all is None:
            return []
        new = [tournament for tournament in tournaments if tournament not in self._seen]
        company = self._wants_all
        return [wish for t in new for wish in self.join(tournament_room(t), now, company=company)]

    def receive_standing(self, role: Role | None, team: TeamId | None) -> list[Wish]:
        """Hear from the hub which role and team this device has: its company changes with them."""
        if (role, team) == (self._role, self._team):
            return []
        self._role, self._team = role, team
        return self._accompany()

    def subscribe(self, room: RoomId, now: float) -> list[Wish]:
        """Count a subscription: the room is in use, and followed again if idleness had it left."""
        found = self._room(room)
        found.subscriptions += 1
        found.used_at = now
        return _refreshed(found)

    def unsubscribe(self, room: RoomId, now: float) -> None:
        """Count a subscription less."""
        found = self._rooms[room]
        found.subscriptions -= 1
        found.used_at = now
        self._note_idle(found)
        self._drop(found)

    def receive(self, change: Change, now: float) -> None:
        """Note what happens in rooms."""
        if isinstance(change, Advanced):
            for event in change.events:
                if event.match is not None:
                    self._note(match_room(event.match), 1, now)
        elif isinstance(change, SideAdvanced):
            self._note(change.room, len(change.events), now)

    def activity(self, room: RoomId, now: float) -> Activity | None:
        """Return what has happened in a room that is followed; `None` for any other."""
        found = self._rooms.get(room)
        if found is None or not found.followed:
            return None
        return Activity(found.last_activity, found.rate.per_second(now))

    def next_deadline(self) -> float | None:
        """Return when `handle_deadline` is due; `None` while no room can be left unused."""
        return None if self._due == float("inf") else self._due

    def handle_deadline(self, now: float) -> list[Wish]:
        """Leave rooms that nobody has used for too long."""
        if now < self._due:
            return []
        wishes: list[Wish] = []
        self._due = float("inf")
        for room in self._rooms.values():
            if room.idles and room.used_at + self._idle_after <= now:
                room.followed = False
                wishes.append(Wish(room.carried_by, follow=False))
            self._note_idle(room)
        return wishes

    def _note_idle(self, room: _Room) -> None:
        if room.idles:
            self._due = min(self._due, room.used_at + self._idle_after)

    def _note(self, room: RoomId, events: int, now: float) -> None:
        found = self._rooms.get(room)
        if found is not None:
            found.used_at = found.last_activity = now
            found.rate.add(now, events)

    def _room(self, room: RoomId) -> _Room:
        return self._rooms.setdefault(room, _Room(room, read_room(room)))

    def _accompany(self) -> list[Wish]:
        """Bring the company of all tournaments to what role and team say."""
        self._accompanied = {t: holders for t, holders in self._accompanied.items() if holders}
        wanted = frozenset(
            room
            for tournament in self._accompanied
            for room in company_of(tournament, self._role, self._team)
        )
        wishes: list[Wish] = []
        for room in sorted(wanted | {room.id for room in self._rooms.values() if room.is_company}):
            found = self._room(room)
            found.is_company = room in wanted
            wishes += _refreshed(found)
            self._note_idle(found)
            self._drop(found)
        return wishes

    def _drop(self, room: _Room) -> None:
        """Forget a room that nothing holds any more."""
        if not room.wanted and not room.subscriptions:
            self._rooms.pop(room.id, None)


def _refreshed(room: _Room) -> list[Wish]:
    """Follow a room that is wanted and is not followed, or the other way round."""
    if room.wanted == room.followed:
        return []
    room.followed = room.wanted
    return [Wish(room.carried_by, room.followed)]
