"""The tables of all pools as rows, one block a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import standings
from tui.selectors.cells import Column, Row, Run

if TYPE_CHECKING:
    from core import state

COLUMNS: tuple[Column, ...] = (
    Column("#", 4, "right"),
    Column("Team", 12, flexible=True),
    Column("P", 3, "right"),
    Column("W", 3, "right"),
    Column("D", 3, "right", least=66),
    Column("L", 3, "right"),
    Column("For", 5, "right", least=76),
    Column("Ag", 5, "right", least=76),
    Column("Diff", 5, "right", least=62),
    Column("Pts", 4, "right"),
    Column("Decided by", 13),
)
NONE = "No pools in this tournament.  f shows the bracket"
UNSAFE = "?"
"""Behind a place that matches still to come can change."""


def rows(tournament: state.Tournament) -> dict[str, Row]:
    """Return the rows of all pools by their keys, in the plan's order."""
    made: dict[str, Row] = {}
    for table in standings.tables(tournament):
        if made:
            made[f"{table.pool} before"] = _blank(f"{table.pool} before")
        made[table.pool] = _title(tournament, table)
        for place, row in enumerate(table.rows):
            key = f"{table.pool} {row.team}"
            # Teams that share a place have its number once.
            first = place == 0 or table.rows[place - 1].rank != row.rank
            made[key] = _row(key, row, first=first)
    return made


def _title(tournament: state.Tournament, table: standings.Table) -> Row:
    left = sum(match.pool == table.pool and not match.finished for match in tournament.matches.values())
    told = "final" if table.complete else f"{left} to play"
    cells = [Run("")] * len(COLUMNS)
    cells[1] = Run(f"{table.name}, {told}", "strong")
    return Row(table.pool, tuple(cells))


def _blank(key: str) -> Row:
    return Row(key, (Run(""),) * len(COLUMNS))


def _row(key: str, row: standings.Row, *, first: bool) -> Row:
    place = f"{row.rank}" if first else "="
    return Row(
        key,
        (
            Run(place if row.decided else f"{place}{UNSAFE}"),
            Run(row.name),
            Run(f"{row.played}"),
            Run(f"{row.won}"),
            Run(f"{row.drawn}"),
            Run(f"{row.lost}"),
            Run(f"{row.scored}"),
            Run(f"{row.conceded}"),
            Run(f"{row.scored - row.conceded:+}"),
            Run(f"{row.points}", "strong"),
            Run(row.decided_by.replace("_", "-"), "dim"),
        ),
    )
