"""The rule of conflict: which entries of others an entry would silently overrule.

An entry is in conflict if another device's entry that counts came after its base and touches the same
thing: points and their undo touch their side, everything else the whole match. A device's own entries never
conflict, nor does what the hub itself derived (a slot that fills, a start that a first score implied).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import (
    AddPenalty,
    AddScore,
    Entry,
    MatchCommand,
    MoveMatch,
    Score,
    SetTime,
    Settle,
    Undo,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.commands import Base
    from core.domain.events import Touches
    from core.domain.ids import Epoch
    from core.domain.state import Counted, Match


def conflicts(match: Match, entry: Entry, epoch: Epoch, line: Sequence[Epoch] = ()) -> tuple[Counted, ...]:
    """Return the entries that stand against `entry`, in the order of the log; empty when it may be judged.

    A base of an older epoch has seen what stood there up to its version. One of an unknown epoch says
    nothing: then every entry of others came after it.

    Args:
        match: the match as it stands.
        entry: what is to be judged.
        epoch: the epoch of the log.
        line: the older epochs of the tournament, the oldest first.
    """
    command = entry.command
    if not isinstance(command, MatchCommand):
        return ()
    touches = _touches(match, command)
    if touches is None:
        return ()
    return tuple(
        other
        for other in _newest(match, entry.base, epoch)
        if other.device != entry.device
        and not _seen(entry.base, other, epoch, line)
        and (touches == "all" or other.touches in ("all", touches))
    )


def _newest(match: Match, base: Base | None, epoch: Epoch) -> Sequence[Counted]:
    """Return the end of a match's history that holds everything which came after a base, or all of it."""
    if base is None or base.epoch != epoch or match.course is not None:
        return match.entries
    # Versions only rise where nothing was adopted; a long match is not looked through for each point.
    known = len(match.entries)
    while known and match.entries[known - 1].version > base.version:
        known -= 1
    return match.entries[known:]


def _seen(base: Base | None, other: Counted, epoch: Epoch, line: Sequence[Epoch]) -> bool:
    """Tell whether who made an entry on this base knew of another entry."""
    if base is None:
        return False
    if base.epoch == epoch:
        return other.version <= base.version
    place = other.place
    if place is None or base.epoch not in line or place.epoch not in line:
        return False
    if place.epoch == base.epoch:
        return place.version <= base.version
    return line.index(place.epoch) < line.index(base.epoch)


def touched(entries: Sequence[Counted]) -> Touches:
    """Return what these entries of one command touched together."""
    sides = {entry.touches for entry in entries if entry.delta != Score()}
    return sides.pop() if len(sides) == 1 else "all"


def reason(against: Sequence[Counted]) -> str:
    """Say in one sentence what a held entry conflicts with."""
    last = against[-1]
    others = "" if len(against) == 1 else f" and {len(against) - 1} more"
    score = f"{last.after.home}-{last.after.away}"
    return f"{last.by} on {last.device} entered {score}{others} since; decide which counts"


def _touches(match: Match, command: MatchCommand) -> Touches | None:
    """Return what of its match a command concerns; `None` when it cannot overrule anything."""
    match command:
        case AddScore(_, team) | SetTime(_, team):
            return match.side_of(team) or "all"
        case Undo(_, of):
            named = [entry for entry in match.entries if entry.id == of]
            return touched(named) if named else None
        case AddPenalty() | MoveMatch():
            return None
        case Settle(_, _, instead):
            return "all" if instead else None
        case _:
            return "all"
