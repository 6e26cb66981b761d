"""`courtside standings` and `courtside bracket`: who stands where, and who plays whom next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import brackets, documents, ids, open_realtime, standings
from tui.cli.output import put, put_json, say, table
from tui.cli.parser import Command, add_json, add_tournament
from tui.cli.reach import located, read, run

if TYPE_CHECKING:
    import argparse

    from core import Match, Settings, Slot, Tournament
    from tui.cli.reach import Reading

HEADS = ("#", "Team", "P", "W", "D", "L", "For", "Ag", "Diff", "Pts", "Decided by")


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_tournament(parser)
    add_json(parser)


async def _reading(args: argparse.Namespace, settings: Settings) -> Reading:
    settings = located(settings)
    async with open_realtime(settings, sends=False) as realtime:
        reading = await read(realtime, settings, args.tournament)
    if reading.as_of is not None:
        say(f"no hub can be reached: as of {reading.as_of.astimezone():%Y-%m-%d %H:%M:%S}")
    return reading


async def _standings(args: argparse.Namespace, settings: Settings) -> int:
    state = (await _reading(args, settings)).state
    if args.json:
        put_json(documents.standings_document(state))
    else:
        put(standings_text(state))
    return 0


async def _bracket(args: argparse.Namespace, settings: Settings) -> int:
    state = (await _reading(args, settings)).state
    if args.json:
        put_json(documents.bracket_document(state))
    else:
        put(bracket_text(state))
    return 0


def standings_text(state: Tournament) -> str:
    """Lay out every pool's table."""
    blocks = [state.name]
    for pool in standings.tables(state):
        rows = [
            (
                f"{row.rank}",
                row.name,
                f"{row.played}",
                f"{row.won}",
                f"{row.drawn}",
                f"{row.lost}",
                f"{row.scored}",
                f"{row.conceded}",
                f"{row.scored - row.conceded:+}",
                f"{row.points}",
                row.decided_by.replace("_", "-"),
            )
            for row in pool.rows
        ]
        title = pool.name if pool.complete else f"{pool.name} (not finished)"
        blocks.append(f"{title}\n{table(HEADS, rows, ('>', '<', *'>>>>>>>>'))}")
    if len(blocks) == 1:
        blocks.append("no pools in this tournament")
    return "\n\n".join(blocks)


def bracket_text(state: Tournament) -> str:
    """Lay out the knock-out rounds and name the champion."""
    blocks = [state.name]
    for stage_round in brackets.rounds(state):
        rows = [_match_row(state, match) for match in stage_round.matches]
        blocks.append(f"{stage_round.name}\n{table(('Match', 'Home', 'Score', 'Away', 'State'), rows)}")
    if len(blocks) == 1:
        blocks.append("no knock-out matches in this tournament")
    champion = brackets.champion(state)
    if champion is not None:
        blocks.append(f"champion: {state.teams[champion].name}")
    return "\n\n".join(blocks)


def _match_row(state: Tournament, match: Match) -> tuple[str, ...]:
    begun = match.phase != "scheduled"
    score = f"{match.score.home}-{match.score.away}" if begun else "-"
    if match.shootout is not None:
        score += f" ({match.shootout.home}-{match.shootout.away})"
    sides = [side_name(state, slot) for slot in (match.home, match.away)]
    return (ids.short_form(match.id), sides[0], score, sides[1], match.phase)


def side_name(state: Tournament, slot: Slot) -> str:
    """Return a side's team, or where it will come from."""
    if slot.team is not None:
        return state.teams[slot.team].name
    return "not known" if slot.source is None else brackets.source_label(state, slot.source)


STANDINGS = Command(
    "standings",
    "the tables of all pools, with the tie-break that decided",
    _arguments,
    lambda args, settings: run(_standings(args, settings)),
)
BRACKET = Command(
    "bracket",
    "the knock-out rounds and the champion",
    _arguments,
    lambda args, settings: run(_bracket(args, settings)),
)
