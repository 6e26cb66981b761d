"""A tournament's formats, games and history from the command line, at a real hub."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.commands import here
from tests.support.hub import HubProcess
from tests.support.program import Finished

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(120)

GAMES = """
[tournament]
name = "Games"
teams = ["Lions", "Tigers"]

[[games]]
name = "Pong"
kind = "cups"
cups = 6
places = [5, 3]

[[games]]
name = "Flip"
kind = "sets"
best_of = 3
points = 11
places = [5, 3]

[[games]]
name = "Race"
kind = "time"
places = [4, 2]

[[stages]]
name = "Pong"
kind = "knockout"
game = "Pong"
format = "single_elimination"

[[stages]]
name = "Flip"
kind = "knockout"
game = "Flip"
format = "single_elimination"

[[stages]]
name = "Race"
kind = "pools"
game = "Race"
points = { win = 0, draw = 0, loss = 0 }
tie_breaks = ["time"]
format = "round_robin"
pools = [{ name = "All", teams = ["Lions", "Tigers"] }]
"""
"""Two teams, a game of each kind but points: m1 with cups, m2 in sets, m3 for time."""


class Desk:
    """A device at a hub, and one tournament that it made."""

    def __init__(self, hub: HubProcess, home: Path, name: str) -> None:
        self._hub = hub
        self._home = home
        self.name = name

    def run(self, *args: object) -> Finished:
        """Run a command at the hub."""
        return here(*args, "--hub", self._hub.url, "--data", self._home / "laptop")

    def done(self, *args: object) -> str:
        """Run a command that is done, and return what it printed."""
        finished = self.run(*args)
        assert finished.code == 0, finished.err
        return finished.out

    def make(self, text: str, suffix: str, *args: object) -> Finished:
        """Import a file."""
        file = self._home / f"{self.name}{suffix}"
        file.write_text(text)
        return self.run("import", file, "--id", self.name, *args)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as running:
        yield running


numbers = itertools.count(1)


@pytest.fixture
def desk(hub: HubProcess, tmp_path: Path) -> Desk:
    return Desk(hub, tmp_path, f"event-{next(numbers)}")


def test_a_list_of_teams_becomes_a_knock_out_that_is_drawn_as_a_tree(desk: Desk) -> None:
    made = desk.make(
        "name,seed\nReds,1\nBlues,2\nGreens,3\nGolds,4\n", ".csv", "--format", "single_elimination"
    )
    assert made.code == 0, made.err
    desk.done("score", f"{desk.name}.m1", "reds", "2")
    lines = desk.done("bracket", desk.name).splitlines()
    at = lines.index("Final  M004  winner of M001  -  winner of M002")
    assert lines[at + 1 : at + 3] == [
        "\u251c\u2500 Semi-finals  M001  Reds  2-0  Golds",
        "\u2514\u2500 Semi-finals  M002  Blues  -  Greens",
    ]


def test_names_that_nobody_can_tell_apart_are_refused_and_look_alikes_are_told(desk: Desk) -> None:
    refused = desk.make("name\nReds\nreds \n", ".csv")
    assert refused.code == 65
    assert "two are called" in refused.err
    doubtful = desk.make("name\nTeam l\nTeam I\n", ".csv", "--json").json()["skipped"]
    assert [(one["where"], "looks like" in one["why"]) for one in doubtful] == [("team Team I", True)]
    assert "a list of teams only" in desk.make(GAMES, ".toml", "--format", "swiss").err


@pytest.fixture
def games(desk: Desk) -> Desk:
    made = desk.make(GAMES, ".toml")
    assert made.code == 0, made.err
    return desk


def test_each_game_is_scored_in_its_own_way_and_counts_on_one_leaderboard(games: Desk) -> None:
    pong, flip, race = (f"{games.name}.m{number}" for number in (1, 2, 3))
    for team, action in (("lions", "bounce"), ("tigers", "miss"), ("lions", "cup")):
        games.done("score", pong, team, "--action", action, "--player", "Cleo")
    games.done("score", flip, "--sets", "11-7,9-11,11-4")
    games.done("score", race, "lions", "--time", "12.3")
    games.done("score", race, "tigers", "--time", "1:02.345")
    for match in (pong, flip, race):
        games.done("match", "complete", match)
        games.done("match", "confirm", match)
    document = games.run("standings", games.name, "--json").json()
    assert [(line["team"], line["points"]) for line in document["leaderboard"]] == [
        ("lions", 14),
        ("tigers", 8),
    ]
    lines = games.done("standings", games.name).splitlines()
    assert lines[2:5] == [
        "Leaderboard",
        "#  Team    Pts  Pong  Flip  Race",
        "1  Lions    14     1     1     1",
    ]
    assert any(line.split() == ["2", "Tigers", "1", "0", "0", "1", "1:02.345", "0", "time"] for line in lines)
    assert "Final  M002  Lions  2-1  Tigers" in games.done("bracket", games.name)
    thrown = [event for event in games.run("export", games.name).json()["log"] if "player" in str(event)]
    assert thrown[0]["fact"]["action"] == "bounce"


def test_a_page_holds_all_results_and_loads_nothing(games: Desk) -> None:
    games.done("score", f"{games.name}.m1", "lions", "--action", "cup")
    page = games.done("export", games.name, "--format", "html")
    assert page.startswith("<!doctype html>")
    assert "Lions" in page
    assert "1-0" in page
    assert "src=" not in page
    assert "1-0" not in games.done("export", games.name, "--format", "html", "--at", "1")


def test_what_a_game_does_not_know_is_refused_with_the_reason(games: Desk) -> None:
    refused = games.run("score", f"{games.name}.m1", "lions", "--time", "12.3")
    assert (refused.code, "not played for time" in refused.err) == (65, True)
    refused = games.run("score", f"{games.name}.m3", "lions", "--action", "cup", "--json")
    assert (refused.code, refused.json()["state"]) == (65, "refused")
    assert "cups" in refused.json()["reason"] or "time" in refused.json()["reason"]


@pytest.mark.parametrize(
    "words",
    [
        ("score", "m1"), ("score", "m1", "lions"), ("score", "m1", "lions", "1", "--time", "1.0"),
        ("score", "m1", "lions", "--sets", "11-2"), ("score", "m1", "lions", "--time", "soon"),
        ("score", "m1", "--sets", "11:2"), ("score", "m1", "lions", "1", "--player", "Cleo"),
        ("score", "m1", "lions", "--set", "--time", "1.0"), ("match", "start", "m1", "--shootout", "4-3"),
        ("match", "confirm", "m1", "--team", "lions"), ("tournament", "withdraw"),
        ("tournament", "start", "--pool", "a"), ("diff",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_makes_no_sense_is_a_wrong_call(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.run(*words).code == 2


def test_a_match_is_forfeited_and_reopened_with_a_reason(games: Desk) -> None:
    match = f"{games.name}.m1"
    games.done(
        "match", "forfeit", match, "--team", "tigers", "--cause", "no_show", "--why", "called three times"
    )
    assert "Lions  6-0 no-show  Tigers" in games.done("bracket", games.name)
    games.done("match", "reopen", match, "--why", "they came after all")
    assert games.run("match", "start", match).code == 65
    assert [event["why"] for event in games.run("export", games.name).json()["log"] if event.get("why")] == [
        "called three times", "they came after all",
    ]  # fmt: skip


def test_what_a_correction_moves_is_shown_before_it_asks_why(desk: Desk) -> None:
    four = "name,seed\nReds,1\nBlues,2\nGreens,3\nGolds,4\n"
    assert desk.make(four, ".csv", "--format", "single_elimination").code == 0
    semi, final = f"{desk.name}.m1", f"{desk.name}.m4"
    for match in (semi, f"{desk.name}.m2"):
        desk.done("score", match, "home", "1")
        desk.done("match", "complete", match)
    desk.done("match", "start", final)
    only = desk.run("match", "reopen", semi, "--dry-run")
    assert (only.code, "! Already begun after it: M004" in only.out) == (0, True)
    desk.done("match", "reopen", semi)
    desk.done("score", semi, "away", "2")
    log = desk.run("export", desk.name).json()["log"]
    asked = desk.run("match", "complete", semi)
    assert asked.code == 65
    assert "! M004 has begun with Reds; by this Golds should play there. It stays as it is." in asked.out
    assert "M003 home side: Golds -> Reds" in asked.out
    assert "M004 (started already): say why with --why TEXT" in asked.err
    document = desk.run("match", "complete", semi, "--json").json()
    assert (document["id"], document["state"], len(document["preview"]) > 2) == (None, "refused", True)
    assert desk.run("export", desk.name).json()["log"] == log
    desk.done("match", "complete", semi, "--why", "the sheet says otherwise")
    assert "! M004 home: by the results Golds should play" in desk.done("bracket", desk.name)
    dry = desk.run("match", "start", final, "--dry-run", "--json")
    assert (dry.code, dry.json()["reason"]) == (65, "M004 has started already")


def test_a_swiss_tournament_is_played_from_the_command_line(desk: Desk) -> None:
    assert desk.make("name\nReds\nBlues\nGreens\nGolds\n", ".csv", "--format", "swiss").code == 0
    drawn = desk.done("tournament", "draw", desk.name).splitlines()
    assert drawn[1:] == ["round 1 of All drawn, 2 matches", "  M001  Reds - Greens", "  M002  Blues - Golds"]
    early = desk.run("tournament", "draw", desk.name)
    assert (early.code, "not over" in early.err) == (65, True)
    for match in ("m1", "m2"):
        desk.done("score", f"{desk.name}.{match}", "home", "2")
        desk.done("match", "complete", f"{desk.name}.{match}")
    desk.done("tournament", "withdraw", desk.name, "--team", "golds", "--why", "gone home")
    desk.done("tournament", "draw", desk.name, "--pool", "all")
    refused = desk.run("tournament", "finish", desk.name)
    assert (refused.code, "or say why with --why" in refused.err) == (65, True)
    desk.done("tournament", "finish", desk.name, "--why", "the hall closes")
    desk.done("tournament", "resume", desk.name)
    unknown = desk.run("tournament", "reinstate", desk.name, "--team", "golfs")
    assert (unknown.code, "golds" in unknown.err) == (65, True)


DRAFT = """
[tournament]
name = "Draft"
status = "draft"
teams = ["Ants", "Bees"]

[[stages]]
name = "Pools"
kind = "pools"
format = "round_robin"
pools = [{ name = "A", teams = ["Ants", "Bees"] }]
"""


def test_an_export_plays_again_whose_matches_were_drawn_at_the_start(desk: Desk, tmp_path: Path) -> None:
    assert desk.make(DRAFT, ".toml").code == 0
    desk.done("tournament", "start", desk.name)
    desk.done("score", f"{desk.name}.m1", "bees", "2")
    desk.done("match", "complete", f"{desk.name}.m1")
    file = tmp_path / "export.json"
    file.write_text(desk.done("export", desk.name))
    desk.done("replay", file, "--id", f"{desk.name}-again")
    assert desk.done("standings", f"{desk.name}-again") == desk.done("standings", desk.name)


def test_a_difference_says_what_changed_between_two_moments(games: Desk, tmp_path: Path) -> None:
    games.done("match", "forfeit", f"{games.name}.m1", "--team", "tigers")
    games.done("score", f"{games.name}.m3", "lions", "--time", "12.3")
    told = games.done("diff", games.name, "--from", "1").splitlines()
    assert told[0] == "M001: - scheduled -> 6-0 forfeited final"
    assert "M003: - scheduled -> 12.300 : - live" in told
    assert games.done("diff", games.name, "--from", "1", "--to", "1").strip() == "nothing changed"
    document = games.run("diff", games.name, "--from", "1", "--to", "2", "--json").json()
    assert (document["from"]["seq"], document["to"]["seq"]) == (1, 2)
    (result,) = document["results"]
    assert (result["before"]["state"], result["after"]["winner"]) == ("scheduled", "lions")
    file = tmp_path / "export.json"
    file.write_text(games.done("export", games.name))
    assert games.done("diff", file, "--from", "1").splitlines() == told
    assert "--from 99" in games.run("diff", games.name, "--from", "99").err
