"""`/metrics`: the hub's figures for Prometheus, as they are when it asks.

What is counted all along stands in `figures`; the rest is looked up here. A scrape costs no commit anything:
the disk is asked in a thread.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from core.domain.ids import ROOM_KINDS, read_room
from core.domain.rooms import rooms_of
from core.hub.web.figures import TEXT_TYPE, Metric, write_metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sized
    from pathlib import Path

    from starlette.requests import Request

    from core.domain.ids import RoomId
    from core.hub.lobby import Lobby
    from core.hub.web.figures import Histogram

OUTCOMES = ("accepted", "held", "refused", "withdrawn", "repeated", "unusable")
DEFERRALS = ("busy", "read_only", "rate", "sign_in")
"""Always listed, so that nobody takes a count that is not there yet for one that is lost."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What the log takes and what is left, in bytes."""

    log_bytes: int
    free_bytes: int


def read_disk(log: Path) -> Disk:
    """Look at the disk that a log is on. Blocks."""
    files = [file for file in log.parent.glob(f"{log.name}*") if file.suffix != ".bak"]
    return Disk(sum(_size(file) for file in files), shutil.disk_usage(log.parent).free)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # the write-ahead file goes when the last one closes
        return 0


class Metrics:
    """The handler.

    Args:
        lobby: the hub.
        old_clients: those that speak the legacy dialect.
        log: the log's file.
    """

    def __init__(self, lobby: Lobby, old_clients: Sized, log: Path) -> None:
        self._lobby = lobby
        self._old_clients = old_clients
        self._log = log
        self._since = asyncio.get_running_loop().time()

    async def metrics(self, _request: Request) -> Response:
        """Show the hub's figures."""
        disk = await asyncio.to_thread(read_disk, self._log)
        content = write_metrics([*self._counted(), *self._standing(), *_of_disk(disk)])
        return Response(content, headers={"Content-Type": TEXT_TYPE})

    def _counted(self) -> Iterator[Metric | tuple[str, str, Histogram]]:
        figures = self._lobby.rounds.figures
        yield Metric(
            "commands_total",
            "Entries by what became of them.",
            "counter",
            {outcome: figures.commands[outcome] for outcome in OUTCOMES},
            "outcome",
        )
        yield Metric(
            "deferred_total",
            "Entries that were not judged and stay with their sender.",
            "counter",
            {code: figures.deferred[code] for code in DEFERRALS},
            "code",
        )
        yield "commit_seconds", "From handing a round to the disk until it was there.", figures.commits
        yield (
            "fanout_seconds",
            "From a round's commit until all connections were given it.",
            figures.fanout,
        )
        yield Metric(
            "slow_readers_closed_total",
            "Connections ended because they left too much unread.",
            "counter",
            {kind: figures.slow_readers[kind] for kind in ("websocket", "poll", "legacy")},
            "kind",
        )

    def _standing(self) -> Iterator[Metric]:
        lobby, rounds = self._lobby, self._lobby.rounds
        kinds = Counter(link.peer.kind for link in lobby.links)
        yield Metric(
            "connections",
            "Clients that are connected.",
            "gauge",
            {
                "websocket": kinds["websocket"],
                "poll": kinds["poll"],
                "legacy": len(self._old_clients),
            },
            "kind",
        )
        yield Metric(
            "unread_bytes",
            "What was said to clients and has not left yet, in all.",
            "gauge",
            {"": sum(link.peer.unread_bytes for link in lobby.links)},
        )
        rooms = (room for one in rounds.rooms.all() for room in rooms_of(one.state))
        yield Metric("rooms", "Rooms that there are.", "gauge", _by_kind(rooms, everybody=1), "type")
        yield Metric(
            "rooms_in_use", "Rooms that somebody is in.", "gauge", _by_kind(lobby.members.in_use), "type"
        )
        count = len(rounds.rooms.listings())
        yield Metric("tournaments", "Tournaments that the hub holds.", "gauge", {"": count})
        yield Metric("durable", "1 while the log can be written, else 0.", "gauge", {"": int(rounds.durable)})
        yield Metric("inbox_entries", "Entries that wait to be judged.", "gauge", {"": rounds.waiting})
        uptime = asyncio.get_running_loop().time() - self._since
        yield Metric("uptime_seconds", "How long this hub has run.", "gauge", {"": uptime})
        yield Metric("hub_info", "The hub's version.", "gauge", {lobby.version: 1}, "version")


def _by_kind(rooms: Iterable[RoomId], everybody: int = 0) -> dict[str, float]:
    """Return how many rooms there are of each kind.

    Args:
        rooms: their ids.
        everybody: how many global ones there are besides.
    """
    kinds = Counter(parts.kind for parts in map(read_room, rooms) if parts is not None)
    kinds["global"] += everybody
    return {kind: kinds[kind] for kind in ROOM_KINDS}


def _of_disk(disk: Disk) -> Iterator[Metric]:
    yield Metric("log_bytes", "Size of the log on disk.", "gauge", {"": disk.log_bytes})
    yield Metric("disk_free_bytes", "What is free on the log's disk.", "gauge", {"": disk.free_bytes})
