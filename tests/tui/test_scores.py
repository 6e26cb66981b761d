"""The Scores screen: listing, filtering, sorting, stars, and the cursor that stays on its match."""

from __future__ import annotations

from core.domain.commands import AddScore, CompleteMatch, StartMatch
from tests.support import desks
from tests.support.console import Console, Desk, opened
from tests.support.desks import home, match
from tests.support.tournaments import cup, league
from tui.screens.scores import ScoresScreen


def screen(console: Console) -> ScoresScreen:
    found = console.app.screen
    assert isinstance(found, ScoresScreen)
    return found


def line(text: str, part: str) -> str:
    return next(row for row in text.splitlines() if part in row)


async def test_a_row_says_state_score_and_when() -> None:
    async with opened(desks.lively()) as console:
        text = await console.wait_for("M034")
        assert "* live C4    M034  Otters               3-1   Foxes" in line(text, "M034")
        assert "official" in line(text, "M031")
        assert "next" in line(text, "M042")
        assert "winner M041" in line(text, "M042")


async def test_a_point_of_another_device_appears_by_itself_and_is_marked() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.wait_for("9-11")
        desk.others(home(33), ago=0)
        text = await console.wait_for("10-11")
        assert "+" in line(text, "10-11")


async def test_entries_that_wait_are_in_the_score_and_marked() -> None:
    async with opened(desks.offline()) as console:
        row = line(await console.wait_for("OFFLINE"), "M034")
        assert "^ pend" in row
        assert "5-2 ^" in row


async def test_the_filter_narrows_as_one_types_and_escape_clears_it() -> None:
    async with opened(desks.lively()) as console:
        await console.press("slash", *"hawk")
        text = await console.wait_without("Comets")
        assert "Harbour Hawks" in text
        await console.press("enter")
        await console.wait_for("filter: hawk")
        await console.press("escape")
        await console.wait_for("Comets")


async def test_keys_that_arrive_in_one_burst_with_the_slash_go_into_the_filter() -> None:
    async with opened(desks.lively()) as console:
        console.type_at_once("slash", *"hawks", "enter")
        await console.wait_for("filter: hawks")
        await console.press("enter")
        assert "Harbour Hawks" in await console.wait_for("ENTRY")


async def test_a_filter_that_fits_nothing_says_so() -> None:
    async with opened(desks.lively()) as console:
        await console.press("slash", *"hawx")
        await console.wait_for('No match for "hawx".  Esc clears the filter')


async def test_letters_in_the_filter_do_nothing_else() -> None:
    async with opened(desks.lively()) as console:
        await console.press("slash", *"qRM6")
        assert console.app.is_running
        assert console.desk.reconnects == 0
        assert console.app.current_mode == "scores"


async def test_tabs_show_a_part() -> None:
    async with opened(desks.lively()) as console:
        await console.press("f")
        text = await console.wait_for("[Live 3]")
        assert "M034" in text
        assert "M031" not in text
        await console.press("f", "f")
        text = await console.wait_for("[Done 2]")
        assert "M031" in text
        await console.press("f")
        await console.wait_for("Nothing needs attention.")
        await console.press("f")
        await console.wait_for("[All 12]")


async def test_a_star_pins_a_match_to_the_top_and_is_remembered() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.press("end", "x")
        await console.wait_for(lambda: "M032" in console.text().splitlines()[3])
    async with opened(desk) as console:
        await console.wait_for(lambda: "M032" in console.text().splitlines()[3])


async def test_until_a_person_moves_the_cursor_stays_on_the_first_live_match() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.wait_for("> * live C1    M035")
        desk.others(CompleteMatch(match(35)), CompleteMatch(match(33)), ago=0)
        await console.wait_for("> * live C4    M034")
        await console.press("enter")
        await console.wait_for("M034  ENTRY")
        desk.others(CompleteMatch(match(34)), ago=0)
        await console.wait_for("This match is final")
        await console.press("escape")
        await console.wait_for(">   done C4    M034")


async def test_the_cursor_stays_on_its_match_when_rows_move() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.press("down", "down", "down")
        await console.wait_for("> ")
        chosen = screen(console).rows.cursor
        desk.tick(10)
        desk.others(StartMatch(match(36)), StartMatch(match(37)), ago=0)
        await console.wait_for("Live 5")
        assert screen(console).rows.cursor == chosen


async def test_rows_keep_their_order_while_a_person_moves() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.press("down")
        order = screen(console)._order
        desk.others(StartMatch(match(36)), ago=0)
        await console.wait_for("Live 4")
        assert screen(console)._order == order
        desk.tick(4)
        await console.wait_for(lambda: screen(console)._order != order)


async def test_sorting_by_last_change_puts_the_newest_first() -> None:
    async with opened(desks.lively()) as console:
        await console.press("s", "s")
        await console.wait_for("sort: changed")
        rows = console.text().splitlines()
        assert "M034" in rows[3]


async def test_the_lower_part_follows_the_cursor() -> None:
    async with opened(desks.lively()) as console:
        await console.press("down", "down")
        text = await console.wait_for("M034 Otters v Foxes")
        assert "last: Foxes +1 by ana (this laptop)" in text
        assert "confirmed" in text


async def test_a_large_window_shows_the_last_entries() -> None:
    async with opened(desks.lively(), (120, 40)) as console:
        await console.press("down", "down")
        text = await console.wait_for("M034 Otters v Foxes")
        assert "ana, this laptop" in text
        assert "41 ms" in text


async def test_nothing_saved_and_no_hub_says_what_happens_next() -> None:
    async with opened(Desk(online=False)) as console:
        await console.wait_for("Nothing saved on this laptop yet and the hub cannot be reached.")
        await console.wait_for("Trying again in 4 s R now")


async def test_an_empty_schedule_says_so() -> None:
    plan = league(2)
    async with opened(Desk(type(plan)(plan.id, plan.name, plan.teams, plan.stages, ()))) as console:
        await console.wait_for("No matches yet.")


async def test_names_are_never_markup_and_never_escape() -> None:
    plan = league(2, name="hostile")
    teams = tuple(
        type(team)(team.id, name, "")
        for team, name in zip(plan.teams, ("[/] [@click=app.leave]x[/]", "\x1b[2J‮evil"), strict=True)
    )
    desk = Desk(type(plan)(plan.id, "[b]Cup[/b]", teams, plan.stages, plan.fixtures, plan.courts))
    async with opened(desk, (120, 40)) as console:
        text = await console.wait_for("[/] [@click=app.leave]x[/]")
        assert "[b]Cup[/b]" in text
        assert "\x1b" not in text
        assert "‮" not in text
        await console.press("enter", "a")
        await console.wait_for("[@click=app.leave]x[/] +1")


async def test_copying_puts_the_row_on_the_clipboard() -> None:
    async with opened(desks.lively()) as console:
        await console.press("y")
        await console.wait_for("Copied")
        assert console.app.clipboard.startswith("M035 Comets v Meteors  2-1  live")


async def test_a_double_click_opens_a_match() -> None:
    async with opened(desks.lively()) as console:
        await console.pilot.click("#rows", offset=(20, 3), times=2)
        await console.wait_for("M034  ENTRY")


async def test_a_level_knock_out_shows_that_penalties_decided() -> None:
    from core.domain.commands import CompleteMatch, Score

    desk = desks.lively()
    first, third = (desk.match("m041").home.team, desk.match("m041").away.team)
    assert first is not None
    assert third is not None
    desk.others(AddScore(match(41), first, 1), AddScore(match(41), third, 1))
    desk.others(CompleteMatch(match(41), Score(5, 3)))
    async with opened(desk) as console:
        text = await console.wait_for("M041")
        assert "1-1p" in line(text, "M041  Lions")
        assert "Lions" in line(text, "M042")


async def test_the_tournament_on_the_screen_stays_while_others_go_on() -> None:
    one, two = cup(name="one"), cup(name="two")
    desk = Desk(one, two)
    async with opened(desk, (120, 40)) as console:
        await console.wait_for("COURTSIDE  Two")
        first = one.fixtures[0]
        assert first.home.team is not None
        desk.others(AddScore(first.id, first.home.team, 1), tournament=one.id, ago=0)
        console.app.paint()
        assert console.app.scene.view.tournaments[one.id].confirmed.matches[first.id].version
        assert "COURTSIDE  Two" in console.text()
        await console.press("G")
        console.app.choose_tournament(one.id)
        await console.wait_for("COURTSIDE  One")
        assert screen(console).rows.cursor == first.id
        desk.others(StartMatch(two.fixtures[0].id), tournament=two.id, ago=0)
        console.app.paint()
        assert "COURTSIDE  One" in console.text()
