"""The Feed: what happened, oldest first, by kind and filter; a burst of one kind is folded into one line.

Built from the end backwards and only as far as a window shows: a long feed costs no more than a short one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from core import HubLine, ids
from tui.selectors import tally, words
from tui.selectors.cells import Column, Role, Row, Run

if TYPE_CHECKING:
    from core import Feed, FeedLine
    from tui.selectors.scene import Scene

Kind = Literal["all", "scores", "status", "link", "people", "conflicts"]
KINDS: tuple[Kind, ...] = ("all", "scores", "status", "link", "people", "conflicts")
KIND_OF: dict[str, Kind] = {
    "score": "scores",
    "undo": "scores",
    "status": "status",
    "slot": "status",
    "notice": "status",
    "CONF": "conflicts",
    "queue": "conflicts",
    "problem": "link",
    "link": "link",
    "people": "people",
}
ROLE_OF: dict[str, Role] = {"CONF": "conflict", "problem": "conflict", "link": "slow", "undo": "changed"}
BURST = 20
"""More lines a second of one kind than this are folded into one."""

RESULT = Column("result", 9)
COURT = Column("court", 5, least=66)
COLUMNS: tuple[Column, ...] = (
    Column("time", 8, most=110),
    Column("time", 12, least=110),
    Column("match", 5),
    COURT,
    Column("kind", 7),
    Column("what", 14, flexible=True, widest=64),
    RESULT,
    Column("who", 12),
    Column("via", 12, flexible=True, widest=30, least=110),
    Column("seq", 6, "right", least=110),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person chose to see."""

    kind: Kind = "all"
    filter: str = ""


def columns(scene: Scene) -> tuple[Column, ...]:
    """Return the columns, that of the result as wide as the games need it."""
    wide = tally.width(shown.confirmed for shown in scene.view.tournaments.values())
    if wide <= RESULT.width:
        return COLUMNS
    made = {RESULT: replace(RESULT, width=wide), COURT: replace(COURT, least=110)}
    return tuple(made.get(one, one) for one in COLUMNS)


def rows(scene: Scene, feed: Feed, choice: Choice, limit: int | None = None) -> tuple[Row, ...]:
    """Return the feed's newest rows, oldest first; a row's key is its number in the feed.

    Args:
        scene: the moment.
        feed: the lines, which may be older than the scene's own while the screen is paused.
        choice: what the person chose to see.
        limit: how many rows are wanted at most; `None` for all that are kept.
    """
    found: list[Row] = []
    burst: list[tuple[int, FeedLine]] = []
    key: tuple[int, str] | None = None
    for offset, line in enumerate(reversed(feed.lines)):
        kind = kind_of(line)
        if choice.kind != "all" and choice.kind != KIND_OF[kind]:
            continue
        moment = line.event.received_at if isinstance(line, HubLine) else line.at
        here = (int(moment.timestamp()), kind)
        if here != key:
            found.extend(_told(scene, burst, choice))
            burst, key = [], here
            if limit is not None and len(found) >= limit:
                break
        burst.append((feed.total - offset, line))
    found.extend(_told(scene, burst, choice))
    return tuple(reversed(found if limit is None else found[:limit]))


def _told(scene: Scene, burst: list[tuple[int, FeedLine]], choice: Choice) -> list[Row]:
    """Return the rows of lines of one kind and second, newest first: one row where they are too many."""
    wanted = choice.filter.casefold().strip()
    if len(burst) > BURST and not wanted:
        number, line = burst[0]
        cells = row(scene, number, line).cells
        what = Run(f"{len(burst)} {kind_of(line)} entries in 1 s")
        return [Row(str(number), (*cells[:2], Run("--"), Run(""), cells[4], what, *(Run(""),) * 3, cells[9]))]
    made = (row(scene, number, line) for number, line in burst)
    return [one for one in made if wanted in "\n".join(cell.text for cell in one.cells).casefold()]


def kind_of(line: FeedLine) -> str:
    """Return the word of a line's kind."""
    return words.KIND_OF_FACT[type(line.event.fact)] if isinstance(line, HubLine) else line.kind


def row(scene: Scene, number: int, line: FeedLine) -> Row:
    """Return one line of the feed."""
    key = str(number)
    if not isinstance(line, HubLine):
        role = ROLE_OF.get(line.kind, "plain")
        return Row(
            key,
            (
                Run(scene.time(line.at), "dim"),
                Run(scene.exact_time(line.at), "dim"),
                Run("--", "dim"),
                Run(""),
                Run(line.kind, role),
                Run(words.tidy(line.text)),
                Run(""),
                Run("" if line.kind == "people" else "this laptop", "dim"),
                Run("-", "dim"),
                Run("-", "dim"),
            ),
        )
    event = line.event
    shown = scene.view.tournaments.get(line.tournament)
    tournament = shown.confirmed if shown else None
    match = tournament.matches.get(event.match) if tournament and event.match else None
    kind, (what, result) = kind_of(line), words.happened(tournament, event)
    court = words.court_code(words.court(tournament, match)) if tournament and match else ""
    return Row(
        key,
        (
            Run(scene.time(event.received_at), "dim"),
            Run(scene.exact_time(event.received_at), "dim"),
            Run(ids.short_form(event.match) if event.match else "--"),
            Run(court, "dim"),
            Run(kind, ROLE_OF.get(kind, "plain")),
            Run(what),
            Run(result, "strong"),
            Run(event.by),
            Run(event.device, "dim"),
            Run(str(event.seq), "dim"),
        ),
    )


def line_at(feed: Feed, key: str) -> FeedLine | None:
    """Return the line that a row's key names; `None` when it is no longer kept."""
    index = int(key) - (feed.total - len(feed.lines) + 1)
    return feed.lines[index] if 0 <= index < len(feed.lines) else None


def raw(scene: Scene, line: FeedLine) -> str:
    """Return a line's fields as text."""
    if not isinstance(line, HubLine):
        return f"{scene.time(line.at)} {line.kind} {words.tidy(line.text)}"
    event = line.event
    # What a person reads first: narrow windows cut the end.
    why = f"why {event.why}  " if event.why else ""
    return (
        f"{why}id {event.command}  seq {event.seq}  version {event.version}  device {event.device}  "
        f"entered {scene.time(event.entered_at)}  received {scene.time(event.received_at)}"
    )
