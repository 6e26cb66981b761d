"""openfootball's files: every form of a match becomes one, and what is not used is said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from core.domain.commands import Score
from core.domain.files.matchlist import (
    Listed,
    ListedGoal,
    ListedTeam,
    MatchList,
    read_groups,
    read_matches,
)
from core.errors import BadFile


def matches(*found: dict[str, Any], **file: Any) -> MatchList:
    """Read a flat file of matches between `A` and `B`."""
    teams = {"team1": "A", "team2": "B"}
    listed = [{**teams, **match} for match in found]
    return read_matches("cup.json", msgspec.json.encode({"name": "Cup", "matches": listed, **file}))


def only(**match: Any) -> Listed:
    """Read a file of one match."""
    (listed,) = matches(match).matches
    return listed


def skipped(**match: Any) -> list[tuple[str, str]]:
    return [(found.where, found.why) for found in matches(match).skipped]


def test_rounds_and_a_flat_list_are_read_alike() -> None:
    match = {
        "team1": {"name": "A", "code": "AAA"},
        "team2": "B",
        "num": 7,
        "group": "Group A",
    }
    nested = {"name": "Cup", "rounds": [{"name": "Matchday 1", "matches": [match]}]}
    flat = {"name": "Cup", "matches": [{**match, "round": "Matchday 1"}]}
    expected = Listed("Matchday 1", ListedTeam("A", "AAA"), ListedTeam("B"), number=7, group="Group A")
    for file in (nested, flat):
        assert read_matches("x", msgspec.json.encode(file)) == MatchList("Cup", (expected,), ())


def test_a_time_without_an_offset_is_taken_as_utc() -> None:
    assert only(date="2024-06-14", time="21:00").starts_at == datetime(2024, 6, 14, 21, tzinfo=UTC)
    assert only(date="2024-06-14").starts_at == datetime(2024, 6, 14, tzinfo=UTC)
    assert only(time="21:00").starts_at is None


@pytest.mark.parametrize(
    ("time", "hour", "minute"),
    [
        ("17:00 UTC+2", 15, 0),
        ("17:00 UTC-3", 20, 0),
        ("17:00 UTC+05:30", 11, 30),
        ("17:00 UTC-03:30", 20, 30),
    ],
)
def test_an_offset_is_honoured(time: str, hour: int, minute: int) -> None:
    assert only(date="2026-06-14", time=time).starts_at == datetime(2026, 6, 14, hour, minute, tzinfo=UTC)


def test_a_time_zone_of_its_own_is_honoured() -> None:
    listed = only(date="2018-06-14", time="18:00", timezone="UTC+3")
    assert listed.starts_at == datetime(2018, 6, 14, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "time"),
    [("14 June", ""), ("2024-06-14", "kick-off"), ("2024-13-01", "10:00"), ("0001-01-01", "00:00 UTC+2")],
)
def test_a_time_that_cannot_be_read_is_skipped(date: str, time: str) -> None:
    assert only(date=date, time=time).starts_at is None
    assert skipped(date=date, time=time) == [("A - B", f"cannot read the time {date} {time}".rstrip())]


@pytest.mark.parametrize(
    ("match", "score", "shootout", "minutes"),
    [
        ({"score": {"ft": [2, 1], "ht": [1, 0]}}, Score(2, 1), None, 90),
        ({"score": {"ft": [1, 1], "et": [2, 1]}}, Score(2, 1), None, 120),
        (
            {"score": {"ft": [0, 0], "et": [0, 0], "p": [3, 0]}},
            Score(0, 0),
            Score(3, 0),
            120,
        ),
        ({"score": [2, 1]}, Score(2, 1), None, 90),
        (
            {
                "score1": 1,
                "score2": 1,
                "score1et": 1,
                "score2et": 1,
                "score1p": 4,
                "score2p": 2,
            },
            Score(1, 1),
            Score(4, 2),
            120,
        ),
        ({"score1": 2, "score2": None}, None, None, 90),
        ({}, None, None, 90),
    ],
)
def test_every_form_of_a_score_is_read(
    match: dict[str, Any], score: Score | None, shootout: Score | None, minutes: int
) -> None:
    listed = only(**match)
    assert (listed.score, listed.shootout, listed.minutes) == (score, shootout, minutes)


@pytest.mark.parametrize("score", [{"ft": [2, 1], "p": [4, 3]}, {"p": [4, 3]}])
def test_a_shoot_out_after_a_score_that_is_not_level_is_skipped(
    score: dict[str, list[int]],
) -> None:
    assert only(score=score).shootout is None
    assert skipped(score=score) == [("A - B", "a shoot-out is given, but the score before it is not level")]


def test_goals_have_their_minute_and_who_scored() -> None:
    listed = only(
        score={"ft": [3, 1]},
        goals1=[
            {"name": "Can", "minute": 90, "offset": 3},
            {"name": "Rot", "minute": "45+1'", "owngoal": True},
            {"minute": 50},
        ],
        goals2=[{"name": "Blau", "minute": "88", "penalty": True}],
    )
    assert listed.goals == (
        ListedGoal("home", 90, 3, "Can 90+3'"),
        ListedGoal("home", 45, 1, "Rot 45+1' (own goal)"),
        ListedGoal("home", 50, 0, "50'"),
        ListedGoal("away", 88, 0, "Blau 88' (penalty)"),
    )


@pytest.mark.parametrize(
    "match",
    [
        {"score": {"ft": [2, 0]}, "goals1": [{"name": "Can", "minute": 1}]},
        {"score": {"ft": [1, 0]}, "goals1": [{"name": "Can"}]},
        {"goals1": [{"name": "Can", "minute": 1}]},
    ],
)
def test_goals_that_do_not_make_up_the_score_are_skipped(match: dict[str, Any]) -> None:
    assert only(**match).goals == ()
    assert skipped(**match) == [("A - B", "its goals, as they do not make up the score one by one")]


@pytest.mark.parametrize("place", ["Berlin", {"name": "Berlin"}])
def test_the_ground_is_read_in_each_form(place: object) -> None:
    assert only(ground=place).ground == "Berlin"
    assert only(stadium=place).ground == "Berlin"
    assert only().ground == ""


def test_fields_that_are_not_used_are_counted() -> None:
    goal = {"name": "Can", "minute": 1, "assist": "Rot"}
    file = matches({"city": "Berlin"}, {"city": "Köln", "score": [1, 0], "goals1": [goal]})
    assert [(found.where, found.why) for found in file.skipped] == [
        ("field city", "not used (stands 2 times)"),
        ("field goals1.assist", "not used (stands 1 times)"),
    ]


def test_groups_are_read_with_names_and_codes() -> None:
    content = (
        b'{"name": "Cup", "groups": [{"name": "Group A", "teams": ["A", {"name": "B", "code": "BBB"}]}]}'
    )
    (group,) = read_groups("groups.json", content)
    assert (group.name, group.teams) == (
        "Group A",
        (ListedTeam("A"), ListedTeam("B", "BBB")),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"name": "Cup"}', "cup.json: it lists no matches"),
        (
            b'{"matches": [{"team1": "A"}]}',
            "cup.json: not openfootball JSON: Object missing required field `team2`",
        ),
        (b'{"matches": [{"team1": "A", "team2": 3}]}', "$.matches[0].team2"),
        (b"{", "cup.json: not openfootball JSON"),
        (b'"\xff"', "cup.json: not openfootball JSON"),
        (b"[" * 100_000, "cup.json: not openfootball JSON"),
    ],
)
def test_a_file_that_is_none_says_where(content: bytes, message: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_matches("cup.json", content)
    assert message in str(caught.value)
