"""The logs of teams, roles, admins and everybody in the hub's SQLite file, beside the tournaments' own.

Whoever calls owns the connection and the transaction: broadcasts are committed with the answers to their
entries.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from core.domain.ids import Epoch, RoomId
from core.hub.rooms.side import KEEP, SideHead, SideTail
from core.wire.rooms import SideEvent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from core.hub.rooms.side import Said

SIDE_TABLES = """
CREATE TABLE IF NOT EXISTS side_rooms (room TEXT PRIMARY KEY, epoch TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS side_events (
    room TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    command TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (room, epoch, seq)
) WITHOUT ROWID;
"""

_event_json = msgspec.json.Encoder()
_event_of: msgspec.json.Decoder[SideEvent] = msgspec.json.Decoder(SideEvent)


def write_sides(write: sqlite3.Connection, said: Iterable[Said]) -> None:
    """Store broadcasts in the transaction that is open."""
    for one in said:
        event = one.event
        if event.seq == 1:
            first = (one.room, one.epoch, event.received_at.isoformat())
            write.execute("INSERT INTO side_rooms VALUES (?, ?, ?)", first)
        row = (one.room, one.epoch, event.seq, event.id, _event_json.encode(event).decode())
        write.execute("INSERT INTO side_events VALUES (?, ?, ?, ?, ?)", row)


def read_heads(connection: sqlite3.Connection) -> tuple[SideHead, ...]:
    """Return where each room's log stands."""
    # The other columns are those of the row with the highest seq (SQLite, "Bare columns in an aggregate").
    rows = connection.execute(
        "SELECT room, epoch, max(seq), created_at, data FROM side_rooms JOIN side_events USING (room, epoch)"
        " GROUP BY room"
    )
    return tuple(
        SideHead(
            RoomId(room),
            Epoch(epoch),
            seq,
            datetime.fromisoformat(created_at),
            _event_of.decode(data).received_at,
        )
        for room, epoch, seq, created_at, data in rows
    )


def read_tail(connection: sqlite3.Connection, room: RoomId) -> SideTail:
    """Return the end of a room's log."""
    rows = connection.execute(
        "SELECT epoch, data FROM side_rooms JOIN side_events USING (room, epoch) WHERE room = ?"
        " ORDER BY seq DESC LIMIT ?",
        (room, KEEP),
    ).fetchall()
    events = tuple(_event_of.decode(data) for _, data in reversed(rows))
    return SideTail(Epoch(rows[0][0]) if rows else Epoch(""), events)


def trim_sides(write: sqlite3.Connection, keep: int, oldest: datetime) -> None:
    """Forget broadcasts that are too many or too old, in the transaction that is open.

    The last one of each room stays, so that no seq is ever given twice; a member that is further back than
    what is left begins anew, and is told so.

    Args:
        write: the connection.
        keep: how many of its latest ones each room keeps.
        oldest: those received before are forgotten.
    """
    rooms = write.execute("SELECT room, epoch, max(seq) FROM side_events GROUP BY room, epoch").fetchall()
    for room, epoch, last in rooms:
        write.execute(
            "DELETE FROM side_events WHERE room = ? AND epoch = ? AND seq < ?"
            " AND (seq <= ? OR json_extract(data, '$.received_at') < ?)",
            (room, epoch, last, last - keep, oldest.isoformat()),
        )
