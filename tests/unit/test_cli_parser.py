from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tui.cli import main
from tui.cli.commands import COMMANDS, CONSOLE
from tui.cli.parser import build, settings_of


def test_a_shared_flag_may_stand_before_or_after_the_command(tmp_path: Path) -> None:
    parser = build(COMMANDS, CONSOLE)
    before = parser.parse_args(["--hub", "ws://a:1", "--data", str(tmp_path), "watch", "cup"])
    after = parser.parse_args(["watch", "cup", "--hub", "ws://a:1", "--data", str(tmp_path)])
    assert settings_of(before) == settings_of(after)
    assert settings_of(after).ws_url == ("ws://a:1",)
    assert settings_of(after).data == tmp_path


def test_of_a_flag_given_twice_the_later_one_counts() -> None:
    args = build(COMMANDS, CONSOLE).parse_args(["--hub", "ws://a:1", "status", "--hub", "ws://b:2,ws://c:3"])
    assert settings_of(args).ws_url == ("ws://b:2", "ws://c:3")


@pytest.mark.parametrize(("text", "delta"), [("-1", -1), ("+2", 2), ("3", 3)])
def test_points_may_be_negative_without_further_ado(text: str, delta: int) -> None:
    args = build(COMMANDS, CONSOLE).parse_args(["score", "m17", "reds", text, "--wait", "0"])
    assert (args.match, args.team, args.delta, args.wait) == ("m17", "reds", delta, 0.0)


@pytest.mark.parametrize(
    "argv",
    [
        ["scroe", "m17", "reds", "1"],
        ["score"],
        ["score", "m17", "reds", "many"],
        ["score", "m17", "reds", "1", "--wait", "-3"],
        ["watch", "--until-seq", "0"],
        ["watch", "--for", "inf"],
        ["replay", "file.json", "--speed", "0"],
        ["load", "--clients", "1000000"],
        ["hub", "--port", "70000"],
        ["export", "--format", "xml"],
        ["queue", "shred", "1"],
    ],
)
def test_a_wrong_call_exits_with_2_and_says_how_it_is_called(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert "usage: courtside" in capsys.readouterr().err


def test_it_says_which_version_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"courtside {version('courtside')}\n"


@pytest.mark.parametrize("argv", [["queue", "retry"], ["queue", "list", "x1"]])
def test_the_queue_takes_an_id_where_there_is_something_to_do(
    argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*argv, "--data", str(tmp_path)]) == 2
    assert "ID of one entry" in capsys.readouterr().err


def test_help_lists_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"    {command.name} " in out for command in COMMANDS)
    assert "75 saved here" in out


@pytest.mark.parametrize(
    ("command", "own", "others"),
    [
        ("queue", "tui.cli.queueing", {"tui.cli.exporting", "tui.cli.doctor", "textual"}),
        ("hub", "tui.cli.hubs", {"tui.cli.queueing", "core.realtime.client", "websockets", "textual"}),
    ],
)
def test_only_the_module_of_the_command_that_is_called_is_loaded(
    command: str, own: str, others: set[str]
) -> None:
    asked = f"import sys; from tui.cli import main; main(['{command}', '--help']); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    loaded = set(told.splitlines()[-1].split())
    assert own in loaded
    assert loaded.isdisjoint(others)


def test_an_address_that_is_none_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--hub", "nowhere"]) == 2
    assert "--hub (flag): 'nowhere' is no address of a hub" in capsys.readouterr().err


def test_a_settings_file_that_is_not_there_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err
