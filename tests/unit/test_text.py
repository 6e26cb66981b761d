"""Text from outside is data: nothing in it reaches a terminal as a command, and nothing hides."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.text import MAX_NAME, clean


@pytest.mark.parametrize("text", ["Reds", "FC Bayern München", "日本", "[red]Reds[/]", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[2JReds", "?[2JReds"),
        ("Re\x00ds\x7f", "Re?ds?"),
        ("evil\u202egnp", "evil?gnp"),
        ("zero\u200bwidth", "zero?width"),
        ("  two\n\nlines\t", "two lines"),
        ("\ud800", "?"),
    ],
)
def test_what_could_act_on_a_terminal_is_replaced(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_long_text_is_cut_without_a_space_at_its_end() -> None:
    assert clean("x" * 200) == "x" * MAX_NAME
    assert clean("ab cd", 3) == "ab"


@given(st.text(), st.integers(1, 40))
def test_cleaning_gives_only_printable_text_and_changes_it_no_more(text: str, longest: int) -> None:
    cleaned = clean(text, longest)
    assert len(cleaned) <= longest
    assert clean(cleaned, longest) == cleaned
    assert not {unicodedata.category(char) for char in cleaned} & {"Cc", "Cf", "Cs", "Co", "Cn"}
