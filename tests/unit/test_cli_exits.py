from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import core.errors
from core import (
    BadFile,
    BadLog,
    BadSettings,
    CourtsideError,
    FolderInUse,
    NotSaved,
    SignInRefused,
    Unknown,
    Unreachable,
)
from tui import cli
from tui.cli import status
from tui.cli.exits import EXITS, Exit, Stopped, failure
from tui.cli.parser import Part

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from core import Settings


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unknown("match", "m99", ["m9"]), 65),
        (BadFile("cup.toml", "line 3: no name"), 65),
        (BadLog("log", "event 4 is missing"), 65),
        (FolderInUse("/data"), 65),
        (BadSettings("hub", "flag", "is no address"), 2),
        (Unreachable(["ws://h:1"], "no answer"), 69),
        (core.errors.Malformed("not a message"), 69),
        (NotSaved("journal.sqlite3", "disk full"), 74),
        (Stopped(Exit.SIGN_IN, "token refused"), 77),
        (SignInRefused("ws://hub", "that code opens nothing"), 77),
        (Stopped(Exit.WAITING, "held"), 75),
    ],
)
def test_every_error_has_its_exit_code_and_says_why(
    error: CourtsideError | Stopped, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failure(error) == code
    assert str(error) in capsys.readouterr().err


def test_the_table_covers_every_error_of_the_core() -> None:
    def kinds(root: type[CourtsideError]) -> set[type[CourtsideError]]:
        return {root}.union(*map(kinds, root.__subclasses__()))

    covered = tuple(kind for kind, _ in EXITS)
    assert all(issubclass(kind, covered) for kind in kinds(CourtsideError) - {CourtsideError})


def ends_by(error: BaseException, monkeypatch: pytest.MonkeyPatch, data: Path) -> int:
    def run(args: argparse.Namespace, settings: Settings) -> int:
        raise error

    monkeypatch.setattr(status, "STATUS", Part(lambda parser: None, run))
    return cli.main(["status", "--data", str(data)])


def test_a_bug_is_told_in_three_lines_and_its_traceback_is_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends_by(ZeroDivisionError("oh no"), monkeypatch, tmp_path) == 70
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "ZeroDivisionError: oh no" in lines[0]
    assert "saved" in lines[1]
    log = tmp_path / "courtside.log"
    assert str(log) in lines[2]
    assert "Traceback" in log.read_text()


def test_a_bug_in_a_group_of_tasks_is_told_as_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = ExceptionGroup("tasks", [ExceptionGroup("inner", [Unreachable(["ws://h:1"], "no answer")])])
    assert ends_by(group, monkeypatch, tmp_path) == 69
    assert "ws://h:1" in capsys.readouterr().err


def test_an_interrupted_command_exits_with_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ends_by(KeyboardInterrupt(), monkeypatch, tmp_path) == 130


def test_a_log_that_cannot_be_written_does_not_hide_the_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert ends_by(ValueError("boom"), monkeypatch, blocked) == 70
    err = capsys.readouterr().err
    assert "cannot write the log" in err
    assert "ValueError: boom" in err
