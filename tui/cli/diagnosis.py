"""What facts mean: each check of `courtside doctor`, with what is wrong and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tui.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core import DiskState, JournalState, Probe
    from core.hub import LogState

SLOW = 0.5
"""Seconds of an answer above which the network is slow."""
SKEW = 5.0
"""Seconds by which a clock may be off without anybody being misled by a time on the screen."""
LOW_BYTES, SHORT_BYTES = 100 << 20, 1 << 30
"""Free bytes below which saving is in danger, and below which it soon may be."""
SLOW_DISK = 0.25
"""Seconds of a small write above which every key press is felt."""
RENEW = timedelta(days=14)
"""How long before its end a certificate or a sign-in should be renewed."""
SOON = timedelta(hours=1)
LATE = 3
"""Intervals between two automatic backups after which the next one is missed."""
STUCK = timedelta(minutes=5)
"""How long an entry may wait without anybody asking why."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
    """What to do; `""` for nothing."""
    code: Exit = Exit.REFUSED
    """What the program exits with if this is what is wrong."""


def exit_code(checks: Iterable[Check]) -> Exit:
    """Return the code of the first kind that failed; `DONE` if none did."""
    failed = {check.code for check in checks if not check.ok}
    order = (Exit.UNREACHABLE, Exit.NOT_SAVED, Exit.SIGN_IN, Exit.REFUSED)
    return next((code for code in order if code in failed), Exit.DONE)


def of_endpoint(probe: Probe) -> Check:
    """Say whether a hub can be reached, and how."""
    name, reach = f"endpoint {probe.endpoint}", Exit.UNREACHABLE
    if not probe.answers:
        advice = "is the address right, the hub running, and this laptop on its network?"
        return Check(name, ok=False, detail=probe.why, advice=advice, code=reach)
    if not probe.is_hub:
        advice = "open a web page to sign in to this network, or correct the address: a captive portal or"
        return Check(name, False, f"no hub: {probe.why}", f"{advice} another program answers there", reach)
    detail = f"courtside {probe.version}, {probe.latency * 1000:.0f} ms"
    if not probe.websocket:
        advice = (
            "the network blocks WebSockets: it works by polling, more slowly; ask for them to be let through"
        )
        return Check(name, True, f"{detail}, only polling ({probe.blocked})", advice)
    if probe.latency > SLOW:
        return Check(
            name, True, f"{detail}, WebSocket", "the network is slow: everything is saved here first"
        )
    return Check(name, True, f"{detail}, WebSocket")


def of_clock(probe: Probe) -> Check | None:
    """Say whether a hub's clock and this one agree; `None` where the hub did not tell its time."""
    if probe.ahead is None:
        return None
    name, off = f"clock {probe.endpoint}", abs(probe.ahead)
    if off <= SKEW:
        return Check(name, True, f"within {max(off, 0.001):.3f} s of the hub's")
    way = "behind" if probe.ahead > 0 else "ahead of"
    advice = "set this laptop's clock (or the hub's): nothing is ordered by it, but times look wrong"
    return Check(name, False, f"this clock is {off:.0f} s {way} the hub's", advice)


def of_certificate(probe: Probe, now: datetime) -> Check | None:
    """Say whether a hub's certificate is good and for how long; `None` without TLS."""
    if not probe.endpoint.startswith("wss:") or not probe.is_hub:
        return None
    name = f"certificate {probe.endpoint}"
    if probe.certificate is None:
        return Check(name, False, probe.why or "it could not be seen", "ask ops for a valid certificate")
    left = probe.certificate.until - now
    detail = f"for {', '.join(probe.certificate.names)}, {left.days} days left"
    return Check(name, True, detail, "ops should renew it soon" if left < RENEW else "")


def of_sign_in(probe: Probe, token: bool, now: datetime, until: datetime | None) -> Check | None:
    """Say as whom this device is let in; `None` where no hello was said.

    Args:
        probe: of the hub.
        token: whether this device has one for it.
        now: the time.
        until: when the token ends; `None` where that is not known.
    """
    name = f"sign-in {probe.endpoint}"
    advice = "get a join code from ops, then `courtside join CODE`"
    if probe.refused:
        return Check(name, False, probe.refused, advice, Exit.SIGN_IN)
    if probe.welcome is None:
        return None
    welcome = probe.welcome
    who = f"{welcome.role}{f' {welcome.name}' if welcome.name else ''}"
    if welcome.standing != "valid":
        detail = (
            f"this sign-in is {welcome.standing}: it delivers what was entered with it, and reads nothing"
        )
        return Check(name, False, detail, advice, Exit.SIGN_IN)
    if token and until is not None and until - now < SOON:
        return Check(name, True, f"{who}, until {until.astimezone():%H:%M}", advice)
    if welcome.role == "spectator":
        return Check(name, True, f"{who}: reads, enters nothing", f"to enter scores {advice}")
    return Check(name, True, who)


def of_disk(disk: DiskState) -> Check:
    """Say whether entries can be saved."""
    free = f"{disk.free_bytes / (1 << 30):.1f} GiB free"
    if disk.fsync is None:
        detail = f"{disk.folder} cannot be written: {disk.why}"
        return Check("disk", False, detail, "free it, or choose another folder with --data", Exit.NOT_SAVED)
    detail = f"{disk.folder}: {free}, a write takes {disk.fsync * 1000:.1f} ms"
    if disk.free_bytes < LOW_BYTES:
        return Check(
            "disk", False, detail, "make room now: what cannot be saved is not entered", Exit.NOT_SAVED
        )
    if disk.free_bytes < SHORT_BYTES:
        return Check("disk", True, detail, "make room soon")
    return Check("disk", True, detail, "the disk is slow" if disk.fsync > SLOW_DISK else "")


def of_journal(journal: JournalState, now: datetime) -> Check:
    """Say how what was entered here stands."""
    if not journal.exists:
        return Check("journal", True, "nothing was entered on this device yet")
    if journal.problem:
        advice = "enter something: what can be read is kept, the damaged file set aside"
        return Check("journal", False, f"it is damaged: {journal.problem}", advice, Exit.NOT_SAVED)
    parts = [f"{journal.waiting} waiting", f"{journal.held} in conflict", f"{journal.refused} refused"]
    detail = ", ".join(parts)
    advice = "`courtside queue` shows them" if journal.waiting or journal.held or journal.refused else ""
    if journal.oldest is not None:
        age = now - journal.oldest
        detail += f", the oldest since {journal.oldest.astimezone():%Y-%m-%d %H:%M}"
        if age > STUCK:
            advice = "open the console, or run `courtside queue`, where the hub can be reached"
    return Check("journal", True, detail, advice)


def of_log(log: LogState) -> Check | None:
    """Say how the log of the hub in this data folder stands; `None` where there is none."""
    if not log.exists:
        return None
    if log.problem:
        advice = "stop the hub, restore the newest backup, let devices bring the rest"
        return Check("log", False, f"it is damaged: {log.problem}", advice)
    held = f"held by the hub at {log.holder}" if log.holder else "no hub works on it now"
    size = f"{log.tournaments} tournaments, {log.events:,} events, {log.log_bytes / (1 << 20):.1f} MiB"
    looked = "" if log.whole else ", too large to be looked at whole"
    return Check("log", True, f"{size}, {held}{looked}")


def of_backups(log: LogState, interval: float) -> Check | None:
    """Say whether the hub in this data folder is backed up as it should be; `None` where there is none.

    Args:
        log: its log.
        interval: seconds between two automatic backups; 0 for none.
    """
    if not log.exists or log.written_at is None:
        return None
    advice = "make one with `courtside backup FILE`, best on another disk"
    if log.backed_up_at is None:
        off = "" if interval else "; automatic ones are off (backup_interval)"
        return Check("backups", True, f"no automatic backup yet{off}", advice)
    detail = f"{log.backups} automatic ones, the newest of {log.backed_up_at.astimezone():%Y-%m-%d %H:%M}"
    late = log.written_at - log.backed_up_at
    if log.holder is not None and interval and late > timedelta(seconds=LATE * interval):
        detail += f", and the log went on for {late.total_seconds() / 60:.0f} min since"
        return Check("backups", False, detail, f"is the disk full? {advice}", Exit.NOT_SAVED)
    return Check("backups", True, detail)


def of_terminal(tty: bool, kind: str, columns: int, lines: int, encoding: str) -> Check:
    """Say what the console can draw on."""
    if not tty:
        return Check("terminal", True, "none here: commands work, screens are printed once")
    detail = f"{kind or 'of no kind'}, {columns}x{lines}, {encoding}"
    if encoding.lower().replace("-", "") != "utf8":
        return Check("terminal", True, detail, "set a UTF-8 locale, or `ascii = true` under [console]")
    if columns < 80 or lines < 24:
        return Check("terminal", True, detail, "80x24 or more shows more")
    return Check("terminal", True, detail)
