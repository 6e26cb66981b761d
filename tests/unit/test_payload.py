"""Payloads: any JSON value, as one line of ASCII that every form of frame carries unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.payload import MAX_PAYLOAD_BYTES, NOTHING, Json, pack_payload, plain_payload, read_payload
from core.errors import BadPayload

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
def test_a_value_comes_back_and_its_text_is_printable_ascii_that_stays_itself(value: Json) -> None:
    text = pack_payload(value)
    assert read_payload(text) == value
    assert text.isascii()
    assert text.isprintable()
    assert plain_payload(text) == text


def test_json_of_any_layout_becomes_one_line() -> None:
    assert plain_payload('{ "a":\n [1, "\u202e"] }') == '{"a":[1,"\\u202e"]}'
    assert pack_payload(None) == NOTHING


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), b"x", "x" * MAX_PAYLOAD_BYTES])
def test_what_is_no_json_or_too_large_is_not_sent(value: Json) -> None:
    with pytest.raises(BadPayload):
        pack_payload(value)


@pytest.mark.parametrize("text", ["", "{", "x" * (MAX_PAYLOAD_BYTES + 1), "[" * MAX_PAYLOAD_BYTES])
def test_text_that_is_no_json_or_too_large_is_no_payload(text: str) -> None:
    with pytest.raises(BadPayload):
        plain_payload(text)


def test_a_value_that_holds_itself_is_not_sent() -> None:
    endless: list[Json] = []
    endless.append(endless)
    with pytest.raises(BadPayload):
        pack_payload(endless)
