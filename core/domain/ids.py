"""The identities of the domain, each a type of its own; how a match's short form and a room's id are read.

Ids are opaque strings, but for a room's, which says what the room is for (`read_room`). A tournament's,
team's, stage's, pool's, game's and court's id is a slug (`is_slug`); a match's id is unique in a hub: the
tournament's id, a dot and the short form (`euro-2024.m042`). A command's id is made once, at the key press,
by the shell that owns the key.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, Literal, NewType, TypeVar, get_args

if TYPE_CHECKING:
    from collections.abc import Collection

TournamentId = NewType("TournamentId", str)
StageId = NewType("StageId", str)
PoolId = NewType("PoolId", str)
MatchId = NewType("MatchId", str)
TeamId = NewType("TeamId", str)
CourtId = NewType("CourtId", str)
GameId = NewType("GameId", str)
CommandId = NewType("CommandId", str)
DeviceId = NewType("DeviceId", str)
Epoch = NewType("Epoch", str)
"""One life of a tournament's log: inside an epoch, seqs only grow."""
RoomId = NewType("RoomId", str)

T = TypeVar("T")

if TYPE_CHECKING:

    class Given(Generic[T]):
        """An id in a command, to the type checker: a program writes plain text, the house reads an id."""

        def __get__(self, instance: object, owner: type) -> T:
            """Read it as what it is."""

        def __set__(self, instance: object, value: str | T) -> None:
            """Take any text; only the command's making does."""

else:

    class Given:
        """The id's own type, to whatever looks at run time."""

        def __class_getitem__(cls, id: object) -> object:
            return id


Role = Literal["admin", "moderator", "participant", "spectator"]
ROLES: tuple[Role, ...] = get_args(Role)
RoomKind = Literal["tournament", "match", "presence", "private", "global"]
ROOM_KINDS: tuple[RoomKind, ...] = get_args(RoomKind)
GLOBAL_ROOM = RoomId("global")

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")


def is_slug(text: str) -> bool:
    """Tell whether `text` may be an id other than a match's: 1 to 64 of `a-z 0-9 - _`."""
    return _SLUG.fullmatch(text) is not None


def make_slug(text: str, otherwise: str, taken: Collection[str] = ()) -> str:
    """Make an id out of a name (`Türkiye` gives `turkiye`).

    Args:
        text: the name.
        otherwise: the slug of a name that has no letter or digit of the Latin alphabet.
        taken: ids in use; one of these gets a number behind it (`turkiye-2`).
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or otherwise
    number, made = 1, slug
    while made in taken:
        number += 1
        made = f"{slug}-{number}"
    return made


def match_id(tournament: TournamentId, short: str) -> MatchId:
    """Make the id that is unique in a hub out of a tournament and a short form such as `m042`."""
    return MatchId(f"{tournament}.{short}")


def short_form(match: MatchId) -> str:
    """Return what a person calls the match: the part after the dot, in capitals (`M042`)."""
    return match.rpartition(".")[2].upper()


def same_match(text: str, match: MatchId) -> bool:
    """Tell whether somebody who writes `text` may mean this match (`m17`, `M017`, `17`, `euro-2024.m017`)."""
    tournament, _, short = text.strip().lower().rpartition(".")
    return tournament in ("", tournament_of(match)) and _bare(short) == _bare(short_form(match).lower())


def _bare(short: str) -> str:
    """Return a numbered short form as its number alone, any other as it is."""
    digits = short.removeprefix("m")
    return digits.lstrip("0") if digits.isdecimal() else short


def tournament_of(match: MatchId) -> TournamentId:
    """Return the tournament that a match's id names."""
    return TournamentId(match.rpartition(".")[0])


def tournament_room(tournament: TournamentId) -> RoomId:
    """Return the room that carries a tournament's public log."""
    return RoomId(f"tournament:{tournament}")


def match_room(match: MatchId) -> RoomId:
    """Return the room that carries one match of its tournament's log."""
    return RoomId(f"match:{match}")


def presence_room(tournament: TournamentId) -> RoomId:
    """Return the room that tells who is there."""
    return RoomId(f"tournament:{tournament}:presence")


def admin_room(tournament: TournamentId) -> RoomId:
    """Return the private room of a tournament's admins."""
    return RoomId(f"tournament:{tournament}:admin")


def team_room(tournament: TournamentId, team: TeamId) -> RoomId:
    """Return the private room of a team."""
    return RoomId(f"tournament:{tournament}:team:{team}")


def role_room(tournament: TournamentId, role: Role) -> RoomId:
    """Return the private room of everybody with a role."""
    return RoomId(f"tournament:{tournament}:role:{role}")


@dataclass(frozen=True, slots=True)
class RoomParts:
    """What a room's id says."""

    kind: RoomKind
    tournament: TournamentId | None = None
    """`None` for the global room alone."""
    match: MatchId | None = None
    """The match of a match room."""
    team: TeamId | None = None
    """The team of a team's private room."""
    role: Role | None = None
    """The role of a role's private room; a private room of no team and no role is the admins'."""

    @property
    def has_own_log(self) -> bool:
        """Whether its events have a log of their own: they are in no tournament's."""
        return self.kind in ("private", "global")


# Kept: rights and lists ask this of the same rooms again and again.
@lru_cache(maxsize=8192)
def read_room(room: RoomId) -> RoomParts | None:
    """Return what a room's id says; `None` if no room can have that id. Whether there is one is the hub's."""
    kind, _, rest = room.partition(":")
    name, _, circle = rest.partition(":")
    if room == GLOBAL_ROOM:
        return RoomParts("global")
    if kind == "match" and is_slug(tournament_of(MatchId(rest))):
        return RoomParts("match", tournament_of(MatchId(rest)), match=MatchId(rest))
    if kind != "tournament" or not is_slug(name):
        return None
    return _read_circle(TournamentId(name), rest[len(name) :], circle)


def room_kind(room: RoomId) -> RoomKind | None:
    """Return a room's kind; `None` if no room can have that id."""
    parts = read_room(room)
    return None if parts is None else parts.kind


def _read_circle(tournament: TournamentId, suffix: str, circle: str) -> RoomParts | None:
    """Read what follows the tournament in a room's id: nothing, or for whom of it the room is."""
    what, _, name = circle.partition(":")
    if suffix in ("", ":presence"):
        return RoomParts("presence" if suffix else "tournament", tournament)
    if circle == "admin":
        return RoomParts("private", tournament)
    if what == "team" and is_slug(name):
        return RoomParts("private", tournament, team=TeamId(name))
    role = next((role for role in ROLES if role == name), None) if what == "role" else None
    return None if role is None else RoomParts("private", tournament, role=role)
