"""The overlay: this device's unanswered entries laid over the confirmed state, by the hub's own rules.

Laid over are entries without an answer, and accepted ones whose events the confirmed state has not reached;
one whose events are in it already is skipped. So nothing is shown twice and nothing flickers while an
acknowledgement and its events arrive one after the other, in either order. Held and refused entries never
count. Guarantees the outcome of judging all of them anew, one after the other, at the cost of what changed:
a match whose events came just as foreseen keeps what was judged before, however many entries wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.commands import Base, Broadcast, Command, Founding, match_of
from core.realtime.outbox.stretches import Laid, ReachesFurther, Stretch, reaches_further, traces

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.domain.events import Event
    from core.domain.ids import CommandId, MatchId
    from core.domain.state import Tournament
    from core.realtime.outbox.stretches import Trace
    from core.realtime.view import Queued


@dataclass(frozen=True, slots=True)
class Projection:
    """A confirmed state with entries laid over."""

    state: Tournament
    """The confirmed state itself when nothing is laid over; its position and time are always those of the
    confirmed state, while a match with pending entries bears the time of the last key press."""
    pending: frozenset[MatchId]
    """Matches with entries that the confirmed state does not hold yet."""
    refused: Mapping[CommandId, str]
    """Entries that the rules refuse or would hold as things stand, with the reason."""


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


class Overlay:
    """One tournament's.

    Args:
        confirmed: the fold of the hub's log.
        queue: this device's entries, by journal row; those of other tournaments are passed over.
    """

    def __init__(self, confirmed: Tournament, queue: Iterable[Queued]) -> None:
        self._laid: dict[CommandId, Laid] = {}
        self._stretches: list[Stretch] = []
        self._far: set[CommandId] = set()
        """Entries that turned out to concern more than their match."""
        self._seen: set[CommandId] = set()
        """Entries whose events the confirmed state holds."""
        self._last_row = 0
        self._state = confirmed
        """The confirmed state with all laid over, its position and time as they came about."""
        self.receive_state(confirmed, queue)

    def receive_state(self, confirmed: Tournament, queue: Iterable[Queued]) -> None:
        """Take a whole new confirmed state."""
        self._confirmed = confirmed
        self._seen = _histories(confirmed)
        self._begin(self._made(queued) for queued in queue if self._counts(queued))

    def receive_events(self, confirmed: Tournament, events: Sequence[Event]) -> None:
        """Take the confirmed state that the next events lead to."""
        self._confirmed = confirmed
        touched: set[MatchId] = set()
        for command, group in groupby(events, attrgetter("command")):
            came = traces(group)
            self._seen.add(command)
            laid = self._laid.get(command)
            if laid is None:
                _touch(touched, came)
                continue
            as_foreseen = came == laid.foreseen and self._is_first(laid)
            self._take_out(laid)
            if laid.far or not as_foreseen:
                _touch(touched, came)
                _touch(touched, laid.foreseen)
        self._lay(touched)

    def receive_queue(self, queue: Iterable[Queued], changed: Iterable[Queued] | None = None) -> bool:
        """Take the queue; return whether that changes the projection.

        Args:
            queue: this device's entries, by journal row.
            changed: those that are not as they were, by journal row; `None` where that is not known.
        """
        gone: Iterable[CommandId] = ()
        if changed is None:
            changed = queue = tuple(queue)
            gone = self._laid.keys() - {queued.entry.id for queued in queue}
        out = [self._laid[id] for id in gone]
        new: list[Laid] = []
        for queued in changed:
            laid = self._laid.get(queued.entry.id)
            if self._counts(queued) is (laid is not None):
                continue
            if laid is None:
                new.append(self._made(queued))
            else:
                out.append(laid)
        touched: set[MatchId] = set()
        for laid in out:
            self._take_out(laid)
            _touch(touched, laid.foreseen)
        if new and new[0].row <= self._last_row:
            self._begin(sorted((*self._laid.values(), *new), key=attrgetter("row")))
            return True
        if out:
            self._lay(touched)
        if new:
            self._extend(new)
        return bool(out or new)

    def _counts(self, queued: Queued) -> bool:
        """Tell whether an entry is one whose effect the confirmed state does not hold."""
        entry, position = queued.entry, self._confirmed.position
        if entry.tournament != self._confirmed.id or isinstance(entry.command, Founding | Broadcast):
            return False
        accepted = queued.state in ("confirmed", "official")
        ahead = accepted and queued.epoch == position.epoch and queued.seq > position.seq
        return (queued.waiting or ahead) and entry.id not in self._seen

    def _made(self, queued: Queued) -> Laid:
        entry = queued.entry
        return Laid(queued.row, entry, entry.id in self._far or reaches_further(entry))

    def _is_first(self, laid: Laid) -> bool:
        """Tell whether no entry waits that its match must have judged before."""
        match = laid.match
        if match is None:
            return True
        firsts = (stretch.first(match) for stretch in self._stretches)
        return laid.far or next(first for first in firsts if first is not None) == laid.entry.id

    def _take_out(self, laid: Laid) -> None:
        del self._laid[laid.entry.id]
        at = next(at for at, stretch in enumerate(self._stretches) if stretch.holds(laid))
        stretch = self._stretches[at]
        stretch.remove(laid)
        if laid.far and at + 1 < len(self._stretches):
            stretch.join(self._stretches.pop(at + 1))
        if stretch.empty:
            del self._stretches[at]

    def _begin(self, entries: Iterable[Laid]) -> None:
        """Lay all entries anew."""
        self._laid = {laid.entry.id: laid for laid in entries}
        self._stretches = []
        for laid in self._laid.values():
            self._open().add(laid)
            self._last_row = laid.row
        self._lay(set())

    def _open(self) -> Stretch:
        """Return the stretch to which the next entry belongs."""
        if not self._stretches or self._stretches[-1].last is not None:
            self._stretches.append(Stretch())
        return self._stretches[-1]

    def _lay(self, touched: set[MatchId]) -> None:
        """Lay the stretches over the confirmed state, judging again what may have become different."""
        try:
            state = replace(self._confirmed, updated_at=None)
            for stretch in self._stretches:
                state = stretch.lay(state, touched)
        except ReachesFurther as found:
            self._cut(found)
        else:
            self._show(state)

    def _extend(self, entries: Sequence[Laid]) -> None:
        """Lay entries behind all others."""
        try:
            for laid in entries:
                self._laid[laid.entry.id] = laid
                self._last_row = laid.row
                self._state = self._open().extend(self._state, laid)
        except ReachesFurther as found:
            self._laid |= {laid.entry.id: laid for laid in entries}
            self._cut(found)
        else:
            self._show(self._state)

    def _cut(self, found: ReachesFurther) -> None:
        """Lay all anew, with a cut behind an entry that concerns more than its match."""
        self._far.add(found.id)
        self._laid[found.id].far = True
        self._begin(tuple(self._laid.values()))

    def _show(self, state: Tournament) -> None:
        self._state = state
        confirmed = self._confirmed
        if not self._laid:
            self.projection = Projection(confirmed, frozenset(), {})
            return
        pending: set[MatchId] = set()
        refused: dict[CommandId, str] = {}
        for stretch in self._stretches:
            pending |= stretch.matches
            refused |= stretch.refused
        state = replace(state, position=confirmed.position, updated_at=confirmed.updated_at)
        self.projection = Projection(state, frozenset(pending), refused)


def _touch(touched: set[MatchId], by: Iterable[Trace]) -> None:
    touched.update(match for match, _, _ in by if match is not None)


def _histories(state: Tournament) -> set[CommandId]:
    """Return the ids that the matches' histories name, held ones included."""
    matches = state.matches.values()
    counted = {entry.id for match in matches for entry in match.entries}
    return counted.union(held.entry.id for match in matches for held in match.held)
