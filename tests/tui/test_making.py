"""Making a tournament in the console: from nothing to a first point, from a file, with what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.events import Paste

from core.domain.commands import AddScore, CreateTournament, DrawRound, Score
from core.domain.ids import TeamId, TournamentId, match_id
from core.domain.plan import Swiss
from tests.support import desks
from tests.support.console import Console, Desk, opened

if TYPE_CHECKING:
    from pathlib import Path

QUICK = 60
"""Key presses that a newcomer makes in less than a minute."""
CUP = TournamentId("cup")


async def dialog(console: Console) -> None:
    await console.press("n")
    await console.wait_for("New tournament")


async def fill(console: Console, name: str, *teams: str) -> int:
    """Fill in name and teams, and create it; return the presses."""
    keys = [*name, "enter"]
    for team in teams:
        keys += [*team, "enter"]
    keys += ["enter", "enter"]
    await console.press(*keys)
    return len(keys)


async def test_from_nothing_to_a_first_point_in_under_a_minute() -> None:
    desk = Desk()
    async with opened(desk) as console:
        await console.wait_for("n makes one here")
        await dialog(console)
        presses = 1 + await fill(console, "Cup", "Lions", "Foxes", "Bears", "Owls")
        await console.wait_for("M001")
        await console.press("enter")
        await console.wait_for("M001  ENTRY")
        await console.press("a")
        await console.wait_for(lambda: desk.match("m001").score == Score(1, 0))
        assert presses + 2 < QUICK
        assert isinstance(desk.submitted[-1], AddScore)
        assert desk.hub[CUP].name == "Cup"
        assert len(desk.hub[CUP].matches) == 6
        assert {match.court for match in desk.hub[CUP].matches.values()} == {"c1", "c2"}


async def test_the_dialog_says_what_comes_of_it_and_what_is_wrong() -> None:
    desk = Desk()
    async with opened(desk) as console:
        await dialog(console)
        await console.wait_for("Give the tournament a name")
        await console.press(*"Cup", "enter", *"Lions", "enter", *"LIONS")
        await console.wait_for("Team 2: there is 'Lions' already")
        await console.press("backspace", "backspace", "backspace", "backspace", "backspace", *"Bears")
        await console.wait_for("2 teams, 1 match on 2 courts, about 20 min")
        await console.press("tab", "right")
        await console.wait_for("knock-out: who loses is out")
        await console.press("left", "left")
        await console.wait_for("Swiss: each round by the table")
        await console.press("down", "right")
        await console.wait_for("sets, best of 3 to 21")


async def test_enter_leads_through_the_dials_to_create() -> None:
    desk = Desk()
    async with opened(desk) as console:
        await dialog(console)
        await console.press(*"Cup", "enter", *"Lions", "enter", *"Bears", "tab")
        await console.press(*["enter"] * 7)
        await console.wait_for("M001")
        assert [type(command) for command in desk.submitted] == [CreateTournament]


async def test_leaving_keeps_what_was_typed() -> None:
    async with opened(Desk()) as console:
        await dialog(console)
        await console.press(*"Cup", "enter", *"Lions", "escape")
        await console.wait_without("New tournament")
        await dialog(console)
        text = await console.wait_for("Lions")
        assert "Cup" in text
        assert console.desk.submitted == []


async def test_teams_can_be_pasted() -> None:
    desk = Desk()
    async with opened(desk) as console:
        await dialog(console)
        await console.press(*"Cup", "enter")
        await console.wait_for(lambda: console.app.focused is not None and console.app.focused.id == "teams")
        console.app.post_message(Paste("Lions\nFoxes\n\n  Bears \n"))
        await console.wait_for("3 teams, 3 matches")


async def test_keys_that_arrive_together_go_to_their_fields() -> None:
    async with opened(Desk()) as console:
        await dialog(console)
        console.type_at_once(*"Cup", "enter", *"Lions", "enter", *"Foxes")
        await console.wait_for("2 teams, 1 match on 2 courts")
        await console.press("escape", "o")
        await console.wait_for("Open a tournament's file")
        console.type_at_once(*"nowhere", "enter")
        await console.wait_for("nowhere: No such file")


async def test_a_swiss_tournament_draws_its_first_round() -> None:
    desk = Desk()
    async with opened(desk) as console:
        await dialog(console)
        await console.press(*"Cup", "enter", "L", "enter", "F", "enter", "B", "enter", "O")
        await console.press("tab", "left")
        await console.wait_for("4 teams, 2 rounds")
        await console.press("shift+tab", "enter", "enter", "enter")
        await console.wait_for("M001")
        created, drawn = desk.submitted
        assert isinstance(created, CreateTournament)
        assert created.plan.stages[0].format == Swiss(2)
        assert drawn == DrawRound(created.plan.stages[0].pools[0].id)
        assert len(desk.hub[CUP].matches) == 2


async def test_only_ops_make_tournaments() -> None:
    async with opened(Desk(role="moderator")) as console:
        await console.wait_for("Ops make one, and it appears here")
        await console.press("n")
        await console.wait_for("Only ops make tournaments")
        await console.press("o")
        await console.press("T")
        await console.wait_for("Only ops organise a tournament")


async def test_a_name_that_there_is_already_is_refused_in_words() -> None:
    async with opened(desks.lively()) as console:
        await dialog(console)
        await console.press(*"spring open 2026", "enter", "a", "enter", "b", "tab", "enter")
        await console.wait_for("Name: there is 'Spring Open 2026' already")


async def test_a_file_is_read_and_its_errors_are_said(tmp_path: Path) -> None:
    file = tmp_path / "teams.csv"
    desk = Desk()
    async with opened(desk) as console:
        await console.press("o")
        await console.wait_for("Open a tournament's file")
        await console.press(*"nowhere.toml", "enter")
        await console.wait_for("No such file")
        file.write_text("name\n")
        form = console.app.screen.query_one("#field0")
        form.value = str(file)  # type: ignore[attr-defined]  # the field is an Input
        await console.press("enter")
        await console.wait_for("fewer than two teams")
        file.write_text("name\nLions\nL1ons\nBears\n")
        await console.press("enter")
        await console.wait_for("Create teams?")
        text = await console.wait_for("3 teams, 3 matches")
        assert "looks like 'Lions'" in text
        await console.press("enter")
        await console.wait_without("Create teams?")
        assert desk.submitted == []
        await console.press("o")
        await console.wait_for("teams.csv")
        await console.press("enter")
        await console.wait_for("Create teams?")
        await console.press("tab", "enter")
        await console.wait_for("M001")
        assert [type(command) for command in desk.submitted] == [CreateTournament]


@pytest.mark.parametrize("size", [(60, 16), (120, 40)])
async def test_the_dialog_fits_other_windows(size: tuple[int, int]) -> None:
    async with opened(Desk(), size) as console:
        await dialog(console)
        await fill(console, "Cup", "Lions", "Foxes")
        await console.wait_for("M001")
        assert TeamId("lions") in console.desk.hub[CUP].teams
        assert match_id(CUP, "m001") in console.desk.hub[CUP].matches
