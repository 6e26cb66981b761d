"""The history of a match on screen: what was entered, by whom, and what became of it, newest first.

Joins the match's counted entries with this device's queue, so that held, refused and withdrawn ones are
listed too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core import commands
from tui.selectors import tally, words
from tui.selectors.cells import Column, Role, Row, Run

if TYPE_CHECKING:
    from datetime import datetime

    from core import Queued, Shown, ids, state
    from tui.selectors.scene import Scene

COLUMNS: tuple[Column, ...] = (
    Column("time", 8, least=50),
    Column("entry", 10, flexible=True, widest=44),
    Column("score", 7),
    Column("state", 18, flexible=True, widest=44),
    Column("latency", 7, "right", least=70),
    Column("who", 22, flexible=True, least=100),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a match."""

    id: ids.CommandId
    at: datetime
    what: str
    score: str
    state: str
    role: Role
    latency: float | None
    by: str
    own: bool
    device: ids.DeviceId
    refused: bool = False
    """Whether it is this device's, and was refused."""


def columns(tournament: state.Tournament, match: state.Match) -> tuple[Column, ...]:
    """Return the columns, that of the score as wide as the match's game needs it."""
    wide = tally.WIDEST[type(tally.rules_of(tournament, match))]
    return tuple(replace(one, width=wide) if one.title == "score" else one for one in COLUMNS)


def history(scene: Scene, shown: Shown, match: state.Match) -> tuple[Line, ...]:
    """Return what was entered in a match, newest first.

    The log gives the order; what is in no log (refused, held, withdrawn) finds its place by time.
    """
    queue = {
        queued.entry.id: queued
        for queued in scene.view.queue
        if commands.match_of(queued.entry.command) == match.id
    }
    tournament = shown.projected
    seen: set[ids.CommandId] = set()
    lines: list[Line] = []
    for entry in match.entries:
        seen.add(entry.id)
        lines.append(_counted(scene, tournament, match, entry, queue.get(entry.id)))
    lines.reverse()
    for held in match.held:
        seen.add(held.entry.id)
        _insert(lines, _held(scene, tournament, held))
    for queued in queue.values():
        if queued.entry.id not in seen and queued.state not in ("confirmed", "official"):
            _insert(lines, _queued(scene, shown, queued))
    return tuple(lines)


def _insert(lines: list[Line], line: Line) -> None:
    """Put a line before the first one that is not newer."""
    place = next((number for number, other in enumerate(lines) if other.at <= line.at), len(lines))
    lines.insert(place, line)


def _counted(
    scene: Scene,
    tournament: state.Tournament,
    match: state.Match,
    entry: state.Counted,
    queued: Queued | None,
) -> Line:
    own = entry.device == scene.view.device
    if entry.undone_by is not None:
        word, role = "undone", _role("dim")
    elif queued is not None and queued.waiting:
        word, role = words.waits(queued, connected=scene.view.connection.connected), _role("pending")
    else:
        word, role = ("official" if match.phase == "official" else "confirmed"), _role("live")
    return Line(
        entry.id,
        entry.entered_at,
        words.counted(tournament, match, entry),
        _score(tournament, match, entry),
        word,
        role,
        queued.latency if queued else None,
        entry.by,
        own,
        entry.device,
    )


def _score(tournament: state.Tournament, match: state.Match, entry: state.Counted) -> str:
    if entry.kind == "sets_entered":
        # They leave no running score that says anything.
        return ""
    given = entry.kind == "match_forfeited" and match.forfeit is not None
    return tally.pair(tally.rules_of(tournament, match), match.result if given else entry.after)


def _role(role: Role) -> Role:
    return role


def _held(scene: Scene, tournament: state.Tournament, held: state.Held) -> Line:
    entry = held.entry
    return Line(
        entry.id,
        entry.entered_at,
        words.command(tournament, entry.command),
        "",
        "conflict: ! to decide",
        "conflict",
        None,
        entry.by,
        entry.device == scene.view.device,
        entry.device,
    )


def _queued(scene: Scene, shown: Shown, queued: Queued) -> Line:
    entry = queued.entry
    reason = shown.refused.get(entry.id)
    if queued.waiting and reason:
        word, role = f"{words.STATE_WORDS[queued.state]}, but: {words.tidy(reason)}", _role("conflict")
    else:
        word = words.waits(queued, connected=scene.view.connection.connected)
        role = words.STATE_ROLES[queued.state]
    return Line(
        entry.id,
        entry.entered_at,
        words.command(shown.projected, entry.command),
        "",
        word,
        role,
        queued.latency,
        entry.by,
        own=True,
        device=entry.device,
        refused=queued.state == "refused",
    )


def row(scene: Scene, line: Line) -> Row:
    """Return a line of the history as a table row."""
    latency = "-" if line.latency is None else f"{line.latency * 1000:.0f} ms"
    who = f"{line.by}, {'this laptop' if line.own else line.device}"
    name_role: Role = "dim" if line.role == "dim" else "plain"
    return Row(
        line.id,
        (
            Run(scene.time(line.at), "dim"),
            Run(line.what, name_role),
            Run(line.score, name_role),
            Run(line.state, line.role),
            Run(latency, "dim"),
            Run(who, "dim"),
        ),
    )
