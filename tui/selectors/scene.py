"""The scene: what every selector is given, one moment of the view and how this console draws.

Owns the choice of the tournament, the signs, and the words of ages and times. Times of day are shown in the
zone of `Scene.at`; ages of events are reckoned by the hub's clock, so that a laptop whose clock is wrong
shows true ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from tui.selectors.link import Watch

if TYPE_CHECKING:
    from datetime import datetime

    from core import Shown, View, ids

Sign = Literal["live", "lost", "slow", "pending", "conflict", "changed", "catching_up"]
SIGNS: dict[Sign, tuple[str, str]] = {
    "live": ("*", "●"),
    "lost": ("o", "○"),
    "slow": ("~", "◐"),
    "pending": ("^", "↑"),
    "conflict": ("!", "▲"),
    "changed": ("+", "+"),
    "catching_up": (">", "»"),
}
"""One sign, one meaning: as ASCII, and drawn."""
CHANGED_FOR = 5.0
"""Seconds for which a change is marked."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment."""

    view: View
    at: datetime
    """The wall clock, aware, in the zone in which times are shown."""
    now: float
    """The monotonic clock, in seconds."""
    watch: Watch = field(default_factory=Watch)
    """What the screen has held of the link."""
    ascii: bool = False
    """Draw signs with ASCII characters."""
    tournament: ids.TournamentId | None = None
    """The tournament that the person chose, or that stays; `None` for the one with the latest event."""
    muted: bool = False
    version: str = ""
    """Of this program."""

    @property
    def shown(self) -> Shown | None:
        """The tournament on the screen; `None` where there is none at all."""
        known = self.view.tournaments
        if self.tournament is not None and self.tournament in known:
            return known[self.tournament]
        return shown_first(self.view)

    def sign(self, name: Sign) -> str:
        """Return a sign as this console draws it."""
        return SIGNS[name][0 if self.ascii else 1]

    def age(self, moment: datetime) -> float:
        """Return how many seconds ago an event was received at the hub, never below 0."""
        return max(0.0, (self.at - moment).total_seconds() + self.view.connection.clock_offset)

    def time(self, moment: datetime) -> str:
        """Return a time of day to the second."""
        return moment.astimezone(self.at.tzinfo).strftime("%H:%M:%S")

    def exact_time(self, moment: datetime) -> str:
        """Return a time of day to the millisecond."""
        return f"{self.time(moment)}.{moment.microsecond // 1000:03d}"

    def day_time(self, moment: datetime) -> str:
        """Return a time of day to the minute, or the day where it is another one."""
        local = moment.astimezone(self.at.tzinfo)
        same = local.date() == self.at.date()
        return local.strftime("%H:%M") if same else f"{local.day} {local.strftime('%b')}"


def shown_first(view: View) -> Shown | None:
    """Return the tournament with the latest event; `None` where there is none at all."""
    return max(view.tournaments.values(), key=_latest, default=None)


def followed(scene: Scene) -> ids.TournamentId | None:
    """Return the tournament that stays on the screen of a person who chose none.

    It is left once it is finished, not whenever something happens in another one. `None` while it is not
    known which has the latest event.
    """
    view, shown = scene.view, scene.shown
    if shown is None or shown.confirmed.status == "finished":
        return None
    if scene.tournament is None and any(listed.id not in view.tournaments for listed in view.directory):
        return None
    return shown.confirmed.id


def only_figures(old: View, new: View) -> bool:
    """Tell whether only the figures of the links are new: those may wait for the next tick."""
    before, after = old.connection, new.connection
    if (before.state, before.role) != (after.state, after.role):
        return False
    return all(
        getattr(old, one.name) is getattr(new, one.name) for one in fields(new) if one.name != "connection"
    )


def duration(seconds: float) -> str:
    """Return a short age: `4s`, `12:40`, `3:07h`, `2d`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}h"
    return f"{whole // 86400}d"


def stopwatch(seconds: float) -> str:
    """Return how long something has lasted: `00:42`, `1:02:00`."""
    whole = max(0, int(seconds))
    minutes = f"{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return minutes if whole < 3600 else f"{whole // 3600}:{minutes}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 entry`, `3 entries`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _latest(shown: Shown) -> tuple[float, str]:
    moment = shown.confirmed.updated_at
    return (moment.timestamp() if moment else 0.0, shown.confirmed.id)
