"""Figures on disk: the samples of viewers in a file of their own, and what the log says of its entries.

Kept apart from the log, in `analytics.sqlite3` beside it, so that no commit ever waits for a sample. Every
call opens what it needs and closes it; all of them block.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.domain.ids import DeviceId, RoomId
from core.errors import BadLog, NotSaved
from core.hub.rooms.viewers import Sample
from core.wire.analytics import DeviceEntries, EventsMinute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from core.domain.answers import Outcome
    from core.domain.ids import Epoch, TournamentId

THIN_DAYS = 30
"""Days after which an hour is one sample, no longer one a minute."""
PATIENCE = 5.0
"""Seconds to wait for a lock."""
_TABLE = """
CREATE TABLE IF NOT EXISTS viewers (
    room TEXT NOT NULL,
    minute TEXT NOT NULL,
    viewers INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    PRIMARY KEY (room, minute)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """What the log of one epoch says of its entries."""

    events_per_minute: tuple[EventsMinute, ...]
    devices: tuple[DeviceEntries, ...]
    answers: Mapping[Outcome, int]


def write_samples(path: Path, samples: Iterable[Sample], at: datetime, days: float) -> None:
    """Store samples, thin out old ones, and forget those that are too old.

    Args:
        path: their file, made if it is not there.
        samples: the new ones.
        at: now, UTC.
        days: how long they are kept.

    Raises:
        NotSaved: the disk refused.
    """
    oldest = (at - timedelta(days=days)).isoformat()
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE)) as db, db:
            db.execute(_TABLE)
            db.executemany(
                "INSERT INTO viewers VALUES (?, ?, ?, ?) ON CONFLICT (room, minute) DO UPDATE"
                " SET viewers = excluded.viewers, peak = max(peak, excluded.peak)",
                ((one.room, one.at.isoformat(), one.viewers, one.peak) for one in samples),
            )
            db.execute("DELETE FROM viewers WHERE minute < ?", (oldest,))
            _thin(db, at - timedelta(days=THIN_DAYS))
    except sqlite3.Error as error:
        raise NotSaved(str(path), str(error)) from error


def _thin(db: sqlite3.Connection, until: datetime) -> None:
    """Make whole hours of the minutes before a moment: how many there were on average, and the peak."""
    hour = until.replace(minute=0, second=0, microsecond=0).isoformat()
    hours = db.execute(
        "SELECT room, substr(minute, 1, 13) || ':00:00+00:00' AS hour, CAST(round(avg(viewers)) AS INTEGER),"
        " max(peak) FROM viewers WHERE minute < ? GROUP BY room, hour HAVING count(*) > 1",
        (hour,),
    ).fetchall()
    db.executemany(
        "DELETE FROM viewers WHERE room = ? AND substr(minute, 1, 13) = substr(?, 1, 13)",
        ((room, at) for room, at, _, _ in hours),
    )
    db.executemany("INSERT INTO viewers VALUES (?, ?, ?, ?)", hours)


def read_samples(path: Path, tournament: TournamentId) -> list[Sample]:
    """Return the samples of a tournament's rooms and matches, by minute.

    Raises:
        BadLog: the file cannot be read.
    """
    if not path.exists():
        return []
    mine = (f"tournament:{tournament}", f"tournament:{tournament}:", f"match:{tournament}.")
    try:
        with closing(_reader(path)) as db:
            rows = db.execute(
                "SELECT room, minute, viewers, peak FROM viewers WHERE room = ?"
                " OR substr(room, 1, ?) = ? OR substr(room, 1, ?) = ? ORDER BY minute",
                (mine[0], len(mine[1]), mine[1], len(mine[2]), mine[2]),
            ).fetchall()
    except sqlite3.Error as error:
        raise BadLog(str(path), str(error)) from error
    return [Sample(RoomId(room), datetime.fromisoformat(at), count, peak) for room, at, count, peak in rows]


def read_tally(log: Path, tournament: TournamentId, epoch: Epoch) -> Tally:
    """Return what an epoch's log says of its entries: when, and by whom on which device.

    Raises:
        BadLog: the log cannot be read.
    """
    own = (tournament, epoch)
    try:
        with closing(_reader(log)) as db:
            minutes = db.execute(
                "SELECT substr(json_extract(data, '$.received_at'), 1, 16) AS minute, count(*) FROM events"
                " WHERE tournament = ? AND epoch = ? GROUP BY minute ORDER BY minute",
                own,
            ).fetchall()
            devices = db.execute(
                "SELECT json_extract(data, '$.device') AS device, json_extract(data, '$.by') AS person,"
                " count(DISTINCT command) AS entries FROM events WHERE tournament = ? AND epoch = ?"
                " GROUP BY device, person ORDER BY entries DESC, device, person",
                own,
            ).fetchall()
            answers = db.execute(
                "SELECT outcome, count(*) FROM answers WHERE tournament = ? GROUP BY outcome", (tournament,)
            ).fetchall()
    except sqlite3.Error as error:
        raise BadLog(str(log), str(error)) from error
    return Tally(
        tuple(EventsMinute(datetime.fromisoformat(at).replace(tzinfo=UTC), count) for at, count in minutes),
        tuple(DeviceEntries(DeviceId(device), by, entries) for device, by, entries in devices),
        dict(answers),
    )


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True, timeout=PATIENCE)
