"""What is handed out: results, tables and the tree as one HTML page for the printer.

Guarantees that the page is one file that loads nothing, and that every name in it is escaped: whatever a team
is called, it is text.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from core.domain.games import TimeRules, time_text
from core.domain.ids import short_form
from core.domain.tables.brackets import champion, game_winners, needed, rounds, source_label
from core.domain.tables.leaderboard import leaderboard
from core.domain.tables.standings import tables
from core.domain.telling import CAUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from core.domain.commands import Side
    from core.domain.state import Match, Tournament

_STYLE = """
body { font: 11pt/1.35 system-ui, sans-serif; color: #000; background: #fff; margin: 1.5cm; }
h1 { font-size: 20pt; margin: 0; } h2 { font-size: 13pt; margin: 1.2em 0 .3em; }
table { border-collapse: collapse; width: 100%; page-break-inside: avoid; }
th, td { border-bottom: 1px solid #999; padding: .15em .5em; text-align: left; }
th { border-bottom: 2px solid #000; } .n { text-align: right; } .w { font-weight: bold; }
p { margin: .2em 0 .8em; color: #333; }
""".strip()


def results_page(state: Tournament, as_of: datetime) -> str:
    """Return a page of all results, tables and the tree, to be printed.

    Args:
        state: the tournament.
        as_of: when it stood so; printed at the top.
    """
    name = escape(state.name)
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{name}</h1>",
        f"<p>{_line(state.venue, f'as of {as_of:%d %b %Y %H:%M} UTC')}</p>",
        *_champion(state),
        *_leaderboard(state),
        *_tables(state),
        *_tree(state),
        *_matches(state),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def side_name(state: Tournament, match: Match, side: Side) -> str:
    """Return who plays on a side, or where the team will come from."""
    slot = match.slot(side)
    if slot.team is not None:
        return state.teams[slot.team].name
    return "" if slot.source is None else source_label(state, slot.source)


def result_text(state: Tournament, match: Match) -> str:
    """Return a match's result in its game's own form: points, sets, times; `-` where it has none yet."""
    if match.phase == "scheduled":
        return "-" if needed(state, match) else "not played"
    if match.forfeit is not None and match.winner is None:
        return CAUSES[match.forfeit.cause]
    score = match.result
    if isinstance(state.rules(match.stage), TimeRules) and match.forfeit is None:
        text = f"{time_text(score.home)} : {time_text(score.away)}"
    else:
        text = f"{score.home}-{score.away}"
    if match.shootout is not None:
        text += f" ({match.shootout.home}-{match.shootout.away})"
    return text if match.forfeit is None else f"{text} {CAUSES[match.forfeit.cause]}"


def _line(*parts: str) -> str:
    return " · ".join(escape(part) for part in parts if part)


def _table(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """Return a table; numbers stand right, and all text is escaped here."""

    def cells(tag: str, row: Sequence[str | int]) -> str:
        return "".join(
            f'<{tag} class="n">{cell}</{tag}>' if isinstance(cell, int) else f"<{tag}>{escape(cell)}</{tag}>"
            for cell in row
        )

    body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table>\n<tr>{cells('th', header)}</tr>\n{body}\n</table>"


def _champion(state: Tournament) -> list[str]:
    first = champion(state)
    won = {"Champion": first} if first is not None else {}
    if len(state.games) > 1:
        names = {game.id: game.name for game in state.games}
        won = {names[game]: winner for game, winner in game_winners(state).items()}
    return [f'<p class="w">{escape(what)}: {escape(state.teams[who].name)}</p>' for what, who in won.items()]


def _leaderboard(state: Tournament) -> list[str]:
    board = leaderboard(state)
    if not board:
        return []
    names = {game.id: game.name for game in state.games}
    rows = [
        (
            line.rank,
            state.teams[line.team].name,
            line.points,
            ", ".join(f"{names[place.game]}: {place.place}" for place in line.games),
        )
        for line in board
    ]
    return ["<h2>Leaderboard</h2>", _table(("", "Team", "Points", "Places"), rows)]


def _tables(state: Tournament) -> list[str]:
    header = ("", "Team", "Played", "Won", "Drawn", "Lost", "For", "Against", "Points", "Decided by")
    parts: list[str] = []
    for table in tables(state):
        title = f"{state.stage(table.stage).name}: {table.name}"
        rows = [
            (
                row.rank,
                row.name,
                row.played,
                row.won,
                row.drawn,
                row.lost,
                row.scored,
                row.conceded,
                row.points,
                row.decided_by.replace("_", " "),
            )
            for row in table.rows
        ]
        note = "" if table.complete else " (not complete)"
        parts += [f"<h2>{escape(title)}{note}</h2>", _table(header, rows)]
    return parts


def _tree(state: Tournament) -> list[str]:
    parts: list[str] = []
    for round_ in rounds(state):
        parts += [
            f"<h2>{escape(state.stage(round_.stage).name)}: {escape(round_.name)}</h2>",
            _table(("Match", "Home", "Result", "Away"), [_row(state, match) for match in round_.matches]),
        ]
    return parts


def _matches(state: Tournament) -> list[str]:
    rows = [_row(state, match) for match in state.matches.values() if match.pool is not None]
    if not rows:
        return []
    return ["<h2>Matches of the pools</h2>", _table(("Match", "Home", "Result", "Away"), rows)]


def _row(state: Tournament, match: Match) -> tuple[str, str, str, str]:
    home, away = side_name(state, match, "home"), side_name(state, match, "away")
    return short_form(match.id), home, result_text(state, match), away
