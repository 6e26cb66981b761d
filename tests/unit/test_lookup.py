"""What a person writes for a match or a team is found, or the error says what comes near."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.domain.ids import TeamId
from core.domain.lookup import find_match, find_team
from core.domain.state import Tournament
from core.errors import Unknown
from tests.support.tournaments import cup, fold, league, match, result

CUP, LEAGUE = fold(cup(4)), fold(league(4))
FIRST, FINAL = match(cup(4), 1), match(cup(4), 3)


@pytest.mark.parametrize("text", ["m6", "M006", "6", "league.m006"])
def test_a_match_is_found_by_its_short_form_where_only_one_fits(text: str) -> None:
    assert find_match([CUP, LEAGUE], text) == "league.m006"


def test_a_short_form_that_several_tournaments_have_is_not_guessed() -> None:
    with pytest.raises(Unknown) as caught:
        find_match([CUP, LEAGUE], "m1")
    assert str(caught.value) == "no single match 'm1'; did you mean cup.m001 or league.m001?"
    assert find_match([CUP, LEAGUE], "cup.m1") == "cup.m001"


@pytest.mark.parametrize(
    ("text", "near"),
    [("m0011x", ["M001"]), ("legue.m006", ["league.m006"]), ("zzz", [])],
)
def test_a_match_that_is_not_there_names_near_ones(text: str, near: list[str]) -> None:
    with pytest.raises(Unknown) as caught:
        find_match([CUP, LEAGUE], text)
    assert list(caught.value.near)[:1] == near


@pytest.mark.parametrize("text", ["a", "AAA", "Team A", "team a", " home ", "HOME"])
def test_a_team_is_found_by_id_code_name_or_side(text: str) -> None:
    assert find_team(CUP, FIRST, text) == "a"


def test_the_other_side_is_found_too() -> None:
    assert find_team(CUP, FIRST, "away") == "b"


def test_a_team_of_another_match_is_not_found() -> None:
    with pytest.raises(Unknown, match="no team in M001 'd'; did you mean a or b"):
        find_team(CUP, FIRST, "d")


def test_a_misspelt_team_names_the_near_one() -> None:
    with pytest.raises(Unknown) as caught:
        find_team(CUP, FIRST, "tem b")
    assert caught.value.near[0] == "b"


def test_a_side_that_nobody_has_taken_is_named_with_its_match() -> None:
    with pytest.raises(Unknown, match="no team yet on side 'away of M003'"):
        find_team(fold(cup(4), *result(cup(4), 1, 1, 0)), FINAL, "away")


def called(name: str) -> Tournament:
    """Return the cup with every team called `name`."""
    teams = {id_: replace(team, name=name, code="") for id_, team in CUP.teams.items()}
    return replace(CUP, teams=teams)


def test_a_name_that_both_teams_have_is_not_guessed() -> None:
    with pytest.raises(Unknown, match="no single team 'Reds'; did you mean a or b"):
        find_team(called("Reds"), FIRST, "Reds")


def test_a_team_called_home_is_found_before_the_side() -> None:
    guests = TeamId("b")
    teams = {**CUP.teams, guests: replace(CUP.teams[guests], name="Home")}
    assert find_team(replace(CUP, teams=teams), FIRST, "home") == guests
