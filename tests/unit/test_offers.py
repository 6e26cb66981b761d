"""Offers: what a device has of older epochs is offered, brought in chunks, and shown until it is back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.events import EventAdopted, MissingClosed, PastNamed
from core.domain.ids import CommandId, DeviceId, Epoch
from core.domain.spans import spans_of
from core.domain.state import Past, Position
from core.realtime.effects import Advanced, Fetch, KeptChanged, LinkId, Recall, Recollection
from core.realtime.rooms.offers import MAX_FORK_SECONDS, MAX_OFFER_SECONDS, OFFER_SECONDS, Deed, Offers, Tell
from core.wire.offers import Ancestor, Bring, Offer, Want
from tests.support.tournaments import EPOCH, NOON, league, log, point, record

if TYPE_CHECKING:
    from core.domain.events import Event, Fact
    from core.domain.state import Tournament

PLAN = league()
T = PLAN.id
LOG = log(PLAN, *(point(PLAN, 1, "a") for _ in range(4)))
NEW, OLDER = Epoch("e2"), Epoch("e0")
ONE, TWO = LinkId("one"), LinkId("two")
SEEN = Position(EPOCH, 6, LOG[-1].command)
KEPT = tuple((EPOCH, event) for event in LOG[3:])
"""What the hub lacks: seqs 4 to 6."""


def state(*line: Past, epoch: Epoch = NEW, seq: int = 1) -> Tournament:
    """Return a state whose older epochs are these; by default it went on from seq 3 of the first one."""
    past = line or (Past(EPOCH, 3, 6, LOG[2].command),)
    return replace(record(PLAN)[1], position=Position(epoch, seq), past=past)


def recollection(events: tuple[Event, ...] = LOG[2:], seq: int = 6, epoch: Epoch = EPOCH) -> Recollection:
    """Return what the archive has of the first epoch: all of it."""
    return Recollection(T, epoch, replace(SEEN, epoch=epoch, seq=seq), ((1, 6),), events, 3)


def offer(link: LinkId = ONE, *, forked: bool = False) -> Tell:
    return Tell(link, Offer(T, SEEN, ((1, 6),), (), forked))


def went_on(*facts: Fact) -> Advanced:
    """Return events of the new epoch."""
    return Advanced(
        T,
        NEW,
        tuple(
            replace(LOG[3], seq=seq, fact=fact, device=DeviceId("hub"), received_at=NOON)
            for seq, fact in enumerate(facts, 2)
        ),
    )


def adopted(*events: Event) -> Advanced:
    return went_on(*(EventAdopted(EPOCH, event, "counts") for event in events))


def offering() -> Offers:
    """Return offers with what the hub lacks, offered on a link."""
    offers = Offers()
    offers.receive_state(state())
    offers.receive_link(T, ONE, 0.0)
    deeds = offers.receive_recalled(recollection(), 0.0)
    assert deeds == [KeptChanged(T, KEPT), offer()]
    return offers


def test_a_new_epoch_has_the_archive_looked_into() -> None:
    assert Offers().receive_state(state()) == [Recall(T, EPOCH, 3)]


def test_what_the_archive_has_is_shown_at_once_and_offered_once_a_link_carries_the_room() -> None:
    offers = Offers()
    offers.receive_state(state())
    assert offers.receive_recalled(recollection(), 0.0) == [KeptChanged(T, KEPT)]
    assert offers.receive_link(T, ONE, 0.0) == [offer()]
    assert offers.receive_link(T, ONE, 1.0) == [], "it was offered there"
    assert offers.receive_link(T, TWO, 2.0) == [offer(TWO)]


def test_an_empty_archive_offers_nothing() -> None:
    offers = Offers()
    offers.receive_state(state())
    assert offers.receive_recalled(recollection((), 0), 0.0) == []
    assert offers.receive_recalled(recollection(epoch=OLDER), 0.0) == [], "nobody asked for that epoch"
    assert offers.receive_link(T, ONE, 0.0) == []
    assert offers.next_deadline() is None


def test_what_is_wanted_is_brought_chunk_by_chunk() -> None:
    offers = offering()
    assert offers.receive_want(Want(T, EPOCH, ((4, 6),)), 1.0) == [Fetch(T, EPOCH, ((4, 6),))]
    assert offers.receive_want(Want(T, EPOCH, ((4, 6),)), 1.0) == [], "one chunk at a time"
    assert offers.receive_fetched(T, EPOCH, LOG[3:5], 2.0) == [
        Tell(ONE, Bring(T, EPOCH, LOG[3:5])),
        Fetch(T, EPOCH, ((6, 6),)),
    ]
    assert offers.receive_fetched(T, EPOCH, LOG[5:], 3.0) == [Tell(ONE, Bring(T, EPOCH, LOG[5:]))]
    assert offers.next_deadline() == 2.0 + OFFER_SECONDS


def test_what_the_archive_cannot_give_is_not_asked_for_again_and_again() -> None:
    offers = offering()
    offers.receive_want(Want(T, EPOCH, ((4, 6),)), 1.0)
    assert offers.receive_fetched(T, EPOCH, (), 2.0) == []


def test_a_hub_that_wants_nothing_is_left_alone() -> None:
    offers = offering()
    assert offers.receive_want(Want(T, EPOCH, ()), 1.0) == []
    assert offers.next_deadline() is None


def test_what_others_say_of_unknown_epochs_is_passed_over() -> None:
    offers = offering()
    assert offers.receive_want(Want(T, OLDER, ((1, 2),)), 1.0) == []
    assert offers.receive_fetched(T, OLDER, LOG[:1], 1.0) == []
    assert Offers().receive_events(adopted(LOG[3])) == []


def test_what_was_not_adopted_is_offered_again_ever_more_rarely() -> None:
    offers, now = offering(), 0.0
    waits = []
    for _ in range(5):
        due = offers.next_deadline()
        assert due is not None
        assert offers.handle_deadline(due - 0.1) == []
        assert offers.handle_deadline(due) == [offer()]
        waits.append(due - now)
        now = due
    assert waits == [OFFER_SECONDS, 20.0, 40.0, MAX_OFFER_SECONDS, MAX_OFFER_SECONDS]


def test_what_was_adopted_is_no_longer_kept() -> None:
    offers = offering()
    assert offers.receive_events(adopted(LOG[3], LOG[4])) == [KeptChanged(T, KEPT[2:])]
    assert offers.receive_events(went_on(MissingClosed(EPOCH, 6))) == []
    assert offers.receive_events(adopted(LOG[5])) == [KeptChanged(T, ())]


def test_an_adoption_of_an_adoption_brings_both_back() -> None:
    offers = Offers()
    offers.receive_state(state(Past(EPOCH, 3, 6), Past(NEW, 1, 9), epoch=Epoch("e3")))
    offers.receive_recalled(recollection(), 0.0)
    inner = adopted(LOG[3]).events[0]
    deeds = offers.receive_events(went_on(EventAdopted(NEW, inner, "counts")))
    assert deeds == [KeptChanged(T, KEPT[1:])]
    assert offers.receive_events(went_on(EventAdopted(OLDER, LOG[4], "counts"))) == []


def test_an_epoch_that_is_named_later_is_looked_for_too() -> None:
    offers = offering()
    assert offers.receive_events(went_on(PastNamed(OLDER, 0, 4))) == [Recall(T, OLDER, 0)]
    assert offers.receive_events(went_on(PastNamed(OLDER, 0, 5))) == []


def test_another_state_of_the_same_epoch_looks_only_for_what_is_new() -> None:
    offers = offering()
    here = Past(EPOCH, 3, 6, LOG[2].command, spans_of([4, 5, 6]))
    assert offers.receive_state(state(here, seq=7)) == [KeptChanged(T, ())]


def test_one_more_epoch_looks_for_everything_again() -> None:
    offers = offering()
    deeds = offers.receive_state(state(Past(EPOCH, 3, 6), Past(NEW, 4, 5), epoch=Epoch("e3")))
    assert deeds == [Recall(T, EPOCH, 3), Recall(T, NEW, 4), KeptChanged(T, ())]


def test_a_lost_link_stops_everything_until_another_carries_the_room() -> None:
    offers = offering()
    offers.receive_want(Want(T, EPOCH, ((4, 6),)), 1.0)
    offers.receive_lost(TWO)
    assert offers.next_deadline() is not None
    offers.receive_lost(ONE)
    assert offers.next_deadline() is None
    assert offers.receive_fetched(T, EPOCH, LOG[3:], 2.0) == []
    assert offers.receive_link(T, TWO, 3.0) == [offer(TWO)]


def test_another_event_where_the_hubs_part_ends_is_a_fork() -> None:
    offers = Offers()
    offers.receive_state(state(Past(EPOCH, 3, 6, CommandId("another"))))
    offers.receive_link(T, ONE, 0.0)
    deeds = offers.receive_recalled(recollection(), 0.0)
    assert deeds[-1] == offer(forked=True)


def test_an_epoch_that_may_have_parted_is_offered_as_a_whole_and_less_and_less_often() -> None:
    offers, now, waited = Offers(), 0.0, 0.0
    offers.receive_state(state())
    offers.receive_link(T, ONE, 0.0)
    deeds = offers.receive_recalled(dataclasses.replace(recollection(), forked=True), 0.0)
    assert deeds[-1] == offer(forked=True)
    for _ in range(12):
        due = offers.next_deadline()
        assert due is not None
        offers.handle_deadline(due)
        waited, now = due - now, due
    assert waited == MAX_FORK_SECONDS


def test_a_hub_with_a_shorter_log_is_told_what_was_seen_and_where_that_came_from() -> None:
    offers = offering()
    seen = Position(NEW, 9, CommandId("x"))
    told: list[Deed] = offers.receive_short(T, seen, TWO)
    assert told == [Tell(TWO, Offer(T, seen, (), (Ancestor(EPOCH, 3),)))]
    assert Offers().receive_short(T, SEEN, ONE) == [Tell(ONE, Offer(T, SEEN))]


def test_an_offer_names_the_epochs_before_its_own() -> None:
    offers = Offers()
    offers.receive_state(state(Past(OLDER, 2, 2), Past(EPOCH, 3, 6)))
    offers.receive_link(T, ONE, 0.0)
    [_, tell] = offers.receive_recalled(recollection(), 0.0)
    assert isinstance(tell, Tell)
    assert isinstance(tell.message, Offer)
    assert tell.message.line == (Ancestor(OLDER, 2),)
