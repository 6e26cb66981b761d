"""The examples of the API: every code block of the public docstrings and of the README's chapter is run."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import core
from core.domain.commands import CreateTournament
from core.domain.files.formats import read_tournament
from tests.support.hub import HubProcess
from tests.support.scorer import quick
from tests.support.sources import ROOT
from tests.support.tournaments import entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUMMER = b"""
[tournament]
id = "summer"
name = "Summer Cup"
teams = ["Reds", "Blues", "Greens", "Golds"]

[[stages]]
name = "Group stage"
kind = "pools"

[[stages.pools]]
name = "Group A"
teams = ["Reds", "Blues", "Greens", "Golds"]

[[matches]]
pool = "A"
home = "Reds"
away = "Blues"

[[matches]]
pool = "A"
home = "Greens"
away = "Golds"
"""
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
CHAPTER = "## Use it from Python"
OPENS = ("open_realtime", "realtime_in_thread")


@dataclass(frozen=True, slots=True)
class Example:
    """A code block and where it stands."""

    where: str
    code: str


def _documented() -> Iterator[tuple[str, object]]:
    """Return every public name of the front door, and the public members of its classes."""
    for name in core.__all__:
        found = getattr(core, name)
        if not (inspect.isclass(found) or inspect.isfunction(found)):
            continue
        yield name, found
        if inspect.isclass(found):
            yield from ((f"{name}.{key}", member) for key, member in vars(found).items() if key[0] != "_")


def _examples() -> list[Example]:
    found = []
    for where, thing in _documented():
        text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
        blocks = BLOCK.findall(text)
        found += [Example(f"{where}-{number}", code) for number, code in enumerate(blocks, 1)]
    return found


EXAMPLES = _examples()


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub with the tournament of the examples."""
    with HubProcess(tmp_path_factory.mktemp("examples")) as hub:
        plan = read_tournament("summer.toml", SUMMER).plan
        hub.post(entry(plan.id, CreateTournament(plan), id="make"))
        yield hub


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.where for example in EXAMPLES])
async def test_the_example_runs(example: Example, venue: HubProcess, tmp_path: Path) -> None:
    settings = quick(tmp_path / "laptop", venue.url).model_copy(update={"auto_join": True})
    names: dict[str, object] = {"core": core, "settings": settings}
    if any(name in example.code for name in OPENS):
        # Some block: it would hold up this loop.
        await asyncio.to_thread(asyncio.run, _run(example, names))
        return
    async with core.open_realtime(settings) as realtime:
        await _run(example, names | {"realtime": realtime})


async def _run(example: Example, names: dict[str, object]) -> None:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(textwrap.dedent(example.code), example.where, "exec", flags=flags)
    result = eval(code, names)
    if inspect.isawaitable(result):
        async with asyncio.timeout(30):
            await result


def test_what_a_program_needs_first_has_an_example() -> None:
    shown = {example.where.rpartition("-")[0] for example in EXAMPLES}
    assert shown >= {
        "open_realtime",
        "realtime_in_thread",
        "Realtime.join",
        "Realtime.list_rooms",
        "Realtime.metrics",
        "Realtime.queue_stats",
        "Realtime.select",
        "Realtime.submit",
        "Room",
        "Room.broadcast",
        "EventReader",
        "Submission",
        "TournamentFeed",
        "TournamentFeed.create_rooms",
    }


def run(program: list[str], venue: HubProcess, folder: Path) -> str:
    """Run a program to its end, and return what it printed."""
    ours = {
        "COURTSIDE_WS_URL": venue.url,
        "COURTSIDE_DATA": str(folder / "laptop"),
        "COURTSIDE_NAME": "dev",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, *program],
        env={**os.environ, **ours},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_s_program_runs(venue: HubProcess, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8").partition(CHAPTER)[2].partition("\n## ")[0]
    (program,) = BLOCK.findall(text)
    assert "accepted" in run(["-c", program], venue, tmp_path)


def test_a_program_learns_everything_by_the_names_that_are_promised(
    venue: HubProcess, tmp_path: Path
) -> None:
    said = json.loads(run(["-m", "tests.support.sample"], venue, tmp_path))
    assert said["event"] == ["points_added", True, "dev"]
    assert said["entry"] == ["confirmed", "accepted"]
    assert said["score"][0] >= 1
    assert said["score"][1] == "Reds"
    assert said["standings"] == ["reds"]
    assert said["activity"][-1] is True
    assert said["rooms"] == [2, 4, 4, True]
    assert said["members"] == ["dev"]
    assert said["listed"] == ["tournament:summer"]
    assert "points_added" in said["heard"]
    assert said["metrics"].keys() == {
        "total_connections",
        "active_connections",
        "average_latency",
        "connection_health",
        "total_messages",
        "message_rate",
        "channel_distribution",
        "links",
    }
    assert said["metrics"]["links"][0].keys() >= {
        "endpoint",
        "state",
        "health",
        "latency_p50",
        "latency_p95",
        "latency_p99",
        "messages_in",
        "messages_out",
        "bytes_in",
        "bytes_out",
        "rooms",
        "reconnects",
        "last_activity",
    }
    assert said["queue"].keys() == {
        "total",
        "by_priority",
        "oldest",
        "processing",
        "retained",
        "conflicts",
        "refused",
        "evicted",
    }
    assert said["stats"].keys() == {
        "member_count",
        "subscription_count",
        "last_activity",
        "uptime",
        "event_rate",
    }
    assert said["stats"]["member_count"] == said["stats"]["subscription_count"] == 1
    assert {name: words.partition(":")[0] for name, words in said["wrong"].items()} == {
        "room": "BadInput",
        "match": "Unknown",
        "team": "Unknown",
        "events": "BadInput",
        "name": "BadInput",
        "data": "BadPayload",
        "entry": "Unknown",
        "address": "BadInput",
        "endpoint": "Unknown",
        "copy": "Unknown",
    }
    assert said["closed"] == "RuntimeError: this realtime client is closed"
