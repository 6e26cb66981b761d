"""Offers: brings a hub what it lost of a tournament, and keeps it on screen until the hub has it again.

Pure. Knows of each older epoch what this device has beyond the hub's part of it, offers it on the link that
carries the room, brings what is wanted chunk by chunk, and offers again what was not adopted after a while.
Reading the archive is the shell's affair: it answers each `Recall` and `Fetch`. Guarantees that nothing is
brought twice at a time, and that what was adopted is no longer shown as kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from msgspec import structs

from core.domain.events import EventAdopted, PastNamed
from core.domain.spans import covers, join, without
from core.domain.state import Past
from core.realtime.effects import Fetch, KeptChanged, Recall, Recollection
from core.wire.offers import Ancestor, Bring, Offer, Want

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.events import Event
    from core.domain.ids import Epoch, TournamentId
    from core.domain.spans import Spans
    from core.domain.state import Position, Tournament
    from core.realtime.effects import Advanced, LinkId

OFFER_SECONDS = 10.0
"""How long what was offered or brought may take to be adopted before it is offered again."""
MAX_OFFER_SECONDS = 60.0
"""Longest time between two offers of the same."""
MAX_FORK_SECONDS = 3600.0
"""The same of an epoch that may have parted: a hub wants all of it, as nobody can tell what is new."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Say something to a hub."""

    link: LinkId
    message: Offer | Bring


Deed: TypeAlias = Recall | Fetch | KeptChanged | Tell
"""What is to be done."""


class _Keep:
    """What this device has of one older epoch; changed by `Offers` only."""

    def __init__(self, recollection: Recollection, forked: bool) -> None:
        self.recollection = recollection
        self.forked = forked
        self.wanted: Spans = ()
        self.fetching = False
        self.wait = OFFER_SECONDS
        self.due: float | None = None
        """When it is offered again; `None` while nothing is missing, or no link carries the room."""


class Offers:
    """What this device has of older epochs, for every tournament."""

    def __init__(self) -> None:
        self._epochs: dict[TournamentId, Epoch] = {}
        self._pasts: dict[TournamentId, dict[Epoch, Past]] = {}
        self._links: dict[TournamentId, LinkId] = {}
        self._keeps: dict[TournamentId, dict[Epoch, _Keep]] = {}
        self._shown: dict[TournamentId, tuple[tuple[Epoch, Event], ...]] = {}

    def receive_state(self, state: Tournament) -> list[Deed]:
        """A tournament is followed on from this state: what is here of its older epochs is looked up."""
        epoch = state.position.epoch
        self._pasts[state.id] = {past.epoch: past for past in state.past}
        if self._epochs.get(state.id) != epoch:
            self._epochs[state.id] = epoch
            self._keeps[state.id] = {}
        unknown = [past for past in state.past if past.epoch not in self._keeps[state.id]]
        return [*(Recall(state.id, past.epoch, past.after) for past in unknown), *self._show(state.id)]

    def receive_events(self, advanced: Advanced) -> list[Deed]:
        """A tournament's log went on."""
        tournament = advanced.tournament
        pasts = self._pasts.get(tournament)
        if not pasts:
            return []
        deeds: list[Deed] = []
        for event in advanced.events:
            match event.fact:
                case EventAdopted() as fact:
                    _mark(pasts, fact)
                case PastNamed(epoch, after, seen) if epoch not in pasts:
                    pasts[epoch] = Past(epoch, after, seen)
                    deeds.append(Recall(tournament, epoch, after))
                case _:
                    pass
        return deeds + self._show(tournament)

    def receive_short(self, tournament: TournamentId, position: Position, link: LinkId) -> list[Deed]:
        """A hub showed a log that lacks what was seen here up to a position: say so, and an epoch begins."""
        line = _line(self._pasts.get(tournament, {}).values())
        return [Tell(link, Offer(tournament, position, (), line))]

    def receive_recalled(self, recalled: Recollection, now: float) -> list[Deed]:
        """The archive was looked into."""
        past = self._pasts.get(recalled.tournament, {}).get(recalled.epoch)
        if past is None or not recalled.position.seq:
            return []
        parted = any(event.seq == past.after and event.command != past.command for event in recalled.events)
        keep = _Keep(recalled, recalled.forked or parted)
        self._keeps[recalled.tournament][recalled.epoch] = keep
        return self._show(recalled.tournament) + self._offer(keep, now)

    def receive_link(self, tournament: TournamentId, link: LinkId, now: float) -> list[Deed]:
        """A link brought a tournament's log up to date: from now on it carries what is said of it."""
        if self._links.get(tournament) == link:
            return []
        self._links[tournament] = link
        deeds: list[Deed] = []
        for keep in self._keeps.get(tournament, {}).values():
            keep.wanted, keep.wait = (), OFFER_SECONDS
            deeds += self._offer(keep, now)
        return deeds

    def receive_lost(self, link: LinkId) -> None:
        """A link has ended."""
        for tournament in [id for id, other in self._links.items() if other == link]:
            del self._links[tournament]
            for keep in self._keeps.get(tournament, {}).values():
                keep.wanted, keep.due = (), None

    def receive_want(self, want: Want, now: float) -> list[Deed]:
        """The hub said what it lacks."""
        keep = self._keeps.get(want.tournament, {}).get(want.epoch)
        if keep is None:
            return []
        keep.wanted = want.spans
        if not want.spans:
            keep.due = None
        return self._fetch(keep, now)

    def receive_fetched(
        self, tournament: TournamentId, epoch: Epoch, events: tuple[Event, ...], now: float
    ) -> list[Deed]:
        """The archive gave the next events to bring; none if it has none of them."""
        keep = self._keeps.get(tournament, {}).get(epoch)
        link = self._links.get(tournament)
        if keep is None:
            return []
        keep.fetching = False
        if link is None or not events:
            return []
        # Up to the last one: what the archive lacks in between is not to be had here.
        keep.wanted = without(keep.wanted, ((1, events[-1].seq),))
        return [Tell(link, Bring(tournament, epoch, events)), *self._fetch(keep, now)]

    def next_deadline(self) -> float | None:
        """Return when something is offered again; `None` while nothing is to be."""
        return min((keep.due for keep in self._all() if keep.due is not None), default=None)

    def handle_deadline(self, now: float) -> list[Deed]:
        """Offer again what was not adopted."""
        deeds: list[Deed] = []
        for keep in self._all():
            if keep.due is not None and keep.due <= now:
                keep.wait = min(keep.wait * 2, MAX_FORK_SECONDS if keep.forked else MAX_OFFER_SECONDS)
                deeds += self._offer(keep, now)
        return deeds

    def _all(self) -> list[_Keep]:
        return [keep for keeps in self._keeps.values() for keep in keeps.values()]

    def _offer(self, keep: _Keep, now: float) -> list[Deed]:
        recalled = keep.recollection
        link = self._links.get(recalled.tournament)
        if link is None:
            return []
        keep.due = now + keep.wait
        line = _line(self._pasts[recalled.tournament].values(), recalled.epoch)
        return [Tell(link, Offer(recalled.tournament, recalled.position, recalled.spans, line, keep.forked))]

    def _fetch(self, keep: _Keep, now: float) -> list[Deed]:
        if keep.fetching or not keep.wanted:
            return []
        keep.due = now + keep.wait
        keep.fetching = True
        return [Fetch(keep.recollection.tournament, keep.recollection.epoch, keep.wanted)]

    def _show(self, tournament: TournamentId) -> list[Deed]:
        """Say which events are not back at the hub yet, where that changed."""
        pasts = self._pasts[tournament]
        kept: list[tuple[Epoch, Event]] = []
        for epoch, keep in self._keeps[tournament].items():
            missing = tuple(
                event for event in keep.recollection.events if not _is_here(pasts[epoch], event.seq)
            )
            keep.recollection = replace(keep.recollection, events=missing)
            kept += [(epoch, event) for event in missing]
        if tuple(kept) == self._shown.get(tournament, ()):
            return []
        self._shown[tournament] = tuple(kept)
        return [KeptChanged(tournament, tuple(kept))]


def _mark(pasts: dict[Epoch, Past], fact: EventAdopted) -> None:
    """Take note of a position that was adopted, and of what it had adopted itself."""
    past = pasts.get(fact.epoch)
    if past is not None:
        seq = fact.event.seq
        pasts[fact.epoch] = structs.replace(past, adopted=join((*past.adopted, (seq, seq))))
    if isinstance(fact.event.fact, EventAdopted):
        _mark(pasts, fact.event.fact)


def _is_here(past: Past, seq: int) -> bool:
    return seq <= past.after or covers(past.adopted, seq)


def _line(line: Iterable[Past], until: Epoch | None = None) -> tuple[Ancestor, ...]:
    """Return the epochs before another one; all of them without one."""
    ancestors: list[Ancestor] = []
    for past in line:
        if past.epoch == until:
            break
        ancestors.append(Ancestor(past.epoch, past.after))
    return tuple(ancestors)
