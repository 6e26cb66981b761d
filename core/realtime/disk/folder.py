"""The client's part of the data folder: who this device is, and which process sends for it.

Owns `client/device.json` (the device's id, made once) and `client/client.lock`. Guarantees that a device
keeps its id for the life of its folder, and that at most one process at a time holds the lock; the system
frees it when that process ends, however it ends.
"""

from __future__ import annotations

import logging
import os
import platform
import uuid
from typing import TYPE_CHECKING

import filelock
import msgspec

from core.domain.ids import DeviceId, make_slug
from core.errors import BadLog, NotSaved

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)


def new_device() -> DeviceId:
    """Return an id for a device: the machine's name, for people, and chance, for no two to be the same."""
    return DeviceId(f"{make_slug(platform.node(), 'laptop')[:20].rstrip('-')}-{uuid.uuid4().hex[:8]}")


class Identity(msgspec.Struct, frozen=True):
    """Who this device is, as it stands in `device.json`."""

    device: DeviceId


class ClientFolder:
    """The folder `client/` of a data folder; touches nothing before it is asked to."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "client"
        self._lock = filelock.FileLock(self._folder / "client.lock", timeout=0, thread_local=False)

    @property
    def journal(self) -> Path:
        """Where the journal is."""
        return self._folder / "journal.sqlite3"

    @property
    def archive(self) -> Path:
        """Where the archive of seen events is."""
        return self._folder / "archive.sqlite3"

    @property
    def exists(self) -> bool:
        """Whether a device has worked here."""
        return (self._folder / "device.json").exists()

    def make(self) -> None:
        """Make the folder if it is not there.

        Raises:
            NotSaved: it cannot be made.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotSaved(str(self._folder), error.strerror or str(error)) from error

    def device(self) -> DeviceId:
        """Return this device's id, made and saved at the first call.

        Raises:
            NotSaved: it cannot be saved.
            BadLog: the file holds no id.
        """
        path = self._folder / "device.json"
        if not path.exists():
            self._create(path)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Identity).device
        except OSError as error:
            raise NotSaved(str(path), error.strerror or str(error)) from error
        except msgspec.MsgspecError as error:
            why = f"{error}; if no other copy is left, delete it and this laptop counts as a new device"
            raise BadLog(str(path), why) from error

    def _create(self, path: Path) -> None:
        fresh = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        try:
            with fresh.open("xb") as file:
                file.write(msgspec.json.encode(Identity(new_device())))
                file.flush()
                os.fsync(file.fileno())
            try:
                # Appears whole or not at all, and never replaces the id that another process made meanwhile.
                os.link(fresh, path)
            except FileExistsError:
                logger.debug("another process made %s first", path)
        except OSError as error:
            raise NotSaved(str(path), error.strerror or str(error)) from error
        finally:
            fresh.unlink(missing_ok=True)

    def acquire(self) -> bool:
        """Try to become the process that sends, without waiting; tell whether this one is it now."""
        try:
            self._lock.acquire()
        except filelock.Timeout:
            return False
        except OSError as error:
            logger.warning("cannot lock %s: %s", self._lock.lock_file, error)
            return False
        return True

    def release(self) -> None:
        """Let another process send."""
        self._lock.release(force=True)
