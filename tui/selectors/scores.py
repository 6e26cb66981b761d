"""The Scores screen: which matches are listed, in which order, and what each row says.

Owns tabs, filter, sorting, stars and the lower part that follows the cursor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from core import commands, ids
from tui.selectors import tally, words
from tui.selectors.cells import Column, Line, Role, Row, Run, beside
from tui.selectors.scene import CHANGED_FOR, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core import Shown, state
    from tui.selectors.scene import Scene

Tab = Literal["all", "live", "next", "done", "attention"]
TABS: tuple[Tab, ...] = ("all", "live", "next", "done", "attention")
NARROW = 70
"""Windows narrower than this, in cells, have the tabs close together."""
Sort = Literal["court", "time", "changed"]
SORTS: tuple[Sort, ...] = ("court", "time", "changed")

COLUMNS: tuple[Column, ...] = (
    Column("St", 6),
    Column("Court", 5, least=50, most=110),
    Column("Court", 14, least=110),
    Column("Match", 5),
    Column("Home", 8, flexible=True, widest=32),
    Column("Score", 7, "right"),
    Column("", 1),
    Column("Away", 8, flexible=True, widest=32),
    Column("Round", 16, least=110),
    Column("When", 8, least=66),
    Column("Age", 6, "right", least=76),
    Column("Last entry", 24, flexible=True, least=150),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person chose to see."""

    tab: Tab = "all"
    sort: Sort = "court"
    filter: str = ""
    stars: frozenset[ids.MatchId] = frozenset()


@dataclass(frozen=True, slots=True)
class Board:
    """The list of matches."""

    order: tuple[ids.MatchId, ...]
    counts: tuple[tuple[Tab, int], ...]
    message: str = ""
    """What stands there in place of rows; `""` when there are rows."""


def tab_of(match: state.Match) -> Tab:
    """Return the tab of a match by its phase."""
    if match.phase == "scheduled":
        return "next"
    return "live" if match.phase == "live" else "done"


def troubled(scene: Scene, shown: Shown) -> frozenset[ids.MatchId]:
    """Return the matches that need a person: entries of anybody held, or own ones refused."""
    refused = {
        match
        for queued in scene.view.queue
        if queued.state == "refused" or queued.entry.id in shown.refused
        if (match := commands.match_of(queued.entry.command)) is not None
    }
    return frozenset(
        match.id for match in shown.projected.matches.values() if match.held or match.id in refused
    )


def board(scene: Scene, choice: Choice) -> Board:
    """Return the matches to list, in order, and how many each tab holds."""
    shown = scene.shown
    if shown is None:
        return Board((), tuple((tab, 0) for tab in TABS), _nothing(scene))
    tournament = shown.projected
    matches = list(tournament.matches.values())
    groups: dict[Tab, int] = dict.fromkeys(TABS, 0)
    groups["all"] = len(matches)
    trouble = troubled(scene, shown)
    groups["attention"] = len(trouble)
    for match in matches:
        groups[tab_of(match)] += 1
    wanted = choice.filter.casefold().strip()
    listed = [
        match
        for match in matches
        if _in_tab(match, choice.tab, trouble) and (not wanted or wanted in _searched(tournament, match))
    ]
    place = {match.id: number for number, match in enumerate(matches)}
    courts = {court: number for number, court in enumerate(tournament.courts)}
    listed.sort(
        key=lambda match: (match.id not in choice.stars, *_sort_key(match, choice.sort, place, courts))
    )
    counts = tuple(groups.items())
    return Board(tuple(match.id for match in listed), counts, "" if listed else _empty(choice, matches))


def _sort_key(
    match: state.Match, sort: Sort, place: dict[ids.MatchId, int], courts: dict[ids.CourtId, int]
) -> tuple[float, ...]:
    group = {"live": 0, "scheduled": 1, "final": 2, "official": 2}[match.phase]
    at = place[match.id]
    if sort == "changed":
        changed = match.changed_at.timestamp() if match.changed_at else 0.0
        return (group, -changed, at)
    if sort == "court":
        return (group, courts.get(match.court, len(courts)) if match.court else len(courts), at)
    return (group, -at if group == 2 else at)


def columns(tournament: state.Tournament | None) -> tuple[Column, ...]:
    """Return the columns, that of the score as wide as the games need it."""
    wide = tally.width(() if tournament is None else (tournament,))
    return tuple(replace(one, width=wide) if one.title == "Score" else one for one in COLUMNS)


def keep_order(before: Sequence[ids.MatchId], wanted: Sequence[ids.MatchId]) -> tuple[ids.MatchId, ...]:
    """Return `wanted` in the order of `before`, new ones last: while a person moves, no row jumps."""
    listed = set(wanted)
    kept = [match for match in before if match in listed]
    known = set(kept)
    return (*kept, *(match for match in wanted if match not in known))


def _in_tab(match: state.Match, tab: Tab, trouble: frozenset[ids.MatchId]) -> bool:
    if tab == "all":
        return True
    return match.id in trouble if tab == "attention" else tab_of(match) == tab


def _searched(tournament: state.Tournament, match: state.Match) -> str:
    court = words.court(tournament, match)
    codes = [
        tournament.teams[slot.team].code
        for slot in (match.home, match.away)
        if slot.team is not None and slot.team in tournament.teams
    ]
    parts = (
        ids.short_form(match.id),
        words.side(tournament, match, "home"),
        words.side(tournament, match, "away"),
        *codes,
        court,
        words.court_code(court),
        match.round,
    )
    return "\n".join(parts).casefold()


def _nothing(scene: Scene) -> str:
    connection = scene.view.connection
    if connection.connected:
        if connection.role != "admin":
            return "No tournament yet. Ops make one, and it appears here."
        return (
            "No tournament yet.  n makes one here: a name, the teams, and it can be scored.  "
            "o opens a file: TOML, JSON, CSV of teams.  courtside demo shows a lively one."
        )
    if connection.state == "connecting" and not scene.watch.settled:
        return "Opening ..."
    if connection.next_try_at is None:
        wait = "Trying now"
    else:
        wait = f"Trying again in {max(0, round(connection.next_try_at - scene.now))} s"
    return f"Nothing saved on this laptop yet and the hub cannot be reached.  {wait}   R now   ? keys"


def _empty(choice: Choice, matches: Sequence[state.Match]) -> str:
    if not matches:
        return "No matches yet. The schedule loads when the organiser publishes it.  R look again"
    if choice.filter:
        return f'No match for "{words.tidy(choice.filter)}".  Esc clears the filter'
    return {
        "attention": "Nothing needs attention.",
        "live": "No match is live.  f shows the next ones",
        "next": "No match is left to play.",
        "done": "No match is done yet.",
        "all": "",
    }[choice.tab]


def row(scene: Scene, shown: Shown, match: state.Match, stars: frozenset[ids.MatchId]) -> Row:
    """Return a match's row, its cells in the order of `COLUMNS`."""
    tournament = shown.projected
    word, role = status(scene, shown, match)
    changed = match.changed_at is not None and scene.age(match.changed_at) < CHANGED_FOR
    score_role: Role = "strong" if changed else "plain"
    done = match.finished
    name_role: Role = "dim" if done else "plain"
    court = words.court(tournament, match)
    cells = (
        Run(word, role),
        Run(words.court_code(court), "dim"),
        Run(court, "dim"),
        Run(ids.short_form(match.id), name_role),
        Run(words.side(tournament, match, "home", short=True), _winner_role(match, "home", name_role)),
        Run("-" if match.phase == "scheduled" else _score(tournament, match), score_role),
        _score_sign(scene, shown, match, changed=changed),
        Run(words.side(tournament, match, "away", short=True), _winner_role(match, "away", name_role)),
        Run(match.round, "dim"),
        Run(_when(scene, tournament, match), "live" if match.phase == "official" else "dim"),
        Run(_age(scene, match), "dim"),
        Run(_last(tournament, match), "dim"),
    )
    return Row(match.id, cells, "x" if match.id in stars else "")


def bad_row(match: state.Match) -> Row:
    """Return the row of a match whose data cannot be shown: the rest is not affected."""
    cells = [Run("")] * len(COLUMNS)
    cells[3], cells[4] = Run(ids.short_form(match.id)), Run("data error", "conflict")
    return Row(match.id, tuple(cells), "!")


def status(scene: Scene, shown: Shown, match: state.Match) -> tuple[str, Role]:
    """Return a match's state as sign and word, the one that matters most, with its role."""
    if match.held:
        return f"{scene.sign('conflict')} CONF", "conflict"
    if match.id in shown.pending:
        return f"{scene.sign('pending')} pend", "pending"
    if match.id in shown.kept:
        return f"{scene.sign('pending')} kept", "pending"
    if match.phase == "scheduled":
        return "  next", "dim"
    if match.finished:
        return "  done", "dim"
    if not shown.live or scene.watch.state != "live":
        return f"{scene.sign('slow')} slow", "slow"
    return f"{scene.sign('live')} live", "live"


def _score(tournament: state.Tournament, match: state.Match) -> str:
    return tally.standing(tournament, match) + ("" if match.shootout is None else "p")


def _score_sign(scene: Scene, shown: Shown, match: state.Match, *, changed: bool) -> Run:
    if match.held:
        return Run(scene.sign("conflict"), "conflict")
    if match.id in shown.pending or match.id in shown.kept:
        return Run(scene.sign("pending"), "pending")
    return Run(scene.sign("changed"), "changed") if changed else Run("")


def _winner_role(match: state.Match, which: commands.Side, otherwise: Role) -> Role:
    team = match.slot(which).team
    return "strong" if match.finished and team is not None and match.winner == team else otherwise


def _when(scene: Scene, tournament: state.Tournament, match: state.Match) -> str:
    match match.phase:
        case "scheduled":
            return scene.day_time(match.starts_at) if match.starts_at else "-"
        case "live":
            return tally.part(tally.rules_of(tournament, match), match) or "playing"
        case phase:
            return phase


def _age(scene: Scene, match: state.Match) -> str:
    if match.changed_at is None or match.phase == "scheduled":
        return "-"
    if match.finished:
        return scene.day_time(match.changed_at)
    return duration(scene.age(match.changed_at))


def _last(tournament: state.Tournament, match: state.Match) -> str:
    """Say what was entered last, and by whom."""
    if not match.entries:
        return ""
    last = match.entries[-1]
    return f"{words.counted(tournament, match, last)}, {last.by} on {last.device}"


def summary(scene: Scene, board: Board, choice: Choice, width: int) -> Line:
    """Return the line of tabs; behind them of when the data is, what is filtered for, how it is sorted."""
    tabs: list[Run] = [Run(" ")]
    gap = "" if width < NARROW else " "
    for tab, count in board.counts:
        name = f"{tab.capitalize()} {count}"
        if tab == choice.tab:
            tabs.append(Run(f"[{name}]", "chosen"))
        else:
            role: Role = "conflict" if tab == "attention" and count else "dim"
            tabs.append(Run(f"{gap}{name}{gap}", role))
        tabs.append(Run(" "))
    right: list[Run] = []
    shown = scene.shown
    if shown is not None and not shown.live:
        right.append(Run(f"as of {scene.time(shown.as_of)}  " if shown.as_of else "as of never  ", "slow"))
    if choice.filter:
        right.append(Run(f"filter: {words.tidy(choice.filter)}  ", "strong"))
    sort = Run(f"sort: {choice.sort} ", "dim")
    return beside(tuple(tabs), (*right, sort), tuple(right), tuple(right[:1]), width=width)
