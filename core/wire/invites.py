"""Invitations and joining, as JSON bodies of `/v1/invites` and `/v1/join`.

Ops ask for an invitation and hand its code on; whoever has the code gets the token, once. Only the answer to
`NewInvite` ever has the code, and only the answer to `Redeem` the token.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from core.domain.ids import CourtId, DeviceId, Role, TeamId, TournamentId
from core.domain.text import clean

JOIN_PATH = "/v1/join"
INVITES_PATH = "/v1/invites"
TOKEN_HOURS = 24.0
"""How long a token is good for, unless told."""
CODE_MINUTES = 60.0
"""How long a code is good for, unless told."""
MAX_SCOPE = 200
"""Most tournaments or courts that an invitation names."""

Name = Annotated[str, Meta(max_length=200)]
Hours = Annotated[float, Meta(gt=0, le=24 * 366)]
Minutes = Annotated[float, Meta(gt=0, le=60 * 24 * 31)]
InviteState = Literal["open", "used", "expired", "revoked"]


class NewInvite(Struct, frozen=True, omit_defaults=True):
    """What ops ask for."""

    role: Role
    name: Name = ""
    """Who it is for; `""` leaves the name to whoever joins."""
    tournaments: Annotated[tuple[TournamentId, ...], Meta(max_length=MAX_SCOPE)] | None = None
    """`None` for all."""
    courts: Annotated[tuple[CourtId, ...], Meta(max_length=MAX_SCOPE)] | None = None
    """`None` for all."""
    team: TeamId | None = None
    """The team of a participant."""
    hours: Hours = TOKEN_HOURS
    """How long the token is good for, from joining on."""
    code_minutes: Minutes = CODE_MINUTES
    """How long the code can be used."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


class Invite(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An invitation as the hub keeps it. Its id is the token's, too."""

    id: str
    asked: NewInvite
    by: str = ""
    """Who asked for it; `""` for whoever was at the hub's own machine."""
    made_at: datetime
    code_until: datetime
    """When the code can be used no more."""
    used_at: datetime | None = None
    """When somebody joined with it; `None` as long as nobody has."""
    used_by: str = ""
    """Who joined."""
    device: str = ""
    """The device that joined."""
    token_until: datetime | None = None
    """When the token is good no more; `None` as long as there is none."""
    revoked_at: datetime | None = None

    def state(self, at: datetime) -> InviteState:
        """Return what the invitation is at a moment."""
        if self.revoked_at is not None:
            return "revoked"
        until = self.code_until if self.token_until is None else self.token_until
        if at >= until:
            return "expired"
        return "open" if self.used_at is None else "used"


class Invited(Struct, frozen=True):
    """The answer to `NewInvite`."""

    invite: Invite
    code: str
    """To hand on, as it is read out: `K7QM-3XRD`."""


class Redeem(Struct, frozen=True, omit_defaults=True):
    """What a device brings that joins."""

    code: Annotated[str, Meta(max_length=64)]
    name: Name
    """The person at the device."""
    device: Annotated[DeviceId, Meta(max_length=128)]
    claim: Annotated[str, Meta(max_length=64)] = ""
    """Made up by the device and kept: the same code and claim get the same token, should the answer be
    lost."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


class SignedIn(Struct, frozen=True, omit_defaults=True):
    """The answer to `Redeem`: what signs the device in from now on."""

    hub: str
    """The hub's id."""
    id: str
    token: str
    role: Role
    name: str
    until: datetime
    """When the token is good no more."""
    tournaments: tuple[TournamentId, ...] | None = None
    courts: tuple[CourtId, ...] | None = None
    team: TeamId | None = None
