"""`courtside demo`: a throw-away hub, an evening that plays itself, the console on top.

Without a terminal, or with `--headless`, it plays without the console and says what came of it. Nothing stays
behind.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from core import games, leaderboard
from tui.cli import hubs
from tui.cli.crowd import Crowd, Tally
from tui.cli.drawing import drawable, load_meanwhile, open_console
from tui.cli.exits import Exit, Stopped
from tui.cli.olympics import winners
from tui.cli.output import put, put_json
from tui.cli.parser import Part, above_zero, seconds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from core import Match, Settings, Tournament

LEADERS = 3
"""How many places the summary names."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="which tournament (default: 1)")
    parser.add_argument(
        "--speed", metavar="X", type=above_zero, default=1.0, help="X times as fast (default: 1)"
    )
    parser.add_argument("--headless", action="store_true", help="without the console")
    parser.add_argument(
        "--for",
        metavar="S",
        dest="span",
        type=seconds,
        help="end after S seconds; headless without it: when the evening is over",
    )
    parser.add_argument("--json", action="store_true", help="headless, and the summary as JSON")


def _demo(args: argparse.Namespace, settings: Settings) -> int:
    headless = args.headless or args.json or not drawable()
    if not headless:
        load_meanwhile("starting a hub for the demo ...")
    with tempfile.TemporaryDirectory(prefix="courtside-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        hub = hubs.start(folder, attached=True)
        try:
            own = settings.model_copy(update={"data": folder, "ws_url": (hub.url,), "token": None})
            crowd = Crowd(own, folder / "crowd", args.seed, args.speed)
            if headless:
                return _headless(crowd, args)
            with _playing(crowd):
                return open_console(own)
        finally:
            hub.stop()


def _headless(crowd: Crowd, args: argparse.Namespace) -> int:
    began = time.monotonic()
    tally = asyncio.run(play(crowd, args.span))
    summary = _summary(tally, args.seed, time.monotonic() - began)
    if args.json:
        put_json(summary)
    else:
        put("\n".join(_line(key, value) for key, value in summary.items() if value is not None))
    if tally.wrong:
        raise Stopped(Exit.BUG, f"the hub's log and the tallies differ: {'; '.join(tally.wrong[:5])}")
    return Exit.DONE


async def play(crowd: Crowd, span: float | None) -> Tally:
    """Let the crowd play without a console.

    Args:
        crowd: everybody.
        span: seconds until they are told to stop; `None` for the whole evening.

    Returns:
        What came of it.
    """
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(crowd.play())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(playing), span)
        crowd.stop.set()
    return await crowd.check()


def _summary(tally: Tally, seed: int, span: float) -> dict[str, object]:
    state = tally.state
    matches = state.matches.values()
    board = leaderboard.leaderboard(state)
    leaders = [
        {"team": state.teams[line.team].name, "points": line.points} for line in board if line.rank <= LEADERS
    ]
    return {
        "tournament": state.id,
        "seed": seed,
        "seconds": round(span, 1),
        "teams": len(state.teams),
        "games": len(state.games),
        "matches": len(matches),
        "final": sum(match.finished for match in matches),
        "points": sum(_points(state, match) for match in matches),
        "entries": tally.entries,
        "confirmed": tally.confirmed,
        "events": state.position.seq,
        "undone": tally.undone,
        "conflicts": tally.conflicts,
        "reopened": tally.reopened,
        "offline": tally.offline,
        "leaders": leaders,
        "champion": winners(state) if state.status == "finished" else None,
        "true": not tally.wrong,
    }


def _points(state: Tournament, match: Match) -> int:
    """Return the points that a match was played with; times are none."""
    if isinstance(state.rules(match.stage), games.TimeRules):
        return 0
    return sum(score.home + score.away for score in (*match.sets, match.score))


def _line(key: str, value: object) -> str:
    if isinstance(value, list):
        value = ", ".join(f"{leader['team']} {leader['points']}" for leader in value)
    return f"{key}: {value}"


@contextmanager
def _playing(crowd: Crowd) -> Iterator[None]:
    """Let the crowd play on a thread and a loop of its own, while the block runs."""
    # Loaded on use: only a demo with a screen needs a second loop.
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal() as portal:
        game = portal.start_task_soon(crowd.play)
        try:
            yield
        finally:
            portal.call(crowd.stop.set)
            game.result()


DEMO = Part(_arguments, _demo)
