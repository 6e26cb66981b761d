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

BESIDE = 4
"""Small matches in one row, below the large ones."""
COURTS = 6
"""Matches of a page, unless the person at the projector says otherwise."""
MOST = 12
"""Most matches of a page."""
LATEST = 2
"""How many results stand beside the next matches while none is live."""
STALE = 30.0
"""Seconds without the hub after which the public is told."""
COMING = 3
"""How many of the next matches stand in the line below."""
MARGIN = 2
NARROW = 56
"""Windows with less room than this, in cells, list matches with plain figures."""
WIDE = 150
"""Windows with so much room, in cells, have three large matches beside each other."""
SIDES: tuple[commands.Side, ...] = ("home", "away")
TALL = HEIGHTS[0]
Size: TypeAlias = tuple[Height, int]
"""Rows of a figure, and how many cells wide each of its cells is."""
_SMALL_ROWS = 4
_LISTED_ROWS = 4
_CARD_ROWS = 4
"""Rows of a large match besides its two figures."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the matches of a page stand in a window."""

    across: int
    """Large matches beside each other; 0 where matches are only listed."""
    bands: int
    """Rows of large matches."""
    small: int
    """Rows of small ones below, `BESIDE` in each."""
    listed: int = 0

    @property
    def holds(self) -> int:
        """How many matches there is room for."""
        return self.listed or self.across * self.bands + BESIDE * self.small


@dataclass(frozen=True, slots=True)
class Look:
    """What the person at the projector chose."""

    courts: int = COURTS
    """Matches of a page, at most `MOST`."""
    page: int = 0
    """The page on show, counted on without end."""


def lines(scene: Scene, look: Look, columns: int, rows: int) -> tuple[Line, ...]:
    """Return one page, exactly `rows` lines."""
    shown, inner = scene.shown, columns - 2 * MARGIN
    clock = Run(f"{scene.at:%H:%M}")
    if shown is None:
        title = spread((Run("COURTSIDE", "strong"),), (clock,), inner)
        return _filled([_framed(title, columns)], [_foot(scene, "", columns)], rows)
    tournament = shown.projected
    venue = (Run(f"{tournament.venue}      "), clock) if columns >= 100 else (clock,)
    head = [_framed(spread((Run(tournament.name.upper(), "strong"),), venue, inner), columns), ()]
    room = rows - len(head) - 3
    matches = _listed(shown)
    shape = _shape(min(len(matches), look.courts), inner, room)
    on_page = max(1, min(look.courts, shape.holds))
    count = max(1, -(-len(matches) // on_page))
    number = look.page % count
    page = matches[number * on_page :][:on_page]
    body = _body(tournament, page, shape, inner, room, ascii=scene.ascii)
    told = f"page {number + 1}/{count}" if count > 1 else ""
    foot: list[Line] = [
        _framed((Run(_coming(scene, tournament, page, inner)),), columns),
        (),
        _foot(scene, told, columns),
    ]
    return _filled([*head, *(_framed(line, columns) for line in body)], foot, rows)


def _shape(count: int, inner: int, room: int) -> Shape:
    """Return how so many matches stand best: as large as they can all be, then some of them small."""
    if inner < NARROW:
        return Shape(0, 0, 0, max(1, (room + 1) // _LISTED_ROWS))
    across = 3 if inner >= WIDE else 2
    band = _CARD_ROWS + 2 * 5
    bands = max(1, min(-(-count // across), (room + 1) // (band + 1)))
    rest = max(0, count - across * bands)
    free = room - bands * (band + 1) + 1
    return Shape(across, bands, max(0, min(-(-rest // BESIDE), free // _SMALL_ROWS)))


def _listed(shown: Shown) -> list[state.Match]:
    """Return what is worth showing: live matches by court, else the latest results and the next ones."""
    tournament = shown.projected
    courts = {court: number for number, court in enumerate(tournament.courts)}
    matches = list(tournament.matches.values())
    live = [match for match in matches if match.phase == "live"]
    if live:
        return sorted(live, key=lambda match: courts.get(match.court, len(courts)) if match.court else -1)
    done = [match for match in matches if match.finished]
    done.sort(key=lambda match: match.changed_at.timestamp() if match.changed_at else 0.0, reverse=True)
    coming = [match for match in matches if match.phase == "scheduled"]
    return [*done[:LATEST], *coming[: COURTS - LATEST]]


def _body(
    tournament: state.Tournament,
    page: list[state.Match],
    shape: Shape,
    inner: int,
    room: int,
    *,
    ascii: bool,
) -> list[Line]:
    if shape.listed:
        return [line for match in page for line in _plain(tournament, match, inner)][: max(0, room)]
    large = shape.across * shape.bands
    height = (room - _SMALL_ROWS * shape.small - shape.bands + 1) // shape.bands
    # A page of fewer than fit beside each other has the whole width for them.
    across = min(shape.across, max(1, len(page)))
    lines: list[Line] = []
    for at in range(0, min(large, len(page)), shape.across):
        band = page[at : at + shape.across]
        lines += [*([()] if lines else []), *_large(tournament, band, inner // across, height, ascii=ascii)]
    for at in range(large, len(page), BESIDE):
        lines += _small(tournament, page[at : at + BESIDE], inner)
    return lines[: max(0, room)]


def _plain(tournament: state.Tournament, match: state.Match, inner: int) -> list[Line]:
    """Draw a match as a list does: where it is, then a line a side."""
    lines: list[Line] = [(Run(_where(tournament, match, inner), "dim"),)]
    for side in SIDES:
        name = words.side(tournament, match, side, short=True).upper()
        points = _points(tournament, match, side, small=True)
        lines.append((Run(f"{fit(name, max(1, inner - len(points) - 1))} {points}", _role(match, side)),))
    return [*lines, ()]


def _large(
    tournament: state.Tournament, matches: list[state.Match], width: int, rows: int, *, ascii: bool
) -> list[Line]:
    """Draw matches beside each other, each side's name above its points, all figures of one size."""
    outer = width - 3
    # Of two digits at least: a tenth point does not make the figures smaller.
    points = (_points(tournament, match, side) for match in matches for side in SIDES)
    longest = max(("00", *points), key=len)
    size = _size(longest, outer, (rows - _CARD_ROWS) // 2)
    cards = [_card(tournament, match, outer, size, ascii=ascii) for match in matches]
    return [
        tuple(run for card in cards for run in (*clip(card[at], outer), Run("   ")))
        for at in range(len(cards[0]))
    ]


def _card(
    tournament: state.Tournament, match: state.Match, outer: int, size: Size | None, *, ascii: bool
) -> list[Line]:
    lines: list[Line] = [(Run(fit(_where(tournament, match, outer), outer), "dim"),)]
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
            # High figures want wide strokes; lower ones leave half of the room empty.
            widths, most = ((5, 4, 3), outer) if height == TALL else ((3, 2), outer // 2)
            wide = (scale for scale in widths if width(points, height, scale) <= most)
            if height == TALL and width(points, height, widths[-1]) > outer:
                continue
            return height, next(wide, 1)
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


def _coming(scene: Scene, tournament: state.Tournament, page: list[state.Match], room: int) -> str:
    """Name the next matches, as many as there is room for."""
    shown = {match.id for match in page}
    coming = [
        match for match in tournament.matches.values() if match.phase == "scheduled" and match.id not in shown
    ]
    line = ""
    for match in coming[:COMING]:
        at = scene.day_time(match.starts_at) + "  " if match.starts_at else ""
        court = words.court_code(words.court(tournament, match))
        told = f"{at}{court} {words.versus(tournament, match)}"
        longer = f"{line}     {told}" if line else f"NEXT  {told}"
        if line and length((Run(longer),)) > room:
            break
        line = longer
    return line


def _foot(scene: Scene, page: str, columns: int) -> Line:
    """Say of when the data is, in words that the public understands."""
    shown = scene.shown
    since = None if shown is None else shown.as_of or shown.confirmed.updated_at
    connection = scene.view.connection
    lost_for = scene.now - connection.since if not connection.connected else 0.0
    if since is not None:
        # Also a hub that answers and does not hold the tournament brings no news of it.
        lost_for = max(lost_for, (scene.at - since).total_seconds())
    if shown is not None and not shown.live and lost_for > STALE:
        told = Run(f"NOT LIVE since {scene.day_time(since)}" if since else "NOT LIVE", "lost")
    else:
        told = Run(f"as of {scene.time(scene.at)}" if shown is not None else "", "dim")
    return _framed(spread((told,), (Run(page, "dim"),), columns - 2 * MARGIN), columns)


def _framed(line: Line, columns: int) -> Line:
    return clip((Run(" " * MARGIN), *line), columns) if length(line) else ()


def _filled(head: list[Line], foot: list[Line], rows: int) -> tuple[Line, ...]:
    space = max(0, rows - len(head) - len(foot))
    return (*head[: rows - len(foot)], *((),) * space, *foot)
