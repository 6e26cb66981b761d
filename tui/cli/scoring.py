"""`courtside score`: one score, entered through the same outbox as in the console."""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from core import commands, games, ids, lookup, open_realtime
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put, put_json, say
from tui.cli.parser import Part, add_json, seconds
from tui.cli.reach import connect, live, located, run, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core import Realtime, Settings, Submission, Tournament, events

EXITS = {"confirmed": Exit.DONE, "official": Exit.DONE, "refused": Exit.REFUSED, "withdrawn": Exit.REFUSED}
"""What an entry's state exits with; every other state means that it is saved here and waits."""
WORDS = {"saved": "saved here", "sending": "sending", "conflict": "conflict"}
"""States in the words of the screens, where they differ."""
_TIME = re.compile(r"(?:(\d{1,4}):)?(\d{1,6})(?:\.(\d{1,3}))?")
_PAIR = re.compile(r"(\d{1,7})-(\d{1,7})")
NEWEST = 2.0
"""Seconds to wait for a tournament's newest state before the stored copy has to do."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_match(parser)
    parser.add_argument("team", metavar="TEAM", nargs="?", help="id, code or name of the team; or home, away")
    parser.add_argument(
        "delta", metavar="DELTA", nargs="?", type=int, help="points to add; below 0 takes them off"
    )
    parser.add_argument("--set", action="store_true", help="set the team's points to DELTA instead")
    parser.add_argument(
        "--action", choices=("cup", "bounce", "miss"), help="in a game of cups: what a player of TEAM did"
    )
    parser.add_argument("--player", metavar="NAME", default="", help="who did it")
    parser.add_argument(
        "--time", metavar="M:SS.mmm", type=milliseconds, help="in a game for time: the time of TEAM"
    )
    parser.add_argument(
        "--sets", metavar="21-15,...", type=scores, help="in a game of sets: all of them, home first"
    )
    add_answer(parser)


def add_match(parser: argparse.ArgumentParser) -> None:
    """Add the match."""
    parser.add_argument("match", metavar="M", help="the match: m17, or tournament.m017 where several fit")


def add_answer(parser: argparse.ArgumentParser) -> None:
    """Add how long to wait for the hub's answer, and how to print it."""
    parser.add_argument(
        "--wait", metavar="S", type=seconds, default=5.0, help="seconds to wait for the hub (default: 5)"
    )
    add_json(parser)


def milliseconds(text: str) -> int:
    """Read a time (`12.345`, `1:02.3`) as whole milliseconds."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no time: write 12.345 or 1:02.345")
    minutes, whole, fraction = found.groups()
    return (int(minutes or 0) * 60 + int(whole)) * 1000 + int((fraction or "").ljust(3, "0"))


def scores(text: str) -> tuple[commands.Score, ...]:
    """Read scores (`21-15,18-21`)."""
    found = [_PAIR.fullmatch(part.strip()) for part in text.split(",")]
    pairs = [(int(one[1]), int(one[2])) for one in found if one is not None]
    if len(pairs) < len(found):
        raise argparse.ArgumentTypeError(f"{text} is no list of scores: write 21-15,18-21")
    return tuple(commands.Score(home, away) for home, away in pairs)


async def _score(args: argparse.Namespace, settings: Settings) -> int:
    given = [args.delta, args.action, args.time, args.sets]
    if sum(one is not None for one in given) != 1:
        raise Stopped(Exit.USAGE, "give one of DELTA, --action, --time and --sets")
    if (args.team is None) != (args.sets is not None):
        raise Stopped(Exit.USAGE, "name the TEAM; --sets, and nothing else, goes without one")
    if (args.set and args.delta is None) or (args.player and args.action is None):
        raise Stopped(Exit.USAGE, "--set goes with DELTA, --player with --action")
    return await entered(args, settings, _command)


def _command(args: argparse.Namespace, state: Tournament, match: ids.MatchId) -> commands.Command:
    """Return what the arguments ask for."""
    if args.sets is not None:
        return commands.EnterSets(match, args.sets)
    team = lookup.find_team(state, match, args.team)
    if args.time is not None:
        return commands.SetTime(match, team, args.time)
    if args.action is not None:
        worth = games.points_of(state.rules(state.matches[match].stage), args.action) or 0
        return commands.AddScore(match, team, worth, args.action, args.player)
    if not args.set:
        return commands.AddScore(match, team, args.delta)
    score, home = state.matches[match].score, state.matches[match].side_of(team) == "home"
    return commands.SetScore(
        match,
        commands.Score(args.delta if home else score.home, score.away if home else args.delta),
    )


async def entered(
    args: argparse.Namespace,
    settings: Settings,
    command: Callable[[argparse.Namespace, Tournament, ids.MatchId], commands.Command],
    shown: Callable[[argparse.Namespace, Tournament, commands.Command], int | None] = lambda *_: None,
) -> int:
    """Enter a command on a match and print what became of it; return the exit code.

    Args:
        args: those of `add_match` and `add_answer`, perhaps with `why`.
        settings: where the hubs are.
        command: makes it, on the match and the tournament as new as they can be had.
        shown: tells what it would change, and what to exit with where it is not to be entered; else `None`.
    """
    settings = located(settings)
    async with open_realtime(settings) as realtime:
        states = await _states(realtime, settings, args.match)
        match = lookup.find_match(states, args.match)
        state = next(state for state in states if match in state.matches)
        made = command(args, state, match)
        stopped = shown(args, state, made)
        if stopped is not None:
            return stopped
        return await answered(realtime.submit(made, tournament=state.id, why=getattr(args, "why", "")), args)


async def answered(
    entry: Submission,
    args: argparse.Namespace,
    told: Callable[[events.Event], Iterable[str]] = lambda _: (),
) -> int:
    """Wait for the answer to an entry as the arguments of `add_answer` say, and print it.

    Args:
        entry: the entry.
        args: the arguments.
        told: the lines that a person reads about an event that it became.
    """
    await entry.saved()
    answer = None
    # Out of time means unknown, not failed: the entry is saved, and goes on by itself.
    with suppress(TimeoutError):
        answer = await entry.confirmed(timeout=args.wait)
    code = _report(entry, 0 if answer is None else answer.seq, as_json=args.json)
    if answer is not None and not args.json:
        for line in (line for event in answer.events for line in told(event)):
            put(line)
    return code


async def _states(realtime: Realtime, settings: Settings, match: str) -> list[Tournament]:
    """Return the tournaments in which to look for a match, as new as they can be had without waiting long."""
    stored = realtime.view.tournaments
    if await connect(realtime, settings, limit=NEWEST if stored else None):
        listed = [listing.id for listing in realtime.view.directory]
        if not listed:
            raise Stopped(
                Exit.REFUSED, "there is no tournament at the hub; make one with `courtside import FILE`"
            )
        named = [tournament for tournament in listed if match.startswith(f"{tournament}.")]
        for tournament in named or listed:
            await live(realtime, tournament, NEWEST)
    shown = realtime.view.tournaments.values()
    if not shown:
        raise unreachable(realtime, settings)
    return [one.projected for one in shown]


def _report(entry: Submission, seq: int, *, as_json: bool) -> int:
    if as_json:
        put_json({"id": entry.id, "state": entry.state, "seq": seq, "reason": entry.reason})
    else:
        put(f"{entry.id} {WORDS.get(entry.state, entry.state)}")
    if entry.reason:
        say(entry.reason)
    return EXITS.get(entry.state, Exit.WAITING)


SCORE = Part(_arguments, lambda args, settings: run(_score(args, settings)))
