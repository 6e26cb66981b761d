"""The carriage: links and rooms together, so that every room is carried while any link can.

Composes `pool` (which links there are), `routing` (which link carries which room), `rooms` (what is joined
there) and `directory` (what hubs hold). Guarantees that a room goes on over a live link in the same call in
which its own ended, and that a tournament is followed in one epoch: a link that shows another is set aside
for it, and named, as long as the followed one may be had elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

from core.domain.ids import tournament_room
from core.realtime.effects import Change, DirectoryChanged, Hangup, Told
from core.realtime.links.pool import Pool
from core.realtime.links.routing import Routing
from core.realtime.links.session import CLOSE_NORMAL
from core.realtime.rooms.contents import Contents, RoomMessage, log_of
from core.realtime.rooms.directory import Directory
from core.realtime.rooms.rooms import Moved, Rooms, Say, Short, Step, Unfit
from core.realtime.view import LocalLine
from core.wire.messages import Events, Replay, Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from core.domain.ids import Epoch, RoomId, TournamentId
    from core.realtime.config import EngineConfig
    from core.realtime.effects import LinkId, Moment
    from core.realtime.links.backoff import Dice
    from core.realtime.links.session import Session
    from core.realtime.view import LinkView
    from core.wire.messages import Listing

ASIDE_SECONDS = 30.0
"""How long a link that could not make a room whole is not asked for it."""

Decision: TypeAlias = Change | Say | Moved | Short | Hangup
"""What is to be done: changes go to the store, the rest is for links and the outbox."""


class Carriage:
    """Everything between hubs and what is followed.

    Args:
        config: figures and endpoints.
        dice: where jitter comes from.
    """

    def __init__(self, config: EngineConfig, dice: Dice) -> None:
        self._config = config
        self.pool = Pool(config, dice)
        self.contents = Contents()
        self.rooms = Rooms(self.contents)
        self.directory = Directory()
        self._routing = Routing(config, dice)
        self._entered: set[TournamentId] = set()
        """Tournaments of which this device has entries: a link is kept for them, followed or not."""
        self._named: set[tuple[str, TournamentId, Epoch]] = set()
        """Endpoints that were said to show another epoch."""

    @property
    def main(self) -> Session | None:
        """Return the live link that carries most; `None` without one."""
        return max(self.pool.live, key=lambda session: self._routing.load(session.link), default=None)

    def views(self, now: float) -> tuple[LinkView, ...]:
        """Return one view a link, and one of each endpoint without a link."""
        followed = set(self.rooms.followed)
        carried = {
            session.link: tuple(room for room in self._routing.rooms(session.link) if room in followed)
            for session in self.pool.sessions
        }
        views = self.pool.views(carried, now)
        aside = {str(session.link): self._aside(session) for session in self.pool.live}
        return tuple(replace(view, aside=aside.get(view.id, ())) for view in views)

    def _aside(self, session: Session) -> tuple[TournamentId, ...]:
        """Return the followed tournaments that a link shows in another epoch and stands aside for."""
        shown = ((room, log_of(room)) for room in self.rooms.followed)
        return tuple(
            tournament
            for room, tournament in shown
            if tournament is not None and self._fit(room, session.link) == 0
        )

    def load(self, link: LinkId) -> int:
        """Return how many rooms are on a link."""
        return self._routing.load(link)

    def openings(self, session: Session) -> tuple[frozenset[TournamentId], Collection[TournamentId]]:
        """Return the tournaments whose entries wait as far as a link goes, and those that its hub takes."""
        if not session.is_late:
            return self.barred(session.link), self.directory.held(session.link)
        # It is told of no tournament and carries no room: it delivers all, unless there is a better one.
        better = any(not other.is_late for other in self.pool.live)
        return frozenset(self._entered) if better else frozenset(), self._entered

    def barred(self, link: LinkId) -> frozenset[TournamentId]:
        """Return the tournaments whose entries do not go on a link now."""
        elsewhere = {
            tournament
            for tournament in self._entered
            if self._routing.carrier(tournament_room(tournament)) != link
        }
        return self.rooms.barred() | elsewhere

    def enter(self, tournaments: Iterable[TournamentId]) -> None:
        """Keep a link for entries on these tournaments."""
        for tournament in tournaments:
            if tournament not in self._entered:
                self._entered.add(tournament)
                self._routing.want(tournament_room(tournament))

    def join(self, room: RoomId, moment: Moment) -> list[Decision]:
        """Follow a room from now on."""
        self.rooms.join(room)
        self._routing.want(room)
        # Entries may have had a link kept for it before anybody followed it.
        link = self._routing.carrier(room)
        return [] if link is None else self._digest(self.rooms.carry(room, link, moment), moment)

    def leave(self, room: RoomId, moment: Moment) -> list[Decision]:
        """Follow a room no longer, when nobody else here does."""
        steps = self.rooms.leave(room, moment)
        if room not in self.rooms.followed and log_of(room) not in self._entered:
            self._routing.unwant(room)
        return self._digest(steps, moment)

    def receive_listed(self, session: Session, listings: Sequence[Listing], moment: Moment) -> list[Decision]:
        """Take a hub's list of tournaments; look again for rooms that were at none."""
        self.directory.receive(session.link, session.endpoint, listings)
        steps: list[Decision] = [DirectoryChanged(self.directory.merged())]
        for listing in listings:
            if self._must_stand_aside(session, listing.id, listing.epoch):
                steps += self._stand_aside(session, listing.id, listing.epoch, moment)
        self._seek_absent()
        return steps

    def receive_created(self, session: Session, tournament: TournamentId) -> None:
        """A hub has created a tournament, as this device asked."""
        self.directory.note(session.link, session.endpoint, tournament, None)
        self._seek_absent()

    def receive(self, session: Session, message: RoomMessage, moment: Moment) -> list[Decision]:
        """Judge what a hub sent in a room."""
        tournament = log_of(message.room)
        if tournament is None or not isinstance(message, Snapshot | Replay | Events):
            return self._digest(self.rooms.receive(session.link, message, moment), moment)
        epoch = message.state.position.epoch if isinstance(message, Snapshot) else message.epoch
        self.directory.note(session.link, session.endpoint, tournament, epoch)
        if self._must_stand_aside(session, tournament, epoch):
            steps = self._stand_aside(session, tournament, epoch, moment)
            return steps + self._digest(self.rooms.reject(session.link, message.room, moment), moment)
        before = self.contents.logs.positions.get(tournament)
        steps = self._digest(self.rooms.receive(session.link, message, moment), moment)
        now = self.contents.logs.positions.get(tournament)
        if before is not None and now is not None and before.epoch != now.epoch:
            steps.append(_alarm(moment, f"{tournament}: the hub began a new epoch"))
        return steps

    def receive_missing(self, session: Session, room: RoomId, why: str, moment: Moment) -> list[Decision]:
        """A hub does not hold a room."""
        return self._digest(self.rooms.receive_missing(session.link, room, why, moment), moment)

    def receive_bad_log(self, tournament: TournamentId, why: str, moment: Moment) -> list[Decision]:
        """What was handed on could not be folded: all of it is to come again."""
        return self._digest(self.rooms.receive_bad_log(tournament, why, moment), moment)

    def receive_lost(self, session: Session, moment: Moment) -> list[Decision]:
        """A link has ended: rooms that were about to leave it go on over their heirs."""
        link = session.link
        taken_over = self._routing.receive_lost(link)
        self.directory.forget(link)
        steps = self.rooms.receive_lost(link, session.heard_at or moment.at)
        for move in taken_over:
            steps += self.rooms.carry(move.room, move.link, moment)
        return self._digest(steps, moment)

    def doubt(self, session: Session, moment: Moment) -> list[Decision]:
        """Nobody knows if a link still lives, or its hub is cut off from its log."""
        steps = self.rooms.doubt(session.link, session.heard_at or moment.at)
        return self._digest(steps, moment)

    def trust(self, session: Session, moment: Moment) -> list[Decision]:
        """A link that was in doubt lives, and its hub reaches its log."""
        return self._digest(self.rooms.trust(session.link), moment)

    def plan(self, moment: Moment) -> list[Decision]:
        """Give links to rooms, begin what is to move, and give up links that nothing needs."""
        now = moment.now
        self.pool.needed = max(1, ceil(self._routing.wanted / self._config.max_rooms_per_link))
        steps: list[Step] = []
        for move in self._routing.plan(self.pool.bearers(now), self._fit, now):
            if move.at_once:
                steps += self.rooms.carry(move.room, move.link, moment)
            else:
                steps += self.rooms.begin_move(move.room, move.link, moment)
        planned: list[Decision] = [*self._digest(steps, moment)]
        busy = {session.link for session in self.pool.sessions if self._routing.load(session.link)}
        for session in self.pool.surplus(busy, now):
            self.directory.forget(session.link)
            planned += [
                effect
                for effect in session.hang_up(CLOSE_NORMAL, "this device needs the link no more")
                if isinstance(effect, Hangup)
            ]
        return planned

    def next_deadline(self) -> float | None:
        """Return when `handle_deadline` is due; `None` while nothing is."""
        machines = (self.pool, self.rooms, self._routing)
        return min((at for machine in machines if (at := machine.next_deadline()) is not None), default=None)

    def handle_deadline(self, moment: Moment) -> list[Decision]:
        """Ask again for what was not answered."""
        return self._digest(self.rooms.handle_deadline(moment), moment)

    def _digest(self, steps: list[Step], moment: Moment) -> list[Decision]:
        """Tell routing what became of rooms on their links."""
        for step in steps:
            if isinstance(step, Unfit):
                self._routing.receive_unfit(step.room, step.link, moment.now + ASIDE_SECONDS)
            elif isinstance(step, Moved):
                self._routing.receive_settled(step.room)
        return [step for step in steps if not isinstance(step, Unfit)]

    def _seek_absent(self) -> None:
        """Have rooms that were at no hub looked for where they are now."""
        anywhere = self.directory.anywhere()
        for room in self.rooms.absent:
            if log_of(room) in anywhere:
                self._routing.release(room)

    def _fit(self, room: RoomId, link: LinkId) -> int:
        """Return how well a link fits a room: by what its hub holds, and in which epoch."""
        tournament = log_of(room)
        session = self.pool.session(link)
        assert session is not None, "routing knows open links only"
        if tournament is None or tournament not in self.directory.held(link):
            return 1
        shown = self.directory.epoch(link, tournament)
        if shown is None or self._follows(tournament) in (None, shown):
            return 2
        return 0 if self._must_stand_aside(session, tournament, shown) else 1

    def _follows(self, tournament: TournamentId) -> Epoch | None:
        position = self.contents.logs.positions.get(tournament)
        return None if position is None else position.epoch

    def _keepers(self, session: Session, tournament: TournamentId, epoch: Epoch) -> list[str]:
        """Return the other endpoints that show an epoch, or may be expected to."""
        live = {one.endpoint for one in self.pool.live}
        return [
            address
            for address in self.directory.showing(tournament, epoch)
            if address != session.endpoint and (address in live or self.pool.promising(address))
        ]

    def _must_stand_aside(self, session: Session, tournament: TournamentId, epoch: Epoch) -> bool:
        """Return whether a link shows another epoch than is followed, and that one may be had elsewhere."""
        followed = self._follows(tournament)
        if followed is None or followed == epoch:
            return False
        return bool(self._keepers(session, tournament, followed))

    def _stand_aside(
        self, session: Session, tournament: TournamentId, epoch: Epoch, moment: Moment
    ) -> list[Decision]:
        """Look at once where the followed epoch was seen, and say, once, which endpoint shows another."""
        followed = self._follows(tournament)
        assert followed is not None, "it is another than the one shown"
        for address in self._keepers(session, tournament, followed):
            self.pool.hasten(address, moment.now)
        named = (session.endpoint, tournament, epoch)
        if named in self._named:
            return []
        self._named.add(named)
        text = (
            f"{session.endpoint} shows {tournament} in another epoch than is followed here, and stands aside"
        )
        return [_alarm(moment, text)]


def _alarm(moment: Moment, text: str) -> Told:
    return Told(LocalLine(moment.at, "problem", text))
