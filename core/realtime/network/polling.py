"""Polling: a link to a hub by HTTP requests, for where no WebSocket gets through.

To its carrier it is a link like `link.Link`. Owns the requests: one that waits for the hub's frames, and one
at a time that brings this side's. What is asked and what a reply brings is `exchange`'s affair. Guarantees
that only a hub is taken for one: a page, as captive portals answer to whatever is asked, ends the link with
that reason, and is no refusal. httpx is imported on first use, since it is slow to load and most links never
need it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from core.domain.text import MAX_TEXT, clean
from core.errors import Malformed, WireError
from core.realtime.links.exchange import Exchange
from core.realtime.network.link import (
    CLOSE_ABNORMAL,
    CLOSE_TIMEOUT,
    HUB_PROBLEM,
    MAX_OUT_BYTES,
    is_near,
)
from core.realtime.network.tls import tls_reason
from core.wire.codec import encode
from core.wire.messages import CLOSE_SIGN_IN, CLOSE_TOO_LARGE
from core.wire.poll import LONGEST_WAIT, MAX_POLLED_BYTES, MEDIA_TYPES, POLL_PATH, decode_polled, encode_body

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

    from core.realtime.links.exchange import Way
    from core.realtime.network.link import Carrier
    from core.wire.codec import Format
    from core.wire.messages import ClientMessage
    from core.wire.poll import Poll, Polled

SIGN_IN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
PASSING = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
"""What proxies answer for a hub that they do not reach: nothing was decided."""

KEPT_SECONDS = 4.0
"""How long an idle connection is used again: less than the hub keeps it."""

logger = logging.getLogger(__name__)


class _Ended(Exception):
    """The link is over.

    Args:
        code: as in WebSocket's close frame.
        reason: why, in words.
    """

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


class _Unknown(Exception):
    """A request got no reply: whether the hub had it is not known."""


class _Trouble(msgspec.Struct, frozen=True):
    """A hub's refusal (RFC 9457, section 3.1)."""

    detail: str = ""


class Polling:
    """One session of polls, from the first request to the end.

    Args:
        endpoint: the hub's address (`ws://...`).
        wire: how messages are written.
        open_timeout: seconds for the first request, and for each later one beyond what it waits.
        carrier: told what happens, on the event loop; nothing after `hang_up`.
        tls: whom to trust with `wss://`; `None` for whom the system trusts.
    """

    def __init__(
        self,
        endpoint: str,
        wire: Format,
        open_timeout: float,
        carrier: Carrier,
        tls: SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._endpoint = endpoint
        self._wire: Format = wire
        self._open_timeout = open_timeout
        self._carrier: Carrier | None = carrier
        self._exchange = Exchange(wire)
        self._to_bring = asyncio.Event()
        self._out_bytes = 0
        self._running: asyncio.Task[object] | None = None
        self._left = False

    def send(self, message: ClientMessage) -> None:
        """Put a message on its way; it is lost if the link ends first."""
        frame = encode(message, self._wire)
        self._out_bytes += len(frame)
        if self._out_bytes > MAX_OUT_BYTES:
            logger.warning("%s: %d bytes wait to be brought, link cut", self._endpoint, self._out_bytes)
            self._end(CLOSE_ABNORMAL, "the link takes nothing more")
            self.hang_up(CLOSE_ABNORMAL, "")
            return
        self._exchange.submit(frame)
        self._to_bring.set()

    def hang_up(self, code: int, reason: str) -> None:  # noqa: ARG002 -- a link's shape; polls end without words
        """End the link; its carrier hears nothing any more."""
        self._carrier = None
        self._left = True
        if self._running is not None:
            self._running.cancel()

    async def run(self) -> None:
        """Begin a session, carry frames until the end, and report it."""
        if self._left:
            return
        self._running = asyncio.current_task()
        # Loading it takes long enough to be felt by whoever presses a key.
        library = await asyncio.to_thread(import_module, "httpx")
        near = is_near(self._endpoint)
        async with library.AsyncClient(
            base_url="http" + self._endpoint.removeprefix("ws"),
            trust_env=not near,
            verify=self._tls or True,
            limits=library.Limits(keepalive_expiry=KEPT_SECONDS),
        ) as client:
            try:
                await self._carry(client)
            except asyncio.CancelledError:
                if not self._left:
                    raise
            finally:
                self._running = None
                if self._exchange.session:
                    await self._say_goodbye(client)

    async def _carry(self, client: httpx.AsyncClient) -> None:
        """Begin a session and go on until it ends."""
        try:
            await self._open(client)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(client))
                group.create_task(self._bring(client))
        except* _Ended as ends:
            end = ends.exceptions[0]
            assert isinstance(end, _Ended)
            self._end(end.code, end.reason)

    async def _open(self, client: httpx.AsyncClient) -> None:
        try:
            self._take("listening", await self._ask(client, self._exchange.opening()))
        except _Unknown as error:
            raise _Ended(CLOSE_ABNORMAL, str(error)) from error
        if self._carrier is not None:
            self._carrier.opened()

    async def _listen(self, client: httpx.AsyncClient) -> None:
        """Wait for the hub's frames, again and again."""
        while True:
            await self._exchange_once(client, "listening", self._exchange.listening())

    async def _bring(self, client: httpx.AsyncClient) -> None:
        """Bring this side's frames as they come, one request at a time."""
        while True:
            await self._to_bring.wait()
            self._to_bring.clear()
            while self._exchange.waiting:
                await self._exchange_once(client, "bringing", self._exchange.bringing())

    async def _exchange_once(self, client: httpx.AsyncClient, way: Way, poll: Poll) -> None:
        try:
            self._take(way, await self._ask(client, poll))
        except _Unknown as error:
            wait = self._exchange.receive_failure(way)
            if wait is None:
                raise _Ended(CLOSE_ABNORMAL, str(error)) from error
            logger.debug("%s: %s, again in %.2f s", self._endpoint, error, wait)
            await asyncio.sleep(wait)

    def _take(self, way: Way, polled: Polled) -> None:
        """Hand on what a reply brought."""
        try:
            frames, brought = self._exchange.receive_reply(way, polled)
        except Malformed as error:
            raise _Ended(CLOSE_ABNORMAL, str(error)) from error
        self._out_bytes -= brought
        if brought and self._carrier is not None:
            self._carrier.sent(brought)
        for frame in frames:
            if self._carrier is not None:
                self._carrier.received(frame)
        if polled.end is not None:
            raise _Ended(polled.end.code, polled.end.reason)

    async def _ask(self, client: httpx.AsyncClient, poll: Poll) -> Polled:
        """Make one request and return its reply.

        Raises:
            _Unknown: there was no reply.
            _Ended: the reply ends the link.
        """
        import httpx

        media_type = MEDIA_TYPES[self._wire]
        try:
            async with (
                asyncio.timeout(self._open_timeout + (LONGEST_WAIT if poll.wait else 0.0)),
                client.stream(
                    "POST",
                    POLL_PATH,
                    content=encode_body(poll, self._wire),
                    headers={"Content-Type": media_type, "Accept": media_type},
                    timeout=None,
                ) as response,
            ):
                body = await _read(response)
        except TimeoutError as error:
            raise _Unknown(f"no answer within {self._open_timeout:g} s") from error
        except httpx.HTTPError as error:
            why = tls_reason(error) or f"no answer: {str(error) or type(error).__name__}"
            raise _Unknown(why) from error
        return self._understood(response, body, media_type)

    def _understood(self, response: httpx.Response, body: bytes, media_type: str) -> Polled:
        status = response.status_code
        if status == HTTPStatus.OK and response.headers.get("Content-Type") == media_type:
            try:
                return decode_polled(body, self._wire)
            except WireError as error:
                raise _Ended(CLOSE_ABNORMAL, f"what answers there is no hub: {error}") from error
        if status in PASSING:
            raise _Unknown(_detail(body) or f"the way to the hub answered {status}")
        if not response.headers.get("Content-Type", "").startswith(HUB_PROBLEM):
            # A portal or proxy that forbids is no hub that refuses: the way may open again by itself.
            raise _Ended(
                CLOSE_ABNORMAL,
                f"what answers there ({status}) is no hub; open a page in a browser, it may want a sign-in",
            )
        code = CLOSE_SIGN_IN if status in SIGN_IN else CLOSE_ABNORMAL
        raise _Ended(code, _detail(body) or f"the hub answered {status}")

    async def _say_goodbye(self, client: httpx.AsyncClient) -> None:
        """Tell the hub that the session is over, if it still hears."""
        with contextlib.suppress(_Unknown, _Ended, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._ask(client, self._exchange.leaving())

    def _end(self, code: int, reason: str) -> None:
        if self._carrier is not None:
            self._carrier.closed(code, clean(reason, MAX_TEXT))


async def _read(response: httpx.Response) -> bytes:
    """Read a reply, as far as the limit goes."""
    parts = bytearray()
    async for part in response.aiter_bytes():
        parts += part
        if len(parts) > MAX_POLLED_BYTES:
            raise _Ended(CLOSE_TOO_LARGE, "what answers there sends too much")
    return bytes(parts)


def _detail(body: bytes) -> str:
    """Return what a hub says of its refusal; empty where it is no hub's."""
    try:
        return msgspec.json.decode(body, type=_Trouble).detail
    except (msgspec.MsgspecError, UnicodeError):
        return ""
