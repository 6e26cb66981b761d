"""The dialler: makes links of every kind, all of one shape, from the settings.

Owns what they share: whom to trust with `wss://`, and what is known of old servers, which outlives their
links. When a link is made, and how it is carried, is the engine's affair.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Protocol, TypeAlias

from core.errors import Unreachable
from core.realtime.disk.keyring import token_for
from core.realtime.network.basic_link import BasicLink
from core.realtime.network.link import Link
from core.realtime.network.polling import Polling
from core.realtime.network.tls import client_context
from core.realtime.oldserver.basic import Basic
from core.realtime.oldserver.learning import basic_epoch, is_basic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from core.domain.ids import TournamentId
    from core.domain.state import Tournament
    from core.realtime.network.link import Carrier
    from core.realtime.view import Via
    from core.settings import Settings
    from core.wire.messages import ClientMessage


FetchToken: TypeAlias = "Callable[[str], Awaitable[str]]"
"""Returns a token for a hub's address, as fresh as can be."""

logger = logging.getLogger(__name__)


class AnyLink(Protocol):
    """A link, however it is carried."""

    def send(self, message: ClientMessage) -> None:
        """Put a message on its way."""
        ...

    def hang_up(self, code: int, reason: str) -> None:
        """End the link; its carrier hears nothing any more."""
        ...

    async def run(self) -> None:
        """Dial, carry frames until the end, and report it."""
        ...


class Dialler:
    """Makes links.

    Args:
        settings: how to reach hubs.
        copies: the stored copies of tournaments.
        fetch_token: where tokens come from; `None` for the settings and what this device was given.

    Raises:
        BadSettings: certificates cannot be used.
    """

    def __init__(
        self, settings: Settings, copies: Iterable[Tournament], fetch_token: FetchToken | None = None
    ) -> None:
        self._settings = settings
        self._fetch_token = fetch_token
        secure = settings.tls_ca is not None or any(one.startswith("wss:") for one in settings.endpoints)
        self._tls = client_context(settings.tls_ca) if secure else None
        kept = tuple(copies)
        self._basic: Basic | None = None
        if not settings.enable_scalable_ws:
            self._basic = Basic(basic_epoch(secrets.token_hex(4)), settings.basic_tournaments, kept)
        self.copies = tuple(copy for copy in kept if is_basic(copy.position.epoch) == self.is_basic)
        """The copies that are of this mode: what was learnt from an old server is no hub's log."""
        self._hubs = frozenset(copy.id for copy in kept if not is_basic(copy.position.epoch))

    @property
    def is_basic(self) -> bool:
        """Whether old servers are dialled."""
        return self._basic is not None

    @property
    def fetches_tokens(self) -> bool:
        """Whether the program fetches tokens itself."""
        return self._fetch_token is not None

    def may_copy(self, tournament: TournamentId) -> bool:
        """Tell whether a copy may be stored: what is learnt from an old server replaces none of a hub."""
        return not self.is_basic or tournament not in self._hubs

    async def token(self, endpoint: str) -> str | None:
        """Return what signs this device in at an address, fetched for one dial; `None` for nothing.

        Raises:
            BadLog: the kept tokens cannot be read.
            Unreachable: the program that fetches tokens had none.
        """
        if self._fetch_token is None:
            return token_for(self._settings, endpoint)
        try:
            async with asyncio.timeout(self._settings.connection_timeout):
                return await self._fetch_token(endpoint)
        except Exception as error:  # a callback from outside is one of the program's edges
            logger.warning("no token for %s", endpoint, exc_info=True)
            raise Unreachable((endpoint,), f"no token could be had for it: {_words(error)}") from error

    def make(self, via: Via, endpoint: str, carrier: Carrier) -> AnyLink:
        """Make a link, not yet running."""
        settings = self._settings
        timeout = settings.connection_timeout
        if self._basic is not None:
            return BasicLink(endpoint, timeout, carrier, self._basic, tls=self._tls)
        if via == "polling":
            return Polling(endpoint, settings.wire, timeout, carrier, tls=self._tls)
        compression = settings.compression
        return Link(endpoint, settings.wire, timeout, carrier, tls=self._tls, compression=compression)


def _words(error: Exception) -> str:
    return "it took too long" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
