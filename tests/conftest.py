"""What every test stands on: an environment of its own and the real tournament, when it is there.

Warnings are errors and each test has a time limit; both stand in `pyproject.toml`, so that a single
file run by hand obeys them too.
"""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SLOWEST_FIRST = ("integration", "sim", "tui", "unit", "architecture")
"""Folders of tests, those with the longest files first: begun last, they would keep one worker busy alone."""
GARBAGE = 10_000
"""How many new objects are looked through together; by Python's 700 it was a fifth of a console's time."""
TESTS = Path(__file__).resolve().parent
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# Hubs, commands and the tests start from their bytecode, as they do where they are installed: some machines
# forbid to write any, and each worker and some hundred processes would compile all that they import.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@dataclass(frozen=True, slots=True)
class Euro:
    """The files of Euro 2024, a real tournament of 24 teams and 51 matches (openfootball, CC0)."""

    matches: Path
    """Rounds, matches, scores and goals."""
    groups: Path
    """The six groups and their teams."""


@pytest.fixture(scope="session")
def euro() -> Euro:
    """Return the files of Euro 2024, or skip where they are not laid beside the checkout."""
    files = Euro(DATA / "euro-2024.json", DATA / "euro-2024.groups.json")
    for file in (files.matches, files.groups):
        if not file.is_file():
            pytest.skip(f"the real tournament is not here: {file.name} belongs in ../shared/data")
    return files


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings, data and hub out of every test and its processes."""
    for name in os.environ:
        if name.upper().startswith(("COURTSIDE_", "VITE_")):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the folders whose files take longest; inside a folder the random order stays."""
    items.sort(key=lambda item: SLOWEST_FIRST.index(item.path.relative_to(TESTS).parts[0]))


def pytest_collection_finish() -> None:
    """Have garbage looked for seldom, and not among what stays: all modules and all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 10, 10)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Use a worker more than there are processors: many tests wait for processes of their own."""
    return (os.cpu_count() or 1) + 1
