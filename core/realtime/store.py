"""The store: holds the newest view, applies changes to it, tells listeners.

Owns the fold of each tournament, its overlay and the feed. Guarantees that a view is never changed once made,
that what a change did not touch is shared with the view before, and that listeners hear once of a batch: the
shell applies, then settles. An entry is `official` here, and nowhere else: it is confirmed, and its match
stands confirmed as official in the state; reopening the match takes that back.
"""

from __future__ import annotations

import logging
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from core.domain.adoption import lay_over
from core.domain.commands import match_of
from core.domain.events import MatchReopened, ResultConfirmed
from core.domain.ids import read_room
from core.domain.reduce import fold, reduce
from core.realtime.effects import (
    Advanced,
    Change,
    ConnectionChanged,
    DirectoryChanged,
    KeptChanged,
    MembersChanged,
    QueueChanged,
    Replaced,
    RoomLive,
    SideAdvanced,
    SideLive,
    Told,
)
from core.realtime.outbox.overlay import Overlay
from core.realtime.view import (
    MAX_FEED,
    MAX_SIDE,
    Feed,
    FeedLine,
    HubLine,
    LocalLine,
    Members,
    Queued,
    Shown,
    SideLog,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from core.domain.events import Event
    from core.domain.ids import CommandId, Epoch, TournamentId
    from core.domain.state import Tournament

Listener: TypeAlias = "Callable[[View], None]"
T = TypeVar("T")

_log = logging.getLogger(__name__)
CROWD = 5
"""More people than this who come or go at once have one line of the feed."""


class _Subscription:
    """One listener, told apart from others even if it is the same callable."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.ended = False
        self.failed = False


class Store:
    """The newest view and who listens.

    Args:
        view: the view to begin with.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._told = view
        self._queue: Sequence[Queued] = view.queue
        self._ranked: dict[CommandId, tuple[Queued, Queued]] = {}
        """The confirmed entries that are shown as official, and as what."""
        self._overlays: dict[TournamentId, Overlay] = {}
        self._kept: dict[TournamentId, tuple[tuple[Epoch, Event], ...]] = {}
        self._subscriptions: dict[_Subscription, None] = {}
        self._at: datetime | None = None

    @property
    def view(self) -> View:
        """Return the newest view."""
        return self._view

    @property
    def listeners(self) -> int:
        """Return how many listeners there are."""
        return len(self._subscriptions)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with the newest view after each batch; return what ends that, callable twice.

        Both may be done from any thread and during a call: one that has ended is not called any more, the
        batch that is being told included.
        """
        subscription = _Subscription(listener)
        self._subscriptions[subscription] = None

        def unsubscribe() -> None:
            subscription.ended = True
            self._subscriptions.pop(subscription, None)

        return unsubscribe

    def select(
        self,
        selector: Callable[[View], T],
        listener: Callable[[T], None],
        equal: Callable[[T, T], bool] = operator.eq,
    ) -> Callable[[], None]:
        """Call `listener` with what `selector` cuts out of the view, once for each change of it.

        Args:
            selector: a pure function of the view, called after each batch; cheap, since it is called often.
            listener: called with the new selection; not with the present one.
            equal: tells whether two selections are the same; `operator.is_` where what is shared is enough.

        Returns:
            What ends that, callable twice.
        """
        selected = selector(self._view)

        def look(view: View) -> None:
            nonlocal selected
            fresh = selector(view)
            if not equal(selected, fresh):
                # Before the call: a listener that throws has been told all the same.
                selected = fresh
                listener(fresh)

        return self.subscribe(look)

    def apply(self, change: Change, at: datetime) -> None:
        """Make the view that follows from a change.

        Args:
            change: what changed.
            at: now, by this device's clock.

        Raises:
            BadLog: the events do not follow on the tournament's state; the view stays as it was.
        """
        self._at = at
        view = self._view
        match change:
            case Advanced():
                self._advance(change, at)
            case Replaced(state, stored):
                self._show(state, state.updated_at if stored else at)
                self._rank_official()
            case RoomLive(tournament, live, as_of):
                self._set_live(tournament, live, as_of or at)
            case SideAdvanced() | SideLive() | MembersChanged():
                self._aside(change, at)
            case QueueChanged():
                self._set_queue(change)
            case ConnectionChanged(connection):
                self._view = replace(view, connection=connection)
            case DirectoryChanged(directory):
                self._view = replace(view, directory=directory)
            case KeptChanged():
                self._keep(change)
            case Told(line):
                self._tell((line,))
            case _:
                self._view = replace(view, can_save=change.can_save, sends=change.sends)

    def settle(self) -> None:
        """Tell the listeners, if there is a new view since they were last told.

        A listener that throws stops no other; it is logged, and once said in the feed of the next view.
        """
        if self._view is self._told or self._at is None:
            return
        view = self._told = self._view
        for subscription in tuple(self._subscriptions):
            if subscription.ended:
                continue
            try:
                subscription.listener(view)
            except Exception as error:  # noqa: BLE001 - a callback from outside is one of the program's edges
                _log.exception("a listener of the store failed")
                self._report(subscription, error, self._at)
            else:
                subscription.failed = False

    def _report(self, subscription: _Subscription, error: Exception, at: datetime) -> None:
        if subscription.failed:
            return
        subscription.failed = True
        self._tell((LocalLine(at, "problem", f"a listener failed: {type(error).__name__}: {error}"),))

    def _advance(self, change: Advanced, at: datetime) -> None:
        shown = self._view.tournaments.get(change.tournament)
        # A log that is told from its first event on replaces whatever was here.
        anew = shown is None or change.events[0].seq == 1
        state = fold(change.events, change.epoch, None if anew or shown is None else shown.confirmed)
        self._show(state, at, () if anew else change.events)
        self._tell([HubLine(change.tournament, event) for event in change.events])
        if any(isinstance(event.fact, ResultConfirmed | MatchReopened) for event in change.events):
            self._rank_official()

    def _show(self, state: Tournament, as_of: datetime | None, events: Sequence[Event] = ()) -> None:
        """Show a confirmed state; `events` led to it from the one before, none to a whole new one."""
        before = self._view.tournaments.get(state.id)
        kept = self._kept.get(state.id, ())
        # What is not back at the hub yet is part of what entries are laid over, and of no confirmed state.
        shown_as = lay_over(state, kept, reduce) if kept else state
        overlay = self._overlays.get(state.id)
        if overlay is None:
            overlay = self._overlays[state.id] = Overlay(shown_as, self._queue)
        elif events and not kept:
            overlay.receive_events(state, events)
        else:
            overlay.receive_state(shown_as, self._queue)
        projection = overlay.projection
        shown = Shown(
            confirmed=state,
            projected=projection.state,
            pending=projection.pending,
            live=before is not None and before.live,
            as_of=as_of,
            kept=frozenset(event.match for _, event in kept if event.match is not None),
            refused=projection.refused,
        )
        self._put({state.id: shown})

    def _keep(self, change: KeptChanged) -> None:
        """Show what is not back at the hub yet; marked, and never as confirmed."""
        self._kept[change.tournament] = change.events
        shown = self._view.tournaments.get(change.tournament)
        if shown is not None:
            self._show(shown.confirmed, shown.as_of)

    def _rank_official(self) -> None:
        """Show those confirmed entries as official whose match is; what was shown so stays the same value."""
        before, self._ranked = self._ranked, {}
        for queued in self._queue:
            if queued.state == "confirmed" and _is_official(queued, self._view.tournaments):
                known = before.get(queued.entry.id)
                if known is None or known[0] is not queued:
                    known = queued, replace(queued, state="official")
                self._ranked[queued.entry.id] = known
        official = self._ranked
        queue = tuple(official.get(queued.entry.id, (None, queued))[1] for queued in self._queue)
        self._view = replace(self._view, queue=queue)

    def _set_live(self, tournament: TournamentId, live: bool, as_of: datetime) -> None:
        shown = self._view.tournaments.get(tournament)
        if shown is not None:
            self._put({tournament: replace(shown, live=live, as_of=as_of)})

    def _aside(self, change: SideAdvanced | SideLive | MembersChanged, at: datetime) -> None:
        """Take in what is in no tournament's log."""
        members, sides = self._view.members, self._view.sides
        match change:
            case MembersChanged(tournament, now):
                before = members.get(tournament, Members())
                if before.members:
                    # Who was there already when this device came has not come now.
                    self._tell(_comings(change, at))
                there = replace(before, members=now, as_of=at)
                members = {**members, tournament: there}
            case SideAdvanced(room, epoch, seq, events, reset):
                side = sides.get(room, SideLog())
                kept = (events if reset else (*side.events, *events))[-MAX_SIDE:]
                sides = {**sides, room: replace(side, events=kept, epoch=epoch, seq=seq)}
            case _:
                room, live, as_of = change.room, change.live, change.as_of or at
                parts = read_room(room)
                if parts is not None and parts.tournament is not None and parts.kind == "presence":
                    there = members.get(parts.tournament, Members())
                    members = {**members, parts.tournament: replace(there, live=live, as_of=as_of)}
                else:
                    side = sides.get(room, SideLog())
                    sides = {**sides, room: replace(side, live=live, as_of=as_of)}
        self._view = replace(self._view, members=members, sides=sides)

    def _set_queue(self, change: QueueChanged) -> None:
        self._queue = change.queue
        changed: dict[TournamentId, Shown] = {}
        known = self._view.tournaments
        concerned = set(known)
        if change.changed is not None:
            concerned &= {queued.entry.tournament for queued in change.changed}
        for tournament in concerned:
            shown, overlay = known[tournament], self._overlays[tournament]
            if overlay.receive_queue(change.queue, change.changed):
                projection = overlay.projection
                changed[tournament] = replace(
                    shown,
                    projected=projection.state,
                    pending=projection.pending,
                    refused=projection.refused,
                )
        self._put(changed)
        self._view = replace(
            self._view, confirmed_total=change.confirmed_total, evicted_total=change.evicted_total
        )
        self._rank_official()

    def _put(self, changed: Mapping[TournamentId, Shown]) -> None:
        if changed:
            self._view = replace(self._view, tournaments={**self._view.tournaments, **changed})

    def _tell(self, lines: Sequence[FeedLine]) -> None:
        feed = self._view.feed
        kept = (*feed.lines, *lines)[-MAX_FEED:]
        self._view = replace(self._view, feed=Feed(kept, feed.total + len(lines)))


def _comings(change: MembersChanged, at: datetime) -> list[LocalLine]:
    """Say who came and went; of a crowd only how many."""
    lines: list[LocalLine] = []
    for members, verb in ((change.joined, "joined"), (change.left, "left")):
        if len(members) > CROWD:
            lines.append(LocalLine(at, "people", f"{len(members)} people {verb}"))
        else:
            lines += [LocalLine(at, "people", f"{one.name} {verb}, {one.device}") for one in members]
    return lines


def _is_official(queued: Queued, tournaments: Mapping[TournamentId, Shown]) -> bool:
    shown = tournaments.get(queued.entry.tournament)
    match_id = match_of(queued.entry.command)
    if shown is None or match_id is None:
        return False
    position = shown.confirmed.position
    reached = queued.epoch != position.epoch or queued.seq <= position.seq
    match = shown.confirmed.matches.get(match_id)
    return reached and match is not None and match.phase == "official"
