"""`courtside score`: one score, entered through the same outbox as in the console."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from core import commands, lookup, open_realtime
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put, put_json, say
from tui.cli.parser import Command, add_json, seconds
from tui.cli.reach import connect, live, located, run, unreachable

if TYPE_CHECKING:
    import argparse

    from core import Realtime, Settings, Submission, Tournament

EXITS = {"confirmed": Exit.DONE, "official": Exit.DONE, "refused": Exit.REFUSED, "withdrawn": Exit.REFUSED}
"""What an entry's state exits with; every other state means that it is saved here and waits."""
WORDS = {"saved": "saved here", "sending": "sending", "conflict": "conflict"}
"""States in the words of the screens, where they differ."""
NEWEST = 2.0
"""Seconds to wait for a tournament's newest state before the stored copy has to do."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("match", metavar="M", help="the match: m17, or tournament.m017 where several fit")
    parser.add_argument("team", metavar="TEAM", help="id, code or name of the team; or home, away")
    parser.add_argument("delta", metavar="DELTA", type=int, help="points to add; below 0 takes them off")
    parser.add_argument("--set", action="store_true", help="set the team's points to DELTA instead")
    parser.add_argument(
        "--wait", metavar="S", type=seconds, default=5.0, help="seconds to wait for the hub (default: 5)"
    )
    add_json(parser)


async def _score(args: argparse.Namespace, settings: Settings) -> int:
    settings = located(settings)
    async with open_realtime(settings) as realtime:
        states = await _states(realtime, settings, args.match)
        match = lookup.find_match(states, args.match)
        state = next(state for state in states if match in state.matches)
        team = lookup.find_team(state, match, args.team)
        side = state.matches[match].side_of(team)
        command: commands.Command = commands.AddScore(match, team, args.delta)
        if args.set:
            score = state.matches[match].score
            home = args.delta if side == "home" else score.home
            command = commands.SetScore(
                match, commands.Score(home, args.delta if side == "away" else score.away)
            )
        entry = realtime.submit(command, tournament=state.id)
        await entry.saved()
        seq = 0
        # Out of time means unknown, not failed: the entry is saved, and goes on by itself.
        with suppress(TimeoutError):
            seq = (await entry.confirmed(timeout=args.wait)).seq
        return _report(entry, seq, as_json=args.json)


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


SCORE = Command(
    "score",
    "enter a score",
    _arguments,
    lambda args, settings: run(_score(args, settings)),
)
