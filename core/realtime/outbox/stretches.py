"""Stretches: pending entries in their order, cut behind each that may concern more than its own match.

Inside a stretch each match's entries are judged on that match alone, so what happened to one match leaves
the judgements on the others as they are. Owns those judgements and what each entry is foreseen to write;
which entries are laid over, and what came true, is `overlay`'s affair. Guarantees the outcome of judging all
entries one after the other on the whole state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from core.domain.commands import AddScore, Notify, SetScore, StartMatch, Undo, match_of
from core.domain.events import EntryUndone, MatchStarted, Notified, PointsAdded, ScoreSet
from core.domain.rules import Accepted, judge
from core.domain.state import MAX_NOTICES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.commands import Entry
    from core.domain.events import Event, Fact
    from core.domain.ids import CommandId, MatchId
    from core.domain.state import Match, Notice, Tournament

Trace: TypeAlias = "tuple[MatchId | None, int, Fact]"
"""What an event says, wherever and whenever it is sequenced: its match, the version there, the fact."""

_ON_ONE_MATCH = AddScore | SetScore | Undo | StartMatch
"""Commands whose judgement reads nothing that changes but their own match."""
_NO_FURTHER = PointsAdded | ScoreSet | EntryUndone | MatchStarted | Notified
"""Facts by which nothing changes but their own match, or the notices."""


class ReachesFurther(Exception):
    """An entry that was judged on its match alone concerns more: a stretch must end with it."""

    def __init__(self, id: CommandId) -> None:
        super().__init__(id)
        self.id = id


@dataclass(slots=True, eq=False)
class Laid:
    """One pending entry."""

    row: int
    entry: Entry
    far: bool
    """Whether it may concern more than its own match."""
    foreseen: tuple[Trace, ...] = ()
    """What it is going to write, as things stand; nothing where it is refused or held."""
    reason: str = ""
    """Why the rules refuse or would hold it; empty where they accept it."""
    notice: Notice | None = None
    """What it tells everybody; `None` for all but notices."""

    @property
    def match(self) -> MatchId | None:
        """Return the match that it is on; `None` for the tournament as a whole."""
        return match_of(self.entry.command)

    def judge(self, state: Tournament) -> Tournament:
        """Judge it on a state; return that with what it does, at the time of the key press."""
        verdict = judge(state, self.entry, self.entry.entered_at, state.position.epoch)
        if not isinstance(verdict, Accepted):
            self.foreseen, self.reason = (), verdict.reason
            return state
        self.foreseen, self.reason = traces(verdict.events), ""
        if not self.far and not all(isinstance(fact, _NO_FURTHER) for _, _, fact in self.foreseen):
            raise ReachesFurther(self.entry.id)
        return replace(verdict.state, updated_at=None)


def traces(events: Iterable[Event]) -> tuple[Trace, ...]:
    """Return what events say, but for when, by whom and at which place of the log."""
    return tuple((event.match, event.version, event.fact) for event in events)


def reaches_further(entry: Entry) -> bool:
    """Tell whether an entry may read or change more than its own match."""
    return not isinstance(entry.command, _ON_ONE_MATCH | Notify)


@dataclass(slots=True, eq=False)
class Stretch:
    """Entries up to, and with, one that may concern more than its own match."""

    last: Laid | None = None
    """The one that ends it; `None` while none does."""
    _chains: dict[MatchId, dict[CommandId, Laid]] = field(default_factory=dict)
    """The others, by match."""
    _ends: dict[MatchId, Match | None] = field(default_factory=dict)
    """What each chain leads to, as last laid; `None` where that is what it starts from."""
    _notices: dict[CommandId, Laid] = field(default_factory=dict)
    refused: dict[CommandId, str] = field(default_factory=dict)
    """Those that the rules refuse or would hold, with the reason."""

    @property
    def matches(self) -> set[MatchId]:
        """Return the matches that entries here are on."""
        ends = None if self.last is None else self.last.match
        return set(self._chains) if ends is None else {*self._chains, ends}

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it."""
        return self.last is None and not self._chains and not self._notices

    def add(self, laid: Laid) -> None:
        """Add an entry behind all others; a chain that is laid already must be `touched` next."""
        match = laid.match
        if laid.far:
            self.last = laid
        elif match is not None:
            self._chains.setdefault(match, {})[laid.entry.id] = laid
        else:
            self._notices[laid.entry.id] = laid

    def extend(self, state: Tournament, laid: Laid) -> Tournament:
        """Add an entry behind all others, and judge it on what they lead to; return what that makes."""
        self.add(laid)
        match = laid.match
        if laid.far:
            return self._judge(laid, state)
        if match is None:
            return _told(state, [laid])
        end = self._chained(state, match, [laid])
        if end is None:
            self._ends.setdefault(match, None)
            return state
        self._ends[match] = end
        return replace(state, matches={**state.matches, match: end})

    def holds(self, laid: Laid) -> bool:
        """Tell whether an entry is in this stretch."""
        match = laid.match
        if laid.far:
            return self.last is laid
        return laid.entry.id in (self._notices if match is None else self._chains.get(match, ()))

    def first(self, match: MatchId) -> CommandId | None:
        """Return the first entry here that is on a match and may concern that alone."""
        return next(iter(self._chains.get(match, ())), None)

    def remove(self, laid: Laid) -> None:
        """Take an entry out; what the others of its match lead to is left as it was."""
        match = laid.match
        self.refused.pop(laid.entry.id, None)
        if laid is self.last:
            self.last = None
        elif match is None:
            del self._notices[laid.entry.id]
        else:
            chain = self._chains[match]
            del chain[laid.entry.id]
            if not chain:
                del self._chains[match]
                self._ends.pop(match, None)
            elif laid.foreseen and not any(other.foreseen for other in chain.values()):
                self._ends[match] = None

    def join(self, behind: Stretch) -> None:
        """Take in the stretch behind this one, which nothing ends any more."""
        for match, chain in behind._chains.items():
            self._chains.setdefault(match, {}).update(chain)
        for match, end in behind._ends.items():
            self._ends[match] = end or self._ends.get(match)
        self._notices |= behind._notices
        self.refused |= behind.refused
        self.last = behind.last

    def lay(self, state: Tournament, touched: set[MatchId]) -> Tournament:
        """Lay the stretch over a state.

        Args:
            state: what all before it leads to.
            touched: matches that are not as they were when this was last laid; more may be added.
        """
        for match, chain in self._chains.items():
            if match in touched or match not in self._ends:
                self._ends[match] = self._chained(state, match, chain.values())
        changed = {match: end for match, end in self._ends.items() if end is not None}
        if changed:
            state = replace(state, matches={**state.matches, **changed})
        newest = [*islice(reversed(self._notices.values()), MAX_NOTICES)]
        state = _told(state, newest[::-1])
        if self.last is None:
            return state
        before = self.last.foreseen
        state = self._judge(self.last, state)
        if self.last.foreseen != before:
            both = (*before, *self.last.foreseen)
            touched.update(match for match, _, _ in both if match is not None)
        return state

    def _chained(self, state: Tournament, match_id: MatchId, chain: Iterable[Laid]) -> Match | None:
        """Judge a match's entries one after the other; `None` where they leave it as it is."""
        # Alone in its tournament, a match is judged without copying all the others with each event.
        found = state.matches.get(match_id)
        alone = replace(state, matches={} if found is None else {match_id: found})
        for laid in chain:
            alone = self._judge(laid, alone)
        after = alone.matches.get(match_id)
        return None if after is found else after

    def _judge(self, laid: Laid, state: Tournament) -> Tournament:
        after = laid.judge(state)
        if laid.reason:
            self.refused[laid.entry.id] = laid.reason
        else:
            self.refused.pop(laid.entry.id, None)
        return after


def _told(state: Tournament, notices: Iterable[Laid]) -> Tournament:
    """Add notices to a state; what one tells does not depend on what is there."""
    told: list[Notice] = []
    for laid in notices:
        if laid.notice is None:
            laid.notice = laid.judge(state).notices[-1]
        told.append(laid.notice)
    return replace(state, notices=(*state.notices, *told)[-MAX_NOTICES:]) if told else state
