"""The logs: how far this device has come in each tournament's public log.

Owns positions. Guarantees that what it hands on is contiguous or a whole new state: an event seen before is
dropped, a gap is reported, and inside an epoch no snapshot takes anything back. When to join is `rooms`'
affair. Where a hub's log lacks what was seen here, the log is short: what was seen is offered to that hub,
and nothing of it is taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.ids import short_form
from core.domain.state import Position
from core.realtime.effects import Advanced, Heard, Replaced
from core.wire.messages import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.domain.events import Event
    from core.domain.ids import Epoch, MatchId, TournamentId
    from core.domain.state import Tournament
    from core.wire.messages import Events, Replay


class Logs:
    """The positions in all tournaments of which this device has seen anything."""

    def __init__(self) -> None:
        self._positions: dict[TournamentId, Position] = {}
        self._versions: dict[TournamentId, dict[MatchId, int]] = {}
        """How far each match was seen in the epoch of its tournament's position."""
        self._ancestors: dict[TournamentId, frozenset[Epoch]] = {}
        """The older epochs of each tournament's own."""

    @property
    def positions(self) -> Mapping[TournamentId, Position]:
        """Return how far this device has come in each tournament."""
        return self._positions

    def restore(self, states: Iterable[Tournament]) -> list[Replaced]:
        """Take over stored copies: their positions are where joining goes on."""
        restored: list[Replaced] = []
        for state in states:
            self._take(state)
            restored.append(Replaced(state, stored=True))
        return restored

    def forget(self, tournament: TournamentId) -> None:
        """Forget a position, so that all of the log comes again."""
        self._positions.pop(tournament, None)

    def receive(self, tournament: TournamentId, message: Snapshot | Replay | Events, *, whole: bool) -> Heard:
        """Judge what a hub sent of a tournament's log.

        Args:
            tournament: whose room the message is of.
            message: what came.
            whole: whether the room was whole already on the link that brought it.
        """
        if isinstance(message, Snapshot):
            return self._snapshot(tournament, message.state, whole)
        return self._events(tournament, message.epoch, message.events)

    def _events(self, tournament: TournamentId, epoch: Epoch, events: Sequence[Event]) -> Heard:
        position = self._positions.get(tournament)
        if position is not None and position.epoch != epoch:
            return Heard("broken", why=f"its events are of epoch {epoch}, not {position.epoch}")
        fresh, whole = _next(position, events)
        changes: tuple[Advanced, ...] = ()
        if fresh:
            self._positions[tournament] = Position(epoch, fresh[-1].seq, fresh[-1].command)
            self._versions.setdefault(tournament, {}).update(
                (event.match, event.version) for event in fresh if event.match is not None
            )
            changes = (Advanced(tournament, epoch, fresh),)
        return Heard("whole", changes) if whole else Heard("broken", changes, "there is a gap in its events")

    def _snapshot(self, tournament: TournamentId, state: Tournament, whole: bool) -> Heard:
        if state.id != tournament:
            return Heard("dropped")
        why = self._contradiction(state)
        if why is not None:
            # To a whole room it is the answer to a join that was asked twice: what followed is newer.
            return Heard("dropped") if whole else Heard("short", why=why)
        self._take(state)
        return Heard("whole", (Replaced(state),))

    def _contradiction(self, state: Tournament) -> str | None:
        """Say how a snapshot takes back what was seen in its own epoch; `None` if it does not."""
        before, now = self._positions.get(state.id), state.position
        if before is not None and now.epoch in self._ancestors.get(state.id, ()):
            return f"the hub's log is in epoch {now.epoch}, from which {before.epoch} went on here"
        if before is None or now.epoch != before.epoch:
            return None
        if now.seq < before.seq:
            return f"the hub's log ends at {now.seq}, before {before.seq}, which was seen here"
        if now.seq == before.seq and now.command != before.command:
            return f"the hub's log has another event {now.seq} than was seen here"
        for id, version in self._versions[state.id].items():
            match = state.matches.get(id)
            if match is None or match.version < version:
                return f"the hub's log lacks events of {short_form(id)} that were seen here"
        return None

    def _take(self, state: Tournament) -> None:
        self._positions[state.id] = state.position
        self._ancestors[state.id] = frozenset(past.epoch for past in state.past)
        self._versions[state.id] = {match.id: match.version for match in state.matches.values()}


def _next(position: Position | None, events: Sequence[Event]) -> tuple[tuple[Event, ...], bool]:
    """Return those events that come next after a position, and whether that is all that is new."""
    seq = 0 if position is None else position.seq
    fresh: list[Event] = []
    for event in events:
        if event.seq == seq + 1:
            fresh.append(event)
            seq += 1
        elif event.seq > seq:
            return tuple(fresh), False
        elif position is not None and event.seq == position.seq and event.command != position.command:
            return (), False
    return tuple(fresh), True
