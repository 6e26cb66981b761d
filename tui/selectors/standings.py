"""The tables of all pools as rows, one block a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import games, leaderboard, standings
from tui.selectors import words
from tui.selectors.cells import Column, Row, Run

if TYPE_CHECKING:
    from core import state

COLUMNS: tuple[Column, ...] = (
    Column("#", 4, "right"),
    Column("Team", 12, flexible=True, widest=48),
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


TIMED = {
    "For": Column("For", 9, "right", least=100),
    "Ag": Column("Ag", 9, "right", least=100),
    "Diff": Column("Diff", 9, "right", least=72),
}
"""How wide columns are that hold times."""


def columns(tournament: state.Tournament) -> tuple[Column, ...]:
    """Return the columns, as wide as the games need them."""
    if not any(isinstance(game.rules, games.TimeRules) for game in tournament.games):
        return COLUMNS
    return tuple(TIMED.get(column.title, column) for column in COLUMNS)


def rows(tournament: state.Tournament) -> dict[str, Row]:
    """Return the rows of the leaderboard and of all pools by their keys, in the plan's order."""
    made = _leaders(tournament)
    for table in standings.tables(tournament):
        if made:
            made[f"{table.pool} before"] = _blank(f"{table.pool} before")
        made[table.pool] = _title(tournament, table)
        for place, row in enumerate(table.rows):
            key = f"{table.pool} {row.team}"
            # Teams that share a place have its number once.
            first = place == 0 or table.rows[place - 1].rank != row.rank
            made[key] = _row(key, row, first=first, timed=_is_timed(tournament, table))
    return made


def _leaders(tournament: state.Tournament) -> dict[str, Row]:
    """Return the ranking over all games; nothing where no place is worth anything."""
    if not any(any(game.places) for game in tournament.games):
        return {}
    made = {"leaders": _headed("leaders", f"Leaderboard of {len(tournament.games)} games")}
    before = 0
    for one in leaderboard.leaderboard(tournament):
        key = f"leaders {one.team}"
        cells = [Run("")] * len(COLUMNS)
        cells[0] = Run("=" if one.rank == before else f"{one.rank}")
        cells[1], cells[2] = Run(words.team(tournament, one.team)), Run(f"{len(one.games)}")
        cells[9] = Run(f"{one.points}", "strong")
        made[key] = Row(key, tuple(cells))
        before = one.rank
    return made


def _is_timed(tournament: state.Tournament, table: standings.Table) -> bool:
    return isinstance(tournament.rules(table.stage), games.TimeRules)


def _title(tournament: state.Tournament, table: standings.Table) -> Row:
    left = sum(match.pool == table.pool and not match.finished for match in tournament.matches.values())
    told = "final" if table.complete else f"{left} to play"
    return _headed(table.pool, f"{table.name}, {told}")


def _headed(key: str, title: str) -> Row:
    cells = [Run("")] * len(COLUMNS)
    cells[1] = Run(title, "strong")
    return Row(key, tuple(cells), title=True)


def _blank(key: str) -> Row:
    return Row(key, (Run(""),) * len(COLUMNS), title=True)


def _row(key: str, row: standings.Row, *, first: bool, timed: bool) -> Row:
    place = f"{row.rank}" if first else "="
    difference = row.scored - row.conceded
    figures = f"{row.scored}", f"{row.conceded}", words.difference(difference)
    if timed:
        sign = "-" if difference < 0 else "+"
        apart = f"{sign}{games.time_text(abs(difference))}" if difference else "-"
        figures = games.time_text(row.scored), games.time_text(row.conceded), apart
    return Row(
        key,
        (
            Run(place if row.decided else f"{place}{UNSAFE}"),
            Run(row.name),
            Run(f"{row.played}"),
            Run(f"{row.won}"),
            Run(f"{row.drawn}"),
            Run(f"{row.lost}"),
            *(Run(figure) for figure in figures),
            Run(f"{row.points}", "strong"),
            Run(row.decided_by.replace("_", "-"), "dim"),
        ),
    )
