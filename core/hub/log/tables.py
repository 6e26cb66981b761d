"""The log's file: its tables, and how it is opened, brought up to today's version and read by others.

Durable when a commit returns: WAL with synchronous=FULL. Automatic checkpoints are off, so that no commit
pays for one. Owns the version of the tables; what is in them is the affair of the modules beside this one.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

from core.errors import BadLog, NotSaved
from core.hub.log.side_log import SIDE_TABLES
from core.hub.log.snapshot_log import SNAPSHOT_TABLES

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 2
"""Version of the tables: a log of a newer one is refused, an older one is brought up after a backup."""
SPARE_BYTES = 256 << 20
"""What is left free on the disk for scores by everything that can be made again."""
MAX_IDLE_WAL_BYTES = 16 << 20
"""What is left of the write-ahead file once all of it was moved into the log."""

_TABLES = """
CREATE TABLE hub (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tournaments (id TEXT PRIMARY KEY, epoch TEXT NOT NULL);
CREATE TABLE events (
    tournament TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    command TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (tournament, epoch, seq)
) WITHOUT ROWID;
CREATE TABLE answers (
    id TEXT PRIMARY KEY,
    tournament TEXT NOT NULL,
    digest BLOB NOT NULL,
    outcome TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    events INTEGER NOT NULL,
    reason TEXT NOT NULL
);
"""
_EPOCHS = """
CREATE TABLE epochs (
    tournament TEXT NOT NULL,
    epoch TEXT NOT NULL,
    parent TEXT,
    parent_seq INTEGER NOT NULL,
    begun_at TEXT NOT NULL,
    PRIMARY KEY (tournament, epoch)
);
"""
_UPGRADES: dict[int, str] = {
    1: f"{_EPOCHS}"
    "INSERT INTO epochs SELECT id, epoch, NULL, 0, strftime('%Y-%m-%dT%H:%M:%fZ') FROM tournaments;",
}
"""What brings a log up from a version to the next one."""

logger = logging.getLogger(__name__)


def opened(path: Path) -> sqlite3.Connection:
    """Open a log to write to it; it is made with its tables if it is not there.

    Raises:
        BadLog: the file is no log, is broken, or was written by a newer Courtside.
        NotSaved: it cannot be opened or made.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    except sqlite3.Error as error:
        raise NotSaved(str(path), str(error)) from error
    try:
        _prepare(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        raise NotSaved(str(path), str(error)) from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise BadLog(str(path), f"is no log of a hub, or is broken ({error})") from error
    except BadLog:
        connection.close()
        raise
    return connection


def reader(path: Path) -> sqlite3.Connection:
    """Open a log to read what is committed, beside its writer and from any thread.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)


def undisturbed(path: Path) -> sqlite3.Connection:
    """Open a database to look at it, beside its hub or without one.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    return sqlite3.connect(undisturbing(path), uri=True, timeout=1.0)


def undisturbing(path: Path) -> str:
    """Return the address by which SQLite opens a database to look at it and leaves nothing beside it.

    Without a write-ahead file nobody has it open, and it need not be locked; a reader of a database in WAL
    mode would else leave one behind (https://www.sqlite.org/wal.html#read_only_databases).
    """
    alone = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    return f"{path.resolve().as_uri()}?mode=ro{alone}"


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA journal_size_limit = {MAX_IDLE_WAL_BYTES}").fetchall()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA:
        raise BadLog(
            str(path),
            f"was written by a newer Courtside (log version {version}, this one knows {SCHEMA});"
            " start that one",
        )
    if version == 0:
        connection.executescript(
            f"BEGIN IMMEDIATE; {_TABLES}{_EPOCHS}"
            f"INSERT INTO hub VALUES ('id', '{uuid4().hex}');"
            f"PRAGMA user_version = {SCHEMA}; COMMIT;"
        )
    elif version < SCHEMA:
        _upgrade(connection, path, version)
    # Tables that may come later than the log: who does not know them writes on without them.
    connection.executescript(f"{SIDE_TABLES}{SNAPSHOT_TABLES}")


def _upgrade(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Bring the tables up to today's version, after a copy of the file as it was."""
    backup = path.with_name(f"{path.name}.v{version}.bak")
    with closing(sqlite3.connect(backup)) as target:
        connection.backup(target)
    steps = "".join(_UPGRADES[step] for step in range(version, SCHEMA))
    connection.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {SCHEMA}; COMMIT;")
    logger.info("%s: brought up to version %d; as it was: %s", path, SCHEMA, backup.name)
