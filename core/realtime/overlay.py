"""The overlay: this device's unanswered entries laid over the confirmed state, by the hub's own rules.

Laid over are entries without an answer, and accepted ones whose events the confirmed state has not reached;
an entry that its match's history names already is skipped. So nothing is shown twice and nothing flickers
while an acknowledgement and its events arrive one after the other, in either order. Held and refused entries
never count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.commands import Base, Command, CreateTournament, match_of
from core.domain.rules import Accepted, Conflicting, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.domain.commands import Entry
    from core.domain.ids import CommandId, MatchId
    from core.domain.state import Match, Tournament
    from core.realtime.view import Queued


@dataclass(frozen=True, slots=True)
class Projection:
    """A confirmed state with entries laid over."""

    state: Tournament
    """The confirmed state itself when nothing is laid over; its position is always that of the confirmed
    state."""
    pending: frozenset[MatchId]
    """Matches with entries that the confirmed state does not hold yet."""
    refused: Mapping[CommandId, str]
    """Entries that the rules refuse or would hold as things stand, with the reason."""
    laid: tuple[Entry, ...] = ()
    """The entries that were laid over or refused, in their order."""


def base_of(confirmed: Tournament | None, command: Command) -> Base | None:
    """Return the base of a new entry: what its author has seen of the match, this device's own entries aside.

    Pending entries must not count: behind their versions, another device's entries would pass for seen.

    Args:
        confirmed: the tournament's confirmed state; `None` where nothing is known of it.
        command: what is entered.

    Returns:
        `None` for a command that is not on a match, or where the match is not known.
    """
    match_id = match_of(command)
    if confirmed is None or match_id is None:
        return None
    match = confirmed.matches.get(match_id)
    return None if match is None else Base(confirmed.position.epoch, match.version)


def project(confirmed: Tournament, queue: Sequence[Queued], before: Projection | None = None) -> Projection:
    """Lay a queue over a confirmed state.

    Args:
        confirmed: the fold of the hub's log.
        queue: this device's entries, by journal row; those of other tournaments are passed over.
        before: the projection of the same confirmed state with an earlier queue, if there is one: an entry
        that
            only joined the end of the queue then costs one judgement, however many wait.
    """
    laid = tuple(_laid_over(confirmed, queue))
    if before is not None and laid[: len(before.laid)] == before.laid:
        return _lay(confirmed, laid, before)
    return _lay(confirmed, laid, Projection(confirmed, frozenset(), {}))


def _laid_over(confirmed: Tournament, queue: Iterable[Queued]) -> Iterable[Entry]:
    """Find the entries whose effect the confirmed state does not hold."""
    histories: dict[MatchId, frozenset[CommandId]] = {}
    for queued in queue:
        entry = queued.entry
        if entry.tournament != confirmed.id or isinstance(entry.command, CreateTournament):
            continue
        if not (queued.waiting or _is_ahead(queued, confirmed)):
            continue
        match_id = match_of(entry.command)
        if match_id is not None:
            if match_id not in histories:
                histories[match_id] = _history(confirmed.matches.get(match_id))
            if entry.id in histories[match_id]:
                # Its events came before its answer.
                continue
        yield entry


def _is_ahead(queued: Queued, confirmed: Tournament) -> bool:
    """Tell whether an entry was accepted at a place of the log that the confirmed state has not reached."""
    accepted = queued.state in ("confirmed", "official")
    return accepted and queued.epoch == confirmed.position.epoch and queued.seq > confirmed.position.seq


def _history(match: Match | None) -> frozenset[CommandId]:
    """Return the ids that a match's history names, held ones included."""
    if match is None:
        return frozenset()
    return frozenset([counted.id for counted in match.entries] + [held.entry.id for held in match.held])


def _lay(confirmed: Tournament, laid: tuple[Entry, ...], before: Projection) -> Projection:
    """Judge the entries that are not laid over yet, each on the state with those before it."""
    new = laid[len(before.laid) :]
    if not new:
        return before
    epoch = confirmed.position.epoch
    state, refused = before.state, dict(before.refused)
    for entry in new:
        match judge(state, entry, entry.entered_at, epoch):
            case Accepted(_, after):
                state = after
            case Conflicting(_, _, reason):
                refused[entry.id] = reason
            case refusal:
                refused[entry.id] = refusal.reason
    pending = frozenset(match for entry in new if (match := match_of(entry.command)) is not None)
    return Projection(replace(state, position=confirmed.position), before.pending | pending, refused, laid)
