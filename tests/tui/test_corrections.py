"""Corrections: what they change is shown before they go out, with a reason; ops organise the tournament."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.domain.commands import (
    AddPenalty,
    AddScore,
    AddTeam,
    ChangeStatus,
    CompleteMatch,
    EnterSets,
    MoveMatch,
    NameCourt,
    Notify,
    ReinstateTeam,
    RemoveTeam,
    RenameTeam,
    RenameTournament,
    ReopenMatch,
    Score,
    SetScore,
    StartMatch,
    WithdrawTeam,
)
from core.domain.ids import CourtId, TeamId
from core.domain.plan import Court, Team
from tests.support import beer, desks
from tests.support.beer import FOXES, LIONS, OWLS, match
from tests.support.console import Console, Desk, opened


async def enter(console: Console, number: int) -> None:
    console.app.open_match(match(number))
    await console.wait_for(f"M{number:03d}  ENTRY")


def played(*, started: bool = False) -> Desk:
    """Return the evening with the darts match that feeds the final over, and the final perhaps begun."""
    desk = beer.evening()
    desk.others(SetScore(match(7), Score(3, 1)), CompleteMatch(match(7)), ago=600)
    if started:
        desk.others(StartMatch(match(8)), ago=300)
    return desk


async def test_reopening_names_what_follows_and_asks_why() -> None:
    desk = played()
    async with opened(desk) as console:
        await enter(console, 7)
        await console.press("V")
        text = await console.wait_for("Reopen M007?")
        assert "Still to come after it: M008" in text
        await console.press("enter")
        await console.wait_for("Say why: it stands in the history for ever")
        assert desk.submitted == []
        await console.press(*"wrong team", "enter", "enter")
        await console.wait_for(lambda: desk.match("m007").phase == "live")
        assert desk.submitted == [ReopenMatch(match(7))]
        assert desk.queue[-1].entry.why == "wrong team"
        await console.press("l", "l", "l", "F")
        await console.wait_for("Foxes win")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.match("m008").home.team == FOXES)


async def test_leaving_a_correction_sends_nothing() -> None:
    desk = played()
    async with opened(desk) as console:
        await enter(console, 7)
        await console.press("V", *"oh", "escape")
        await console.wait_without("Reopen M007?")
        assert desk.submitted == []


async def test_a_result_is_corrected_in_one_step() -> None:
    desk = played()
    async with opened(desk) as console:
        await enter(console, 7)
        await console.press("equals_sign")
        await console.wait_for("the exact score")
        await console.press("backspace", "1", "enter", "backspace", "3", "enter")
        text = await console.wait_for("The result 3-1 becomes 1-3.")
        assert "M008 home side: Lions -> Foxes" in text
        await console.press(*"swapped", "enter", "enter")
        await console.wait_for(lambda: desk.match("m007").winner == FOXES)
        assert desk.submitted == [
            ReopenMatch(match(7)),
            SetScore(match(7), Score(1, 3)),
            CompleteMatch(match(7)),
        ]
        assert desk.match("m008").home.team == FOXES


async def test_a_match_that_has_begun_is_flagged_and_stays() -> None:
    desk = played(started=True)
    async with opened(desk) as console:
        await enter(console, 7)
        await console.press("equals_sign")
        await console.press("backspace", "1", "enter", "backspace", "3", "enter")
        await console.wait_for("! M008 has begun with Lions; by this Foxes should play")
        await console.press(*"swapped", "enter", "enter")
        await console.wait_for(lambda: desk.match("m007").winner == FOXES)
        assert desk.match("m008").home.team == LIONS


async def test_a_level_correction_of_a_knock_out_asks_for_the_shoot_out() -> None:
    desk = played()
    async with opened(desk) as console:
        await enter(console, 7)
        await console.press("equals_sign", "enter", "backspace", "3", "enter")
        await console.wait_for("the shoot-out decides this knock-out match")
        await console.press("4", "enter", "5", "enter")
        await console.wait_for("Correct M007?")
        await console.press(*"why", "enter", "enter")
        await console.wait_for(lambda: desk.match("m007").shootout == Score(4, 5))


async def test_sets_are_corrected_as_a_whole() -> None:
    desk = beer.evening()
    desk.others(EnterSets(match(1), (Score(25, 22), Score(25, 1))), CompleteMatch(match(1)), ago=600)
    async with opened(desk) as console:
        await enter(console, 1)
        await console.press("equals_sign")
        await console.wait_for("all sets")
        await console.press(*"25-22 25-19", "enter")
        text = await console.wait_for("The result 2-0 (25-22 25-1) becomes 25-22 25-19.")
        assert "Correct M001?" in text
        await console.press(*"typo", "enter", "enter")
        await console.wait_for(lambda: desk.match("m001").sets == (Score(25, 22), Score(25, 19)))


async def test_a_scorekeeper_corrects_no_result() -> None:
    desk = played()
    desk.role = "moderator"
    desk.connect("live")
    async with opened(desk) as console:
        await enter(console, 7)
        await console.press("equals_sign")
        await console.wait_for("This match is final. Ops can reopen it")
        await console.press("V")
        await console.wait_for("Only ops can reopen a match")
        assert desk.submitted == []


async def menu(console: Console, wanted: str, *, then: str) -> None:
    """Choose something of the tournament's dialog."""
    await console.press("T")
    await console.wait_for("Enter chooses")
    names = [offer.name for offer in console.app.organiser.offers()]
    place = next(number for number, name in enumerate(names) if name.startswith(wanted))
    await console.press(*["down"] * place, "enter")
    await console.wait_for(then)


async def test_teams_come_are_renamed_and_go() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await menu(console, "Rename a team", then="Rename which team?")
        await console.press("down", "enter")
        await console.wait_for("Rename Foxes")
        await console.press("end", *["backspace"] * 5, *"Lions", "enter", "enter")
        await console.wait_for("there is 'Lions' already")
        await console.press("shift+tab", *["backspace"] * 5, *"Hares", "enter", "enter")
        await console.wait_for(lambda: desk.hub[beer.EVENING].teams[FOXES].name == "Hares")
        await menu(console, "Withdraw a team", then="Which team leaves?")
        await console.press("up", "enter")
        await console.wait_for("Why does Owls leave?")
        await console.press("enter")
        await console.wait_for("Take Owls out?")
        await console.press(*"ill", "enter", "enter")
        await console.wait_for(lambda: desk.match("m004").phase == "final")
        await menu(console, "Take a team back", then="Which team comes back?")
        await console.press("enter")
        await console.wait_for("Take Owls back?")
        await console.press("tab", "enter")
        await console.wait_for(lambda: isinstance(desk.submitted[-1], ReinstateTeam))
        assert desk.submitted == [RenameTeam(FOXES, "Hares"), WithdrawTeam(OWLS), ReinstateTeam(OWLS)]


async def test_a_match_moves_to_another_court_and_time() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await console.press("down")
        await menu(console, "Move a match", then="on which court?")
        await console.press("down", "enter")
        await console.wait_for("when?")
        await console.press(*"noon", "enter")
        await console.wait_for("Write a time as 14:20")
        await console.press(*["backspace"] * 4, *"16:40", "enter")
        await console.wait_for(lambda: desk.submitted)
        moved = desk.submitted[0]
        assert moved == MoveMatch(match(2), CourtId("court-2"), datetime(2026, 6, 14, 16, 40, tzinfo=UTC))


async def test_penalties_courts_names_and_notices() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await menu(console, "Penalty points", then="whose?")
        await console.press("enter")
        await console.wait_for("penalty points of Lions")
        await console.press("enter")
        await console.wait_for("Lions: +1 penalty points")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.submitted)
        await menu(console, "Add a court", then="Add a court")
        await console.press(*"Attic", "enter")
        await console.wait_for(lambda: len(desk.submitted) == 2)
        await menu(console, "Rename a court", then="Rename which court?")
        await console.press("up", "enter")
        await console.wait_for("Rename Attic")
        await console.press(*["backspace"] * 5, *"Roof", "enter")
        await console.wait_for(lambda: len(desk.submitted) == 3)
        await menu(console, "Rename the tournament", then="Venue")
        await console.press("end", *" 2", "enter", *"Hall", "enter")
        await console.wait_for(lambda: len(desk.submitted) == 4)
        await menu(console, "Tell everybody", then="Tell everybody")
        await console.press(*"Lunch", "enter", "enter")
        await console.wait_for(lambda: len(desk.submitted) == 5)
        assert desk.submitted == [
            AddPenalty(match(1), LIONS, 1),
            NameCourt(Court(CourtId("attic"), "Attic")),
            NameCourt(Court(CourtId("attic"), "Roof")),
            RenameTournament("Evening 2", "Hall"),
            Notify("Lunch"),
        ]
        assert all(queued.state == "confirmed" for queued in desk.queue)


async def test_finishing_asks_why_while_matches_are_left() -> None:
    desk = beer.evening()
    async with opened(desk) as console:
        await menu(console, "Finish it", then="Finish it: Evening?")
        await console.press(*"rain", "enter", "enter")
        await console.wait_for(lambda: desk.submitted == [ChangeStatus("finished")])
        assert desk.queue[-1].entry.why == "rain"
        await console.press("T")
        await console.wait_for("Take it up again")


async def test_an_open_tournament_takes_teams_and_starts() -> None:
    desk = Desk()
    async with opened(desk) as console:
        await console.press("n")
        await console.wait_for("New tournament")
        await console.press(*"Cup", "enter", *"Lions", *["tab"] * 6, "right")
        await console.wait_for("the matches are drawn up when it starts")
        await console.press("tab", "tab", "enter")
        await console.wait_for("No matches yet")
        await menu(console, "Add a team", then="Add a team")
        await console.press(*"Foxes", "enter", "enter")
        await console.wait_for("Add Foxes?")
        await console.press("tab", "enter")
        await console.wait_for(lambda: isinstance(desk.submitted[-1], AddTeam))
        await menu(console, "Start it", then="Start it: Cup?")
        await console.press("tab", "enter")
        await console.wait_for("M001")
        assert desk.submitted[1:] == [AddTeam(Team(FOXES, "Foxes")), ChangeStatus("running")]


async def test_a_participant_joins_and_leaves_with_the_own_team() -> None:
    desk = Desk()
    async with opened(desk) as console:
        await console.press("n")
        await console.press(*"Cup", "enter", *"Lions", "enter", *"Owls")
        await console.press(*["tab"] * 6, "right", "tab", "tab", "enter")
        await console.wait_for("No matches yet")
        desk.role = "participant"
        desk.connect("live", team=TeamId("hares"))
        await console.wait_for("VIEWER")
        await menu(console, "Join with your team", then="Add a team")
        await console.press(*"Hares", "enter", "enter")
        await console.wait_for("Add Hares?")
        await console.press("tab", "enter")
        await console.wait_for(lambda: isinstance(desk.submitted[-1], AddTeam))
        await menu(console, "Leave with Hares", then="Leave with Hares?")
        await console.press("tab", "enter")
        await console.wait_for(lambda: desk.submitted[-1] == RemoveTeam(TeamId("hares")))


async def test_the_palette_offers_the_same() -> None:
    async with opened(desks.lively()) as console:
        await console.press("ctrl+p", *"tell everybody")
        await console.wait_for("tournament: Tell everybody something")
        await console.press("enter")
        await console.wait_for("Title")


@pytest.mark.parametrize("role", ["moderator", "spectator"])
async def test_nobody_else_organises(role: str) -> None:
    desk = desks.lively()
    desk.role = role  # type: ignore[assignment]  # both are roles
    desk.connect("live")
    async with opened(desk) as console:
        await console.press("T")
        await console.wait_for("Only ops organise a tournament")
        assert not any(isinstance(command, AddScore) for command in desk.submitted[4:])
