"""The journal's schema: its tables, step by step from the first version to this one.

Owns how a file of an older version becomes one of this version. Guarantees that a file stands at one version
as a whole, that a copy of the older one is kept beside it, and that a newer one is not touched.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from core.errors import BadLog

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

OPEN = "('saved', 'sending', 'conflict', 'refused')"
"""The states that want something yet, in SQL."""

STEPS = (
    f"""
CREATE TABLE entries (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    entry TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    answer TEXT,
    reason TEXT NOT NULL DEFAULT '',
    writer TEXT NOT NULL,
    revision INTEGER NOT NULL
);
CREATE INDEX entries_by_revision ON entries (revision);
CREATE INDEX entries_open ON entries (row) WHERE state IN {OPEN};
CREATE TABLE copies (
    tournament TEXT PRIMARY KEY,
    state BLOB NOT NULL,
    written_at TEXT NOT NULL
);
CREATE TABLE counter (revision INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
""",
    # The newest answered rows are found without a look at the thousands that may wait behind them.
    f"CREATE INDEX entries_answered ON entries (row) WHERE state NOT IN {OPEN};",
)
"""What leads from each version to the next; version 0 is an empty file."""
VERSION = len(STEPS)

logger = logging.getLogger(__name__)


class NewerJournal(BadLog):
    """A file that a newer version of this program wrote; there is nothing wrong with it."""


def version_of(db: sqlite3.Connection) -> int:
    """Return the version at which a file stands; 0 for an empty one."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def check_version(db: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that this program is too old for.

    Raises:
        NewerJournal: a newer version wrote it.
    """
    if version_of(db) > VERSION:
        raise NewerJournal(str(path), "a newer version of this program wrote it; use that one")


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a file to this version; one of an older version is copied first.

    Raises:
        sqlite3.Error: it cannot be written; it stands as it stood.
    """
    before = version_of(db)
    if before >= VERSION:
        return
    kept = path.with_name(f"{path.stem}.v{before}{path.suffix}")
    if before and not kept.exists():
        db.execute("VACUUM INTO ?", (str(kept),))
        logger.info(
            "%s goes from version %d to %d; the older one is kept as %s", path, before, VERSION, kept.name
        )
    db.execute("BEGIN EXCLUSIVE")
    try:
        # Another process may have gone ahead between the look at the version and this lock.
        for script in STEPS[version_of(db) :]:
            for statement in script.strip().split(";\n"):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
