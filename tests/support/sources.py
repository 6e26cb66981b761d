"""The project's own source files, parsed: what architecture tests look at."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "tui", "tests")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file."""

    path: str
    """Relative to the project, with forward slashes."""
    text: str
    tree: ast.Module

    @property
    def functions(self) -> list[Function]:
        """Return every function and method, nested ones too."""
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]


@cache
def sources() -> tuple[Source, ...]:
    """Return every Python file of the project's packages, sorted by path."""
    files = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return tuple(parse(file) for file in files)


def parse(file: Path) -> Source:
    """Return one file, parsed."""
    text = file.read_text("utf-8")
    return Source(file.relative_to(ROOT).as_posix(), text, ast.parse(text, str(file)))


@cache
def kept_files() -> tuple[str, ...]:
    """Return the paths that git keeps or would keep, or none outside a git checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return ()
    return tuple(done.stdout.splitlines())
