"""A tournament as a program reads it, and its rooms.

Handles, cheap to make and to drop: they own nothing that the view does not hold. Every method may be called
from any thread; what waits is awaitable on any event loop.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.domain.ids import (
    ROLES,
    Role,
    TeamId,
    admin_room,
    match_room,
    presence_room,
    role_room,
    team_room,
    tournament_room,
)
from core.domain.tables.standings import tables
from core.errors import Unknown
from core.realtime.room import Device, Room, broadcast
from core.realtime.view import HubLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.domain.answers import Answer
    from core.domain.commands import Score
    from core.domain.events import Event
    from core.domain.ids import TournamentId
    from core.domain.payload import Json
    from core.domain.plan import Team
    from core.domain.state import Tournament
    from core.domain.tables.standings import Table
    from core.realtime.submission import Submission
    from core.realtime.view import Shown
    from core.wire.presence import Member


class Joining(Device, Protocol):
    """What a tournament needs of the realtime client that follows it."""

    def join(self, room: str) -> Room:
        """Be in a room from now on."""
        ...


@dataclass(frozen=True, slots=True)
class TournamentRooms:
    """The rooms of a tournament, joined as far as this device may read them."""

    main: Room
    presence: Room
    admin: Room | None
    """`None` for whoever is no admin."""
    matches: Mapping[str, Room]
    """By the match's whole id."""
    teams: Mapping[str, Room]
    """All for an admin, else that of this device's team."""
    roles: Mapping[Role, Room]
    """All for an admin, else that of this device's role."""

    @property
    def all(self) -> tuple[Room, ...]:
        """Return every one of them."""
        admin = () if self.admin is None else (self.admin,)
        groups = (self.matches, self.teams, self.roles)
        return (self.main, self.presence, *admin, *(room for group in groups for room in group.values()))

    def leave(self) -> None:
        """Leave them all."""
        for room in self.all:
            room.leave()


@dataclass(frozen=True, slots=True)
class Broadcasting:
    """One thing said to one or more rooms: a submission each."""

    submissions: tuple[Submission, ...]

    async def saved(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- handed to asyncio.timeout
        """Wait until all are on this laptop's disk; raises as `Submission.saved`."""
        async with asyncio.timeout(timeout):
            for submission in self.submissions:
                await submission.saved()

    async def confirmed(self, timeout: float | None = None) -> tuple[Answer, ...]:  # noqa: ASYNC109 -- as above
        """Wait for the hub's answers, whatever they are; raises as `Submission.confirmed`."""
        async with asyncio.timeout(timeout):
            return tuple([await submission.confirmed() for submission in self.submissions])


class TournamentFeed:
    """A tournament as this device knows it at each moment; made by `Realtime.tournament`.

    ```python
    await realtime.join("tournament:summer").live(10)
    feed = realtime.tournament("summer")
    print(feed.participants["reds"].name, feed.scores["summer.m001"])
    for table in feed.standings:
        print([row.team for row in table.rows])
    for event in feed.activity[-5:]:
        print(event.seq, event.by)
    await feed.broadcast("lights", {"hall": 1}, roles=["moderator"]).confirmed(10)
    ```
    """

    def __init__(self, device: Joining, id: TournamentId) -> None:
        self._device = device
        self.id = id

    @property
    def shown(self) -> Shown | None:
        """Return all that is known of it; `None` when nothing is."""
        return self._device.view.tournaments.get(self.id)

    @property
    def state(self) -> Tournament | None:
        """Return its state with this device's unanswered entries laid over; `None` when nothing is known."""
        shown = self.shown
        return None if shown is None else shown.projected

    @property
    def scores(self) -> Mapping[str, Score]:
        """Return each match's score by the match's whole id, in playing order."""
        state = self.state
        return {} if state is None else {match.id: match.score for match in state.matches.values()}

    @property
    def participants(self) -> Mapping[str, Team]:
        """Return the teams by id, in the order of the plan."""
        state = self.state
        return {} if state is None else {team.id: team for team in state.teams.values()}

    @property
    def members(self) -> tuple[Member, ...]:
        """Return who is there now, in the order of their coming, as far as its presence is followed."""
        there = self._device.view.members.get(self.id)
        return () if there is None else there.members

    @property
    def standings(self) -> tuple[Table, ...]:
        """Return the table of each pool."""
        state = self.state
        return () if state is None else tables(state)

    @property
    def activity(self) -> tuple[Event, ...]:
        """Return its newest events, oldest first, as far as the feed reaches."""
        lines = self._device.view.feed.lines
        return tuple(line.event for line in lines if isinstance(line, HubLine) and line.tournament == self.id)

    def broadcast(
        self,
        event: str,
        data: Json = None,
        *,
        exclude_sender: bool = False,
        teams: Iterable[str] = (),
        roles: Iterable[Role] = (),
    ) -> Broadcasting:
        """Say something through the outbox: to everybody, or to the rooms of teams and roles alone.

        Args:
            event: its name, by which others subscribe to it.
            data: any JSON value, at most 4 KiB as text.
            exclude_sender: whether this device is not to be told what it said.
            teams: ids of teams whose rooms are told.
            roles: roles whose rooms are told.

        Raises:
            BadInput: the name is one of the hub's own events, the data is no JSON or too much of it, or there
                is no such team or role.
        """
        known = self.participants
        rooms = [team_room(self.id, _team(known, team)) for team in teams]
        rooms += [role_room(self.id, _role(role)) for role in roles]
        return Broadcasting(
            tuple(
                broadcast(self._device, room, event, data, exclude_sender=exclude_sender)
                for room in rooms or [tournament_room(self.id)]
            )
        )

    async def create_rooms(self, timeout: float | None = 30.0) -> TournamentRooms:  # noqa: ASYNC109 -- as above
        """Join the tournament's rooms in one call: its own, presence, matches, admins, teams and roles.

        ```python
        rooms = await realtime.tournament("summer").create_rooms(10)
        rooms.matches["summer.m001"].subscribe("match_completed", lambda event: print("over"))
        rooms.teams["reds"].broadcast("ready", {"court": 1})
        rooms.leave()
        ```

        The hub makes rooms as soon as somebody is in them. Private ones are joined as far as this device may
        read them; those that nobody here subscribes to are left again when nothing happens in them (the
        setting `room_idle`).

        Args:
            timeout: longest wait for the tournament's own room, in seconds; `None` for no limit.

        Raises:
            TimeoutError: no hub was reached in time; nothing stays joined.
        """
        main = self._device.join(tournament_room(self.id))
        try:
            await main.live(timeout)
        except BaseException:
            main.leave()
            raise
        connection, state = self._device.view.connection, self.state
        assert state is not None
        is_admin = connection.role == "admin"
        teams = [team for team in state.teams if is_admin or team == connection.team]
        roles = [role for role in ROLES if is_admin or role == connection.role]
        join = self._device.join
        return TournamentRooms(
            main=main,
            presence=join(presence_room(self.id)),
            admin=join(admin_room(self.id)) if is_admin else None,
            matches={match: join(match_room(match)) for match in state.matches},
            teams={team: join(team_room(self.id, team)) for team in teams},
            roles={role: join(role_room(self.id, role)) for role in roles},
        )


def _team(known: Mapping[str, Team], name: str) -> TeamId:
    """Return a team's id; without any stored copy of the tournament the hub will say whether there is one."""
    if known and name not in known:
        raise Unknown("team", name, sorted(known)[:3])
    return TeamId(name)


def _role(name: str) -> Role:
    for role in ROLES:
        if role == name:
            return role
    raise Unknown("role", name, ROLES)
