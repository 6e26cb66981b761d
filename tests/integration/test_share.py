"""`courtside --share`: a console whose hub others reach, with a code on its screen."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from core.hub import running
from tests.support.commands import here
from tests.support.program import COURTSIDE, environment
from tests.support.terminal import Terminal

pytestmark = pytest.mark.timeout(90)
CODE = re.compile(r"[2-9A-Y]{4}-[2-9A-Y]{4}")


def test_a_shared_console_shows_a_code_with_which_another_laptop_joins(tmp_path: Path) -> None:
    argv = [*COURTSIDE, "--share", "--data", str(tmp_path / "ops")]
    with Terminal(argv, environment(), columns=120, rows=40) as terminal:
        code = CODE.search(terminal.wait_for(CODE.search, within=40))
        assert code is not None
        url = running(tmp_path / "ops")
        assert url is not None
        port = url.rpartition(":")[2]
        laptop = ("--data", tmp_path / "laptop", "--hub", url)
        joined = here("join", code.group(), *laptop, "--json")
        assert joined.json()["role"] == "moderator", joined.err
        elsewhere = httpx.get(f"http://127.0.0.1:{port}/v1/invites", headers={"X-Forwarded-For": "192.0.2.7"})
        assert elsewhere.status_code == 401
        second = here("--share", "--data", tmp_path / "ops")
        assert (second.code, "there is a hub already" in second.err) == (2, True)
        terminal.press("escape")
        terminal.wait_for(lambda text: "Let somebody in" not in text)
        terminal.press("q")
        assert terminal.wait() == 0
    assert running(tmp_path / "ops") is None


def test_sharing_needs_a_terminal(tmp_path: Path) -> None:
    refused = here("--share", "--data", tmp_path)
    assert (refused.code, "needs a terminal" in refused.err) == (2, True)
