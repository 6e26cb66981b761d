"""Rooms and tournaments as a program reads them.

Owns nothing that the view does not hold: these are handles, cheap to make and to drop. Every method may be
called from any thread; what waits is awaitable on any event loop.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.commands import Broadcast
from core.domain.ids import (
    GLOBAL_ROOM,
    ROLES,
    Role,
    TeamId,
    admin_room,
    match_room,
    presence_room,
    read_room,
    role_room,
    team_room,
    tournament_room,
)
from core.domain.payload import pack_payload
from core.domain.rooms import room_name
from core.domain.tables.standings import tables
from core.errors import BadInput, Unknown
from core.realtime.attendance import MAX_WAITING
from core.realtime.rooms.membership import carrier_of
from core.realtime.rooms.presence import in_room
from core.realtime.rooms.subscriptions import ALL, OWN_NAMES, Subscription, event_names
from core.realtime.view import HubLine
from core.wire.rooms import RoomMetadata

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from core.domain.answers import Answer
    from core.domain.commands import Score
    from core.domain.events import Event
    from core.domain.ids import RoomId, RoomKind, TournamentId
    from core.domain.payload import Json
    from core.domain.plan import Team
    from core.domain.state import Tournament
    from core.domain.tables.standings import Table
    from core.realtime.attendance import EventReader
    from core.realtime.realtime import Realtime
    from core.realtime.rooms.subscriptions import Callback
    from core.realtime.submission import Submission
    from core.realtime.view import RoomStats, Shown, View
    from core.wire.presence import Member


class Room:
    """A room that this device is in; made by `Realtime.join`.

    ```python
    room = await realtime.join("match:summer.m001").live(10)
    unsubscribe = room.subscribe("points_added", lambda event: print(event.seq, event.by))
    with room.events("points_added", "match_completed") as events:
        realtime.submit(core.commands.AddScore("m1", "reds", +1))
        async for event in events:
            print(event.name, event.at, room.stats())
            break
    unsubscribe()
    ```
    """

    def __init__(self, realtime: Realtime, id: RoomId, leave: Callable[[], None]) -> None:
        self._realtime = realtime
        self._leave = leave
        self.id = id

    def __await__(self) -> Generator[None, None, Room]:
        yield from asyncio.sleep(0).__await__()
        return self

    @property
    def kind(self) -> RoomKind:
        """Return what kind of room it is."""
        parts = read_room(self.id)
        assert parts is not None
        return parts.kind

    @property
    def is_live(self) -> bool:
        """Return whether a link carries the room now, and nothing is missing."""
        return _is_live(self._realtime.view, self.id)

    async def live(self, timeout: float | None = None) -> Room:  # noqa: ASYNC109 -- handed to asyncio.timeout
        """Wait until a link carries the room and nothing is missing.

        Args:
            timeout: longest wait in seconds; `None` for no limit.

        Raises:
            TimeoutError: it was not to be had in time; what is stored here is in the view all the same.
        """
        await self._realtime.wait_for(lambda view: _is_live(view, self.id), timeout)
        return self

    def subscribe(self, events: str | Iterable[str], callback: Callback) -> Callable[[], None]:
        """Call `callback` on the realtime thread with each such event from now on, in order.

        Args:
            events: names of events (`points_added`, a broadcast's own, `member_joined`, ...), or `*` for all.
                A subscriber of `*` or `reset` is told with `reset` that what follows does not follow on what
                it was told before.
            callback: called with the event; what it raises is logged, said in the feed, and stops nobody
                else. It may subscribe and unsubscribe.

        Returns:
            What ends that, at once; callable twice. It goes on over leaving and joining again.

        Raises:
            BadInput: no event is named.
        """
        subscription = Subscription(self.id, event_names(events), callback)
        return self._realtime.attendance.subscribe(subscription)

    def events(self, *names: str, limit: int = MAX_WAITING) -> EventReader:
        """Return the events from now on, to be read one after the other: `async for event in room.events():`.

        Args:
            names: names of events; none for all.
            limit: most events that wait for the reader. When more come it has fallen behind, and after those
                that wait reads `FellBehind`: nothing is left out in silence.

        Raises:
            BadInput: an event's name is empty, or the limit is below 1.
        """
        if limit < 1:
            raise BadInput("a reader needs room for one event at least")
        return self._realtime.attendance.read(self.id, event_names(names or ALL), limit)

    def members(self) -> tuple[Member, ...]:
        """Return who is in the room, in the order of their coming.

        That is known of tournaments whose presence is followed (the setting `auto_join`, or joining
        `tournament:{t}:presence`); a match's members are its tournament's.
        """
        return in_room(self.id, self._realtime.view.members) or ()

    def metadata(self) -> RoomMetadata:
        """Return what the room is for; its name is its id while its tournament is not known here."""
        parts = read_room(self.id)
        assert parts is not None
        shown = None if parts.tournament is None else self._realtime.view.tournaments.get(parts.tournament)
        name = str(self.id)
        if shown is not None and (parts.team is None or parts.team in shown.confirmed.teams):
            name = room_name(shown.confirmed, parts)
        return RoomMetadata(name, parts.team, parts.role, parts.match)

    def stats(self) -> RoomStats | None:
        """Return the room in figures; `None` while nobody here follows it."""
        return self._realtime.room_stats(self.id)

    def broadcast(self, event: str, data: Json = None, *, exclude_sender: bool = False) -> Submission:
        """Say something to everybody in the room, through the outbox.

        ```python
        room = await realtime.join("tournament:summer:admin").live(10)
        with room.events("doors") as events:
            await room.broadcast("doors", {"open": True}).confirmed(10)
            print((await anext(events)).data["open"])
        ```

        Args:
            event: its name, by which others subscribe to it.
            data: any JSON value, at most 4 KiB as text.
            exclude_sender: whether this device is not to be told what it said.

        Raises:
            BadInput: the name is one of the hub's own events, or the data is no JSON or too much of it.
        """
        return broadcast(self._realtime, self.id, event, data, exclude_sender=exclude_sender)

    def leave(self) -> None:
        """Be in the room no longer; others of this program who joined it stay. May be called twice."""
        self._leave()


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

    def __init__(self, realtime: Realtime, id: TournamentId) -> None:
        self._realtime = realtime
        self.id = id

    @property
    def shown(self) -> Shown | None:
        """Return all that is known of it; `None` when nothing is."""
        return self._realtime.view.tournaments.get(self.id)

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
        there = self._realtime.view.members.get(self.id)
        return () if there is None else there.members

    @property
    def standings(self) -> tuple[Table, ...]:
        """Return the table of each pool."""
        state = self.state
        return () if state is None else tables(state)

    @property
    def activity(self) -> tuple[Event, ...]:
        """Return its newest events, oldest first, as far as the feed reaches."""
        lines = self._realtime.view.feed.lines
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
                broadcast(self._realtime, room, event, data, exclude_sender=exclude_sender)
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
        main = self._realtime.join(tournament_room(self.id))
        try:
            await main.live(timeout)
        except BaseException:
            main.leave()
            raise
        connection, state = self._realtime.view.connection, self.state
        assert state is not None
        is_admin = connection.role == "admin"
        teams = [team for team in state.teams if is_admin or team == connection.team]
        roles = [role for role in ROLES if is_admin or role == connection.role]
        join = self._realtime.join
        return TournamentRooms(
            main=main,
            presence=join(presence_room(self.id)),
            admin=join(admin_room(self.id)) if is_admin else None,
            matches={match: join(match_room(match)) for match in state.matches},
            teams={team: join(team_room(self.id, team)) for team in teams},
            roles={role: join(role_room(self.id, role)) for role in roles},
        )


def broadcast(
    realtime: Realtime, room: RoomId, event: str, data: Json, *, exclude_sender: bool
) -> Submission:
    """Enter a broadcast to one room.

    Raises:
        BadInput: the name is one of the hub's own events, or the data is no JSON or too much of it.
    """
    if event in OWN_NAMES:
        raise BadInput(f"{event!r} is an event of the hub's own; give the broadcast another name")
    # To everybody it goes in the order of some tournament: which one is told to nobody.
    tournament = next(iter(realtime.view.tournaments), None) if room == GLOBAL_ROOM else None
    return realtime.submit(Broadcast(room, event, pack_payload(data), exclude_sender), tournament=tournament)


def _is_live(view: View, room: RoomId) -> bool:
    carrier = carrier_of(room)
    parts = read_room(carrier)
    if parts is None or parts.has_own_log or parts.tournament is None:
        side = view.sides.get(room)
        return side is not None and side.live
    if parts.kind == "presence":
        there = view.members.get(parts.tournament)
        return there is not None and there.live
    shown = view.tournaments.get(parts.tournament)
    return shown is not None and shown.live


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
