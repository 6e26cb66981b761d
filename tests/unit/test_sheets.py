"""Sheets: lists as CSV files that no spreadsheet runs."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui import sheets

AT = datetime(2026, 6, 14, 14, 2, 31, tzinfo=UTC)


def test_rows_are_read_again_as_they_were(tmp_path: Path) -> None:
    rows = [["team", "points"], ['Löwen, "A"', "3"], ["Tigers", "+2"], ["diff", "-1.5"], ["score", "-"]]
    path = sheets.write(tmp_path / "exports", "table", AT, rows)
    assert path.name == "table-20260614-140231.csv"
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == rows


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+cmd|'/c calc'!A0", "-2+3", "\tx"])
def test_no_name_is_a_formula(tmp_path: Path, name: str) -> None:
    path = sheets.write(tmp_path, "x", AT, [[name]])
    with path.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == [f"'{name}"]


def test_no_file_is_written_over(tmp_path: Path) -> None:
    first, second, third = (sheets.write(tmp_path, "feed", AT, [[str(number)]]) for number in range(3))
    assert [path.read_text().strip() for path in (first, second, third)] == ["0", "1", "2"]
