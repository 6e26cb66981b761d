"""Plain output: a screen as text without escape codes, for pipes, screen readers and scripts.

The same selectors make it as the screens; here there is no cursor, and it always says of when it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from core import ids
from tui.selectors import feed, links, people, queue, scores, standings
from tui.selectors.cells import Column, Row, arrange, heading, layout, plain
from tui.selectors.link import Watch
from tui.selectors.scene import Scene
from tui.selectors.trips import Trips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core import RoomStats, View


def _scene(view: View, at: datetime | None, now: float = 0.0) -> Scene:
    state = view.connection.state
    return Scene(view, at or datetime.now().astimezone(), now, Watch(state=state, seen=state), ascii=True)


def _table(title: str, columns: tuple[Column, ...], rows: Iterable[Row], empty: str, width: int) -> str:
    places = layout(columns, width)
    lines = [plain(arrange(row, places)).rstrip() for row in rows]
    body = [plain(heading(columns, places)).rstrip(), *lines] if lines else [empty]
    return "\n".join((title, *body)) + "\n"


def _as_of(scene: Scene, what: str) -> str:
    shown = scene.shown
    name = f"  {shown.confirmed.name}" if shown is not None else ""
    moment = scene.at if shown is None or shown.live or shown.as_of is None else shown.as_of
    state = "" if shown is None or shown.live else "  offline"
    return f"{what}{name}  as of {scene.time(moment)}{state}"


def plain_scores(view: View, width: int, at: datetime | None = None) -> str:
    """Return the Scores table as text.

    Args:
        view: the moment.
        width: how wide, in cells.
        at: the wall clock, aware; `None` for this laptop's.
    """
    scene = _scene(view, at)
    shown = scene.shown
    board = scores.board(scene, scores.Choice(sort="time"))
    if shown is None:
        return _table(_as_of(scene, "Scores"), scores.COLUMNS, (), "No tournament.", width)
    matches = shown.projected.matches
    rows = (scores.row(scene, shown, matches[ids.MatchId(key)], frozenset()) for key in board.order)
    columns = scores.columns(shown.projected)
    return _table(_as_of(scene, "Scores"), columns, rows, board.message, width)


def plain_feed(view: View, width: int, at: datetime | None = None) -> str:
    """Return the feed as text, oldest line first; the arguments are those of `plain_scores`."""
    scene = _scene(view, at)
    rows = feed.rows(scene, view.feed, feed.Choice())
    return _table(_as_of(scene, "Feed"), feed.columns(scene), rows, "Quiet so far.", width)


def plain_people(view: View, width: int, at: datetime | None = None) -> str:
    """Return who is there as text, by their role; the arguments are those of `plain_scores`."""
    scene = _scene(view, at)
    everybody = people.people(scene, people.advance(people.Company(), scene))
    rows = people.rows(scene, everybody, "role", "").values()
    empty = people.message(scene, everybody)
    table = _table(_as_of(scene, "People"), people.COLUMNS, rows, empty, width)
    return table + "".join(f"{plain(line).strip()}\n" for line in people.courts(scene, everybody))


def plain_links(
    view: View,
    width: int,
    at: datetime | None = None,
    *,
    now: float,
    room_stats: Callable[[ids.RoomId], RoomStats | None],
) -> str:
    """Return the links as text: endpoints, devices, rooms, outbox and alerts, one table below the other.

    Args:
        view: the moment.
        width: how wide, in cells.
        at: the wall clock, aware; `None` for this laptop's.
        now: the monotonic clock of the realtime client, in seconds.
        room_stats: tells a room in figures.
    """
    scene = _scene(view, at, now)
    company = people.advance(people.Company(), scene)
    made = [_as_of(scene, "Links") + "\n"]
    for name in links.TABLES:
        rows = links.rows(scene, name, company, Trips(), room_stats, frozenset()).values()
        made.append(_table(name.capitalize(), links.COLUMNS[name], rows, links.message(name), width))
    return "\n".join(made)


def plain_queue(view: View, width: int, at: datetime | None = None) -> str:
    """Return what waits on this laptop as text; the arguments are those of `plain_scores`."""
    scene = _scene(view, at)
    rows = [row for tab in queue.TABS for row in queue.listing(scene, tab).rows]
    return _table(_as_of(scene, "Queue"), queue.COLUMNS, rows, "Nothing waits.", width)


def plain_table(view: View, width: int, at: datetime | None = None) -> str:
    """Return the tables of all pools as text; the arguments are those of `plain_scores`."""
    scene = _scene(view, at)
    shown = scene.shown
    rows = {} if shown is None else standings.rows(shown.projected)
    empty = "No tournament." if shown is None else "No pools in this tournament."
    columns = standings.COLUMNS if shown is None else standings.columns(shown.projected)
    return _table(_as_of(scene, "Table"), columns, rows.values(), empty, width)
