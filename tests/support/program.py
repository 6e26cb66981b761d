"""The program itself, run as its users run it: one command a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

COURTSIDE = (sys.executable, "-m", "tui.cli")
QUICK = {
    "COURTSIDE_BACKOFF_FIRST": "0.05",
    "COURTSIDE_BACKOFF_CAP": "0.3",
    "COURTSIDE_MINIMUM_UPTIME": "0.1",
    "COURTSIDE_HEALTH_CHECK_INTERVAL": "0.3",
}
"""Settings for tests in which hubs die often: the same machine, at the pace of a test."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what it printed, which must be one JSON document."""
        assert self.out, f"exit {self.code}: {self.err}"
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """Return what it printed, a JSON document a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(**more: str) -> dict[str, str]:
    """Return the environment for a program under test: quick to retry, and more where a test asks for it."""
    return {**os.environ, **QUICK, **more}


def courtside(*args: object, env: Mapping[str, str] | None = None, within: float = 50.0) -> Finished:
    """Run one command to its end, without a terminal.

    Raises:
        subprocess.TimeoutExpired: it did not end within so many seconds.
    """
    done = subprocess.run(
        [*COURTSIDE, *map(str, args)],
        env=env or environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


@contextmanager
def running(*args: object, out: IO[str] | int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """Run one command in the background, without a terminal; it is killed when the context is left.

    Args:
        args: its arguments.
        out: where its standard output goes.
    """
    with subprocess.Popen(
        [*COURTSIDE, *map(str, args)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(look: Callable[[], T], within: float = 20.0, what: str = "") -> T:
    """Look again and again until there is something to see, and return it.

    Raises:
        AssertionError: there was nothing within so many seconds.
    """
    deadline = time.monotonic() + within
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{within:.0f} s passed without {what or 'what was waited for'}")
        time.sleep(0.01)
    return seen
