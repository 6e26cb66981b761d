"""`courtside demo`: a throw-away hub, a tournament that plays itself, the console on top.

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

from core import brackets
from tui.cli import hubs
from tui.cli.console import drawable, open_console
from tui.cli.crowd import Crowd, Tally
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put, put_json
from tui.cli.parser import Command, above_zero, seconds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from core import Settings


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
        help="end after S seconds; headless without it: when there is a champion",
    )
    parser.add_argument("--json", action="store_true", help="headless, and the summary as JSON")


def _demo(args: argparse.Namespace, settings: Settings) -> int:
    with tempfile.TemporaryDirectory(prefix="courtside-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        hub = hubs.start(folder, attached=True)
        try:
            own = settings.model_copy(update={"data": folder, "ws_url": (hub.url,), "token": None})
            crowd = Crowd(own, folder / "crowd", args.seed, args.speed)
            if args.headless or args.json or not drawable():
                return _headless(crowd, args)
            with _playing(crowd):
                return open_console(own)
        finally:
            hub.stop()


def _headless(crowd: Crowd, args: argparse.Namespace) -> int:
    began = time.monotonic()
    tally = asyncio.run(_play(crowd, args.span))
    summary = _summary(tally, args.seed, time.monotonic() - began)
    if args.json:
        put_json(summary)
    else:
        put("\n".join(f"{key}: {value}" for key, value in summary.items() if value is not None))
    if tally.wrong:
        raise Stopped(Exit.BUG, f"the hub's log and the tallies differ: {'; '.join(tally.wrong[:5])}")
    return Exit.DONE


async def _play(crowd: Crowd, span: float | None) -> Tally:
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(crowd.play())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(playing), span)
        crowd.stop.set()
    return await crowd.check()


def _summary(tally: Tally, seed: int, span: float) -> dict[str, object]:
    state = tally.state
    matches = state.matches.values()
    champion = brackets.champion(state)
    return {
        "tournament": state.id,
        "seed": seed,
        "seconds": round(span, 1),
        "teams": len(state.teams),
        "matches": len(matches),
        "final": sum(match.finished for match in matches),
        "points": sum(match.score.home + match.score.away for match in matches),
        "entries": tally.entries,
        "confirmed": tally.confirmed,
        "events": state.position.seq,
        "champion": None if champion is None else state.teams[champion].name,
        "true": not tally.wrong,
    }


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


DEMO = Command("demo", "a lively tournament to try everything with; nothing stays behind", _arguments, _demo)
