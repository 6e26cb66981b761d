"""What a broadcast carries: any JSON value, kept as its text.

As text a value is the same to the byte in a journal, in a log and in every form of frame, and an entry that
holds it can be compared. The text is ASCII and of one line, so it is harmless wherever it is shown; strings
that are read out of it are data from outside like any other.
"""

from __future__ import annotations

import json
from typing import TypeAlias

from core.errors import BadPayload

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_PAYLOAD_BYTES = 4 << 10
"""Longest payload: with its entry it stays within `core.wire.messages.MAX_ENTRY_BYTES`."""
NOTHING = "null"
"""The payload that says nothing."""


def pack_payload(value: Json) -> str:
    """Return a value as the text that stands in entries and events.

    Raises:
        BadPayload: it is no JSON value, or it is too large.
    """
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadPayload(str(error)) from error
    return _within_limit(text)


def read_payload(text: str) -> Json:
    """Return the value of a payload's text.

    Raises:
        BadPayload: it is no JSON.
    """
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadPayload(f"it is no JSON: {error}") from error
    return value


def plain_payload(text: str) -> str:
    """Return JSON text of any layout as a payload's text; a payload's text comes back unchanged.

    Raises:
        BadPayload: it is no JSON, or it is too large.
    """
    return pack_payload(read_payload(_within_limit(text)))


def _within_limit(text: str) -> str:
    if len(text) > MAX_PAYLOAD_BYTES:
        raise BadPayload(f"{len(text):,} characters of JSON are above the limit of {MAX_PAYLOAD_BYTES:,}")
    return text
