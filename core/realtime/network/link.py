"""The link: one WebSocket to a hub. The only file that dials.

Owns connecting, the bounded way out, and the end of a connection in words and a close code. Knows nothing
of messages but how to encode them: what comes in is handed over as frames, and whether the other side is
alive is the session's affair, so the library's own keepalive is off. Guarantees that no frame above the
limit is read and that `send` never waits.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from core.domain.text import MAX_TEXT, clean
from core.realtime.effects import CLOSE_BLOCKED
from core.realtime.network.tls import tls_reason
from core.settings import SOCKET_PATH
from core.wire.codec import SUBPROTOCOLS, Format, Frame, encode
from core.wire.messages import CLOSE_SIGN_IN, MAX_HUB_FRAME_BYTES

if TYPE_CHECKING:
    from ssl import SSLContext

    from websockets.client import ClientProtocol

    from core.wire.messages import ClientMessage

MAX_OUT_BYTES = 8 << 20
"""Most bytes that wait to be written; a link that would exceed it is cut, what waits goes out on the next."""
CLOSE_TIMEOUT = 1.0
"""Seconds for the closing handshake, and again for the other side to end the connection."""
CLOSE_ABNORMAL = 1006
"""RFC 6455, 7.4.1: the connection ended without a close frame."""
CLOSE_TRY_AGAIN = 1013
HUB_PROBLEM = "application/problem+json"
"""RFC 9457, section 3: how a hub words a refusal."""

Compression: TypeAlias = Literal["auto", "on", "off"]

logger = logging.getLogger(__name__)


class Carrier(Protocol):
    """Who hears of a link."""

    def opened(self) -> None:
        """The dial succeeded."""
        ...

    def received(self, frame: Frame) -> None:
        """A frame came in."""
        ...

    def sent(self, frame_bytes: int) -> None:
        """A frame was handed to the system."""
        ...

    def closed(self, code: int, reason: str, retry_after: float = 0.0) -> None:
        """The link is no more, or the dial failed; the hub asks to wait so many seconds before the next."""
        ...


class _Connection(ClientConnection):
    """A WebSocket that tells when its way is open, before anybody has answered on it."""

    def __init__(self, reached: asyncio.Event, protocol: ClientProtocol, **options: Any) -> None:
        super().__init__(protocol, **options)
        self._reached = reached

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._reached.set()
        super().connection_made(transport)


class Link:
    """One WebSocket, from the dial to the end.

    Args:
        endpoint: the hub's address.
        wire: how messages are written.
        open_timeout: seconds for the dial.
        carrier: told what happens, on the event loop; nothing after `hang_up`.
        path: where WebSockets are taken, below the address; on any but a hub's own no subprotocol is asked
            for.
        tls: whom to trust with `wss://`; `None` for whom the system trusts.
        compression: whether frames are compressed (permessage-deflate); `auto` for what distance advises.
    """

    def __init__(
        self,
        endpoint: str,
        wire: Format,
        open_timeout: float,
        carrier: Carrier,
        path: str = SOCKET_PATH,
        tls: SSLContext | None = None,
        compression: Compression = "auto",
    ) -> None:
        self._tls = tls
        self._compression: Compression = compression
        self._endpoint = endpoint
        self._path = path
        self._wire: Format = wire
        self._open_timeout = open_timeout
        self._carrier: Carrier | None = carrier
        self._out: asyncio.Queue[Frame] = asyncio.Queue()
        self._out_bytes = 0
        self._leaving = asyncio.Event()
        self._farewell: tuple[int, str] = (1000, "")
        self._dialling: asyncio.Task[object] | None = None
        self._reached = asyncio.Event()
        """Set when something takes the connection, whether or not it then is a hub."""

    def send(self, message: ClientMessage) -> None:
        """Put a message on its way; it is lost if the link ends first."""
        self.send_frame(encode(message, self._wire))

    def send_frame(self, frame: Frame) -> None:
        """Put a frame on its way."""
        self._out_bytes += len(frame)
        if self._out_bytes > MAX_OUT_BYTES:
            logger.warning("%s: %d bytes wait to be written, link cut", self._endpoint, self._out_bytes)
            self._end(CLOSE_ABNORMAL, "the link takes nothing more")
            self.hang_up(CLOSE_TRY_AGAIN, "")
            return
        self._out.put_nowait(frame)

    def hang_up(self, code: int, reason: str) -> None:
        """End the link; its carrier hears nothing any more."""
        self._carrier = None
        self._farewell = (code, reason)
        self._leaving.set()
        if self._dialling is not None:
            self._dialling.cancel()

    async def run(self) -> None:
        """Dial, carry frames until the end, and report it."""
        if self._leaving.is_set():
            return
        self._dialling = asyncio.current_task()
        try:
            connection = await self._dial()
        except InvalidStatus as error:
            self._end(*_refusal(error))
        except (InvalidURI, InvalidHandshake) as error:
            self._end(CLOSE_BLOCKED, _stranger(error))
        except TimeoutError:
            # Some proxies take the connection and swallow the handshake.
            code = CLOSE_BLOCKED if self._reached.is_set() else CLOSE_ABNORMAL
            self._end(code, f"no answer within {self._open_timeout:g} s")
        except (OSError, EOFError) as error:
            self._end(CLOSE_ABNORMAL, _words(error))
        else:
            self._dialling = None
            await self._carry(connection)
        finally:
            self._dialling = None

    async def _dial(self) -> ClientConnection:
        near = is_near(self._endpoint)
        return await connect(
            f"{self._endpoint}{self._path}",
            subprotocols=self._subprotocols(),
            compression="deflate" if self._compresses(near) else None,
            proxy=None if near else True,
            open_timeout=self._open_timeout,
            close_timeout=CLOSE_TIMEOUT,
            ping_interval=None,
            max_size=MAX_HUB_FRAME_BYTES,
            ssl=self._tls if self._endpoint.startswith("wss:") else None,
            # It is called like the class that it stands for.
            create_connection=partial(_Connection, self._reached),  # type: ignore[arg-type]
        )

    def _compresses(self, near: bool) -> bool:
        """Return whether to offer compression.

        Bytes are cheap and time is dear beside the hub; across the internet it is the other way round.
        """
        return self._compression == "on" or (self._compression == "auto" and not near)

    def _subprotocols(self) -> list[Subprotocol] | None:
        if self._path != SOCKET_PATH:
            return None
        return [Subprotocol(name) for name, wire in SUBPROTOCOLS.items() if wire == self._wire]

    async def _carry(self, connection: ClientConnection) -> None:
        if self._carrier is not None:
            self._carrier.opened()
        try:
            async with asyncio.TaskGroup() as group:
                helpers = (
                    group.create_task(self._write(connection)),
                    group.create_task(self._close(connection)),
                )
                await self._read(connection)
                for helper in helpers:
                    helper.cancel()
        finally:
            # Nothing to flush any more: closed already, or cancelled and not to be waited for.
            connection.transport.abort()
        code = CLOSE_ABNORMAL if connection.close_code is None else connection.close_code
        self._end(code, connection.close_reason or ("the connection broke" if code == CLOSE_ABNORMAL else ""))

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for frame in connection:
                if self._carrier is not None:
                    self._carrier.received(frame)
        except ConnectionClosed as closed:
            logger.debug("%s: %s", self._endpoint, closed)

    async def _write(self, connection: ClientConnection) -> None:
        while True:
            frame = await self._out.get()
            try:
                await connection.send(frame)
            except ConnectionClosed:
                return  # the reader reports it
            self._out_bytes -= len(frame)
            if self._carrier is not None:
                self._carrier.sent(len(frame))

    async def _close(self, connection: ClientConnection) -> None:
        """Close the connection when it is hung up, by force if the other side does not take part."""
        await self._leaving.wait()
        try:
            async with asyncio.timeout(2 * CLOSE_TIMEOUT):
                await connection.close(*self._farewell)
        except TimeoutError:
            connection.transport.abort()

    def _end(self, code: int, reason: str, retry_after: float = 0.0) -> None:
        if self._carrier is not None:
            self._carrier.closed(code, clean(reason, MAX_TEXT), retry_after)


def is_near(endpoint: str) -> bool:
    """Tell whether an address is on this machine or its local network, as far as the address itself says."""
    host = urlsplit(endpoint).hostname or ""
    if host == "localhost" or host.endswith(".local"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_link_local


def _refusal(error: InvalidStatus) -> tuple[int, str, float]:
    """Return what an HTTP status in place of a WebSocket means: a hub's word, or another's on the way.

    With it how long the hub asks to wait (RFC 9110, section 10.2.3); what is no whole number of seconds asks
    for nothing.
    """
    status, headers = error.response.status_code, error.response.headers
    if headers.get("Content-Type", "").startswith(HUB_PROBLEM):
        asked = next(iter(headers.get_all("Retry-After")), "")
        wait = float(asked) if asked.isascii() and asked.isdecimal() else 0.0
        return CLOSE_SIGN_IN if status in (401, 403) else CLOSE_ABNORMAL, f"the hub answered {status}", wait
    return CLOSE_BLOCKED, f"what answers there lets no WebSocket through (it answered {status})", 0.0


def _stranger(error: InvalidURI | InvalidHandshake) -> str:
    """Say what a handshake without a hub at the other end came to."""
    if isinstance(error.__cause__, EOFError):
        return "the connection ended before a hub answered"
    return f"what answers there is no hub: {error}"


def _words(error: OSError | EOFError) -> str:
    """Say in a few words why a dial failed."""
    if reason := tls_reason(error):
        return reason
    if isinstance(error, ConnectionRefusedError):
        return "no hub is running there"
    if isinstance(error, socket.gaierror):
        return "no such host"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "the connection broke"
