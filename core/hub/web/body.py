"""A request's body, read within its bounds of size and time."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from core.errors import TooLarge

if TYPE_CHECKING:
    from starlette.requests import Request

BODY_DEADLINE = 10.0
"""Seconds that a request's body may take."""


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Read a body.

    Raises:
        TooLarge: it is above the limit; what comes after is not read.
        TimeoutError: it did not arrive in time.
        HTTPException: the client hung up half way; nobody is there to read the answer.
    """
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_DEADLINE):
            async for part in request.stream():
                parts += part
                if len(parts) > limit_bytes:
                    raise TooLarge(f"a request is at most {limit_bytes:,} bytes; bring this in parts")
    except ClientDisconnect as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the request ended before its body did") from error
    return bytes(parts)
