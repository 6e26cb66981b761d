"""The rooms: what this device follows, how far it has come in each, and whether what arrives is next.

Owns positions. Guarantees that what it hands on is contiguous or a whole new state: an event seen before is
dropped, a gap has the room joined again from its position, and inside an epoch no snapshot takes it back.
What a hub cannot make whole is set aside, alarmed and tried again slowly. Which link carries a room is
`pool`'s affair; the ids of unanswered entries that a `Join` names are filled in by the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from core.domain.ids import RoomId, TournamentId, short_form, tournament_room
from core.domain.state import Position
from core.realtime.effects import Advanced, Change, Moment, Replaced, RoomLive, Told
from core.realtime.traffic import Rate
from core.realtime.view import LocalLine, RoomStats
from core.wire.messages import Events, Join, Leave, Replay, Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from core.domain.events import Event
    from core.domain.ids import Epoch, MatchId
    from core.domain.state import Tournament

RoomState = Literal["off", "joining", "live", "resync", "aside", "absent"]
"""`off`: no link. `resync`: it was live, and is fetched from its position. `aside`: the hub's log does
not fit what was seen here. `absent`: the hub does not hold it."""
Cause = Literal["linked", "whole", "broken", "unfit", "missing", "again", "unlinked"]

TRANSITIONS: Mapping[tuple[RoomState, Cause], RoomState] = {
    ("off", "linked"): "joining",
    ("joining", "whole"): "live",
    ("joining", "broken"): "joining",
    ("joining", "unfit"): "aside",
    ("joining", "missing"): "absent",
    ("live", "whole"): "live",
    ("live", "broken"): "resync",
    ("live", "missing"): "absent",
    ("resync", "whole"): "live",
    ("resync", "broken"): "resync",
    ("resync", "unfit"): "aside",
    ("resync", "missing"): "absent",
    ("aside", "again"): "joining",
    ("absent", "again"): "joining",
}
"""Every way from one state to the next; besides, `unlinked` leads from any state to `off`."""

Step: TypeAlias = Change | Join | Leave
"""What is to be done about a room: changes go to the store, the rest on the link that carries it."""

MAX_TRIES = 3
"""How often in a row a room is joined again before it is set aside."""
JOIN_SECONDS = 10.0
"""How long a hub may take to answer a join before it is asked again."""
ASIDE_SECONDS = 30.0
"""How long a room stays aside before it is tried again."""


class _Room:
    """One followed room; changed by `Rooms` only."""

    def __init__(self, room: RoomId) -> None:
        self.id = room
        prefix, _, name = room.partition(":")
        self.tournament = TournamentId(name) if prefix == "tournament" else None
        self.state: RoomState = "off"
        self.followers = 0
        self.tries = 0
        self.deadline: float | None = None
        self.live_since: float | None = None
        self.last_activity: float | None = None
        self.rate = Rate()

    def move(self, cause: Cause) -> None:
        self.state = "off" if cause == "unlinked" else TRANSITIONS[self.state, cause]


class Rooms:
    """All followed rooms and the positions of all tournaments that were ever seen."""

    def __init__(self) -> None:
        self._rooms: dict[RoomId, _Room] = {}
        self._positions: dict[TournamentId, Position] = {}
        self._versions: dict[TournamentId, dict[MatchId, int]] = {}
        """How far each match was seen in the epoch of its tournament's position."""
        self._linked = False

    @property
    def followed(self) -> tuple[RoomId, ...]:
        """Return the followed rooms, in the order of joining."""
        return tuple(self._rooms)

    @property
    def catching_up(self) -> bool:
        """Return whether a room still waits for what it missed."""
        return any(room.state in ("joining", "resync") for room in self._rooms.values())

    @property
    def positions(self) -> Mapping[TournamentId, Position]:
        """Return how far this device has come in each tournament of which it has seen anything."""
        return self._positions

    def barred(self) -> frozenset[TournamentId]:
        """Return the followed tournaments whose entries wait: their answers may come with what is missed."""
        return frozenset(
            room.tournament
            for room in self._rooms.values()
            if room.tournament is not None and room.state in ("joining", "aside")
        )

    def stats(self, room: RoomId, now: float) -> RoomStats | None:
        """Return a followed room in figures; `None` for one that is not followed."""
        found = self._rooms.get(room)
        if found is None:
            return None
        uptime = 0.0 if found.live_since is None else now - found.live_since
        return RoomStats(None, found.followers, found.last_activity, uptime, found.rate.per_second(now))

    def restore(self, states: Iterable[Tournament]) -> list[Step]:
        """Take over stored copies: their positions are where joining goes on."""
        steps: list[Step] = []
        for state in states:
            self._take(state)
            steps.append(Replaced(state, stored=True))
        return steps

    def join(self, room: RoomId, moment: Moment) -> list[Step]:
        """Follow a room."""
        found = self._rooms.setdefault(room, _Room(room))
        found.followers += 1
        if found.followers > 1 or not self._linked:
            return []
        return self._link(found, moment.now)

    def leave(self, room: RoomId, moment: Moment) -> list[Step]:
        """Follow a room no longer, if that was its last follower."""
        found = self._rooms.get(room)
        if found is None:
            return []
        found.followers -= 1
        if found.followers > 0:
            return []
        del self._rooms[room]
        return [*self._dark(found, moment.at), *([Leave(room)] if self._linked else [])]

    def receive_link(self, moment: Moment) -> list[Step]:
        """A link went live: join everything on it."""
        self._linked = True
        return [step for room in self._rooms.values() for step in self._link(room, moment.now)]

    def receive_unlinked(self, as_of: datetime) -> list[Step]:
        """The link is gone; `as_of` is when its last frame came."""
        self._linked = False
        steps: list[Step] = []
        for room in self._rooms.values():
            steps += self._dark(room, as_of)
            room.move("unlinked")
            room.deadline = None
        return steps

    def receive_listed(self, tournaments: Collection[TournamentId], moment: Moment) -> list[Step]:
        """The hub named the tournaments that it holds: join those that it did not hold before."""
        steps: list[Step] = []
        for room in self._rooms.values():
            if room.state == "absent" and room.tournament in tournaments:
                steps += self._again(room, moment.now)
        return steps

    def receive_missing(self, room: RoomId, why: str, moment: Moment) -> list[Step]:
        """The hub does not hold a room."""
        found = self._rooms.get(room)
        if found is None or (found.state, "missing") not in TRANSITIONS:
            return []
        steps = self._dark(found, moment.at)
        found.move("missing")
        found.deadline = None
        return [*steps, _alarm(moment, f"{room}: {why}")]

    def receive_bad_log(self, tournament: TournamentId, why: str, moment: Moment) -> list[Step]:
        """What was handed on could not be folded: forget the position, so that all of it comes again."""
        self._positions.pop(tournament, None)
        found = self._rooms.get(tournament_room(tournament))
        if found is None or (found.state, "broken") not in TRANSITIONS:
            return []
        return self._broken(found, why, moment)

    def receive(self, message: Snapshot | Replay | Events, moment: Moment) -> list[Step]:
        """Judge what a hub sent in a room."""
        room = self._rooms.get(message.room)
        if room is None or room.tournament is None:
            return []
        match message:
            case Snapshot(_, state):
                return self._snapshot(room, state, moment)
            case Replay(_, epoch, events) if room.state in ("joining", "resync", "live"):
                return self._events(room, room.tournament, epoch, events, moment)
            case Events(_, epoch, events) if room.state == "live":
                return self._events(room, room.tournament, epoch, events, moment)
            case _:
                # Before its replay, or after a gap: the replay that was asked for holds these too.
                return []

    def next_deadline(self) -> float | None:
        """Return when a room is asked for again; `None` while none waits."""
        return min((at for room in self._rooms.values() if (at := room.deadline) is not None), default=None)

    def handle_deadline(self, moment: Moment) -> list[Step]:
        """Ask again for rooms that the hub did not answer, or that stood aside long enough."""
        steps: list[Step] = []
        for room in self._rooms.values():
            if room.deadline is None or room.deadline > moment.now:
                continue
            if room.state == "aside":
                steps += self._again(room, moment.now)
            else:
                steps += self._broken(room, "the hub did not answer the join", moment)
        return steps

    def _link(self, room: _Room, now: float) -> list[Step]:
        room.tries = 0
        room.move("linked")
        return self._ask(room, now)

    def _again(self, room: _Room, now: float) -> list[Step]:
        room.tries = 0
        room.move("again")
        return self._ask(room, now)

    def _ask(self, room: _Room, now: float) -> list[Step]:
        room.deadline = now + JOIN_SECONDS
        position = None if room.tournament is None else self._positions.get(room.tournament)
        return [Join(room.id, position)]

    def _events(
        self, room: _Room, tournament: TournamentId, epoch: Epoch, events: Sequence[Event], moment: Moment
    ) -> list[Step]:
        position = self._positions.get(tournament)
        if position is not None and position.epoch != epoch:
            return self._broken(room, f"its events are of epoch {epoch}, not {position.epoch}", moment)
        fresh, whole = _next(position, events)
        steps: list[Step] = []
        if fresh:
            self._positions[tournament] = Position(epoch, fresh[-1].seq, fresh[-1].command)
            self._versions.setdefault(tournament, {}).update(
                (event.match, event.version) for event in fresh if event.match is not None
            )
            self._note(room, len(fresh), moment.now)
            steps.append(Advanced(tournament, epoch, fresh))
        return steps + (
            self._whole(room, tournament, moment)
            if whole
            else self._broken(room, "there is a gap in its events", moment)
        )

    def _snapshot(self, room: _Room, state: Tournament, moment: Moment) -> list[Step]:
        if (room.state, "whole") not in TRANSITIONS or room.tournament != state.id:
            return []
        before = self._positions.get(state.id)
        why = None if before is None else self._contradiction(before, state)
        if why is not None:
            if room.state == "live":
                # The answer to a join that was asked twice: what followed the first is newer.
                return []
            room.tries = max(room.tries, MAX_TRIES - 1)
            return self._broken(room, why, moment)
        self._take(state)
        self._note(room, 0, moment.now)
        steps: list[Step] = [Replaced(state)]
        if before is not None and before.epoch != state.position.epoch:
            steps.append(_alarm(moment, f"{state.name}: the hub began a new epoch"))
        return steps + self._whole(room, state.id, moment)

    def _contradiction(self, before: Position, state: Tournament) -> str | None:
        """Say how a snapshot takes back what was seen in its own epoch; `None` if it does not."""
        now = state.position
        if now.epoch != before.epoch:
            return None
        if now.seq < before.seq:
            return f"the hub's log ends at {now.seq}, before {before.seq}, which was seen here"
        if now.seq == before.seq and now.command != before.command:
            return f"the hub's log has another event {now.seq} than was seen here"
        for id, version in self._versions[state.id].items():
            match = state.matches.get(id)
            if match is None or match.version < version:
                return f"the hub's log lacks events of {short_form(id)} that were seen here"
        return None

    def _take(self, state: Tournament) -> None:
        self._positions[state.id] = state.position
        self._versions[state.id] = {match.id: match.version for match in state.matches.values()}

    def _whole(self, room: _Room, tournament: TournamentId, moment: Moment) -> list[Step]:
        was_live = room.state == "live"
        room.move("whole")
        room.deadline, room.tries = None, 0
        if was_live:
            return []
        room.live_since = moment.now
        return [RoomLive(tournament, True)]

    def _broken(self, room: _Room, why: str, moment: Moment) -> list[Step]:
        """Join a room again from its position, or set it aside when that has not helped."""
        steps = self._dark(room, moment.at)
        room.move("broken")
        room.tries += 1
        if room.tries <= MAX_TRIES:
            return steps + self._ask(room, moment.now)
        room.move("unfit")
        room.deadline = moment.now + ASIDE_SECONDS
        return [*steps, _alarm(moment, f"{room.id} cannot be followed: {why}; trying again")]

    def _dark(self, room: _Room, as_of: datetime) -> list[Step]:
        """Say that a room is no longer live, if it was."""
        if room.state != "live" or room.tournament is None:
            return []
        room.live_since = None
        return [RoomLive(room.tournament, False, as_of)]

    def _note(self, room: _Room, events: int, now: float) -> None:
        room.last_activity = now
        room.rate.add(now, events)


def _next(position: Position | None, events: Sequence[Event]) -> tuple[tuple[Event, ...], bool]:
    """Return those events that come next after a position, and whether that is all that is new."""
    seq = 0 if position is None else position.seq
    fresh: list[Event] = []
    for event in events:
        if event.seq == seq + 1:
            fresh.append(event)
            seq += 1
        elif event.seq > seq:
            return tuple(fresh), False
        elif position is not None and event.seq == position.seq and event.command != position.command:
            return (), False
    return tuple(fresh), True


def _alarm(moment: Moment, text: str) -> Told:
    return Told(LocalLine(moment.at, "problem", text))
