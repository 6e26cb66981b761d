"""The hub's HTTP interface as an OpenAPI document (https://spec.openapis.org/oas/v3.1.0).

Pure. Owns what an operation is; which there are stands in `routes`, which also serves them, so that the
document says what the hub does. Schemas come from the types that are read and written. Guarantees that every
operation names all the problems that it may answer with (RFC 9457).
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Document: TypeAlias = dict[
        str, "Document | Sequence[Document] | Sequence[str] | str | float | bool | None"
    ]

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"
_REFERENCE = "#/components/schemas/{name}"
_ALWAYS = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
"""What every request may be told: by the door, or when a bug is found."""
_WAITING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
"""Problems that may say when to come again."""


class ProblemDetails(Struct, frozen=True):
    """What went wrong (RFC 9457, section 3.1)."""

    type: str
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    """For people: what to do."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the hub does for a request."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    summary: str
    """In one line, without a full stop."""
    reply: object = None
    """The type of the JSON in a success; `None` where `media` is no JSON."""
    media: tuple[str, ...] = (JSON_TYPE,)
    """What a success is written in."""
    statuses: tuple[HTTPStatus, ...] = (HTTPStatus.OK,)
    """Of successes."""
    body: object = None
    """The type of the JSON in the request; `None` where `takes` is no JSON."""
    takes: tuple[str, ...] = ()
    """What the request's body may be written in; `()` for no body."""
    query: type | None = None
    """The type whose fields the query's parameters are; `None` for no query."""
    problems: tuple[HTTPStatus, ...] = ()
    """What else than the problems of every request may be answered."""
    guarded: bool = True
    """Whether some who come are asked to sign in."""


def document(operations: Sequence[Operation], version: str) -> dict[str, object]:
    """Return the OpenAPI document of some operations.

    Args:
        operations: all that the hub serves.
        version: the hub's version.
    """
    types = _types(operations)
    schemas, components = msgspec.json.schema_components(list(types.values()), ref_template=_REFERENCE)
    schema_of = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, object]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Courtside hub",
            "version": version,
            "description": "Live tournaments over HTTP. The same, as it happens, comes over the WebSocket "
            "at /v1/ws (subprotocols courtside.v1.json and courtside.v1.msgpack).",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        # Whether a token is needed depends on where one comes from: on the hub's own machine it is not.
        "security": [{}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _types(operations: Sequence[Operation]) -> dict[str, object]:
    """Return every type that is read or written, each under a name of its own."""
    found: dict[str, object] = {repr(ProblemDetails): ProblemDetails}
    for operation in operations:
        for one in (operation.reply, operation.body):
            if one is not None:
                found[repr(one)] = one
    return found


def _operation(operation: Operation, schema_of: Mapping[str, object]) -> dict[str, object]:
    described: dict[str, object] = {"summary": operation.summary, "operationId": _id(operation)}
    parameters = [*_path_parameters(operation.path), *_query_parameters(operation.query)]
    if parameters:
        described["parameters"] = parameters
    if operation.takes:
        schema = {} if operation.body is None else schema_of[repr(operation.body)]
        content = {media: {"schema": schema} if _is_json(media) else {} for media in operation.takes}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = {**_successes(operation, schema_of), **_problems(operation, schema_of)}
    return described


def _successes(operation: Operation, schema_of: Mapping[str, object]) -> dict[str, object]:
    schema = None if operation.reply is None else schema_of[repr(operation.reply)]
    content = {
        media: {"schema": schema} if schema is not None and _is_json(media) else {}
        for media in operation.media
    }
    return {
        str(status.value): {"description": status.phrase, "content": content} for status in operation.statuses
    }


def _problems(operation: Operation, schema_of: Mapping[str, object]) -> dict[str, object]:
    guards = (HTTPStatus.UNAUTHORIZED,) if operation.guarded else ()
    schema = schema_of[repr(ProblemDetails)]
    found: dict[str, object] = {}
    for status in sorted({*_ALWAYS, *guards, *operation.problems}):
        answer: dict[str, object] = {
            "description": status.phrase,
            "content": {PROBLEM_TYPE: {"schema": schema}},
        }
        if status in _WAITING:
            seconds = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
            answer["headers"] = {"Retry-After": seconds}
        found[str(status.value)] = answer
    return found


def _path_parameters(path: str) -> list[dict[str, object]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in names
    ]


def _query_parameters(query: type | None) -> list[dict[str, object]]:
    if query is None:
        return []
    (_,), components = msgspec.json.schema_components([query])
    properties: dict[str, dict[str, object]] = components[query.__name__]["properties"]
    found = []
    for name, whole in properties.items():
        # A parameter that is left out is what `null` stands for in the type.
        choices: list[dict[str, object]] = whole.get("anyOf", [])  # type: ignore[assignment]
        schema = next((one for one in choices if one != {"type": "null"}), whole)
        schema = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    return found


def _id(operation: Operation) -> str:
    parts = [part.strip("{}.").replace(".", "_") for part in operation.path.split("/") if part]
    return "_".join([operation.method.lower(), *parts])


def _is_json(media: str) -> bool:
    return media.endswith("json")
