"""What the hub listens on: its sockets, their addresses, and the certificate that it shows.

A hub that shows a certificate, or listens on one address of several, listens on loopback too, plainly: who is
at its own machine reaches it whatever the certificate's name is, and cannot be locked out.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import BadSettings
from core.hub.door.access import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.hub.options import HubOptions

SOCKET_BUFFER_BYTES = 256 << 10
"""What the system holds for a peer that does not read: little, so that the hub's own bound counts."""
WILDCARDS = ("0.0.0.0", "::")
SOURCE = "the hub's options"


@dataclass(frozen=True, slots=True)
class Listener:
    """One socket that takes connections."""

    socket: socket.socket
    url: str
    """Where it is reached from this machine."""
    tls: ssl.SSLContext | None = None
    """The certificate that it shows; `None` for none."""


@contextlib.contextmanager
def listening(options: HubOptions) -> Iterator[tuple[Listener, Listener]]:
    """Open the sockets: the one that was asked for, and the one for this machine, which may be the same.

    Raises:
        BadSettings: the hub cannot listen there, or its certificate cannot be used.
    """
    tls = certificate(options.tls_cert, options.tls_key)
    with contextlib.ExitStack() as stack:
        asked = stack.enter_context(_bound(options.host, options.port))
        name, port = asked.getsockname()[:2]
        main = Listener(asked, _url(options.host, name, port, tls is not None), tls)
        if tls is None and (name in WILDCARDS or is_loopback(name)):
            yield main, main
            return
        own = stack.enter_context(_bound("127.0.0.1", 0))
        name, port = own.getsockname()[:2]
        yield main, Listener(own, _url(name, name, port, secure=False))


def certificate(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return the context that shows a certificate; `None` where none was named.

    Args:
        cert: a file with the certificate and those that vouch for it, in PEM.
        key: its key, in PEM; `None` where `cert` has it too.

    Raises:
        BadSettings: the files cannot be used; says which and why.
    """
    if cert is None:
        if key is not None:
            raise BadSettings("tls-key", SOURCE, "a key needs its certificate: name it with --tls-cert")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for name, path in (("tls-cert", cert), ("tls-key", key)):
        if path is not None and not path.is_file():
            raise BadSettings(name, SOURCE, f"there is no file {path}")
    try:
        context.load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        what = str(error)
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            what = "the key belongs to another certificate"
        elif isinstance(error, ssl.SSLError):
            what = "not a certificate and its key in PEM"
        raise BadSettings("tls-cert", SOURCE, f"{cert} cannot be used: {what}") from error
    return context


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError, OverflowError) as error:
        raise BadSettings("host", SOURCE, f"cannot listen on {host!r} ({error})") from error
    with socket.socket(family, kind, proto) as listener:
        # A restarted hub takes its port at once, though connections of the one before still linger.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        try:
            listener.bind(address)
        except (OSError, OverflowError) as error:
            raise BadSettings(
                "port",
                SOURCE,
                f"cannot listen on {host} port {port} ({error}); stop what uses it, or name another (0: any)",
            ) from error
        listener.setblocking(False)
        yield listener


def _url(host: str, name: str, port: int, secure: bool) -> str:
    """Return where a socket is reached from this machine."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name if host != "localhost" else host)
    scheme = "wss" if secure else "ws"
    return f"{scheme}://[{near}]:{port}" if ":" in near else f"{scheme}://{near}:{port}"
