"""Where a hub's log stands in the stream of a backplane, in the hub's SQLite file.

Whoever calls owns the connection and the transaction: a step is committed with what its group holds. The
table is made when a hub first joins a backplane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.ids import Epoch, TournamentId
from core.hub.judging.chain import Chain, Link, Tail

if TYPE_CHECKING:
    import sqlite3

    from core.hub.judging.chain import Step

CHAIN_TABLE = """
CREATE TABLE IF NOT EXISTS chain (
    tournament TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    of TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL
) WITHOUT ROWID;
"""


def write_step(write: sqlite3.Connection, step: Step) -> None:
    """Store a step in the transaction that is open."""
    link, tail = step.link, step.tail
    write.execute(
        "INSERT OR REPLACE INTO chain VALUES (?, ?, ?, ?, ?)",
        (link.tournament, link.at, link.group, link.epoch, link.seq),
    )
    write.execute("INSERT OR REPLACE INTO hub VALUES ('tail', ?)", (f"{tail.at} {tail.group}",))


def read_chain(connection: sqlite3.Connection) -> Chain:
    """Return where the log stands, and make the table if it is not there."""
    connection.execute(CHAIN_TABLE)
    rows = connection.execute("SELECT tournament, at, of, epoch, seq FROM chain")
    links = [
        Link(TournamentId(tournament), at, group, Epoch(epoch), seq)
        for tournament, at, group, epoch, seq in rows
    ]
    found = connection.execute("SELECT value FROM hub WHERE key = 'tail'").fetchone()
    if found is None:
        return Chain(links)
    place, _, group = found[0].partition(" ")
    return Chain(links, Tail(int(place), group))
