"""The probe: what is true of one hub's address, found out step by step, for whoever asks what is wrong.

Asks over HTTP, then by a WebSocket of its own that says hello and leaves, and looks at the certificate.
Changes nothing, joins no room, and never waits longer than its patience for a step. What it finds are facts;
what they mean is told by whoever asked.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from core.domain.ids import DeviceId
from core.errors import CourtsideError
from core.realtime.disk.keyring import token_for
from core.realtime.network.link import is_near
from core.realtime.network.tls import client_context, tls_reason, tls_words
from core.settings import SOCKET_PATH
from core.wire.codec import decode_hub, encode
from core.wire.messages import JSON_SUBPROTOCOL, Hello, Problem, Welcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

    from core.settings import Settings

PATIENCE = 5.0
"""Longest wait for one step, in seconds."""
ROUNDS = 3
"""Requests of which the quickest counts as the latency."""
DEVICE = DeviceId("doctor")


class _Health(msgspec.Struct, frozen=True):
    hub: str
    version: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found at an address."""

    endpoint: str
    answers: bool
    """Whether anything answers over HTTP."""
    is_hub: bool = False
    """Whether that is a hub."""
    why: str = ""
    """Why it does not answer, or what answers instead; `""` for a hub."""
    version: str = ""
    """The hub's."""
    latency: float = 0.0
    """Seconds from a request to its answer."""
    ahead: float | None = None
    """Seconds by which the hub's clock is ahead of this one; `None` where it did not say."""
    websocket: bool = False
    """Whether a WebSocket gets through to it."""
    blocked: str = ""
    """Why none does; `""` where one does."""
    welcome: Welcome | None = None
    """What it said to this device's hello; `None` for nothing."""
    refused: str = ""
    """Why it did not let this device in; `""` where it did."""
    certificate: Certificate | None = None
    """`None` without TLS, or where it is not accepted."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a hub shows for itself with `wss://`."""

    until: datetime
    names: tuple[str, ...]
    """Names and addresses that it is for."""


def probe(settings: Settings, endpoint: str) -> Probe:
    """Find out what is at an address. Blocks, for some `PATIENCE` at most."""
    import httpx

    try:
        with httpx.Client(
            base_url=f"http{endpoint.removeprefix('ws')}",
            timeout=min(settings.connection_timeout, PATIENCE),
            trust_env=not is_near(endpoint),
            verify=client_context(settings.tls_ca) if endpoint.startswith("wss:") else True,
        ) as client:
            found = _asked(client, endpoint)
    except httpx.HTTPError as error:
        return Probe(endpoint, answers=False, why=tls_reason(error) or str(error) or type(error).__name__)
    except CourtsideError as error:
        return Probe(endpoint, answers=False, why=str(error))
    if not found.is_hub:
        return found
    return _greeted(settings, _with_certificate(settings, found))


def _asked(client: httpx.Client, endpoint: str) -> Probe:
    """Ask a hub whether it is well."""
    latency, ahead, health = float("inf"), None, None
    for _ in range(ROUNDS):
        sent_at, began = datetime.now(UTC), time.monotonic()
        response = client.get("/healthz")
        took = time.monotonic() - began
        if response.status_code != HTTPStatus.OK:
            what = f"it answers with {response.status_code}"
            if response.is_redirect:
                what += f" to {response.headers.get('location', '')[:200]}"
            return Probe(endpoint, answers=True, why=what)
        try:
            health = msgspec.json.decode(response.content, type=_Health)
        except (msgspec.MsgspecError, UnicodeError):
            return Probe(endpoint, answers=True, why="it answers, but not as a hub does")
        if took < latency:
            latency = took
            ahead = None if health.at is None else (health.at - sent_at).total_seconds() - took / 2
    assert health is not None, "asked at least once"
    return Probe(endpoint, answers=True, is_hub=True, version=health.version, latency=latency, ahead=ahead)


def _with_certificate(settings: Settings, found: Probe) -> Probe:
    if not found.endpoint.startswith("wss:"):
        return found
    parts = urlsplit(found.endpoint)
    address = (parts.hostname or "", parts.port or 443)
    try:
        context = client_context(settings.tls_ca)
        with (
            socket.create_connection(address, PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=address[0]) as secure,
        ):
            shown = secure.getpeercert() or {}
    except ssl.SSLError as error:
        return replace(found, why=tls_words(error))
    except OSError as error:
        # Asked over HTTP a moment ago: through a proxy there is no certificate of the hub to be seen.
        return replace(found, why=str(error))
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    pairs: Iterable[tuple[str, str]] = shown.get("subjectAltName", ())  # type: ignore[assignment]
    names = tuple(name for _, name in pairs)
    return replace(found, certificate=Certificate(until, names))


def _greeted(settings: Settings, found: Probe) -> Probe:
    """Say hello by a WebSocket."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    near = is_near(found.endpoint)
    try:
        token = token_for(settings, found.endpoint)
        tls = client_context(settings.tls_ca) if found.endpoint.startswith("wss:") else None
        with connect(
            f"{found.endpoint}{SOCKET_PATH}",
            subprotocols=[Subprotocol(JSON_SUBPROTOCOL)],
            open_timeout=PATIENCE,
            close_timeout=1.0,
            compression=None,
            max_size=None,
            proxy=None if near else True,
            ssl=tls,
        ) as connection:
            found = replace(found, websocket=True)
            connection.send(encode(Hello(DEVICE, settings.name, token=token), "json"))
            said = decode_hub(connection.recv(timeout=PATIENCE))
    except (WebSocketException, OSError, CourtsideError) as error:
        reason = str(error) or type(error).__name__
        return replace(found, refused=reason) if found.websocket else replace(found, blocked=reason)
    match said:
        case Welcome():
            return replace(found, welcome=said)
        case Problem(detail=detail):
            return replace(found, refused=detail)
        case _:
            return replace(found, refused="it says what no hub says first")
