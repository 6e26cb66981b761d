"""The console's client from before it is open on: what is asked of it early, what keeps it from opening."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from queue import Queue
from typing import TYPE_CHECKING

import pytest

from core.errors import BadLog
from tests.support.scorer import quick
from tests.support.tournaments import league, point
from tui.opening import Opening
from tui.selectors.link import Watch, advance

if TYPE_CHECKING:
    from pathlib import Path

    from core.realtime.view import View

POINT = point(league(), 1, "a")
NOWHERE = "ws://127.0.0.1:9"


def test_what_is_entered_before_the_client_is_open_is_saved(tmp_path: Path) -> None:
    views: Queue[View] = Queue()
    with closing(Opening(quick(tmp_path, NOWHERE))) as realtime:
        assert realtime.view.connection.state == "connecting"
        # Nothing has lasted yet: what comes of it is shown at once.
        assert not advance(Watch(), realtime.view, time.monotonic()).settled
        entering = threading.Thread(target=realtime.submit, args=(POINT,))
        entering.start()
        realtime.subscribe(views.put)
        while [queued.state for queued in views.get(timeout=10).queue] != ["saved"]:
            continue
        entering.join()
        assert [queued.entry.command for queued in realtime.view.queue] == [POINT]
    with closing(Opening(quick(tmp_path, NOWHERE))) as again:
        again.subscribe(views.put)
        while not views.get(timeout=10).queue:
            continue


def test_a_client_that_cannot_be_opened_ends_the_console_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "device.json").write_text("{}")
    ended = threading.Event()
    realtime = Opening(quick(tmp_path, NOWHERE))
    realtime.on_failure = ended.set
    realtime.subscribe(lambda view: None)
    assert ended.wait(10)
    with pytest.raises(BadLog, match="delete it"):
        realtime.submit(POINT)
    assert not realtime.view.queue
    with pytest.raises(BadLog, match="delete it"):
        realtime.close()


def test_a_console_that_ends_before_it_was_drawn_opens_nothing(tmp_path: Path) -> None:
    with closing(Opening(quick(tmp_path / "laptop", NOWHERE))):
        pass
    assert not (tmp_path / "laptop").exists()
