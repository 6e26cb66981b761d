"""`courtside queue`: the outbox of this data folder, and what a person may do about an entry in it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from core import Unknown, commands, ids, open_realtime
from tui.cli.exits import Exit, Stopped
from tui.cli.output import put, put_json, say, table
from tui.cli.parser import Part, add_json
from tui.cli.reach import awaited, connect, located, run, tell_problems
from tui.cli.scoring import EXITS, WORDS

if TYPE_CHECKING:
    import argparse

    from core import Queued, Realtime, Settings, View

DONE = ("confirmed", "official", "withdrawn")
"""States that need nobody any more: such entries are not listed."""
ANSWER_WAIT = 5.0
"""Seconds to wait for the hub after a retry or an undo."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "retry", "withdraw"),
        default="list",
        help="list (default); retry: send it again now; withdraw: take it back",
    )
    parser.add_argument("id", metavar="ID", nargs="?", help="an entry's id, or how it begins")
    add_json(parser)


async def _queue(args: argparse.Namespace, settings: Settings) -> int:
    if (args.action == "list") != (args.id is None):
        raise Stopped(Exit.USAGE, "retry and withdraw take the ID of one entry, list takes none")
    if args.action == "list":
        async with open_realtime(settings, sends=False) as realtime:
            tell_problems(realtime)
            entries = [one for one in realtime.view.queue if one.state not in DONE]
        if args.json:
            put_json(queue_document(entries))
        else:
            put(queue_text(entries))
        return Exit.DONE
    settings = located(settings)
    async with open_realtime(settings) as realtime:
        chosen = _find(realtime.view, args.id)
        await connect(realtime, settings)
        if args.action == "retry":
            attempts = _find_exactly(realtime.view, chosen).attempts
            realtime.retry(chosen)
            await _answered(realtime, chosen, attempts)
        else:
            await _withdraw(realtime, chosen)
        return _report(_find_exactly(realtime.view, chosen), as_json=args.json)


async def _withdraw(realtime: Realtime, chosen: ids.CommandId) -> None:
    """Take an entry back; where it may have left, by an undo that names it."""
    outcome = realtime.withdraw(chosen)
    with suppress(TimeoutError):
        await outcome.confirmed(timeout=ANSWER_WAIT)
    if outcome.id != chosen and outcome.state != "withdrawn":
        say(f"it may have left already: the undo {outcome.id} is {WORDS.get(outcome.state, outcome.state)}")


async def _answered(realtime: Realtime, chosen: ids.CommandId, attempts: int) -> None:
    """Wait for an entry's answer, but not long; where there are none, until it was sent again."""

    def is_answered(view: View) -> bool:
        return not any(
            one.waiting or (one.state == "sent" and one.attempts == attempts)
            for one in view.queue
            if one.entry.id == chosen
        )

    await awaited(realtime, is_answered, ANSWER_WAIT)


def _find(view: View, text: str) -> ids.CommandId:
    """Return the id of the one entry in the queue that `text` names or begins."""
    known = [one.entry.id for one in view.queue]
    fits = [one for one in known if one == text] or [one for one in known if one.startswith(text)]
    if len(fits) != 1:
        raise Unknown("entry in the queue", text, fits[:3])
    return fits[0]


def _find_exactly(view: View, chosen: ids.CommandId) -> Queued:
    return next(one for one in view.queue if one.entry.id == chosen)


def _report(found: Queued, *, as_json: bool) -> int:
    if as_json:
        put_json(entry_document(found))
    else:
        put(f"{found.entry.id} {WORDS.get(found.state, found.state)}")
        if found.reason:
            say(found.reason)
    return Exit.DONE if found.state in DONE else EXITS.get(found.state, Exit.WAITING)


def entry_document(queued: Queued) -> dict[str, object]:
    """Return one entry as `queue list --json` prints it; keys that do not apply are left out."""
    command = queued.entry.command
    match = commands.match_of(command)
    document: dict[str, object] = {"id": queued.entry.id, "type": _kind(command)}
    if match is not None:
        document["match"] = match
    if isinstance(command, commands.AddScore):
        document |= {"team": command.team, "delta": command.delta}
    return document | {
        "state": queued.state,
        "priority": queued.priority,
        "entered_at": queued.entry.entered_at,
        "attempts": queued.attempts,
        "reason": queued.reason,
    }


def _kind(command: commands.Command) -> str:
    """Return a command's name as it stands in journals and on the wire (`add_score`)."""
    return str(command.__struct_config__.tag)


def queue_document(entries: list[Queued]) -> dict[str, object]:
    """Return the outbox as `queue list --json` prints it."""
    return {
        "total": len(entries),
        "by_priority": {name: sum(one.priority == name for one in entries) for name in commands.PRIORITIES},
        "oldest": min((one.entry.entered_at for one in entries), default=None),
        "entries": [entry_document(one) for one in entries],
    }


def queue_text(entries: list[Queued]) -> str:
    """Lay out the outbox for people."""
    if not entries:
        return "the queue is empty: everything entered here is at the hub"
    heads = ("Entered", "Match", "Entry", "State", "Tries", "Id", "Why")
    return table(heads, [_row(one) for one in entries])


def _row(queued: Queued) -> tuple[str, ...]:
    command = queued.entry.command
    match = commands.match_of(command)
    what = _kind(command).replace("_", " ")
    if isinstance(command, commands.AddScore):
        what = f"{command.team} {command.delta:+}"
    elif isinstance(command, commands.SetScore):
        what = f"set {command.score.home}-{command.score.away}"
    return (
        f"{queued.entry.entered_at.astimezone():%H:%M:%S}",
        "" if match is None else ids.short_form(match),
        what,
        WORDS.get(queued.state, queued.state),
        f"{queued.attempts}",
        queued.entry.id,
        queued.reason,
    )


QUEUE = Part(_arguments, lambda args, settings: run(_queue(args, settings)))
