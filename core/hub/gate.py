"""The gate: keeps the entries of one sender in order after one of them was deferred.

A deferred entry was not judged. Until it is resent, no later entry of its match is let through; an entry on
the tournament waits for all deferred ones of that tournament, and they for it. The sender resends from its
first unanswered entry on, and each opens the way for the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import Entry, match_of

if TYPE_CHECKING:
    from core.domain.ids import CommandId, MatchId, TournamentId


class Gate:
    """What of one sender waits to be resent."""

    def __init__(self) -> None:
        # By tournament: the first deferred entry of each match (None: on the tournament), as they were sent.
        self._waiting: dict[TournamentId, dict[MatchId | None, CommandId]] = {}

    def admits(self, entry: Entry) -> bool:
        """Tell whether an entry may be judged now; one that was waited for no longer is."""
        waiting = self._waiting.get(entry.tournament)
        if not waiting:
            return True
        scope = match_of(entry.command)
        for other, command in waiting.items():
            if command == entry.id and other == scope:
                del waiting[scope]
                return True
            if other == scope or other is None or scope is None:
                return False
        return True

    def defer(self, entry: Entry) -> None:
        """Remember that an entry was not judged."""
        self._waiting.setdefault(entry.tournament, {}).setdefault(match_of(entry.command), entry.id)
