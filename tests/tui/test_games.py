"""Scoring every kind of game by its keys: sets, cups that count down, times; and what is not played."""

from __future__ import annotations

from core.domain.commands import (
    AddScore,
    CompleteMatch,
    EnterSets,
    ForfeitMatch,
    Score,
    SetScore,
    SetTime,
    StartMatch,
)
from tests.support import beer
from tests.support.beer import FOXES, LIONS, match
from tests.support.console import Console, opened


async def enter(console: Console, number: int) -> None:
    console.app.open_match(match(number))
    await console.wait_for(f"M{number:03d}  ENTRY")


async def test_a_point_wins_a_set_and_the_next_one_begins() -> None:
    desk = beer.evening()
    desk.others(SetScore(match(1), Score(24, 22)), ago=600)
    async with opened(desk) as console:
        await enter(console, 1)
        await console.wait_for("set 1 of 3")
        await console.press("a")
        text = await console.wait_for("set 2 of 3")
        assert desk.match("m001").sets == (Score(25, 22),)
        assert "S1 25-22" in text
        assert "sets 1" in text
        assert "to 25, 2 ahead" in text


async def test_the_end_of_a_set_is_asked_in_words() -> None:
    desk = beer.evening()
    desk.others(EnterSets(match(1), (Score(25, 22), Score(21, 18))), ago=600)
    async with opened(desk) as console:
        await enter(console, 1)
        await console.press("n")
        await console.wait_for("Set 2 ends: with which points? It goes to 25")
        await console.press("enter", "enter")
        await console.wait_for("Set 2 is not over at 21-18")
        await console.press("n")
        await console.wait_for("Set 2 ends")
        await console.press(*"25", "enter", "enter")
        await console.wait_for("25-18: Lions win it, 2-0 in sets. That decides the match")
        await console.press("enter")
        await console.wait_without("That decides the match")
        assert desk.submitted == []
        await console.press("n")
        await console.wait_for("Set 2 ends")
        await console.press(*"25", "enter", "enter")
        await console.wait_for("Lions win it")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m001").sets == (Score(25, 22), Score(25, 18)))
        assert desk.submitted == [SetScore(match(1), Score(25, 18))]
        await console.press("a")
        await console.wait_for("It is decided, 2-0 in sets:  F ends the match")
        await console.press("n")
        await console.press("F")
        await console.wait_for("Lions 2-0 Foxes: Lions win")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m001").phase == "final")
        await console.wait_for("sets won  winner")


async def test_a_match_of_sets_does_not_end_before_it_is_decided() -> None:
    desk = beer.evening()
    desk.others(EnterSets(match(1), (Score(25, 22), Score(21, 18))), ago=600)
    async with opened(desk) as console:
        await enter(console, 1)
        await console.press("F")
        await console.wait_for("M001 goes to 2 sets, and sets are 1-0: play on, or forfeit it")


async def test_a_point_that_cannot_be_is_said_at_once() -> None:
    desk = beer.evening()
    desk.others(SetScore(match(1), Score(24, 20)), ago=600)
    async with opened(desk) as console:
        await enter(console, 1)
        await console.press("5")
        await console.wait_for("A set to 25 cannot stand 29-20")
        assert desk.submitted == []


async def test_all_sets_are_entered_as_they_stand_on_paper() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await enter(console, 1)
        await console.press("N")
        await console.wait_for("M001: all sets")
        await console.press(*"what", "enter")
        await console.wait_for("Write the sets as 25-22 21-25 15-10")
        await console.press(*["backspace"] * 4, *"25-22 20-24 15-9", "enter")
        await console.wait_for("set 2 is not over at 20-24")
        await console.press("escape", "N", *"25-22 20-25 15-9", "enter")
        await console.wait_for(lambda: desk.match("m001").result == Score(2, 1))
        assert desk.submitted == [EnterSets(match(1), (Score(25, 22), Score(20, 25), Score(15, 9)))]


async def test_cups_count_down_and_name_who_threw() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await enter(console, 3)
        await console.wait_for("cups left, 0 hit")
        await console.press("p")
        await console.wait_for("Who throws?")
        await console.press(*"Ann", "enter", "enter")
        await console.wait_for("players  Ann")
        await console.press("a", "b", "m", "l")
        text = await console.wait_for("cups left, 3 hit")
        assert "cups left, 1 hit" in text
        assert desk.submitted == [
            AddScore(match(3), LIONS, 1, "cup", "Ann"),
            AddScore(match(3), LIONS, 2, "bounce", "Ann"),
            AddScore(match(3), LIONS, 0, "miss", "Ann"),
            AddScore(match(3), FOXES, 1, "cup"),
        ]
        await console.wait_for("Lions miss")
        await console.press("right", "b", "A")
        await console.wait_for(lambda: desk.match("m003").score == Score(2, 3))


async def test_there_are_only_so_many_cups() -> None:
    desk = beer.evening()
    desk.others(SetScore(match(3), Score(9, 2)), ago=600)
    async with opened(desk) as console:
        await enter(console, 3)
        await console.press("b")
        await console.wait_for("There are 10 cups on each side")
        await console.press("a", "a")
        await console.wait_for("All 10 cups are hit:  F ends the match")
        await console.press("F")
        await console.wait_for("Lions 10-2 Foxes: Lions win")
        await console.press("tab", "enter")
        await console.wait_for("cups hit  winner")


async def test_times_are_typed_and_the_lowest_wins() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await enter(console, 5)
        await console.press("F")
        await console.wait_for("Nobody has a time yet:  =  enters them")
        await console.press("a")
        await console.wait_for("M005: the times")
        await console.press(*"1:xx", "enter", "enter")
        await console.wait_for("Write a time as 1:23.456 or 83.456")
        await console.press("shift+tab", *"1:02.345", "enter", "enter")
        await console.wait_for(lambda: desk.match("m005").score == Score(62_345, 0))
        await console.press("l")
        await console.wait_for("The lowest time wins")
        await console.press(*"59.1", "enter")
        await console.wait_for(lambda: desk.match("m005").score == Score(62_345, 59_100))
        assert desk.submitted == [SetTime(match(5), LIONS, 62_345), SetTime(match(5), FOXES, 59_100)]
        await console.wait_for("1:02.345 / 59.100")
        await console.press("F")
        await console.wait_for("Lions 1:02.345 / 59.100 Foxes: Foxes win")


async def test_points_of_another_kind_are_explained() -> None:
    async with opened(beer.evening()) as console:
        await enter(console, 7)
        for key, said in (
            ("n", "This game has no sets:  F ends the match"),
            ("N", "This game has no sets:  = sets the score"),
            ("b", "This game is not played with cups"),
            ("p", "This game is not played with cups"),
        ):
            await console.press(key)
            await console.wait_for(said)
        assert console.desk.submitted == []


async def test_who_does_not_come_forfeits() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await enter(console, 3)
        await console.press("X")
        await console.wait_for("Foxes did not come")
        await console.press("down", "enter")
        await console.wait_for("Foxes did not come. Lions win 10-0.")
        await console.press("enter")
        await console.wait_without("Lions win")
        assert desk.submitted == []
        await console.press("X", "down", "enter")
        await console.wait_for("Lions win 10-0.")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m003").phase == "final")
        assert desk.submitted == [ForfeitMatch(match(3), FOXES, "no_show")]
        text = await console.wait_for("Foxes: no-show")
        assert "10-0" in next(line for line in text.splitlines() if "no-show" in line)
        await console.press("escape")
        await console.wait_for("10-0")


async def test_neither_side_may_have_come() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await enter(console, 5)
        await console.press("X", "up", "enter")
        await console.wait_for("Neither side came. Nobody wins.")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m005").phase == "final")
        assert desk.submitted == [ForfeitMatch(match(5), None, "no_show")]


async def test_nil_nil_ends_a_game_of_cups() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await enter(console, 3)
        await console.press("F")
        await console.wait_for("It has not started: it starts and ends with this. Lions 0-0")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m003").phase == "final")
        assert desk.submitted == [StartMatch(match(3)), CompleteMatch(match(3))]


async def test_every_screen_writes_the_kinds_as_what_they_are() -> None:
    async with opened(beer.going(), (120, 40)) as console:
        text = await console.wait_for("1-0 21-23")
        assert "59.100 / 1:02.345" in text
        await console.press("3")
        await console.wait_for("Lions cup +1, Ann")
        await console.press("8")
        text = await console.wait_for("Relay, 1 to play")
        assert "59100" not in text
        assert "-3.245" in text
        await console.press("f")
        await console.wait_for("1  21")
        await console.press("7")
        await console.wait_for("sets 1")
