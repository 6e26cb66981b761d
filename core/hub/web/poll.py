"""Long polling: links for those who get no WebSocket through, carried by requests to `/v1/poll`.

A session is a link like any other with a mailbox for a connection; what is said over it is `link`'s affair,
its numbers are `mailbox`'s. It lives while its client asks: one that is silent as long as a dead connection
may be, that leaves too much unread or that never says hello is ended. Its client then begins another and
recovers by position, as after any lost link. A session's id is known to its client alone: it is in the body,
never in an address.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from msgspec import Raw
from starlette.responses import Response

from core.errors import TooLarge, WireError
from core.hub.link import HELLO_DEADLINE, Link
from core.hub.protocol import MAX_BUFFER_BYTES, UNREAD
from core.hub.web.body import read_body
from core.hub.web.mailbox import Mailbox
from core.hub.web.problem import problem, too_many
from core.wire.poll import (
    BATCH_BYTES,
    LONGEST_WAIT,
    MAX_FRAMES,
    MAX_POLL_BYTES,
    MEDIA_TYPES,
    Farewell,
    Polled,
    decode_poll,
    encode_body,
    form_of,
    unwrap,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from core.hub.door.door import Visitor
    from core.hub.lobby import Lobby
    from core.hub.protocol import Packed
    from core.wire.codec import Format, Frame
    from core.wire.poll import Poll

CLOSE_ABNORMAL = 1006
"""RFC 6455, 7.4.1: there was no farewell."""
CLOSE_NO_HELLO = 4408
"""The client said nothing in time; it may try again."""
MAX_SESSIONS = 2_000
"""Most sessions at a time; each may hold as much unread as a WebSocket's client."""

logger = logging.getLogger(__name__)


class Caller:
    """One session's end at the hub: what a connection is to other links.

    Args:
        on_end: told once, when the session is over.
    """

    kind: Literal["websocket", "poll"] = "poll"

    def __init__(self, on_end: Callable[[Caller], None]) -> None:
        self.id = secrets.token_hex(16)
        self.mailbox = Mailbox(MAX_BUFFER_BYTES)
        self.heard_at = asyncio.get_running_loop().time()
        """Loop time of the newest request."""
        self.fell_behind = False
        """Whether it was ended for what it left unread."""
        self.lost = asyncio.Event()
        """Set when the session is over and its client was told, or cannot be."""
        self.end: Farewell | None = None
        self.left = False
        """Whether the client said that it goes."""
        self._on_end = on_end
        self._news = asyncio.Event()

    @property
    def unread_bytes(self) -> int:
        """What waits for the client."""
        return self.mailbox.unread_bytes

    def write(self, packed: Packed) -> None:
        """Keep a message for the client, or end a session that has left too much unread."""
        if self.end is not None:
            return
        unread = self.unread_bytes
        if not self.mailbox.put(packed.payload):
            self.fall_behind()
            return
        self._news.set()
        if unread:
            UNREAD.note(self, len(packed.payload))

    def fall_behind(self) -> None:
        """End the session at once, for what is left unread."""
        logger.warning("ended a polling session with %d bytes unread", self.unread_bytes)
        self.fell_behind = True
        self.abort()

    def ping(self) -> None:
        """Do nothing: the heartbeat that comes with it ends the poll that waits."""

    def close(self, code: int, reason: str) -> None:
        """End the session with a reason, which the client reads with its next poll."""
        if self.end is None:
            self.end = Farewell(code, reason)
            self._news.set()
            # Later: whoever writes to many links goes through a set that this takes one out of.
            asyncio.get_running_loop().call_soon(self._on_end, self)

    def abort(self) -> None:
        """End the session at once; what waits is thrown away."""
        self.mailbox = Mailbox(MAX_BUFFER_BYTES)
        self.close(CLOSE_ABNORMAL, "")
        self.lost.set()

    async def news(self, seconds: float) -> None:
        """Wait until there is something for the client, or for so long."""
        # A poll that still waits was overtaken by this one, as its client heard nothing of it.
        self._news.set()
        if len(self.mailbox) or self.end is not None:
            return
        self._news = news = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await news.wait()
        except TimeoutError:
            return


class Polling:
    """The sessions of a hub, and the handler of their requests.

    Args:
        lobby: where their links belong.
    """

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._links: dict[str, tuple[Caller, Link, Format]] = {}

    async def poll(self, request: Request) -> Response:
        """Take what a client brings, and answer when there is something for it."""
        form = form_of(request.headers.get("content-type", ""))
        if form is None:
            detail = f"a poll is of the type {' or '.join(MEDIA_TYPES.values())}"
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
        try:
            poll = decode_poll(await read_body(request, MAX_POLL_BYTES), form)
            frames = [unwrap(raw, form) for raw in poll.frames]
        except TimeoutError:
            return problem(HTTPStatus.REQUEST_TIMEOUT, "the request took too long to arrive")
        except TooLarge as error:
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        except WireError as error:
            return problem(HTTPStatus.BAD_REQUEST, f"the poll cannot be read: {error}")
        if not poll.session:
            return self._open(form, request.scope["state"]["visitor"])
        known = self._links.get(poll.session)
        if known is None or known[2] != form:
            return problem(HTTPStatus.GONE, "there is no such session any more; begin another")
        return await self._serve(poll, frames, *known)

    def _open(self, form: Format, visitor: Visitor) -> Response:
        if self._lobby.leaving or len(self._links) >= MAX_SESSIONS:
            return too_many(2, "the hub takes no more sessions now", HTTPStatus.SERVICE_UNAVAILABLE)
        caller = Caller(self._forget)
        link = Link(self._lobby, caller, form, visitor)
        self._links[caller.id] = (caller, link, form)
        asyncio.get_running_loop().call_later(HELLO_DEADLINE, self._end_if_silent, caller, link)
        return self._reply(caller, form, 1)

    async def _serve(
        self, poll: Poll, frames: list[Frame], caller: Caller, link: Link, form: Format
    ) -> Response:
        caller.heard_at = asyncio.get_running_loop().time()
        fresh = caller.mailbox.receive_frames(poll.first, frames)
        if fresh is None or not caller.mailbox.receive_seen(poll.seen):
            caller.abort()
            return problem(HTTPStatus.GONE, "what was said before is not known here; begin another session")
        for frame in fresh:
            if caller.end is None:
                link.receive_frame(frame)
        if poll.leaving:
            caller.left = True
            caller.abort()
        if poll.wait and not poll.leaving:
            await caller.news(min(poll.wait, LONGEST_WAIT))
            return self._reply(caller, form, *caller.mailbox.batch(BATCH_BYTES, MAX_FRAMES))
        return self._reply(caller, form, poll.seen + 1)

    def _reply(self, caller: Caller, form: Format, first: int, frames: tuple[bytes, ...] = ()) -> Response:
        """Say what there is to say; the end comes with the last frames."""
        is_last = caller.end is not None and len(frames) == len(caller.mailbox)
        if is_last:
            caller.lost.set()
        polled = Polled(
            hub=self._lobby.hub,
            session=caller.id,
            taken=caller.mailbox.taken,
            first=first,
            frames=tuple(Raw(frame) for frame in frames),
            end=caller.end if is_last else None,
        )
        return Response(encode_body(polled, form), media_type=MEDIA_TYPES[form])

    def _forget(self, caller: Caller) -> None:
        """Let a session's link out; the session itself is known until its client has read the end."""
        _, link, _ = self._links[caller.id]
        link.end(clean=caller.left)
        seconds = LONGEST_WAIT if len(caller.mailbox) or not caller.lost.is_set() else 0.0
        asyncio.get_running_loop().call_later(seconds, self._links.pop, caller.id, None)

    def _end_if_silent(self, caller: Caller, link: Link) -> None:
        if not link.greeted:
            caller.close(CLOSE_NO_HELLO, f"no hello within {HELLO_DEADLINE:.0f} s")
