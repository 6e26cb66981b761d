"""`courtside match` and `courtside tournament`: what begins and ends matches, and the tournament itself.

Each is one ordinary entry through the outbox, as in the console. Who may do it, and whether it can be done,
the hub says.
"""

from __future__ import annotations

import difflib
from functools import partial
from typing import TYPE_CHECKING, get_args

from core import Unknown, brackets, commands, events, ids, lookup, open_realtime, telling
from tui.cli.exits import Exit, Stopped
from tui.cli.parser import Part
from tui.cli.previewing import add_preview, previewed
from tui.cli.reach import choose, connect, live, located, run, unreachable
from tui.cli.scoring import add_answer, add_match, answered, entered, scores

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from core import Settings, Tournament, plan

ROOM_WAIT = 5.0
"""Seconds to wait for the tournament's newest state."""
STATUS: dict[str, plan.Status] = {
    "draft": "draft",
    "open": "open",
    "start": "running",
    "finish": "finished",
    "resume": "running",
}
"""What a tournament becomes by an action."""
OF_TEAM = ("withdraw", "disqualify", "reinstate")
OF_POOL = ("draw", "lots")


def _add_why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for the log")


def _match_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("start", "complete", "confirm", "reopen", "forfeit"), help="what to do with it"
    )
    add_match(parser)
    parser.add_argument(
        "--shootout", metavar="4-3", type=scores, help="with complete: what decided a level score, home first"
    )
    parser.add_argument("--team", metavar="TEAM", help="with forfeit: who loses; both without it")
    parser.add_argument(
        "--cause", choices=get_args(commands.Cause), help="with forfeit: why (default: forfeit)"
    )
    _add_why(parser)
    add_preview(parser)
    add_answer(parser)


async def _match(args: argparse.Namespace, settings: Settings) -> int:
    if args.shootout is not None and (args.action != "complete" or len(args.shootout) != 1):
        raise Stopped(Exit.USAGE, "--shootout is one score, with complete")
    if (args.team is not None or args.cause is not None) and args.action != "forfeit":
        raise Stopped(Exit.USAGE, "--team and --cause go with forfeit")
    return await entered(args, settings, _on_match, previewed)


def _on_match(args: argparse.Namespace, state: Tournament, match: ids.MatchId) -> commands.Command:
    """Return what the arguments ask for."""
    match args.action:
        case "start":
            return commands.StartMatch(match)
        case "complete":
            return commands.CompleteMatch(match, None if args.shootout is None else args.shootout[0])
        case "confirm":
            return commands.ConfirmResult(match)
        case "reopen":
            return commands.ReopenMatch(match)
        case _:
            team = None if args.team is None else lookup.find_team(state, match, args.team)
            return commands.ForfeitMatch(match, team, args.cause or "forfeit")


def _tournament_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=(*STATUS, *OF_TEAM, *OF_POOL),
        help="draw: the next Swiss round of a pool; lots: let chance order who is level in it",
    )
    parser.add_argument("tournament", metavar="T", nargs="?", help="its id; needed where there are several")
    parser.add_argument(
        "--team", metavar="TEAM", help="id, code or name, with withdraw, disqualify, reinstate"
    )
    parser.add_argument("--pool", metavar="POOL", help="id or name, with draw, lots; the only one without it")
    _add_why(parser)
    add_preview(parser)
    add_answer(parser)


async def _tournament(args: argparse.Namespace, settings: Settings) -> int:
    if (args.team is not None) != (args.action in OF_TEAM):
        raise Stopped(Exit.USAGE, f"--team goes with {', '.join(OF_TEAM)}, and they need it")
    if args.pool is not None and args.action not in OF_POOL:
        raise Stopped(Exit.USAGE, f"--pool goes with {' and '.join(OF_POOL)}")
    settings = located(settings)
    async with open_realtime(settings) as realtime:
        connected = await connect(realtime, settings)
        known = realtime.view.tournaments
        if not connected and not known:
            raise unreachable(realtime, settings)
        listed = [listing.id for listing in realtime.view.directory] if connected else list(known)
        tournament = choose(listed, args.tournament)
        if connected:
            await live(realtime, tournament, ROOM_WAIT)
        shown = realtime.view.tournaments.get(tournament)
        if shown is None:
            raise unreachable(realtime, settings)
        state = shown.projected
        command = _on_tournament(args, state)
        stopped = previewed(args, state, command)
        if stopped is not None:
            return stopped
        entry = realtime.submit(command, tournament=tournament, why=args.why)
        return await answered(entry, args, partial(_told, state))


def _told(state: Tournament, event: events.Event) -> Iterator[str]:
    """Yield what an event did to the tournament, and who meets whom in the matches that it drew."""
    match event.fact:
        case events.StatusChanged(_, _, fixtures) | events.RoundDrawn(_, _, fixtures):
            yield telling.tell_fact(state, event.fact)[0]
            for fixture in fixtures:
                sides = (_side(state, fixture.home), _side(state, fixture.away))
                yield f"  {ids.short_form(fixture.id)}  {sides[0]} - {sides[1]}"
        case events.LotsDrawn():
            yield telling.tell_fact(state, event.fact)[0]
        case _:
            pass


def _side(state: Tournament, slot: plan.Slot) -> str:
    if slot.team is not None:
        return state.teams[slot.team].name
    return brackets.source_label(state, slot.source, short=True) if slot.source else "not known"


def _on_tournament(args: argparse.Namespace, state: Tournament) -> commands.Command:
    """Return what the arguments ask for."""
    match args.action:
        case "withdraw":
            return commands.WithdrawTeam(_team(state, args.team))
        case "disqualify":
            return commands.WithdrawTeam(_team(state, args.team), "disqualified")
        case "reinstate":
            return commands.ReinstateTeam(_team(state, args.team))
        case "draw":
            return commands.DrawRound(_pool(state, args.pool))
        case "lots":
            return commands.DrawLots(_pool(state, args.pool))
        case action:
            return commands.ChangeStatus(STATUS[action])


def _team(state: Tournament, text: str) -> ids.TeamId:
    return ids.TeamId(
        _named("team", text, {team.id: (team.name, team.code) for team in state.teams.values()})
    )


def _pool(state: Tournament, text: str | None) -> ids.PoolId:
    pools: dict[str, tuple[str, ...]] = {
        pool.id: (pool.name,) for stage in state.stages for pool in stage.pools
    }
    if text is None:
        if len(pools) != 1:
            raise Stopped(Exit.USAGE, f"name the pool with --pool: {', '.join(pools) or 'there is none'}")
        return ids.PoolId(next(iter(pools)))
    return ids.PoolId(_named("pool", text, pools))


def _named(what: str, text: str, known: Mapping[str, tuple[str, ...]]) -> str:
    """Return the id that a person means by an id or a name; capitals don't matter.

    Raises:
        Unknown: nothing, or more than one, is called so.
    """
    wanted = text.strip().casefold()
    found = [id_ for id_, names in known.items() if wanted in (name.casefold() for name in (id_, *names))]
    if len(found) == 1:
        return found[0]
    called = {name.casefold(): id_ for id_, names in known.items() for name in (id_, *names)}
    near = [called[name] for name in difflib.get_close_matches(wanted, called, 3)]
    raise Unknown(
        f"single {what}" if found else what, text, found or tuple(dict.fromkeys(near)) or tuple(known)[:5]
    )


MATCH = Part(_match_arguments, lambda args, settings: run(_match(args, settings)))
TOURNAMENT = Part(_tournament_arguments, lambda args, settings: run(_tournament(args, settings)))
