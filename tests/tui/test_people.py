"""The People screen: grouping, filtering, and the way to the match that somebody scores."""

from __future__ import annotations

from tests.support import desks
from tests.support.console import opened
from tests.support.desks import ANA, BO, LI, SAM, company


async def test_who_is_there_and_where_they_score() -> None:
    desk = desks.lively()
    company(desk, ANA, LI, SAM, BO)
    async with opened(desk) as console:
        await console.press("4")
        text = await console.wait_for("SCORERS (2)")
        assert "4 here, 1 idle, 0 lost" in text
        assert "Courts with no scorer: C3" in text
        await console.press("f")
        await console.wait_for("COURT 4 (1)")


async def test_enter_opens_the_match_and_the_filter_narrows() -> None:
    desk = desks.lively()
    company(desk, ANA, LI, SAM, BO)
    async with opened(desk) as console:
        await console.press("4")
        await console.wait_for("SCORERS (2)")
        await console.press("slash", *"laptop-3", "enter")
        await console.wait_without("VIEWERS")
        await console.press("y")
        await console.wait_for("Copied")
        assert console.app.clipboard == "li (scorer) on laptop-3, M035"
        await console.press("enter")
        await console.wait_for("M035  ENTRY")
        await console.press("escape")
        await console.wait_for("[4People]")
        await console.press("escape")
        await console.wait_for("VIEWERS (1)")


async def test_the_cursor_passes_titles_which_stay_in_sight() -> None:
    desk = desks.lively()
    company(desk, ANA, LI, SAM, BO)
    async with opened(desk, (60, 16)) as console:
        await console.press("4")
        first = (await console.wait_for("OPS (1)")).splitlines()[3]
        marked = []
        for _ in range(5):
            marked += [row.split()[2] for row in console.text().splitlines() if row.startswith("> ")]
            await console.press("down")
        assert sorted(marked) == ["ana", "bo", "bo", "li", "sam"]
        await console.press("end", "home")
        assert console.text().splitlines()[3] == first


async def test_whoever_drops_out_is_shown_as_lost() -> None:
    desk = desks.lively()
    company(desk, ANA, LI)
    async with opened(desk) as console:
        await console.press("4")
        await console.wait_for("2 here")
        company(desk, ANA)
        await console.wait_for("LOST 0s")
        await console.press("end")
        await console.wait_for("unsent there: unknown")


async def test_a_hub_that_does_not_tell_is_said_so() -> None:
    async with opened(desks.lively()) as console:
        await console.press("4")
        await console.wait_for("does not say who is here")


async def test_a_console_that_nobody_touches_tells_the_others_so_until_somebody_does() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.wait_for("* LIVE")
        desk.tick(119)
        console.app.paint()
        assert not desk.idle
        desk.tick(1)
        await console.wait_for(lambda: desk.idle)
        await console.press("?")
        await console.wait_for(lambda: not desk.idle)
