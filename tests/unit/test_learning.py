"""What is learnt of a tournament from an old server: teams, matches, and the names on both sides."""

from __future__ import annotations

from core.domain.ids import MatchId, TeamId, TournamentId
from core.realtime.oldserver.learning import Board, basic_epoch, is_basic
from core.wire.legacy import (
    GameStart,
    LiveScore,
    NamedTeam,
    Notification,
    TeamJoined,
    TournamentStart,
)

EPOCH = basic_epoch("e1")
T = TournamentId("summer")


def board() -> Board:
    return Board.new(T, EPOCH)


def live(match: str, team: str, score: int = 1) -> LiveScore:
    return LiveScore(T, match, team, score, 1)


def test_epochs_of_what_was_learnt_are_told_from_hubs() -> None:
    assert is_basic(EPOCH)
    assert not is_basic(type(EPOCH)("3fa2c1d0"))


def test_a_score_of_an_unknown_match_makes_it_known_and_live() -> None:
    made = board()
    assert made.learn(live("match-17", "reds"))
    match = made.state.matches[MatchId("summer.match-17")]
    assert (match.round, match.phase, match.home.team, match.away.team) == ("match-17", "live", "reds", None)
    assert made.state.teams[TeamId("reds")].name == "reds"
    assert made.state.position.seq == 1
    assert made.team("reds") == match.home.team
    assert not made.learn(live("match-17", "reds", 2)), "nothing new of teams or matches"
    assert made.state.position.seq == 1


def test_the_other_side_is_known_when_it_scores_and_a_third_team_is_not_seated() -> None:
    made = board()
    for team in ("reds", "blues", "greens"):
        made.learn(live("m1", team))
    match = made.state.matches[MatchId("summer.m1")]
    assert (match.home.team, match.away.team) == ("reds", "blues")


def test_a_start_names_both_sides_and_later_names_replace_bare_ids() -> None:
    made = board()
    made.learn(live("m1", "r"))
    assert made.learn(GameStart(T, "m1", "points", (NamedTeam("r", "Reds"), "b")))
    assert {id: team.name for id, team in made.state.teams.items()} == {"r": "Reds", "b": "b"}
    assert not made.learn(GameStart(T, "m1", "points", (NamedTeam("r", "Others"), NamedTeam("b"))))


def test_a_team_that_joins_is_known() -> None:
    made = board()
    assert made.learn(TeamJoined(T, NamedTeam("g", "Greens")))
    assert not made.learn(TeamJoined(T, NamedTeam("g", "Greens")))
    assert made.state.teams[TeamId("g")].name == "Greens"


def test_what_is_about_no_match_changes_nothing() -> None:
    made = board()
    assert not made.learn(Notification(T))
    assert made.match(TournamentStart(T)) is None
    assert made.match(live("m1", "reds")) is None


def test_a_matchs_name_goes_out_as_it_came_in() -> None:
    made = board()
    for name in ("match.17", "summer.m001"):
        made.learn(live(name, "reds"))
    assert list(made.state.matches) == ["summer.match·17", "summer.m001"]
    out = made.outward(live("summer.match·17", "reds"))
    assert isinstance(out, LiveScore)
    assert out.match_id == "match.17"
    assert made.match(live("match.17", "reds")) is made.state.matches[MatchId("summer.match·17")]
    assert made.outward(Notification(T)) == Notification(T)
