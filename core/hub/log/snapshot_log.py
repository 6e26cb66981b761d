"""Stored snapshots in the hub's SQLite file: what the log of a tournament folds to, up to some seq.

They save a hub that starts the folding of a long log, and are nothing else: whatever is wrong with one (its
checksum, its place in the log, the code that made it), it is passed over and the log is folded from its
beginning. Kept match by match, and only what changed since the last one is written. Whoever calls owns the
connection and the transaction.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

import core.domain
from core.domain.ids import Epoch, MatchId, TournamentId
from core.domain.state import Match, Tournament

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SNAPSHOT_TABLES = """
CREATE TABLE IF NOT EXISTS snapshots (
    tournament TEXT PRIMARY KEY,
    shape TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest BLOB NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS snapshot_matches (
    tournament TEXT NOT NULL,
    match TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (tournament, match)
);
"""

logger = logging.getLogger(__name__)


class Head(Struct, frozen=True):
    """A snapshot but for its matches."""

    state: Tournament
    """Without its matches."""
    matches: tuple[tuple[MatchId, bytes], ...]
    """In playing order, each with the checksum of its row."""


# JSON and not MessagePack, which would forget the offset of a time.
_json = msgspec.json.Encoder()
_head_of: msgspec.json.Decoder[Head] = msgspec.json.Decoder(Head)
_match_of: msgspec.json.Decoder[Match] = msgspec.json.Decoder(Match)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a tournament."""

    epoch: Epoch
    seq: int
    matches: Mapping[MatchId, tuple[Match, bytes]]
    """Each as it was, with the checksum of its row."""


class Snapshots:
    """The stored snapshots of a log, and what is known to be in them."""

    def __init__(self) -> None:
        self._stored: dict[TournamentId, Stored] = {}

    def behind(self, state: Tournament) -> int:
        """Return how many events a state is ahead of its stored snapshot; all of its epoch without one."""
        stored = self._stored.get(state.id)
        if stored is None or stored.epoch != state.position.epoch:
            return state.position.seq
        return state.position.seq - stored.seq

    def write(self, write: sqlite3.Connection, states: Iterable[Tournament]) -> dict[TournamentId, Stored]:
        """Store states in the transaction that is open; once it is over, `keep` is to be told what was."""
        return {state.id: self._write(write, state) for state in states}

    def keep(self, written: Mapping[TournamentId, Stored]) -> None:
        """Know that snapshots were committed."""
        self._stored.update(written)

    def read(
        self, connection: sqlite3.Connection, tournament: TournamentId, epoch: Epoch
    ) -> Tournament | None:
        """Return the state that is stored of an epoch; `None` where there is none that can be trusted."""
        self._stored.pop(tournament, None)
        try:
            stored = _read(connection, tournament, epoch)
        except (sqlite3.DatabaseError, msgspec.MsgspecError, _Damaged) as error:
            logger.warning("the stored snapshot of %s is not used, the log is folded: %s", tournament, error)
            return None
        if stored is None:
            return None
        state, found = stored
        self._stored[tournament] = found
        return state

    def _write(self, write: sqlite3.Connection, state: Tournament) -> Stored:
        before = self._stored.get(state.id)
        old = {} if before is None else before.matches
        if before is None or not old.keys() <= state.matches.keys():
            write.execute("DELETE FROM snapshot_matches WHERE tournament = ?", (state.id,))
            old = {}
        matches: dict[MatchId, tuple[Match, bytes]] = {}
        for match in state.matches.values():
            known = old.get(match.id)
            # States share what an event left alone.
            if known is not None and known[0] is match:
                matches[match.id] = known
                continue
            data = _json.encode(match)
            write.execute(
                "INSERT OR REPLACE INTO snapshot_matches VALUES (?, ?, ?)", (state.id, match.id, data)
            )
            matches[match.id] = (match, _checksum(data))
        order = tuple((id, checksum) for id, (_, checksum) in matches.items())
        data = _json.encode(Head(replace(state, matches={}), order))
        place = (state.id, shape(), state.position.epoch, state.position.seq)
        write.execute(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)", (*place, _checksum(data), data)
        )
        return Stored(state.position.epoch, state.position.seq, matches)


class _Damaged(Exception):
    """A snapshot is not what was stored, or not of this log."""


def _read(
    connection: sqlite3.Connection, tournament: TournamentId, epoch: Epoch
) -> tuple[Tournament, Stored] | None:
    rows = connection.execute(
        "SELECT seq, digest, data FROM snapshots WHERE tournament = ? AND epoch = ? AND shape = ?",
        (tournament, epoch, shape()),
    ).fetchall()
    if not rows:
        return None
    ((seq, checksum, data),) = rows
    if _checksum(data) != checksum:
        raise _Damaged("its head is damaged")
    head = _head_of.decode(data)
    position = head.state.position
    events = connection.execute(
        "SELECT command FROM events WHERE tournament = ? AND epoch = ? AND seq = ?", (tournament, epoch, seq)
    ).fetchall()
    if (position.epoch, position.seq, [(position.command,)]) != (epoch, seq, events):
        raise _Damaged(f"it ends with event {position.seq}, {position.command}, and the log does not")
    found = dict(
        connection.execute("SELECT match, data FROM snapshot_matches WHERE tournament = ?", (tournament,))
    )
    matches: dict[MatchId, tuple[Match, bytes]] = {}
    for id, checksum in head.matches:
        data = found.get(id, b"")
        if _checksum(data) != checksum:
            raise _Damaged(f"match {id} is damaged")
        matches[id] = (_match_of.decode(data), checksum)
    state = replace(head.state, matches={id: match for id, (match, _) in matches.items()})
    return state, Stored(epoch, seq, matches)


def _checksum(data: object) -> bytes:
    """Return the checksum of what a row holds; `b""` for what cannot have been stored."""
    return blake2b(data, digest_size=16).digest() if isinstance(data, bytes) else b""


@cache
def shape() -> str:
    """Return what tells the code that makes states from any other, whose states are not trusted.

    What a state looks like and what an event does to it is all in `core.domain`.
    """
    code = blake2b(version("courtside").encode(), digest_size=16)
    for module in sorted(Path(core.domain.__file__ or "").parent.rglob("*.py")):
        code.update(module.read_bytes())
    return code.hexdigest()
