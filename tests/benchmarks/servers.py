"""Servers under measurement, each a process of its own, started and ended here."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATIENCE = 15.0
"""Seconds that a server may take to end when it is asked to."""


@contextmanager
def running(command: Sequence[str]) -> Iterator[str]:
    """Start a server, hand out the first line of its standard output, end it afterwards.

    Raises:
        RuntimeError: it ended before it was ready; the message holds what it said.
    """
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as server,
    ):
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            if not line:
                complaints.seek(0)
                raise RuntimeError(f"{' '.join(command)} ended before it was ready:\n{complaints.read()}")
            yield line
        finally:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()


@contextmanager
def peer(module: str, *arguments: str) -> Iterator[int]:
    """Run a peer's server and hand out its port."""
    with running([sys.executable, "-m", f"tests.benchmarks.peers.{module}", *arguments]) as line:
        yield int(line)


def courtside() -> str:
    """Return the path of the installed `courtside` command."""
    return str(Path(sysconfig.get_path("scripts")) / "courtside")


@contextmanager
def hub() -> Iterator[str]:
    """Run a real hub on a throw-away folder and hand out its address (`ws://127.0.0.1:PORT...`)."""
    with tempfile.TemporaryDirectory() as folder:
        command = [courtside(), "hub", "--host", "127.0.0.1", "--port", "0", "--data", folder, "--json"]
        with running(command) as line:
            yield json.loads(line)["url"]


def port_of(url: str) -> int:
    """Return the port of a hub's address."""
    port = urlsplit(url).port
    assert port is not None
    return port
