"""Rooms with a log of their own: a dense seq each, complete replays, and memory given back when unused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.commands import Broadcast
from core.domain.ids import GLOBAL_ROOM, CommandId, Epoch, RoomId, TeamId, admin_room, team_room
from core.domain.state import Position
from core.hub.rooms.side import IDLE_TTL, KEEP, SideHead, SideHeads, SideRoom, Sides, SideTail
from core.wire.rooms import SideEvent, SideReplay
from tests.support.tournaments import DEVICE, NOON, entry, league

PLAN = league(3)
REDS, ADMINS = team_room(PLAN.id, TeamId("a")), admin_room(PLAN.id)
LIFE = Epoch("s1")
SECOND = timedelta(seconds=1)


class Logs:
    """The logs of rooms, as written so far, and how often one was read."""

    def __init__(self) -> None:
        self.heads = SideHeads(lambda: LIFE)
        self.logs: dict[RoomId, tuple[SideEvent, ...]] = {}
        self.reads = 0

    def say(self, room: RoomId, *names: str, exclude: bool = False) -> tuple[SideEvent, ...]:
        """Write broadcasts, and return their events."""
        said = []
        for name in names:
            command = Broadcast(room, name, "1", exclude)
            made = entry(PLAN.id, command, id=f"{room}-{name}")
            said.append(self.heads.write(made, command, NOON, "").event)
        self.logs[room] = (*self.logs.get(room, ()), *said)
        return tuple(said)

    def load(self, room: RoomId) -> SideTail:
        """Read the end of a log."""
        self.reads += 1
        events = self.logs.get(room, ())[-KEEP:]
        return SideTail(LIFE if events else Epoch(""), events)


def at(event: SideEvent) -> Position:
    return Position(LIFE, event.seq, event.id)


def test_every_room_counts_for_itself_without_a_gap() -> None:
    logs = Logs()
    logs.say(REDS, "one")
    logs.say(ADMINS, "one")
    logs.say(REDS, "two", "three")
    assert [event.seq for event in logs.logs[REDS]] == [1, 2, 3]
    assert [event.seq for event in logs.logs[ADMINS]] == [1]


def test_heads_made_of_where_others_stood_go_on_as_those() -> None:
    logs = Logs()
    logs.say(REDS, "one")
    again = SideHeads(lambda: Epoch("never"), logs.heads.heads)
    made = entry(PLAN.id, Broadcast(REDS, "two", "1"), id="again")
    assert again.write(made, Broadcast(REDS, "two", "1"), NOON, "").event.seq == 2
    assert [head.seq for head in logs.heads.heads] == [1]


def test_a_log_goes_on_where_it_stands_and_its_time_never_goes_back() -> None:
    later = NOON + SECOND
    heads = SideHeads(lambda: Epoch("never"), [SideHead(REDS, LIFE, 7, NOON, later)])
    command = Broadcast(REDS, "lunch", '{"at":12}', exclude_sender=True)
    said = heads.write(entry(PLAN.id, command, id="c8", by="Ann"), command, NOON, "Bob")
    assert (said.room, said.epoch, said.event.seq, said.event.received_at) == (REDS, LIFE, 8, later)
    assert (said.event.id, said.event.event, said.event.data) == ("c8", "lunch", '{"at":12}')
    assert (said.event.by, said.event.deliverer, said.event.device) == ("Ann", "Bob", DEVICE)
    assert said.event.exclude_sender


def test_a_member_gets_all_that_was_said_after_its_position() -> None:
    logs = Logs()
    one, two, three = logs.say(REDS, "one", "two", "three")
    room = SideRoom(REDS, logs.load(REDS))
    assert room.welcome(at(two), (), DEVICE) == SideReplay(REDS, LIFE, 3, (three,))
    assert room.welcome(at(three), (), DEVICE) == SideReplay(REDS, LIFE, 3)
    for nothing in (None, Position(LIFE, 0), Position(Epoch(""), 0)):
        assert room.welcome(nothing, (), DEVICE) == SideReplay(REDS, LIFE, 3, (one, two, three))


@pytest.mark.parametrize(
    "unusable",
    [
        Position(Epoch("other"), 2, CommandId(f"{REDS}-two")),
        Position(LIFE, 2, CommandId("other")),
        Position(LIFE, 4, CommandId("more")),
        Position(LIFE, -1),
    ],
)
def test_a_position_that_is_not_of_this_log_begins_anew_and_says_so(unusable: Position) -> None:
    logs = Logs()
    events = logs.say(REDS, "one", "two", "three")
    welcome = SideRoom(REDS, logs.load(REDS)).welcome(unusable, (), DEVICE)
    assert welcome == SideReplay(REDS, LIFE, 3, events, recovered=False)


def test_a_room_in_which_nothing_was_said_is_complete() -> None:
    assert SideRoom(REDS, Logs().load(REDS)).welcome(None, (), DEVICE) == SideReplay(REDS, Epoch(""), 0)


def test_a_member_further_back_than_what_is_kept_begins_anew() -> None:
    logs = Logs()
    events = logs.say(REDS, *(f"n{number}" for number in range(KEEP + 5)))
    room = SideRoom(REDS, SideTail(LIFE, ()))
    assert room.advance(LIFE, events) == events
    for position in (None, at(events[2])):
        welcome = room.welcome(position, (), DEVICE)
        assert (welcome.recovered, welcome.events) == (False, events[-KEEP:])
    assert room.welcome(at(events[9]), (), DEVICE).recovered


def test_the_excluded_sender_gets_no_data_in_a_replay_either() -> None:
    logs = Logs()
    logs.say(REDS, "secret", exclude=True)
    (own,) = SideRoom(REDS, logs.load(REDS)).welcome(None, (), DEVICE).events
    assert (own.seq, own.data, own.withheld) == (1, "null", True)


def test_what_was_read_already_is_not_news() -> None:
    logs, sides = Logs(), None
    sides = Sides(logs.load)
    one, two = logs.say(REDS, "one", "two")
    assert sides.open(REDS, 0.0).seq == 2
    assert sides.advance(REDS, LIFE, [one, two]) == ()
    (three,) = logs.say(REDS, "three")
    assert sides.advance(REDS, LIFE, [three]) == (three,)
    assert sides.head(REDS) == SideHead(REDS, LIFE, 3, NOON, NOON)


def test_what_is_said_in_a_room_that_is_not_in_memory_is_counted_all_the_same() -> None:
    logs = Logs()
    sides = Sides(logs.load)
    assert sides.head(GLOBAL_ROOM) is None
    assert sides.advance(GLOBAL_ROOM, LIFE, logs.say(GLOBAL_ROOM, "one", "two")) == ()
    assert logs.reads == 0
    head = sides.head(GLOBAL_ROOM)
    assert head is not None
    assert head.seq == 2


def test_a_room_that_nobody_uses_is_forgotten_and_read_again_when_somebody_joins() -> None:
    logs = Logs()
    logs.say(REDS, "one")
    sides = Sides(logs.load)
    for room in (REDS, ADMINS):
        sides.open(room, 0.0)
    sides.handle_deadline(IDLE_TTL - 1, in_use=[ADMINS])
    sides.open(REDS, IDLE_TTL - 1)
    assert logs.reads == 2
    sides.handle_deadline(2 * IDLE_TTL - 1, in_use=[ADMINS])
    sides.open(ADMINS, 2 * IDLE_TTL)
    assert logs.reads == 2, "somebody was in it"
    assert sides.open(REDS, 2 * IDLE_TTL).seq == 1
    assert logs.reads == 3


def test_after_a_failed_commit_each_room_gets_what_the_log_has_after_all() -> None:
    logs = Logs()
    logs.say(REDS, "one")
    sides = Sides(logs.load)
    reds, _ = sides.open(REDS, 0.0), sides.open(ADMINS, 0.0)
    (two,) = logs.say(REDS, "two")
    head = SideHead(REDS, LIFE, 2, NOON, NOON)
    assert sides.restart([head]) == {reds: (two,)}
    assert sides.head(REDS) == head
