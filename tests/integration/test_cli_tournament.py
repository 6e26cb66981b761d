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
