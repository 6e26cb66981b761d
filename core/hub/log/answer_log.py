"""The answers in the hub's SQLite file: one row an id, for ever, found again by their unique index.

Whoever calls owns the connection and the transaction: answers are committed with their events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from core.domain.answers import Answer, Outcome
from core.domain.events import Event
from core.domain.ids import CommandId, Epoch
from core.hub.judging.ledger import Known

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from core.domain.ids import TournamentId

_event_of: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def write_answers(
    write: sqlite3.Connection, answers: Iterable[tuple[TournamentId, Known]], *, shared: bool
) -> None:
    """Store answers in the transaction that is open.

    Args:
        write: the connection.
        answers: each with its tournament.
        shared: whether other hubs judge too: two may have judged one id at once, for two tournaments; here
            the first one counts.
    """
    verb = "INSERT OR IGNORE" if shared else "INSERT"
    write.executemany(
        f"{verb} INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                known.answer.id,
                tournament,
                known.digest,
                known.answer.outcome,
                known.answer.epoch,
                known.answer.seq,
                known.answer.version,
                len(known.answer.events),
                known.answer.reason,
            )
            for tournament, known in answers
        ),
    )


def read_answer(connection: sqlite3.Connection, command: CommandId) -> Known | None:
    """Return what became of an id, with its events; `None` if it was never answered.

    Raises:
        sqlite3.Error: the file cannot be read.
        msgspec.MsgspecError: an event in it is none.
        KeyError: an event of the answer is missing.
    """
    # To the end, also of one row: a statement that waits for more would hold up the checkpoints.
    rows = connection.execute(
        "SELECT tournament, digest, outcome, epoch, seq, version, events, reason FROM answers WHERE id = ?",
        (command,),
    ).fetchall()
    if not rows:
        return None
    ((tournament, content, outcome, epoch, seq, version, count, reason),) = rows
    events = connection.execute(
        "SELECT data FROM events WHERE tournament = ? AND epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq",
        (tournament, epoch, seq - count + 1, seq),
    ).fetchall()
    if len(events) != count:
        raise KeyError(f"events of {command}")
    answer = Answer(
        id=command,
        outcome=cast("Outcome", outcome),
        epoch=Epoch(epoch),
        seq=seq,
        version=version,
        events=tuple(_event_of.decode(data) for (data,) in events),
        reason=reason,
    )
    return Known(answer, content)
