"""`courtside diff`: what changed in a tournament between two moments of its log.

The log alone makes it, so it works on the file of an export, too. Who did it stands in the log itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import fold, history, ids, sheet
from tui.cli.exits import Exit
from tui.cli.exporting import cut, read_log
from tui.cli.output import put, put_json
from tui.cli.parser import Part, add_json
from tui.cli.reach import run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from core import Settings, Tournament


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tournament",
        metavar="T",
        nargs="?",
        help="the tournament's id, where there are several; or a file that `export --format json` wrote",
    )
    parser.add_argument(
        "--from",
        metavar="SEQ|TIME",
        dest="since",
        required=True,
        help="the earlier moment: after event SEQ, at EPOCH:SEQ, or at a time of the hub (2026-06-14T15:30)",
    )
    parser.add_argument("--to", metavar="SEQ|TIME", help="the later moment; now without it")
    add_json(parser)


async def _diff(args: argparse.Namespace, settings: Settings) -> int:
    log = await read_log(args.tournament, settings)
    earlier = cut(log, args.since, "--from")
    later = log if args.to is None else cut(log, args.to, "--to")
    before, after = fold(earlier.events, earlier.epoch), fold(later.events, later.epoch)
    changes = history.difference(before, after)
    if args.json:
        put_json(document(before, after, changes))
    else:
        put("\n".join(told(before, after, changes)) or "nothing changed")
    return Exit.DONE


def document(before: Tournament, after: Tournament, changes: history.Difference) -> dict[str, object]:
    """Return what `diff` prints as JSON: each change with how it was before and after."""

    def outcome(one: history.Outcome) -> dict[str, object]:
        score, phase, winner = one
        return {"score": score, "state": phase, "winner": winner}

    def spot(one: history.Spot) -> dict[str, object]:
        return {"court": one[0], "starts_at": one[1]}

    return {
        "tournament": after.id,
        "from": before.position,
        "to": after.position,
        "results": [
            {"match": one.match, "before": outcome(one.before), "after": outcome(one.after)}
            for one in changes.results
        ],
        "places": changes.places,
        "slots": changes.slots,
        "teams": changes.teams,
        "moves": [
            {"match": one.match, "before": spot(one.before), "after": spot(one.after)}
            for one in changes.moves
        ],
        "matches": changes.matches,
        "out": changes.out,
        "back": changes.back,
        "status": changes.status,
        "champion": changes.champion,
    }


def told(before: Tournament, after: Tournament, changes: history.Difference) -> Iterator[str]:
    """Yield a line for each change: the tournament and its teams first, then matches, then places."""
    if changes.status is not None:
        yield f"tournament: {changes.status[0]} -> {changes.status[1]}"
    if changes.champion is not None:
        yield f"champion: {_team(before, changes.champion[0])} -> {_team(after, changes.champion[1])}"
    for team in changes.teams:
        names = [one.name if one is not None else "-" for one in (team.before, team.after)]
        yield f"team: {names[0]} -> {names[1]}"
    yield from (f"out: {_team(after, team)}" for team in changes.out)
    yield from (f"back: {_team(after, team)}" for team in changes.back)
    yield from (f"new match: {ids.short_form(match)}" for match in changes.matches)
    for slot in changes.slots:
        sides = f"{_team(before, slot.before)} -> {_team(after, slot.after)}"
        yield f"{ids.short_form(slot.match)} {slot.side}: {sides}"
    for move in changes.moves:
        spots = f"{_spot(before, move.before)} -> {_spot(after, move.after)}"
        yield f"{ids.short_form(move.match)} moved: {spots}"
    for match in (result.match for result in changes.results):
        yield f"{ids.short_form(match)}: {_result(before, match)} -> {_result(after, match)}"
    for place in changes.places:
        ranks = f"{place.before or '-'} -> {place.after or '-'}"
        yield f"{after.pool(place.pool).name}: {_team(after, place.team)} {ranks}"


def _team(state: Tournament, team: ids.TeamId | None) -> str:
    known = None if team is None else state.teams.get(team)
    return known.name if known is not None else team or "-"


def _spot(state: Tournament, spot: history.Spot) -> str:
    court = state.courts.get(spot[0]) if spot[0] is not None else None
    begins = "" if spot[1] is None else f" {spot[1]:%Y-%m-%d %H:%M} UTC"
    return f"{court.name if court else '-'}{begins}"


def _result(state: Tournament, match: ids.MatchId) -> str:
    found = state.matches[match]
    return f"{sheet.result_text(state, found)} {found.phase}"


DIFF = Part(_arguments, lambda args, settings: run(_diff(args, settings)))
