"""Servers under measurement, each a process of its own, started and ended here."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATIENCE = 15.0
"""Seconds that a server may take to end when it is asked to."""


class Server:
    """A server's process, from its first line of standard output to its end.

    Args:
        command: what to run.

    Raises:
        RuntimeError: it ended before it was ready; the message holds what it said.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- closed with the process
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._complaints, text=True)
        assert self._process.stdout is not None
        self.line = self._process.stdout.readline()
        """What it said when it was ready."""
        if not self.line:
            self._process.wait()
            self._complaints.seek(0)
            said = self._complaints.read()
            self.close()
            raise RuntimeError(f"{' '.join(command)} ended before it was ready:\n{said}")

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once (-9)."""
        self._process.kill()
        self._let_go()

    def close(self) -> None:
        """Ask it to end, and see that it does."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._let_go()

    def _let_go(self) -> None:
        self._process.wait()
        self._complaints.close()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextmanager
def running(command: Sequence[str]) -> Iterator[str]:
    """Start a server, hand out the first line of its standard output, end it afterwards.

    Raises:
        RuntimeError: it ended before it was ready; the message holds what it said.
    """
    with closing(Server(command)) as server:
        yield server.line


@contextmanager
def peer(module: str, *arguments: str) -> Iterator[int]:
    """Run a peer's server and hand out its port."""
    with peer_process(module, *arguments) as (port, _):
        yield port


@contextmanager
def peer_process(module: str, *arguments: str) -> Iterator[tuple[int, int]]:
    """Run a peer's server and hand out its port and its process."""
    command = [sys.executable, "-m", f"tests.benchmarks.peers.{module}", *arguments]
    with closing(Server(command)) as server:
        yield int(server.line), server.pid


def courtside() -> str:
    """Return the path of the installed `courtside` command."""
    return str(Path(sysconfig.get_path("scripts")) / "courtside")


@contextmanager
def hub() -> Iterator[str]:
    """Run a real hub on a throw-away folder and hand out its address (`ws://127.0.0.1:PORT...`)."""
    with MortalHub() as mortal:
        yield f"ws://127.0.0.1:{mortal.port}"


class MortalHub:
    """A real hub on a throw-away folder that can be killed and started again where it was."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._server: Server | None = None
        self.port = 0

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self._server is not None:
            self._server.close()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._server is not None
        return self._server.pid

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        address = ["--host", "127.0.0.1", "--port", str(self.port), "--data", self._folder.name]
        self._server = Server([courtside(), "hub", *address, "--json"])
        self.port = port_of(json.loads(self._server.line)["url"])

    def kill(self) -> None:
        """Kill it with -9."""
        assert self._server is not None
        self._server.kill()
        self._server = None


def port_of(url: str) -> int:
    """Return the port of a hub's address."""
    port = urlsplit(url).port
    assert port is not None
    return port
