"""The rooms: what this device follows, by which link, and whether what arrives there is whole.

Guarantees that a room is joined again after a gap, and set aside, alarmed and tried elsewhere or later when
a link cannot make it whole; that while it moves it stays live on its link until it is whole on its heir; and
that nothing of any other link counts. What is in a room is judged by `contents`, which link carries it is
`routing`'s affair; the ids of unanswered entries that a `Join` names are filled in by the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from core.domain.ids import RoomId, TournamentId, tournament_room
from core.realtime.effects import Advanced, Change, LinkId, Moment, SideAdvanced, Told
from core.realtime.links.traffic import Rate
from core.realtime.rooms.contents import Answer, Contents, RoomMessage, log_of
from core.realtime.view import LocalLine, RoomStats
from core.wire.messages import Join, Leave

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.realtime.effects import Heard

RoomState = Literal["off", "joining", "live", "resync", "aside", "absent"]
"""`off`: no link. `resync`: it was live, and is fetched from its position. `aside`: its link cannot make it
whole. `absent`: the hub does not hold it."""
Cause = Literal["linked", "whole", "broken", "unfit", "missing", "unlinked"]

TRANSITIONS: Mapping[tuple[RoomState, Cause], RoomState] = {
    ("off", "linked"): "joining",
    ("aside", "linked"): "joining",
    ("absent", "linked"): "joining",
    ("joining", "whole"): "live",
    ("joining", "broken"): "joining",
    ("joining", "unfit"): "aside",
    ("joining", "missing"): "absent",
    ("live", "whole"): "live",
    ("live", "broken"): "resync",
    ("live", "unfit"): "aside",
    ("live", "missing"): "absent",
    ("resync", "whole"): "live",
    ("resync", "broken"): "resync",
    ("resync", "unfit"): "aside",
    ("resync", "missing"): "absent",
}
"""Every way from one state to the next; besides, `unlinked` leads from any state to `off`."""

MAX_TRIES = 3
"""How often in a row a room is joined again before it is set aside."""
JOIN_SECONDS = 10.0
"""How long a hub may take to answer a join before it is asked again."""


@dataclass(frozen=True, slots=True)
class Say:
    """Join or leave a room at a hub."""

    link: LinkId
    message: Join | Leave


@dataclass(frozen=True, slots=True)
class Moved:
    """A room is whole on its heir, which carries it from now on."""

    room: RoomId
    link: LinkId


@dataclass(frozen=True, slots=True)
class Unfit:
    """A link cannot make a room whole."""

    room: RoomId
    link: LinkId


@dataclass(frozen=True, slots=True)
class Short:
    """The hub behind a link lacks what was seen of a room."""

    room: RoomId
    link: LinkId


Step: TypeAlias = Change | Say | Moved | Short | Unfit
"""What is to be done about a room: changes go to the store, the rest is for links and routing."""


class _Room:
    """One followed room; changed by `Rooms` only."""

    def __init__(self, room: RoomId) -> None:
        self.id = room
        self.tournament = log_of(room)
        self.state: RoomState = "off"
        self.link: LinkId | None = None
        """Where it is joined; `None` while it is `off` or `aside`."""
        self.heir: LinkId | None = None
        """Where it is joined too, to go on there."""
        self.doubted = False
        """Whether nobody knows if its link still lives."""
        self.followers = 0
        self.tries = 0
        self.deadline: float | None = None
        self.heir_deadline: float | None = None
        self.live_since: float | None = None
        self.last_activity: float | None = None
        self.rate = Rate()

    @property
    def expects(self) -> bool:
        """Whether the answer to its join is to come."""
        return self.state in ("joining", "resync")

    def move(self, cause: Cause) -> None:
        self.state = "off" if cause == "unlinked" else TRANSITIONS[self.state, cause]


class Rooms:
    """All followed rooms.

    Args:
        contents: what was seen of them.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._rooms: dict[RoomId, _Room] = {}

    @property
    def followed(self) -> tuple[RoomId, ...]:
        """Return the followed rooms, in the order of joining."""
        return tuple(self._rooms)

    @property
    def absent(self) -> tuple[RoomId, ...]:
        """Return the rooms that the hubs they were joined at do not hold."""
        return tuple(room.id for room in self._rooms.values() if room.state == "absent")

    @property
    def catching_up(self) -> bool:
        """Return whether a room still waits for what it missed, or may have missed something."""
        return any(room.expects or room.doubted or room.state == "aside" for room in self._rooms.values())

    def barred(self) -> frozenset[TournamentId]:
        """Return the followed tournaments whose entries wait: their answers may come with what is missed."""
        return frozenset(
            room.tournament
            for room in self._rooms.values()
            if room.tournament is not None and room.state in ("joining", "aside")
        )

    def carrier(self, room: RoomId) -> LinkId | None:
        """Return the link on which a room is live; `None` where it is on none."""
        found = self._rooms.get(room)
        return found.link if found is not None and found.state == "live" else None

    def stats(self, room: RoomId, now: float) -> RoomStats | None:
        """Return a followed room in figures; `None` for one that is not followed."""
        found = self._rooms.get(room)
        if found is None:
            return None
        uptime = 0.0 if found.live_since is None else now - found.live_since
        return RoomStats(None, found.followers, found.last_activity, uptime, found.rate.per_second(now))

    def join(self, room: RoomId) -> None:
        """Follow a room; a link is given to it by `carry`."""
        self._rooms.setdefault(room, _Room(room)).followers += 1

    def leave(self, room: RoomId, moment: Moment) -> list[Step]:
        """Follow a room no longer, if that was its last follower."""
        found = self._rooms.get(room)
        if found is None:
            return []
        found.followers -= 1
        if found.followers > 0:
            return []
        del self._rooms[room]
        self._contents.forget(room)
        joined = [link for link in (found.link, found.heir) if link is not None]
        return [*self._dark(found, moment.at), *(Say(link, Leave(room)) for link in joined)]

    def carry(self, room: RoomId, link: LinkId, moment: Moment) -> list[Step]:
        """Have a link carry a room that none carries, or that its own hub lacks."""
        found = self._rooms.get(room)
        if found is None or (found.state, "linked") not in TRANSITIONS:
            return []
        found.link, found.heir, found.heir_deadline = link, None, None
        found.tries = 0
        found.move("linked")
        return self._ask(found, link, moment.now)

    def begin_move(self, room: RoomId, heir: LinkId, moment: Moment) -> list[Step]:
        """Join a room on another link too, which takes over once it is whole there."""
        found = self._rooms.get(room)
        if found is None or found.state == "absent":
            # Nothing is carried that could be kept meanwhile.
            return [Moved(room, heir), *self.carry(room, heir, moment)]
        found.heir, found.heir_deadline = heir, moment.now + JOIN_SECONDS
        return [Say(heir, Join(room, self._contents.begin(room)))]

    def receive_lost(self, link: LinkId, as_of: datetime) -> list[Step]:
        """A link is gone; `as_of` is when its last frame came."""
        steps: list[Step] = []
        for room in self._rooms.values():
            if room.heir == link:
                room.heir, room.heir_deadline = None, None
            if room.link == link:
                steps += self._dark(room, as_of)
                room.move("unlinked")
                room.link, room.deadline = None, None
        return steps

    def doubt(self, link: LinkId, as_of: datetime) -> list[Step]:
        """Nobody knows if a link still lives: its rooms are as of its last frame until it answers."""
        steps: list[Step] = []
        for room in self._rooms.values():
            if room.link == link and room.state == "live":
                steps += self._dark(room, as_of)
                room.doubted = True
        return steps

    def trust(self, link: LinkId) -> list[Step]:
        """A link that was in doubt lives: nothing was missed."""
        doubted = [room for room in self._rooms.values() if room.link == link and room.doubted]
        for room in doubted:
            room.doubted = False
        return [self._contents.liveness(room.id, True) for room in doubted if room.state == "live"]

    def reject(self, link: LinkId, room: RoomId, moment: Moment) -> list[Step]:
        """Follow a room on a link no longer, which shows another of its lives."""
        found = self._rooms.get(room)
        if found is None or link not in (found.link, found.heir):
            return []
        if link == found.heir:
            return self._without_heir(found)
        return self._set_aside(found, moment)

    def receive_missing(self, link: LinkId, room: RoomId, why: str, moment: Moment) -> list[Step]:
        """The hub behind a link does not hold a room."""
        found = self._rooms.get(room)
        if found is None or (found.state, "missing") not in TRANSITIONS:
            return []
        if found.heir == link:
            return self._without_heir(found)
        if found.link != link:
            return []
        steps = self._dark(found, moment.at)
        found.move("missing")
        found.deadline = None
        return [*steps, _alarm(moment, f"{room}: {why}")]

    def receive_bad_log(self, tournament: TournamentId, why: str, moment: Moment) -> list[Step]:
        """What was handed on could not be folded: forget the position, so that all of it comes again."""
        self._contents.logs.forget(tournament)
        found = self._rooms.get(tournament_room(tournament))
        if found is None or (found.state, "broken") not in TRANSITIONS:
            return []
        return self._broken(found, why, moment)

    def receive(self, link: LinkId, message: RoomMessage, moment: Moment) -> list[Step]:
        """Judge what a hub sent in a room."""
        room = self._rooms.get(message.room)
        if room is None:
            return []
        is_answer = isinstance(message, get_args(Answer))
        if link == room.heir and is_answer:
            return self._inherit(room, self._contents.receive(message, whole=False), moment)
        # Before its answer, or after a gap: the answer that was asked for holds these too.
        if link != room.link or not (room.state == "live" or (is_answer and room.expects)):
            return []
        heard = self._contents.receive(message, whole=room.state == "live")
        steps: list[Step] = self._note(room, heard, moment)
        match heard.outcome:
            case "whole":
                steps += self._whole(room, moment)
            case "broken":
                steps += self._broken(room, heard.why, moment)
            case "short":
                steps += self._short(room, heard.why, moment)
            case _:
                pass
        return steps

    def next_deadline(self) -> float | None:
        """Return when a join is overdue; `None` while none can be."""
        return min(
            (
                at
                for room in self._rooms.values()
                for at in (room.deadline, room.heir_deadline)
                if at is not None
            ),
            default=None,
        )

    def handle_deadline(self, moment: Moment) -> list[Step]:
        """Ask again for rooms that the hub did not answer."""
        steps: list[Step] = []
        for room in self._rooms.values():
            if room.heir_deadline is not None and room.heir_deadline <= moment.now:
                steps += self._without_heir(room)
            if room.deadline is not None and room.deadline <= moment.now:
                steps += self._broken(room, "the hub did not answer the join", moment)
        return steps

    def _ask(self, room: _Room, link: LinkId, now: float) -> list[Step]:
        room.deadline = now + JOIN_SECONDS
        return [Say(link, Join(room.id, self._contents.begin(room.id)))]

    def _inherit(self, room: _Room, heard: Heard, moment: Moment) -> list[Step]:
        """Go over to the heir, if what it answered makes the room whole there."""
        steps: list[Step] = self._note(room, heard, moment)
        if heard.outcome == "dropped":
            return steps
        if heard.outcome != "whole":
            return steps + self._without_heir(room)
        before, room.link = room.link, room.heir
        room.heir, room.heir_deadline = None, None
        assert before is not None, "only what is carried moves"
        assert room.link is not None, "an heir has just answered"
        steps += [Say(before, Leave(room.id)), Moved(room.id, room.link)]
        if room.doubted:
            room.doubted = False
            steps.append(self._contents.liveness(room.id, True))
        return steps + self._whole(room, moment)

    def _without_heir(self, room: _Room) -> list[Step]:
        heir, room.heir, room.heir_deadline = room.heir, None, None
        return [] if heir is None else [Say(heir, Leave(room.id)), Unfit(room.id, heir)]

    def _whole(self, room: _Room, moment: Moment) -> list[Step]:
        was_live = room.state == "live"
        room.move("whole")
        room.deadline, room.tries = None, 0
        if was_live:
            return []
        room.live_since = moment.now
        return [self._contents.liveness(room.id, True)]

    def _broken(self, room: _Room, why: str, moment: Moment) -> list[Step]:
        """Join a room again from its position, or set it aside when that has not helped."""
        assert room.link is not None, "only what is joined can break"
        steps = self._dark(room, moment.at)
        room.move("broken")
        room.tries += 1
        if room.tries <= MAX_TRIES:
            return steps + self._ask(room, room.link, moment.now)
        return steps + self._unfit(room, why, moment)

    def _short(self, room: _Room, why: str, moment: Moment) -> list[Step]:
        """Wait for the epoch that the hub begins once it is told what its log lacks, and look again later."""
        assert room.link is not None, "only what is joined is answered"
        steps = self._dark(room, moment.at)
        room.move("broken")
        room.tries += 1
        if room.tries > 1:
            return steps + self._unfit(room, why, moment)
        room.deadline = moment.now + JOIN_SECONDS
        return [*steps, _alarm(moment, f"{room.id}: {why}; it is offered back"), Short(room.id, room.link)]

    def _unfit(self, room: _Room, why: str, moment: Moment) -> list[Step]:
        alarm = _alarm(moment, f"{room.id} cannot be followed: {why}; trying again")
        return [*self._set_aside(room, moment), alarm]

    def _set_aside(self, room: _Room, moment: Moment) -> list[Step]:
        """Give a room up on its link, until another or a later time makes it whole."""
        link, room.link = room.link, None
        assert link is not None, "only what is joined can be found unfit"
        steps = self._dark(room, moment.at) + self._without_heir(room)
        room.move("unfit")
        room.deadline = None
        return [*steps, Say(link, Leave(room.id)), Unfit(room.id, link)]

    def _dark(self, room: _Room, as_of: datetime) -> list[Step]:
        """Say that a room is no longer live, if it was."""
        if room.state != "live":
            return []
        room.live_since = None
        was_doubted, room.doubted = room.doubted, False
        return [] if was_doubted else [self._contents.liveness(room.id, False, as_of)]

    def _note(self, room: _Room, heard: Heard, moment: Moment) -> list[Step]:
        if heard.changes:
            room.last_activity = moment.now
            room.rate.add(
                moment.now,
                sum(
                    len(change.events)
                    for change in heard.changes
                    if isinstance(change, Advanced | SideAdvanced)
                ),
            )
        return list(heard.changes)


def _alarm(moment: Moment, text: str) -> Told:
    return Told(LocalLine(moment.at, "problem", text))
