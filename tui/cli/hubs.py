"""`courtside hub`, and how the console and the demo start a hub as a process of its own.

A hub started here answers on loopback, on a port of its choice, and logs into its data folder. It outlives
the one who started it, unless that one asked for a hub that is attached: then it ends with its standard
input.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core import DEFAULT_PORT
from tui.cli.exits import Exit, Stopped
from tui.cli.logs import FORMAT, JsonLines
from tui.cli.parser import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from core import Settings

HERE, EVERYWHERE = "127.0.0.1", "0.0.0.0"
"""What a hub binds to be reached from this machine alone, or from others too."""
READY_WAIT = 20.0
"""Seconds that a new hub may take until it answers."""
STOP_WAIT = 10.0
"""Seconds that a hub may take to commit and leave."""
LOOK = 0.2
"""Seconds between two looks at whether a hub still runs."""
RESTART_FIRST, RESTART_CAP = 1.0, 30.0
"""Bounds, in seconds, of the wait before a hub that died is started again."""
logger = logging.getLogger(__name__)


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")
    return value


def _servers(text: str) -> tuple[str, ...]:
    return tuple(url.strip() for url in text.split(",") if url.strip())


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="the address to bind (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=_port, default=8765, help="the port to bind; 0 for any free one (default: 8765)"
    )
    parser.add_argument(
        "--attached",
        action="store_true",
        help="end when standard input ends, as for a program that starts it",
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="the certificate to show, in PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its key, if it is in another file")
    parser.add_argument(
        "--require-token", action="store_true", help="ask for a token even on this machine; its owner has one"
    )
    parser.add_argument(
        "--closed", action="store_true", help="ask for a token to read, too (default: only to write)"
    )
    parser.add_argument(
        "--backplane",
        type=_servers,
        default=(),
        metavar="URL[,URL...]",
        help="share tournaments with other hubs over these NATS servers (JetStream; three for three copies);"
        " rooms with logs of their own, presence and invites stay each hub's own",
    )
    parser.add_argument(
        "--peers",
        type=_servers,
        default=(),
        metavar="URL[,URL...]",
        help="the other hubs on that backplane (ws://HOST:8765): clients go there when this one stops",
    )
    parser.add_argument("--json", action="store_true", help="print where it is as JSON, and log in JSON")


def _hub(args: argparse.Namespace, settings: Settings) -> int:
    from core.hub import HubOptions, Retention, run

    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonLines() if args.json else logging.Formatter(FORMAT))
    logging.basicConfig(handlers=[lines], level=logging.INFO, force=True)
    if args.attached:
        threading.Thread(target=_end_with_input, name="input", daemon=True).start()
    return run(
        HubOptions(
            host=args.host,
            port=args.port,
            data=settings.data,
            json=args.json,
            require_token=args.require_token,
            open_reading=not args.closed,
            tls_cert=args.tls_cert,
            tls_key=args.tls_key,
            compression=settings.compression,
            backup_interval=settings.backup_interval,
            backup_keep=settings.backup_keep,
            retention=Retention(settings.keep_broadcasts, settings.keep_days),
            backplane=args.backplane,
            peers=args.peers,
        )
    )


def _end_with_input() -> None:
    """Wait for the end of standard input, then ask this process to stop."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class StartedHub:
    """A hub that this process started."""

    process: subprocess.Popen[bytes]
    url: str

    def stop(self) -> None:
        """Ask it to commit and leave, and wait until it has; end it if it does not."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_WAIT)
        except subprocess.TimeoutExpired:
            # Whatever it answered is on its disk already.
            self.process.kill()
            self.process.wait()
        self.close()

    def clients(self) -> int:
        """Return how many are connected; 0 when it does not answer."""
        # Loaded on use: only who leaves a hub asks.
        import httpx

        found = 0
        # Whoever asks has just hung up itself: the hub may need a moment to see that.
        for pause in (0.0, 0.2, 0.5):
            time.sleep(pause)
            try:
                found = int(
                    httpx.get(f"http{self.url.removeprefix('ws')}/healthz", trust_env=False).json()["clients"]
                )
            except httpx.HTTPError:
                return 0
            if found == 0:
                break
        return found

    def close(self) -> None:
        """Let go of it; an attached one ends by that."""
        if self.process.stdin is not None:
            self.process.stdin.close()


class KeptHub:
    """A hub of this program's own that comes back, at the same address, when it dies unasked.

    One that ended in order was asked to, by somebody who knows why: it stays away. Where another hub took
    over the folder meanwhile, this one stays away, too.

    Args:
        data: the data folder.
        shared: whether other machines shall reach it.

    Raises:
        Stopped: it did not start.
    """

    def __init__(self, data: Path, *, shared: bool = False) -> None:
        self._data = data
        self._host = EVERYWHERE if shared else HERE
        self._leaving = threading.Event()
        # Where others come they type it: the port that they expect, if it is free.
        port = DEFAULT_PORT if shared and _is_free(DEFAULT_PORT) else 0
        self._hub = start(data, attached=False, port=port, host=self._host)
        self.url = self._hub.url
        """Where it is, and will be."""
        self._thread = threading.Thread(target=self._keep, name="hub", daemon=True)
        self._thread.start()

    @property
    def watched(self) -> bool:
        """Whether it would be started again."""
        return self._thread.is_alive()

    def release(self) -> StartedHub:
        """Start it no more; return the process that there is, or was."""
        self._leaving.set()
        self._thread.join()
        return self._hub

    def _keep(self) -> None:
        pause = RESTART_FIRST
        while not self._leaving.wait(LOOK):
            code = self._hub.process.poll()
            if code is None:
                continue
            if code == 0:
                return
            logger.warning("the hub of this console ended with %d; it is started again", code)
            if self._leaving.wait(pause):
                return
            pause = RESTART_FIRST if self.restarted() else min(2 * pause, RESTART_CAP)

    def restarted(self) -> bool:
        """Start the hub again unless its folder has another one; tell whether it is there."""
        from core.hub import running

        if running(self._data) is not None:
            return False
        try:
            port = urlsplit(self.url).port or 0
            self._hub = start(self._data, attached=False, port=port, host=self._host)
        except Stopped as error:
            logger.warning("%s", error.message)
            return False
        return True


def _is_free(port: int) -> bool:
    """Tell whether nobody listens on a port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((EVERYWHERE, port))
        except OSError:
            return False
        return True


def start(data: Path, *, attached: bool, port: int = 0, host: str = HERE) -> StartedHub:
    """Start a hub on a data folder and wait until it answers.

    Args:
        data: the data folder.
        attached: whether it shall end when this process does, however that ends.
        port: where it shall listen; 0 for any free one.
        host: the address that it shall bind.

    Raises:
        Stopped: it did not start; says why, as far as it said so itself.
    """
    from core.hub import running

    log = data / "hub" / "hub.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tui.cli", "hub", "--port", str(port), "--data", str(data)]
    command += ["--host", host]
    with log.open("ab") as told:
        began = told.tell()
        process = subprocess.Popen(
            [*command, *(["--attached"] if attached else [])],
            stdin=subprocess.PIPE if attached else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=told,
            # Not of this terminal: a Ctrl+C meant for the console must not stop the hub.
            start_new_session=True,
        )
    url = _wait(lambda: running(data) if process.poll() is None else None, process)
    hub = StartedHub(process, url or "")
    if url is None:
        process.kill()
        process.wait()
        hub.close()
        with log.open("rb") as read:
            read.seek(began)
            said = read.read().decode(errors="replace").strip().splitlines()
        reason = said[0].removeprefix("courtside: ") if said else "no reason given"
        raise Stopped(Exit.UNREACHABLE, f"the hub did not start: {reason} ({log})")
    return hub


def _wait(ready: Callable[[], str | None], process: subprocess.Popen[bytes]) -> str | None:
    """Ask until there is an answer, the process has ended, or it takes too long."""
    until = time.monotonic() + READY_WAIT
    while time.monotonic() < until and process.poll() is None:
        if (found := ready()) is not None:
            return found
        time.sleep(0.02)
    return None


HUB = Part(_arguments, _hub)
