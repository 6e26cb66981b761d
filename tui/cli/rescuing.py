"""`courtside rescue`: gives a hub that lost a tournament this device's copy of it to go on from.

Asks before it does, as everybody at that hub goes on from there: what this copy lacks, other devices bring by
themselves.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from core import commands, ids, open_realtime
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put, put_json, say
from tui.cli.parser import Part, add_json
from tui.cli.reach import choose, connect, live, located, run, unreachable
from tui.cli.scoring import EXITS

if TYPE_CHECKING:
    import argparse

    from core import Realtime, Settings, Tournament

ANSWER_WAIT = 10.0
"""Seconds to wait for the hub's answer."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tournament", metavar="T", nargs="?", help="which one, where this device has several")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--close-missing",
        action="store_true",
        help="wait no longer for events that the hub lost and that no device brings",
    )
    add_json(parser)


async def _rescue(args: argparse.Namespace, settings: Settings) -> int:
    settings = located(settings)
    async with open_realtime(settings) as realtime:
        if not await connect(realtime, settings):
            raise unreachable(realtime, settings)
        held = {listing.id for listing in realtime.view.directory}
        if args.close_missing or args.tournament in held:
            tournament = choose(held, args.tournament)
            await live(realtime, tournament, ANSWER_WAIT)
            return await _missing(realtime, tournament, args)
        copies = {id: one for id, one in realtime.view.tournaments.items() if id not in held}
        if not copies:
            raise Stopped(Exit.REFUSED, "this device has no copy of a tournament that the hub lacks")
        copy = copies[choose(copies, args.tournament)].confirmed
        if not args.yes:
            _ask(copy)
        entry = realtime.rescue(copy.id)
        try:
            await entry.confirmed(timeout=ANSWER_WAIT)
        except TimeoutError:
            say("the hub has not answered yet; the copy is saved here, and is sent as soon as it does")
        return _report(copy.id, entry.state, entry.reason, copy.position.seq, as_json=args.json)


async def _missing(realtime: Realtime, tournament: ids.TournamentId, args: argparse.Namespace) -> int:
    """Say what nobody has brought back of a tournament that is at the hub, and close it if that is asked."""
    state = realtime.view.tournaments[tournament].confirmed
    lacking = [past for past in state.past if past.missing]
    for past in lacking:
        spans = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in past.missing)
        say(f"missing of epoch {past.epoch}: {spans}")
        if args.close_missing:
            entry = realtime.submit(commands.CloseMissing(past.epoch, past.seen), tournament=tournament)
            await entry.confirmed(timeout=ANSWER_WAIT)
            if entry.state not in ("confirmed", "official"):
                return _report(tournament, entry.state, entry.reason, 0, as_json=args.json)
    return _report(tournament, "there", "", state.position.seq, as_json=args.json)


def _ask(copy: Tournament) -> None:
    """Ask whether this copy is to be used.

    Raises:
        Stopped: it is not, or nobody can be asked.
    """
    at = "no time" if copy.updated_at is None else f"{copy.updated_at.astimezone():%H:%M:%S}"
    played = sum(match.finished for match in copy.matches.values())
    question = (
        f"This hub does not hold {copy.name}. Your copy is of {at}, event {copy.position.seq}, with {played}"
        f" of {len(copy.matches)} matches played. Everybody goes on from it. Bring it?"
    )
    if not sys.stdin.isatty():
        raise Stopped(Exit.USAGE, f"{question} Say --yes to do so")
    say(f"{question} [y/N] ")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Stopped(Exit.REFUSED, "nothing was changed")


def _report(tournament: str, state: str, reason: str, seq: int, *, as_json: bool) -> int:
    if as_json:
        put_json({"tournament": tournament, "state": state, "seq": seq, "reason": reason})
    elif state == "there":
        put(f"the hub holds {tournament}; what it lacks of it, consoles bring by themselves")
    elif state in ("confirmed", "official"):
        put(f"{tournament} goes on from event {seq} of this copy; what lies beyond comes back by itself")
    else:
        put(f"{tournament}: {state}")
    if reason:
        say(reason)
    return Exit.DONE if state == "there" else EXITS.get(state, Exit.WAITING)


RESCUE = Part(_arguments, lambda args, settings: run(_rescue(args, settings)))
