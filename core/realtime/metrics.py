"""Metrics: what a view comes to in figures, under the names that the API and `courtside status` promise.

Pure functions of a view; they hold nothing and never grow stale. Durations are seconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.commands import PRIORITIES, Priority
from core.domain.ids import ROOM_KINDS, RoomKind, room_kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from core.realtime.view import LinkView, View


@dataclass(frozen=True, slots=True)
class Metrics:
    """The links in figures."""

    total_connections: int
    """Links, and endpoints without one."""
    active_connections: int
    """Those with a live link."""
    average_latency: float | None
    """Mean of the newest round trips of live links; `None` without any."""
    connection_health: float
    """Mean health of all those, 0 to 100; 0 without any."""
    total_messages: int
    """In and out, since the process started."""
    message_rate: float
    """Messages a second, in and out, over the last ten seconds."""
    channel_distribution: Mapping[RoomKind, int]
    """How many rooms links carry, by kind of room; every kind is there. A match's room is part of its
    tournament's."""
    links: tuple[LinkView, ...]
    """One a link, and one an endpoint without a link."""


@dataclass(frozen=True, slots=True)
class QueueStats:
    """The outbox in figures."""

    total: int
    """Entries without an answer."""
    by_priority: Mapping[Priority, int]
    """The same, by priority; every priority is there."""
    oldest: datetime | None
    """When the oldest of them was entered, by this device's clock; `None` without any."""
    processing: int
    """Those that are on a link now."""
    retained: int
    """Entries that this device keeps, whatever happens, until they are answered or a person decides."""
    conflicts: int
    """Held by the hub until somebody decides."""
    refused: int
    """Refused, and still listed."""
    evicted: int
    """Messages that made room for more urgent entries since the process started."""


def metrics(view: View) -> Metrics:
    """Return the links of a view in figures."""
    connection = view.connection
    links = connection.links
    live = [link for link in links if link.state in ("live", "slow")]
    kinds = Counter(room_kind(room) for link in links for room in link.rooms)
    trips = [link.latency for link in live if link.latency is not None]
    return Metrics(
        total_connections=len(links),
        active_connections=len(live),
        average_latency=sum(trips) / len(trips) if trips else None,
        connection_health=sum(link.health for link in links) / len(links) if links else 0.0,
        total_messages=sum(link.messages_in + link.messages_out for link in links),
        message_rate=connection.message_rate_in + connection.message_rate_out,
        channel_distribution={kind: kinds[kind] for kind in ROOM_KINDS},
        links=links,
    )


def queue_stats(view: View) -> QueueStats:
    """Return the outbox of a view in figures."""
    waiting = [queued for queued in view.queue if queued.waiting]
    priorities = Counter(queued.priority for queued in waiting)
    states = Counter(queued.state for queued in view.queue)
    return QueueStats(
        total=len(waiting),
        by_priority={priority: priorities[priority] for priority in PRIORITIES},
        oldest=min((queued.entry.entered_at for queued in waiting), default=None),
        processing=states["sending"],
        retained=len(waiting) + states["conflict"] + states["refused"],
        conflicts=states["conflict"],
        refused=states["refused"],
        evicted=view.evicted_total,
    )
