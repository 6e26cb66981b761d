"""The demo's evening: a crowd on devices of its own, through the ordinary path, alike for the same seed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core import Settings, fold
from core.domain.commands import Command
from core.domain.events import Event
from core.domain.state import Tournament
from core.domain.tables.leaderboard import leaderboard
from tests.support.program import courtside, environment
from tui.cli import hubs
from tui.cli.crowd import Crowd, Tally
from tui.cli.demo import play
from tui.cli.olympics import TOURNAMENT
from tui.cli.reach import whole_log

SEED = 68
"""In this evening lots are drawn, too."""


class Evening:
    """An evening that was played at a hub of its own, to its end or for a while."""

    def __init__(self, folder: Path, speed: float, span: float | None) -> None:
        hub = hubs.start(folder, attached=True)
        try:
            settings = Settings(data=folder, ws_url=(hub.url,), name="demo")
            crowd = Crowd(settings, folder / "crowd", SEED, speed)
            self.tally: Tally = asyncio.run(play(crowd, span))
            epoch, self.log = asyncio.run(whole_log(settings, TOURNAMENT))
        finally:
            hub.stop()
        self.state: Tournament = fold(self.log, epoch)
        self.pressed: dict[str, list[tuple[str, Command]]] = {
            desk.name: [(entry.id, entry.entry.command) for entry in desk.entries] for desk in crowd.desks
        }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    return Evening(tmp_path_factory.mktemp("whole"), speed=200, span=None)


def kinds(log: tuple[Event, ...]) -> set[str]:
    return {type(event.fact).__name__ for event in log}


@pytest.mark.timeout(170)
def test_an_evening_is_played_to_its_end_and_every_number_is_true(whole: Evening) -> None:
    assert whole.tally.wrong == ()
    assert whole.tally.entries == whole.tally.confirmed > 1_000
    assert whole.state.status == "finished"
    assert all(match.phase == "official" for match in whole.state.matches.values() if match.forfeit is None)
    board = leaderboard(whole.state)
    assert [line.rank for line in board][:1] == [1]
    assert all(len(line.games) == 8 for line in board if whole.state.withdrawal(line.team) is None)


@pytest.mark.timeout(170)
def test_what_goes_wrong_in_an_evening_went_wrong_and_was_put_right(whole: Evening) -> None:
    assert (whole.tally.conflicts, whole.tally.reopened, whole.tally.offline) == (1, 1, 3)
    assert whole.tally.undone > 5
    assert kinds(whole.log) >= {
        "ConflictSettled", "EntryUndone", "LotsDrawn", "MatchForfeited", "MatchMoved", "RoundDrawn",
        "ScoreSet", "SetWon", "TeamWithdrawn", "TimeSet",
    }  # fmt: skip
    assert {"no_show", "withdrawn"} <= {
        match.forfeit.cause for match in whole.state.matches.values() if match.forfeit is not None
    }
    assert not any(match.held for match in whole.state.matches.values())
    reopened = [event for event in whole.log if type(event.fact).__name__ == "MatchReopened"]
    assert all(event.why for event in reopened)


@pytest.mark.timeout(170)
def test_everybody_enters_on_a_device_of_their_own(whole: Evening) -> None:
    devices = {(event.by, event.device) for event in whole.log}
    assert len(devices) == len({device for _, device in devices}) == 10


@pytest.mark.timeout(170)
def test_the_same_seed_presses_the_same_in_the_same_order_on_every_device(
    whole: Evening, tmp_path: Path
) -> None:
    again = Evening(tmp_path, speed=60, span=4.0)
    assert again.tally.wrong == ()
    assert sum(map(len, again.pressed.values())) > 50
    for name, pressed in again.pressed.items():
        assert pressed == whole.pressed[name][: len(pressed)]


def test_a_demo_may_be_ended_early_and_says_what_came_of_it(tmp_path: Path) -> None:
    demo = courtside("demo", "--for", "1.5", "--speed", "10", "--json", env=environment(TMPDIR=str(tmp_path)))
    assert demo.code == 0, demo.err
    said = demo.json()
    assert (said["teams"], said["games"], said["true"], said["champion"]) == (16, 8, True, None)
    assert said["entries"] == said["confirmed"] > 0
    assert len(said["leaders"]) >= 3
    assert list(tmp_path.iterdir()) == []
