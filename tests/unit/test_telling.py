"""Commands and facts of games and organisers, each in a few words, with names where they are known."""

from __future__ import annotations

import pytest

from core.domain.commands import (
    AddPenalty,
    AddTeam,
    ChangeStatus,
    DrawLots,
    DrawRound,
    EnterSets,
    ForfeitMatch,
    MoveMatch,
    NameCourt,
    ReinstateTeam,
    RemoveTeam,
    RenameTeam,
    RenameTournament,
    Score,
    SetTime,
    WithdrawTeam,
)
from core.domain.events import (
    CourtNamed,
    LotsDrawn,
    MatchForfeited,
    MatchMoved,
    PenaltyAdded,
    RoundDrawn,
    SetReopened,
    SetsEntered,
    SetWon,
    StatusChanged,
    TeamAdded,
    TeamReinstated,
    TeamRemoved,
    TeamRenamed,
    TeamWithdrawn,
    TimeSet,
    TournamentRenamed,
)
from core.domain.ids import CourtId, MatchId, PoolId, TeamId
from core.domain.plan import Court, Team
from core.domain.telling import Asked, Happened, tell_command, tell_fact
from tests.support.tournaments import COURT, NOON, fold, league

STATE = fold(league(2))
M1, POOL = MatchId("league.m001"), PoolId("a")
A, B, X = TeamId("a"), TeamId("b"), TeamId("x\x07")
FIXTURE = league(2).fixtures[0]
ZEBRAS = Team(TeamId("z"), "Zebras")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (EnterSets(M1, (Score(21, 3), Score(1, 2))), "sets 21-3 1-2"),
        (EnterSets(M1, ()), "sets none"),
        (SetTime(M1, A, 61_005), "Team A 1:01.005"),
        (AddPenalty(M1, X, -1), "x? penalty -1"),
        (ForfeitMatch(M1, A, "no_show"), "no-show: Team A"),
        (ForfeitMatch(M1, None), "forfeited: both"),
        (MoveMatch(M1, COURT.id, NOON), "moved to Court 1, 14 Jun 12:00 UTC"),
        (MoveMatch(M1, CourtId("x"), None), "moved to x, no time"),
        (MoveMatch(M1, None, None), "moved to no court, no time"),
        (ChangeStatus("running"), "tournament started"),
        (AddTeam(ZEBRAS), "add Zebras"),
        (RemoveTeam(A), "remove Team A"),
        (RenameTeam(A, "Ants"), "rename Team A to Ants"),
        (RenameTournament("Cup"), "rename the tournament to Cup"),
        (WithdrawTeam(A, "disqualified"), "disqualified: Team A"),
        (ReinstateTeam(A), "take Team A back"),
        (NameCourt(COURT), "court Court 1"),
        (DrawRound(POOL), "draw a round of Group A"),
        (DrawLots(PoolId("x")), "draw lots in x"),
    ],
)
def test_a_command_is_told_in_words(asked: Asked, words: str) -> None:
    assert tell_command(STATE, asked) == words


@pytest.mark.parametrize(
    ("fact", "words", "result"),
    [
        (TimeSet(A, "home", Score(), Score(5_000, 0)), "Team A timed", "5.000"),
        (TimeSet(B, "away", Score(), Score(5_000, 0)), "Team B timed", "-"),
        (SetWon("away", Score(1, 21)), "set won by the away side", "1-21"),
        (SetReopened(Score(1, 21)), "set goes on", "1-21"),
        (SetsEntered((), Score(), (Score(21, 0),), Score()), "sets entered", "21-0"),
        (SetsEntered((), Score(), (), Score(0, 1)), "sets entered", "0-1"),
        (PenaltyAdded(A, "home", 3), "Team A penalty +3", ""),
        (MatchForfeited(Score(3, 0), "withdrawn", A, B), "withdrawn: Team A wins", "3-0"),
        (MatchForfeited(Score(), "no_show"), "no-show: both lose", "0-0"),
        (MatchMoved(COURT.id, NOON), "moved to Court 1, 14 Jun 12:00 UTC", ""),
        (StatusChanged("open", "running", (FIXTURE,)), "tournament started, 1 match", ""),
        (StatusChanged("running", "finished"), "tournament finished", ""),
        (TeamAdded(ZEBRAS, (POOL,), (FIXTURE, FIXTURE)), "Zebras joins, 2 matches", ""),
        (TeamRemoved(ZEBRAS), "Zebras leaves", ""),
        (TeamRenamed(ZEBRAS, Team(A, "Ants")), "Zebras is now Ants", ""),
        (TournamentRenamed("Old", "", "New", ""), "Old is now New", ""),
        (TeamWithdrawn(A, "withdrawn", False), "withdrawn: Team A", ""),
        (TeamReinstated(A), "Team A is back", ""),
        (CourtNamed(COURT), "new court Court 1", ""),
        (CourtNamed(COURT, Court(COURT.id, "Old")), "Old is now Court 1", ""),
        (RoundDrawn(POOL, 2, (FIXTURE,), A), "round 2 of Group A drawn, 1 match, bye: Team A", ""),
        (RoundDrawn(POOL, 2, ()), "no more rounds of Group A: nobody is left to meet", ""),
        (LotsDrawn(POOL, (B, A)), "lots in Group A: Team B, Team A", ""),
    ],
)
def test_a_fact_is_told_in_words(fact: Happened, words: str, result: str) -> None:
    assert tell_fact(STATE, fact) == (words, result)


def test_without_a_tournament_ids_stand_for_names() -> None:
    assert tell_command(None, DrawRound(POOL)) == "draw a round of a"
    assert tell_command(None, MoveMatch(M1, COURT.id, None)) == "moved to court-1, no time"
    assert tell_fact(None, TeamReinstated(A)) == ("a is back", "")
