"""The bracket as a drawn tree: where each match stands, and the part of it that a window shows.

Guarantees that a match stands between those that feed it, however many byes there are. Results and slots are
the domain's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import Match, brackets, commands, ids, plan
from tui.selectors import tally, words
from tui.selectors.cells import Line, Role, Run, clip, fit, length

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core import state
    from tui.selectors.scene import Scene

GAP = 3
"""Cells between two rounds, in which the lines run."""
NARROWEST = 34
"""Cells that a round takes at least; at 80 columns two are shown."""
PITCH = 3
"""Rows from one match to the next of the first round."""
SIDES: tuple[commands.Side, ...] = ("home", "away")
NONE = "No knock-out matches in this tournament.  f shows the tables"


@dataclass(frozen=True, slots=True)
class Node:
    """A match in the tree."""

    match: Match
    column: int
    """How many rounds lead to it."""
    row: int
    """Of its home side; the away side stands below."""


@dataclass(frozen=True, slots=True)
class Tree:
    """All matches of the knock-out."""

    nodes: Mapping[ids.MatchId, Node]
    rounds: tuple[str, ...]
    """A name for each column."""

    def beside(self, at: ids.MatchId | None, columns: int, rows: int) -> ids.MatchId | None:
        """Return the match to which the cursor moves, by so many rounds or so many matches of its round."""
        here = self.nodes.get(at) if at is not None else None
        if here is None:
            return next(iter(self.nodes), None)
        column = here.column + columns
        listed = sorted(
            (node for node in self.nodes.values() if node.column == column), key=lambda one: one.row
        )
        if not listed:
            return here.match.id
        if columns:
            return min(listed, key=lambda one: abs(one.row - here.row)).match.id
        place = listed.index(here) + rows
        return listed[max(0, min(place, len(listed) - 1))].match.id


def tree(tournament: state.Tournament) -> Tree:
    """Place every match: the first rounds at the left, each later match between those that feed it."""
    matches = {match.id: match for found in brackets.rounds(tournament) for match in found.matches}
    columns: dict[ids.MatchId, int] = {}
    for match in matches.values():
        _depth(match, matches, columns)
    fed = {feeder.id for match in matches.values() for feeder in _feeders(match, matches)}
    last = max(columns.values(), default=0)
    roots = sorted(
        (match for match in matches.values() if match.id not in fed), key=lambda one: last - columns[one.id]
    )
    nodes: dict[ids.MatchId, Node] = {}
    next_row = 0
    for root in roots:
        next_row = _place(root, matches, columns, nodes, next_row)
    names = [
        next((match.round for match in matches.values() if columns[match.id] == at), "")
        for at in range(last + 1 if matches else 0)
    ]
    return Tree(nodes, tuple(names))


def sheet(tournament: state.Tournament) -> list[list[str]]:
    """Return all rounds as rows of text, their heading first."""
    rows = [["round", "match", "home", "score", "away"]]
    for found in brackets.rounds(tournament):
        for match in found.matches:
            home, away = (words.side(tournament, match, which) for which in SIDES)
            score = "" if match.phase == "scheduled" else tally.standing(tournament, match)
            rows.append([found.name, ids.short_form(match.id), home, score, away])
    return rows


def _depth(match: Match, matches: Mapping[ids.MatchId, Match], columns: dict[ids.MatchId, int]) -> int:
    if match.id not in columns:
        before = [
            matches[source.match]
            for side in SIDES
            if isinstance(source := match.slot(side).source, plan.WinnerOf | plan.LoserOf)
            and source.match in matches
        ]
        columns[match.id] = max((_depth(one, matches, columns) + 1 for one in before), default=0)
    return columns[match.id]


def _feeders(match: Match, matches: Mapping[ids.MatchId, Match]) -> list[Match]:
    """Return the matches whose winners play in this one."""
    sources = (match.slot(side).source for side in SIDES)
    return [
        matches[source.match]
        for source in sources
        if isinstance(source, plan.WinnerOf) and source.match in matches
    ]


def _place(
    match: Match,
    matches: Mapping[ids.MatchId, Match],
    columns: Mapping[ids.MatchId, int],
    nodes: dict[ids.MatchId, Node],
    next_row: int,
) -> int:
    """Place a match and all that feeds it from a row on; return the next free row."""
    feeders = [one for one in _feeders(match, matches) if one.id not in nodes]
    for feeder in feeders:
        next_row = _place(feeder, matches, columns, nodes, next_row)
    rows = [nodes[feeder.id].row for feeder in feeders]
    if rows:
        row = sum(rows) // len(rows)
    else:
        row, next_row = next_row, next_row + PITCH
    nodes[match.id] = Node(match, columns[match.id], row)
    return next_row


def lines(
    scene: Scene,
    tournament: state.Tournament,
    made: Tree,
    cursor: ids.MatchId | None,
    width: int,
    height: int,
) -> tuple[Line, ...]:
    """Return the part of the tree around the cursor, `height` lines; the first names the rounds."""
    if not made.nodes:
        return ((), (Run(f"  {NONE}", "dim"),))
    here = made.nodes.get(cursor) if cursor is not None else None
    shown = _fitting(made, width)
    column, row = (here.column, here.row) if here is not None else (0, 0)
    first = _first(made, column, shown)
    lowest = max(node.row for node in made.nodes.values()) + 2
    top = max(0, min(row - (height - 1) // 2, lowest - (height - 1)))
    outer = (width - GAP * (shown - 1)) // shown
    canvas = _Canvas(width, height - 1, ascii=scene.ascii)
    for node in made.nodes.values():
        if first <= node.column < first + shown:
            left = (node.column - first) * (outer + GAP)
            chosen = here is not None and node.match.id == here.match.id
            for below, side in enumerate(SIDES):
                told = _side(tournament, node.match, side, outer, chosen=chosen)
                canvas.put(left, node.row - top + below, told)
            if node.column > first:
                _connect(canvas, made, node, left, top)
    heads = tuple(
        Run(fit(name, outer + (GAP if at < shown - 1 else 0)), "heading")
        for at, name in enumerate(made.rounds[first : first + shown])
    )
    return (heads, *canvas.lines())


def whereabouts(made: Tree, cursor: ids.MatchId | None, width: int) -> Line:
    """Return the rounds in short, those on the screen in brackets: where one is in a wide tree."""
    shown = _fitting(made, width)
    if not made.rounds or shown == len(made.rounds):
        return ()
    here = made.nodes.get(cursor) if cursor is not None else None
    column = here.column if here is not None else 0
    first = _first(made, column, shown)
    marks: list[Run] = []
    for at in range(len(made.rounds)):
        told = f"[{at + 1}]" if first <= at < first + shown else f" {at + 1} "
        marks.append(Run(told, "chosen" if at == column else "dim"))
    return (Run("rounds ", "dim"), *marks)


def _fitting(made: Tree, width: int) -> int:
    """Return how many rounds fit beside each other."""
    return max(1, min(len(made.rounds), (width + GAP) // (NARROWEST + GAP)))


def _first(made: Tree, column: int, shown: int) -> int:
    """Return the first round that is shown, so that the cursor's is among them."""
    return max(0, min(column - shown // 2, len(made.rounds) - shown))


def _side(
    tournament: state.Tournament, match: Match, side: commands.Side, outer: int, *, chosen: bool
) -> Line:
    """Return one side of a match in a line: the match's number, the team or where it comes from, points."""
    slot = match.slot(side)
    label = ids.short_form(match.id) if side == "home" else ""
    points = ""
    if match.phase != "scheduled":
        points = tally.small(tally.rules_of(tournament, match), match, side)
        if match.shootout is not None:
            points += f" ({getattr(match.shootout, side)})"
    role: Role = "plain" if slot.team is not None else "dim"
    if match.winner is not None:
        role = "live" if match.winner == slot.team else "dim"
    name = fit(words.side(tournament, match, side, short=True), outer - 9 - len(points))
    mark = ">" if chosen and side == "home" else " "
    return (
        Run(f"{mark} {fit(label, 5)} ", "chosen" if chosen else "dim"),
        Run(name, "strong" if chosen and role == "plain" else role),
        Run(f" {points}", "strong" if match.phase == "live" else role),
    )


def _connect(canvas: _Canvas, made: Tree, node: Node, left: int, top: int) -> None:
    """Draw the lines from the matches of the round before to this one."""
    for below, side in enumerate(SIDES):
        source = node.match.slot(side).source
        feeder = made.nodes.get(source.match) if isinstance(source, plan.WinnerOf) else None
        if feeder is None or feeder.column != node.column - 1:
            continue
        start = feeder.row + (1 if feeder.row < node.row else 0)
        canvas.join(left - GAP, start - top, node.row + below - top)


class _Canvas:
    """Lines that are written in any order."""

    def __init__(self, width: int, height: int, *, ascii: bool) -> None:
        self._width = width
        self._height = height
        self._pieces: list[list[tuple[int, Line]]] = [[] for _ in range(height)]
        self._strokes = tuple("-|++++" if ascii else "─│┐┘└┌")

    def put(self, left: int, row: int, line: Line) -> None:
        """Write a line at a place; what lies outside is left out."""
        if 0 <= row < self._height:
            self._pieces[row].append((left, line))

    def join(self, left: int, start: int, end: int) -> None:
        """Draw a line from the right end of one row to the left end of another, in a gap."""
        flat, upright, down, up, right_of_upper, right_of_lower = self._strokes
        if start == end:
            self.put(left, start, (Run(flat * GAP, "dim"),))
            return
        falls = start < end
        self.put(left, start, (Run(flat + (down if falls else up) + " ", "dim"),))
        for row in range(min(start, end) + 1, max(start, end)):
            self.put(left, row, (Run(f" {upright} ", "dim"),))
        self.put(left, end, (Run(" " + (right_of_upper if falls else right_of_lower) + flat, "dim"),))

    def lines(self) -> tuple[Line, ...]:
        """Return everything, a line a row."""
        return tuple(self._line(sorted(pieces, key=lambda piece: piece[0])) for pieces in self._pieces)

    def _line(self, pieces: list[tuple[int, Line]]) -> Line:
        made: list[Run] = []
        for left, line in pieces:
            space = left - length(tuple(made))
            if space > 0:
                made.append(Run(" " * space))
            made.extend(line)
        return clip(tuple(made), self._width)
