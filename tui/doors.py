"""The doors of the hub, as the console asks for them: getting in with a code, and letting others in.

Everything here blocks and is called on a thread of its own. What a role may do is the hub's affair.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from core import Invited, Settings, SignedIn, ids

# Nothing is sent there: the system only says by which of its addresses it would.
FAR = ("192.0.2.1", 9)


class Doors:
    """The doors of one console's hub.

    Args:
        settings: where the hub is, and who is here.
        addresses: where others reach it, as far as that is known otherwise than by the settings.
        opens_with_code: whether a code is shown at once, as for `--share`.
    """

    def __init__(
        self, settings: Settings, addresses: tuple[str, ...] = (), *, opens_with_code: bool = False
    ) -> None:
        self._settings = settings
        self.addresses = addresses or tuple(one for one in settings.endpoints if not _is_here(one))
        """Where others reach the hub; empty where it answers to this machine alone."""
        self.opens_with_code = opens_with_code

    @property
    def has_own_token(self) -> bool:
        """Whether this console was started with a token, which counts more than a joined one."""
        return self._settings.token is not None

    def join(self, code: str) -> SignedIn:
        """Sign in with a code and keep the sign-in.

        Raises:
            CourtsideError: the code opens nothing, or no hub answers.
        """
        # Loaded on use, with all that reaches a network.
        from core import join_hub

        return join_hub(self._settings, code)

    def invite(self, role: ids.Role) -> Invited:
        """Make a code for somebody.

        Raises:
            CourtsideError: that is not for this person, or no hub answers.
        """
        from core import NewInvite, make_invite

        return make_invite(self._settings, NewInvite(role))


def own_addresses(port: int) -> tuple[str, ...]:
    """Return where other machines reach a hub of this one, the likeliest first."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(FAR)
            found.append(probe.getsockname()[0])
        except OSError:
            # No network at all: others cannot come, and this machine need not be told.
            found = []
    try:
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)]
    except OSError:
        # A machine whose own name stands nowhere: what the network says is enough.
        found += []
    reachable = (one for one in dict.fromkeys(found) if not ipaddress.ip_address(one).is_loopback)
    return tuple(f"ws://{one}:{port}" for one in reachable)


def _is_here(endpoint: str) -> bool:
    """Tell whether an address leads to this machine alone."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
