"""The Queue: this device's entries by what became of them, and the conflicts that wait for a person.

A conflict is all held entries of one device in one match: they are decided together. Its panel shows both
sides, what was before both, what happened between, and says in words what each choice would do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core import commands, ids
from tui.selectors import tally, words
from tui.selectors.cells import Column, Line, Role, Row, Run, beside, fit
from tui.selectors.scene import counted, duration

if TYPE_CHECKING:
    from core import Queued, Shown, state
    from tui.selectors.scene import Scene, Sign

Tab = Literal["saved", "sending", "conflicts", "refused"]
TABS: tuple[Tab, ...] = ("saved", "sending", "conflicts", "refused")
TAB_WORDS: dict[Tab, str] = {
    "saved": "Saved here",
    "sending": "Sending",
    "conflicts": "Conflicts",
    "refused": "Refused",
}

COLUMNS: tuple[Column, ...] = (
    Column("#", 6, "right"),
    Column("age", 6, "right", least=50),
    Column("match", 5),
    Column("entry", 14, flexible=True, widest=56),
    Column("base", 6, least=70),
    Column("tries", 5, "right", least=100),
    Column("state", 20, flexible=True),
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """The held entries of one device in one match."""

    match: ids.MatchId
    device: ids.DeviceId
    held: tuple[state.Held, ...]
    own: bool

    @property
    def key(self) -> str:
        """What the cursor holds on to."""
        return f"{self.match}/{self.device}"


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a tab."""

    rows: tuple[Row, ...]
    message: str = ""
    """What stands there in place of rows; `""` when there are rows."""


def conflicts(scene: Scene) -> tuple[Conflict, ...]:
    """Return all conflicts of the tournaments on this device, own ones first."""
    found: list[Conflict] = []
    for shown in scene.view.tournaments.values():
        for match in shown.confirmed.matches.values():
            devices = dict.fromkeys(held.entry.device for held in match.held)
            for device in devices:
                held = tuple(one for one in match.held if one.entry.device == device)
                found.append(Conflict(match.id, device, held, device == scene.view.device))
    return tuple(sorted(found, key=lambda conflict: not conflict.own))


def counts(scene: Scene) -> dict[Tab, int]:
    """Return how many rows each tab has."""
    states = [queued.state for queued in scene.view.queue]
    return {
        "saved": sum(state in ("saving", "saved") for state in states),
        "sending": states.count("sending") + states.count("sent"),
        "conflicts": len(conflicts(scene)),
        "refused": states.count("refused"),
    }


def serious(scene: Scene) -> Tab:
    """Return the tab that matters most now."""
    numbers = counts(scene)
    return next((tab for tab in ("conflicts", "refused", "saved", "sending") if numbers[tab]), "saved")


def summary(scene: Scene, tab: Tab, width: int) -> Line:
    """Return the line of tabs and, where there is room, since when entries wait and what is confirmed."""
    numbers = counts(scene)
    runs: list[Run] = [Run(" ")]
    for name in TABS:
        label = f"{TAB_WORDS[name]} {numbers[name]}"
        if name == tab:
            runs.append(Run(f"[{label}]", "chosen"))
        else:
            role: Role = "conflict" if name in ("conflicts", "refused") and numbers[name] else "dim"
            runs.append(Run(f" {label} ", role))
        runs.append(Run(" "))
    confirmed = Run(f"confirmed {scene.view.confirmed_total} ", "dim")
    waiting = [queued.entry.entered_at for queued in scene.view.queue if queued.waiting]
    rights: list[Line] = [(confirmed,)]
    if waiting:
        oldest = duration(max(0.0, (scene.at - min(waiting)).total_seconds()))
        rights.insert(0, (Run(f"oldest waits {oldest}   ", "pending"), confirmed))
    return beside(tuple(runs), *rights, width=width)


def listing(scene: Scene, tab: Tab) -> Listing:
    """Return the rows of a tab."""
    if tab == "conflicts":
        rows = tuple(_conflict_row(scene, conflict) for conflict in conflicts(scene))
        return Listing(rows, "" if rows else "No conflict waits for a decision.")
    wanted = {"saved": ("saving", "saved"), "sending": ("sending", "sent"), "refused": ("refused",)}[tab]
    found = tuple(_row(scene, queued) for queued in scene.view.queue if queued.state in wanted)
    return Listing(found, "" if found else _empty(scene, tab))


def answered(scene: Scene, width: int, rows: int) -> tuple[Line, ...]:
    """Return this device's newest answered entries, newest first, below a heading; nothing without any.

    Args:
        scene: the moment.
        width: how wide, in cells.
        rows: how many lines at most.
    """
    done = [queued for queued in scene.view.queue if queued.state in ("confirmed", "official")]
    told = [_answered(scene, queued, width) for queued in reversed(done[-(rows - 1) :])] if rows > 1 else []
    return ((Run("  Sent last", "dim"),), *told) if told else ()


def _answered(scene: Scene, queued: Queued, width: int) -> Line:
    entry = queued.entry
    shown = scene.view.tournaments.get(entry.tournament)
    match = commands.match_of(entry.command)
    latency = "-" if queued.latency is None else f"{queued.latency * 1000:.0f} ms"
    what = words.command(shown.projected if shown else None, entry.command)
    return (
        Run(f"  {scene.time(entry.entered_at)}  {f'#{queued.row}':>6}  ", "dim"),
        Run(f"{ids.short_form(match) if match else '-':<6}"),
        Run(fit(what, max(10, min(40, width - 50))) + "  "),
        Run(f"{words.STATE_WORDS[queued.state]:<10}", words.STATE_ROLES[queued.state]),
        Run(f" {latency:>8}", "dim"),
    )


def _empty(scene: Scene, tab: Tab) -> str:
    waiting = sum(queued.waiting for queued in scene.view.queue)
    if tab == "refused":
        return "Nothing was refused."
    if waiting:
        return f"Nothing here; {counted(waiting, 'entry', 'entries')} in the other tabs.  f next tab"
    if not scene.view.confirmed_total:
        return "Nothing waits to be sent."
    confirmed = [queued for queued in scene.view.queue if queued.state in ("confirmed", "official")]
    last = f", last at {scene.time(confirmed[-1].entry.entered_at)}" if confirmed else ""
    return f"Everything is sent. {counted(scene.view.confirmed_total, 'entry', 'entries')}{last}."


def _row(scene: Scene, queued: Queued) -> Row:
    entry = queued.entry
    shown = scene.view.tournaments.get(entry.tournament)
    tournament = shown.projected if shown else None
    match_id = commands.match_of(entry.command)
    reason = shown.refused.get(entry.id) if shown else None
    state = words.waits(queued, connected=scene.view.connection.connected)
    role = words.STATE_ROLES[queued.state]
    if queued.waiting and reason:
        state, role = f"{state}, but: {words.tidy(reason)}", "conflict"
    sign: Sign = "pending" if queued.waiting else "conflict"
    return Row(
        entry.id,
        (
            Run(f"#{queued.row}"),
            Run(duration(max(0.0, (scene.at - entry.entered_at).total_seconds())), "dim"),
            Run(ids.short_form(match_id) if match_id else "-"),
            Run(words.command(tournament, entry.command)),
            Run(f"v{entry.base.version}" if entry.base else "-", "dim"),
            Run(str(queued.attempts), "dim"),
            Run(state, role),
        ),
        scene.sign(sign),
    )


def _conflict_row(scene: Scene, conflict: Conflict) -> Row:
    shown = shown_of(scene, conflict.match)
    first = conflict.held[0].entry
    what = words.command(shown.confirmed, first.command)
    many = f"{len(conflict.held)} entries: " if len(conflict.held) > 1 else ""
    match = shown.confirmed.matches[conflict.match]
    whose = "" if conflict.own else f"{first.by} on {first.device}, "
    return Row(
        conflict.key,
        (
            Run("yours" if conflict.own else "other"),
            Run(duration(max(0.0, (scene.at - first.entered_at).total_seconds())), "dim"),
            Run(ids.short_form(conflict.match)),
            Run(many + what),
            Run(f"v{first.base.version}" if first.base else "-", "dim"),
            Run("1", "dim"),
            Run(f"CONFLICT: {whose}the hub has {tally.result(shown.confirmed, match)}", "conflict"),
        ),
        scene.sign("conflict"),
    )


def shown_of(scene: Scene, match: ids.MatchId) -> Shown:
    """Return the tournament that a listed match belongs to."""
    return scene.view.tournaments[ids.tournament_of(match)]


def find(scene: Scene, key: str) -> Conflict | None:
    """Return the conflict that a row's key names; `None` when it has been decided."""
    return next((conflict for conflict in conflicts(scene) if conflict.key == key), None)


def queued_at(scene: Scene, key: str) -> Queued | None:
    """Return the entry that a row's key names; `None` when it is gone."""
    return next((queued for queued in scene.view.queue if queued.entry.id == key), None)
