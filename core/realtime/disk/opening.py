"""Opening the client's part of a data folder: identity, lock, journal, and what is in it.

Owns what happens when something of it cannot be had. Guarantees that opening itself never needs a hub, that
a damaged journal is set aside rather than written to, and that whoever cannot save is told so before the
first entry.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import BadLog, NotSaved
from core.realtime.config import EngineConfig
from core.realtime.disk.archive import Archive
from core.realtime.disk.folder import ClientFolder, new_device
from core.realtime.disk.journal import Contents, Journal
from core.realtime.disk.salvage import set_aside
from core.realtime.disk.schema import NewerJournal

if TYPE_CHECKING:
    from pathlib import Path

    from core.domain.ids import DeviceId
    from core.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a client begins with."""

    folder: ClientFolder
    device: DeviceId
    may_send: bool
    """Whether this process wants to send; a reader writes nothing at all."""
    holds_lock: bool
    """Whether it is the one that sends, for now."""
    journal: Journal | None
    """`None` where there is none to read, or none that can be written."""
    contents: Contents
    why_not_saving: str = ""
    """Why nothing can be entered; `""` when all is well."""
    notices: tuple[str, ...] = ()
    """What a person should hear of it."""
    archive: Archive | None = None
    """`None` where nothing is archived."""


def open_folder(settings: Settings, *, sends: bool) -> Opened:
    """Open the client's part of the data folder. Blocks.

    Args:
        settings: where it is.
        sends: False for a reader, which takes no lock, makes no file and follows what others write.

    Raises:
        BadLog: a file there is damaged and another process uses it, or a newer version wrote it.
    """
    folder = ClientFolder(settings.data)
    return _open_writer(folder) if sends else _open_reader(folder)


def _open_reader(folder: ClientFolder) -> Opened:
    device, journal, contents = new_device(), None, Contents((), ())
    notices: tuple[str, ...] = ()
    try:
        if folder.exists:
            device = folder.device()
            journal, contents = _open_journal(folder, create=False)
    except NotSaved as error:
        # A reader can do without: the hub tells it everything but this device's own entries.
        logger.info("nothing is read from %s: %s", folder.journal, error)
    except BadLog as error:
        notices = (f"what was entered on this laptop cannot be read: {error}; entering something mends it",)
        logger.warning("%s", notices[0])
    return Opened(folder, device, False, False, journal, contents, "", notices)


def _open_writer(folder: ClientFolder) -> Opened:
    notices: tuple[str, ...] = ()
    try:
        folder.make()
        device = folder.device()
        holds_lock = folder.acquire()
        try:
            journal, contents = _open_journal(folder)
        except BadLog as error:
            if not holds_lock or isinstance(error, NewerJournal):
                raise
            salvage = set_aside(folder.journal, datetime.now(UTC))
            missing = f", {salvage.gaps} are missing" if salvage.gaps else ""
            notice = (
                f"the journal was damaged ({error.why}): {salvage.rows} entries were read from it{missing}"
            )
            notices = (f"{notice}; the old file is kept as {salvage.kept_as.name}",)
            logger.warning("%s", notices[0])
            journal, contents = _open_journal(folder)
    except NotSaved as error:
        logger.warning("nothing can be entered: %s", error)
        folder.release()
        empty = Contents((), ())
        return Opened(folder, new_device(), True, False, None, empty, str(error))
    except BaseException:
        folder.release()
        raise
    archive, told = _open_archive(folder.archive)
    return Opened(folder, device, True, holds_lock, journal, contents, "", notices + told, archive)


def _open_archive(path: Path) -> tuple[Archive | None, tuple[str, ...]]:
    """Open the archive; what goes wrong with it keeps nobody from entering anything."""
    now = datetime.now(UTC)
    try:
        try:
            return Archive(path, now), ()
        except BadLog as error:
            aside = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%S}")
            path.replace(aside)
            notice = f"the archive of seen events was damaged ({error.why}); it is kept as {aside.name}"
            return Archive(path, now), (notice,)
    except (NotSaved, BadLog, OSError) as error:
        return None, (f"what is seen is not archived, and cannot be brought back to a hub: {error}",)


def _open_journal(folder: ClientFolder, *, create: bool = True) -> tuple[Journal, Contents]:
    journal = Journal(folder.journal, create=create)
    try:
        return journal, journal.contents()
    except BaseException:
        journal.close()
        raise


def engine_config(settings: Settings) -> EngineConfig:
    """Return what the engine needs of the settings."""
    return EngineConfig(
        endpoints=settings.endpoints,
        token=settings.token,
        connection_timeout=settings.connection_timeout,
        heartbeat_interval=settings.heartbeat_interval,
        heartbeat_timeout=settings.heartbeat_timeout,
        backoff_first=settings.backoff_first,
        backoff_cap=settings.backoff_cap,
        minimum_uptime=settings.minimum_uptime,
        max_reconnect_attempts=settings.max_reconnect_attempts,
        health_check_interval=settings.health_check_interval,
        max_connections=settings.max_connections,
        max_connections_per_endpoint=settings.max_connections_per_endpoint,
        max_rooms_per_link=settings.max_rooms_per_link,
        spare_links=settings.spare_links,
        basic=not settings.enable_scalable_ws,
        low_ttl=settings.low_ttl,
    )
