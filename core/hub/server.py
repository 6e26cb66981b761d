"""The hub as a process: its folder, its socket, its signals and its tasks, from the first to the last.

On SIGTERM or SIGINT it stops listening, finishes what it took, says goodbye to every link, empties the log's
write-ahead file and ends with 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec
import uvicorn

from core.domain.ids import Epoch
from core.errors import BadSettings
from core.hub.app import application
from core.hub.door import Door, House
from core.hub.folder import claimed, noted, secret
from core.hub.lobby import Lobby
from core.hub.protocol import MAX_FRAME_BYTES, HttpProtocol, SocketProtocol
from core.hub.rounds import Rounds
from core.hub.sqlite_log import SqliteLog
from core.hub.tokens import Mint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.hub.options import HubOptions

logger = logging.getLogger(__name__)

FAREWELL = 2.0
"""Seconds that links and requests may take to end when the hub stops."""
SOCKET_BUFFER_BYTES = 256 << 10
"""What the system holds for a peer that does not read: little, so that the hub's own bound counts."""


def run(options: HubOptions) -> int:
    """Run a hub until a signal ends it, and return the exit code.

    Raises:
        FolderInUse: another hub works on that data folder.
        BadSettings: it cannot listen there.
        BadLog: its log cannot be used.
        NotSaved: its folder or log cannot be written.
    """
    with claimed(options.data) as folder, _listening(options.host, options.port) as listener:
        log = SqliteLog(folder / "log.sqlite3")
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(options, folder, log, listener))
    return 0


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would end by 1012, without a reason, and with -15."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the hub."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when connections are taken."""
        await super().startup(sockets)
        self.ready.set()

    def stop_listening(self) -> None:
        """Take no more connections."""
        for server in self.servers:
            server.close()


async def _serve(options: HubOptions, folder: Path, log: SqliteLog, listener: socket.socket) -> None:
    house = House(trusts_loopback=not options.require_token, open_reading=options.open_reading)
    lobby = Lobby(log.hub, Door(Mint(secret(folder), log.hub), house), version("courtside"))
    rounds = Rounds(log, lobby, lambda: Epoch(secrets.token_hex(4)))
    lobby.attach(rounds)
    server = _Server(_config(lobby, log))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(rounds.run())
        beating = group.create_task(lobby.beat())
        group.create_task(server.serve([listener]))
        await server.ready.wait()
        url = _url(options.host, listener)
        with noted(folder, url):
            _say_ready(options, url)
            await stop.wait()
            server.stop_listening()
            rounds.stop()
            await asyncio.wait([writing])
            await lobby.dismiss("the hub is stopping", FAREWELL)
            beating.cancel()
            server.should_exit = True
    await rounds.close()


def _config(lobby: Lobby, log: SqliteLog) -> uvicorn.Config:
    return uvicorn.Config(
        application(lobby, log),
        http=HttpProtocol,
        ws=SocketProtocol,
        ws_max_size=MAX_FRAME_BYTES,
        # The hub's own heartbeat knows that data is a sign of life too.
        ws_ping_interval=None,
        lifespan="off",
        log_config=None,
        # Its own lines about each connection say less than the hub's.
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=int(FAREWELL),
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Open the socket that the hub listens on."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError, OverflowError) as error:
        raise BadSettings("host", "the hub's options", f"cannot listen on {host!r} ({error})") from error
    with socket.socket(family, kind, proto) as listener:
        # A restarted hub takes its port at once, though connections of the one before still linger.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        try:
            listener.bind(address)
        except (OSError, OverflowError) as error:
            raise BadSettings(
                "port",
                "the hub's options",
                f"cannot listen on {host} port {port} ({error}); stop what uses it, or name another (0: any)",
            ) from error
        listener.setblocking(False)
        yield listener


def _url(host: str, listener: socket.socket) -> str:
    """Return where the hub is reached from this machine."""
    name, port = listener.getsockname()[:2]
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name if host != "localhost" else host)
    return f"ws://[{near}]:{port}" if ":" in near else f"ws://{near}:{port}"


def _say_ready(options: HubOptions, url: str) -> None:
    if options.json:
        line = msgspec.json.encode({"event": "ready", "url": url}).decode()
    else:
        line = f"hub at {url}, data in {options.data}; Ctrl+C stops it"
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's factory where it is installed; asyncio's own loop does the same work, slower."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
