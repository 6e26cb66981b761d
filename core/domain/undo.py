"""Undo and redo: which entry of a device a press of the key would name.

An undo names an entry, a redo names an undo, and so on: a chain whose last link alone may be named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.commands import Score

if TYPE_CHECKING:
    from core.domain.ids import CommandId, DeviceId
    from core.domain.state import Counted, Match


def undoable(match: Match, device: DeviceId) -> Counted | None:
    """Return the device's last entry of points that counts; `None` back at the start of the match."""
    return _last_tip(match, device, undone=False)


def redoable(match: Match, device: DeviceId) -> Counted | None:
    """Return the undo that a redo would name: the device's last entry of points, if that is an undo."""
    tip = _last_tip(match, device, undone=True)
    last = next((entry for entry in reversed(match.entries) if _is_points(entry, device)), None)
    return tip if last is not None and last.undoes is not None else None


def _last_tip(match: Match, device: DeviceId, *, undone: bool) -> Counted | None:
    links = {entry.undoes for entry in match.entries}
    by_id = {entry.id: entry for entry in match.entries}
    for entry in reversed(match.entries):
        if _is_points(entry, device) and entry.id not in links and _takes_back(entry, by_id) is undone:
            return entry
    return None


def _is_points(entry: Counted, device: DeviceId) -> bool:
    return entry.device == device and entry.delta != Score()


def _takes_back(entry: Counted, by_id: dict[CommandId, Counted]) -> bool:
    """Tell whether the chain that ends in this entry leaves its first link undone."""
    takes_back = False
    while entry.undoes is not None and entry.undoes in by_id:
        takes_back = not takes_back
        entry = by_id[entry.undoes]
    return takes_back
