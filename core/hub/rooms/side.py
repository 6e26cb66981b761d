"""Rooms with a log of their own: what is said to a team, a role, the admins, or everybody.

Two halves. `SideHeads` belongs to the ledger: it gives each broadcast its place, committed or not yet.
`Sides` holds what is committed: each room's latest events for those who come back. A room that nobody uses is
forgotten after a while and read from its log again when somebody joins. Who is in is `members`' affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.hub.rooms.withheld import shown_to
from core.wire.rooms import SideEvent, SideReplay

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence
    from datetime import datetime

    from core.domain.answers import Answer
    from core.domain.commands import Broadcast, Entry
    from core.domain.ids import DeviceId, Epoch, RoomId
    from core.domain.state import Position

KEEP = 500
"""How many of its latest events a room keeps in memory; a member that is further back begins anew."""
IDLE_TTL = 600.0
"""Seconds without a member and without an event after which a room is forgotten from memory."""


@dataclass(frozen=True, slots=True)
class SideHead:
    """Where a room's log stands."""

    room: RoomId
    epoch: Epoch
    seq: int
    created_at: datetime
    """When its first event was received."""
    last_at: datetime
    """When its last event was received."""


@dataclass(frozen=True, slots=True)
class Said:
    """One event of a room's own log, to be stored with the answer to its entry."""

    room: RoomId
    epoch: Epoch
    event: SideEvent


@dataclass(frozen=True, slots=True)
class SideTail:
    """The end of a room's log, as read."""

    epoch: Epoch
    """`""` where nothing was ever said."""
    events: tuple[SideEvent, ...]
    """The latest ones, in order; at most `KEEP`."""


class SideHeads:
    """Gives each broadcast its place in its room's log.

    Args:
        make_epoch: gives the epoch of a room in which nothing was said before.
        heads: the rooms as the log leaves them.
    """

    def __init__(self, make_epoch: Callable[[], Epoch], heads: Iterable[SideHead] = ()) -> None:
        self._make_epoch = make_epoch
        self._heads = {head.room: head for head in heads}

    @property
    def heads(self) -> tuple[SideHead, ...]:
        """Where the rooms stand."""
        return tuple(self._heads.values())

    def write(self, entry: Entry, command: Broadcast, at: datetime, deliverer: str) -> Said:
        """Return an entry's broadcast at its place.

        Args:
            entry: what was entered.
            command: its broadcast.
            at: when it was received, UTC; times that would go back are lifted to the room's last.
            deliverer: who brought it, `""` when that was the author.
        """
        head = self._heads.get(command.room)
        epoch, seq = (self._make_epoch(), 1) if head is None else (head.epoch, head.seq + 1)
        event = SideEvent(
            seq=seq,
            id=entry.id,
            event=command.event,
            data=command.data,
            by=entry.by,
            device=entry.device,
            entered_at=entry.entered_at,
            received_at=at if head is None else max(at, head.last_at),
            deliverer=deliverer,
            exclude_sender=command.exclude_sender,
        )
        self._heads[command.room] = advanced(head, command.room, epoch, event)
        return Said(command.room, epoch, event)


class SideRoom:
    """A room as committed.

    Args:
        room: its id.
        tail: the end of its log.
    """

    def __init__(self, room: RoomId, tail: SideTail) -> None:
        self.id = room
        self.epoch = tail.epoch
        self.recent = tail.events

    @property
    def seq(self) -> int:
        """Where its log stands."""
        return self.recent[-1].seq if self.recent else 0

    def advance(self, epoch: Epoch, events: Iterable[SideEvent]) -> tuple[SideEvent, ...]:
        """Take what was committed next, and return what of it was not known yet."""
        fresh = tuple(event for event in events if event.seq > self.seq)
        self.epoch = epoch
        self.recent = (*self.recent, *fresh)[-KEEP:]
        return fresh

    def welcome(self, position: Position | None, answers: tuple[Answer, ...], device: DeviceId) -> SideReplay:
        """Return what brings a member from its position to this room's."""
        after = self._after(position)
        events = shown_to(device, self.recent if after is None else after)
        return SideReplay(self.id, self.epoch, self.seq, events, after is not None, answers)

    def _after(self, position: Position | None) -> tuple[SideEvent, ...] | None:
        """Return every event after a position; `None` if not all are here, or it is not of this log."""
        first = self.recent[0].seq if self.recent else 1
        if position is None or position.seq == 0:
            return self.recent if first == 1 else None
        at = position.seq - first
        if position.epoch != self.epoch or not 0 <= at < len(self.recent):
            return None
        return self.recent[at + 1 :] if self.recent[at].id == position.command else None


class Sides:
    """All rooms of a hub that have logs of their own.

    Args:
        load: reads the end of a room's log, as committed.
    """

    def __init__(self, load: Callable[[RoomId], SideTail]) -> None:
        self._load = load
        self._heads: dict[RoomId, SideHead] = {}
        self._rooms: dict[RoomId, SideRoom] = {}
        self._used: dict[RoomId, float] = {}

    def head(self, room: RoomId) -> SideHead | None:
        """Return where a room's log stands; `None` where nothing was ever said."""
        return self._heads.get(room)

    def open(self, room: RoomId, now: float) -> SideRoom:
        """Return a room, read from its log if it is not in memory.

        Raises:
            BadLog: its log cannot be read.
        """
        found = self._rooms.get(room)
        if found is None:
            found = self._rooms[room] = SideRoom(room, self._load(room))
        self._used[room] = now
        return found

    def advance(self, room: RoomId, epoch: Epoch, events: Sequence[SideEvent]) -> tuple[SideEvent, ...]:
        """Take what was committed next in a room, and return what its members have not got yet."""
        head = self._heads.get(room)
        for event in events:
            head = advanced(head, room, epoch, event)
        assert head is not None, "at least one event"
        self._heads[room] = head
        known = self._rooms.get(room)
        return () if known is None else known.advance(epoch, events)

    def handle_deadline(self, now: float, in_use: Container[RoomId]) -> None:
        """Forget rooms that were not used for long; their logs stay.

        Args:
            now: monotonic seconds.
            in_use: the rooms that somebody is in.
        """
        for room, used in tuple(self._used.items()):
            if room in in_use:
                self._used[room] = now
            elif now - used >= IDLE_TTL:
                del self._rooms[room], self._used[room]

    def restart(self, heads: Iterable[SideHead]) -> dict[SideRoom, tuple[SideEvent, ...]]:
        """Bring all rooms to where their logs stand, and return what those in memory were missing.

        Raises:
            BadLog: a log cannot be read.
        """
        self._heads = {head.room: head for head in heads}
        missed: dict[SideRoom, tuple[SideEvent, ...]] = {}
        for room in self._rooms.values():
            tail = self._load(room.id)
            fresh = room.advance(tail.epoch, tail.events)
            if fresh:
                missed[room] = fresh
        return missed


def advanced(head: SideHead | None, room: RoomId, epoch: Epoch, event: SideEvent) -> SideHead:
    """Return where a log stands after its next event."""
    created_at = event.received_at if head is None else head.created_at
    return SideHead(room, epoch, event.seq, created_at, event.received_at)
