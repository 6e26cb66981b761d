"""The Queue screen: what waits, what was refused, and how a person decides a conflict."""

from __future__ import annotations

from core.domain.commands import AddScore, CompleteMatch, Score, SetScore, Settle, Undo
from core.domain.ids import TeamId
from tests.support import desks
from tests.support.console import Desk, opened
from tests.support.desks import home, match
from tests.support.tournaments import league


async def test_waiting_entries_are_listed_in_order_with_their_state() -> None:
    async with opened(desks.offline(), screen="queue") as console:
        text = await console.wait_for("[Saved here 3]")
        rows = [line for line in text.splitlines() if "saved here, no hub yet" in line]
        assert [line.split()[1] for line in rows] == ["#5", "#6", "#7"]


async def test_an_empty_queue_says_that_everything_is_sent() -> None:
    async with opened(desks.lively(), screen="queue") as console:
        await console.wait_for("Everything is sent. 4 entries, last at 14:02:31.")
        await console.press("f")
        await console.wait_for("[Sending 0]")
        await console.press("f")
        await console.wait_for("No conflict waits for a decision.")
        await console.press("f")
        await console.wait_for("Nothing was refused.")


async def test_a_queue_that_never_had_anything_says_so() -> None:
    async with opened(Desk(league(2)), screen="queue") as console:
        await console.wait_for("Nothing waits to be sent.")


async def test_entries_on_their_way_have_a_tab() -> None:
    desk = desks.offline()
    desk.send()
    async with opened(desk, screen="queue") as console:
        await console.wait_for("[Sending 3]")
        await console.press("f", "f", "f")
        await console.wait_for("Nothing here; 3 entries in the other tabs.")


async def test_a_conflict_shows_both_sides_and_what_happened_between() -> None:
    async with opened(desks.conflict(), (120, 40), screen="queue") as console:
        text = await console.wait_for("CONFLICT  M033")
        assert "before both (v2)" in text
        assert "ana, 14:02:39" in text
        assert "kim, laptop-7, 14:02:37" in text
        assert "between: Norrköping 1 [A] +1 (kim)" in text
        assert "9-11" in text


async def test_taking_the_hubs_asks_in_words_and_settles() -> None:
    desk = desks.conflict()
    async with opened(desk, screen="queue") as console:
        await console.press("t")
        await console.wait_for("The hub's 10-11 stays. Your 1 entry")
        await console.press("enter")
        await console.wait_for("[Conflicts 1]")
        assert not isinstance(desk.submitted[-1], Settle)
        await console.press("t", "tab", "enter")
        await console.wait_for(lambda: not desk.match("m033").held)
        assert isinstance(desk.submitted[-1], Settle)
        assert desk.submitted[-1].instead == ()
        assert desk.match("m033").score == Score(10, 11)


async def test_sending_mine_adds_it_on_top() -> None:
    desk = desks.conflict()
    async with opened(desk, screen="queue") as console:
        await console.press("m")
        await console.wait_for("becomes 11-11.")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m033").score == Score(11, 11))
        assert not desk.match("m033").held


async def test_editing_sets_the_score_that_counts() -> None:
    desk = desks.conflict()
    async with opened(desk, screen="queue") as console:
        await console.press("e")
        await console.wait_for("the score that counts")
        await console.press("end", "backspace", "2", "enter", "enter")
        await console.wait_for("The score becomes 12-11")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m033").score == Score(12, 11))
        assert not desk.match("m033").held


async def test_deciding_later_changes_nothing() -> None:
    desk = desks.conflict()
    async with opened(desk, screen="queue") as console:
        await console.press("d")
        await console.wait_for("Nothing changed: it stays in Conflicts")
        assert desk.match("m033").held


async def test_all_held_entries_of_one_match_are_decided_together() -> None:
    desk = desks.lively(online=False)
    desk.submit(home(33))
    desk.submit(home(33))
    desk.submit(SetScore(match(33), Score(15, 11)))
    desk.others(home(33))
    desk.connect("live")
    async with opened(desk, screen="queue") as console:
        await console.wait_for("3 entries: Norr")
        await console.press("m", "tab", "enter")
        await console.wait_for(lambda: desk.match("m033").score == Score(15, 11))
        assert not desk.match("m033").held


async def test_a_held_undo_goes_out_as_points_taken_off() -> None:
    desk = desks.lively()
    desk.connect("offline")
    desk.submit(Undo(match(34), desk.queue[0].entry.id))
    desk.others(home(34))
    desk.connect("live")
    async with opened(desk, screen="queue") as console:
        await console.press("m")
        await console.wait_for("3-1. The hub's entries stay")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m034").score == Score(3, 1))
        assert desk.submitted[-1].instead == (AddScore(match(34), TeamId("t07"), -1),)  # type: ignore[union-attr]


async def test_mine_cannot_count_while_the_match_is_final_at_the_hub() -> None:
    desk = desks.lively(online=False)
    desk.submit(home(33))
    desk.others(home(33), CompleteMatch(match(33)))
    desk.connect("live")
    async with opened(desk, (120, 40), screen="queue") as console:
        await console.press("m")
        await console.wait_for("M033 is final at the hub: ops must reopen it")


async def test_a_conflict_of_another_device_can_be_decided_here() -> None:
    desk = desks.lively()
    entry = desk.queue[0].entry
    stale = type(entry)(
        id=type(entry.id)("x-1"),
        tournament=entry.tournament,
        command=home(34),
        by="bo",
        device=type(entry.device)("laptop-9"),
        entered_at=desk.at,
        base=entry.base,
    )
    desk._judge(stale, desk.at)
    async with opened(desk, screen="queue") as console:
        await console.wait_for("CONFLICT: bo on laptop-9,")
        await console.press("t")
        await console.wait_for("bo's 1 entry")
        await console.press("tab", "enter")
        await console.wait_for(lambda: not desk.match("m034").held)


async def test_a_viewer_decides_nothing() -> None:
    desk = desks.conflict()
    desk.role = "spectator"
    desk.connect("live")
    async with opened(desk, screen="queue") as console:
        await console.press("t")
        await console.wait_for("You are signed in as viewer")


async def test_keys_of_a_conflict_say_so_where_there_is_none() -> None:
    async with opened(desks.lively(), screen="queue") as console:
        await console.press("t")
        await console.wait_for("No conflict is chosen")
        await console.press("w")
        await console.wait_for("No entry is chosen")


async def test_an_entry_that_never_left_is_withdrawn_after_asking() -> None:
    desk = desks.offline()
    async with opened(desk, screen="queue") as console:
        await console.press("w")
        await console.wait_for("It leaves this list and counts nowhere.")
        await console.press("enter")
        await console.wait_for("[Saved here 3]")
        await console.press("w", "tab", "enter")
        await console.wait_for("[Saved here 2]")
        assert desk.shown("m034").score == Score(4, 2)


async def test_an_entry_that_may_have_left_is_undone_by_name() -> None:
    desk = desks.offline()
    desk.send()
    async with opened(desk, screen="queue") as console:
        await console.press("w")
        await console.wait_for("It may have left already: an undo of it is sent after it.")


async def test_a_refused_entry_shows_its_reason_and_opens_its_match() -> None:
    desk = desks.lively()
    desk.submit(AddScore(match(31), TeamId("t01"), 1))
    async with opened(desk, screen="queue") as console:
        await console.wait_for("refused: This match is fi")
        await console.press("e")
        await console.wait_for("M031  ENTRY")


async def test_enter_opens_the_match_of_an_entry() -> None:
    async with opened(desks.offline(), screen="queue") as console:
        await console.press("enter")
        await console.wait_for("M034  ENTRY")


async def test_a_row_can_be_copied() -> None:
    async with opened(desks.offline(), screen="queue") as console:
        await console.press("y")
        await console.wait_for("Copied")
        assert "Otters +1" in console.app.clipboard
