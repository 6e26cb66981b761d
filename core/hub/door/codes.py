"""Join codes: short enough to read out, used once, good for a while, and never kept as they are.

Pure. A code is `LENGTH` characters of an alphabet in which no two look alike: 110,000 million of them, of
which a hub looks at one wrong one a second (`door`). What is kept is a hash under the hub's secret, so a
stolen database opens nothing, and a look-up takes the same time for every code.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.hub.door.access import Pass
from core.wire.invites import Invite, NewInvite

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHABET = "2346789CDEFHJKMNPQRTVWXY"
"""Without what looks like something else: 0 and O, 1, I and L, 5 and S, 8 and B, 2 and Z, U and V."""
LENGTH = 8
GROUP = 4
"""Characters that are read out together."""


def make_code(choose: Callable[[str], str]) -> str:
    """Return a new code, grouped.

    Args:
        choose: takes one character of a text, each as likely, so that nobody can foretell it.
    """
    letters = "".join(choose(ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def plain_code(typed: str) -> str:
    """Return a code as it was made, however it was typed: capitals, dashes and spaces don't matter."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def digest(text: str, secret: bytes) -> bytes:
    """Return what is kept of a code or a claim."""
    return blake2b(text.encode(errors="replace"), key=secret, digest_size=32).digest()


def open_invite(id: str, asked: NewInvite, by: str, at: datetime) -> Invite:
    """Return a new invitation."""
    return Invite(
        id=id, asked=asked, by=by, made_at=at, code_until=at + timedelta(minutes=asked.code_minutes)
    )


def use_invite(invite: Invite, name: str, device: str, at: datetime) -> Invite | None:
    """Return an invitation as used by a device; `None` if its code can be used no more."""
    if invite.state(at) != "open":
        return None
    return replace(
        invite,
        used_at=at,
        used_by=invite.asked.name or name,
        device=device,
        token_until=at + timedelta(hours=invite.asked.hours),
    )


def pass_of_invite(invite: Invite) -> Pass:
    """Return the pass of whoever joined with an invitation."""
    asked = invite.asked
    return Pass(
        invite.id,
        invite.used_by,
        asked.role,
        None if asked.tournaments is None else frozenset(asked.tournaments),
        None if asked.courts is None else frozenset(asked.courts),
        asked.team,
        # Whole seconds, as tokens have them.
        None if invite.token_until is None else invite.token_until.replace(microsecond=0),
    )
