"""One door for every file: the content tells the format, and what cannot be read says what can."""

from __future__ import annotations

import msgspec
import pytest

from core.domain.files import formats
from core.domain.files.export import export_json
from core.domain.files.formats import MAX_FILE_BYTES, read_tournament
from core.domain.files.playback import Skipped
from core.domain.files.toml import write
from core.errors import BadFile
from tests.support.tournaments import EPOCH, cup, log, result

CUP = cup(4)
TOML = write(CUP).encode()
OPENFOOTBALL = msgspec.json.encode(
    {"name": "Cup", "matches": [{"team1": "A", "team2": "B", "group": "Group A"}]}
)
GROUPS = b'{"name": "Cup", "groups": [{"name": "Group A", "teams": ["B", "A"]}]}'
EXPORT = export_json(log(CUP, *result(CUP, 1, 2, 1)), EPOCH)


@pytest.mark.parametrize("content", [TOML, b"\xef\xbb\xbf" + TOML, EXPORT])
def test_each_format_is_told_by_its_content(content: bytes) -> None:
    assert read_tournament("cup", content).plan == CUP


def test_a_list_of_teams_is_told_by_its_columns() -> None:
    plan = read_tournament("summer cup.csv", b"\xef\xbb\xbfName;Code\nReds;RED\nBlues;BLU\n").plan
    assert (plan.id, [team.code for team in plan.teams]) == ("summer-cup", ["RED", "BLU"])


def test_a_format_says_how_a_list_of_teams_is_played_and_nothing_else() -> None:
    plan = read_tournament("cup.csv", b"name\nReds\nBlues\n", format="single_elimination").plan
    assert plan.stages[0].kind == "knockout"
    with pytest.raises(BadFile, match="this file says how it is played"):
        read_tournament("cup", TOML, format="swiss")


def test_names_that_look_alike_are_told_and_taken() -> None:
    imported = read_tournament("cup.csv", b"name\nTeam l\nTeam I\nReds\n")
    why = "looks like 'Team l': rename one of them, so that nobody mixes them up"
    assert imported.skipped == (Skipped("team Team I", why),)


def test_json_of_our_own_is_told_by_its_tournament() -> None:
    document = {
        "tournament": {"name": "Cup"},
        "teams": ["A", "B"],
        "stages": [{"name": "Final", "kind": "knockout"}],
    }
    document["matches"] = [{"home": "A", "away": "B"}]
    assert read_tournament("cup", msgspec.json.encode(document)).plan.id == "cup"


def test_rounds_or_matches_are_openfootballs_and_take_a_file_of_groups() -> None:
    (stage,) = read_tournament("cup", OPENFOOTBALL, GROUPS).plan.stages
    assert stage.pools[0].teams == ("b", "a")
    rounds = {"name": "Cup", "rounds": [{"name": "Final", "matches": [{"team1": "A", "team2": "B"}]}]}
    assert read_tournament("cup", msgspec.json.encode(rounds)).plan.fixtures[0].round == "Final"


def test_an_export_brings_its_playback() -> None:
    assert len(read_tournament("cup", EXPORT).playback) == 2


@pytest.mark.parametrize("content", [TOML, OPENFOOTBALL, EXPORT])
def test_a_tournament_takes_the_id_that_is_asked_for(content: bytes) -> None:
    plan = read_tournament("cup", content, id="other").plan
    assert plan.id == "other"
    assert {fixture.id.partition(".")[0] for fixture in plan.fixtures} == {"other"}


def test_an_id_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadFile, match="cup: tournament: id 'My Cup' is not a slug"):
        read_tournament("cup", TOML, id="My Cup")


@pytest.mark.parametrize(
    ("content", "groups", "message"),
    [
        (b" \n", None, "cup: it is empty; a tournament is"),
        (b'{"a": 1}', None, "cup: it is JSON, but no tournament; a tournament is"),
        (b"{nonsense", None, "cup: it begins like JSON and is none"),
        (GROUPS, None, "cup: it is a file of groups: name the file of matches"),
        (TOML, GROUPS, "cup: a file of groups belongs to openfootball's matches only"),
        (b"\x89PNG\r\n", None, "cup: neither TOML nor JSON"),
    ],
)
def test_a_wrong_file_says_what_would_be_right(content: bytes, groups: bytes | None, message: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_tournament("cup", content, groups)
    assert message in str(caught.value)


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_FILE_BYTES", 10)
    with pytest.raises(BadFile, match="it is too large: at most 10 bytes are read"):
        read_tournament("cup", TOML)
    assert MAX_FILE_BYTES > 1 << 20
