"""How a benchmark is run: Courtside and its peers alternate in one run, medians with their ranges.

Figures of one machine on one day mean little alone; the ratios between contestants of the same round do.
A benchmark returns several figures a run; the first one is what the contest is about.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from statistics import median

OURS = "courtside"

Figures = Mapping[str, float]
"""What one run measured, by name; the first one is what the contest is about."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program that does the measured work."""

    name: str
    packages: tuple[str, ...]
    """The distributions whose versions the figures depend on."""
    run: Callable[[], Figures]
    """Do the work once, in fresh processes."""
    aim: float | None = None
    """The ratio to this peer that Courtside aims at; `None` without an aim or for Courtside itself."""
    at_most: bool = False
    """Whether the aim is not to be passed: lower is better."""

    def missing(self) -> str | None:
        """Return the first package that is not installed, `None` when all are."""
        for package in self.packages:
            try:
                version(package)
            except PackageNotFoundError:
                return package
        return None

    def versions(self) -> str:
        """Return the packages with their versions, for the report."""
        return ", ".join(f"{package} {version(package)}" for package in self.packages)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One question and who answers it."""

    name: str
    question: str
    """What is measured and how, in one line, with the unit."""
    contestants: tuple[Contestant, ...]
    """Courtside first."""


@dataclass(frozen=True, slots=True)
class Result:
    """All rounds of one contestant."""

    contestant: Contestant
    rounds: tuple[Figures, ...]

    def values(self, figure: str) -> list[float]:
        """Return one figure of every round."""
        return [figures[figure] for figures in self.rounds]

    @property
    def main(self) -> str:
        """Return the name of the figure that the contest is about."""
        return next(iter(self.rounds[0]))


def contest(benchmark: Benchmark, rounds: int, only: Sequence[str] = ()) -> list[Result]:
    """Run every contestant once a round, each round beginning with another one.

    Args:
        benchmark: what to measure.
        rounds: how often each contestant runs, at least 1.
        only: the names of those who take part; empty for all.
    """
    present = []
    for contestant in benchmark.contestants:
        if only and contestant.name not in only:
            continue
        if package := contestant.missing():
            note(f"{contestant.name} sits out: {package} is not installed (extra `bench`)")
        else:
            present.append(contestant)
    found: dict[str, list[Figures]] = {contestant.name: [] for contestant in present}
    for number in range(rounds):
        turn = number % max(len(present), 1)
        for contestant in present[turn:] + present[:turn]:
            figures = contestant.run()
            found[contestant.name].append(figures)
            shown = "  ".join(f"{name} {value:,.1f}" for name, value in figures.items())
            note(f"round {number + 1}  {contestant.name:<24} {shown}")
    return [Result(contestant, tuple(found[contestant.name])) for contestant in present]


def report(benchmark: Benchmark, results: Sequence[Result]) -> str:
    """Return the results as a table with medians, ranges and ratios."""
    lines = [f"{benchmark.name}: {benchmark.question}", machine(), ""]
    ours = next((result for result in results if result.contestant.name == OURS), None)
    for result in results:
        lines.append(f"  {result.contestant.name}  ({result.contestant.versions()})")
        for figure in result.rounds[0]:
            values = result.values(figure)
            line = f"    {figure:<22} {median(values):>12,.1f}  ({min(values):,.1f} - {max(values):,.1f})"
            if figure == result.main and ours is not None and result is not ours:
                line += f"  {ratio(ours, result)}"
            lines.append(line)
    return "\n".join(lines)


def ratio(ours: Result, peer: Result) -> str:
    """Return how Courtside stands to a peer: the median of the rounds' own ratios, with the range."""
    pairs = zip(ours.values(ours.main), peer.values(peer.main), strict=True)
    ratios = [mine / other for mine, other in pairs if other]
    if not ratios:
        return "no ratio: the peer measured 0"
    bound = "at most " if peer.contestant.at_most else ""
    aim = f", aim {bound}{peer.contestant.aim:g}x" if peer.contestant.aim else ""
    return f"courtside is {median(ratios):.2f}x ({min(ratios):.2f} - {max(ratios):.2f}){aim}"


def as_json(benchmark: Benchmark, results: Sequence[Result]) -> str:
    """Return the results as one line of JSON."""
    contestants = [
        {
            "name": result.contestant.name,
            "versions": result.contestant.versions(),
            "rounds": [dict(figures) for figures in result.rounds],
            "median": {figure: median(result.values(figure)) for figure in result.rounds[0]},
        }
        for result in results
    ]
    return json.dumps({"benchmark": benchmark.name, "machine": machine(), "contestants": contestants})


def machine() -> str:
    """Return what the figures were measured on."""
    system = f"{platform.system()} {platform.machine()}"
    return f"Python {platform.python_version()}, {system}, {os.cpu_count()} cores"


def note(text: str) -> None:
    """Tell the person who waits, apart from the results."""
    print(text, file=sys.stderr, flush=True)
