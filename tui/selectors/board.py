"""The Board: the hall screen, courts as large as the window allows, live matches first.

For the public: names of teams, points and times, no staff, no address, no text of an error. Guarantees that
a page fits its window, and that data which is not live says since when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tui.selectors import tally, words
from tui.selectors.cells import Line, Role, Run, clip, fit, length, spread
from tui.selectors.figures import HEIGHTS, Height, figures, width

if TYPE_CHECKING:
    from core import Shown, commands, state
    from tui.selectors.scene import Scene

LARGE = 2
"""Matches of a page that are drawn large, beside each other."""
BESIDE = 4
"""Matches below them in one row."""
MOST = LARGE + 2 * BESIDE
"""Most matches of a page."""
STALE = 30.0
"""Seconds without the hub after which the public is told."""
COMING = 3
"""How many of the next matches stand in the line below."""
MARGIN = 2
SIDES: tuple[commands.Side, ...] = ("home", "away")
Size: TypeAlias = tuple[Height, int]
"""Rows of a figure, and how many cells wide each of its cells is."""
_SMALL_ROWS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """What the person at the projector chose."""

    courts: int = LARGE + BESIDE
    """Matches of a page, at most `MOST`."""
    page: int = 0
    """The page on show, counted on without end."""


def pages(scene: Scene, look: Look) -> int:
    """Return how many pages there are; at least 1."""
    return max(1, -(-len(_listed(scene.shown)) // look.courts))


def lines(scene: Scene, look: Look, columns: int, rows: int) -> tuple[Line, ...]:
    """Return one page, exactly `rows` lines."""
    shown = scene.shown
    if shown is None:
        title: Line = (Run(fit("COURTSIDE", columns - 2 * MARGIN), "strong"),)
        return _filled([_framed(title, columns)], [_foot(scene, look, columns)], rows)
    listed = _listed(shown)
    count = pages(scene, look)
    page = listed[look.page % count * look.courts :][: look.courts]
    tournament = shown.projected
    clock = f"{tournament.venue}      {scene.at:%H:%M}" if columns >= 100 else f"{scene.at:%H:%M}"
    inner = columns - 2 * MARGIN
    head_line = spread((Run(tournament.name.upper(), "strong"),), (Run(clock),), inner)
    head: list[Line] = [_framed(head_line, columns), ()]
    foot: list[Line] = [
        _framed((Run(_coming(scene, tournament, page)),), columns),
        (),
        _foot(scene, look, columns),
    ]
    room = rows - len(head) - len(foot)
    body = _body(tournament, page, inner, room, ascii=scene.ascii)
    return _filled([*head, *(_framed(line, columns) for line in body)], foot, rows)


def _listed(shown: Shown | None) -> list[state.Match]:
    """Return what is worth showing: live matches by court, else the latest results and the next ones."""
    if shown is None:
        return []
    tournament = shown.projected
    courts = {court: number for number, court in enumerate(tournament.courts)}
    matches = list(tournament.matches.values())
    live = [match for match in matches if match.phase == "live"]
    if live:
        return sorted(live, key=lambda match: courts.get(match.court, len(courts)) if match.court else -1)
    done = [match for match in matches if match.finished]
    done.sort(key=lambda match: match.changed_at.timestamp() if match.changed_at else 0.0, reverse=True)
    coming = [match for match in matches if match.phase == "scheduled"]
    return [*done[:LARGE], *coming[:BESIDE]]


def _body(
    tournament: state.Tournament, page: list[state.Match], inner: int, room: int, *, ascii: bool
) -> list[Line]:
    small = page[LARGE:]
    bands = [small[at : at + BESIDE] for at in range(0, len(small), BESIDE)]
    large = room - _SMALL_ROWS * len(bands)
    lines: list[Line] = []
    if page:
        lines += _large(tournament, page[:LARGE], inner, large, ascii=ascii)
    for band in bands:
        lines += _small(tournament, band, inner)
    return lines[: max(0, room)]


def _large(
    tournament: state.Tournament, matches: list[state.Match], inner: int, rows: int, *, ascii: bool
) -> list[Line]:
    """Draw matches beside each other, each side's name above its points, all figures of one size."""
    outer = inner // len(matches) - 2
    longest = max((_points(tournament, match, side) for match in matches for side in SIDES), key=len)
    size = _size(longest, outer, (rows - 4) // 2)
    cards = [_card(tournament, match, outer, size, ascii=ascii) for match in matches]
    return [
        tuple(run for card in cards for run in (*clip(card[at], outer), Run("  ")))
        for at in range(len(cards[0]))
    ]


def _card(
    tournament: state.Tournament, match: state.Match, outer: int, size: Size | None, *, ascii: bool
) -> list[Line]:
    lines: list[Line] = [(Run(fit(_where(tournament, match), outer), "dim"),)]
    rules = tally.rules_of(tournament, match)
    for side in SIDES:
        name = words.side(tournament, match, side, short=True).upper()
        note = tally.note(rules, match, side) if match.phase == "live" else ""
        told = fit(name, outer - len(note)) + note
        lines.append((Run(told, _role(match, side)),))
        points = _points(tournament, match, side)
        lines += [(Run(row, _role(match, side)),) for row in _drawn(points, outer, size, ascii)]
        lines.append(())
    return lines[:-1]


def _size(points: str, outer: int, rows: int) -> Size | None:
    """Return the largest size in which points fit; `None` where only plain digits do."""
    for height in HEIGHTS:
        if height <= rows and width(points, height) <= outer:
            return height, 2 if width(points, height, 2) <= outer // 2 else 1
    return None


def _drawn(points: str, outer: int, size: Size | None, ascii: bool) -> tuple[str, ...]:
    if size is None:
        return (points,)
    height, scale = size
    indent = " " * min(outer - width(points, height, scale), outer // 4)
    return tuple(indent + row for row in figures(points, height, scale, ascii=ascii))


def _small(tournament: state.Tournament, matches: list[state.Match], inner: int) -> list[Line]:
    """Draw a band of matches: court, and a line for each side."""
    outer = inner // BESIDE
    heads: list[Run] = []
    sides: dict[commands.Side, list[Run]] = {side: [] for side in SIDES}
    for match in matches:
        heads.append(Run(fit(_where(tournament, match, outer - 3), outer - 3) + "   ", "dim"))
        for side in SIDES:
            name = words.side(tournament, match, side, short=True).upper()
            points = _points(tournament, match, side, small=True)
            told = fit(name, outer - 4 - len(points)) + " " + points + "   "
            sides[side].append(Run(told, _role(match, side)))
    return [(), tuple(heads), tuple(sides["home"]), tuple(sides["away"])]


def _where(tournament: state.Tournament, match: state.Match, room: int = 80) -> str:
    """Return the court, and what is played there where that fits."""
    court = words.at_court(words.court(tournament, match)).upper()
    when = {"live": match.round, "scheduled": "next", "final": "final", "official": "final"}[match.phase]
    told = f"{court}   {when}".strip()
    return told if len(told) <= room or not court else court


def _points(
    tournament: state.Tournament, match: state.Match, side: commands.Side, *, small: bool = False
) -> str:
    if match.phase == "scheduled":
        return "-"
    rules = tally.rules_of(tournament, match)
    return tally.small(rules, match, side) if small else tally.figure(rules, match, side)


def _role(match: state.Match, side: commands.Side) -> Role:
    won = match.winner is not None and match.winner == match.slot(side).team
    return "live" if won else "strong"


def _coming(scene: Scene, tournament: state.Tournament, page: list[state.Match]) -> str:
    shown = {match.id for match in page}
    coming = [
        match for match in tournament.matches.values() if match.phase == "scheduled" and match.id not in shown
    ]
    told = [
        f"{scene.day_time(match.starts_at) + '  ' if match.starts_at else ''}"
        f"{words.court_code(words.court(tournament, match))} {words.versus(tournament, match)}"
        for match in coming[:COMING]
    ]
    return "NEXT  " + "     ".join(told) if told else ""


def _foot(scene: Scene, look: Look, columns: int) -> Line:
    """Say of when the data is, in words that the public understands."""
    shown = scene.shown
    connection = scene.view.connection
    lost_for = scene.now - connection.since if not connection.connected else 0.0
    if shown is not None and not shown.live and lost_for > STALE:
        since = shown.as_of or shown.confirmed.updated_at
        told = Run(f"NOT LIVE since {scene.day_time(since)}" if since else "NOT LIVE", "lost")
    else:
        told = Run(f"as of {scene.time(scene.at)}" if shown is not None else "", "dim")
    count = pages(scene, look)
    right = Run(f"page {look.page % count + 1}/{count}" if count > 1 else "", "dim")
    return _framed(spread((told,), (right,), columns - 2 * MARGIN), columns)


def _framed(line: Line, columns: int) -> Line:
    return clip((Run(" " * MARGIN), *line), columns) if length(line) else ()


def _filled(head: list[Line], foot: list[Line], rows: int) -> tuple[Line, ...]:
    space = max(0, rows - len(head) - len(foot))
    return (*head[: rows - len(foot)], *((),) * space, *foot)
