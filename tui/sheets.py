"""Sheets: a screen's list as a CSV file in the data folder.

Guarantees that no cell is taken for a formula by a spreadsheet (OWASP, "CSV injection": a leading apostrophe
before `=`, `@`, tab, and before `+` and `-` where something follows that is no number), and that no file is
written over.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

_FORMULA = re.compile(r"[=@\t\r]|[+-](?!(?:\d+(?:\.\d+)?)?$)")


def write(folder: Path, name: str, at: datetime, rows: Iterable[Sequence[str]]) -> Path:
    """Write rows to a new file and return its path.

    Args:
        folder: where; made if it is not there.
        name: what the file's name begins with.
        at: when; the file's name ends with it.
        rows: the heading first.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem, number = f"{name}-{at:%Y%m%d-%H%M%S}", 1
    path = folder / f"{stem}.csv"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.csv"
    with path.open("x", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([_safe(cell) for cell in row] for row in rows)
    return path


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
