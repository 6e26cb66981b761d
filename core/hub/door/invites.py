"""Invitations on disk: a small SQLite file of its own in the hub's folder, for its owner alone.

Apart from the log, because a copy of the log may be handed on, and this may not. Owns the order of use: one
invitation is used once, whoever comes at the same time. What is used or revoked is on disk before anybody is
told.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from core.errors import BadLog, NotSaved
from core.hub.door.codes import digest, use_invite
from core.wire.invites import Invite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS invites (
    id TEXT PRIMARY KEY, code BLOB UNIQUE NOT NULL, claim BLOB, content BLOB NOT NULL
) WITHOUT ROWID
"""


class Invites:
    """The invitations of a hub; any thread may call.

    Args:
        path: the file, made if it is not there.
        secret: the hub's, under which codes are kept.

    Raises:
        NotSaved: the file cannot be written.
        BadLog: it is damaged, or of a newer version.
    """

    def __init__(self, path: Path, secret: bytes) -> None:
        self._path = path
        self._secret = secret
        self._lock = threading.Lock()
        try:
            # Made before SQLite does, which would let others read it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise NotSaved(str(path), str(error)) from error
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        with self._translated():
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise BadLog(str(path), f"its version is {version}, this program knows {VERSION}; update it")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.execute(_SCHEMA)
            self._database.execute(f"PRAGMA user_version={VERSION}")

    def add(self, invite: Invite, code: str) -> None:
        """Keep a new invitation.

        Args:
            invite: the invitation.
            code: its code, plain.

        Raises:
            NotSaved: it is not on disk.
        """
        row = (invite.id, digest(code, self._secret), msgspec.json.encode(invite))
        with self._translated():
            self._database.execute("INSERT INTO invites (id, code, content) VALUES (?, ?, ?)", row)

    def use(self, code: str, claim: str, name: str, device: str, at: datetime) -> Invite | None:
        """Use a code; return its invitation as used, or `None` if the code is good for nothing.

        Args:
            code: as typed, made plain.
            claim: what the device made up; the same again gets the same answer, `""` never does.
            name: the person at the device.
            device: the device.
            at: now, UTC.

        Raises:
            NotSaved: it cannot be put on disk that the code is used: then it is not.
        """
        claimed = digest(claim, self._secret) if claim else None
        query = "SELECT content, claim FROM invites WHERE code = ?"
        with self._translated():
            row = self._database.execute(query, (digest(code, self._secret),)).fetchone()
            if row is None:
                return None
            invite = msgspec.json.decode(row[0], type=Invite)
            if invite.state(at) == "used" and claimed is not None and row[1] == claimed:
                return invite
            used = use_invite(invite, name, device, at)
            if used is not None:
                self._database.execute(
                    "UPDATE invites SET content = ?, claim = ? WHERE id = ?",
                    (msgspec.json.encode(used), claimed, used.id),
                )
            return used

    def revoke(self, invite_id: str, at: datetime) -> Invite | None:
        """Take an invitation back, and the token that it became; `None` if there is none of that id.

        Raises:
            NotSaved: it cannot be put on disk.
        """
        with self._translated():
            query = "SELECT content FROM invites WHERE id = ?"
            row = self._database.execute(query, (invite_id,)).fetchone()
            if row is None:
                return None
            invite = msgspec.json.decode(row[0], type=Invite)
            if invite.revoked_at is None:
                invite = replace(invite, revoked_at=at)
                content = msgspec.json.encode(invite)
                self._database.execute("UPDATE invites SET content = ? WHERE id = ?", (content, invite_id))
            return invite

    def all(self) -> tuple[Invite, ...]:
        """Return every invitation, the oldest first."""
        with self._translated():
            rows = self._database.execute("SELECT content FROM invites").fetchall()
        found = (msgspec.json.decode(content, type=Invite) for (content,) in rows)
        return tuple(sorted(found, key=lambda invite: (invite.made_at, invite.id)))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Have the database to oneself; an `execute` is a transaction of its own."""
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                raise NotSaved(str(self._path), str(error)) from error
            except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
                raise BadLog(str(self._path), str(error)) from error


@contextmanager
def opened(path: Path, secret: bytes) -> Iterator[Invites]:
    """Open the invitations of a hub, and let go of them at the end.

    Raises:
        NotSaved: the file cannot be written.
        BadLog: it is damaged, or of a newer version.
    """
    with closing(Invites(path, secret)) as invites:
        yield invites
