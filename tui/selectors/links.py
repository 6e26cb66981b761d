"""The links in figures: this console's endpoints, the devices at the hub, rooms, outbox, and alerts.

Everything is read from one moment of the view; the alerts follow from it, so one that is over is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core import commands
from tui.selectors import trips, words
from tui.selectors.cells import Column, Line, Role, Row, Run, clip, fit, length
from tui.selectors.scene import counted, duration, stopwatch
from tui.selectors.status import not_held
from tui.selectors.trips import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from core import LinkView, RoomStats, ids
    from tui.selectors.people import Company
    from tui.selectors.scene import Scene

Table = Literal["links", "devices", "rooms", "outbox", "alerts"]
TABLES: tuple[Table, ...] = ("links", "devices", "rooms", "outbox", "alerts")
WINDOWS = (60.0, 300.0, 900.0, 3600.0)
"""Seconds that the graph may reach back."""
SLOW = 1.0
"""95th percentile of round trips, in seconds, from which on a link is an alert."""

COLUMNS: Mapping[Table, tuple[Column, ...]] = {
    "links": (
        Column("endpoint", 18, flexible=True, widest=50),
        Column("state", 11),
        Column("health", 6, "right"),
        Column("rtt", 7, "right"),
        Column("p50", 7, "right", least=110),
        Column("p95", 7, "right"),
        Column("p99", 7, "right", least=110),
        Column("in", 7, "right", least=90),
        Column("out", 7, "right", least=90),
        Column("rooms", 5, "right", least=70),
        Column("reconn", 6, "right", least=70),
        Column("next try", 8, "right", least=76),
        Column("last minute", 20, least=130),
    ),
    "devices": (
        Column("device", 14, flexible=True, widest=40),
        Column("name", 12, flexible=True, widest=40),
        Column("role", 10),
        Column("state", 14),
        Column("since", 8, "right"),
    ),
    "rooms": (
        Column("room", 20, flexible=True, widest=60),
        Column("members", 7, "right"),
        Column("followed", 8, "right"),
        Column("events/s", 8, "right"),
        Column("last", 7, "right"),
        Column("live for", 8, "right"),
    ),
    "outbox": (
        Column("priority", 12),
        Column("waiting", 8, "right"),
        Column("oldest", 8, "right"),
        Column("", 10, flexible=True),
    ),
    "alerts": (Column("alert", 20, flexible=True), Column("", 14)),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that ops should see."""

    key: str
    """The same for as long as it lasts."""
    text: str


def head(scene: Scene, width: int) -> Line:
    """Say how this console reaches the hub, in exactly `width` cells."""
    connection = scene.view.connection
    reconnects = sum(link.reconnects for link in connection.links)
    up = f"  up {stopwatch(scene.now - connection.since)}" if connection.connected else ""
    traffic = f"  in {connection.message_rate_in:.1f}/s out {connection.message_rate_out:.1f}/s"
    role: Role = "live" if connection.connected else "lost"
    sign = scene.sign("live" if connection.connected else "lost")
    state = (
        Run(" this console  ", "dim"),
        Run(f"{sign} {connection.state.replace('_', ' ').upper()}", role),
        Run(f"{up}  reconnects {reconnects}"),
    )
    return clip((*state, Run(traffic)) if length(state) + len(traffic) <= width else state, width)


def tabs(scene: Scene, table: Table, company: Company, alerts: int) -> Line:
    """Return the line of tables with how much is in each."""
    counts = {
        "links": len(scene.view.connection.links),
        "devices": len(company.present),
        "rooms": len(_rooms(scene)),
        "outbox": sum(queued.waiting for queued in scene.view.queue),
        "alerts": alerts,
    }
    made: list[Run] = [Run(" ")]
    for name in TABLES:
        label = f"{name.capitalize()} {counts[name]}"
        if name == table:
            made.append(Run(f"[{label}] ", "chosen"))
        else:
            made.append(Run(f" {label}  ", "conflict" if name == "alerts" and alerts else "dim"))
    return tuple(made)


def graph(scene: Scene, kept: trips.Trips, link: LinkView | None, window: float, width: int) -> list[Line]:
    """Draw the round trips of a link over the window."""
    minutes = counted(int(window // 60), "minute")
    if link is None:
        return [(Run("  no link yet", "dim"),)]
    found = kept.percentiles(link.endpoint, window, scene.now)
    figures = [f"   {name} {told(found.get(name))}" for name in ("p50", "p95", "p99", "max")]
    line = f" round trip of {link.endpoint}   now {told(link.latency)}"
    parts = kept.window(link.endpoint, window, max(1, width - 9), scene.now)
    drawn = trips.graph(parts, ascii=scene.ascii)
    right = f" last {minutes} "
    # Whole figures only, the median first.
    for figure in figures:
        line += figure if len(line) + len(figure) + len(right) <= width else ""
    return [
        (Run(fit(line, width - len(right))), Run(right, "dim")),
        *((Run(row, "dim"),) for row in drawn),
    ]


def rows(
    scene: Scene,
    table: Table,
    company: Company,
    kept: trips.Trips,
    stats: Callable[[ids.RoomId], RoomStats | None],
    acknowledged: frozenset[str],
) -> dict[str, Row]:
    """Return the rows of a table by their keys."""
    makers: dict[Table, Callable[[], Iterable[Row]]] = {
        "links": lambda: (_link_row(scene, link, kept) for link in scene.view.connection.links),
        "devices": lambda: _device_rows(scene, company),
        "rooms": lambda: (_room_row(scene, room, stats(room)) for room in _rooms(scene)),
        "outbox": lambda: _outbox_rows(scene),
        "alerts": lambda: (_alert_row(alert, acknowledged) for alert in alerts(scene, company)),
    }
    return {row.key: row for row in makers[table]()}


def message(table: Table) -> str:
    """Return what stands in place of rows."""
    return {
        "links": "No endpoint is configured.",
        "devices": "This hub does not report other devices.",
        "rooms": "No room is followed.",
        "outbox": "Nothing waits.",
        "alerts": "No alert.",
    }[table]


def detail(scene: Scene, link: LinkView | None) -> tuple[Line, ...]:
    """Say of a link what the columns do not: what its health loses, what it carries, why it failed."""
    if link is None:
        return ()
    parts = link.health_parts
    lost = "not live"
    if parts is not None:
        losses = {
            "latency": parts.latency,
            "tail": parts.tail,
            "missed": parts.missed,
            "errors": parts.errors,
            "youth": parts.youth,
        }
        lost = (
            "  ".join(f"{name} -{loss:.0f}" for name, loss in losses.items() if round(loss)) or "nothing lost"
        )
    size = f"in {_bytes(link.bytes_in)}, out {_bytes(link.bytes_out)}"
    why = f"   {link.reason}" if link.reason else ""
    last = (
        "" if link.last_activity is None else f", last frame {duration(scene.now - link.last_activity)} ago"
    )
    return (
        (Run(f" health {link.health:.0f}: {lost}"),),
        (Run(f" by {link.via}, {counted(len(link.rooms), 'room')}, {size}{last}{why}", "dim"),),
    )


def alerts(scene: Scene, company: Company) -> tuple[Alert, ...]:
    """Return what ops should see now, the most serious first."""
    connection = scene.view.connection
    found: list[Alert] = []
    if not scene.view.can_save:
        found.append(Alert("saving", "this laptop cannot save"))
    if not connection.durable:
        found.append(Alert("durable", "the hub cannot write to its disk; what it shows may be stale"))
    if not_held(scene) and scene.shown is not None:
        lost = scene.shown.confirmed
        found.append(
            Alert(
                f"not held {lost.id}",
                f"{lost.id} is not at the hub: courtside rescue {lost.id}",
            )
        )
    for link in connection.links:
        found += _link_alerts(link)
    found += [
        Alert(f"lost {gone.member.device}", f"{gone.member.device}  {gone.member.name} left the hub")
        for gone in company.gone
        if gone.member.role in ("admin", "moderator")
    ]
    return tuple(found)


def _link_alerts(link: LinkView) -> list[Alert]:
    if link.state == "sign_in":
        return [Alert(f"refused {link.endpoint}", f"{link.endpoint}  refuses this device: {link.reason}")]
    if link.benched:
        failed = f"{link.endpoint}  failed {link.failures} times: {link.reason}"
        return [Alert(f"benched {link.endpoint}", failed)]
    if link.state in ("live", "slow") and (link.latency_p95 or 0.0) >= SLOW:
        return [Alert(f"slow {link.endpoint}", f"{link.endpoint}  p95 is {told(link.latency_p95)}")]
    return []


def _link_row(scene: Scene, link: LinkView, kept: trips.Trips) -> Row:
    state, role = _state(link)
    wait = "" if link.next_try_at is None else f"{max(0.0, link.next_try_at - scene.now):.0f} s"
    spark = trips.spark(kept.window(link.endpoint, 60.0, 20, scene.now), ascii=scene.ascii)
    return Row(
        link.endpoint,
        (
            Run(link.endpoint),
            Run(state, role),
            Run(f"{link.health:.0f}" if link.state in ("live", "slow") else "-"),
            Run(told(link.latency)),
            Run(told(link.latency_p50)),
            Run(told(link.latency_p95)),
            Run(told(link.latency_p99)),
            Run(f"{link.messages_in:,}"),
            Run(f"{link.messages_out:,}"),
            Run(f"{len(link.rooms)}"),
            Run(f"{link.reconnects}"),
            Run(wait, "dim"),
            Run(spark, "dim"),
        ),
    )


def _state(link: LinkView) -> tuple[str, Role]:
    if link.drained:
        return "drained", "pending"
    if link.benched:
        return "benched", "lost"
    if link.aside:
        return "other epoch", "conflict"
    roles: dict[str, Role] = {"live": "live", "idle": "dim", "slow": "slow", "connecting": "slow"}
    word = "polling" if link.via == "polling" and link.state == "live" else link.state.replace("_", " ")
    return word, roles.get(link.state, "lost")


def _device_rows(scene: Scene, company: Company) -> list[Row]:
    present = [(member, "idle" if member.idle_since else "here", "plain") for member in company.present]
    gone = [(one.member, f"left {duration(scene.now - one.at)} ago", "lost") for one in company.gone]
    return [
        Row(
            f"{member.device} {member.name}",
            (
                Run(member.device),
                Run(member.name),
                Run(member.role, "dim"),
                Run(state, "lost" if role == "lost" else "plain"),
                Run(scene.day_time(member.since), "dim"),
            ),
        )
        for member, state, role in (*present, *gone)
    ]


def _rooms(scene: Scene) -> list[ids.RoomId]:
    return sorted({room for link in scene.view.connection.links for room in link.rooms})


def _room_row(scene: Scene, room: ids.RoomId, stats: RoomStats | None) -> Row:
    cells = [Run(words.tidy(room)), *(Run("-") for _ in range(5))]
    if stats is not None:
        last = stats.last_activity
        cells[1:] = [
            Run("-" if stats.member_count is None else f"{stats.member_count}"),
            Run(f"{stats.subscription_count}"),
            Run(f"{stats.event_rate:.1f}"),
            Run("-" if last is None else duration(scene.now - last)),
            Run(duration(stats.uptime) if stats.uptime else "-"),
        ]
    return Row(room, tuple(cells))


def _outbox_rows(scene: Scene) -> list[Row]:
    made: list[Row] = []
    for priority in commands.PRIORITIES:
        waiting = [queued for queued in scene.view.queue if queued.waiting and queued.priority == priority]
        oldest = min((queued.entry.entered_at for queued in waiting), default=None)
        age = "-" if oldest is None else duration(max(0.0, (scene.at - oldest).total_seconds()))
        made.append(Row(priority, (Run(priority), Run(f"{len(waiting)}"), Run(age), Run(""))))
    return made


def _alert_row(alert: Alert, acknowledged: frozenset[str]) -> Row:
    seen = alert.key in acknowledged
    told_ = Run("acknowledged" if seen else "", "dim")
    return Row(alert.key, (Run(alert.text, "dim" if seen else "conflict"), told_), "" if seen else "!")


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
