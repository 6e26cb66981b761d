"""What importing costs: the core brings no terminal and no server, a command without a screen no Textual."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "httpx", "starlette", "uvicorn")


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `statement`."""
    program = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("heavy", HEAVY)
def test_the_core_does_not_load(heavy: str) -> None:
    assert heavy not in loaded_by("import core")


def test_a_hub_on_its_own_does_not_load_the_backplane() -> None:
    assert "nats" not in loaded_by("import core.hub.server")


def test_using_every_public_name_of_the_core_loads_no_terminal() -> None:
    loaded = loaded_by("import core\nfor name in core.__all__: getattr(core, name)")
    assert loaded.isdisjoint({"textual", "rich", "tui"})


def test_the_commands_load_textual_only_to_draw() -> None:
    assert "textual" not in loaded_by("import tui.cli")
