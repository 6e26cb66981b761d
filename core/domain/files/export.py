"""Exports: a tournament as JSON with its whole log, or its matches as CSV.

Guarantees that everything in the JSON but the log follows from the log: folded and exported again, it gives
the same bytes. CSV is for spreadsheets: no cell that holds a name is taken for a formula there.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from core.domain.events import Event
from core.domain.files.documents import MatchDocument, match_document
from core.domain.ids import Epoch, TournamentId, short_form
from core.domain.plan import Court, Slot, Stage, Team
from core.domain.reduce import fold
from core.domain.tables.brackets import source_label
from core.errors import BadFile, BadLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.state import Match, Tournament

CSV_COLUMNS = (
    "match",
    "stage",
    "round",
    "pool",
    "court",
    "starts_at",
    "home",
    "away",
    "home_score",
    "away_score",
    "home_shootout",
    "away_shootout",
    "state",
    "winner",
)
_FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


class _Head(Struct, frozen=True):
    id: TournamentId
    name: str
    venue: str
    epoch: Epoch
    seq: int
    """Of the last event of the log."""


class PastLog(Struct, frozen=True):
    """The log of an older epoch, as far as it is known from its first event on."""

    epoch: Epoch
    log: tuple[Event, ...]


class _Export(Struct, frozen=True, omit_defaults=True):
    tournament: _Head
    teams: tuple[Team, ...]
    courts: tuple[Court, ...]
    stages: tuple[Stage, ...]
    matches: tuple[MatchDocument, ...]
    log: tuple[Event, ...]
    past: tuple[PastLog, ...] = ()


class _RecordedHead(Struct):
    epoch: Epoch


class _Recorded(Struct):
    """The part of an export that the rest follows from."""

    tournament: _RecordedHead
    log: tuple[Event, ...]
    past: tuple[PastLog, ...] = ()


def export_json(log: Sequence[Event], epoch: Epoch, past: Sequence[PastLog] = ()) -> bytes:
    """Return a tournament as one JSON object.

    Args:
        log: its events from the first on, complete.
        epoch: the epoch of the log.
        past: the logs of the epochs before it, the oldest first.

    Raises:
        BadLog: the log is not complete.
    """
    return _encoded(fold(log, epoch), tuple(log), tuple(past))


def export_opening(state: Tournament) -> bytes:
    """Return the JSON of `export_json` up to the first event of the log.

    There follow the events as JSON with commas between them, and `]`; then, where there are older epochs,
    `,"past":[`, a `PastLog` each, and `]`; then `}`.
    """
    return _encoded(state, (), ()).removesuffix(b"]}")


def _encoded(state: Tournament, log: tuple[Event, ...], past: tuple[PastLog, ...]) -> bytes:
    head = _Head(state.id, state.name, state.venue, state.position.epoch, state.position.seq)
    matches = tuple(match_document(state, match) for match in state.matches.values())
    return msgspec.json.encode(
        _Export(
            head,
            tuple(state.teams.values()),
            tuple(state.courts.values()),
            state.stages,
            matches,
            log,
            past,
        )
    )


def read_export(path: str, content: bytes) -> tuple[tuple[Event, ...], Epoch]:
    """Return the log of an export, and its epoch.

    Args:
        path: the file's name, for errors.
        content: what `export_json` gave.

    Raises:
        BadFile: it is no export.
    """
    try:
        recorded = msgspec.json.decode(content, type=_Recorded)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadFile(path, f"not an export of a tournament: {error}") from error
    return recorded.log, recorded.tournament.epoch


def read_past(content: bytes) -> tuple[PastLog, ...]:
    """Return the logs of older epochs in an export that `read_export` could read."""
    return msgspec.json.decode(content, type=_Recorded).past


def fold_export(content: bytes, path: str = "export") -> Tournament:
    """Return the state that an export's log leads to.

    Raises:
        BadFile: it is no export, or its log is not complete.
    """
    log, epoch = read_export(path, content)
    try:
        return fold(log, epoch)
    except BadLog as error:
        raise BadFile(path, f"its log is not complete: {error}") from error


def export_csv(state: Tournament) -> str:
    """Return the matches as CSV (RFC 4180): a header, then a row a match in playing order.

    A match that has not begun has no score.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    writer.writerows(_row(state, match) for match in state.matches.values())
    return text.getvalue()


def _row(state: Tournament, match: Match) -> tuple[str | int, ...]:
    begun = match.phase != "scheduled"
    shootout = match.shootout
    return (
        short_form(match.id),
        _safe(state.stage(match.stage).name),
        _safe(match.round),
        "" if match.pool is None else _safe(state.pool(match.pool).name),
        "" if match.court is None else _safe(state.courts[match.court].name),
        "" if match.starts_at is None else match.starts_at.isoformat(),
        _side(state, match.home),
        _side(state, match.away),
        match.result.home if begun else "",
        match.result.away if begun else "",
        "" if shootout is None else shootout.home,
        "" if shootout is None else shootout.away,
        match.phase,
        "" if match.winner is None else _safe(state.teams[match.winner].name),
    )


def _side(state: Tournament, slot: Slot) -> str:
    """Return who plays, or in words where the team will come from."""
    if slot.team is not None:
        return _safe(state.teams[slot.team].name)
    return "" if slot.source is None else _safe(source_label(state, slot.source))


def _safe(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name
