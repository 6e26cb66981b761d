"""Spans: which seqs somebody has, however they came together."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.domain.spans import count, covers, join, spans_of, without

SEQS = st.sets(st.integers(1, 40))


@given(SEQS)
def test_spans_hold_exactly_what_they_were_made_of(seqs: set[int]) -> None:
    spans = spans_of(seqs)
    assert {seq for seq in range(50) if covers(spans, seq)} == seqs
    assert count(spans) == len(seqs)
    assert all(first > last + 1 for (_, last), (first, _) in pairwise(spans))


@given(SEQS, SEQS)
def test_what_is_taken_away_is_gone_and_nothing_else(seqs: set[int], taken: set[int]) -> None:
    assert without(spans_of(seqs), spans_of(taken)) == spans_of(seqs - taken)


@given(SEQS, SEQS)
def test_joined_spans_hold_what_any_of_them_holds(one: set[int], other: set[int]) -> None:
    assert join((*spans_of(one), *spans_of(other))) == spans_of(one | other)


def test_a_span_that_ends_before_it_begins_is_empty() -> None:
    assert join([(5, 4)]) == ()
    assert without(((1, 3),), ((0, 9),)) == ()
