"""Figures: what a hub counts and measures of itself, and how they are written for Prometheus.

Pure. Owns the counters of what cannot be looked up later, and the text format, version 0.0.4
(https://prometheus.io/docs/instrumenting/exposition_formats/). What is asked of the hub at the moment of a
scrape is `metrics`'s affair. Guarantees that counters only grow in the life of a hub. Durations are seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "courtside_"
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of a histogram's buckets: a commit takes some tenths of a millisecond, a sick disk seconds."""


class Histogram:
    """Durations, counted by how long they were."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        """All of them together."""

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self._counts)

    def observe(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> Iterator[tuple[str, int]]:
        """Yield each bound and how many were not longer, the last one without a bound."""
        so_far = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self._counts, strict=True):
            so_far += count
            yield bound, so_far


@dataclass(frozen=True, slots=True)
class Figures:
    """What one life of a hub has counted so far."""

    commands: Counter[str] = field(default_factory=Counter)
    """Entries by what became of them: the outcomes of answers, `repeated`, and `unusable`."""
    deferred: Counter[str] = field(default_factory=Counter)
    """Entries that were not judged, by code."""
    commits: Histogram = field(default_factory=Histogram)
    """From handing a round to the disk until it was there."""
    fanout: Histogram = field(default_factory=Histogram)
    """From a round's commit until all its members' connections had been given it."""
    slow_readers: Counter[str] = field(default_factory=Counter)
    """Connections ended because they left too much unread, by kind."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its samples."""

    name: str
    """Without the prefix."""
    help: str
    """In one line."""
    kind: Literal["counter", "gauge"]
    samples: Mapping[str, float] = field(default_factory=dict)
    """By the value of `label`; under `""` where there is none."""
    label: str = ""


def write_metrics(metrics: Iterable[Metric | tuple[str, str, Histogram]]) -> str:
    """Return metrics in the text format.

    Args:
        metrics: each a `Metric`, or a histogram with its name and help.
    """
    lines: list[str] = []
    for metric in metrics:
        lines += _plain(metric) if isinstance(metric, Metric) else _histogram(*metric)
    return "\n".join(lines) + "\n"


def _plain(metric: Metric) -> Iterator[str]:
    name = PREFIX + metric.name
    yield from _head(name, metric.help, metric.kind)
    for value, sample in metric.samples.items():
        labels = f'{{{metric.label}="{_escaped(value)}"}}' if metric.label else ""
        yield f"{name}{labels} {_number(sample)}"


def _histogram(short: str, text: str, histogram: Histogram) -> Iterator[str]:
    name = PREFIX + short
    yield from _head(name, text, "histogram")
    for bound, count in histogram.buckets():
        yield f'{name}_bucket{{le="{bound}"}} {count}'
    yield f"{name}_sum {_number(histogram.total)}"
    yield f"{name}_count {histogram.count}"


def _head(name: str, text: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _escaped(value: str) -> str:
    """Return a label's value as it may stand between quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return repr(value)
