"""The report of a tournament: the evening in figures, from its state and its log.

Whatever the log tells is counted from it, so that a copy of the log gives the same report as the hub. Without
the log the figures that need it are `None`, never 0. Entries are commands: the events of one count once.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from core.domain.commands import Score
from core.domain.events import (
    ConflictSettled,
    EntryHeld,
    EntryUndone,
    EpochBegun,
    Event,
    EventAdopted,
    MatchReopened,
    MissingClosed,
    PastNamed,
    PointsAdded,
    ScoreSet,
    SetsEntered,
    TournamentCreated,
)
from core.domain.games import TimeRules
from core.domain.ids import DeviceId, Epoch, PoolId, TeamId, TournamentId
from core.domain.tables.brackets import champion
from core.domain.tables.leaderboard import leaderboard
from core.domain.tables.standings import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.domain.state import Match, Tournament

LATE = timedelta(seconds=60)
"""From the key press to the hub: longer than that, and the device had no hub meanwhile (or a wrong clock)."""

BOARD = 3
"""How many places of the leaderboard are told."""

Desk: TypeAlias = tuple[DeviceId, str]
_OF_THE_HOUSE = (TournamentCreated, EpochBegun, PastNamed, MissingClosed)


class MatchFigures(Struct, frozen=True):
    """How many matches there are, by how they stand."""

    total: int
    finished: int
    """Official or not."""
    official: int
    live: int
    forfeited: int


class ConflictFigures(Struct, frozen=True):
    """Entries that were held, and how that was settled."""

    held: int
    hub: int
    """The score stayed as the hub had it."""
    instead: int
    """Other entries took their place."""
    withdrawn: int
    """Their author took them back."""
    open: int
    """Nobody has decided yet."""
    rights: int
    """Of the held ones, those that were held because rights refused them."""


class DeskFigures(Struct, frozen=True):
    """What one person entered on one device."""

    device: DeviceId
    by: str
    entries: int
    corrections: int


class Busiest(Struct, frozen=True):
    """The minute in which most happened."""

    at: datetime
    events: int


class Offline(Struct, frozen=True):
    """A stretch in which a device entered things and had no hub."""

    device: DeviceId
    since: datetime
    """By the device's clock."""
    until: datetime
    """When the hub got them."""
    entries: int


class Leaders(Struct, frozen=True):
    """Who leads a pool."""

    pool: PoolId
    name: str
    teams: tuple[TeamId, ...]
    """Several where nothing separates them; none before the first match."""
    decided: bool
    """Whether the pool is over."""


class LogFigures(Struct, frozen=True):
    """What only the log tells."""

    began_at: datetime
    """Of the first event after the plan."""
    ended_at: datetime
    """Of the last event so far."""
    events: int
    entries: int
    corrections: int
    """Undone, set anew, taken off or reopened."""
    conflicts: ConflictFigures
    desks: tuple[DeskFigures, ...]
    """The most entries first."""
    busiest: Busiest
    offline: tuple[Offline, ...]


class BoardFigures(Struct, frozen=True):
    """A team high on the leaderboard over all games."""

    rank: int
    team: TeamId
    points: int


class Report(Struct, frozen=True):
    """The evening in figures."""

    tournament: TournamentId
    name: str
    epoch: Epoch
    seq: int
    matches: MatchFigures
    points: int
    """Of all matches, in games that count points, sets or cups."""
    champion: TeamId | None
    leaders: tuple[Leaders, ...]
    board: tuple[BoardFigures, ...]
    """The first places of the leaderboard; empty without games, or before one of them is decided."""
    log: LogFigures | None
    """`None` where the whole log is not at hand."""


def report(state: Tournament, log: Sequence[Event] = ()) -> Report:
    """Return the figures of a tournament.

    Args:
        state: as it stands.
        log: the events of its epoch from the first on, with or without the plan; `()` where they are not all
            at hand.
    """
    return Report(
        tournament=state.id,
        name=state.name,
        epoch=state.position.epoch,
        seq=state.position.seq,
        matches=_matches(state),
        points=sum(_points(state, match) for match in state.matches.values()),
        champion=champion(state),
        leaders=tuple(_leaders(state)),
        board=tuple(
            BoardFigures(line.rank, line.team, line.points)
            for line in leaderboard(state)
            if line.rank <= BOARD and line.games
        ),
        log=_log(state, log) if log else None,
    )


def _matches(state: Tournament) -> MatchFigures:
    phases = Counter(match.phase for match in state.matches.values())
    return MatchFigures(
        total=len(state.matches),
        finished=phases["final"] + phases["official"],
        official=phases["official"],
        live=phases["live"],
        forfeited=sum(match.forfeit is not None for match in state.matches.values()),
    )


def _points(state: Tournament, match: Match) -> int:
    if isinstance(state.rules(match.stage), TimeRules):
        return 0
    return sum(score.home + score.away for score in (*match.sets, match.score))


def _leaders(state: Tournament) -> Iterator[Leaders]:
    for table in tables(state):
        played = any(row.played for row in table.rows)
        teams = tuple(row.team for row in table.rows if row.rank == 1) if played else ()
        yield Leaders(table.pool, table.name, teams, table.complete)


def _log(state: Tournament, log: Sequence[Event]) -> LogFigures:
    entries: Counter[Desk] = Counter()
    corrections: Counter[Desk] = Counter()
    for made in _entries(log):
        desk = (made[0].device, made[0].by)
        entries[desk] += 1
        corrections[desk] += any(map(_corrects, made))
    evening = [event for event in log if not isinstance(event.fact, TournamentCreated)] or log
    minutes = Counter(event.received_at.replace(second=0, microsecond=0) for event in evening)
    busiest = max(minutes, key=lambda minute: (minutes[minute], -minute.timestamp()))
    return LogFigures(
        began_at=evening[0].received_at,
        ended_at=evening[-1].received_at,
        events=log[-1].seq,
        entries=entries.total(),
        corrections=corrections.total(),
        conflicts=_conflicts(state, log),
        desks=tuple(
            DeskFigures(device, by, count, corrections[device, by])
            for (device, by), count in sorted(entries.items(), key=lambda desk: (-desk[1], desk[0]))
        ),
        busiest=Busiest(busiest, minutes[busiest]),
        offline=tuple(_offline(log)),
    )


def _entries(log: Sequence[Event]) -> Iterator[tuple[Event, ...]]:
    """Yield the events of each entry; what an older epoch brought is what it was there.

    The plan, and that an epoch began, are no entries of the evening.
    """
    for _, group in groupby(log, lambda event: event.command):
        events = (event.fact.event if isinstance(event.fact, EventAdopted) else event for event in group)
        made = tuple(event for event in events if not isinstance(event.fact, _OF_THE_HOUSE))
        if made:
            yield made


def _corrects(event: Event) -> bool:
    match event.fact:
        case PointsAdded(delta=delta):
            return delta < 0
        case ScoreSet(before=before):
            return before != Score()
        case SetsEntered(sets_before=sets, before=before):
            return bool(sets) or before != Score()
        case EntryUndone() | MatchReopened():
            return True
        case _:
            return False


def _conflicts(state: Tournament, log: Sequence[Event]) -> ConflictFigures:
    held = [event.fact for event in log if isinstance(event.fact, EntryHeld)]
    settled: Counter[str] = Counter()
    for event in log:
        if isinstance(event.fact, ConflictSettled):
            settled[event.fact.taken] += len(event.fact.held)
    return ConflictFigures(
        held=len(held),
        hub=settled["hub"],
        instead=settled["instead"],
        withdrawn=settled["withdrawn"],
        open=sum(len(match.held) for match in state.matches.values()),
        rights=sum(bool(fact.reason) for fact in held),
    )


def _offline(log: Sequence[Event]) -> Iterator[Offline]:
    """Yield the stretches whose entries came late: of one device, until it brought something in time."""
    running: dict[DeviceId, Offline] = {}
    for event, *_ in _entries(log):
        before = running.get(event.device)
        if event.received_at - event.entered_at < LATE:
            if before is not None:
                yield running.pop(event.device)
        elif before is None or event.entered_at > before.until:
            if before is not None:
                yield before
            running[event.device] = Offline(event.device, event.entered_at, event.received_at, 1)
        else:
            running[event.device] = Offline(event.device, before.since, event.received_at, before.entries + 1)
    yield from running.values()
