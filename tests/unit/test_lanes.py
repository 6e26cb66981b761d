"""The lanes: order inside a match, priority across matches, barriers on the whole tournament, pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.domain.answers import Answer
from core.domain.commands import CreateTournament, Notify, StartMatch
from core.domain.ids import CommandId, Epoch, TournamentId
from core.realtime.outbox.lanes import LONGEST_PAUSE, Item, Lanes, place
from tests.support.moments import Fixed
from tests.support.tournaments import entry, league, match, point

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.domain.commands import Command
    from core.realtime.outbox.lanes import Lane

PLAN = league()
OTHER = league(name="other")
HELD = (PLAN.id, OTHER.id)


def item(row: int, command: Command, tournament: TournamentId = PLAN.id) -> Item:
    return Item(row, entry(tournament, command, id=f"e{row}"), "saved")


def on(row: int, number: int) -> Item:
    return item(row, point(PLAN, number, "a"))


def notice(row: int) -> Item:
    return item(row, Notify("Lunch"))


def lanes(*items: Item) -> Lanes:
    made = Lanes(Fixed())
    made.add(items)
    return made


def rows(items: Iterable[Item]) -> list[int]:
    return [one.row for one in items]


def drain(made: Lanes, room: int = 99) -> list[int]:
    """Pick and send until nothing is left to go."""
    sent: list[int] = []
    while picked := made.pick(room, (), HELD):
        for one in picked:
            made.discard(one)
        sent += rows(picked)
    return sent


def test_nothing_goes_where_nothing_waits() -> None:
    assert Lanes(Fixed()).pick(9, (), HELD) == []
    assert len(Lanes(Fixed())) == 0


def test_entries_go_in_the_order_of_rows() -> None:
    assert drain(lanes(on(3, 1), on(1, 1), on(2, 2))) == [1, 2, 3]


def test_the_urgent_goes_first_across_matches_and_never_inside_one() -> None:
    start = item(1, StartMatch(match(PLAN, 1)))
    assert drain(lanes(start, on(2, 1), on(3, 2), item(4, StartMatch(match(PLAN, 3))))) == [3, 1, 2, 4]


def test_an_entry_on_the_tournament_divides_what_comes_before_and_after() -> None:
    made = lanes(on(1, 1), on(2, 2), notice(3), on(4, 1), notice(5), notice(6), on(7, 3))
    assert rows(made.pick(99, (), HELD)) == [1, 2]
    assert drain(made) == [1, 2, 3, 4, 5, 6, 7]


def test_other_tournaments_are_not_held_up() -> None:
    other = item(2, point(OTHER, 1, "a"), OTHER.id)
    assert rows(lanes(notice(1), other, on(3, 1)).pick(99, (), HELD)) == [2, 1]


def test_no_more_are_picked_than_there_is_room_for() -> None:
    assert rows(lanes(*(on(row, 1) for row in range(1, 9))).pick(3, (), HELD)) == [1, 2, 3]


def test_barred_tournaments_wait() -> None:
    assert lanes(on(1, 1)).pick(9, {PLAN.id}, HELD) == []


def test_to_a_hub_without_the_tournament_only_its_creation_goes() -> None:
    made = lanes(
        on(1, 1), item(2, CreateTournament(OTHER), OTHER.id), item(3, point(OTHER, 1, "a"), OTHER.id)
    )
    assert rows(made.pick(9, (), ())) == [2]
    assert made.stranded(()) == {PLAN.id: 1}
    assert made.stranded({PLAN.id}) == {}


def test_a_paused_match_waits_and_holds_up_the_tournament() -> None:
    made = lanes(on(1, 1), on(2, 2), notice(3))
    lane: Lane = (PLAN.id, match(PLAN, 1))
    made.pause(lane, 2.0, 100.0)
    assert drain(made) == [2]
    assert made.next_deadline() == 103.0
    made.handle_deadline(102.9)
    assert drain(made) == []
    made.handle_deadline(103.0)
    assert made.next_deadline() is None
    assert drain(made) == [1, 3]


def test_a_paused_tournament_waits_as_a_whole() -> None:
    made = lanes(notice(1), on(2, 1))
    made.pause((PLAN.id, None), 2.0, 100.0)
    assert drain(made) == []
    made.resume((PLAN.id, None))
    assert drain(made) == [1, 2]


def test_pauses_are_what_the_hub_asks_and_a_growing_jitter_until_the_lane_is_resumed() -> None:
    made = Lanes(Fixed())
    lane: Lane = (PLAN.id, match(PLAN, 1))
    waits = []
    for _ in range(7):
        made.pause(lane, 1.0, 0.0)
        waits.append(made.next_deadline())
        made.handle_deadline(LONGEST_PAUSE)
    assert waits == [1.5, 2, 3, 5, 9, 16, 16]
    made.resume(lane)
    made.pause(lane, 0.0, 0.0)
    assert made.next_deadline() == pytest.approx(0.15)
    made.resume_all()
    assert made.next_deadline() is None


def test_a_lane_without_entries_is_no_more() -> None:
    first, second = on(1, 1), on(2, 1)
    made = lanes(first, second, on(3, 2))
    made.discard(first)
    made.discard(first)
    assert len(made) == 2
    made.discard(second)
    assert drain(made) == [3]
    assert len(made) == 0


def test_the_oldest_low_entry_is_the_first_to_make_room() -> None:
    assert lanes(on(1, 1)).low() is None
    found = lanes(on(1, 1), notice(2), notice(3)).low()
    assert found is not None
    assert found.row == 2


def test_entries_that_another_process_may_have_sent_are_marked() -> None:
    one = on(1, 1)
    lanes(one).mark()
    assert one.may_have_left


def test_items_stand_by_row_however_they_come() -> None:
    items: dict[CommandId, Item] = {}
    assert place(items, [on(2, 1), on(4, 1)])
    assert not place(items, [on(3, 1), on(1, 1)])
    assert place(items, [on(5, 1)])
    assert rows(items.values()) == [1, 2, 3, 4, 5]


def test_what_screens_see_of_an_entry_is_made_once_a_change() -> None:
    one = on(1, 1)
    shown = one.queued()
    assert one.queued() is shown
    assert (shown.seq, shown.version, shown.epoch) == (0, 0, None)
    one.answer = Answer(id=one.entry.id, outcome="accepted", epoch=Epoch("e1"), seq=7, version=2)
    one.shown = None
    assert (one.queued().seq, one.queued().version, one.queued().epoch) == (7, 2, "e1")
