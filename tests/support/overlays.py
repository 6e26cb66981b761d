"""The overlay by its definition: everything that counts is judged anew, one entry after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.commands import Broadcast, Founding, match_of
from core.domain.rules import Accepted, judge
from core.realtime.outbox.overlay import Projection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from core.domain.ids import CommandId
    from core.domain.state import Position, Tournament
    from core.realtime.view import Queued


def histories(state: Tournament) -> set[CommandId]:
    """Return the entries that a state's matches name."""
    matches = state.matches.values()
    counted = {entry.id for match in matches for entry in match.entries}
    return counted | {held.entry.id for match in matches for held in match.held}


def _is_ahead(queued: Queued, here: Position) -> bool:
    """Tell whether an entry counts at a position of this epoch that is not reached yet."""
    accepted = queued.state in ("confirmed", "official")
    return accepted and queued.epoch == here.epoch and queued.seq > here.seq


def plainly(confirmed: Tournament, queue: Iterable[Queued], seen: Collection[CommandId]) -> Projection:
    """Return a projection.

    Args:
        confirmed: the fold of the hub's log.
        queue: this device's entries, by row.
        seen: those whose events the confirmed state holds.
    """
    here = confirmed.position
    laid = [
        queued.entry
        for queued in queue
        if (queued.waiting or _is_ahead(queued, here))
        and queued.entry.id not in seen
        and queued.entry.tournament == confirmed.id
        and not isinstance(queued.entry.command, Founding | Broadcast)
    ]
    state, refused = replace(confirmed, updated_at=None), {}
    for one in laid:
        verdict = judge(state, one, one.entered_at, here.epoch)
        if isinstance(verdict, Accepted):
            state = replace(verdict.state, updated_at=None)
        else:
            refused[one.id] = verdict.reason
    state = replace(state, position=here, updated_at=confirmed.updated_at) if laid else confirmed
    pending = frozenset(match for one in laid if (match := match_of(one.command)) is not None)
    return Projection(state, pending, refused)
