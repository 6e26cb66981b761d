"""Bugs to plant: each is one method of a real machine done wrong, as somebody might write it.

The checks of an evening must find each of them; that is how the checks are checked. Nothing in the product
knows of this.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from msgspec.structs import replace

from core.domain.commands import AddScore
from core.hub.judging.gate import Gate
from core.hub.judging.ledger import Known, Ledger, Repeated
from core.hub.judging.parties import Reply
from core.hub.lobby import Lobby
from core.hub.log.rounds import Rounds
from core.hub.protocol import pack
from core.hub.rooms.room import Room
from core.realtime.links.routing import Routing
from core.realtime.outbox import lanes
from core.realtime.outbox.outbox import Outbox
from core.realtime.outbox.overlay import Overlay
from core.realtime.rooms import logs
from core.realtime.rooms.offers import Offers
from core.wire.codec import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.commands import Entry
    from core.domain.ids import CommandId
    from core.realtime.effects import Recollection
    from core.realtime.outbox.lanes import Item

Plant = Callable[[], "Iterator[None]"]


@contextmanager
def acknowledges_before_commit() -> Iterator[None]:
    """The hub answers what it has judged and not yet stored."""
    real = Rounds._judge

    def judge(self: Rounds, brought: Any) -> Any:
        rulings, replies = real(self, brought)
        for sender, reply in replies.items():
            reply.give(sender)
        return rulings, {}

    with patch.object(Rounds, "_judge", judge):
        yield


@contextmanager
def last_in_first_out() -> Iterator[None]:
    """What waits goes the newest first."""

    def place(items: dict[CommandId, Item], new: Iterable[Item]) -> bool:
        items.update((item.entry.id, item) for item in new)
        ordered = sorted(items.values(), key=lambda item: -item.row)
        items.clear()
        items.update((item.entry.id, item) for item in ordered)
        return False

    with patch.object(lanes, "place", place):
        yield


@contextmanager
def takes_equal_content_for_the_same_entry() -> Iterator[None]:
    """Of two equal points within seconds, the second is taken for the first sent again."""
    real = Ledger.submit

    def submit(self: Ledger, entry: Entry, at: Any, *more: Any) -> Any:
        seen: dict[Any, Any] = self.__dict__.setdefault("seen", {})
        before = seen.get((entry.device, entry.command))
        if isinstance(entry.command, AddScore) and before is not None and before[0] != entry.id:
            answer = replace(before[1], id=entry.id)
            self._known[entry.id] = Known(answer, b"")
            return Repeated(answer)
        judged = real(self, entry, at, *more)
        if hasattr(judged, "answer"):
            seen[entry.device, entry.command] = (entry.id, judged.answer)
        return judged

    with patch.object(Ledger, "submit", submit):
        yield


@contextmanager
def loses_subscriptions_with_the_link() -> Iterator[None]:
    """Rooms of a link that ended are carried by no other."""
    real = Routing.receive_lost

    def receive_lost(self: Routing, link: Any) -> Any:
        rooms = self.rooms(link)
        moves = real(self, link)
        for room in rooms:
            self.unwant(room)
        return [move for move in moves if move.room not in rooms]

    with patch.object(Routing, "receive_lost", receive_lost):
        yield


@contextmanager
def replays_in_part() -> Iterator[None]:
    """Whoever comes back is not told the newest of what it missed."""
    real = Room.after

    def after(self: Room, position: Any) -> Any:
        events = real(self, position)
        return events if events is None or len(events) < 2 else events[:-1]

    with patch.object(Room, "after", after):
        yield


@contextmanager
def answers_the_wrong_entry() -> Iterator[None]:
    """Two answers that are given together change places."""
    real = Reply.give

    def give(self: Reply, sender: Any) -> None:
        if len(self.answers) > 1:
            first, second = self.answers[:2]
            self.answers[:2] = [replace(first, id=second.id), replace(second, id=first.id)]
        real(self, sender)

    with patch.object(Reply, "give", give):
        yield


@contextmanager
def drops_what_flies_with_the_link() -> Iterator[None]:
    """What was in flight on a link that broke is not sent again."""

    def receive_link_lost(self: Outbox, link: Any) -> None:
        for item in [item for item in self._flying.values() if item.link == link]:
            del self._flying[item.entry.id]

    with patch.object(Outbox, "receive_link_lost", receive_link_lost):
        yield


@contextmanager
def shows_a_stale_snapshot() -> Iterator[None]:
    """The first snapshot that was packed is sent for ever."""

    def snapshot(self: Lobby, message: Any, form: Any) -> Any:
        kept = self._snapshots.setdefault(form, (message.state, pack(encode(message, form))))
        return kept[1]

    with patch.object(Lobby, "snapshot", snapshot):
        yield


@contextmanager
def sends_before_it_is_saved() -> Iterator[None]:
    """An entry goes out at the key press, while the disk is still at it."""
    real = Outbox.submit

    def submit(self: Outbox, entry: Entry) -> Any:
        outcome = real(self, entry)
        row = max((item.row for item in self._items.values()), default=0) + 1
        self.receive_saved({entry.id: row}, 0.0)
        return outcome

    with patch.object(Outbox, "submit", submit):
        yield


@contextmanager
def forgets_answers_with_a_restart() -> Iterator[None]:
    """A hub that starts again knows its scores, and not whose entries made them."""
    real = Ledger.__init__

    def init(self: Ledger, make_epoch: Any, states: Any = (), recall: Any = None, *more: Any) -> None:
        real(self, make_epoch, states, lambda command: None, *more)

    with patch.object(Ledger, "__init__", init):
        yield


@contextmanager
def opens_the_gate() -> Iterator[None]:
    """After an entry that the hub did not judge, the next of its match are judged all the same."""
    with patch.object(Gate, "admits", lambda self, entry, is_judged: True):
        yield


@contextmanager
def applies_what_it_has_seen() -> Iterator[None]:
    """Events are not told apart from those seen before."""

    def following(position: Any, events: Any) -> Any:
        return tuple(events), True

    with patch.object(logs, "_next", following):
        yield


@contextmanager
def leaves_old_judgements() -> Iterator[None]:
    """Pending entries are not judged again when others score in their match."""
    real = Overlay._lay

    def lay(self: Overlay, touched: Any) -> None:
        real(self, set())

    with patch.object(Overlay, "_lay", lay):
        yield


@contextmanager
def brings_nothing_back() -> Iterator[None]:
    """A hub that lost its log is offered what it lacks, and never brought it."""
    with patch.object(Offers, "receive_want", lambda self, want, now: []):
        yield


@contextmanager
def takes_a_parted_log_for_the_same() -> Iterator[None]:
    """What was seen at places that the hub gave anew is thought to be there."""
    real = Offers.receive_recalled

    def receive_recalled(self: Offers, recalled: Recollection, now: float) -> Any:
        return real(self, dataclasses.replace(recalled, forked=False), now)

    with patch.object(Offers, "receive_recalled", receive_recalled):
        yield


@contextmanager
def leaves_confirmed_what_is_held() -> Iterator[None]:
    """What was confirmed before the hub lost it, and is held since, stands as confirmed on its laptop."""
    with patch.object(Outbox, "receive_overturned", lambda self, answer: []):
        yield


BUGS: Mapping[str, Callable[[], Any]] = {
    plant.__name__: plant
    for plant in (
        acknowledges_before_commit,
        last_in_first_out,
        takes_equal_content_for_the_same_entry,
        loses_subscriptions_with_the_link,
        replays_in_part,
        answers_the_wrong_entry,
        drops_what_flies_with_the_link,
        shows_a_stale_snapshot,
        sends_before_it_is_saved,
        forgets_answers_with_a_restart,
        opens_the_gate,
        applies_what_it_has_seen,
        leaves_old_judgements,
        brings_nothing_back,
        takes_a_parted_log_for_the_same,
        leaves_confirmed_what_is_held,
    )
}
"""All bugs, by name."""
