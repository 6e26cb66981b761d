"""The status bar and the banner: link, queue, age of the data, traffic, who is signed in, the clock.

The banner tells the most serious thing only; the rest is in the feed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import commands, ids
from tui.selectors import words
from tui.selectors.cells import Line, Role, Run, fit, length, spread
from tui.selectors.link import HOLD
from tui.selectors.queue import conflicts
from tui.selectors.scene import counted, stopwatch

if TYPE_CHECKING:
    from core import Connection, LinkState
    from tui.selectors.scene import Scene

OLD = 10.0
"""Seconds from which on the age of the data is bold."""
STALE = 30.0
"""Seconds from which on it has the sign of slowness."""
CLOCK_OFF = 1.0
"""Seconds by which the laptop's clock may differ before the bar says so."""
WIDE = 100
ROLES = {"admin": "OPS", "moderator": "SCORER", "participant": "VIEWER", "spectator": "VIEWER"}


def link(scene: Scene) -> Run:
    """Return the link's state in sign and word."""
    connection, watch = scene.view.connection, scene.watch
    latency = "" if connection.latency is None else _latency(connection.latency)
    match watch.state:
        case "live" | "slow" | "catching_up" if elsewhere(scene):
            return Run(f"{scene.sign('conflict')} OTHER EPOCH", "conflict")
        case "live" | "slow" if makeshift := _makeshift(connection):
            return Run(f"{scene.sign('slow')} {makeshift} {latency}".rstrip(), "slow")
        case "live" | "slow" if not_held(scene):
            return Run(f"{scene.sign('conflict')} NOT AT HUB", "conflict")
        case "live":
            return Run(f"{scene.sign('live')} LIVE {latency:>5}".rstrip(), "live")
        case "slow":
            return Run(f"{scene.sign('slow')} SLOW {latency}".rstrip(), "slow")
        case "catching_up":
            return Run(f"{scene.sign('catching_up')} CATCHING UP {_behind(scene) or ''}".rstrip(), "slow")
        case "sign_in":
            return Run(f"{scene.sign('conflict')} SIGN IN", "conflict")
        case _:
            if not watch.settled:
                return Run(f"{scene.sign('catching_up')} CONNECTING", "slow")
            return Run(f"{scene.sign('lost')} OFFLINE {stopwatch(scene.now - watch.since)}", "lost")


def _makeshift(connection: Connection) -> str:
    """Return how rooms are carried where that is not by a hub's WebSocket; `""` where it is."""
    ways = {link.via for link in connection.links if link.rooms}
    return "OLD SERVER" if "basic" in ways else "POLLING" if ways == {"polling"} else ""


def elsewhere(scene: Scene) -> str:
    """Return the endpoint whose hub shows the tournament in another epoch while no other carries it.

    `""` where there is none: the numbers are live, or nobody shows anything.
    """
    shown = scene.shown
    if shown is None or shown.live:
        return ""
    links = scene.view.connection.links
    return next((link.endpoint for link in links if shown.confirmed.id in link.aside), "")


def not_held(scene: Scene) -> bool:
    """Tell whether the hub is reached and does not hold the tournament that this device has of it.

    So it is after its data folder was lost, until ops bring the tournament back.
    """
    shown, connection = scene.shown, scene.view.connection
    if shown is None or shown.live or not shown.confirmed.position.seq or not connection.connected:
        return False
    if scene.now - connection.since < HOLD or any(link.via == "basic" for link in connection.links):
        return False
    return all(listed.id != shown.confirmed.id for listed in scene.view.directory)


def _behind(scene: Scene) -> int:
    """Return how many events the hub has more of the tournament than this device."""
    if scene.shown is None:
        return 0
    here = scene.shown.confirmed
    there = next((one for one in scene.view.directory if one.id == here.id), None)
    if there is None or there.epoch != here.position.epoch:
        return 0
    return max(0, there.seq - here.position.seq)


def _latency(seconds: float) -> str:
    return f"{seconds * 1000:.0f}ms" if seconds < 1 else f"{seconds:.1f}s"


def queue(scene: Scene) -> Line:
    """Return the depth of the queue and how much of it needs a person."""
    waiting = sum(queued.waiting for queued in scene.view.queue)
    trouble = len(conflicts(scene)) + sum(queued.state == "refused" for queued in scene.view.queue)
    depth = Run(f"queue {waiting}", "pending" if waiting else "plain")
    line = (depth, Run(f" {scene.sign('conflict')}{trouble}", "conflict")) if trouble else (depth,)
    lacking = missing(scene)
    return (*line, Run(f" missing {lacking}", "conflict")) if lacking else line


def missing(scene: Scene) -> int:
    """Return how many events of older epochs nobody has brought back to the hub."""
    if scene.shown is None:
        return 0
    return sum(last - first + 1 for past in scene.shown.confirmed.past for first, last in past.missing)


def data_age(scene: Scene) -> Run:
    """Return how old the data on the screen is."""
    last = scene.view.connection.last_frame_at
    if last is None:
        return Run("data -", "slow")
    age = max(0.0, scene.now - last)
    words_ = f"data {int(age)}s" if age < 100 else f"data {stopwatch(age)}"
    if age > STALE:
        return Run(f"{scene.sign('slow')} {words_}", "slow")
    return Run(words_, "strong" if age > OLD else "plain")


def is_viewer(scene: Scene) -> bool:
    """Tell whether this person may only look."""
    return ROLES[scene.view.connection.role] == "VIEWER"


def who(scene: Scene) -> Run:
    """Return role and name."""
    role = ROLES[scene.view.connection.role]
    name = scene.view.person
    name = name if len(name) <= 10 else fit(name, 10).rstrip()
    return Run(role if role == "VIEWER" else f"{role} {name}")


def clock(scene: Scene) -> Line:
    """Return the local time, and how far it is off the hub's."""
    offset = scene.view.connection.clock_offset
    now = Run(scene.at.strftime("%H:%M:%S"))
    return (Run(f"clock {offset:+.1f}s ", "slow"), now) if abs(offset) > CLOCK_OFF else (now,)


def bar(scene: Scene, width: int) -> Line:
    """Return the status bar in exactly `width` cells."""
    gap = Run("  |  " if width >= WIDE else " | ", "dim")
    connection = scene.view.connection
    parts: list[Line] = [(Run(" "), link(scene)), queue(scene), (data_age(scene),)]
    right: list[Line] = [(who(scene),), (*clock(scene), Run(" "))]
    if scene.muted:
        right.insert(0, (Run("muted", "dim"),))
    if width >= WIDE:
        rates = f"in {_rate(connection.message_rate_in)} out {_rate(connection.message_rate_out)}"
        parts.append((Run(rates, "dim"),))
        venue = scene.shown.confirmed.venue if scene.shown else ""
        room = width - length(_joined([*parts, *right], gap)) - 3 * length((gap,))
        if venue and room > 12:
            parts.append((Run(fit(f"venue: {venue}", room).rstrip(), "dim"),))
    # Where it gets narrow, link and queue stay longest, then the clock.
    for side, first, least in ((right, 0, 1), (parts, -1, 2)):
        while len(side) > least and length(_joined(parts, gap)) + length(_joined(right, gap)) > width:
            side.pop(first)
    return spread(_joined(parts, gap), _joined(right, gap), width)


def _rate(rate: float) -> str:
    return f"{rate:.0f}/s" if rate >= 10 or rate == 0 else f"{rate:.1f}/s"


def _joined(parts: list[Line], gap: Run) -> Line:
    line: list[Run] = []
    for part in parts:
        line.extend((gap, *part) if line else part)
    return tuple(line)


def banner(scene: Scene, width: int = WIDE, look: str = "6 to look") -> Run | None:
    """Return the most serious thing there is to say; `None` when all is well.

    Args:
        scene: the moment.
        width: of the window, in columns; narrow ones get shorter words.
        look: how one comes from this screen to what needs a decision.
    """
    view, watch = scene.view, scene.watch
    waiting = sum(queued.waiting for queued in view.queue)
    shown: LinkState = watch.state
    if not view.can_save:
        return _told(
            scene, "conflict", "CANNOT SAVE ON THIS LAPTOP  Write scores on paper and call ops", "conflict"
        )
    if shown == "sign_in":
        why = f"  {words.tidy(view.connection.reason)}" if view.connection.reason else ""
        told = f"SIGN IN AGAIN  Your entries stay saved here ({waiting})  i sign in{why}"
        return _told(scene, "conflict", told, "conflict")
    if shown in ("offline", "connecting") and watch.settled:
        lasts = stopwatch(scene.now - watch.since)
        here = "on this laptop" if width >= WIDE else "here"
        told = f"OFFLINE {lasts}  Scores you enter are saved {here} ({waiting})"
        short = f"OFFLINE {lasts}  Scores are saved here ({waiting})  R retry"
        told = _fitting(width, f"{told}  {next_try(scene)}R retry", f"{told}  R retry", short)
        return _told(scene, "lost", told, "lost")
    if apart := _apart(scene, width, waiting):
        return _told(scene, "conflict", apart, "conflict")
    if found := _conflict(scene, look):
        return _told(scene, "conflict", found, "conflict")
    if watch.back_at is not None:
        done = (
            "everything is sent"
            if not waiting
            else f"sending {counted(waiting, 'saved entry', 'saved entries')} ..."
        )
        return _told(scene, "live", f"BACK ONLINE  {done}", "live")
    if shown == "slow":
        latency = view.connection.latency or 0.0
        return _told(
            scene,
            "slow",
            f"SLOW LINK {latency:.1f} s  Entries are saved first; confirmations are late",
            "slow",
        )
    if not view.connection.durable and view.connection.connected:
        return _told(scene, "slow", "THE HUB CANNOT REACH ITS LOG  Your entries wait saved here", "slow")
    if _is_newer(view.connection.hub_version, scene.version):
        told = "HUB IS NEWER  Scores still work; update this laptop at the next break"
        return _told(scene, "conflict", told, "slow")
    return None


def _apart(scene: Scene, width: int, waiting: int) -> str:
    """Say that a hub is reached which has not this tournament as it is here; `""` where one has."""
    if endpoint := elsewhere(scene):
        return _fitting(
            width,
            f"OTHER EPOCH  {endpoint} has this tournament in another epoch; scores wait here ({waiting})",
            f"OTHER EPOCH  Another hub answers; scores wait here ({waiting})",
        )
    if scene.shown is None or not not_held(scene):
        return ""
    tournament = scene.shown.confirmed
    ops = scene.view.connection.role == "admin"
    way = f"courtside rescue {tournament.id}  brings it back" if ops else "Call ops: they can bring it back"
    return _fitting(
        width,
        f"NOT AT THE HUB  It does not hold {tournament.name}.  Scores wait here ({waiting}).  {way}",
        f"NOT AT THE HUB  Scores wait ({waiting})  {way}",
        f"NOT AT THE HUB  {way}",
    )


def _is_newer(one: str, other: str) -> bool:
    """Tell whether a version is newer than another; one that is no row of numbers is not."""
    pair = [tuple(int(part) for part in text.split(".") if part.isdecimal()) for text in (one, other)]
    return bool(pair[0] and pair[1]) and pair[0] > pair[1]


def _fitting(width: int, *texts: str) -> str:
    """Return the first of several texts, the longest first, for which a banner so wide has room."""
    return next((text for text in texts if length((Run(text),)) + 4 <= width), texts[-1])


def _told(scene: Scene, sign: str, words_: str, role: Role) -> Run:
    return Run(f" {scene.sign(sign)} {words_}", role)  # type: ignore[arg-type]


def next_try(scene: Scene) -> str:
    """Return when the link is tried again, with two spaces after it; `""` when it is being tried."""
    at = scene.view.connection.next_try_at
    return "" if at is None else f"next try {max(0, round(at - scene.now))}s  "


def _conflict(scene: Scene, look: str) -> str:
    found = conflicts(scene)
    refused = [queued for queued in scene.view.queue if queued.state == "refused"]
    if found:
        first = found[0]
        what = words.command(
            scene.view.tournaments[ids.tournament_of(first.match)].confirmed, first.held[0].entry.command
        )
        number = counted(len(found), "CONFLICT", "CONFLICTS")
        return f"{number}  {ids.short_form(first.match)} {what} is held  {look}"
    if refused:
        match = commands.match_of(refused[-1].entry.command)
        where = f"  {ids.short_form(match)}" if match else ""
        reason = f": {words.tidy(refused[-1].reason)}" if refused[-1].reason else ""
        return f"{len(refused)} REFUSED{where}{reason}  {look}"
    return ""
