"""Ids: what may be one, how names become one, and how people name matches."""

from __future__ import annotations

import pytest

from core.domain.ids import (
    GLOBAL_ROOM,
    MatchId,
    RoomId,
    RoomParts,
    TeamId,
    TournamentId,
    admin_room,
    is_slug,
    make_slug,
    match_id,
    match_room,
    presence_room,
    read_room,
    role_room,
    room_kind,
    same_match,
    short_form,
    team_room,
    tournament_of,
    tournament_room,
)

M017 = MatchId("euro-2024.m017")
CUP = TournamentId("cup")


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> None:
    """Have every room read here: what other tests asked before is remembered."""
    read_room.cache_clear()


@pytest.mark.parametrize("text", ["a", "euro-2024", "court_1", "0", "x" * 64])
def test_a_slug_is_small_letters_digits_and_dashes(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", "Euro", "a b", "a.b", "x" * 65, "é", "a\n"])
def test_anything_else_is_no_slug(text: str) -> None:
    assert not is_slug(text)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Türkiye", "turkiye"),
        ("Côte d'Ivoire", "cote-d-ivoire"),
        ("  Reds!  ", "reds"),
        ("日本", "team"),
        ("x" * 100, "x" * 60),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert make_slug(name, "team") == slug
    assert is_slug(slug)


def test_a_slug_in_use_gets_the_next_free_number() -> None:
    assert make_slug("Reds", "team", {"reds"}) == "reds-2"
    assert make_slug("Reds", "team", {"reds", "reds-2"}) == "reds-3"


def test_a_match_is_unique_by_its_tournament_and_short_in_capitals() -> None:
    made = match_id(TournamentId("euro-2024"), "m017")
    assert made == M017
    assert short_form(made) == "M017"
    assert tournament_of(made) == "euro-2024"
    assert tournament_room(tournament_of(made)) == "tournament:euro-2024"


@pytest.mark.parametrize(
    "text",
    ["m17", "M017", "17", "017", " euro-2024.m017 ", "EURO-2024.M017", "euro-2024.17"],
)
def test_a_person_may_write_a_match_in_many_ways(text: str) -> None:
    assert same_match(text, M017)


@pytest.mark.parametrize("text", ["m18", "1", "", "m", "euro.m017", "017x"])
def test_another_match_is_not_meant(text: str) -> None:
    assert not same_match(text, M017)


def test_a_short_form_that_is_a_word_is_taken_as_it_is() -> None:
    assert same_match("Final", MatchId("cup.final"))
    assert not same_match("m", MatchId("cup.mm"))


@pytest.mark.parametrize(
    ("room", "parts"),
    [
        (tournament_room(CUP), RoomParts("tournament", CUP)),
        (presence_room(CUP), RoomParts("presence", CUP)),
        (admin_room(CUP), RoomParts("private", CUP)),
        (team_room(CUP, TeamId("reds")), RoomParts("private", CUP, team=TeamId("reds"))),
        (role_room(CUP, "moderator"), RoomParts("private", CUP, role="moderator")),
        (match_room(M017), RoomParts("match", TournamentId("euro-2024"), match=M017)),
        (GLOBAL_ROOM, RoomParts("global")),
    ],
)
def test_a_rooms_id_says_what_the_room_is_for(room: RoomId, parts: RoomParts) -> None:
    assert read_room(room) == parts
    assert room_kind(room) == parts.kind
    assert parts.has_own_log == (parts.kind in ("private", "global"))


@pytest.mark.parametrize(
    "room",
    [
        "",
        "lobby",
        "global:x",
        "match:m017",
        "tournament:",
        "tournament:Cup",
        "tournament:cup:",
        "tournament:cup:team",
        "tournament:cup:team:",
        "tournament:cup:team:Reds",
        "tournament:cup:role:boss",
        "tournament:cup:admin:x",
    ],
)
def test_anything_else_is_no_rooms_id(room: str) -> None:
    assert read_room(RoomId(room)) is None
    assert room_kind(RoomId(room)) is None
