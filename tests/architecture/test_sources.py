"""How files look: where they lie, how long they are, that each says what it owns."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.purecover import pure_modules, source_of
from tests.support.sources import ROOT, kept_files, sources

MOST_LINES_IN_A_FILE = 600
MOST_LINES_IN_A_FUNCTION = 80
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "uv.lock", "core", "tui", "tests", "themes"}
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
CLOCKS = {"now", "utcnow", "today"}
CLOCK = re.compile(r"\.\s*(" + "|".join(sorted(CLOCKS)) + r")\b")


def test_the_top_level_holds_only_what_the_house_allows() -> None:
    if not kept_files():
        pytest.skip("not a git checkout")
    top = {path.split("/")[0] for path in kept_files()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_every_module_says_what_it_owns() -> None:
    # A test file is named after what it tests, and its tests are sentences.
    modules = [source for source in sources() if not source.path.split("/")[-1].startswith("test_")]
    assert [module.path for module in modules if not module.docstring] == []


def test_every_folder_of_modules_is_a_package() -> None:
    # The import contracts look at packages only: a folder without an __init__ would escape them.
    folders = {file.parent for room in ("core", "tui") for file in (ROOT / room).rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_no_file_is_too_long() -> None:
    lengths = {source.path: source.text.count("\n") for source in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES_IN_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{source.path}:{function.name}": function.lines
        for source in sources()
        for function in source.functions
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_IN_A_FUNCTION} == {}


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{source.path}:{number}"
        for source in sources()
        for number, line in enumerate(source.text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_pure_modules_are_told_the_time() -> None:
    # The import contract bans the time module; datetime is a value too, so its clock is looked for here.
    texts = {module: source_of(module).read_text("utf-8") for module in pure_modules()}
    found = [
        f"{module}:{node.lineno}"
        for module, text in texts.items()
        if CLOCK.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and ast.unparse(node.func.value).split(".")[-1] in {"datetime", "date"}
    ]
    assert found == []


def test_every_module_of_the_realtime_core_and_the_hub_has_its_floor() -> None:
    # In pyproject.toml, contracts "machines" and "hub-machines"; a shell is named in contract "pure" as well.
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    names = [
        f"core.{room}.{file.stem}"
        for room in ("realtime", "hub")
        for file in sorted((ROOT / "core" / room).glob("*.py"))
        if not file.name.startswith("__")
    ]
    assert [name for name in names if f"({name})" not in text] == []
