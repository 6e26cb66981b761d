"""Long polling: the two bodies of `POST /v1/poll`, which carry the frames of one link both ways over HTTP.

For where no WebSocket gets through. A session stands for the connection, and frames are numbered from 1 in
each direction, so that a request or a reply that is lost on the way is sent again without anything coming
twice or in another order. What a frame means stands in `messages`. A body is written like its frames, by
its media type; that of a reply, and the hub's id in it, tell a hub from whatever else answers with 200.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from core.errors import Malformed, TooLarge
from core.wire.messages import MAX_CLIENT_FRAME_BYTES, MAX_HUB_FRAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.wire.codec import Format, Frame

POLL_PATH = "/v1/poll"
"""Where a hub takes polls, below its address."""
MEDIA_TYPES: Mapping[Format, str] = MappingProxyType(
    {"msgpack": "application/vnd.courtside.v1+msgpack", "json": "application/vnd.courtside.v1+json"}
)
"""How a body is written, by its `Content-Type`; the reply is written like the request."""
LONGEST_WAIT = 20.0
"""Seconds that a hub keeps a poll at most; proxies give up on slower answers."""
MAX_SESSION = 64
MAX_FRAMES = 256
"""Most frames of one body."""
BATCH_BYTES = 4 << 20
"""Frames of this many bytes fill a reply; a larger one goes alone."""
MAX_POLL_BYTES = MAX_CLIENT_FRAME_BYTES + (16 << 10)
"""Largest body that a hub takes: the largest frame and what surrounds it."""
MAX_POLLED_BYTES = MAX_HUB_FRAME_BYTES + (16 << 10)
"""Largest body that a client takes."""

Number = Annotated[int, Meta(ge=0, le=2**53)]
B = TypeVar("B")


class Poll(Struct, frozen=True, omit_defaults=True):
    """What a client brings, and how long it waits for something to take along."""

    session: Annotated[str, Meta(max_length=MAX_SESSION)]
    """The session's id, which nobody else knows; empty to begin one."""
    seen: Number = 0
    """Number of the last frame that came from the hub; it need not be kept any longer."""
    first: Number = 1
    """Number of the first of `frames`."""
    frames: Annotated[tuple[Raw, ...], Meta(max_length=MAX_FRAMES)] = ()
    """Messages of the client, the next ones in order."""
    wait: Annotated[float, Meta(ge=0)] = 0.0
    """Longest wait for a frame, in seconds; 0 to bring only and be answered at once."""
    leaving: bool = False
    """Whether the session ends with this."""


class Farewell(Struct, frozen=True):
    """How the hub ended the link."""

    code: int
    """As in WebSocket's close frame."""
    reason: str


class Polled(Struct, frozen=True, omit_defaults=True):
    """What a hub has to say."""

    hub: str
    """The hub's id."""
    session: str
    taken: Number
    """Number of the last of the client's frames that the hub has."""
    first: Number = 1
    """Number of the first of `frames`."""
    frames: tuple[Raw, ...] = ()
    """The hub's messages after those that were seen, in order; empty if none came in time."""
    end: Farewell | None = None
    """The session is over after these frames; `None` while it is not."""


def form_of(media_type: str) -> Format | None:
    """Return how a body of this `Content-Type` is written; `None` for none of ours."""
    name = media_type.partition(";")[0].strip().lower()
    return next((form for form, ours in MEDIA_TYPES.items() if ours == name), None)


def wrap(frame: Frame) -> Raw:
    """Return a frame as it stands in a body."""
    return Raw(frame.encode() if isinstance(frame, str) else frame)


def unwrap(raw: Raw, form: Format) -> Frame:
    """Return a body's frame as a link would have carried it.

    Raises:
        Malformed: it is no text.
    """
    try:
        return bytes(raw).decode() if form == "json" else bytes(raw)
    except UnicodeError as error:
        raise Malformed(str(error)) from error


def encode_body(body: Poll | Polled, form: Format) -> bytes:
    """Write a body."""
    return msgspec.json.encode(body) if form == "json" else msgspec.msgpack.encode(body)


def decode_poll(body: bytes, form: Format) -> Poll:
    """Read what a client brought.

    Raises:
        TooLarge: it is above `MAX_POLL_BYTES`.
        Malformed: it is no poll.
    """
    return _decode(body, form, Poll, MAX_POLL_BYTES)


def decode_polled(body: bytes, form: Format) -> Polled:
    """Read what a hub said.

    Raises:
        TooLarge: it is above `MAX_POLLED_BYTES`.
        Malformed: it is no hub's reply.
    """
    return _decode(body, form, Polled, MAX_POLLED_BYTES)


def _decode(body: bytes, form: Format, kind: type[B], limit_bytes: int) -> B:
    if len(body) > limit_bytes:
        raise TooLarge(f"body of {len(body):,} is above the limit of {limit_bytes:,} bytes")
    try:
        read = msgspec.json.decode if form == "json" else msgspec.msgpack.decode
        return read(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
