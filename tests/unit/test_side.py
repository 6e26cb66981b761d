"""The logs of rooms of their own: contiguous, or visibly begun anew."""

from __future__ import annotations

from core.domain.ids import GLOBAL_ROOM, CommandId, DeviceId, Epoch, RoomId, TeamId, TournamentId, team_room
from core.domain.state import Position
from core.realtime.effects import Heard, SideAdvanced
from core.realtime.rooms.side import Side
from core.wire.rooms import SideEvent, SideEvents, SideReplay
from tests.support.tournaments import NOON

ROOM = team_room(TournamentId("cup"), TeamId("reds"))
ONE = Epoch("one")
TWO = Epoch("two")


def said(*seqs: int) -> tuple[SideEvent, ...]:
    return tuple(
        SideEvent(
            seq=seq,
            id=CommandId(f"c{seq}"),
            event="lights",
            by="ana",
            device=DeviceId("laptop-1"),
            entered_at=NOON,
            received_at=NOON,
        )
        for seq in seqs
    )


def replay(*seqs: int, epoch: Epoch = ONE, recovered: bool = True) -> SideReplay:
    return SideReplay(ROOM, epoch, max(seqs, default=0), said(*seqs), recovered)


def events(*seqs: int, epoch: Epoch = ONE) -> SideEvents:
    return SideEvents(ROOM, epoch, said(*seqs))


def advanced(*seqs: int, epoch: Epoch = ONE, reset: bool = False) -> SideAdvanced:
    return SideAdvanced(ROOM, epoch, max(seqs), said(*seqs), reset)


def at(seq: int, epoch: Epoch = ONE) -> Position:
    return Position(epoch, seq, CommandId(f"c{seq}"))


def followed(*seqs: int) -> Side:
    side = Side()
    side.receive(replay(*seqs))
    return side


def test_a_replay_and_the_events_behind_it_are_handed_on_in_order() -> None:
    side = Side()
    assert side.receive(replay(1, 2)) == Heard("whole", (advanced(1, 2),))
    assert side.receive(events(3)) == Heard("whole", (advanced(3),))
    assert side.positions == {ROOM: at(3)}


def test_a_room_in_which_nothing_was_said_is_whole_at_once() -> None:
    side = Side()
    assert side.receive(replay(epoch=Epoch(""))) == Heard("whole")
    assert side.positions == {}
    assert side.receive(events(1)) == Heard("whole", (advanced(1),))


def test_an_event_seen_before_is_dropped() -> None:
    side = followed(1, 2)
    assert side.receive(events(1, 2)) == Heard("whole")
    assert side.receive(events(2, 3)) == Heard("whole", (advanced(3),))


def test_a_gap_has_the_room_joined_again_from_where_it_stands() -> None:
    side = followed(1)
    heard = side.receive(events(2, 4))
    assert heard == Heard("broken", (advanced(2),), "event 3 is missing")
    assert side.positions == {ROOM: at(2)}
    assert side.receive(events(5)) == Heard("broken", why="event 3 is missing")


def test_a_replay_with_a_gap_is_not_whole() -> None:
    assert followed(1).receive(replay(3)).outcome == "broken"
    assert Side().receive(replay(2)).outcome == "broken"


def test_a_replay_that_ends_too_early_is_not_whole() -> None:
    heard = Side().receive(SideReplay(ROOM, ONE, 3, said(1, 2)))
    assert heard == Heard("broken", (advanced(1, 2),), "the hub's replay ends before 3")


def test_a_replay_that_is_older_than_what_followed_changes_nothing() -> None:
    side = followed(1, 2, 3)
    assert side.receive(replay(2)) == Heard("whole")
    assert side.positions == {ROOM: at(3)}


def test_what_cannot_be_completed_comes_as_a_reset() -> None:
    side = followed(1, 2)
    heard = side.receive(replay(8, 9, epoch=TWO, recovered=False))
    assert heard == Heard("whole", (advanced(8, 9, epoch=TWO, reset=True),))
    assert side.positions == {ROOM: at(9, TWO)}
    assert side.receive(events(10, epoch=TWO)) == Heard("whole", (advanced(10, epoch=TWO),))


def test_a_hub_that_lost_a_room_s_whole_log_begins_it_anew() -> None:
    side = followed(1, 2)
    empty = SideReplay(ROOM, Epoch(""), 0, (), recovered=False)
    assert side.receive(empty) == Heard("whole", (SideAdvanced(ROOM, Epoch(""), 0, (), reset=True),))
    assert side.positions == {}
    assert side.receive(events(1, epoch=TWO)) == Heard("whole", (advanced(1, epoch=TWO),))


def test_a_reset_without_any_event_goes_on_from_its_seq() -> None:
    side = Side()
    side.receive(SideReplay(ROOM, ONE, 700, (), recovered=False))
    assert side.positions == {ROOM: Position(ONE, 700)}
    assert side.receive(events(701)) == Heard("whole", (advanced(701),))


def test_events_of_another_epoch_have_the_room_joined_again() -> None:
    side = followed(1)
    heard = side.receive(events(2, epoch=TWO))
    assert heard == Heard("broken", why="its events are of epoch two, not one")
    assert side.positions == {ROOM: at(1)}


def test_rooms_of_the_public_log_are_not_its_affair() -> None:
    for room in (RoomId("tournament:cup"), RoomId("nonsense")):
        assert Side().receive(SideEvents(room, ONE, said(1))) == Heard("dropped")
    assert Side().receive(SideEvents(GLOBAL_ROOM, ONE, said(1))).outcome == "whole"
