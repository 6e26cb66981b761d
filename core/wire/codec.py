"""Codecs: messages to frames and back; JSON for people, MessagePack by default, by WebSocket subprotocol.

Guarantees that a frame above its limit is never decoded, that whatever is decoded is a complete, typed
message, and that anything else is a `WireError` that names the place and not the content.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from core.domain.commands import Entry, Founding
from core.errors import BadInput, Malformed, TooLarge, WireError
from core.wire.messages import (
    BINARY_SUBPROTOCOL,
    JSON_SUBPROTOCOL,
    MAX_CLIENT_FRAME_BYTES,
    MAX_ENTRY_BYTES,
    MAX_HUB_FRAME_BYTES,
    ClientMessage,
    HubMessage,
    Submit,
)

Format = Literal["json", "msgpack"]
Frame = str | bytes
T = TypeVar("T")

SUBPROTOCOLS: dict[str, Format] = {BINARY_SUBPROTOCOL: "msgpack", JSON_SUBPROTOCOL: "json"}
"""Subprotocols by preference, the best first."""

_json = msgspec.json.Encoder()
_msgpack = msgspec.msgpack.Encoder()
_from_client = (msgspec.json.Decoder(ClientMessage), msgspec.msgpack.Decoder(ClientMessage))
_from_hub = (msgspec.json.Decoder(HubMessage), msgspec.msgpack.Decoder(HubMessage))


def encode(message: ClientMessage | HubMessage, form: Format) -> Frame:
    """Encode a message as one frame: text for JSON, bytes for MessagePack."""
    return _json.encode(message).decode() if form == "json" else _msgpack.encode(message)


def decode_client(frame: Frame, limit_bytes: int = MAX_CLIENT_FRAME_BYTES) -> ClientMessage:
    """Decode what a client sent.

    Raises:
        TooLarge: the frame is above `limit_bytes`.
        Malformed: the frame is no client message.
    """
    message: ClientMessage = _decode(frame, *_from_client, limit_bytes)
    return message


def decode_hub(frame: Frame, limit_bytes: int = MAX_HUB_FRAME_BYTES) -> HubMessage:
    """Decode what a hub sent.

    Raises:
        TooLarge: the frame is above `limit_bytes`.
        Malformed: the frame is no hub message.
    """
    message: HubMessage = _decode(frame, *_from_hub, limit_bytes)
    return message


def check_entry(entry: Entry) -> None:
    """Prove that an entry can be sent and read again, whatever the form of its frames.

    Raises:
        BadInput: it holds what cannot be written or read back, or it is too large.
    """
    limit_bytes = MAX_CLIENT_FRAME_BYTES if isinstance(entry.command, Founding) else MAX_ENTRY_BYTES
    for form in SUBPROTOCOLS.values():
        try:
            decode_client(encode(Submit((entry,)), form), limit_bytes)
        except (WireError, OverflowError, UnicodeError, TypeError) as error:
            raise BadInput(f"this cannot be entered: {error}") from error


def _decode(
    frame: Frame, text: msgspec.json.Decoder[T], binary: msgspec.msgpack.Decoder[T], limit_bytes: int
) -> T:
    if len(frame) > limit_bytes:
        raise TooLarge(f"frame of {len(frame):,} is above the limit of {limit_bytes:,} bytes")
    try:
        return text.decode(frame) if isinstance(frame, str) else binary.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
