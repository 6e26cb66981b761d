"""The project's own source files, parsed: what architecture tests look at."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "tui", "tests")


@dataclass(frozen=True, slots=True)
class Function:
    """One function or method."""

    name: str
    lines: int


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file, without its tree: the trees of all files are a million objects to carry along."""

    path: str
    """Relative to the project, with forward slashes."""
    text: str
    docstring: str
    """Empty where it has none."""
    functions: tuple[Function, ...]
    """Every function and method, nested ones too."""


@cache
def sources() -> tuple[Source, ...]:
    """Return every Python file of the project's packages, sorted by path."""
    files = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return tuple(read(file) for file in files)


def read(file: Path) -> Source:
    """Return what there is to know of one file."""
    text = file.read_text("utf-8")
    tree = ast.parse(text, str(file))
    path = file.relative_to(ROOT).as_posix()
    return Source(path, text, ast.get_docstring(tree) or "", tuple(_functions(tree)))


def _functions(tree: ast.Module) -> Iterator[Function]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(node.name, (node.end_lineno or 0) - node.lineno + 1)
        # A function is a statement: no expression holds one, and a tree is expressions mostly.
        waiting += [inner for inner in ast.iter_child_nodes(node) if not isinstance(inner, ast.expr)]


@cache
def kept_files() -> tuple[str, ...]:
    """Return the paths that git keeps or would keep, or none outside a git checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return ()
    return tuple(done.stdout.splitlines())
