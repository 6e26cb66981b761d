"""A backup: one file that holds everything a hub needs to go on elsewhere, as it was at one moment.

A ZIP of the log, the invitations, the secret, the samples and a manifest that has the SHA-256 of each and
what the log holds, tournament by tournament. The secret is in it so that a hub that is restored on another
machine still knows its people; whoever has it can sign anybody in, so the file is for its owner alone (0600).
Guarantees that a file under its final name is whole, on disk, and was read again and found right. Everything
here blocks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from core.domain.ids import CommandId, Epoch, TournamentId
from core.errors import BadFile, BadLog, NotSaved
from core.hub.folder import INVITES, LOG, SAMPLES, SECRET, hub_folder
from core.hub.log.tables import SCHEMA, undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1
"""Version of the file: one of a newer format is refused."""
MANIFEST = "manifest.json"
_DAMAGES = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, msgspec.MsgspecError, BadLog)
"""What reading a file raises that is no backup."""
CHUNK = 1 << 20
"""Bytes that are read at a time."""


class Holding(Struct, frozen=True):
    """What a log holds of a tournament."""

    tournament: TournamentId
    epoch: Epoch
    seq: int
    command: CommandId
    """The command of the event at `seq`."""
    events: int
    """Of all its epochs."""


class Manifest(Struct, frozen=True):
    """What a backup says of itself."""

    format: int
    courtside: str
    """The version that made it."""
    schema: int
    """The version of the log's tables."""
    hub: str
    made_at: datetime
    tournaments: tuple[Holding, ...]
    answers: int
    files: Mapping[str, str]
    """The SHA-256 of each file, in hexadecimal digits."""

    @property
    def events(self) -> int:
        """How many events the log holds."""
        return sum(one.events for one in self.tournaments)


def back_up(data: Path, target: Path, at: datetime, *, replace: bool = False) -> Manifest:
    """Write a backup of a data folder's hub, also while it runs, and return what is in it.

    Args:
        data: the data folder.
        target: the file to make.
        at: now, UTC.
        replace: whether a file of that name may be replaced.

    Raises:
        BadFile: there is such a file already, or no log to back up.
        BadLog: the log is damaged; nothing was written.
        NotSaved: the disk refused; nothing is left behind.
    """
    folder = hub_folder(data)
    if target.exists() and not replace:
        raise BadFile(str(target), "is there already; --force replaces it")
    if not (folder / LOG).exists():
        raise BadFile(str(folder), "there is no log of a hub here; name its data folder with --data")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as made:
            staging = Path(made)
            manifest = _gather(folder, staging, at)
            draft = staging / "draft.zip"
            _pack(staging, draft, manifest)
            verify(draft)
            if target.exists() and not replace:
                raise BadFile(str(target), "was made by somebody else meanwhile; --force replaces it")
            draft.replace(target)
            sync_folder(target.parent)
    except NotSaved as error:
        # Where it was gathered is gone again, and tells nobody anything.
        raise NotSaved(str(target), error.why) from error
    except OSError as error:
        raise NotSaved(str(target), error.strerror or str(error)) from error
    return manifest


def verify(path: Path) -> Manifest:
    """Read a backup from its beginning to its end, and return what is in it.

    Raises:
        BadFile: it is none, is damaged, or is of a newer format.
        NotSaved: there is no room to look at its log.
    """
    with tempfile.TemporaryDirectory(prefix=".courtside-", dir=path.parent) as made:
        return unpack(path, Path(made))


def unpack(path: Path, into: Path) -> Manifest:
    """Put the files of a backup into a folder, prove that they are what was backed up, and describe them.

    Raises:
        BadFile: it is none, is damaged, or is of a newer format.
        NotSaved: the disk refused.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = msgspec.json.decode(packed.read(MANIFEST), type=Manifest)
            if manifest.format > FORMAT or manifest.schema > SCHEMA:
                why = f"was made by Courtside {manifest.courtside}, a newer one; use that one"
                raise BadFile(str(path), why)
            for name in (LOG, INVITES, SECRET, SAMPLES):
                if name in manifest.files and _extract(packed, name, into / name) != manifest.files[name]:
                    raise BadFile(str(path), f"is damaged: {name} in it is not what was backed up")
        if survey(into / LOG) != (manifest.hub, manifest.tournaments, manifest.answers):
            raise BadFile(str(path), "is damaged: its log does not hold what it should")
    except FileNotFoundError as error:
        raise BadFile(str(path), "there is no such file") from error
    except _DAMAGES as error:
        raise BadFile(str(path), f"is no backup of a hub, or is damaged ({error})") from error
    except OSError as error:
        raise NotSaved(str(into), error.strerror or str(error)) from error
    return manifest


def survey(log: Path) -> tuple[str, tuple[Holding, ...], int]:
    """Return whose log a file is, what it holds of each tournament, and how many answers.

    Raises:
        BadLog: it cannot be read, or is damaged.
    """
    with translated(log), closing(undisturbed(log)) as db:
        (finding,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise BadLog(str(log), str(finding))
        (hub,) = db.execute("SELECT value FROM hub WHERE key = 'id'").fetchone()
        (answers,) = db.execute("SELECT count(*) FROM answers").fetchone()
        counts = dict(db.execute("SELECT tournament, count(*) FROM events GROUP BY tournament"))
        rows = db.execute(
            # The command is that of the row with the highest seq (SQLite, "Bare columns in an aggregate").
            "SELECT id, events.epoch, max(seq), command FROM tournaments JOIN events ON tournament = id"
            " AND events.epoch = tournaments.epoch GROUP BY id ORDER BY tournaments.rowid"
        )
        held = tuple(Holding(id, epoch, seq, command, counts[id]) for id, epoch, seq, command in rows)
        return hub, held, answers


@contextmanager
def translated(log: Path) -> Iterator[None]:
    """Translate what can be wrong with a log that is read.

    Raises:
        BadLog: something was.
    """
    try:
        yield
    except (sqlite3.Error, TypeError, KeyError) as error:
        raise BadLog(str(log), str(error)) from error


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _gather(folder: Path, staging: Path, at: datetime) -> Manifest:
    """Copy a hub's files as they are at one moment, the log first, and describe them."""
    for name in (LOG, INVITES, SAMPLES):
        if (folder / name).exists():
            _copy(folder / name, staging / name)
    if (folder / SECRET).exists():
        shutil.copyfile(folder / SECRET, staging / SECRET)
    try:
        hub, tournaments, answers = survey(staging / LOG)
    except BadLog as error:
        raise BadLog(str(folder / LOG), error.why) from error
    with closing(undisturbed(staging / LOG)) as db:
        (schema,) = db.execute("PRAGMA user_version").fetchone()
    files = {path.name: _sha256(path) for path in sorted(staging.iterdir())}
    return Manifest(FORMAT, version("courtside"), schema, hub, at, tournaments, answers, files)


def _copy(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment; whoever writes to it is not held up."""
    target.touch(0o600)
    try:
        with closing(undisturbed(source)) as reader, closing(sqlite3.connect(target)) as copy:
            reader.backup(copy)
            # A file of its own, without others beside it.
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.OperationalError as error:
        raise NotSaved(str(target), str(error)) from error
    except sqlite3.DatabaseError as error:
        raise BadLog(str(source), str(error)) from error


def _pack(staging: Path, draft: Path, manifest: Manifest) -> None:
    with (
        os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
    ):
        for name in manifest.files:
            packed.write(staging / name, name)
            (staging / name).unlink()
        packed.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        packed.close()
        file.flush()
        os.fsync(file.fileno())


def _extract(packed: zipfile.ZipFile, name: str, target: Path) -> str:
    """Write a member out for its owner alone, and return its SHA-256."""
    checksum = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file, packed.open(name) as member:
        while chunk := member.read(CHUNK):
            checksum.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return checksum.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
