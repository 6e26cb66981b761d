"""The automatic backups of a hub: one now and then while it runs, in `hub/backups/`, the newest ones kept.

They are never in the way of scoring: made beside the writer, not while nothing happened, and not on a disk
that is nearly full. What the disk refuses is said in a warning, and tried again the next time.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import BadFile, BadLog, NotSaved
from core.hub.folder import LOG, hub_folder
from core.hub.log.backup import back_up
from core.hub.log.tables import SPARE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BACKUPS = "backups"
"""The folder of backups in the hub's folder."""
PREFIX = "auto-"
"""How the names of automatic ones begin; others are never removed."""
_STAMP = "%Y%m%dT%H%M%SZ"

logger = logging.getLogger(__name__)


class Backups:
    """Makes the automatic backups.

    Args:
        data: the data folder.
        interval: seconds between two of them; 0 for none at all.
        keep: how many of the newest ones are kept.
        count: tells how much was committed so far in this life of the hub.
        now: the wall clock, UTC.
    """

    def __init__(
        self, data: Path, interval: float, keep: int, count: Callable[[], int], now: Callable[[], datetime]
    ) -> None:
        self._data = data
        self._folder = hub_folder(data)
        self._interval = interval
        self._keep = keep
        self._count = count
        self._now = now
        self._made = 0
        """What was committed when the last one was made."""

    async def run(self) -> None:
        """Make them until cancelled."""
        while self._interval:
            await asyncio.sleep(self._interval)
            committed = self._count()
            if committed != self._made and await asyncio.to_thread(self._make):
                self._made = committed

    def _make(self) -> bool:
        """Make one and remove those that are too many; tell whether it was made."""
        folder = self._folder / BACKUPS
        try:
            if not _has_room(self._folder):
                logger.warning("no automatic backup: the disk of %s is nearly full", self._folder)
                return False
            at = self._now()
            back_up(self._data, folder / f"{PREFIX}{stamp(at)}.zip", at, replace=True)
            for old in sorted(folder.glob(f"{PREFIX}*.zip"))[: -self._keep]:
                old.unlink(missing_ok=True)
        except (NotSaved, BadLog, BadFile, OSError) as error:
            logger.warning("no automatic backup: %s", error)
            return False
        return True


def stamp(at: datetime) -> str:
    """Return a moment as it stands in a file's name."""
    return at.astimezone(UTC).strftime(_STAMP)


def newest(folder: Path) -> tuple[int, datetime | None]:
    """Return how many automatic backups a hub's folder has, and when the newest one was made."""
    found = sorted((folder / BACKUPS).glob(f"{PREFIX}*.zip"))
    for path in reversed(found):
        with suppress(ValueError):
            at = datetime.strptime(path.stem.removeprefix(PREFIX), _STAMP).replace(tzinfo=UTC)
            return len(found), at
    return len(found), None


def _has_room(folder: Path) -> bool:
    """Tell whether a backup fits beside the log: a copy of it, what is packed, and that unpacked again."""
    size = sum(path.stat().st_size for path in folder.glob(f"{LOG}*"))
    return shutil.disk_usage(folder).free > 3 * size + SPARE_BYTES
