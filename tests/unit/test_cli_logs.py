"""The commands' log: made with its first line, and no reason to stop where it cannot be."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from tui.cli.logs import JsonLines, log_file, log_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    # Taken off first: `basicConfig` closes those that it finds.
    root.handlers.clear()
    yield
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    root.handlers[:], root.level = before, level


def test_the_log_and_its_folder_are_made_with_the_first_line(tmp_path: Path) -> None:
    log = log_file(tmp_path / "data")
    log_to(log)
    assert not log.parent.exists()
    logging.getLogger("x").warning("something was dropped")
    assert log.read_text("utf-8").rstrip().endswith("something was dropped")


@pytest.mark.parametrize("blocked", ["folder", "file"])
def test_where_no_log_can_be_written_it_is_said_once_and_the_command_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], blocked: str
) -> None:
    log = log_file(tmp_path / "data")
    if blocked == "folder":
        log.parent.write_text("a file stands where the folder should be")
    else:
        log.mkdir(parents=True)
    log_to(log)
    logging.getLogger("x").warning("one")
    logging.getLogger("x").warning("two")
    assert capsys.readouterr().err == f"courtside: cannot write the log {log}\n"


def test_a_line_of_the_log_can_be_json() -> None:
    told = logging.LogRecord("x", logging.WARNING, "f", 1, "two\nlines: %s", ("é",), None)
    told.created = 0.25
    assert msgspec.json.decode(JsonLines().format(told)) == {
        "at": "1970-01-01T00:00:00.250000Z",
        "level": "warning",
        "logger": "x",
        "process": os.getpid(),
        "message": "two\nlines: é",
    }
    try:
        raise ValueError("wrong")
    except ValueError:
        told.exc_info = sys.exc_info()
    line = JsonLines().format(told)
    assert "\n" not in line
    assert "ValueError: wrong" in msgspec.json.decode(line)["error"]
