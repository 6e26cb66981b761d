"""The JSON of tables, brackets and matches: the keys that scripts rely on."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from core.domain.files.documents import bracket_document, match_document, standings_document
from core.domain.games import Game
from core.domain.ids import GameId
from tests.support.tournaments import cup, finals, fold, league, match, official, result


def test_standings_have_the_keys_that_stay() -> None:
    plan = league(2)
    document = msgspec.to_builtins(standings_document(fold(plan, *result(plan, 1, 2, 1))))
    row = {"rank": 1, "team": "a", "name": "Team A", "played": 1, "won": 1, "drawn": 0, "lost": 0}
    row |= {"for": 2, "against": 1, "points": 3, "decided_by": "points", "byes": 0}
    row |= {"penalty": 0}
    assert document["tournament"] == "league"
    (table,) = document["tables"]
    assert (table["stage"], table["pool"], table["name"], table["complete"]) == (
        "groups",
        "a",
        "Group A",
        True,
    )
    assert table["rows"][0] == row
    assert document["leaderboard"] == ()


def test_standings_of_many_games_have_one_leaderboard() -> None:
    game = Game(GameId("throw"), "Throw", places=(5, 3))
    plan = league(2)
    stages = tuple(replace(stage, game=game.id) for stage in plan.stages)
    plan = replace(plan, games=(game,), stages=stages)
    document = msgspec.to_builtins(standings_document(fold(plan, *result(plan, 1, 2, 1))))
    assert document["leaderboard"] == (
        {"rank": 1, "team": "a", "name": "Team A", "points": 5, "places": {"throw": 1}},
        {"rank": 2, "team": "b", "name": "Team B", "points": 3, "places": {"throw": 2}},
    )


def test_a_bracket_has_the_keys_that_stay() -> None:
    plan = cup(2)
    document = msgspec.to_builtins(bracket_document(fold(plan, *official(plan, 1, 2, 1))))
    assert document["tournament"] == "cup"
    assert document["champion"] == "a"
    (round_,) = document["rounds"]
    assert round_["name"] == "Final"
    (final,) = round_["matches"]
    assert final["score"] == [2, 1]
    assert {key: final[key] for key in ("id", "home", "away", "shootout", "state", "winner")} == {
        "id": "cup.m001",
        "home": "a",
        "away": "b",
        "shootout": None,
        "state": "official",
        "winner": "a",
    }


def test_a_side_that_nobody_has_taken_says_who_will() -> None:
    plan = finals()
    state = fold(plan, *result(plan, 1, 1, 0))
    final = match_document(state, state.matches[match(plan, 4)])
    assert (final.home, final.home_from) == ("a", "1st of Group A")
    assert (final.away, final.away_from) == (None, "1st of Group B")
    assert match_document(state, state.matches[match(plan, 1)]).home_from is None
