"""News: what was committed, brought to the rooms and told to those who are in them; one batch a room.

Owns the rooms' committed states. Nothing gets in here before it is committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.hub.rooms.room import Rooms
from core.hub.rooms.side import Sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from core.domain.events import Event
    from core.domain.ids import RoomId, TournamentId
    from core.domain.state import Tournament
    from core.hub.judging.ledger import Ruling
    from core.hub.judging.parties import Audience
    from core.hub.log.sqlite_log import Content
    from core.hub.rooms.side import Said, SideTail


class News:
    """The rooms as committed, and who is told.

    Args:
        audience: who is told what happened.
        load: reads the end of the log of a room that has one of its own, as committed.
    """

    def __init__(self, audience: Audience, load: Callable[[RoomId], SideTail]) -> None:
        self.rooms = Rooms()
        self.sides = Sides(load)
        self._audience = audience

    def take(self, content: Content) -> None:
        """Bring the rooms to where the log stands, and tell their members what they missed."""
        opened = False
        for kept in content.tournaments:
            room = self.rooms.room(kept.state.id)
            if room is None:
                self.rooms.open(kept.state, kept.recent, kept.created_at)
                opened = True
                continue
            here, there = room.state.position, kept.state.position
            missed = tuple(event for event in kept.recent if event.seq > here.seq)
            if here.epoch != there.epoch or there.seq - here.seq > len(missed):
                room.restart(kept.state, kept.recent)
                self._audience.restart(room)
                opened = True
            elif missed:
                room.advance(kept.state, missed)
                self._audience.publish(room, missed)
        if opened:
            self._audience.announce()
        for side, missed_there in self.sides.restart(content.sides).items():
            self._audience.publish_side(side.id, side.epoch, missed_there)

    def publish(
        self, rulings: Sequence[Ruling], state_of: Callable[[TournamentId], Tournament | None]
    ) -> None:
        """Bring the rooms to what was committed, and tell their members.

        Args:
            rulings: what was.
            state_of: returns a tournament with that.
        """
        happened: dict[TournamentId, list[Event]] = {}
        for ruling in rulings:
            state = state_of(ruling.tournament)
            # What is filed of an older epoch is no news of this one.
            if ruling.answer.events and state is not None and state.position.epoch == ruling.answer.epoch:
                happened.setdefault(ruling.tournament, []).extend(ruling.answer.events)
        opened = False
        for tournament, events in happened.items():
            state = state_of(tournament)
            assert state is not None, "events were judged on a state"
            room = self.rooms.room(tournament)
            if room is None:
                self.rooms.open(state, events)
                opened = True
            elif events[0].seq == 1:
                room.restart(state, events)
                self._audience.restart(room)
                opened = True
            else:
                room.advance(state, events)
                self._audience.publish(room, tuple(events))
        if opened:
            self._audience.announce()
        self._publish_sides([ruling.said for ruling in rulings if ruling.said is not None])

    def _publish_sides(self, said: Iterable[Said]) -> None:
        happened: dict[RoomId, list[Said]] = {}
        for one in said:
            happened.setdefault(one.room, []).append(one)
        for room, news in happened.items():
            epoch = news[-1].epoch
            fresh = self.sides.advance(room, epoch, [one.event for one in news])
            if fresh:
                self._audience.publish_side(room, epoch, fresh)
