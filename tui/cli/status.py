"""`courtside status`: the connection, the outbox and the rooms, as this device sees them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from core import ids, open_realtime
from tui.cli.exits import Exit
from tui.cli.output import put, put_json
from tui.cli.parser import Part, add_json
from tui.cli.reach import connect_to_all, located, run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from core import Settings


_MOMENTS = ("last_activity", "next_try_at")
"""Names of what is measured by this process's own clock."""


async def _status(args: argparse.Namespace, settings: Settings) -> int:
    settings = located(settings)
    async with open_realtime(settings, sends=False) as realtime:
        await connect_to_all(realtime, settings)
        rooms = [ids.tournament_room(tournament) for tournament in realtime.view.tournaments]
        connection = realtime.view.connection
        document: dict[str, object] = {
            "connection": {
                "state": connection.state,
                "endpoint": connection.endpoint or settings.endpoints[0],
                "reason": connection.reason,
                **_plain(realtime.metrics()),
            },
            "queue": _plain(realtime.queue_stats()),
            "rooms": {room: _plain(stats) for room in rooms if (stats := realtime.room_stats(room))},
        }
    if args.json:
        put_json(document)
    else:
        put("\n".join(_lines(document)))
    return Exit.DONE


def _plain(value: object) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(value)
    return {name: _dated(name, one) for name, one in plain.items()}


def _dated(name: str, value: object) -> object:
    """Return a value, a moment of this process's own clock as one of the wall clock that others have."""
    if isinstance(value, dict):
        return {inner: _dated(inner, one) for inner, one in value.items()}
    if isinstance(value, list | tuple):
        return [_dated("", part) for part in value]
    if name in _MOMENTS and isinstance(value, float):
        ago = timedelta(seconds=time.monotonic() - value)
        return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _lines(document: Mapping[str, object], indent: str = "") -> Iterator[str]:
    """Yield a document as indented lines."""
    for key, value in document.items():
        name = key.replace("_", " ")
        if isinstance(value, dict):
            yield f"{indent}{name}"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and name == "links":
            for part in value:
                yield f"{indent}link"
                yield from _lines(part, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{name}: {', '.join(map(str, value))}"
        else:
            said = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else value
            yield f"{indent}{name}: {said}"


STATUS = Part(add_json, lambda args, settings: run(_status(args, settings)))
