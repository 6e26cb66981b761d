"""`courtside report`: the evening in figures, from the hub, from this device's copy, or from an export."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core import BadLog, fetch_analytics, fold, ids, open_realtime, report, stored_log
from tui.cli.exits import Exit
from tui.cli.exporting import from_file
from tui.cli.output import put, put_json, say, table
from tui.cli.parser import Part, add_json
from tui.cli.reach import located, read, run, whole_log

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from core import Analytics, Settings, Tournament, events

DESKS = 12
"""Desks that are listed one by one."""


@dataclass(frozen=True, slots=True)
class Evening:
    """What is known of a tournament."""

    state: Tournament
    log: Sequence[events.Event] = ()
    """`()` where the whole log is not at hand."""
    analytics: Analytics | None = None
    """What only the hub knows; `None` without it."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tournament",
        metavar="T",
        nargs="?",
        help="the tournament's id, where there are several; or a file that `export --format json` wrote",
    )
    add_json(parser)


async def _report(args: argparse.Namespace, settings: Settings) -> int:
    name: str | None = args.tournament
    if name is not None and not ids.is_slug(name):
        log = from_file(Path(name))
        evening = Evening(fold(log.events, log.epoch), log.events)
    else:
        evening = await _reached(name, located(settings))
    figures = report.report(evening.state, evening.log)
    if args.json:
        put_json(report_document(figures, evening.analytics))
    else:
        put("\n".join(report_lines(figures, evening)))
    return Exit.DONE


async def _reached(name: str | None, settings: Settings) -> Evening:
    """Return what the hub knows, or what this device has where no hub can be reached."""
    async with open_realtime(settings, sends=False) as realtime:
        reading = await read(realtime, settings, name)
    state = reading.state
    if reading.as_of is None:
        epoch, log = await whole_log(settings, state.id)
        analytics = await asyncio.to_thread(fetch_analytics, settings, state.id)
        return Evening(fold(log, epoch), log, analytics)
    say(f"no hub can be reached: as of {reading.as_of.astimezone():%Y-%m-%d %H:%M:%S}")
    try:
        return Evening(state, await asyncio.to_thread(stored_log, settings, state.id, state.position))
    except BadLog as error:
        say(f"without the log: {error}")
        return Evening(state)


def report_document(figures: report.Report, analytics: Analytics | None) -> dict[str, object]:
    """Return what `--json` prints.

    Args:
        figures: of the state and the log.
        analytics: of the hub; `None` without it.
    """
    document: dict[str, object] = msgspec.to_builtins(figures)
    document["refused"] = None if analytics is None else analytics.answers.get("refused", 0)
    document["peak_viewers"] = None if analytics is None else analytics.peak
    return document


def report_lines(figures: report.Report, evening: Evening) -> Iterator[str]:
    """Yield the report line by line."""
    matches, state = figures.matches, evening.state
    yield f"{figures.name} ({figures.tournament}), event {figures.seq}"
    yield ""
    rows = [
        ("matches", f"{matches.finished} of {matches.total} finished, {matches.live} live"),
        ("official", f"{matches.official}"),
        ("points", f"{figures.points:,}"),
    ]
    if matches.forfeited:
        rows.append(("forfeits", f"{matches.forfeited}"))
    if figures.champion is not None:
        rows.append(("champion", state.teams[figures.champion].name))
    if figures.board:
        first = [f"{line.rank}. {state.teams[line.team].name} {line.points}" for line in figures.board]
        rows.append(("leaderboard", ", ".join(first)))
    for leaders in figures.leaders:
        names = ", ".join(state.teams[team].name for team in leaders.teams) or "nobody yet"
        rows.append(
            (leaders.name, f"{names} {'won' if leaders.decided else 'leads'}" if leaders.teams else names)
        )
    rows += _log_rows(figures.log) if figures.log else [("entries", "not known here: the log is at the hub")]
    if evening.analytics is not None:
        rows.append(("refused", f"{evening.analytics.answers.get('refused', 0)}"))
        rows.append(("viewers", f"{evening.analytics.peak} at a time, at most"))
    width = max(len(name) for name, _ in rows)
    for name, said in rows:
        yield f"{name:<{width}}  {said}"
    if figures.log is not None:
        yield from _desk_lines(figures.log)


def _log_rows(log: report.LogFigures) -> list[tuple[str, str]]:
    conflicts, busiest = log.conflicts, log.busiest
    settled = (
        f"{conflicts.held} ({conflicts.hub} kept the hub's score, {conflicts.instead} replaced,"
        f" {conflicts.withdrawn} withdrawn, {conflicts.open} open)"
    )
    return [
        ("from", f"{_time(log.began_at)} to {_time(log.ended_at)}"),
        ("entries", f"{log.entries:,}, of these {log.corrections:,} corrections"),
        ("conflicts", settled if conflicts.held else "none"),
        ("busiest", f"{_time(busiest.at)} with {busiest.events} events"),
    ]


def _desk_lines(log: report.LogFigures) -> Iterator[str]:
    rows = [(desk.device, desk.by, f"{desk.entries}", f"{desk.corrections}") for desk in log.desks[:DESKS]]
    if rows:
        yield ""
        yield table(("Device", "Person", "Entries", "Corrections"), rows, ("<", "<", ">", ">"))
    if len(log.desks) > DESKS:
        yield f"and {len(log.desks) - DESKS} more"
    if log.offline:
        yield ""
    for stretch in log.offline:
        yield (
            f"{stretch.device} had no hub from {_time(stretch.since)} (by its clock) to"
            f" {_time(stretch.until)}: {stretch.entries} entries came late"
        )


def _time(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


REPORT = Part(_arguments, lambda args, settings: run(_report(args, settings)))
