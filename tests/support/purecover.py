"""Prove that each pure module is covered, every branch, by its own test file alone.

`python -m tests.support.purecover [MODULE ...]` runs `tests/unit/test_<module>.py` for every pure module,
each in a process of its own, and demands 100 %. Where several floors have a module of one name, its file is
`test_<module>_<floor>.py` (`hub`, `realtime`, ...). Tests too many for one file stand by theme in
`test_<module>_<theme>.py`, and are run together. A package of `WHOLE` is judged as one, by
`test_<package>*.py`. Which modules are pure stands in one place, the contract "pure" of import-linter in
`pyproject.toml`; a module that only declares values needs no test file.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHOLE = frozenset({"tui.selectors"})
"""Packages that are judged as one."""
UNUSED = ("-p", "no:xdist", "-p", "no:syrupy", "-p", "no:textual-snapshot")
"""Plugins that no pure test needs and that take longer to load than the tests take to run."""


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


def judge(unit: str) -> Verdict:
    """Run a unit's own tests and return what their branch coverage says."""
    tests = tests_of(unit)
    if not tests:
        return Verdict(
            unit, False, f"has no test file of its own: tests/unit/test_{unit.rpartition('.')[2]}.py"
        )
    source = source_of(unit)
    covered = source.parent / "*" if source.name == "__init__.py" else source
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"COVERAGE_FILE": str(Path(folder) / "coverage")}
        run = ["run", "--branch", f"--source={unit}", "-m", "pytest", "-q", "-x", *UNUSED, *map(str, tests)]
        report = ["report", f"--include={covered}", "--fail-under=100"]
        for command in (run, report):
            done = subprocess.run(
                [sys.executable, "-m", "coverage", *command],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
            )
            if done.returncode:
                return Verdict(unit, False, done.stdout + done.stderr)
    return Verdict(unit, True, "")


def main(chosen: list[str]) -> int:
    """Judge the chosen modules, or all pure ones, and return the exit code."""
    modules = chosen or [module for module in pure_modules() if not only_declares(module)]
    units = sorted({unit_of(module) for module in modules})
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        verdicts = list(workers.map(judge, units))
    for verdict in verdicts:
        print(f"{'ok    ' if verdict.ok else 'FAILED'} {verdict.unit}")
        if not verdict.ok:
            print(verdict.detail)
    failed = sum(not verdict.ok for verdict in verdicts)
    print(f"{len(verdicts) - failed} of {len(verdicts)} pure units covered by their own tests")
    return 1 if failed or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
