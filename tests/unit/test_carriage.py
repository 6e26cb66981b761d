"""The carriage: every room is carried while any link can, in one epoch, whatever becomes of links."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from core.domain.ids import GLOBAL_ROOM, DeviceId, Epoch, RoomId, TournamentId, tournament_room
from core.domain.state import Position, Tournament
from core.realtime.config import EngineConfig
from core.realtime.effects import Advanced, DirectoryChanged, Hangup, LinkId, RoomLive, SideLive, Told
from core.realtime.links.carriage import ASIDE_SECONDS, Carriage, Decision
from core.realtime.links.session import Session
from core.realtime.rooms.contents import RoomMessage
from core.realtime.rooms.rooms import JOIN_SECONDS, Moved, Say
from core.wire.messages import (
    Events,
    Goodbye,
    Heartbeat,
    Hello,
    Join,
    Leave,
    Listing,
    Pong,
    Replay,
    Snapshot,
    Welcome,
)
from core.wire.rooms import SideReplay
from tests.support.moments import Fixed, moment
from tests.support.tournaments import EPOCH, NOON, league, point, record

PLAN = league()
LOG, STATE = record(PLAN, [point(PLAN, 1, "a") for _ in range(3)])
ROOM = tournament_room(PLAN.id)
OTHER = Epoch("e2")
A, B, C = "ws://a", "ws://b", "ws://c"
T = TypeVar("T")


def listing(epoch: Epoch = EPOCH) -> Listing:
    return Listing(PLAN.id, "League", epoch, len(LOG))


class Device:
    """A carriage and its links, driven by hand."""

    def __init__(self, *endpoints: str, **figures: float) -> None:
        config = EngineConfig(endpoints=endpoints, **figures)  # type: ignore[arg-type]
        self.carriage = Carriage(config, Fixed())
        self.pool = self.carriage.pool
        self.pool.open = True
        self.now = 100.0

    def link(self, *listings: Listing, late: bool = False) -> Session:
        """Dial the next endpoint, and be welcomed there, with a sign-in that is good or no more."""
        (dial,) = self.pool.dials(self.now)
        session = self.pool.session(dial.link)
        assert session is not None
        session.receive_open(Hello(DeviceId("laptop-1"), "Ann"), self.now)
        session.receive_size(1, self.now)
        welcome = Welcome("hub", "s", 5.0, NOON, listings, standing="expired" if late else "valid")
        session.receive_message(welcome, moment(self.now))
        session.receive_message(Pong(self.now, NOON), moment(self.now + 0.01))
        self.pool.receive_live(session.link)
        self.said = self.carriage.receive_listed(session, listings, moment(self.now))
        return session

    def plan(self) -> list[Decision]:
        return self.carriage.plan(moment(self.now))

    def join(self, room: RoomId = ROOM) -> list[Decision]:
        return [*self.carriage.join(room, moment(self.now)), *self.plan()]

    def hear(self, session: Session, message: RoomMessage) -> list[Decision]:
        return self.carriage.receive(session, message, moment(self.now))

    def lose(self, session: Session, code: int = 1006) -> list[Decision]:
        session.receive_closed()
        self.pool.receive_closed(session.link, code, "cut", self.now)
        return self.carriage.receive_lost(session, moment(self.now))

    def alive(self, *sessions: Session) -> None:
        for session in sessions:
            session.receive_size(1, self.now)


def of(kind: type[T], steps: list[Decision]) -> list[T]:
    return [step for step in steps if isinstance(step, kind)]


def told(steps: list[Decision]) -> list[str]:
    return [told.line.text for told in of(Told, steps)]


def followed(*endpoints: str, **figures: float) -> tuple[Device, Session]:
    """Return a device whose room is live on the link to the first endpoint."""
    device = Device(*endpoints, **figures)
    session = device.link(listing())
    assert device.join() == [Say(session.link, Join(ROOM))]
    device.hear(session, Replay(ROOM, EPOCH, LOG))
    return device, session


def test_a_room_is_joined_on_the_link_there_is() -> None:
    device, session = followed(A)
    assert device.said == [DirectoryChanged((listing(),))]
    assert device.carriage.main is session
    assert device.carriage.views(device.now)[0].rooms == (ROOM,)
    assert device.plan() == []


def test_a_room_waits_for_a_link_and_is_followed_once() -> None:
    device = Device(A)
    assert device.join() == []
    assert device.carriage.main is None
    session = device.link()
    assert device.plan() == [Say(session.link, Join(ROOM))]
    assert device.join() == []
    assert device.carriage.leave(ROOM, moment(100.0)) == []
    assert device.carriage.leave(ROOM, moment(100.0)) == [Say(session.link, Leave(ROOM))]
    assert device.carriage.load(session.link) == 0


def test_a_lost_links_rooms_go_on_over_the_spare_at_once() -> None:
    device, first = followed(A, B)
    second = device.link(listing())
    steps = device.lose(first) + device.plan()
    assert steps == [
        RoomLive(PLAN.id, False, moment(100.0).at),
        Say(second.link, Join(ROOM, STATE.position)),
    ]
    assert device.hear(second, Replay(ROOM, EPOCH, ())) == [RoomLive(PLAN.id, True)]


def test_a_drained_link_is_left_when_its_room_is_whole_elsewhere() -> None:
    device, first = followed(A, B)
    second = device.link(listing())
    device.pool.drain(A, True)
    assert device.plan() == [Say(second.link, Join(ROOM, STATE.position))]
    steps = device.hear(second, Replay(ROOM, EPOCH, ()))
    assert steps == [Say(first.link, Leave(ROOM)), Moved(ROOM, second.link)]
    (hangup,) = of(Hangup, device.plan())
    assert hangup.link == first.link
    assert device.pool.sessions == [second]


def test_rooms_move_to_a_hub_that_reaches_its_log() -> None:
    device, first = followed(A, B)
    second = device.link(listing())
    first.receive_message(Heartbeat(NOON, durable=False), moment(100.0))
    assert device.plan() == [Say(second.link, Join(ROOM, STATE.position))]
    steps = device.hear(second, Replay(ROOM, EPOCH, ()))
    assert steps == [Say(first.link, Leave(ROOM)), Moved(ROOM, second.link)]
    second.receive_message(Heartbeat(NOON, durable=False), moment(100.0))
    assert device.plan() == [], "where none does, rooms stay"


def test_a_room_whose_carrier_ends_while_it_moves_goes_on_where_it_was_to_go() -> None:
    device, first = followed(A, B)
    second = device.link(listing())
    first.receive_message(Goodbye("it restarts"), moment(100.0))
    assert device.plan() == [Say(second.link, Join(ROOM, STATE.position))]
    steps = device.lose(first)
    assert steps[-1] == Say(second.link, Join(ROOM, STATE.position))
    assert device.plan() == []


def test_an_heir_that_does_not_answer_is_not_asked_again_for_a_while() -> None:
    device, first = followed(A, B)
    second = device.link(listing())
    device.pool.drain(A, True)
    device.plan()
    assert device.carriage.next_deadline() == 105.0, "a ping"
    device.now += JOIN_SECONDS
    device.alive(first, second)
    assert device.carriage.handle_deadline(moment(device.now)) == [Say(second.link, Leave(ROOM))]
    assert device.plan() == []
    device.now += ASIDE_SECONDS
    device.alive(first, second)
    assert of(Say, device.plan()) == [Say(second.link, Join(ROOM, STATE.position))]


def test_rooms_beyond_what_a_link_may_carry_have_another_opened() -> None:
    device = Device(A, max_rooms_per_link=1)
    first = device.link()
    device.join()
    device.join(GLOBAL_ROOM)
    second = device.link()
    assert device.plan() == [Say(second.link, Join(GLOBAL_ROOM))]
    assert device.pool.needed == 2
    assert {first, second} == set(device.pool.live)


# Entries.


def test_entries_have_a_link_kept_for_them_whether_followed_or_not() -> None:
    device = Device(A, B)
    device.carriage.enter([PLAN.id, PLAN.id])
    first = device.link(listing())
    assert device.plan() == [], "nobody follows it"
    second = device.link(listing())
    assert device.carriage.barred(first.link) == frozenset()
    assert device.carriage.barred(second.link) == {PLAN.id}
    assert device.carriage.views(device.now)[0].rooms == ()
    device.pool.drain(A, True)
    assert of(Moved, device.plan()) == [Moved(ROOM, second.link)]
    assert device.carriage.barred(second.link) == frozenset()
    assert device.join() == [Say(second.link, Join(ROOM))], "it is joined where its entries go"
    assert device.carriage.barred(second.link) == {PLAN.id}, "the answers may come with the replay"
    device.carriage.leave(ROOM, moment(device.now))
    assert device.carriage.load(second.link) == 1


def test_a_link_whose_sign_in_is_good_no_more_delivers_and_carries_no_room() -> None:
    device = Device(A, B)
    device.carriage.enter([PLAN.id])
    late = device.link(late=True)
    assert device.join() == [], "it reads nothing"
    assert device.carriage.openings(late) == (frozenset(), {PLAN.id})
    good = device.link(listing())
    assert of(Say, device.plan()) == [Say(good.link, Join(ROOM))]
    assert device.carriage.openings(late)[0] == {PLAN.id}, "the better link delivers"
    device.hear(good, Replay(ROOM, EPOCH, LOG))
    assert device.carriage.openings(good) == (frozenset(), frozenset({PLAN.id}))


# What hubs hold.


def test_a_room_that_a_hub_lacks_is_joined_where_it_is_listed() -> None:
    device = Device(A, B)
    first = device.link()
    device.join()
    steps = device.carriage.receive_missing(first, ROOM, "no such room", moment(100.0))
    assert told(steps) == ["tournament:league: no such room"]
    assert device.plan() == []
    second = device.link(listing())
    assert device.plan() == [Say(second.link, Join(ROOM))]


def test_a_room_that_this_device_had_created_is_joined() -> None:
    device = Device(A)
    session = device.link()
    device.join()
    device.carriage.receive_missing(session, ROOM, "no such room", moment(100.0))
    device.carriage.receive_created(session, TournamentId("another"))
    assert device.plan() == []
    device.carriage.receive_created(session, PLAN.id)
    assert device.plan() == [Say(session.link, Join(ROOM))]


def test_a_log_that_does_not_fold_comes_again() -> None:
    device, session = followed(A)
    steps = device.carriage.receive_bad_log(PLAN.id, "it contradicts itself", moment(100.0))
    assert steps[-1] == Say(session.link, Join(ROOM))


def test_a_room_without_a_public_log_is_in_no_epoch_of_a_tournament() -> None:
    device, session = followed(A)
    device.join(GLOBAL_ROOM)
    steps = device.hear(session, SideReplay(GLOBAL_ROOM, OTHER, 0))
    assert steps == [SideLive(GLOBAL_ROOM, True)]


# One epoch.


def test_a_new_epoch_is_followed_where_the_old_one_is_not_to_be_had() -> None:
    device, session = followed(A)
    state = _in_epoch(OTHER)
    device.hear(session, Events(ROOM, OTHER, LOG[:1]))
    steps = device.hear(session, Snapshot(ROOM, state))
    assert told(steps) == ["league: the hub began a new epoch"]
    assert of(RoomLive, steps) == [RoomLive(PLAN.id, True)]


def test_a_link_that_shows_another_epoch_stands_aside_and_is_named_once() -> None:
    device, first = followed(A, B)
    second = device.link(listing(OTHER))
    assert told(device.said) == [
        "ws://b shows league in another epoch than is followed here, and stands aside"
    ]
    assert told(device.carriage.receive_listed(second, [listing(OTHER)], moment(100.0))) == []
    device.pool.drain(A, True)
    assert device.plan() == [], "nothing else has it"
    device.pool.drain(A, False)
    device.lose(first)
    assert device.plan() == [], "the endpoint that showed it may come back"
    device.now += 1.0
    again = device.link(listing())
    assert device.plan() == [Say(again.link, Join(ROOM, STATE.position))]


def test_a_link_that_stands_aside_says_for_what() -> None:
    device, _ = followed(A, B)
    device.link(listing(OTHER))
    aside = {view.endpoint: view.aside for view in device.carriage.views(device.now)}
    assert aside == {A: (), B: (PLAN.id,)}


def test_another_epoch_is_followed_once_the_old_one_is_given_up() -> None:
    device, first = followed(A, B, max_reconnect_attempts=1)
    second = device.link(listing(OTHER))
    device.lose(first)
    assert device.pool.benched == (A,)
    assert device.plan() == [Say(second.link, Join(ROOM, STATE.position))]
    assert told(device.hear(second, Snapshot(ROOM, _in_epoch(OTHER))))
    device.now += 30.0
    device.alive(second)
    device.link(listing())
    assert device.said == [DirectoryChanged((listing(OTHER),)), *of(Told, device.said)]
    assert device.plan() == [], "it is not flapped back"


def test_what_a_link_says_in_another_epoch_is_not_taken_while_the_followed_one_may_be_had() -> None:
    device, first = followed(A, B)
    second = device.link(listing())
    steps = device.hear(first, Events(ROOM, OTHER, LOG[:1]))
    assert told(steps) == ["ws://a shows league in another epoch than is followed here, and stands aside"]
    assert of(RoomLive, steps) == [RoomLive(PLAN.id, False, moment(100.0).at)]
    assert device.plan() == [Say(second.link, Join(ROOM, STATE.position))]
    device.hear(second, Snapshot(ROOM, _in_epoch(OTHER)))
    assert device.carriage.contents.logs.positions[PLAN.id].epoch == OTHER, "both show it now"


# Doubt.


def test_rooms_of_a_doubted_link_are_dark_until_it_answers() -> None:
    device, session = followed(A)
    session.heard_at = moment(90.0).at
    assert device.carriage.doubt(session, moment(100.0)) == [RoomLive(PLAN.id, False, moment(90.0).at)]
    assert device.carriage.trust(session, moment(101.0)) == [RoomLive(PLAN.id, True)]


def test_events_are_handed_on() -> None:
    device = Device(A)
    session = device.link(listing())
    device.join()
    device.hear(session, Replay(ROOM, EPOCH, LOG[:2]))
    assert device.hear(session, Events(ROOM, EPOCH, LOG[2:])) == [Advanced(PLAN.id, EPOCH, LOG[2:])]
    assert device.carriage.contents.logs.positions[PLAN.id] == STATE.position
    assert LinkId(session.link) == session.link


def _in_epoch(epoch: Epoch) -> Tournament:
    return msgspec.structs.replace(STATE, position=Position(epoch, 1, LOG[0].command))
