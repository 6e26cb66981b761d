"""A real tournament through the real commands, each in a process of its own: Euro 2024, goal by goal.

The expected tables and scores stand here by hand or come from the file itself, never from the program.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.hub import HubProcess
from tests.support.program import COURTSIDE, Finished, courtside, environment, running, until
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Euro

pytestmark = pytest.mark.timeout(180)

TABLES = {
    "Group A": [("GER", 7), ("SUI", 5), ("HUN", 3), ("SCO", 1)],
    "Group B": [("ESP", 9), ("ITA", 4), ("CRO", 2), ("ALB", 1)],
    "Group C": [("ENG", 5), ("DEN", 3), ("SVN", 3), ("SRB", 2)],
    "Group D": [("AUT", 6), ("FRA", 5), ("NED", 4), ("POL", 1)],
    "Group E": [("ROU", 4), ("BEL", 4), ("SVK", 4), ("UKR", 4)],
    "Group F": [("POR", 6), ("TUR", 6), ("GEO", 4), ("CZE", 1)],
}
"""UEFA's final tables of the group stage, with their points."""

ASSIGNED = {
    "m037": "Denmark",
    "m039": "Georgia",
    "m040": "Slovakia",
    "m041": "Slovenia",
    "m043": "Netherlands",
}
"""Second place in group C, and where the four best thirds went: no rule in the file decides these."""


@dataclass(frozen=True, slots=True)
class Evening:
    """What was left of the tournament when it was over."""

    imported: Finished
    before: Any
    """The bracket before the first match."""
    replayed: Finished
    watched: list[Any]
    screens: tuple[str, str]
    standings: Any
    bracket: Any
    export: str
    file: Any


@pytest.fixture(scope="module")
def evening(euro: Euro, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    home = tmp_path_factory.mktemp("euro")
    watched = home / "watched.jsonl"
    with HubProcess(home / "venue") as hub:

        def command(name: str, *args: object) -> Finished:
            return courtside(name, *args, "--hub", hub.url, "--data", home / name, within=120)

        imported = command("import", euro.matches, "--json")
        before = command("bracket", "--json").json()
        with (
            console(hub, home / "a") as left,
            console(hub, home / "b") as right,
            watched.open("w") as lines,
            running("watch", "--json", "--hub", hub.url, "--data", home / "w", out=lines),
        ):
            replayed = command("replay", euro.matches, "--json")
            final = re.compile(r"M051 .*2\s*-\s*1")
            screens = tuple(
                terminal.wait_for(lambda text: bool(final.search(text)), within=30)
                for terminal in (left, right)
            )
            standings, bracket = command("standings", "--json").json(), command("bracket", "--json").json()
            export = command("export", "--format", "json").out
            last = json.loads(export)["log"][-1]["seq"]
            until(lambda: f'"seq":{last},' in watched.read_text(), what=f"event {last} on the watcher")
        return Evening(
            imported,
            before,
            replayed,
            [json.loads(line) for line in watched.read_text().splitlines()],
            (screens[0], screens[1]),
            standings,
            bracket,
            export,
            json.loads(euro.matches.read_text()),
        )


def console(hub: HubProcess, data: Path) -> Terminal:
    """Open the console in a pty that is high enough for all 51 matches."""
    argv = [*COURTSIDE, "--hub", hub.url, "--data", str(data)]
    terminal = Terminal(argv, environment(), columns=120, rows=80)
    terminal.wait_for("M051", within=30)
    return terminal


def matches(file: Any) -> Iterator[Any]:
    for round_ in file["rounds"]:
        yield from round_["matches"]


def result(match: Any) -> list[int]:
    score = match["score"]
    return list(score.get("et") or score["ft"])


def test_the_import_has_every_team_and_match_and_no_result(evening: Evening) -> None:
    assert evening.imported.code == 0
    said = evening.imported.json()
    assert (said["tournament"], said["teams"], said["matches"]) == ("euro-2024", 24, 51)
    knockout = [match for round_ in evening.before["rounds"] for match in round_["matches"]]
    assert len(knockout) == 15
    assert all(match.get("winner") is None and match.get("score") in (None, [0, 0]) for match in knockout)
    assert evening.before["champion"] is None


def test_the_replay_plays_every_goal_exactly_once(evening: Evening) -> None:
    assert evening.replayed.code == 0, evening.replayed.err
    goals = [line for line in evening.watched if line["type"] == "points_added"]
    assert sum(line["delta"] for line in goals) == 117
    assert len({line["id"] for line in goals}) == 117


def test_the_watcher_saw_every_event_without_a_gap(evening: Evening) -> None:
    seqs = [line["seq"] for line in evening.watched]
    assert seqs == list(range(1, len(json.loads(evening.export)["log"]) + 1))


def test_both_consoles_show_the_scores_of_the_file(evening: Evening) -> None:
    for screen in evening.screens:
        for match in matches(evening.file):
            row = next(line for line in screen.splitlines() if f"M{match['num']:03d} " in line)
            home, away = result(match)
            assert re.search(rf"\b{home}\s*-\s*{away}(?!\d)", row), row


def test_the_tables_are_those_of_the_competition(evening: Evening) -> None:
    codes = {
        team["name"]: team["code"]
        for match in matches(evening.file)
        for team in (match["team1"], match["team2"])
    }
    tables = {
        table["pool"]: [(codes[row["name"]], row["points"]) for row in table["rows"]]
        for table in evening.standings["tables"]
        if table["rows"]
    }
    assert dict(zip(TABLES, tables.values(), strict=True)) == TABLES


def test_only_what_no_rule_decides_was_assigned_and_says_why(evening: Evening) -> None:
    log = json.loads(evening.export)["log"]
    teams = {team["id"]: team["name"] for team in json.loads(evening.export)["teams"]}
    assigned = [event for event in log if event["fact"]["type"] == "slot_assigned"]
    assert {
        event["match"].removeprefix("euro-2024."): teams[event["fact"]["team"]] for event in assigned
    } == ASSIGNED
    assert all(event["by"] and event["why"] for event in assigned)


def test_the_tree_names_the_champion(evening: Evening) -> None:
    teams = {team["id"]: team["name"] for team in json.loads(evening.export)["teams"]}
    assert teams[evening.bracket["champion"]] == "Spain"
    shootouts = [
        match["shootout"]
        for round_ in evening.bracket["rounds"]
        for match in round_["matches"]
        if match.get("shootout")
    ]
    assert sorted(shootouts) == [[3, 0], [3, 5], [5, 3]]


def test_the_log_alone_folds_to_the_same_export_byte_for_byte(evening: Evening, tmp_path: Path) -> None:
    exported = tmp_path / "exported.json"
    exported.write_text(evening.export)
    again = courtside("export", exported, "--format", "json", "--data", tmp_path / "nothing")
    assert again.code == 0, again.err
    assert again.out == evening.export


def test_times_of_the_log_never_go_back(evening: Evening) -> None:
    received = [line["received_at"] for line in evening.watched]
    assert all(earlier <= later for earlier, later in pairwise(received))
