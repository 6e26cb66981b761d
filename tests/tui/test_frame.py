"""What every screen shares: banner, status bar, help, palette, notices, leaving, windows of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import desks
from tests.support.console import Console, Desk, make, opened
from tests.support.desks import home, match
from tests.support.tournaments import league

if TYPE_CHECKING:
    from pathlib import Path


async def test_losing_the_hub_shows_after_two_seconds_and_keeps_the_scores() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.wait_for("* LIVE")
        desk.connect("offline")
        desk.tick(1)
        await console.wait_for("as of 14:02:39")
        assert "OFFLINE" not in console.text()
        desk.tick(2)
        text = await console.wait_for("o OFFLINE 00:03  Scores you enter are saved here (0)  next try")
        assert "9-11" in text


async def test_a_flapping_link_does_not_flicker() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.wait_for("* LIVE")
        for state in ("offline", "connecting", "live", "offline", "live"):
            desk.connect(state)
            desk.tick(0.5)
            console.app.paint()
            assert "* LIVE" in console.text()


async def test_the_return_is_announced_until_everything_is_sent() -> None:
    desk = desks.offline()
    async with opened(desk) as console:
        await console.wait_for("OFFLINE")
        desk.connect("live")
        desk.tick(3)
        await console.wait_for("BACK ONLINE  everything is sent")
        desk.tick(4)
        await console.wait_without("BACK ONLINE")


async def test_a_slow_link_says_so() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        desk.connect("slow")
        desk.tick(3)
        text = await console.wait_for("~ SLOW LINK 1.8 s  Entries are saved first")
        assert "~ SLOW 1.8s" in text


async def test_a_refused_sign_in_keeps_the_entries() -> None:
    desk = desks.offline()
    async with opened(desk, (120, 40)) as console:
        desk.connect("sign_in", reason="the token has expired")
        desk.tick(3)
        await console.wait_for(
            "! SIGN IN AGAIN  Your entries stay saved here (3)  i sign in  the token has expired"
        )


async def test_a_conflict_is_on_every_screen_and_one_key_away() -> None:
    async with opened(desks.conflict()) as console:
        text = await console.wait_for("! 1 CONFLICT  M033 Norrköping 1 [A] +1 is held  6 to look")
        assert "queue 0 !1" in text
        await console.press("exclamation_mark")
        await console.wait_for("[Conflicts 1]")


async def test_nothing_that_needs_attention_says_so() -> None:
    async with opened(desks.lively()) as console:
        await console.press("exclamation_mark")
        await console.wait_for("Nothing needs attention")


async def test_help_lists_the_keys_finds_them_and_runs_one() -> None:
    async with opened(desks.lively()) as console:
        await console.press("question_mark")
        text = await console.wait_for("Keys of this screen")
        assert "Pin the match to the top" in text
        await console.press(*"sort by")
        await console.wait_without("Pin the match to the top")
        await console.press("enter")
        await console.wait_for("sort: time")


async def test_help_closes_and_moves() -> None:
    async with opened(desks.lively()) as console:
        await console.press("question_mark", "down", "up", "escape")
        await console.wait_without("Keys of this screen")


async def test_keys_can_be_changed_and_footer_and_help_follow() -> None:
    desk = desks.lively()
    async with opened(desk, keys={"scores.star": "p", "no.such": "z"}) as console:
        text = await console.wait_for("p star")
        assert "no action 'no.such'" in text
        await console.press("end", "p")
        await console.wait_for(lambda: "M032" in console.text().splitlines()[3])
        await console.press("question_mark", *"pin the")
        await console.wait_for("p              Pin the match to the top")


async def test_the_palette_goes_to_a_screen_and_to_a_match() -> None:
    async with opened(desks.lively()) as console:
        await console.press("ctrl+p", *"feed", "enter")
        await console.wait_for("FOLLOWING")
        await console.press("ctrl+p", *"standings", "enter")
        await console.wait_for("[Standings]")
        await console.press("ctrl+p", *"M033 Norr")
        await console.wait_for("M033 Norrköping 1 [A] v Zebras, Court 3")
        await console.press("enter")
        await console.wait_for("M033  ENTRY")


async def test_the_palette_changes_the_theme_and_it_is_kept() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.press("ctrl+p", *"theme courtside-light")
        await console.wait_for("theme courtside-light")
        await console.press("enter")
        await console.wait_for(lambda: console.app.theme == "courtside-light")
    async with opened(desk) as console:
        assert console.app.theme == "courtside-light"


async def test_an_unknown_theme_falls_back_with_a_notice() -> None:
    async with opened(desks.lively(), theme="neon") as console:
        await console.wait_for("There is no theme 'neon': courtside-dark is used")


async def test_two_tournaments_are_chosen_by_name() -> None:
    desk = Desk(desks.plan(), league(2, name="evening"))
    async with opened(desk, (120, 40)) as console:
        await console.press("ctrl+p", *"tournament spring")
        await console.wait_for("tournament Spring Open 2026")
        await console.press("enter")
        await console.wait_for("COURTSIDE  Spring Open 2026")
        await console.press("ctrl+p", *"tournament even")
        await console.wait_for("tournament Evening")
        await console.press("enter")
        await console.wait_for("COURTSIDE  Evening")


async def test_leaving_asks_only_while_something_waits() -> None:
    async with opened(desks.offline()) as console:
        await console.press("q")
        text = await console.wait_for("3 entries are not sent yet.")
        assert "next time Courtside runs here" in " ".join(text.split())
        await console.press("enter")
        await console.wait_without("3 entries are not sent yet.")
        assert console.app.is_running
        await console.press("q", "tab", "enter")
        await console.wait_for(lambda: console.app._exit)
    async with opened(desks.lively()) as console:
        await console.press("q")
        await console.wait_for(lambda: console.app._exit)
        assert console.app.return_code == 0


async def test_ctrl_c_says_how_to_leave() -> None:
    async with opened(desks.lively()) as console:
        await console.press("ctrl+c")
        await console.wait_for("To leave press  q")


async def test_reconnecting_is_one_key() -> None:
    desk = desks.offline()
    async with opened(desk) as console:
        await console.press("R")
        await console.wait_for("Trying the hub now")
        assert desk.reconnects == 1


async def test_the_bell_can_be_switched_off_and_the_bar_says_so() -> None:
    async with opened(desks.lively()) as console:
        await console.press("M")
        text = await console.wait_for("muted")
        assert "Bell off" in text
        await console.press("M")
        await console.wait_for("Bell on")


async def test_a_notice_goes_after_five_seconds() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.press("R")
        await console.wait_for("Trying the hub now")
        desk.tick(6)
        await console.wait_without("Trying the hub now")


async def test_a_small_window_says_what_it_needs_and_goes_on() -> None:
    async with opened(desks.lively(), (52, 14)) as console:
        await console.wait_for("Needs 60x16, this window is 52x14.")
        await console.resize(60, 16)
        await console.wait_for("M035")
        await console.resize(30, 10)
        await console.wait_for("Needs 60x16")
        await console.press("q")
        await console.wait_for(lambda: console.app._exit)


async def test_old_data_says_so() -> None:
    desk = desks.lively()
    async with opened(desk, (120, 40)) as console:
        desk.connect("live", last_frame_at=desk.now - 31, clock_offset=2.1)
        text = await console.wait_for("~ data 31s")
        assert "clock +2.1s" in text


async def test_a_bug_in_a_screen_stops_that_screen_alone() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.wait_for("M034")

        def broken(scene: object) -> None:
            raise ValueError("boom [/]")

        console.app.screen.draw_body = broken  # type: ignore[attr-defined]
        await console.wait_for("This screen stopped: ValueError: boom [/]")
        await console.press("3")
        await console.wait_for("FOLLOWING")
        await console.press("1")
        del console.app.screen.draw_body  # type: ignore[attr-defined]
        await console.wait_for("This screen stopped")
        await console.press("R")
        await console.wait_for("M034")


async def test_a_store_that_changes_often_is_drawn_at_most_thirty_times_a_second() -> None:
    desk = desks.lively()
    async with opened(desk) as console:
        await console.wait_for("M034")
        drawn: list[float] = []
        draw = console.app.screen.draw_body  # type: ignore[attr-defined]

        def counting(scene: object) -> None:
            drawn.append(console.app._painted_at)
            draw(scene)

        console.app.screen.draw_body = counting  # type: ignore[attr-defined]
        for _ in range(300):
            desk.others(home(33), ago=0)
        await console.wait_for("309-11")
        await console.rest()
        assert len(drawn) < 300


async def test_a_match_opened_by_the_palette_returns_where_it_came_from() -> None:
    async with opened(desks.lively(), screen="queue") as console:
        await console.wait_for("Everything is sent")
        console.app.open_match(match(34))
        await console.wait_for("M034  ENTRY")
        await console.press("escape")
        await console.wait_for("Everything is sent")


async def test_a_list_is_exported_whole_and_where_to_is_said(tmp_path: Path) -> None:
    desk = desks.lively()
    app = make(desk, data=tmp_path)
    async with app.run_test(size=(200, 24)) as pilot:
        console = Console(app, desk, pilot)
        await console.wait_for("M034")
        await console.press("E")
        await console.wait_for("Written to")
        written = next((tmp_path / "exports").glob("scores-*.csv")).read_text("utf-8")
        assert written.count("\n") == 13
        assert "Norrköping 1 [A]" in written
        (tmp_path / "exports").rename(tmp_path / "before")
        (tmp_path / "exports").write_text("a file where the folder should be")
        await console.press("E")
        await console.wait_for("Cannot write it")
