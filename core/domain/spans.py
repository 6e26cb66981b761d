"""Spans: which seqs of a log somebody has, as ranges.

A span is a pair of its first and last seq, both included. Spans are in order, and no two of them meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Span: TypeAlias = tuple[int, int]
Spans: TypeAlias = tuple[Span, ...]


def spans_of(seqs: Iterable[int]) -> Spans:
    """Return the spans of some seqs, in whatever order they come."""
    return join((seq, seq) for seq in seqs)


def join(spans: Iterable[Span]) -> Spans:
    """Return the spans that cover what any of these covers; a span that ends before it begins is empty."""
    joined: list[Span] = []
    for first, last in sorted(spans):
        if last < first:
            continue
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def without(spans: Spans, taken: Spans) -> Spans:
    """Return what of `spans` is not in `taken`."""
    left: list[Span] = []
    for first, last in spans:
        begin = first
        for start, end in taken:
            if end < begin or start > last:
                continue
            left.append((begin, start - 1))
            begin = end + 1
        left.append((begin, last))
    return join(left)


def covers(spans: Spans, seq: int) -> bool:
    """Tell whether a seq is in one of the spans."""
    return any(first <= seq <= last for first, last in spans)


def count(spans: Spans) -> int:
    """Return how many seqs the spans hold."""
    return sum(last - first + 1 for first, last in spans)
