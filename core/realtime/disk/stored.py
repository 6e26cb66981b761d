"""The log of a tournament as this device has it: for what has to be known when no hub is there.

Opens the archive for this one question, reads, and changes nothing. Guarantees that a log is returned whole,
but for the plan, or not at all.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from core.domain.events import Event
from core.errors import BadLog
from core.realtime.disk.folder import ClientFolder

if TYPE_CHECKING:
    from core.domain.ids import TournamentId
    from core.domain.state import Position
    from core.settings import Settings

_event = msgspec.msgpack.Decoder(Event)


def stored_log(settings: Settings, tournament: TournamentId, position: Position) -> tuple[Event, ...]:
    """Return a log as this device saw it; `()` if it has not seen all of it. Blocks.

    The first event, the plan, may be missing: a device gets it as a tournament's state.

    Args:
        settings: where the data folder is.
        tournament: whose log.
        position: up to where it must go.

    Raises:
        BadLog: the archive cannot be read.
    """
    path = ClientFolder(settings.data).archive
    if not path.exists():
        return ()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute(
                "SELECT data FROM events WHERE tournament = ? AND epoch = ? AND seq <= ? ORDER BY seq",
                (tournament, position.epoch, position.seq),
            )
            events = tuple(_event.decode(data) for (data,) in rows)
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise BadLog(str(path), str(error)) from error
    first = events[0].seq if events else 0
    whole = first in (1, 2) and [event.seq for event in events] == list(range(first, position.seq + 1))
    return events if whole else ()
