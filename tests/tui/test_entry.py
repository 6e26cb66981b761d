"""The Entry screen: one key a point, undo, exact scores, the end of a match, and what keeps the keys off."""

from __future__ import annotations

import pytest

from core.domain.commands import (
    AddScore,
    CompleteMatch,
    ConfirmResult,
    ReopenMatch,
    Score,
    SetScore,
    StartMatch,
    Undo,
)
from core.domain.ids import TeamId
from tests.support import desks
from tests.support.console import Console, Desk, opened
from tests.support.desks import home, match
from tests.support.tournaments import cup, point


async def enter(console: Console, number: int = 34) -> None:
    console.app.open_match(match(number))
    await console.wait_for(f"M{number:03d}  ENTRY")


async def test_enter_opens_the_match_and_escape_returns_to_its_row() -> None:
    async with opened(desks.lively()) as console:
        await console.press("down", "down", "enter")
        await console.wait_for("M034  ENTRY")
        await console.press("escape")
        await console.wait_for("> * live C4    M034")


async def test_each_key_does_its_point() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        await console.press("a", "l", "A", "L", "right", "up", "space", "down", "left", "3")
        await console.wait_for(lambda: len(desk.submitted) == 12)
        deltas = [(c.team, c.delta) for c in desk.submitted[4:] if isinstance(c, AddScore)]
        otters, foxes = TeamId("t07"), TeamId("t08")
        assert deltas == [
            (otters, 1),
            (foxes, 1),
            (otters, -1),
            (foxes, -1),
            (foxes, 1),
            (foxes, 1),
            (foxes, -1),
            (otters, 3),
        ]
        assert desk.match("m034").score == Score(6, 2)


async def test_entries_say_what_became_of_them() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        desk.online = False
        await console.press("a")
        await console.wait_for("saved here")
        desk.send()
        await console.wait_for("sending")
        desk.connect("live")
        text = await console.wait_without("sending")
        assert text.count("confirmed") == 5


async def test_rows_are_there_as_soon_as_the_window_has_room_for_them() -> None:
    async with opened(desks.lively(), (80, 9)) as console:
        console.app.open_match(match(34))
        await console.resize(80, 24)
        assert console.text().count("confirmed") == 4


async def test_undo_of_what_never_left_withdraws_it() -> None:
    desk = desks.lively(online=False)
    async with opened(desk) as console:
        await enter(console)
        await console.press("a")
        await console.wait_for(lambda: desk.shown("m034").score == Score(4, 1))
        await console.press("u")
        await console.wait_for(lambda: desk.shown("m034").score == Score(3, 1))
        await console.wait_for("withdrawn")
        assert not any(isinstance(command, Undo) for command in desk.submitted)
        await console.press("U")
        await console.wait_for(lambda: desk.shown("m034").score == Score(4, 1))


async def test_undo_of_what_may_have_left_names_it_and_redo_brings_it_back() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        await console.press("u", "u")
        await console.wait_for(lambda: desk.match("m034").score == Score(2, 0))
        assert [type(command) for command in desk.submitted[-2:]] == [Undo, Undo]
        await console.wait_for("undo Otters +1")
        await console.press("U")
        await console.wait_for(lambda: desk.match("m034").score == Score(3, 0))
        await console.press("U")
        await console.wait_for(lambda: desk.match("m034").score == Score(3, 1))


async def test_undo_reaches_back_to_the_start_and_no_further() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        await console.press("u", "u", "u", "u")
        await console.wait_for(lambda: desk.match("m034").score == Score(0, 0))
        await console.press("u")
        await console.wait_for("nothing to undo")


async def test_the_points_of_others_are_not_undone_here() -> None:
    async with opened(desks.lively()) as console:
        await enter(console, 33)
        await console.press("u")
        await console.wait_for("This laptop has nothing to undo in this match")
        await console.press("U")
        await console.wait_for("Nothing was undone last")


async def test_a_score_does_not_go_below_zero() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console, 36)
        await console.press("A")
        await console.wait_for("A score cannot go below 0")
        assert len(desk.submitted) == 4


async def test_an_exact_score_is_set_in_a_form() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        await console.press("equals_sign")
        await console.wait_for("the exact score")
        await console.press("backspace", "7", "enter", "backspace", "x", "enter")
        await console.wait_for("Enter a whole number")
        await console.press("9", "enter")
        await console.wait_for(lambda: desk.match("m034").score == Score(7, 9))


async def test_nil_nil_can_be_entered() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console, 36)
        await console.press("F")
        await console.wait_for("It has not started")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m036").phase == "final")
        assert desk.submitted[-2:] == [StartMatch(match(36)), CompleteMatch(match(36))]


async def test_the_end_asks_in_words_and_the_safe_answer_has_the_focus() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        await console.press("F")
        await console.wait_for("Otters 3-1 Foxes: Otters win")
        await console.press("enter")
        await console.wait_without("Otters win")
        assert desk.match("m034").phase == "live"
        await console.press("F", "right", "enter")
        await console.wait_for("This match is final. V reopens it,  = corrects it")
        assert desk.match("m034").phase == "final"


async def test_a_result_becomes_official_and_ops_reopen_it() -> None:
    desk = desks.finished()
    async with opened(desk) as console:
        await enter(console)
        await console.press("O")
        await console.wait_for("Make M034 official?")
        await console.press("tab", "enter")
        await console.wait_for("This match is official")
        assert desk.submitted[-1:] == [ConfirmResult(match(34))]
        await console.press("O")
        await console.wait_for("official already")
        await console.press("V")
        await console.wait_for("Reopen M034?")
        await console.press("enter")
        await console.wait_for("Say why")
        await console.press(*"typo", "enter", "enter")
        await console.wait_for("Last entries")
        assert desk.submitted[-1:] == [ReopenMatch(match(34))]


async def test_a_live_match_is_neither_official_nor_reopened() -> None:
    async with opened(desks.lively()) as console:
        await enter(console)
        await console.press("O")
        await console.wait_for("The match is not final yet")
        await console.press("V")
        await console.wait_for("The match is not final")
        await console.press("S")
        await console.wait_for("The match has started already")


async def test_a_match_starts_without_a_point() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console, 36)
        await console.press("S")
        await console.wait_for(lambda: desk.match("m036").phase == "live")


async def test_a_level_knock_out_asks_for_the_shoot_out() -> None:
    plan = cup(2)
    desk = Desk(plan)
    desk.others(point(plan, 1, "a"), point(plan, 1, "b"))
    async with opened(desk) as console:
        console.app.open_match(plan.fixtures[0].id)
        await console.wait_for("ENTRY")
        await console.press("F")
        await console.wait_for("shoot-out decides")
        await console.press("4", "enter", "4", "enter")
        await console.wait_for("A shoot-out has a winner")
        await console.press("backspace", "5", "enter")
        await console.wait_for("(4-5 in the shoot-out)")
        await console.press("tab", "enter")
        await console.wait_for("shoot-out 5")
        assert desk.match("m001").winner == "b"


async def test_leaving_the_shoot_out_ends_nothing() -> None:
    plan = cup(2)
    desk = Desk(plan)
    desk.others(StartMatch(plan.fixtures[0].id))
    async with opened(desk) as console:
        console.app.open_match(plan.fixtures[0].id)
        await console.wait_for("ENTRY")
        await console.press("F", "escape")
        await console.wait_without("shoot-out decides")
        assert desk.submitted == []


@pytest.mark.parametrize("role", ["participant", "spectator"])
async def test_a_viewer_enters_nothing_and_is_told_why(role: str) -> None:
    desk = desks.lively()
    desk.role = role  # type: ignore[assignment]  # both are roles
    desk.connect("live")
    async with opened(desk) as console:
        await enter(console)
        assert "+1" not in console.text().splitlines()[-1]
        for key in ("a", "u", "U", "F", "O", "equals_sign", "S", "V"):
            await console.press(key)
        await console.wait_for("You are signed in as viewer")
        assert len(desk.submitted) == 4


async def test_nothing_is_entered_while_this_laptop_cannot_save() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        desk.saving(can_save=False)
        await console.wait_for("CANNOT SAVE ON THIS LAPTOP")
        await console.press("a")
        await console.wait_for("Cannot save on this laptop. Write scores on paper")
        assert len(desk.submitted) == 4


async def test_a_match_whose_sides_are_not_known_cannot_start() -> None:
    async with opened(desks.lively()) as console:
        await enter(console, 42)
        await console.wait_for("Cannot start yet: winner of M041 not known")
        await console.press("a")
        assert len(console.desk.submitted) == 4


async def test_somebody_else_who_scores_is_named_and_blocks_nothing() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        assert "ALSO SCORING" not in console.text()
        desk.others(home(34), ago=1)
        await console.wait_for("! ALSO SCORING: kim on laptop-7 since 14:02")
        await console.press("a")
        await console.wait_for(lambda: desk.match("m034").score == Score(5, 1))


async def test_the_key_that_leads_to_a_conflict_is_no_point_here() -> None:
    desk = desks.conflict()
    async with opened(desk) as console:
        await enter(console, 33)
        text = await console.wait_for("is held  ! to look")
        assert "conflict: ! to decide" in text
        assert "6 to look" not in text
        await console.press("exclamation_mark")
        await console.wait_for("[Conflicts 1]")


async def test_a_refused_entry_stays_listed_until_it_is_withdrawn() -> None:
    desk = desks.lively(online=False)
    async with opened(desk) as console:
        await enter(console, 33)
        await console.press("A")
        desk.others(SetScore(match(33), Score(0, 0)))
        desk.queue[-1] = desk.queue[-1].__class__(
            desk.queue[-1].entry, "refused", "critical", 5, 1, "below 0"
        )
        desk._tell_queue()
        await console.wait_for("refused: below 0")
        await console.press("w")
        await console.wait_for("Withdraw Norrköping")
        await console.press("tab", "enter")
        await console.wait_for("withdrawn")
        await console.press("w")
        await console.wait_for("Nothing of this laptop was refused")


async def test_a_refused_entry_is_edited_in_the_form() -> None:
    desk = desks.lively(online=False)
    async with opened(desk) as console:
        await enter(console, 33)
        await console.press("a")
        desk.queue[-1] = desk.queue[-1].__class__(desk.queue[-1].entry, "refused", "critical", 5, 1, "no")
        desk._tell_queue()
        await console.wait_for("refused: no")
        await console.press("e")
        await console.wait_for("the exact score")


async def test_a_bounced_key_counts_once_and_the_screen_says_so() -> None:
    desk = desks.lively()
    async with opened(desk, double_press_guard=1.0) as console:
        await enter(console)
        await console.press("a", "a")
        await console.wait_for("twice within 60 ms counts once")
        assert len(desk.submitted) == 5
        await console.press("l")
        await console.wait_for(lambda: len(desk.submitted) == 6)


async def test_without_a_match_the_keys_say_so() -> None:
    async with opened(desks.lively()) as console:
        await console.press("2")
        await console.wait_for("No match is open. Pick one and press Enter")
        console.app.switch_mode("entry")
        await console.wait_for("  No match is open.")
        for key in ("a", "F", "u", "O", "V", "w"):
            await console.press(key)
        assert len(console.desk.submitted) == 4


async def test_two_comes_back_to_the_match_being_scored() -> None:
    async with opened(desks.lively()) as console:
        await enter(console)
        await console.press("escape", "3")
        await console.wait_for("FOLLOWING")
        await console.press("2")
        await console.wait_for("M034  ENTRY")
        await console.press("escape")
        await console.wait_for("FOLLOWING")


@pytest.mark.parametrize("size", [(40, 12), (60, 16)])
async def test_it_works_in_a_small_window(size: tuple[int, int]) -> None:
    desk = desks.lively()
    async with opened(desk, size) as console:
        console.app.open_match(match(34))
        await console.wait_for("Otters")
        await console.press("a")
        await console.wait_for(lambda: desk.match("m034").score == Score(4, 1))
        await console.wait_for(" 4 ")


async def test_large_scores_are_written_small() -> None:
    desk = desks.lively()
    desk.others(SetScore(match(33), Score(123456, 1)))
    async with opened(desk) as console:
        await enter(console, 33)
        await console.wait_for("123456")


async def test_keys_that_arrive_together_act_in_their_order() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await enter(console)
        console.type_at_once("equals_sign", "7", "tab", "4", "enter", "a", "l", "l")
        await console.wait_for(lambda: len(desk.submitted) == 8)
        exact = desk.submitted[4]
        assert isinstance(exact, SetScore)
        assert exact.score == Score(7, 4)
        assert desk.match("m034").score == Score(8, 6)
