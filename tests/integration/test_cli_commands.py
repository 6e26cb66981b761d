"""Every command against a real hub: what it prints, and what it exits with.

A command runs in a process of its own where that makes a difference, else inside the test's.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import signal
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.commands import here
from tests.support.hub import HubProcess
from tests.support.program import COURTSIDE, Finished, courtside, environment, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(120)

PARK = """
[tournament]
id = "park"
name = "Park Cup"
teams = ["Lions", "Tigers", "Owls", "Bears"]

[[stages]]
name = "Groups"
kind = "pools"

[[stages.pools]]
name = "Group A"
teams = ["Lions", "Tigers"]

[[stages.pools]]
name = "Group B"
teams = ["Owls", "Bears"]

[[stages]]
name = "Finals"
kind = "knockout"

[[matches]]
pool = "A"
home = "Lions"
away = "Tigers"
score = [2, 1]

[[matches]]
pool = "B"
home = "Owls"
away = "Bears"
score = [0, 3]

[[matches]]
stage = "Finals"
round = "Final"
home = "1st of A"
away = "1st of B"
score = [1, 1]
shootout = [4, 5]
"""
"""Two pools of two and a final, all of it played."""


class Venue:
    """A hub and one tournament at it, entered by a device of its own."""

    def __init__(self, hub: HubProcess, home: Path, name: str) -> None:
        self.hub = hub
        self.home = home
        self.name = name
        self.file = home / "park.toml"
        self.file.write_text(PARK)

    def run(self, *args: object, data: str = "laptop") -> Finished:
        """Run a command at the hub."""
        return here(*args, "--hub", self.hub.url, "--data", self.home / data)

    def log(self) -> list[Any]:
        """Return the tournament's log."""
        log: list[Any] = self.run("export", self.name).json()["log"]
        return log


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as running:
        yield running


names = (f"park-{number}" for number in itertools.count(1))


@pytest.fixture
def venue(hub: HubProcess, tmp_path: Path) -> Venue:
    made = Venue(hub, tmp_path, next(names))
    imported = made.run("import", made.file, "--id", made.name)
    assert imported.code == 0, imported.err
    return made


def test_importing_the_same_file_twice_makes_it_once(venue: Venue) -> None:
    again = venue.run("import", venue.file, "--id", venue.name, "--json", data="another")
    assert (again.code, again.err) == (0, "")
    assert again.json() == {"tournament": venue.name, "teams": 4, "matches": 3, "events": 1, "skipped": []}
    assert "there already" in venue.run("import", venue.file, "--id", venue.name).out


def test_another_content_under_the_same_id_is_refused_with_advice(venue: Venue) -> None:
    venue.file.write_text(PARK.replace("Owls", "Foxes"))
    refused = venue.run("import", venue.file, "--id", venue.name)
    assert refused.code == 65
    assert "--id" in refused.err
    assert len(venue.log()) == 1


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"{", b'{"rounds": 3}', b"[tournament]\nnmae = 'x'", b"[[]]"]
)
def test_a_file_that_is_no_tournament_is_refused_before_anything_is_reached(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_bytes(content)
    refused = here("import", file, "--hub", "ws://127.0.0.1:9", "--data", tmp_path / "d")
    assert refused.code == 65
    assert refused.err.startswith("courtside: wrong.toml")
    assert here("import", tmp_path / "none", "--data", tmp_path / "d").code == 65


@pytest.mark.parametrize(
    "command", [("import", "FILE"), ("replay", "FILE"), ("score", "m1", "lions", "1"), ("standings",),
                ("bracket",), ("export",), ("load", "--for", "1")],
)  # fmt: skip
def test_without_a_hub_and_a_stored_copy_nothing_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr("tui.cli.replaying.PATIENCE", 0.2)
    file = tmp_path / "park.toml"
    file.write_text(PARK)
    args = [file if part == "FILE" else part for part in command]
    ended = here(*args, "--hub", "ws://127.0.0.1:9", "--data", tmp_path / "d")
    assert ended.code == 69, ended
    assert "ws://127.0.0.1:9" in ended.err
    assert here("queue", "--json", "--data", tmp_path / "d").json()["total"] == 0


def test_a_score_is_confirmed_and_says_where_it_stands(venue: Venue) -> None:
    added = venue.run("score", f"{venue.name}.m1", "lions", "2", "--json")
    assert added.code == 0, added.err
    assert added.json().keys() == {"id", "state", "seq", "reason"}
    assert (added.json()["state"], added.json()["seq"]) == ("confirmed", 3)
    taken = venue.run("score", f"{venue.name}.m001", "home", "-1")
    assert taken.code == 0
    assert taken.out.split()[1:] == ["confirmed"]
    assert venue.run("score", f"{venue.name}.M1", "Tigers", "7", "--set").code == 0
    assert [event["fact"]["after"] for event in venue.log()[2:]] == [[2, 0], [1, 0], [1, 7]]


def test_a_score_that_cannot_be_is_refused_with_the_reason(venue: Venue) -> None:
    below = venue.run("score", f"{venue.name}.m1", "lions", "-1", "--json")
    assert (below.code, below.json()["state"]) == (65, "refused")
    assert "below 0" in below.json()["reason"]
    nobody = venue.run("score", f"{venue.name}.m1", "lion", "1")
    assert nobody.code == 65
    assert "lions" in nobody.err
    assert venue.run("score", f"{venue.name}.m9", "lions", "1").code == 65


def test_two_equal_points_are_two(venue: Venue) -> None:
    for _ in range(2):
        assert venue.run("score", f"{venue.name}.m1", "lions", "1").code == 0
    assert venue.log()[-1]["fact"]["after"] == [2, 0]


def test_a_score_that_cannot_be_saved_exits_with_74(venue: Venue) -> None:
    (venue.home / "file").write_text("not a folder")
    ended = venue.run("score", f"{venue.name}.m1", "lions", "1", data="file/data")
    assert ended.code == 74, ended
    assert len(venue.log()) == 1


def test_a_replay_plays_the_results_once_however_often_it_runs(venue: Venue) -> None:
    first = venue.run("replay", venue.file, "--id", venue.name, "--json")
    assert first.code == 0, first.err
    again = venue.run("replay", venue.file, "--id", venue.name, "--json", data="another")
    assert again.code == 0, again.err
    assert first.json() == again.json()
    assert first.json()["events"] == len(venue.log())
    bracket = venue.run("bracket", venue.name, "--json").json()
    final = bracket["rounds"][-1]["matches"][0]
    assert (final["home"], final["away"], final["score"]) == ("lions", "bears", [1, 1])
    assert (final["shootout"], final["winner"], bracket["champion"]) == ([4, 5], "bears", "bears")
    text = venue.run("bracket", venue.name).out
    assert "1-1 (4-5)" in text
    assert "champion: Bears" in text


def test_a_replay_imports_the_plan_if_it_is_not_there(hub: HubProcess, tmp_path: Path) -> None:
    venue = Venue(hub, tmp_path, next(names))
    assert venue.run("replay", venue.file, "--id", venue.name, "--speed", "1000000").code == 0
    rows = venue.run("standings", venue.name, "--json").json()["tables"][1]["rows"]
    assert [(row["rank"], row["team"], row["points"]) for row in rows] == [(1, "bears", 3), (2, "owls", 0)]


def test_a_file_without_results_has_nothing_to_replay(hub: HubProcess, tmp_path: Path) -> None:
    venue = Venue(hub, tmp_path, next(names))
    lines = PARK.splitlines()
    venue.file.write_text("\n".join(line for line in lines if "score" not in line and "shootout" not in line))
    assert venue.run("replay", venue.file).code == 65


def test_watching_begins_with_the_first_event_and_ends_where_it_is_told(venue: Venue) -> None:
    for team in ("lions", "tigers"):
        assert venue.run("score", f"{venue.name}.m1", team, "1").code == 0
    watched = venue.run("watch", venue.name, "--json", "--until-seq", "4")
    assert watched.code == 0
    lines = watched.lines()
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]
    assert lines[3]["scores"] == {"lions": 1, "tigers": 1}
    assert lines[3]["match"] == f"{venue.name}.m001"
    assert [line["type"] for line in lines[:2]] == ["tournament_created", "match_started"]
    plain = venue.run("watch", venue.name, "--for", "1.5").out.splitlines()
    assert [line.split()[0] for line in plain] == ["1", "2", "3", "4"]
    assert "Tigers +1 (Lions 1-1 Tigers)" in plain[3]


@contextmanager
def watching(venue: Venue) -> Iterator[subprocess.Popen[str]]:
    """Watch in a process of its own."""
    command = [*COURTSIDE, "watch", venue.name, "--hub", venue.hub.url, "--data", str(venue.home / "w")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as watcher:
        try:
            yield watcher
        finally:
            watcher.kill()


def test_watching_goes_on_until_it_is_interrupted(venue: Venue) -> None:
    with watching(venue) as watcher:
        assert watcher.stdout is not None
        assert "tournament created" in watcher.stdout.readline()
        assert venue.run("score", f"{venue.name}.m1", "lions", "1").code == 0
        assert "match started" in watcher.stdout.readline()
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(20) == 130


def test_a_reader_that_leaves_ends_the_program_quietly(venue: Venue) -> None:
    with watching(venue) as watcher:
        assert watcher.stdout is not None
        assert watcher.stderr is not None
        watcher.stdout.readline()
        watcher.stdout.close()
        for _ in range(2):
            assert venue.run("score", f"{venue.name}.m1", "lions", "1").code == 0
        assert watcher.wait(20) == 0
        assert watcher.stderr.read() == ""


def test_a_tournament_that_is_not_there_is_named_with_those_that_are(venue: Venue) -> None:
    unknown = venue.run("watch", f"{venue.name}x")
    assert unknown.code == 65
    assert venue.name in unknown.err


def test_the_export_folds_to_itself_without_a_hub(venue: Venue) -> None:
    assert venue.run("replay", venue.file, "--id", venue.name).code == 0
    exported = venue.run("export", venue.name, "--format", "json")
    file = venue.home / "export.json"
    file.write_text(exported.out)
    again = courtside("export", file, "--data", venue.home / "nothing")
    assert (again.code, again.out) == (0, exported.out)
    early = venue.run("export", venue.name, "--at", "1").json()
    assert (len(early["log"]), early["matches"][0]["state"]) == (1, "scheduled")
    epoch = exported.json()["tournament"]["epoch"]
    assert venue.run("export", venue.name, "--at", f"{epoch}:1").json() == early
    created = early["log"][0]["received_at"]
    assert venue.run("export", venue.name, "--at", created).json() == early
    assert venue.run("export", venue.name, "--at", "2001-01-01T00:00").code == 65
    assert "the log ends with event" in venue.run("export", venue.name, "--at", "99999").err
    assert venue.run("export", venue.name, "--at", "yesterday").code == 2
    rows = list(csv.DictReader(io.StringIO(venue.run("export", venue.name, "--format", "csv").out)))
    assert [(row["home_score"], row["away_score"]) for row in rows] == [("2", "1"), ("0", "3"), ("1", "1")]


def test_a_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text('{"log": []}')
    assert here("export", file, "--data", tmp_path / "d").code == 65
    assert here("export", tmp_path / "none.json", "--data", tmp_path / "d").code == 65


def test_the_status_names_what_the_api_names(venue: Venue) -> None:
    status = venue.run("status", "--json").json()
    assert status["connection"]["active_connections"] == 1
    assert status["connection"]["links"][0]["endpoint"] == venue.hub.url
    heard = datetime.fromisoformat(status["connection"]["links"][0]["last_activity"])
    assert abs((datetime.now(UTC) - heard).total_seconds()) < 60
    assert {"average_latency", "connection_health", "total_messages", "message_rate"} <= status[
        "connection"
    ].keys()
    assert {"total", "by_priority", "oldest", "processing"} <= status["queue"].keys()
    room = status["rooms"][f"tournament:{venue.name}"]
    assert {"member_count", "subscription_count", "last_activity", "uptime", "event_rate"} <= room.keys()
    told = venue.run("status").out
    assert f"endpoint: {venue.hub.url}" in told
    (rooms,) = (line.split(": ", 1)[1] for line in told.splitlines() if line.strip().startswith("rooms: "))
    assert f"tournament:{venue.name}" in rooms.split(", ")
    offline = here("status", "--json", "--hub", "ws://127.0.0.1:9", "--data", venue.home / "laptop")
    assert (offline.code, offline.json()["connection"]["active_connections"]) == (0, 0)


def test_a_watch_ends_quietly_when_its_reader_leaves_though_nothing_happens(venue: Venue) -> None:
    with running("watch", venue.name, "--hub", venue.hub.url, "--data", venue.home / "watcher") as watching:
        assert watching.stdout is not None
        assert "created" in watching.stdout.readline()
        watching.stdout.close()
        assert watching.wait(30) == 0


def test_a_file_without_an_end_is_refused(tmp_path: Path) -> None:
    refused = here("import", "/dev/zero", "--hub", "ws://127.0.0.1:9", "--data", tmp_path / "d")
    assert (refused.code, "too large" in refused.err) == (65, True)


def test_without_a_terminal_the_console_prints_the_scores_once(venue: Venue) -> None:
    printed = venue.run()
    assert printed.code == 0, printed.err
    assert "Lions" in printed.out
    assert "as of" in printed.out
    assert "\x1b" not in printed.out
    for screen in ("feed", "queue"):
        assert venue.run("--screen", screen).code == 0


def test_a_load_test_counts_every_delivery(venue: Venue) -> None:
    report = venue.run("load", "--clients", "5", "--rate", "100", "--for", "1", "--json")
    assert report.code == 0, report
    said = report.json()
    assert (said["clients"], said["sent"], said["confirmed"]) == (5, 100, 100)
    assert said["deliveries"] == said["expected"] == 5 * (100 + 3)  # and the starts of three matches
    assert (said["lost"], said["duplicated"]) == (0, 0)
    assert 0 < said["latency_ms"]["p50"] <= said["latency_ms"]["p99"]


def test_several_hubs_may_be_named_and_the_one_that_answers_is_used(venue: Venue) -> None:
    hubs = f"ws://127.0.0.1:9,{venue.hub.url}"
    found = here("standings", venue.name, "--json", "--hub", hubs, "--data", venue.home / "x")
    assert found.code == 0, found.err
    assert json.loads(found.out)["tournament"] == venue.name


def test_entries_wait_in_the_queue_and_go_out_or_are_withdrawn(tmp_path: Path) -> None:
    with HubProcess(tmp_path / "venue") as own:
        venue = Venue(own, tmp_path, "park")
        assert venue.run("import", venue.file).code == 0
        assert venue.run("score", "m1", "lions", "1").code == 0
        own.kill()
        offline = venue.run("standings")
        assert (offline.code, "as of" in offline.err) == (0, True)
        assert "Lions" in offline.out
        first = venue.run("score", "m1", "lions", "1", "--wait", "0", "--json")
        assert (first.code, first.json()["state"]) == (75, "saved")
        second = venue.run("score", "m2", "bears", "1", "--wait", "0", "--json")
        queue = venue.run("queue", "list", "--json").json()
        assert (queue["total"], queue["by_priority"]["critical"]) == (2, 2)
        assert [(one["match"], one["team"], one["delta"]) for one in queue["entries"]] == [
            ("park.m001", "lions", 1),
            ("park.m002", "bears", 1),
        ]
        assert [one["id"] for one in queue["entries"]] == [first.json()["id"], second.json()["id"]]
        assert "saved here" in venue.run("queue").out
        withdrawn = venue.run("queue", "withdraw", first.json()["id"])
        assert venue.run("queue", "withdraw", "nothing").code == 65
        own.start()
        retried = venue.run("queue", "retry", second.json()["id"], "--json")
        assert (retried.code, retried.json()["state"]) == (0, "confirmed"), retried
        assert venue.run("queue", "--json").json()["total"] == 0
        scores = {match["id"]: match.get("score") for match in venue.run("export").json()["matches"]}
    assert withdrawn.code in (0, 75), withdrawn
    assert (scores["park.m001"], scores["park.m002"]) == ([1, 0], [0, 1])
