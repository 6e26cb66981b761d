"""A list of teams as CSV, made into a tournament: pools, or one for all, or a knock-out in the list's order.

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
from core.domain.draws.drawing import draw_up
from core.domain.files.playback import Imported
from core.domain.ids import PoolId, StageId, TeamId, TournamentId, make_slug
from core.domain.plan import (
    DoubleElimination,
    Plan,
    Pool,
    RoundRobin,
    SingleElimination,
    Stage,
    Swiss,
    Team,
    TieBreak,
)
from core.errors import BadFile, BadPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.domain.files.shapes import FormatName

COLUMNS = ("name", "code", "id", "pool", "seed")
SWISS_BREAKS: tuple[TieBreak, ...] = ("buchholz", "sonneborn_berger", "wins")
"""The tie-breaks of a Swiss tournament."""
_SEPARATORS = ",;\t"


def looks_like_teams(content: bytes) -> bool:
    """Tell whether a file begins like a list of teams: with a row of columns, `name` among them."""
    first = content.decode("utf-8", "replace").lstrip("\ufeff").partition("\n")[0]
    return "name" in _cells(first)


def read(path: str, content: bytes, format: FormatName = "round_robin") -> Imported:
    """Read a list of teams; the tournament is called as the file is.

    Args:
        path: the file's name.
        content: the file.
        format: how its matches are drawn up. In a knock-out the seeds, or else the order of the list, say
            who is strong; a Swiss tournament has as many rounds as it takes to leave one team unbeaten.

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
        stages=(_stage(path, entries, teams, format),),
        fixtures=(),
    )
    try:
        check(plan)
    except BadPlan as error:
        raise BadFile(path, str(error)) from error
    return Imported(draw_up(plan))


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


def _stage(
    path: str, entries: Sequence[Mapping[str, str]], teams: Sequence[Team], format: FormatName
) -> Stage:
    """Return the stage that all teams play."""
    if format in ("round_robin", "swiss"):
        pools = _pools(entries, teams)
        rounds = max(1, (max(len(pool.teams) for pool in pools) - 1).bit_length())
        if format == "round_robin":
            return Stage(StageId("pools"), "Pools", "pools", pools, format=RoundRobin())
        return Stage(StageId("swiss"), "Swiss", "pools", pools, tie_breaks=SWISS_BREAKS, format=Swiss(rounds))
    if any(entry.get("pool") for entry in entries):
        raise BadFile(path, "row 1: a knock-out has no pools: leave out the column, or take another format")
    drawn = SingleElimination(third_place=len(teams) > 3)
    how = drawn if format == "single_elimination" else DoubleElimination()
    return Stage(StageId("knockout"), "Knock-out", "knockout", format=how)


def _pools(entries: Sequence[Mapping[str, str]], teams: Sequence[Team]) -> tuple[Pool, ...]:
    """Return the pools: as the list names them, or one of all teams."""
    members: dict[str, list[TeamId]] = {}
    written: dict[str, str] = {}
    for entry, team in zip(entries, teams, strict=True):
        name = entry.get("pool", "")
        # Capitals don't matter: `a` is the pool that was called `A` first.
        members.setdefault(written.setdefault(name.casefold(), name), []).append(team.id)
    pools: list[Pool] = []
    for name in sorted(members, key=lambda name: (not name, name.casefold())):
        title = f"Pool {name}" if len(name) == 1 else name or "All"
        made = make_slug(name, "all", {pool.id for pool in pools})
        pools.append(Pool(PoolId(made), title, tuple(members[name])))
    return tuple(pools)
