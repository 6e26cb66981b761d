"""The console in a real terminal where something ends or stalls: the program, its hub, the window.

Guarantees that the terminal is whole afterwards and that nothing entered is lost.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import termios
import time
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.hub import HubProcess
from tests.support.program import COURTSIDE, courtside, environment, until
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CUP = """
[tournament]
id = "cup"
name = "Cup"
teams = ["Lions", "Tigers"]
[[stages]]
name = "Final"
kind = "knockout"
[[matches]]
home = "Lions"
away = "Tigers"
"""
BROKEN = """
import sys
from tui import app
from tui.cli import main
from tui.screens.links import LinksScreen

def broken(*_):
    raise RuntimeError("it [b]broke[/b]")

app.CourtsideApp.action_bell_switch = broken
LinksScreen.draw_body = broken
sys.exit(main(sys.argv[1:]))
"""
"""The console with two bugs: M ends it, Links cannot be drawn."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    folder = tmp_path_factory.mktemp("venue")
    (folder / "cup.toml").write_text(CUP)
    with HubProcess(folder / "hub") as started:
        done = courtside("import", folder / "cup.toml", "--hub", started.url, "--data", folder / "i")
        assert done.code == 0, done.err
        yield started


def opened(hub: HubProcess, data: Path, program: tuple[str, ...] = COURTSIDE) -> Terminal:
    env = environment(
        COURTSIDE_HEARTBEAT_INTERVAL="0.5", COURTSIDE_HEARTBEAT_TIMEOUT="2", COURTSIDE_NAME="ana"
    )
    return Terminal([*program, "--hub", hub.url, "--data", str(data)], env)


def scored(hub: HubProcess) -> int:
    """Return how many points the hub has."""
    state = httpx.get(f"{hub.http}/v1/tournaments/cup/export?format=json").json()
    return sum(state["matches"][0]["score"])


def assert_whole(screen: Terminal, before: list[object]) -> None:
    """Check that the terminal is as it was: its modes, its own screen, the cursor, the mouse, pastes."""
    assert termios.tcgetattr(screen.descriptor) == before
    written = bytes(screen.output)
    for mode in (b"1049", b"1000", b"1003", b"1006", b"2004"):
        assert written.rfind(b"\x1b[?%sl" % mode) > written.rfind(b"\x1b[?%sh" % mode), mode
    assert written.rfind(b"\x1b[?25h") > written.rfind(b"\x1b[?25l")


@pytest.mark.parametrize(
    ("number", "code"), [(None, 0), (signal.SIGTERM, 130), (signal.SIGHUP, 130)], ids=["q", "TERM", "HUP"]
)
def test_the_terminal_is_whole_however_the_console_ends(
    hub: HubProcess, tmp_path: Path, number: signal.Signals | None, code: int
) -> None:
    with opened(hub, tmp_path) as screen:
        before = termios.tcgetattr(screen.descriptor)
        screen.wait_for("LIVE")
        screen.press("\x03")
        screen.wait_for("To leave press  q")
        if number is None:
            screen.press("q")
        else:
            os.kill(screen.pid, number)
        assert screen.wait() == code
        assert_whole(screen, before)


def test_a_journal_that_cannot_be_used_ends_the_console_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    with closing(sqlite3.connect(tmp_path / "client" / "journal.sqlite3")) as journal:
        journal.execute("PRAGMA user_version = 99")
    with Terminal(
        [*COURTSIDE, "--hub", "ws://127.0.0.1:1", "--data", str(tmp_path)], environment()
    ) as screen:
        before = termios.tcgetattr(screen.descriptor)
        assert screen.wait() == 65
        assert_whole(screen, before)
        assert b"a newer version of this program wrote it; use that one" in bytes(screen.output)


def test_a_bug_stops_one_screen_or_the_console_and_never_the_terminal(
    hub: HubProcess, tmp_path: Path
) -> None:
    with opened(hub, tmp_path, (sys.executable, "-c", BROKEN)) as screen:
        before = termios.tcgetattr(screen.descriptor)
        screen.wait_for("LIVE")
        screen.press("5")
        screen.wait_for("This screen stopped: RuntimeError: it [b]broke[/b]")
        screen.press("1")
        screen.wait_for("Lions")
        screen.press("M")
        assert screen.wait() == 70
        assert_whole(screen, before)
        left = bytes(screen.output).rpartition(b"\x1b[?1049l")[2].decode()
        told = [line for line in left.splitlines() if line.startswith("courtside: ")]
        assert len(told) == 3
        assert "stopped on a bug" in told[0]
        assert "everything that you entered is at the hub" in told[1]
        assert str(tmp_path / "courtside.log") in told[2]
    assert "it [b]broke[/b]" in (tmp_path / "courtside.log").read_text()


def test_keys_count_while_the_hub_dies_and_while_the_terminal_is_not_read(
    hub: HubProcess, tmp_path: Path
) -> None:
    with opened(hub, tmp_path) as screen:
        screen.wait_for("LIVE")
        screen.press("enter")
        screen.wait_for("ENTRY")
        for number, key in enumerate("alal", 1):
            if number == 2:
                hub.kill()
            if number == 4:
                hub.start()
            screen.press(key)
            screen.wait_for(re.compile(rf"\+1 +{(number + 1) // 2}-{number // 2} ").search)
        screen.wait_for("queue 0")
        with screen.unread():
            for _ in range(10):
                screen.press("a")
                time.sleep(0.1)  # as a person presses: closer together it would be a bounce
            until(lambda: scored(hub) == 14, 10, "the points of the stalled terminal at the hub")
        screen.wait_for("12-2")
        screen.press("escape")
        screen.wait_for("1Scores")
        screen.press("5")
        screen.wait_for("reconnects 1 ")  # when the hub died, and not again
