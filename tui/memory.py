"""What the console remembers between runs: the theme, the bell, the stars. Losing it loses nothing else.

Kept in one small file of the data folder; one that cannot be read counts as absent, one that cannot be
written is said once in the log.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from core import ids

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered."""

    theme: str = ""
    bell: bool = True
    stars: frozenset[ids.MatchId] = frozenset()
    """Matches pinned to the top."""

    def starred(self, match: ids.MatchId) -> Memory:
        """Return the memory with a match pinned, or no longer if it was."""
        return msgspec.structs.replace(self, stars=self.stars ^ {match})


def load(path: Path) -> Memory:
    """Read what is remembered."""
    if not path.is_file():
        return Memory()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Memory)
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("%s is not what the console wrote, it begins anew: %s", path, error)
        return Memory()


def save(path: Path, memory: Memory) -> None:
    """Write what is to be remembered."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written = path.with_suffix(".new")
        written.write_bytes(msgspec.json.encode(memory))
        written.replace(path)
    except OSError as error:
        _log.warning("cannot remember theme and stars in %s: %s", path, error)


def with_theme(memory: Memory, theme: str) -> Memory:
    """Return the memory with a theme."""
    return msgspec.structs.replace(memory, theme=theme)


def with_bell(memory: Memory, *, on: bool) -> Memory:
    """Return the memory with the bell on or off."""
    return msgspec.structs.replace(memory, bell=on)
