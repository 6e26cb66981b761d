"""Who may do what: by where the hub listens, and by where a browser's page came from.

Pure. A hub that listens on loopback trusts whoever reaches it; any other bind is for reading. Browsers'
origins are checked everywhere: a page from elsewhere must not reach a hub through the browser of somebody
at the venue, not even by a name that it made resolve here.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from core.domain.ids import Role

WRITERS: frozenset[Role] = frozenset({"admin", "moderator"})
"""The roles whose entries are judged."""


def is_loopback(host: str) -> bool:
    """Tell whether a host, by name or address, is this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_near(address: str) -> bool:
    """Tell whether an address is on this machine or a private network, where compressing does not pay."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


def role_on(host: str) -> Role:
    """Return the role of everybody who comes without a token to a hub that listens on `host`."""
    return "admin" if is_loopback(host) else "spectator"


def origin_allowed(origin: str | None, host: str | None) -> bool:
    """Tell whether a request may come in.

    Args:
        origin: the `Origin` header (RFC 6454, section 7); `None` without one: not a browser's page.
        host: the `Host` header.
    """
    if origin is None:
        return True
    try:
        asked = urlsplit(origin)
        if host is None or asked.netloc.lower() != host.lower() or asked.hostname is None:
            return False
        return asked.hostname == "localhost" or bool(ip_address(asked.hostname))
    except ValueError:
        return False
