"""The logs of rooms of their own (teams, roles, admins, everybody): how far this device has come in each.

Owns positions. Guarantees that what it hands on is contiguous or visibly begun anew: an event seen before is
dropped, a gap has the room joined again from its position, and what the hub can no longer complete comes as
a reset. When to join is `rooms`' affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from core.domain.ids import read_room
from core.domain.state import Position
from core.realtime.effects import Heard, SideAdvanced
from core.wire.rooms import SideEvents, SideReplay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.domain.ids import Epoch, RoomId
    from core.wire.rooms import SideEvent


class Side:
    """The positions in all logs that are no tournament's public one."""

    def __init__(self) -> None:
        self._positions: dict[RoomId, Position] = {}

    @property
    def positions(self) -> Mapping[RoomId, Position]:
        """Return how far this device has come in each room in which it has heard anything."""
        return self._positions

    def receive(self, message: SideReplay | SideEvents) -> Heard:
        """Judge what a hub sent in a room with a log of its own."""
        parts = read_room(message.room)
        if parts is None or not parts.has_own_log:
            return Heard("dropped")
        if isinstance(message, SideReplay):
            return self._replay(message)
        return self._events(message.room, message.epoch, message.events)

    def _replay(self, replay: SideReplay) -> Heard:
        if not replay.recovered:
            return self._reset(replay)
        if replay.seq == 0 and replay.room not in self._positions:
            # Nothing was ever said there; its epoch begins with its first event.
            return Heard("whole")
        heard = self._events(replay.room, replay.epoch, replay.events)
        position = self._positions.get(replay.room)
        if heard.outcome == "broken" or (position is not None and position.seq >= replay.seq):
            return heard
        return Heard("broken", heard.changes, why=f"the hub's replay ends before {replay.seq}")

    def _reset(self, replay: SideReplay) -> Heard:
        """Begin anew with the latest events, which do not follow on what was seen here."""
        self._positions.pop(replay.room, None)
        if replay.seq:
            last = replay.events[-1].id if replay.events else None
            self._positions[replay.room] = Position(replay.epoch, replay.seq, last)
        change = SideAdvanced(replay.room, replay.epoch, replay.seq, replay.events, reset=True)
        return Heard("whole", (change,))

    def _events(self, room: RoomId, epoch: Epoch, events: Sequence[SideEvent]) -> Heard:
        position = self._positions.get(room)
        if position is not None and position.epoch != epoch:
            # Joined with its old position it is answered by what replaces all.
            return Heard("broken", why=f"its events are of epoch {epoch}, not {position.epoch}")
        seq = 0 if position is None else position.seq
        fresh = [event for event in events if event.seq > seq]
        for offset, event in enumerate(fresh, 1):
            if event.seq != seq + offset:
                return self._advance(room, epoch, fresh[: offset - 1], why=f"event {seq + offset} is missing")
        return self._advance(room, epoch, fresh)

    def _advance(self, room: RoomId, epoch: Epoch, events: Sequence[SideEvent], why: str = "") -> Heard:
        """Move on by events that come next."""
        outcome: Literal["whole", "broken"] = "broken" if why else "whole"
        if not events:
            return Heard(outcome, why=why)
        last = events[-1]
        self._positions[room] = Position(epoch, last.seq, last.id)
        change = SideAdvanced(room, epoch, last.seq, tuple(events))
        return Heard(outcome, (change,), why)
