"""One door to every file that holds a tournament: tells the format by the content and has its reader read it.

TOML and JSON of our own (`native`), openfootball's JSON (`openfootball`), our own export (`recording`), and
CSV of teams (`teamlist`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from core.domain.checks import check
from core.domain.files import native, openfootball, recording, teamlist
from core.domain.files.playback import Imported, Skipped, renamed
from core.domain.ids import TournamentId
from core.domain.names import look_alikes
from core.errors import BadFile, BadPlan

if TYPE_CHECKING:
    from core.domain.files.shapes import FormatName
    from core.domain.plan import Plan

MAX_FILE_BYTES = 64 << 20
"""Largest file that is read: the export of a long event fits."""
_FORMATS = "a tournament is Courtside's TOML or JSON, its JSON export, openfootball's JSON, or CSV of teams"


def read_tournament(
    name: str,
    content: bytes,
    groups: bytes | None = None,
    id: str | None = None,
    format: FormatName | None = None,
) -> Imported:
    """Read a tournament from a file.

    Args:
        name: the file's name, for errors.
        content: the file.
        groups: openfootball's file of groups beside it; `None` where there is none.
        id: the tournament's id instead of the file's own; `None` to keep that.
        format: how the matches of a list of teams are drawn up; `None` for everybody against everybody.

    Raises:
        BadFile: the file cannot be read as a tournament; says where and what would be right.
    """
    if len(content) > MAX_FILE_BYTES:
        raise BadFile(name, f"it is too large: at most {MAX_FILE_BYTES:,} bytes are read")
    content = content.removeprefix(b"\xef\xbb\xbf")
    kind = _kind(name, content)
    if groups is not None and kind != "openfootball":
        raise BadFile(name, "a file of groups belongs to openfootball's matches only; leave it out")
    if format is not None and kind != "teams":
        raise BadFile(name, "a format is given with a list of teams only: this file says how it is played")
    match kind:
        case "openfootball":
            imported = openfootball.read(name, content, groups)
        case "recording":
            imported = recording.read(name, content)
        case "teams":
            imported = teamlist.read(name, content, format or "round_robin")
        case _:
            imported = native.read(name, content)
    if id is not None:
        imported = renamed(imported, TournamentId(id))
    try:
        check(imported.plan)
    except BadPlan as error:
        raise BadFile(name, str(error)) from error
    return Imported(imported.plan, imported.playback, (*imported.skipped, *_mixed_up(imported.plan)))


def _mixed_up(plan: Plan) -> tuple[Skipped, ...]:
    """Warn of teams whose names look alike."""
    return tuple(
        Skipped(f"team {two}", f"looks like {one!r}: rename one of them, so that nobody mixes them up")
        for one, two in look_alikes(team.name for team in plan.teams)
    )


def _kind(name: str, content: bytes) -> str:
    """Tell a file's format by its first character and, in JSON, by its keys."""
    if not content.strip():
        raise BadFile(name, f"it is empty; {_FORMATS}")
    if not content.lstrip().startswith(b"{"):
        return "teams" if teamlist.looks_like_teams(content) else "native"
    try:
        value = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadFile(name, f"it begins like JSON and is none: {error}") from error
    keys = value.keys() if isinstance(value, dict) else set()
    if {"tournament", "log"} <= keys:
        return "recording"
    if "tournament" in keys:
        return "native"
    if "rounds" in keys or "matches" in keys:
        return "openfootball"
    if "groups" in keys:
        raise BadFile(name, "it is a file of groups: name the file of matches, and keep this one beside it")
    raise BadFile(name, f"it is JSON, but no tournament; {_FORMATS}")
