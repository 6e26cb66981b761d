from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from core.domain.commands import Score
from core.domain.games import time_text
from tui.cli.scoring import milliseconds, scores


@pytest.mark.parametrize(
    ("text", "expected"), [("12", 12_000), ("12.3", 12_300), ("12.345", 12_345), ("1:02.05", 62_050)]
)
def test_a_time_is_read_as_whole_milliseconds(text: str, expected: int) -> None:
    assert milliseconds(text) == expected
    assert milliseconds(time_text(expected)) == expected


@pytest.mark.parametrize("text", ["", "-1", "1.2345", "1:2:3", "a", "12,3", "1e3"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        milliseconds(text)


def test_sets_are_read_home_first() -> None:
    assert scores("21-15, 18-21") == (Score(21, 15), Score(18, 21))
    for text in ("", "21", "21-15,", "21:15", "-1-2"):
        with pytest.raises(ArgumentTypeError):
            scores(text)
