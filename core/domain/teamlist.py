"""A list of teams as CSV, made into a tournament: a pool each, or one for all, everybody against everybody.

The first row names the columns: `name`, and as wanted `code`, `id`, `pool`, `seed`. Comma, semicolon or tab
separate them, as spreadsheets of different countries have it. Guarantees that a row that cannot be used is
named by its number.
"""

from __future__ import annotations

import csv
import difflib
import io
from typing import TYPE_CHECKING

from core.domain.checks import check
from core.domain.drawing import draw_up
from core.domain.ids import PoolId, StageId, TeamId, TournamentId, make_slug
from core.domain.names import look_alikes
from core.domain.plan import Plan, Pool, RoundRobin, Stage, Team
from core.domain.playback import Imported, Skipped
from core.errors import BadFile, BadPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = ("name", "code", "id", "pool", "seed")
_SEPARATORS = ",;\t"


def looks_like_teams(content: bytes) -> bool:
    """Tell whether a file begins like a list of teams: with a row of columns, `name` among them."""
    first = content.decode("utf-8", "replace").lstrip("\ufeff").partition("\n")[0]
    return "name" in _cells(first)


def read(path: str, content: bytes) -> Imported:
    """Read a list of teams; the tournament is called as the file is.

    Args:
        path: the file's name.
        content: the file.

    Raises:
        BadFile: it is no such list; says in which row.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeError as error:
        raise BadFile(path, "it is not UTF-8: save it as CSV UTF-8") from error
    header, _, _ = text.partition("\n")
    separator = max(_SEPARATORS, key=header.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(map(str.strip, row))]
    columns = _columns(path, rows[0] if rows else [])
    entries = [_entry(path, number, columns, row) for number, row in enumerate(rows[1:], 2)]
    entries.sort(key=lambda entry: _seed(path, entry))
    if len(entries) < 2:
        raise BadFile(path, "it lists fewer than two teams")
    teams = _teams(entries)
    name = path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or path
    plan = Plan(
        id=TournamentId(make_slug(name, "tournament")),
        name=name,
        teams=teams,
        stages=(_stage(entries, teams),),
        fixtures=(),
    )
    warnings = tuple(
        Skipped(f"team {two}", f"looks like {one!r}: rename one of them, so that nobody mixes them up")
        for one, two in look_alikes(team.name for team in teams)
    )
    try:
        check(plan)
    except BadPlan as error:
        raise BadFile(path, str(error)) from error
    return Imported(draw_up(plan), skipped=warnings)


def _cells(line: str) -> list[str]:
    separator = max(_SEPARATORS, key=line.count)
    return [cell.strip().strip('"').casefold() for cell in line.split(separator)]


def _columns(path: str, row: Sequence[str]) -> list[str]:
    columns = [cell.strip().casefold() for cell in row]
    for column in columns:
        if column not in COLUMNS:
            near = difflib.get_close_matches(column, COLUMNS, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(COLUMNS)}"
            raise BadFile(path, f"row 1: there is no column {column!r}; {hint}")
    if "name" not in columns:
        raise BadFile(path, "row 1: it must name the columns, name among them")
    if len(set(columns)) < len(columns):
        raise BadFile(path, "row 1: a column stands twice")
    return columns


def _entry(path: str, number: int, columns: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    if len(row) > len(columns):
        raise BadFile(path, f"row {number}: it has {len(row)} cells, and there are {len(columns)} columns")
    entry = {column: cell.strip() for column, cell in zip(columns, row, strict=False)}
    if not entry.get("name"):
        raise BadFile(path, f"row {number}: it has no name")
    return entry | {"row": str(number)}


def _seed(path: str, entry: Mapping[str, str]) -> int:
    """Return where a team stands in the order of the list: by its seed, those without one last."""
    seed = entry.get("seed", "")
    if not seed:
        return 1 << 30
    if not seed.isdecimal() or int(seed) < 1:
        raise BadFile(path, f"row {entry['row']}: the seed {seed!r} is not a number from 1 on")
    return int(seed)


def _teams(entries: Sequence[Mapping[str, str]]) -> tuple[Team, ...]:
    teams: list[Team] = []
    taken = {entry["id"] for entry in entries if entry.get("id")}
    for entry in entries:
        made = entry.get("id") or make_slug(entry["name"], "team", taken)
        taken.add(made)
        teams.append(Team(TeamId(made), entry["name"], entry.get("code", "")))
    return tuple(teams)


def _stage(entries: Sequence[Mapping[str, str]], teams: Sequence[Team]) -> Stage:
    """Return the pools: as the list names them, or one of all teams."""
    members: dict[str, list[TeamId]] = {}
    for entry, team in zip(entries, teams, strict=True):
        members.setdefault(entry.get("pool", ""), []).append(team.id)
    pools: list[Pool] = []
    for name in sorted(members, key=lambda name: (not name, name.casefold())):
        title = f"Pool {name}" if len(name) == 1 else name or "All"
        made = make_slug(name, "all", {pool.id for pool in pools})
        pools.append(Pool(PoolId(made), title, tuple(members[name])))
    return Stage(StageId("pools"), "Pools", "pools", tuple(pools), format=RoundRobin())
