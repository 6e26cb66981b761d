"""One door to every file that holds a tournament: tells the format by the content and has its reader read it.

TOML and JSON of our own (`native`), openfootball's JSON (`openfootball`), our own export (`recording`), and
CSV of teams (`teamlist`).
"""

from __future__ import annotations

import msgspec

from core.domain import native, openfootball, recording, teamlist
from core.domain.checks import check
from core.domain.ids import TournamentId
from core.domain.playback import Imported, renamed
from core.errors import BadFile, BadPlan

MAX_FILE_BYTES = 64 << 20
"""Largest file that is read: the export of a long event fits."""
_FORMATS = "a tournament is Courtside's TOML or JSON, its JSON export, openfootball's JSON, or CSV of teams"


def read_tournament(
    name: str, content: bytes, groups: bytes | None = None, id: str | None = None
) -> Imported:
    """Read a tournament from a file.

    Args:
        name: the file's name, for errors.
        content: the file.
        groups: openfootball's file of groups beside it; `None` where there is none.
        id: the tournament's id instead of the file's own; `None` to keep that.

    Raises:
        BadFile: the file cannot be read as a tournament; says where and what would be right.
    """
    if len(content) > MAX_FILE_BYTES:
        raise BadFile(name, f"it is too large: at most {MAX_FILE_BYTES:,} bytes are read")
    content = content.removeprefix(b"\xef\xbb\xbf")
    kind = _kind(name, content)
    if groups is not None and kind != "openfootball":
        raise BadFile(name, "a file of groups belongs to openfootball's matches only; leave it out")
    match kind:
        case "openfootball":
            imported = openfootball.read(name, content, groups)
        case "recording":
            imported = recording.read(name, content)
        case "teams":
            imported = teamlist.read(name, content)
        case _:
            imported = native.read(name, content)
    if id is not None:
        imported = renamed(imported, TournamentId(id))
    try:
        check(imported.plan)
    except BadPlan as error:
        raise BadFile(name, str(error)) from error
    return imported


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
