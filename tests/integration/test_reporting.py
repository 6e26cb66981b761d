"""`courtside report`: the same figures from the hub, from this device's copy, and from an export."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from core.domain.commands import CreateTournament, Settle
from core.domain.ids import CommandId
from tests.support.commands import here
from tests.support.hub import HubProcess
from tests.support.tournaments import entry, league, match, official, point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.domain.commands import Entry

PLAN = league()
DUEL = """
[tournament]
name = "Duel"
teams = ["Lions", "Owls"]

[[stages]]
name = "Final"
kind = "knockout"

[[matches]]
home = "Lions"
away = "Owls"
"""
M2 = match(PLAN, 2)


def evening() -> list[Entry]:
    """Return a finished match, a conflict that was settled, and a point for nobody."""
    now = datetime.now(UTC)
    made = [
        entry(PLAN.id, CreateTournament(PLAN), id="plan"),
        *(entry(PLAN.id, one, id=f"o{n}") for n, one in enumerate(official(PLAN, 1, 2, 1))),
        entry(PLAN.id, point(PLAN, 2, "a"), id="p1"),
        entry(PLAN.id, point(PLAN, 2, "a"), id="p2", device="desk-2", by="Bob"),
        entry(PLAN.id, Settle(M2, (CommandId("p2"),)), id="s1"),
        entry(PLAN.id, point(PLAN, 2, "nobody"), id="r1"),
    ]
    return [replace(one, entered_at=now) for one in made]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with HubProcess(tmp_path_factory.mktemp("hub")) as started:
        started.post(*evening())
        yield started


def reported(*arguments: object) -> dict[str, Any]:
    done = here("report", *arguments, "--json")
    assert done.code == 0, done
    found: dict[str, Any] = done.json()
    return found


def test_the_hub_the_copy_and_an_export_give_the_same_figures(tmp_path: Path, hub: HubProcess) -> None:
    data = tmp_path / "laptop"
    live = reported("--hub", hub.url, "--data", data)
    assert live["matches"]["official"] == 1
    assert live["points"] == 4
    assert live["refused"] == 1
    assert live["peak_viewers"] is not None
    log = live["log"]
    assert (log["entries"], log["corrections"]) == (6, 0)
    assert log["conflicts"] == {
        "held": 1,
        "hub": 1,
        "instead": 0,
        "withdrawn": 0,
        "open": 0,
        "rights": 0,
    }
    assert [(desk["device"], desk["entries"]) for desk in log["desks"]] == [("laptop-1", 5), ("desk-2", 1)]
    exported = here("export", "--hub", hub.url, "--data", data, "--format", "json")
    (tmp_path / "evening.json").write_text(exported.out)
    told = reported(tmp_path / "evening.json")
    assert told | {"refused": 1, "peak_viewers": live["peak_viewers"]} == live
    assert told["refused"] is None


def test_what_this_device_saw_is_enough_when_the_hub_is_gone(tmp_path: Path) -> None:
    with HubProcess(tmp_path / "hub") as hub:
        at = ("--hub", hub.url, "--data", tmp_path / "laptop")
        (tmp_path / "duel.toml").write_text(DUEL)
        assert here("import", tmp_path / "duel.toml", *at).code == 0
        for _ in range(2):
            assert here("score", "m1", "lions", "1", *at, "--wait", "10").code == 0
        late = here(
            "score", "m1", "lions", "1", "--hub", hub.url, "--data", tmp_path / "late", "--wait", "10"
        )
        assert late.code == 0
        live = reported(*at)
    gone = here("report", *at, "--json")
    assert gone.code == 0
    assert "as of" in gone.err
    assert gone.json()["refused"] is None
    assert gone.json()["log"]["entries"] in (live["log"]["entries"], live["log"]["entries"] - 1)
    # A device that came later has the state, and says that it does not know the rest.
    other = here("report", "--hub", hub.url, "--data", tmp_path / "late", "--json")
    assert other.json()["points"] == live["points"]
    assert other.json()["log"] is None
    assert "the log is at the hub" in here("report", "--hub", hub.url, "--data", tmp_path / "late").out


def test_people_read_it_in_lines(tmp_path: Path, hub: HubProcess) -> None:
    done = here("report", PLAN.id, "--hub", hub.url, "--data", tmp_path)
    assert done.code == 0, done
    assert "1 of 6 finished, 1 live" in done.out
    assert "1 (1 kept the hub's score, 0 replaced, 0 withdrawn, 0 open)" in done.out
    assert "Bob" in done.out


def test_with_neither_hub_nor_copy_there_is_nothing_to_report(tmp_path: Path) -> None:
    done = here("report", "--hub", "ws://127.0.0.1:9", "--data", tmp_path)
    assert done.code == 69
