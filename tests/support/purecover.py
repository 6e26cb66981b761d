"""Prove that each pure module is covered, every branch, by its own test file alone.

`python -m tests.support.purecover [MODULE ...]` runs `tests/unit/test_<module>.py` for every pure module,
notes which file ran which line, and demands 100 % of each module by its own. Where several floors have a
module of one name, its file is `test_<module>_<floor>.py` (`hub`, `realtime`, ...). Tests too many for one
file stand by theme in `test_<module>_<theme>.py`, and are run together. A package of `WHOLE` is judged as
one, by `test_<package>*.py`. Which modules are pure stands in one place, the contract "pure" of import-linter
in `pyproject.toml`; a module that only declares values needs no test file.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from coverage import Coverage, CoverageData

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
WHOLE = frozenset({"tui.selectors"})
"""Packages that are judged as one."""
PLUGINS = (
    *("-p", "tests.support.contexts"),
    *("-p", "no:xdist"),
    *("-p", "no:syrupy"),
    *("-p", "no:textual-snapshot"),
)
"""The plugin that says which file runs, and without those that no pure test needs."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one unit's own tests proved."""

    unit: str
    """A module, or a package that is judged as one."""
    ok: bool
    detail: str
    """Empty when all is well, else what failed, ready to print."""


def pure_modules() -> list[str]:
    """Return the dotted names of all pure modules that exist, sorted."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = next(c for c in settings["tool"]["importlinter"]["contracts"] if c.get("id") == "pure")
    shells = [line.split(" -> ")[0] for line in contract["ignore_imports"]]
    found: set[str] = set()
    for pattern in contract["source_modules"]:
        package, _, star = pattern.rpartition(".")
        if star not in {"*", "**"}:
            found.add(pattern)
            continue
        folder = ROOT.joinpath(*package.split("."))
        for file in folder.rglob("*.py") if star == "**" else folder.glob("*.py"):
            if not file.name.startswith("__"):
                found.add(".".join(file.relative_to(ROOT).with_suffix("").parts))
    return sorted(module for module in found if not any(fnmatchcase(module, shell) for shell in shells))


def source_of(module: str) -> Path:
    """Return the file of a module."""
    file = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return file if file.is_file() else file.with_suffix("") / "__init__.py"


def only_declares(module: str) -> bool:
    """Return whether a module holds no function but a protocol's, so that there is nothing to run."""
    tree = ast.parse(source_of(module).read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return all(all(isinstance(line, ast.Expr) for line in function.body) for function in functions)


def tests_of(name: str) -> list[Path]:
    """Return the test files of a module, or of a package that is judged as one."""
    last = name.rpartition(".")[2]
    folder = ROOT / "tests" / "unit"
    if source_of(name).name == "__init__.py":
        return sorted(folder.glob(f"test_{last}*.py"))
    package = name.split(".")[1]
    named = (folder / f"test_{last}_{package}.py", folder / f"test_{last}.py")
    first = [file for file in named if file.is_file()][:1]
    return first + [
        file for file in sorted(folder.glob(f"test_{last}_*.py")) if first and _is_theme(file, last)
    ]


def _is_theme(file: Path, module: str) -> bool:
    """Return whether a test file is the part of a module's tests that has a theme of its own."""
    theme = file.stem.removeprefix(f"test_{module}_")
    others = (found.stem for room in ("core", "tui") for found in (ROOT / room).rglob("*.py"))
    packages = [found.parent.name for found in ROOT.glob("core/*/__init__.py")]
    return theme not in packages and f"{module}_{theme}" not in others


def unit_of(module: str) -> str:
    """Return what a module is judged as: itself, or its package where the tests bear that one's name."""
    package = module.rpartition(".")[0]
    return package if package in WHOLE else module


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of test files left."""

    ok: bool
    output: str


def observed(tests: list[Path], data: Path) -> Run:
    """Run test files under coverage in one process, and note for each line which of them ran it."""
    command = ["run", "--branch", "--source=core,tui", "-m", "pytest", "-q", "-x", *PLUGINS, *map(str, tests)]
    done = subprocess.run(
        [sys.executable, "-m", "coverage", *command],
        cwd=ROOT,
        env=os.environ | {"COVERAGE_FILE": str(data)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    return Run(done.returncode == 0, done.stdout + done.stderr)


def shares(tests: Iterable[Path], count: int) -> list[list[Path]]:
    """Part test files into at most `count` shares of about the same size, the largest file first."""
    parts: list[list[Path]] = [[] for _ in range(count)]
    for test in sorted(tests, key=lambda file: file.stat().st_size, reverse=True):
        min(parts, key=lambda part: sum(file.stat().st_size for file in part)).append(test)
    return [part for part in parts if part]


def judge(unit: str, data: Path) -> Verdict:
    """Return what the coverage of a unit by its own tests says.

    What runs while a module is imported counts for everybody: it ran before any test.

    Args:
        unit: a module, or a package that is judged as one.
        data: the coverage of all runs, by test file.
    """
    tests = tests_of(unit)
    if not tests:
        return Verdict(
            unit, False, f"has no test file of its own: tests/unit/test_{unit.rpartition('.')[2]}.py"
        )
    source = source_of(unit)
    covered = source.parent / "*" if source.name == "__init__.py" else source
    names = "|".join(re.escape(test.name) for test in tests)
    coverage = Coverage(data_file=str(data), branch=True, source=["core", "tui"])
    coverage.load()
    report = StringIO()
    share = coverage.report(include=[str(covered)], contexts=[f"^({names}|)$"], file=report)
    return Verdict(unit, share == 100, report.getvalue())


def main(chosen: list[str]) -> int:
    """Judge the chosen modules, or all pure ones, and return the exit code."""
    modules = chosen or [module for module in pure_modules() if not only_declares(module)]
    units = sorted({unit_of(module) for module in modules})
    tests = {test for unit in units for test in tests_of(unit)}
    with tempfile.TemporaryDirectory() as folder:
        parts = shares(tests, os.cpu_count() or 1)
        files = [Path(folder) / f"part{number}" for number in range(len(parts))]
        with ThreadPoolExecutor(len(parts) or 1) as workers:
            runs = list(workers.map(observed, parts, files))
        for run in runs:
            if not run.ok:
                print(run.output)
                return 1
        whole = CoverageData(str(Path(folder) / "whole"))
        for file in files:
            part = CoverageData(str(file))
            part.read()
            whole.update(part)
        whole.write()
        verdicts = [judge(unit, Path(whole.data_filename())) for unit in units]
    for verdict in verdicts:
        print(f"{'ok    ' if verdict.ok else 'FAILED'} {verdict.unit}")
        if not verdict.ok:
            print(verdict.detail)
    failed = sum(not verdict.ok for verdict in verdicts)
    print(f"{len(verdicts) - failed} of {len(verdicts)} pure units covered by their own tests")
    return 1 if failed or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
