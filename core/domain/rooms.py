"""The rooms that a tournament has from its beginning, whether anybody is in them or not.

A tournament's state says which rooms there are; who may enter one is `core.hub.door.access`'s affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.ids import (
    ROLES,
    Role,
    admin_room,
    match_room,
    presence_room,
    role_room,
    short_form,
    team_room,
    tournament_room,
)

if TYPE_CHECKING:
    from core.domain.ids import RoomId, RoomParts
    from core.domain.state import Tournament

_CIRCLES: dict[Role, str] = {
    "admin": "All admins",
    "moderator": "All scorekeepers",
    "participant": "All participants",
    "spectator": "All spectators",
}


def rooms_of(state: Tournament) -> tuple[RoomId, ...]:
    """Return every room of a tournament: its own, presence, the private ones, then one a match."""
    t = state.id
    return (
        tournament_room(t),
        presence_room(t),
        admin_room(t),
        *(role_room(t, role) for role in ROLES),
        *(team_room(t, team) for team in state.teams),
        *(match_room(match) for match in state.matches),
    )


def room_exists(state: Tournament, parts: RoomParts) -> bool:
    """Tell whether a room's id names a room of this tournament."""
    if parts.tournament != state.id:
        return False
    if parts.match is not None:
        return parts.match in state.matches
    return parts.team is None or parts.team in state.teams


def room_name(state: Tournament, parts: RoomParts) -> str:
    """Return what people call a room of this tournament that exists."""
    if parts.match is not None:
        return short_form(parts.match)
    if parts.team is not None:
        return state.teams[parts.team].name
    if parts.role is not None:
        return _CIRCLES[parts.role]
    return {"private": "Admins", "presence": "Presence"}.get(parts.kind, state.name)
