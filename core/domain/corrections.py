"""What a command would change before anybody enters it: places, slots, and matches that have begun already.

For the dialog that asks before a correction. Judged by the same rules as the entry itself, so what it shows
is what happens; nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.commands import Base, Entry, match_of
from core.domain.history import Difference, difference
from core.domain.ids import CommandId, DeviceId
from core.domain.plan import LoserOf, OneOf, PlaceOf, WinnerOf
from core.domain.rules import Refused, judge
from core.domain.tables.brackets import Contradiction, contradictions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.domain.commands import Command
    from core.domain.ids import MatchId, PoolId
    from core.domain.state import Match, Tournament


@dataclass(frozen=True, slots=True)
class Dependent:
    """A match whose sides come from another's result, straight or over others."""

    match: MatchId
    started: bool
    """Whether it has begun: then its sides stay, whatever is corrected."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What some commands would do, one after the other."""

    refusal: str
    """Why one of them would be refused; `""` if all would count."""
    objection: str
    """Why a reason must be given with them; `""` where none is asked for."""
    changes: Difference
    """What they would change; with a refusal, up to there."""
    contradicted: tuple[Contradiction, ...]
    """Sides of matches that have begun on which another team should have played."""
    dependents: tuple[Dependent, ...]
    """All that comes after the matches that the commands are on, in playing order."""

    @property
    def needs_reason(self) -> bool:
        """Whether a reason must be given with them."""
        return bool(self.objection)


def preview(state: Tournament, commands: Sequence[Command], at: datetime) -> Preview:
    """Return what commands would change if they were entered now, each on top of those before it.

    Args:
        state: the tournament.
        commands: in their order; for a correction all of it: reopening, the new score, completing.
        at: now, UTC.
    """
    after, refusal, objection = state, "", ""
    for number, command in enumerate(commands):
        verdict = judge(after, _entry(after, command, number, at), at, state.position.epoch)
        if isinstance(verdict, Refused):
            asked = verdict.reason
            explained = _entry(after, command, number, at, "preview")
            verdict = judge(after, explained, at, state.position.epoch)
            if isinstance(verdict, Refused):
                refusal = verdict.reason
                break
            objection = objection or asked
        after = verdict.state
    on = {match for command in commands if (match := match_of(command)) is not None}
    return Preview(
        refusal,
        objection,
        difference(state, after),
        contradictions(after, state),
        dependents(state, on),
    )


def dependents(state: Tournament, matches: set[MatchId]) -> tuple[Dependent, ...]:
    """Return the matches whose sides come from these, straight or over others, in playing order."""
    reached = set(matches)
    pools = {state.matches[match].pool for match in matches if match in state.matches}
    found: list[Dependent] = []
    for match in state.matches.values():
        if match.id not in reached and _follows(match, reached, pools):
            reached.add(match.id)
            pools.add(match.pool)
            found.append(Dependent(match.id, match.phase != "scheduled"))
    return tuple(found)


def _follows(match: Match, reached: set[MatchId], pools: set[PoolId | None]) -> bool:
    """Tell whether a side of a match comes from one that was reached, or from a pool of it."""
    for slot in (match.home, match.away):
        match slot.source:
            case WinnerOf(before) | LoserOf(before) if before in reached:
                return True
            case PlaceOf(pool) if pool in pools:
                return True
            case OneOf(named) if not pools.isdisjoint(named):
                return True
            case _:
                pass
    return False


def _entry(state: Tournament, command: Command, number: int, at: datetime, why: str = "") -> Entry:
    """Return the entry that a command would be, by somebody who has seen everything."""
    on = match_of(command)
    known = None if on is None else state.matches.get(on)
    return Entry(
        id=CommandId(f"preview-{number}"),
        tournament=state.id,
        command=command,
        by="preview",
        device=DeviceId("preview"),
        entered_at=at,
        base=None if known is None else Base(state.position.epoch, known.version),
        why=why,
    )
