"""The past of a tournament: its whole log, and the state at any event of it.

Guarantees that a state is the fold of the log up to its event, by the domain's own reducer; some states on
the way are kept, so that one step back costs no fold from the beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import fold
from tui.selectors.cells import Line, Run, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core import events, ids, state
    from tui.selectors.scene import Scene

EVERY = 256
"""Events between two states that are kept."""


class Past:
    """A log that is stepped through.

    Args:
        epoch: of the log.
        log: all its events, from the first on; at least one.
    """

    def __init__(self, epoch: ids.Epoch, log: Sequence[events.Event]) -> None:
        self._epoch = epoch
        self._log = tuple(log)
        self._kept: dict[int, state.Tournament] = {}
        self._shown: tuple[int, state.Tournament] | None = None
        """The moment that was asked for last: a screen asks for it again with each frame."""

    @property
    def last(self) -> int:
        """The seq of the newest event."""
        return self._log[-1].seq

    def event(self, seq: int) -> events.Event:
        """Return an event."""
        return self._log[seq - 1]

    def at(self, seq: int) -> state.Tournament:
        """Return the tournament as it stood after an event, from 1 to `last`."""
        if self._shown is not None and self._shown[0] == seq:
            return self._shown[1]
        before = max((kept for kept in self._kept if kept <= seq), default=0)
        found = self._kept.get(before)
        while before < seq:
            upto = min(seq, before - before % EVERY + EVERY)
            found = fold(self._log[before:upto], self._epoch, found)
            before = upto
            if before % EVERY == 0:
                self._kept[before] = found
        assert found is not None, "a log has a first event"
        self._shown = (seq, found)
        return found


def slider(scene: Scene, past: Past, seq: int, width: int) -> Line:
    """Return the line that says where in the log one is, in place of the clock."""
    event = past.event(seq)
    told = f" as of {scene.time(event.received_at)}  event {seq:,} of {past.last:,}  by {event.by} "
    keys = " [ ] one  { } a tenth  h or Esc now "
    room = max(0, width - len(told) - len(keys) - 2)
    place = round((seq - 1) / max(1, past.last - 1) * max(0, room - 1))
    bar = "".join("o" if at == place else "-" for at in range(room))
    return (Run(told, "slow"), Run(f"|{bar}|" if room > 4 else "", "dim"), Run(fit(keys, len(keys)), "dim"))
