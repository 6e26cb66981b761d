"""Restoring: a hub's folder goes back to a backup, and says before what that changes.

What there was is backed up first, so a restore can be restored. Every tournament then begins a new epoch that
names its parent, so that consoles bring back what the backup lacks; only a log that came from a backplane
goes on as it was, as the rest comes from there. Guarantees that the folder has the old log or the new one,
whenever it is interrupted: the log is put in place last, and the same command finishes what was begun.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from core.domain.ids import DeviceId, Epoch, TournamentId
from core.errors import BadLog, NotSaved
from core.hub.folder import INVITES, LOG, SAMPLES, SECRET, claimed, hub_folder
from core.hub.judging.ledger import Ledger
from core.hub.judging.recollection import Witness
from core.hub.log.backup import Manifest, back_up, survey, sync_folder, translated, unpack
from core.hub.log.backups import BACKUPS, stamp
from core.hub.log.sqlite_log import SqliteLog
from core.hub.log.tables import undisturbed, undisturbing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from core.hub.log.backup import Holding

STAGING = "restoring"
"""Where a backup is laid out in the hub's folder before it takes its place."""
HUB = DeviceId("hub")
"""The device of what the hub's owner does in its folder."""

Fate: TypeAlias = Literal["same", "changes", "comes", "goes"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events of one epoch that one log has and another lacks."""

    epoch: Epoch
    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a restore does to a tournament."""

    tournament: TournamentId
    fate: Fate
    """`comes`, `goes`: only the backup has it, or only the present log."""
    present: Holding | None
    restored: Holding | None
    gone: tuple[Stretch, ...]
    """What the present log has and the backup lacks."""
    back: tuple[Stretch, ...]
    """What the backup has and the present log lacks."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a restore does."""

    manifest: Manifest
    changes: tuple[Change, ...]
    damaged: str = ""
    """Why the present log cannot be read; `""` if it can, or there is none."""

    @property
    def takes_back(self) -> bool:
        """Whether anything that is there now is not there after it."""
        return bool(self.damaged) or any(change.gone for change in self.changes)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    preview: Preview
    kept: Path | None
    """Where what there was is kept; `None` where there was nothing."""
    epochs: Mapping[TournamentId, Epoch]
    """The epochs that begin with it; none where the log came from a backplane."""


def preview(data: Path, source: Path) -> Preview:
    """Say what a restore would do; beside a hub that runs, what it would do now.

    Raises:
        BadFile: the backup is none, is damaged, or is of a newer format.
        NotSaved: there is no room to unpack it.
    """
    with tempfile.TemporaryDirectory(prefix="courtside-") as made:
        staging = Path(made)
        return _compare(hub_folder(data), staging, unpack(source, staging))


def restore(
    data: Path, source: Path, at: datetime, by: str, agree: Callable[[Preview], bool]
) -> Restored | None:
    """Put a data folder's hub back to a backup; return `None` where that is not agreed to.

    Args:
        data: the data folder.
        source: the backup.
        at: now, UTC.
        by: the person who does it.
        agree: is shown what would change, and tells whether to go on.

    Raises:
        FolderInUse: a hub runs on that folder.
        BadFile: the backup is none, is damaged, or is of a newer format.
        NotSaved: the disk refused; the folder is as it was.
    """
    with claimed(data) as folder:
        staging = folder / STAGING
        shutil.rmtree(staging, ignore_errors=True)
        try:
            staging.mkdir(mode=0o700)
            found = _compare(folder, staging, unpack(source, staging))
            if not agree(found):
                return None
            kept = _keep(data, at, damaged=bool(found.damaged))
            epochs = _begin_epochs(folder, staging, at, by, readable=not found.damaged)
            _put_in_place(folder, staging)
        except OSError as error:
            raise NotSaved(str(folder), error.strerror or str(error)) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return Restored(found, kept, epochs)


def _compare(folder: Path, staging: Path, manifest: Manifest) -> Preview:
    restored = {one.tournament: one for one in manifest.tournaments}
    present: dict[TournamentId, Holding] = {}
    gone: dict[TournamentId, tuple[Stretch, ...]] = {}
    back: dict[TournamentId, tuple[Stretch, ...]] = {}
    damaged = ""
    if (folder / LOG).exists():
        try:
            _, holdings, _ = survey(folder / LOG)
            present = {one.tournament: one for one in holdings}
            gone = _lacking(folder / LOG, staging / LOG)
            back = _lacking(staging / LOG, folder / LOG)
        except BadLog as error:
            damaged, present, gone, back = error.why, {}, {}, {}
    changes = []
    for id in dict.fromkeys((*present, *restored)):
        here, there = present.get(id), restored.get(id)
        fate: Fate = "changes" if gone.get(id) or back.get(id) else "same"
        if here is None or there is None:
            fate = "comes" if here is None else "goes"
        changes.append(Change(id, fate, here, there, gone.get(id, ()), back.get(id, ())))
    return Preview(manifest, tuple(changes), damaged)


def _lacking(log: Path, other: Path) -> dict[TournamentId, tuple[Stretch, ...]]:
    """Return what one log has and another lacks, by tournament."""
    found: dict[TournamentId, tuple[Stretch, ...]] = {}
    with translated(log), closing(undisturbed(log)) as db:
        db.execute("ATTACH ? AS other", (undisturbing(other),))
        rows = db.execute(
            "SELECT tournament, epoch, min(seq), max(seq), count(*) FROM main.events AS mine WHERE NOT EXISTS"
            " (SELECT 1 FROM other.events AS theirs WHERE theirs.tournament = mine.tournament"
            " AND theirs.epoch = mine.epoch AND theirs.seq = mine.seq AND theirs.command = mine.command)"
            " GROUP BY tournament, epoch"
        ).fetchall()
    for tournament, *stretch in rows:
        found[tournament] = (*found.get(tournament, ()), Stretch(*stretch))
    return found


def _keep(data: Path, at: datetime, *, damaged: bool) -> Path | None:
    """Keep what there is: as a backup, or file by file where it can no longer be read."""
    folder = hub_folder(data)
    if not (folder / LOG).exists():
        return None
    kept = folder / BACKUPS / f"before-restore-{stamp(at)}"
    if not damaged:
        target = kept.with_name(f"{kept.name}.zip")
        back_up(data, target, at, replace=True)
        return target
    kept.mkdir(parents=True, mode=0o700)
    for path in folder.iterdir():
        if path.is_file() and path.name.startswith((LOG, INVITES, SECRET, SAMPLES)):
            shutil.copy2(path, kept / path.name)
    return kept


def _begin_epochs(
    folder: Path, staging: Path, at: datetime, by: str, *, readable: bool
) -> dict[TournamentId, Epoch]:
    """Have every tournament of the log in `staging` begin a new epoch, and return those."""
    log = SqliteLog(staging / LOG)
    try:
        if log.chain().newest:
            return {}
        content = log.read()
        states = [kept.state for kept in content.tournaments]
        ledger = Ledger(lambda: Epoch(secrets.token_hex(4)), states, log.known, content.sides)
        who = Witness(at, by, HUB)
        rulings = []
        for state in states:
            here = state.position
            last = _last_seq(folder / LOG, state.id, here.epoch) if readable else 0
            rulings.append(ledger.begin_epoch(state.id, max(last, here.seq), who, "restored from a backup"))
        log.commit(rulings)
        return {ruling.tournament: ruling.answer.epoch for ruling in rulings}
    finally:
        log.close()


def _last_seq(log: Path, tournament: TournamentId, epoch: Epoch) -> int:
    """Return how far a log has an epoch; 0 where it has nothing of it."""
    if not log.exists():
        return 0
    with translated(log), closing(undisturbed(log)) as db:
        of = (tournament, epoch)
        (last,) = db.execute("SELECT max(seq) FROM events WHERE tournament = ? AND epoch = ?", of).fetchone()
        return last or 0


def _put_in_place(folder: Path, staging: Path) -> None:
    own = _content(folder / SECRET)
    if own is None or own != _content(staging / SECRET):
        # Another machine, or another hub: its people are known by the secret that came along. Else the
        # invitations that are here are the newer ones, and know who was sent away since.
        for name in (SECRET, INVITES):
            _replace(staging / name, folder / name)
    if not (folder / SAMPLES).exists():
        _replace(staging / SAMPLES, folder / SAMPLES)
    _settle(folder / LOG)
    _replace(staging / LOG, folder / LOG)
    sync_folder(folder)


def _settle(log: Path) -> None:
    """Have nothing beside a log that SQLite would take for a part of the one that takes its place."""
    # One that is damaged is kept as it is elsewhere.
    with suppress(sqlite3.Error), closing(sqlite3.connect(log)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    for beside in ("-wal", "-shm"):
        log.with_name(f"{log.name}{beside}").unlink(missing_ok=True)


def _replace(new: Path, old: Path) -> None:
    if new.exists():
        new.replace(old)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
