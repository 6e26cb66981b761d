from __future__ import annotations

import io
import json

import pytest

from core import NotSaved
from tui.cli.output import put, put_json, say, table
from tui.cli.progress import progress


def test_a_table_is_aligned_by_the_width_on_the_screen() -> None:
    laid = table(("#", "Team", "Pts"), [("1", "日本", "10"), ("2", "Reds", "9")], (">", "<", ">"))
    assert laid.splitlines() == ["#  Team  Pts", "1  日本   10", "2  Reds    9"]


def test_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    put_json({"name": "Ödegård\n", "seq": 1})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"name": "Ödegård\n", "seq": 1}


def test_messages_go_to_standard_error_and_carry_no_escape_sequence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say("no match '\x1b[2Jm1\u202e'")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "courtside: no match '?[2Jm1?'\n"


class Full(io.TextIOWrapper):
    """A standard output that cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__(io.BytesIO())
        self.error = error

    @property
    def buffer(self) -> io.BytesIO:
        raise self.error


def test_a_full_disk_under_standard_output_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Full(OSError(28, "No space left on device")))
    with pytest.raises(NotSaved, match="standard output: No space left"):
        put("line")


def test_a_reader_that_left_is_told_apart_from_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Full(BrokenPipeError(32, "Broken pipe")))
    with pytest.raises(BrokenPipeError):
        put("line")


def test_there_is_no_progress_bar_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("importing", total=2) as bar:
        bar.reach(1)
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("TERM", "xterm-256color")
    with progress("importing", total=2) as bar:
        bar.reach(2)
    assert "importing" in shown.getvalue()
    assert "2/2" in shown.getvalue()
