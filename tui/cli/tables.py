"""`courtside standings` and `courtside bracket`: who stands where, and who plays whom next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import (
    brackets,
    commands,
    documents,
    games,
    ids,
    leaderboard,
    open_realtime,
    plan,
    sheet,
    standings,
)
from tui.cli.output import put, put_json, say, table
from tui.cli.parser import Part, add_json, add_tournament
from tui.cli.reach import located, read, run
from tui.selectors import words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from core import Match, Settings, Tournament
    from tui.cli.output import Align
    from tui.cli.reach import Reading

SIDES: tuple[commands.Side, ...] = ("home", "away")


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
    """Lay out the leaderboard over all games, where there are games, and every pool's table."""
    blocks = [state.name]
    if state.games:
        blocks.append(f"Leaderboard\n{_leaderboard(state)}")
    for pool in standings.tables(state):
        stage = state.stage(pool.stage)
        title = pool.name if pool.name.startswith(stage.name) else f"{stage.name}: {pool.name}"
        title = title if len(state.stages) > 1 else pool.name
        note = "" if pool.complete else " (not finished)"
        blocks.append(f"{title}{note}\n{_pool(state, pool)}")
    if len(blocks) == 1:
        blocks.append("no pools in this tournament")
    return "\n\n".join(blocks)


def _leaderboard(state: Tournament) -> str:
    """Lay out the points of every team, with its final place in each game."""
    rows = []
    for line in leaderboard.leaderboard(state):
        places = {place.game: f"{place.place}" for place in line.games}
        taken = [places.get(game.id, "-") for game in state.games]
        rows.append((f"{line.rank}", state.teams[line.team].name, f"{line.points}", *taken))
    heads = ("#", "Team", "Pts", *(game.name for game in state.games))
    return table(heads, rows, _numbers(heads))


def _pool(state: Tournament, pool: standings.Table) -> str:
    """Lay out one table, with byes and penalty points where there are any."""
    timed = isinstance(state.rules(pool.stage), games.TimeRules)
    byes, penalties = any(row.byes for row in pool.rows), any(row.penalty for row in pool.rows)
    rows = [
        (
            f"{row.rank}",
            row.name,
            *(f"{figure}" for figure in (row.played, row.won, row.drawn, row.lost)),
            *_scored(row, timed=timed),
            *([f"{row.byes}"] if byes else []),
            *([f"{row.penalty}"] if penalties else []),
            f"{row.points}",
            row.decided_by.replace("_", "-"),
        )
        for row in pool.rows
    ]
    heads = (
        *("#", "Team", "P", "W", "D", "L"),
        *(("Time",) if timed else ("For", "Ag", "Diff")),
        *(("Byes",) if byes else ()),
        *(("Pen",) if penalties else ()),
        "Pts",
    )
    return table((*heads, "Decided by"), rows, _numbers(heads))


def _numbers(heads: Sequence[str]) -> list[Align]:
    """Return how columns stand of which only the second holds no number."""
    return ["<" if number == 1 else ">" for number in range(len(heads))]


def _scored(row: standings.Row, *, timed: bool) -> tuple[str, ...]:
    if timed:
        return (games.time_text(row.scored),)
    return f"{row.scored}", f"{row.conceded}", words.difference(row.scored - row.conceded)


def bracket_text(state: Tournament) -> str:
    """Lay out every knock-out as a tree, the last match at its root, and name the champion.

    Sides that a correction left with the wrong team are named, too: their matches had begun.
    """
    blocks = [state.name]
    found: dict[ids.StageId, list[Match]] = {}
    for of in brackets.rounds(state):
        found.setdefault(of.stage, []).extend(of.matches)
    for stage, matches in found.items():
        lines = [state.stage(stage).name] if len(found) > 1 else []
        known = {match.id: match for match in matches}
        feeding = {one.id for match in matches for one in _feeders(match, known)}
        for match in reversed(matches):
            if match.id not in feeding:
                lines += _tree(state, match, known)
        blocks.append("\n".join(lines))
    if len(blocks) == 1:
        blocks.append("no knock-out matches in this tournament")
    wrong = [
        f"! {ids.short_form(one.match)} {one.side}: by the results {state.teams[one.team].name} should play"
        for one in brackets.contradictions(state)
    ]
    if wrong:
        blocks.append("\n".join(wrong))
    champion = brackets.champion(state)
    if champion is not None:
        blocks.append(f"champion: {state.teams[champion].name}")
    elif len(state.games) > 1 and (won := brackets.game_winners(state)):
        names = {game.id: game.name for game in state.games}
        blocks.append("\n".join(f"{names[game]}: {state.teams[team].name} won" for game, team in won.items()))
    return "\n\n".join(blocks)


def _tree(state: Tournament, match: Match, known: Mapping[ids.MatchId, Match]) -> list[str]:
    """Return a match, and under it those whose winners play in it."""
    sides = [sheet.side_name(state, match, side) or "not known" for side in SIDES]
    result = sheet.result_text(state, match)
    lines = [f"{match.round}  {ids.short_form(match.id)}  {sides[0]}  {result}  {sides[1]}"]
    before = _feeders(match, known)
    for number, feeder in enumerate(before, 1):
        branch, stem = ("\u2514\u2500 ", "   ") if number == len(before) else ("\u251c\u2500 ", "\u2502  ")
        first, *rest = _tree(state, feeder, known)
        lines += [f"{branch}{first}", *(f"{stem}{line}" for line in rest)]
    return lines


def _feeders(match: Match, known: Mapping[ids.MatchId, Match]) -> list[Match]:
    """Return the matches whose winners play in this one; a second final comes after the first."""
    if match.reset_of is not None and match.reset_of in known:
        return [known[match.reset_of]]
    sources = (match.slot(side).source for side in SIDES)
    return [known[one.match] for one in sources if isinstance(one, plan.WinnerOf) and one.match in known]


STANDINGS = Part(_arguments, lambda args, settings: run(_standings(args, settings)))
BRACKET = Part(_arguments, lambda args, settings: run(_bracket(args, settings)))
