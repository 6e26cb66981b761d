"""Commands: how urgent each is, which match it is on, and that texts in them are clean."""

from __future__ import annotations

import pytest

from core.domain.commands import (
    PRIORITIES,
    AddPenalty,
    AddScore,
    AddTeam,
    AssignSlot,
    Broadcast,
    ChangeStatus,
    Command,
    CompleteMatch,
    ConfirmResult,
    CreateTournament,
    DrawLots,
    DrawRound,
    EnterSets,
    ForfeitMatch,
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
    SetTime,
    Settle,
    StartMatch,
    Undo,
    WithdrawTeam,
    match_of,
    priority,
)
from core.domain.ids import GLOBAL_ROOM, CommandId, MatchId, PoolId, TeamId
from core.errors import BadPayload
from tests.support.tournaments import COURT, cup, entry

M = MatchId("cup.m001")
PLAN = cup(2)


@pytest.mark.parametrize(
    ("command", "urgency"),
    [
        (AddScore(M, TeamId("a"), 1), "critical"),
        (SetScore(M, Score(1, 0)), "critical"),
        (Undo(M, CommandId("c1")), "critical"),
        (CompleteMatch(M), "critical"),
        (Settle(M, (CommandId("c1"),)), "critical"),
        (StartMatch(M), "high"),
        (ConfirmResult(M), "high"),
        (ReopenMatch(M), "high"),
        (AssignSlot(M, "home", TeamId("a")), "high"),
        (EnterSets(M, ()), "critical"),
        (SetTime(M, TeamId("a"), 1), "critical"),
        (ForfeitMatch(M, None), "critical"),
        (AddPenalty(M, TeamId("a"), 1), "high"),
        (MoveMatch(M, None, None), "high"),
        (AddTeam(PLAN.teams[0]), "normal"),
        (RemoveTeam(TeamId("a")), "normal"),
        (RenameTeam(TeamId("a"), "Ants"), "normal"),
        (RenameTournament("Cup"), "normal"),
        (NameCourt(COURT), "normal"),
        (CreateTournament(PLAN), "normal"),
        (Notify("Lunch"), "low"),
        (Broadcast(GLOBAL_ROOM, "lunch"), "low"),
    ],
)
def test_scores_go_before_status_before_the_rest(command: Command, urgency: str) -> None:
    assert priority(command) == urgency
    assert urgency in PRIORITIES
    assert match_of(command) == (None if urgency in ("normal", "low") else M)


@pytest.mark.parametrize(
    "command",
    [
        ChangeStatus("finished"),
        WithdrawTeam(TeamId("a")),
        ReinstateTeam(TeamId("a")),
        DrawRound(PoolId("a")),
        DrawLots(PoolId("a")),
    ],
)
def test_what_decides_who_plays_goes_before_names(command: Command) -> None:
    assert (priority(command), match_of(command)) == ("high", None)


def test_names_in_an_organisers_command_are_clean() -> None:
    renamed = RenameTeam(TeamId("a"), " Ants\x07 ", "antsantsants")
    assert (renamed.name, renamed.code) == ("Ants?", "antsants")
    cup_ = RenameTournament("Cup\u202e", " Hall ")
    assert (cup_.name, cup_.venue) == ("Cup?", "Hall")
    assert AddScore(M, TeamId("a"), 1, "cup", "Zo\x00e").player == "Zo?e"


def test_points_are_added_to_each_side() -> None:
    assert Score(2, 1).plus(-1, 3) == Score(1, 4)


def test_texts_in_a_command_and_its_entry_are_clean() -> None:
    notice = Notify("Fire\x1b[31m", "Leave\u202e now")
    assert (notice.title, notice.text) == ("Fire?[31m", "Leave? now")
    made = entry(PLAN.id, notice, by="Ann\x07", why="no\nreason")
    assert (made.by, made.why) == ("Ann?", "no reason")


def test_a_broadcast_carries_json_under_a_name() -> None:
    made = Broadcast(GLOBAL_ROOM, "lunch\x1b", '{ "at": 12 }')
    assert (made.event, made.data) == ("lunch?", '{"at":12}')
    with pytest.raises(BadPayload, match="an event needs a name"):
        Broadcast(GLOBAL_ROOM, " ")
    with pytest.raises(BadPayload, match="no JSON"):
        Broadcast(GLOBAL_ROOM, "lunch", "{")
