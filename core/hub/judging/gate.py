"""The gate: keeps the entries of one sender in order after one of them was deferred.

A deferred entry was not judged. Until it is resent, no later entry of its match is let through; an entry on
the tournament waits for all deferred ones of that tournament, and they for it. The sender resends from its
first unanswered entry on, and each opens the way for the next. One that was judged meanwhile, by a copy that
had come before, is waited for no longer: its sender has the answer and will not send it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import Entry, match_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.domain.ids import CommandId, MatchId, TournamentId

    Waiting = dict[CommandId, MatchId | None]


class Gate:
    """What of one sender waits to be resent."""

    def __init__(self) -> None:
        # By tournament: all deferred entries in the order in which they were first sent, each with its match
        # (None: on the tournament). In one list: it shows what an entry on the tournament follows.
        self._waiting: dict[TournamentId, Waiting] = {}

    def admits(self, entry: Entry, is_judged: Callable[[CommandId], bool]) -> bool:
        """Tell whether an entry may be judged now; one that was waited for no longer is.

        Args:
            entry: what was sent.
            is_judged: tells whether an id has an answer, committed or not.
        """
        waiting = self._waiting.get(entry.tournament)
        if not waiting or is_judged(entry.id):
            return True
        scope = match_of(entry.command)
        for other, match in tuple(waiting.items()):
            if is_judged(other):
                del waiting[other]
            elif other == entry.id:
                del waiting[other]
                return True
            elif match == scope or match is None or scope is None:
                return False
        return True

    def defer(self, entry: Entry) -> None:
        """Remember that an entry was not judged; one that is waited for already keeps its place."""
        self._waiting.setdefault(entry.tournament, {}).setdefault(entry.id, match_of(entry.command))

    def put_back(self, entries: Iterable[Entry]) -> None:
        """Remember that admitted entries, in their order, were not judged after all: they come first."""
        later, self._waiting = self._waiting, {}
        for entry in entries:
            self.defer(entry)
        for tournament, waiting in later.items():
            first = self._waiting.setdefault(tournament, {})
            self._waiting[tournament] = first | {
                id: match for id, match in waiting.items() if id not in first
            }
