"""`courtside import`: a tournament from a file, made at the hub by one ordinary entry.

The entry's id follows from the tournament's content, so that the same file imported twice is there once.
Reading a file stands here too: `courtside replay` reads the same ones.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from core import BadFile, commands, formats, founding, ids, open_realtime, plan, playback
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put, put_json, say
from tui.cli.parser import Part, add_json
from tui.cli.progress import progress
from tui.cli.reach import awaited, connect, live, located, run, unreachable, whole_log

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from core import Realtime, Settings, View

NAMESPACE = uuid.UUID("6f2d7f0e-6d0b-5c0f-9a53-3c1c6a4f7b11")
"""The space of ids that follow from a content: any fixed one does, as long as it stays."""
ANSWER_WAIT = 10.0
"""Seconds to wait for the hub's answer to one entry."""


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add the file of a tournament and what belongs to it."""
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help="native TOML or JSON, CSV of teams, openfootball JSON, or an export",
    )
    parser.set_defaults(format=None)
    parser.add_argument("--id", metavar="T", help="the id to give the tournament; else the file's own")
    parser.add_argument(
        "--groups",
        metavar="FILE",
        type=Path,
        help="openfootball's groups, in a file of their own; else NAME.groups.json beside FILE",
    )


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    parser.add_argument(
        "--format",
        choices=("round_robin", "single_elimination", "double_elimination", "swiss"),
        help="how the matches of a CSV of teams are drawn up (default: round_robin)",
    )
    add_json(parser)


def read_file(args: argparse.Namespace) -> playback.Imported:
    """Read the tournament that the arguments of `add_file` name.

    Raises:
        BadFile: a file cannot be read, or is no tournament.
    """
    file: Path = args.file
    groups: Path | None = args.groups
    if groups is None and file.suffix == ".json":
        beside = file.with_name(f"{file.stem}.groups.json")
        groups = beside if beside.is_file() else None
    return formats.read_tournament(
        file.name,
        _content(file),
        groups=_content(groups) if groups else None,
        id=args.id,
        format=args.format,
    )


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            # One byte more than is taken: the rest of a device or a pipe without an end stays where it is.
            return stream.read(formats.MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadFile(str(file), error.strerror or str(error)) from error


async def create(
    realtime: Realtime, settings: Settings, drawn: plan.Plan, patience: float = ANSWER_WAIT
) -> bool:
    """Make a tournament at the hub, once.

    Args:
        realtime: the client.
        settings: where the hubs are.
        drawn: the tournament.
        patience: seconds to wait for the hub.

    Returns:
        False when it is there already, with the same content.

    Raises:
        Stopped: the hub has another tournament under this id, refuses it, or has not answered yet.
    """
    made = founding.founding_id(drawn)
    if drawn.id in {listing.id for listing in realtime.view.directory}:
        _, events = await whole_log(settings, drawn.id, patience)
        if events[0].command == made:
            return False
        raise _other_content(drawn.id)
    waits = any(one.entry.id == made and one.waiting for one in realtime.view.queue)
    if not waits:
        realtime.submit(commands.CreateTournament(drawn), tournament=drawn.id, id=made)

    def answered(view: View) -> bool:
        return any(one.entry.id == made and not one.waiting for one in view.queue)

    await awaited(realtime, answered, patience)
    entry = next((one for one in realtime.view.queue if one.entry.id == made), None)
    if entry is None or entry.waiting:
        raise Stopped(Exit.WAITING, "saved here; the tournament is made as soon as the hub answers")
    if entry.state in ("confirmed", "official"):
        return True
    raise Stopped(Exit.REFUSED, f"the hub refuses it: {entry.reason or entry.state}")


def _other_content(tournament: ids.TournamentId) -> Stopped:
    return Stopped(
        Exit.REFUSED,
        f"the hub has another tournament {tournament!r} already; import this one under another id with --id",
    )


async def _import(args: argparse.Namespace, settings: Settings) -> int:
    imported = read_file(args)
    settings = located(settings)
    drawn = imported.plan
    with progress("importing", total=1) as bar:
        async with open_realtime(settings) as realtime:
            if not await connect(realtime, settings) and not realtime.view.tournaments:
                raise unreachable(realtime, settings)
            new = await create(realtime, settings, drawn)
            await live(realtime, drawn.id, ANSWER_WAIT)
            shown = realtime.view.tournaments.get(drawn.id)
            events = shown.confirmed.position.seq if shown else 1
        bar.reach(1)
    if args.json:
        put_json(document(imported, events))
        return Exit.DONE
    matches = f"{len(drawn.fixtures)} {'match' if len(drawn.fixtures) == 1 else 'matches'}"
    put(f"{drawn.id}: {drawn.name}, {len(drawn.teams)} teams, {matches}")
    if not new:
        put("it was there already; nothing has changed")
    if imported.playback:
        put(f"the file's results are not entered; `courtside replay {args.file}` plays them")
    for line in _next(drawn) if new else ():
        put(line)
    tell_skipped(imported.skipped)
    return Exit.DONE


def document(imported: playback.Imported, events: int) -> dict[str, object]:
    """Return what `import` and `replay` print as JSON."""
    return {
        "tournament": imported.plan.id,
        "teams": len(imported.plan.teams),
        "matches": len(imported.plan.fixtures),
        "events": events,
        "skipped": [{"where": skipped.where, "why": skipped.why} for skipped in imported.skipped],
    }


def _next(drawn: plan.Plan) -> list[str]:
    """Return what is to be done before anything can be played."""
    if drawn.status != "running":
        return [f"it is {drawn.status}: `courtside tournament start {drawn.id}` draws its matches up"]
    swiss = [stage.name for stage in drawn.stages if isinstance(stage.format, plan.Swiss)]
    return [f"`courtside tournament draw {drawn.id}` draws the first round of {name}" for name in swiss]


def tell_skipped(skipped: Sequence[playback.Skipped]) -> None:
    """Say what of a file was not used or is doubtful, and why."""
    for one in skipped:
        say(f"note: {one.where}: {one.why}")


IMPORT = Part(_arguments, lambda args, settings: run(_import(args, settings)))
