"""Reading from a hub over HTTP: the directory, the rooms, and whole logs page by page.

Owns no connection: each call opens its own and closes it. Guarantees that a log is returned complete and of
one epoch, or not at all.
httpx is imported on first use, since it is slow to load and most commands never need it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

import msgspec

from core.domain.events import Event
from core.domain.ids import Epoch
from core.errors import BadLog, Malformed, SignInRefused, Unknown, Unreachable
from core.realtime.disk.keyring import token_for
from core.realtime.network.link import is_near
from core.realtime.network.tls import client_context, tls_reason
from core.wire.analytics import Analytics
from core.wire.messages import Listing
from core.wire.rooms import RoomInfo

if TYPE_CHECKING:
    import httpx

    from core.domain.ids import RoomKind, TournamentId
    from core.settings import Settings

PAGE_EVENTS = 5_000
"""Events to ask for at once."""

REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SignedAddress:
    """A hub's address, with what signs this device in there."""

    endpoint: str
    token: str | None = field(repr=False)
    """`None` for nothing."""


class _Page(msgspec.Struct, frozen=True):
    epoch: Epoch
    seq: int
    events: tuple[Event, ...]


class _Health(msgspec.Struct, frozen=True):
    """What a hub says of itself, and nothing else that answers."""

    hub: str


class _Trouble(msgspec.Struct, frozen=True):
    """A hub's refusal (RFC 9457, section 3.1)."""

    detail: str = ""


def fetch_directory(settings: Settings) -> tuple[Listing, ...]:
    """Return the tournaments that the hub holds. Blocks.

    Raises:
        Unreachable: no hub answers.
    """
    with _Reader(settings) as reader:
        return reader.get("/v1/tournaments", tuple[Listing, ...])


def fetch_rooms(
    settings: Settings,
    *,
    kind: RoomKind | None = None,
    has_members: bool | None = None,
    search: str = "",
    at: SignedAddress | None = None,
) -> tuple[RoomInfo, ...]:
    """Return the rooms that the hub has, of those that this device may read. Blocks.

    Args:
        settings: where the hubs are.
        kind: only rooms of this kind.
        has_members: only rooms with members, or only those without; `None` for both.
        search: only rooms whose id or name has this in it.
        at: the hub to ask; `None` for the first of the settings' that answers.

    Raises:
        Unreachable: no hub answers.
    """
    asked = {"type": kind or "", "search": search}
    if has_members is not None:
        asked["has_members"] = "true" if has_members else "false"
    query = urlencode({name: value for name, value in asked.items() if value})
    with _Reader(settings, at) as reader:
        return reader.get(f"/v1/rooms?{query}" if query else "/v1/rooms", tuple[RoomInfo, ...])


def fetch_analytics(settings: Settings, tournament: TournamentId) -> Analytics:
    """Return how a tournament was followed and entered. Blocks.

    Raises:
        Unreachable: no hub answers.
        Unknown: the hub has no such tournament.
    """
    with _Reader(settings) as reader:
        return reader.get(f"/v1/tournaments/{tournament}/analytics", Analytics)


def fetch_log(
    settings: Settings, tournament: TournamentId, after: int = 0
) -> tuple[Epoch, tuple[Event, ...]]:
    """Return a tournament's log from the hub: its epoch and its events, by seq. Blocks.

    Args:
        settings: where the hubs are.
        tournament: which log.
        after: the seq after which to begin; 0 for the whole log.

    Raises:
        Unreachable: no hub answers.
        Unknown: the hub has no such tournament.
        BadLog: what came is no complete log.
    """
    with _Reader(settings) as reader:
        epoch: Epoch | None = None
        events: list[Event] = []
        while True:
            last = events[-1].seq if events else after
            path = f"/v1/tournaments/{tournament}/events?after={last}&limit={PAGE_EVENTS}"
            try:
                page = reader.get(path, _Page)
            except Unknown:
                near = [listing.id for listing in reader.get("/v1/tournaments", tuple[Listing, ...])]
                raise Unknown("tournament", tournament, near[:3]) from None
            if epoch is not None and page.epoch != epoch:
                # A new epoch began while its pages were read: only a log from its beginning is one log.
                events.clear()
            epoch = page.epoch
            expected = events[-1].seq + 1 if events else after + 1
            if [event.seq for event in page.events] != list(range(expected, expected + len(page.events))):
                raise BadLog(tournament, f"the hub's page after {last} is not contiguous")
            events += page.events
            if not page.events or events[-1].seq >= page.seq:
                return epoch, tuple(events)


def fetch_past(settings: Settings, tournament: TournamentId, epoch: Epoch) -> tuple[Event, ...]:
    """Return the log of an older epoch from the hub, from its first event to the first one that is missing.

    Args:
        settings: where the hubs are.
        tournament: whose log.
        epoch: which epoch.

    Raises:
        Unreachable: no hub answers.
        Unknown: the hub knows no such tournament, or no such epoch of it.
    """
    with _Reader(settings) as reader:
        events: list[Event] = []
        while True:
            query = urlencode({"epoch": epoch, "after": len(events), "limit": PAGE_EVENTS})
            page = reader.get(f"/v1/tournaments/{tournament}/events?{query}", _Page)
            whole = [event for seq, event in enumerate(page.events, len(events) + 1) if event.seq == seq]
            events += whole
            if not page.events or len(whole) < len(page.events) or len(events) >= page.seq:
                return tuple(events)


class _Reader:
    """One HTTP connection to the first hub that answers, or to the one that is named."""

    def __init__(self, settings: Settings, at: SignedAddress | None = None) -> None:
        self._settings = settings
        self._at = at
        self._client: httpx.Client | None = None

    def __enter__(self) -> _Reader:
        import httpx

        why = ""
        for endpoint in self._settings.endpoints if self._at is None else (self._at.endpoint,):
            token = token_for(self._settings, endpoint) if self._at is None else self._at.token
            client = httpx.Client(
                base_url="http" + endpoint.removeprefix("ws"),
                headers={"Authorization": f"Bearer {token}"} if token else None,
                timeout=self._settings.connection_timeout,
                trust_env=not is_near(endpoint),
                verify=client_context(self._settings.tls_ca) if endpoint.startswith("wss:") else True,
            )
            try:
                response = client.get("/healthz").raise_for_status()
                msgspec.json.decode(response.content, type=_Health)
            except httpx.HTTPError as error:
                client.close()
                why = tls_reason(error) or str(error)
                continue
            except (msgspec.MsgspecError, UnicodeError):
                client.close()
                why = "what answers there is no hub; open a page in a browser, it may ask for a sign-in"
                continue
            self._client = client
            return self
        raise Unreachable(self._settings.endpoints, why)

    def __exit__(self, *exc_info: object) -> None:
        if self._client is not None:
            self._client.close()

    def get(self, path: str, kind: type[T]) -> T:
        """Return what stands at a path.

        Raises:
            Unknown: nothing does.
            SignInRefused: this device may not read it.
            Unreachable: the hub does not answer, or cannot.
            Malformed: what came is not what it should be.
        """
        import httpx

        assert self._client is not None
        try:
            response = self._client.get(path)
        except httpx.HTTPError as error:
            raise Unreachable(self._settings.endpoints, str(error)) from error
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise Unknown("page", path)
        try:
            if response.is_error:
                detail = msgspec.json.decode(response.content, type=_Trouble).detail
                if response.status_code in REFUSALS:
                    raise SignInRefused(str(self._client.base_url), detail)
                raise Unreachable(self._settings.endpoints, detail or f"HTTP {response.status_code}")
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.MsgspecError as error:
            raise Malformed(f"{path}: {error}") from error
