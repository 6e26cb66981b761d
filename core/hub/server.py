"""The hub as a process: its folder, its socket, its signals and its tasks, from the first to the last.

On SIGTERM or SIGINT it stops listening, finishes what it took, says goodbye to every link, empties the log's
write-ahead file and ends with 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import secrets
import signal
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec
import uvicorn

from core.domain.ids import Epoch
from core.errors import BadSettings, CourtsideError, NotSaved
from core.hub.app import application
from core.hub.connection import HttpProtocol
from core.hub.door.access import Pass
from core.hub.door.door import Door, House
from core.hub.door.invites import opened
from core.hub.door.reception import Reception
from core.hub.door.tokens import Mint
from core.hub.folder import INVITES, LOG, claimed, noted, secret
from core.hub.listening import listening
from core.hub.lobby import Lobby
from core.hub.log.analytics import Sampling
from core.hub.log.backups import Backups
from core.hub.log.rounds import Rounds, utc_now
from core.hub.log.sqlite_log import SqliteLog
from core.hub.protocol import MAX_FRAME_BYTES, CompressingProtocol, SocketProtocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from core.hub.door.invites import Invites
    from core.hub.listening import Listener
    from core.hub.log.jetstream import JetStream
    from core.hub.options import HubOptions

OWNER = Pass("owner", "", "admin")
"""Whoever can read the hub's folder, and so the note in it with a token of this pass."""
logger = logging.getLogger(__name__)

FAREWELL = 2.0
"""Seconds that links and requests may take to end when the hub stops."""

SWITCH = 0.0005
"""Seconds after which the loop gives way to the log's thread, which asks for that with every row of a commit;
the interpreter's own 5 ms add up to what scorers notice."""


def run(options: HubOptions) -> int:
    """Run a hub until a signal ends it, and return the exit code.

    Raises:
        FolderInUse: another hub works on that data folder.
        BadSettings: it cannot listen there, its certificate cannot be used, or its backplane is none.
        BadLog: its log cannot be used, or does not go with its backplane.
        NotSaved: its folder or log cannot be written.
    """
    sys.setswitchinterval(SWITCH)
    with claimed(options.data) as folder, listening(options) as (main, own):
        key = secret(folder)
        with opened(folder / INVITES, key) as invites:
            log = SqliteLog(folder / LOG)
            with _unwrapped(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(_serve(options, folder, log, _House(invites, Mint(key, log.hub)), (main, own)))
    return 0


@dataclass(frozen=True, slots=True)
class _House:
    """What the hub knows people by."""

    invites: Invites
    mint: Mint


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


async def _serve(
    options: HubOptions, folder: Path, log: SqliteLog, house: _House, sockets: tuple[Listener, Listener]
) -> None:
    main, own = sockets
    revoked = [invite.id for invite in house.invites.all() if invite.revoked_at is not None]
    rules = House(trusts_loopback=not options.require_token, open_reading=options.open_reading)
    lobby = Lobby(log.hub, Door(house.mint, rules, revoked), version("courtside"))
    backplane, peers = _backplane(options, log.hub), _peers(options)
    with _uncollected():
        rounds = Rounds(log, lobby, lambda: Epoch(secrets.token_hex(4)), backplane, options.retention)
    lobby.attach(rounds)
    sampling = Sampling(lobby, log.path, options.retention.days)
    backups = Backups(
        options.data, options.backup_interval, options.backup_keep, rounds.figures.commands.total, utc_now
    )
    app = application(lobby, log, Reception(lobby, house.invites, house.mint), sampling)
    # By the socket: a hub that is reached in two ways has a server for each, and one application.
    servers = {one.socket: _Server(_config(app, one, options.compression)) for one in sockets}
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as group:
        beating = [group.create_task(one) for one in (lobby.beat(), sampling.run(), backups.run())]
        if backplane is not None:
            beating.append(group.create_task(backplane.run()))
            await _join(rounds)
        writing = group.create_task(rounds.run())
        for listener, server in servers.items():
            group.create_task(server.serve([listener]))
            await server.ready.wait()
        with noted(folder, own.url, house.mint.sign(OWNER)):
            _say_ready(options, main.url, own.url)
            listings = rounds.rooms.listings()
            logger.info("serving %d tournaments at %s", len(listings), main.url)
            await stop.wait()
            logger.info("asked to stop, with %d clients", len(lobby.links))
            for server in servers.values():
                server.stop_listening()
            rounds.stop()
            await asyncio.wait([writing])
            await lobby.dismiss("the hub is stopping", FAREWELL, peers)
            for task in beating:
                task.cancel()
            for server in servers.values():
                server.should_exit = True
    await rounds.close()


def _backplane(options: HubOptions, hub: str) -> JetStream | None:
    """Return the backplane that is asked for; `None` for a hub on its own.

    Raises:
        BadSettings: it is none, or what it needs is not installed.
    """
    if not options.backplane:
        return None
    # Here and not above: nats-py is an extra, and a hub on its own should not wait for it.
    from core.hub.log.jetstream import JetStream

    return JetStream(options.backplane, hub)


def _peers(options: HubOptions) -> tuple[str, ...]:
    """Return the addresses of the hubs that stand in for this one.

    Raises:
        BadSettings: one is no address, or there can be none.
    """
    if options.peers and not options.backplane:
        why = "only hubs that share their tournaments stand in for each other; --backplane is missing"
        raise BadSettings("peers", "--peers", why)
    if not options.peers:
        return ()
    # Here and not above: the settings take half a second to load, and every hub would wait for that.
    from core.settings import endpoint

    try:
        return tuple(endpoint(one) for one in options.peers)
    except ValueError as error:
        raise BadSettings("peers", "--peers", str(error)) from error


async def _join(rounds: Rounds) -> None:
    """Join the backplane before the first client comes, if it is there.

    Raises:
        BadLog: the log does not go with it.
    """
    try:
        await rounds.join()
    except NotSaved as error:
        logger.warning("read-only until the backplane is there: %s", error)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage while a long log is read, and leave what was read alone from then on.

    It is all in use: looking through it again and again doubles the time of a start, and stops everything for
    a while later on.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def _unwrapped() -> Iterator[None]:
    """Raise an error of ours as it is: a task group wraps what ends it."""
    try:
        yield
    except BaseExceptionGroup as group:
        (error, *more) = group.exceptions
        if more or not isinstance(error, CourtsideError):
            raise
        raise error from None


def _config(app: ASGIApp, listener: Listener, compression: str) -> uvicorn.Config:
    tls = listener.tls
    return uvicorn.Config(
        app,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        http=HttpProtocol,
        ws=CompressingProtocol if compression == "on" else SocketProtocol,
        ws_per_message_deflate=compression != "off",
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


def _say_ready(options: HubOptions, url: str, own_url: str) -> None:
    if options.json:
        line = msgspec.json.encode({"event": "ready", "url": url, "own_url": own_url}).decode()
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
