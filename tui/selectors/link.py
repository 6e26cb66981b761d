"""What a screen holds of the link: a state must last before it changes there; a return is announced once.

A machine over views: `advance(watch, view, now)` gives the next value. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core import LinkState, View

HOLD = 2.0
"""Seconds that a state must last before the screen follows."""
BACK_FOR = 3.0
"""Seconds that the return is shown after the last saved entry is confirmed."""
DOWN = ("offline", "connecting")
"""The states that together are one absence of the link."""
BELL_AFTER = 10.0
"""Seconds without a link after which the bell is called for."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What has been seen of the link and of this device's entries."""

    state: LinkState = "connecting"
    """The state on screen."""
    since: float = 0.0
    """Since when it holds; an absence of the link counts as one state."""
    seen: LinkState = "connecting"
    """The state in the newest view."""
    seen_since: float | None = None
    """Since when that holds; `None` before the first view."""
    settled: bool = False
    """Whether any state has lasted yet: before that the screen follows at once."""
    back_at: float | None = None
    """When the link came back; `None` when that is not announced."""
    sent_at: float | None = None
    """When the last saved entry was confirmed after that; `None` before."""
    trouble: int = 0
    """Own entries in conflict or refused, in the newest view."""
    called_down: bool = False
    """Whether this loss of the link has called for the bell."""
    calls: int = 0
    """How often the bell was called for so far."""


def advance(watch: Watch, view: View, now: float) -> Watch:
    """Return what is held after seeing `view` at `now`."""
    return _call(_announce(_follow(watch, view, now), view, now, watch), view, now)


def _follow(watch: Watch, view: View, now: float) -> Watch:
    state = view.connection.state
    if watch.seen_since is None or _kind(state) != _kind(watch.seen):
        watch = replace(watch, seen_since=view.connection.since)
    since = watch.seen_since or 0.0
    watch = replace(watch, seen=state)
    lasts = now - since >= HOLD
    if _kind(state) == _kind(watch.state):
        return replace(watch, state=state, since=since, settled=watch.settled or lasts)
    if watch.settled and not lasts:
        return watch
    return replace(watch, state=state, since=since, settled=True)


def _kind(state: LinkState) -> str:
    return "down" if state in DOWN else state


def _announce(watch: Watch, view: View, now: float, before: Watch) -> Watch:
    if watch.state not in ("live", "slow", "catching_up"):
        return replace(watch, back_at=None, sent_at=None)
    if before.state in DOWN and before.settled:
        watch = replace(watch, back_at=now, sent_at=None)
    if watch.back_at is None:
        return watch
    if any(queued.waiting for queued in view.queue):
        return replace(watch, sent_at=None)
    if watch.sent_at is None:
        return replace(watch, sent_at=now)
    return watch if now - watch.sent_at < BACK_FOR else replace(watch, back_at=None, sent_at=None)


def _call(watch: Watch, view: View, now: float) -> Watch:
    trouble = sum(queued.state in ("conflict", "refused") for queued in view.queue)
    down = watch.state in DOWN
    lasts = down and watch.settled and now - watch.since >= BELL_AFTER
    due = trouble > watch.trouble or (lasts and not watch.called_down)
    called_down = down and (watch.called_down or lasts)
    return replace(watch, trouble=trouble, called_down=called_down, calls=watch.calls + due)
