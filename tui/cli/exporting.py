"""`courtside export`: results and the whole attributed log, of now or of any earlier moment.

The log alone makes the document, so the path of an export folds to the same bytes again, without any hub.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core import BadFile, export, fetch_past, fold, ids, open_realtime, sheet
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put_bytes
from tui.cli.parser import Part
from tui.cli.reach import choose, connect, located, run, unreachable, whole_log

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from core import Settings, events


@dataclass(frozen=True, slots=True)
class Log:
    """A tournament's log, whole up to some moment."""

    epoch: ids.Epoch
    events: Sequence[events.Event]
    past: tuple[export.PastLog, ...] = ()
    """The logs of older epochs, the oldest first."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tournament",
        metavar="T",
        nargs="?",
        help="the tournament's id, where there are several; or a file that `export --format json` wrote",
    )
    parser.add_argument(
        "--format",
        choices=("json", "csv", "html"),
        default="json",
        help="json has the log (default), csv the matches, html a page to print",
    )
    parser.add_argument(
        "--at",
        metavar="SEQ|TIME",
        help="as it stood then: after event SEQ, at EPOCH:SEQ, or at a time of the hub (2026-06-14T15:30)",
    )


async def _export(args: argparse.Namespace, settings: Settings) -> int:
    log = await read_log(args.tournament, settings)
    if args.at is not None:
        log = cut(log, args.at)
    match args.format:
        case "csv":
            put_bytes(export.export_csv(fold(log.events, log.epoch)).encode())
        case "html":
            page = sheet.results_page(fold(log.events, log.epoch), log.events[-1].received_at)
            put_bytes(page.encode())
        case _:
            put_bytes(export.export_json(log.events, log.epoch, log.past))
    return Exit.DONE


async def read_log(name: str | None, settings: Settings) -> Log:
    """Return the log of a tournament at the hub, or of an export's file.

    Args:
        name: the tournament, or the file; `None` for the only tournament.
        settings: where the hubs are.

    Raises:
        BadFile: it is a file, and no export.
        Unknown: the hub has no such tournament.
        Unreachable: no hub answers.
        Stopped: none can be chosen, or the hub refuses to sign in.
    """
    if name is not None and not ids.is_slug(name):
        return from_file(Path(name))
    return await _from_hub(name, settings)


def from_file(file: Path) -> Log:
    """Return the logs of a file that `export --format json` wrote.

    Raises:
        BadFile: it cannot be read, or is no export.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadFile(str(file), error.strerror or str(error)) from error
    found, epoch = export.read_export(str(file), content)
    return Log(epoch, found, export.read_past(content))


async def _from_hub(name: str | None, settings: Settings) -> Log:
    settings = located(settings)
    async with open_realtime(settings, sends=False) as realtime:
        if not await connect(realtime, settings):
            raise unreachable(realtime, settings)
        tournament = choose((listing.id for listing in realtime.view.directory), name)
    epoch, found = await whole_log(settings, tournament)
    line = fold(found, epoch).past
    logs = [
        export.PastLog(past.epoch, await asyncio.to_thread(fetch_past, settings, tournament, past.epoch))
        for past in line
    ]
    return Log(epoch, found, tuple(logs))


def cut(log: Log, at: str, flag: str = "--at") -> Log:
    """Return a log as it stood at an earlier moment.

    Args:
        log: the whole log.
        at: a seq, `EPOCH:SEQ`, or an ISO time; one without an offset is of this machine's zone.
        flag: how the person gave the moment, for errors.

    Raises:
        Stopped: it names no moment of this log.
    """
    epoch, _, seq = at.rpartition(":")
    older = [past for past in log.past if past.epoch == epoch]
    if older and seq.isdecimal():
        before = log.past[: log.past.index(older[0])]
        return cut(Log(older[0].epoch, older[0].log, before), seq, flag)
    if seq.isdecimal() and (not epoch or epoch == log.epoch):
        last = log.events[-1].seq
        if int(seq) > last:
            raise Stopped(Exit.REFUSED, f"{flag} {at}: the log ends with event {last}")
        kept = [event for event in log.events if event.seq <= int(seq)]
    else:
        moment = _moment(at, log.epoch, flag)
        kept = [event for event in log.events if event.received_at <= moment]
    if not kept and older_moment(log, at):
        newest = log.past[-1]
        return cut(Log(newest.epoch, newest.log, log.past[:-1]), at, flag)
    if not kept:
        first = log.events[0].received_at
        raise Stopped(Exit.REFUSED, f"{flag} {at}: the log begins with event 1 at {first.isoformat()}")
    return Log(log.epoch, kept, log.past)


def older_moment(log: Log, at: str) -> bool:
    """Tell whether a time before the first event of this epoch may be in an older one."""
    return bool(log.past and log.past[-1].log) and not at.rpartition(":")[2].isdecimal()


def _moment(text: str, epoch: ids.Epoch, flag: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise Stopped(
            Exit.USAGE,
            f"{flag} {text}: give a seq, EPOCH:SEQ (the newest epoch is {epoch}), "
            "or a time (2026-06-14T15:30)",
        ) from error
    return read.astimezone(UTC)


EXPORT = Part(_arguments, lambda args, settings: run(_export(args, settings)))
