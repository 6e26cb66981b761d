"""The identities of the domain, each a type of its own, and how a match's short form is read.

Ids are opaque strings. A tournament's, team's, stage's, pool's and court's id is a slug
(`is_slug`); a match's id is unique in a hub: the tournament's id, a dot and the short form
(`euro-2024.m042`). A command's id is made once, at the key press, by the shell that owns the key.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Collection

TournamentId = NewType("TournamentId", str)
StageId = NewType("StageId", str)
PoolId = NewType("PoolId", str)
MatchId = NewType("MatchId", str)
TeamId = NewType("TeamId", str)
CourtId = NewType("CourtId", str)
CommandId = NewType("CommandId", str)
DeviceId = NewType("DeviceId", str)
Epoch = NewType("Epoch", str)
"""One life of a tournament's log: inside an epoch, seqs only grow."""
RoomId = NewType("RoomId", str)

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


def tournament_room(tournament: TournamentId) -> RoomId:
    """Return the room that carries a tournament's public log."""
    return RoomId(f"tournament:{tournament}")


def tournament_of(match: MatchId) -> TournamentId:
    """Return the tournament that a match's id names."""
    return TournamentId(match.rpartition(".")[0])
