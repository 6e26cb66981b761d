"""A real hub as a process of its own: started, killed, started again on the same port and folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import httpx
import msgspec
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from core.domain.ids import DeviceId, RoomId
from core.hub.web.http import Brought, Outcome
from core.wire.codec import SUBPROTOCOLS, Format, decode_hub, encode
from core.wire.messages import Hello, Join

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from core.domain.answers import Answer
    from core.domain.commands import Entry
    from core.wire.messages import ClientMessage, HubMessage

M = TypeVar("M")

START_UP = 40.0
"""Seconds that a hub may take to say where it is; on a busy machine fifteen were too few."""
AWAY = MappingProxyType({"X-Forwarded-For": "192.0.2.7"})
"""What a request says that a proxy on this machine brings from elsewhere: the hub does not trust it."""
PROGRAM = (
    "import json, sys, pathlib; from core.hub import HubOptions, run; "
    "data, host, port, more = sys.argv[1:]; more = json.loads(more); "
    "more |= {name: pathlib.Path(more[name]) for name in more if name.startswith('tls_')}; "
    "sys.exit(run(HubOptions(pathlib.Path(data), host, int(port), True, **more)))"
)


class Reachable(Protocol):
    """Something that a client can dial: a hub, or what stands before one."""

    @property
    def url(self) -> str:
        """Where links go to (`ws://...`)."""
        ...


class HubProcess:
    """One hub on one data folder; between a kill and a restart its URL stays.

    Args:
        data: the data folder.
        host: where it listens.
        port: 0 takes a free port at the first start.
        before: statements that its process runs first.
        options: further fields of its `HubOptions`.
    """

    def __init__(
        self,
        data: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        before: str = "",
        options: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        self._options = json.dumps(dict(options))
        self._program = f"{before}\n{PROGRAM}"
        self.data = data
        self.host = host
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it cleanly, or just kill it where the test has failed already."""
        if error is None:
            assert self.stop() == 0
        else:
            self.kill()

    @property
    def url(self) -> str:
        """Where links go to (`ws://...`)."""
        return f"ws://{self.host}:{self.port}"

    @property
    def http(self) -> str:
        """Where requests go to (`http://...`)."""
        return f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and return when it takes connections.

        Raises:
            RuntimeError: it did not start; says what it printed.
        """
        process = subprocess.Popen(
            [sys.executable, "-c", self._program, str(self.data), self.host, str(self.port), self._options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self._process = process
        line = _first_line(process)
        if not line:
            process.kill()
            raise RuntimeError(f"the hub did not start: {process.communicate()[1]}")
        self.port = int(json.loads(line)["url"].rpartition(":")[2])

    def kill(self) -> None:
        """Kill it with -9, if it runs."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop (SIGTERM), and return its exit code."""
        return self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Kill it with -9 and start it again on the same port."""
        self.kill()
        self.start()

    def post(self, *entries: Entry) -> list[Answer]:
        """Bring entries over HTTP and return their answers; all must be answered."""
        body = msgspec.json.encode(Brought(entries))
        response = httpx.post(f"{self.http}/v1/entries", content=body, timeout=20)
        assert response.status_code == 200, response.text
        outcome = msgspec.json.decode(response.content, type=Outcome)
        assert len(outcome.answers) == len(entries), outcome
        return list(outcome.answers)

    def _end(self, number: int) -> int:
        process = self._process
        if process is None:
            return 0
        self._process = None
        if process.poll() is None:
            os.kill(process.pid, number)
        out, err = process.communicate(timeout=15)
        assert not out, out
        assert "Traceback" not in err, err
        assert "ASGI" not in err, err
        return process.returncode


class TestClient:
    """A bare client: sends messages and reads them one by one."""

    __test__ = False

    def __init__(self, socket: ClientConnection, form: Format) -> None:
        self.socket = socket
        self._form = form

    @classmethod
    @contextmanager
    def open(
        cls,
        hub: Reachable,
        device: str = "laptop-1",
        name: str = "Ann",
        form: Format = "json",
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Self]:
        """Connect, say hello, and close at the end."""
        with dial(hub, form, headers) as socket:
            client = cls(socket, form)
            client.send(Hello(DeviceId(device), name, token=token))
            yield client

    def send(self, message: ClientMessage) -> None:
        """Send one message."""
        self.socket.send(encode(message, self._form))

    def join(self, tournament: str) -> None:
        """Join a tournament's room from nothing."""
        self.send(Join(RoomId(f"tournament:{tournament}")))

    def receive(self, within: float = 10.0) -> HubMessage:
        """Return the next message."""
        return decode_hub(self.socket.recv(timeout=within))

    def expect(self, kind: type[M], within: float = 10.0) -> M:
        """Return the next message of a kind, passing over the others."""
        until = monotonic() + within
        while True:
            message = self.receive(until - monotonic())
            if isinstance(message, kind):
                return message


@contextmanager
def dial(
    hub: Reachable, form: Format = "json", headers: Mapping[str, str] | None = None
) -> Iterator[ClientConnection]:
    """Open a WebSocket to a hub, without a word."""
    offered = [Subprotocol(name) for name, found in SUBPROTOCOLS.items() if found == form]
    with connect(
        f"{hub.url}/v1/ws",
        subprotocols=offered,
        compression=None,
        max_size=None,
        additional_headers=headers,
    ) as socket:
        yield socket


def _first_line(process: subprocess.Popen[str]) -> str:
    """Return a process's first line, or nothing if it ends or takes too long."""
    assert process.stdout is not None
    lines: Queue[str] = Queue()
    Thread(target=lambda out=process.stdout: lines.put(out.readline()), daemon=True).start()
    try:
        return lines.get(timeout=START_UP)
    except Empty:
        return ""
