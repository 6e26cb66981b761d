"""The wake: noticing that this device slept, whichever of its clocks went on meanwhile.

On some systems the monotonic clock stands still while the laptop sleeps, on others it goes on. So a sleep
shows as a wall clock that jumped ahead of the monotonic one, or as a silence of this device that is longer
than its own heartbeat allows. A clock that is set, or a process that was stopped, looks alike; what follows
(every link is asked for a sign of life) does no harm then. Times are monotonic seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.realtime.effects import Moment

SLEEP_SECONDS = 5.0
"""What a device must have missed for it to count as a sleep."""


class Wake:
    """When this device was last awake.

    Args:
        heartbeat: the longest time between two looks while a link is live, in seconds.
    """

    def __init__(self, heartbeat: float) -> None:
        self._heartbeat = heartbeat
        self._last: Moment | None = None
        self._linked = False

    def look(self, moment: Moment, *, linked: bool) -> bool:
        """Return whether the device slept since the last look.

        Args:
            moment: now.
            linked: whether a link is live, so that the next look comes with the next heartbeat.
        """
        last, was_linked = self._last, self._linked
        self._last, self._linked = moment, linked
        if last is None:
            return False
        awake = moment.now - last.now
        ahead = (moment.at - last.at).total_seconds() - awake
        return ahead > SLEEP_SECONDS or (was_linked and awake > self._heartbeat + SLEEP_SECONDS)
