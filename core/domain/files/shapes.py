"""The shapes of the tables in Courtside's own file: which keys there are and what each may hold.

Strict: a key that is not known is refused with the nearest that is. What the tables mean together is
`native`'s affair.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct, field

from core.domain.plan import DEFAULT_TIE_BREAKS, Status, TieBreak, WithdrawalRule
from core.errors import BadFile

if TYPE_CHECKING:
    from collections.abc import Iterable

State = Literal["scheduled", "live", "final", "official"]
FormatName = Literal["round_robin", "single_elimination", "double_elimination", "swiss"]


class TeamShape(Struct, forbid_unknown_fields=True):
    """A team: `[[teams]]`, or an entry of a list of them."""

    name: str
    id: str | None = None
    code: str = ""


class CourtShape(Struct, forbid_unknown_fields=True):
    """A court: `[[courts]]`, or an entry of a list of them."""

    name: str
    id: str | None = None


class HeaderShape(Struct, forbid_unknown_fields=True):
    """`[tournament]`."""

    name: str
    id: str | None = None
    venue: str = ""
    moderators_confirm: bool = False
    status: Status = "running"
    on_withdrawal: WithdrawalRule = "forfeit"
    on_disqualification: WithdrawalRule = "forfeit"
    teams: tuple[str | TeamShape, ...] = ()
    courts: tuple[str | CourtShape, ...] = ()


class PoolShape(Struct, forbid_unknown_fields=True):
    """`[[stages.pools]]`."""

    name: str
    teams: tuple[str, ...]
    id: str | None = None


class PointsShape(Struct, frozen=True, forbid_unknown_fields=True):
    """What a win, a draw and a loss are worth: `stages.points`."""

    win: int = 3
    draw: int = 1
    loss: int = 0


class SideShape(Struct, forbid_unknown_fields=True):
    """A side of a match whose team and source are both known."""

    team: str
    source: str = field(name="from")


class GameShape(Struct, forbid_unknown_fields=True):
    """`[[games]]`; which keys a kind of game has, `native` says."""

    name: str
    id: str | None = None
    kind: Literal["points", "sets", "cups", "time"] = "points"
    places: tuple[int, ...] = ()
    best_of: int | None = None
    points: int | None = None
    lead: int | None = None
    cap: int | None = None
    last: int | None = None
    cups: int | None = None
    bounce: int | None = None


class TimetableShape(Struct, forbid_unknown_fields=True):
    """`[timetable]`."""

    starts_at: datetime
    minutes: int


class StageShape(Struct, forbid_unknown_fields=True):
    """`[[stages]]`; which keys a format has, `native` says."""

    name: str
    kind: Literal["pools", "knockout"]
    id: str | None = None
    pools: tuple[PoolShape, ...] = ()
    points: PointsShape = PointsShape()
    tie_breaks: tuple[TieBreak, ...] = DEFAULT_TIE_BREAKS
    game: str | None = None
    format: FormatName | None = None
    legs: int | None = None
    rounds: int | None = None
    advance: int | None = None
    entrants: tuple[str | SideShape, ...] | None = None
    third_place: bool | None = None
    reset: bool | None = None
    forfeit: tuple[int, int] | None = None


class MatchShape(Struct, forbid_unknown_fields=True):
    """`[[matches]]`."""

    home: str | SideShape
    away: str | SideShape
    id: str | None = None
    stage: str | None = None
    pool: str | None = None
    round: str | None = None
    court: str | None = None
    starts_at: datetime | None = None
    reset_of: str | None = None
    score: tuple[int, int] | None = None
    shootout: tuple[int, int] | None = None
    state: State | None = None


class FileShape(Struct, forbid_unknown_fields=True):
    """A whole file."""

    tournament: HeaderShape
    teams: tuple[str | TeamShape, ...] = ()
    courts: tuple[str | CourtShape, ...] = ()
    timetable: TimetableShape | None = None
    games: tuple[GameShape, ...] = ()
    stages: tuple[StageShape, ...] = ()
    matches: tuple[MatchShape, ...] = ()


_SHAPES: dict[str, type[Struct]] = {
    "$": FileShape,
    "tournament": HeaderShape,
    "teams": TeamShape,
    "courts": CourtShape,
    "timetable": TimetableShape,
    "games": GameShape,
    "stages": StageShape,
    "pools": PoolShape,
    "points": PointsShape,
    "matches": MatchShape,
    "home": SideShape,
    "away": SideShape,
    "entrants": SideShape,
}
"""The shape of a table by the last name of its path."""


def read_shape(path: str, content: bytes) -> FileShape:
    """Read a file's tables, from JSON where the content begins with `{`, else from TOML.

    Args:
        path: the file's name, for errors.
        content: the file.

    Raises:
        BadFile: it is neither, or holds a key or a value that has no place there; says where.
    """
    return _shaped(path, _parsed(path, content))


def _parsed(path: str, content: bytes) -> object:
    try:
        if content.lstrip().startswith(b"{"):
            return msgspec.json.decode(content)
        return tomllib.loads(content.decode())
    except UnicodeError as error:
        raise BadFile(path, "neither TOML nor JSON: it is no text in UTF-8") from error
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile(path, f"neither TOML nor JSON: {error}") from error


def _shaped(path: str, value: object) -> FileShape:
    try:
        return msgspec.convert(value, FileShape)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).rstrip("`").partition(" - at `")
        where = place.removeprefix("$").removeprefix(".")
        unknown = re.fullmatch(r"Object contains unknown field `(.*)`?", problem)
        if unknown is not None:
            name = unknown[1].rstrip("`")
            shape = _SHAPES[re.sub(r"\[.*?\]", "", place).rpartition(".")[2] or "$"]
            problem = f"unknown key {name!r}{near(name, shape.__struct_encode_fields__)}"
        raise BadFile(path, f"{where or 'top level'}: {problem.replace('`', '')}") from error


def near(name: str, known: Iterable[str]) -> str:
    """Say which known names come close, or all of them where none does."""
    known = sorted(known)
    near = difflib.get_close_matches(name.lower(), known, 2)
    return f"; did you mean {' or '.join(near)}?" if near else f"; known: {', '.join(known)}"
