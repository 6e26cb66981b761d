"""The promises: answers of a hub whose events this device has yet to see in their log.

An answer says where an entry stands, before its room shows it. Should the hub lose its log in between, only
the answer tells of it: the room goes on from where it was seen. So what was answered is looked for when its
place comes. Guarantees that a place which shows something else, or is passed over, is claimed: the hub is
told what stood there, and begins a new epoch if that is so (guarantee 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.state import Position

if TYPE_CHECKING:
    from core.domain.answers import Answer
    from core.domain.ids import TournamentId
    from core.domain.state import Tournament
    from core.realtime.effects import Advanced

MAX_PROMISES = 64
"""Most of a tournament that are remembered, the newest; a link takes no more entries without an answer."""


class Promises:
    """The answered places of all tournaments, by seq."""

    def __init__(self) -> None:
        self._promised: dict[TournamentId, dict[int, Position]] = {}

    def receive_answer(self, tournament: TournamentId, answer: Answer | None, here: Position | None) -> None:
        """Take an answer, if there is one.

        Args:
            tournament: whose log it is about.
            answer: what the hub said, or the journal kept of that.
            here: how far that log was seen; `None` for nothing of it.
        """
        if answer is None or not answer.events:
            return
        if here is not None and here.epoch == answer.epoch and here.seq >= answer.seq:
            return
        promised = self._promised.setdefault(tournament, {})
        promised[answer.seq] = Position(answer.epoch, answer.seq, answer.events[-1].command)
        if len(promised) > MAX_PROMISES:
            del promised[min(promised)]

    def receive_restored(self, state: Tournament) -> None:
        """Take a stored copy: what it reaches was looked at before it was stored."""
        self._pass(state.id, state.position)

    def receive_events(self, change: Advanced) -> list[Position]:
        """Take the next events of a log; return what they contradict."""
        passed = self._pass(change.tournament, Position(change.epoch, change.events[-1].seq))
        shown = {event.seq: event.command for event in change.events}
        return [one for one in passed if shown.get(one.seq) != one.command]

    def receive_whole(self, tournament: TournamentId, here: Position) -> list[Position]:
        """Take note that a hub brought a log up to date; return what of it was not shown."""
        passed = self._pass(tournament, here)
        return [*passed, *self._promised.get(tournament, {}).values()]

    def _pass(self, tournament: TournamentId, here: Position) -> list[Position]:
        """Forget what a position reaches, and return it; other epochs' places are looked for by offers."""
        promised = [one for one in self._promised.pop(tournament, {}).values() if one.epoch == here.epoch]
        self._promised[tournament] = {one.seq: one for one in promised if one.seq > here.seq}
        return [one for one in promised if one.seq <= here.seq]
