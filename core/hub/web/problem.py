"""Problems: how the hub says over HTTP that it does not do what was asked (RFC 9457).

Owns their form, for requests and for connections on which nothing comes that could be understood. Each has a
`detail` that tells people what to do.
"""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

import msgspec
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.exceptions import HTTPException
    from starlette.requests import Request

PROBLEM_TYPE = "application/problem+json"


def problem(status: HTTPStatus, detail: str) -> Response:
    """Return a problem (RFC 9457, section 3)."""
    return Response(problem_body(status, detail), status.value, media_type=PROBLEM_TYPE)


def problem_body(status: HTTPStatus, detail: str) -> bytes:
    """Return what a problem says."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return msgspec.json.encode(body)


def last_words(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a problem as the last bytes of a connection (RFC 9112, section 9.6)."""
    body = problem_body(status, detail)
    fields = {"Content-Type": PROBLEM_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"{name}: {value}" for name, value in (fields | dict(headers or {})).items()]
    head = "\r\n".join((f"HTTP/1.1 {status.value} {status.phrase}", *lines, "", ""))
    return head.encode() + body


def too_many(
    wait: float,
    detail: str,
    status: Literal[
        HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE
    ] = HTTPStatus.TOO_MANY_REQUESTS,
) -> Response:
    """Say after how many seconds to come again (RFC 6585, section 4; RFC 9110, section 10.2.3)."""
    response = problem(status, detail)
    response.headers["Retry-After"] = str(math.ceil(wait))
    return response


async def http_problem(_request: Request, error: Exception) -> Response:
    """Return what the router refuses as a problem."""
    refused: HTTPException = error  # type: ignore[assignment]  # registered for this class alone
    status = HTTPStatus(refused.status_code)
    response = problem(status, f"{status.description or status.phrase}; what there is begins with /v1/")
    response.headers.update(refused.headers or {})
    return response


async def bug_problem(_request: Request, _error: Exception) -> Response:
    """Return what nobody expected as a problem; its traceback is in the log."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this is a bug in the hub; its log says more")
