"""A hub's folder: its lock, so that there is one ledger a folder, and the note that says where the hub is."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from core.errors import FolderInUse, NotSaved
from core.hub.door.tokens import SECRET_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG, INVITES, SECRET, SAMPLES = "log.sqlite3", "invites.sqlite3", "secret.key", "analytics.sqlite3"
"""The files in it that outlive a hub's life; all but the log may be missing."""
PATIENCE = 1.0
"""Seconds to wait for the lock: `running` of another process takes it for a moment."""


class Note(Struct, frozen=True, omit_defaults=True):
    """What `hub.json` says while a hub runs, to whoever may read its folder."""

    url: str
    """Where to reach it from this machine."""
    pid: int
    token: str = ""
    """What signs its owner in, where that is asked for."""


def hub_folder(data: Path) -> Path:
    """Return the hub's own part of a data folder."""
    return data / "hub"


@contextmanager
def claimed(data: Path) -> Iterator[Path]:
    """Hold the lock of a data folder's hub, and return the hub's folder, made if it was not there.

    Raises:
        FolderInUse: another hub holds it.
        NotSaved: the folder cannot be made or written.
    """
    folder = hub_folder(data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "hub.lock", timeout=PATIENCE)
        lock.acquire()
    except Timeout as error:
        note = _read(folder)
        holder = "" if note is None else f"the hub at {note.url} (process {note.pid})"
        raise FolderInUse(str(folder), holder) from error
    except OSError as error:
        raise NotSaved(str(folder), str(error)) from error
    try:
        yield folder
    finally:
        lock.release()


@contextmanager
def noted(folder: Path, url: str, token: str) -> Iterator[None]:
    """Tell its owner where the hub is, as long as it is there."""
    path = folder / "hub.json"
    draft = folder / "hub.json.new"
    _write_privately(draft, msgspec.json.encode(Note(url, os.getpid(), token)))
    draft.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def secret(folder: Path) -> bytes:
    """Return the hub's own secret, made and kept for its owner alone the first time.

    Raises:
        NotSaved: it can be neither read nor made.
    """
    path = folder / SECRET
    try:
        if not path.exists():
            draft = folder / f"{SECRET}.new"
            _write_privately(draft, secrets.token_bytes(SECRET_BYTES))
            draft.replace(path)
        return path.read_bytes()
    except OSError as error:
        raise NotSaved(str(path), str(error)) from error


def running(data: Path) -> str | None:
    """Return the URL of the hub that works on a data folder; `None` if none does."""
    note = _current(data)
    return None if note is None else note.url


def owner_token(data: Path) -> str | None:
    """Return what signs the owner in to the hub that works on a data folder; `None` if none does."""
    note = _current(data)
    return None if note is None else note.token or None


def _current(data: Path) -> Note | None:
    folder = hub_folder(data)
    note = _read(folder)
    if note is None:
        return None
    try:
        with FileLock(folder / "hub.lock", timeout=0):
            return None
    except Timeout:
        return note


def _write_privately(path: Path, content: bytes) -> None:
    """Write a file anew that its owner alone may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(folder: Path) -> Note | None:
    try:
        return msgspec.json.decode((folder / "hub.json").read_bytes(), type=Note)
    except (OSError, msgspec.MsgspecError):
        return None
