"""`courtside hub`, and the hub that a console brings along."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from websockets.sync.server import serve

from core.hub import running
from tests.support.commands import here
from tests.support.program import COURTSIDE, environment, until
from tui.cli import hubs
from tui.cli.exits import Stopped

if TYPE_CHECKING:
    from pathlib import Path

    from websockets.sync.server import ServerConnection

pytestmark = pytest.mark.timeout(90)


def test_the_hub_says_where_it_is_and_drains_on_sigterm(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COURTSIDE, "hub", "--port", "0", "--data", str(tmp_path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["event"] == "ready"
        assert ready["url"] == running(tmp_path)
        second = here("hub", "--port", "0", "--data", tmp_path)
        assert second.code == 65
        assert "in use" in second.err
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert running(tmp_path) is None


def test_an_attached_hub_ends_with_the_one_who_started_it(tmp_path: Path) -> None:
    started = hubs.start(tmp_path, attached=True)
    assert started.url == running(tmp_path)
    assert started.clients() == 0
    started.close()
    assert started.process.wait(20) == 0


def test_a_started_hub_is_stopped_in_order(tmp_path: Path) -> None:
    started = hubs.start(tmp_path, attached=False)
    started.stop()
    assert started.process.returncode == 0
    assert started.clients() == 0


def test_a_kept_hub_that_dies_comes_back_at_its_address(tmp_path: Path) -> None:
    kept = hubs.KeptHub(tmp_path)
    try:
        note = tmp_path / "hub" / "hub.json"
        first = json.loads(note.read_bytes())["pid"]
        os.kill(first, signal.SIGKILL)
        until(lambda: running(tmp_path) is not None and json.loads(note.read_bytes())["pid"] != first)
        assert running(tmp_path) == kept.url
    finally:
        kept.release().stop()
    assert running(tmp_path) is None


def test_a_kept_hub_that_was_asked_to_leave_stays_away(tmp_path: Path) -> None:
    kept = hubs.KeptHub(tmp_path)
    os.kill(json.loads((tmp_path / "hub" / "hub.json").read_bytes())["pid"], signal.SIGTERM)
    until(lambda: not kept.watched)
    assert running(tmp_path) is None
    assert kept.release().process.returncode == 0


def test_a_kept_hub_leaves_its_folder_to_another_one(tmp_path: Path) -> None:
    kept = hubs.KeptHub(tmp_path)
    died = kept.release().process
    died.kill()
    died.wait()
    other = hubs.start(tmp_path, attached=True)
    try:
        assert not kept.restarted()
        assert running(tmp_path) == other.url
    finally:
        other.stop()


def test_a_hub_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "log.sqlite3").write_text("this is no log" * 100)
    with pytest.raises(Stopped, match="did not start"):
        hubs.start(tmp_path, attached=True)


def test_commands_find_the_hub_that_runs_on_their_data_folder(tmp_path: Path) -> None:
    started = hubs.start(tmp_path, attached=True)
    try:
        status = here("status", "--json", "--data", tmp_path).json()
        assert status["connection"]["links"][0]["endpoint"] == started.url
        empty = here("watch", "--data", tmp_path)
        assert empty.code == 65
        assert "courtside import" in empty.err
    finally:
        started.stop()


def test_a_refused_sign_in_exits_with_77(tmp_path: Path) -> None:
    def refuse(connection: ServerConnection) -> None:
        connection.recv()
        connection.close(4401, "this token has expired")

    with serve(refuse, "127.0.0.1", 0, subprotocols=["courtside.v1.msgpack"]) as server:  # type: ignore[list-item]
        from threading import Thread

        thread = Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        for command in ("watch", "standings"):
            ended = here(command, "--hub", f"ws://127.0.0.1:{port}", "--data", tmp_path)
            assert ended.code == 77, ended
            assert "this token has expired" in ended.err
        server.shutdown()
        thread.join()


def test_nobody_waits_for_ever_for_a_hub_that_does_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.cli.watching.PATIENCE", 0.2)
    assert here("watch", "--hub", "ws://127.0.0.1:9", "--data", tmp_path).code == 69
