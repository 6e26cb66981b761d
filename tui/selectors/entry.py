"""The Entry screen: what may be entered in a match at this moment, and what is shown of it.

Guarantees that the reason why keys are off is the same on screen and at the press.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, TypeAlias

from core import commands, games, ids, undo
from tui.selectors import cells, history, tally, words
from tui.selectors.scene import Scene  # noqa: TC001 -- the dataclass below names it

if TYPE_CHECKING:
    from core import Shown, state

Exact: TypeAlias = commands.SetScore | commands.SetTime
SAFE = (
    "Undo reaches back to the start of the match. Nothing you typed is lost if the network or this window "
    "goes away."
)
ALONE = (
    "Nobody else scores this match. Should somebody, you see ! ALSO SCORING and the name above, and both of "
    "you keep your own queue: a difference becomes a conflict in 6 Queue, never a silent overwrite."
)
WIDEST = 110
"""Lines of running text are no longer than this, in cells."""
ALSO_FOR = 120.0
"""Seconds for which another device counts as scoring after its last entry."""


@dataclass(frozen=True, slots=True)
class Box:
    """One side of the match."""

    side: commands.Side
    name: str
    figure: str
    """What stands large."""
    note: str
    """What that is, where it is no plain score."""
    team: ids.TeamId | None
    shootout: int | None
    won: bool


@dataclass(frozen=True, slots=True)
class Model:
    """What the screen draws."""

    match: ids.MatchId
    title: str
    """The crumb: `M042  ENTRY`."""
    place: str
    home: Box
    away: Box
    phase: str
    obstacle: str
    """Why nothing can be entered; `""` when the keys are on."""
    warning: str
    """Who else is scoring; `""` when nobody."""
    lines: tuple[history.Line, ...]
    waiting: int
    """Own entries of this match without an answer."""
    sets: cells.Line = ()
    """All sets; empty in other games."""
    hints: tuple[str, str] = ("", "")
    """The keys of both sides, home first."""


def model(scene: Scene, shown: Shown, match: state.Match) -> Model:
    """Return what the screen draws for a match."""
    tournament = shown.projected
    lines = history.history(scene, shown, match)
    court = words.court(tournament, match)
    rules = tally.rules_of(tournament, match)
    parts = (words.at_court(court), match.round, tally.playing(rules, match))
    place = "  ".join(part for part in parts if part)
    return Model(
        match.id,
        f"{ids.short_form(match.id)}  ENTRY",
        place,
        _box(tournament, match, "home"),
        _box(tournament, match, "away"),
        match.phase,
        obstacle(scene, shown, match),
        also_scoring(scene, match),
        lines,
        sum(
            queued.waiting and commands.match_of(queued.entry.command) == match.id
            for queued in scene.view.queue
        ),
        tally.sets_line(rules, match),
        _hints(rules),
    )


def promise(model: Model, width: int, height: int) -> tuple[cells.Line, ...]:
    """Return what stands below the entries where there is room: what a scorekeeper may rely on.

    Args:
        model: the match.
        width: of the window.
        height: of the window.
    """
    if height < 24 or model.obstacle:
        return ()
    told = [SAFE] if height < 30 or model.warning else [SAFE, ALONE]
    wrapped = [line for text in told for line in wrap(text, min(width, WIDEST) - 4)]
    return ((), *((cells.Run(f"  {line}", "dim"),) for line in wrapped))


def _hints(rules: games.Rules) -> tuple[str, str]:
    match rules:
        case games.TimeRules():
            return "a time", "l time"
        case games.CupsRules():
            return "a cup  A -1", "l cup  L -1"
        case _:
            return "a +1  A -1", "l +1  L -1"


def _box(tournament: state.Tournament, match: state.Match, which: commands.Side) -> Box:
    rules = tally.rules_of(tournament, match)
    shootout = None if match.shootout is None else getattr(match.shootout, which)
    team = match.slot(which).team
    return Box(
        which,
        words.side(tournament, match, which),
        tally.figure(rules, match, which),
        tally.note(rules, match, which),
        team,
        shootout,
        won=match.winner is not None and match.winner == team,
    )


def forbids(scene: Scene) -> str:
    """Return why this person may enter nothing anywhere; `""` when they may."""
    if not scene.view.can_save:
        return "Cannot save on this laptop. Write scores on paper and call ops"
    if scene.view.connection.role not in ("admin", "moderator"):
        return "You are signed in as viewer"
    return ""


def obstacle(scene: Scene, shown: Shown, match: state.Match) -> str:
    """Return why no points can be entered in a match; `""` when they can."""
    if refusal := forbids(scene):
        return refusal
    if match.finished:
        way = "V reopens it,  = corrects it" if scene.view.connection.role == "admin" else "Ops can reopen it"
        return f"This match is {match.phase}. {way}"
    missing = [
        words.side(shown.projected, match, which)
        for which in ("home", "away")
        if match.slot(which).team is None
    ]
    return f"Cannot start yet: {' and '.join(missing)} not known" if missing else ""


def also_scoring(scene: Scene, match: state.Match) -> str:
    """Return who else enters scores in this match now; `""` when nobody does, or this person cannot."""
    if match.finished or forbids(scene):
        return ""
    others = [entry for entry in match.entries if entry.device != scene.view.device]
    if not others or (scene.at - others[-1].entered_at).total_seconds() > ALSO_FOR:
        return ""
    last = others[-1]
    first = next(entry for entry in others if entry.device == last.device)
    since = scene.time(first.entered_at)[:5]
    return f"{scene.sign('conflict')} ALSO SCORING: {last.by} on {last.device} since {since}"


@dataclass(frozen=True, slots=True)
class Back:
    """How one step back is done."""

    entry: ids.CommandId
    local: bool
    """Whether it certainly never left this laptop, so that it is withdrawn here."""
    what: str


def step_back(scene: Scene, shown: Shown, match: state.Match) -> Back | None:
    """Return what a press of undo takes back; `None` when this laptop has entered nothing that counts."""
    named = undo.undoable(match, scene.view.device)
    if named is None:
        return None
    queued = next((queued for queued in scene.view.queue if queued.entry.id == named.id), None)
    local = queued is not None and queued.state == "saved" and queued.attempts == 0
    return Back(named.id, local, words.counted(shown.projected, match, named))


def step_forward(scene: Scene, match: state.Match) -> commands.Undo | None:
    """Return the command that does again what was undone last; `None` when nothing was."""
    named = undo.redoable(match, scene.view.device)
    return commands.Undo(match.id, named.id) if named else None


def exactly(rules: games.Rules, match: state.Match, score: commands.Score) -> tuple[Exact, ...]:
    """Return the commands that make a match's running score this one: none where it is that already."""
    if not isinstance(rules, games.TimeRules):
        return (commands.SetScore(match.id, score),)
    sides = ((match.home.team, match.score.home, score.home), (match.away.team, match.score.away, score.away))
    return tuple(
        commands.SetTime(match.id, team, time)
        for team, before, time in sides
        if team is not None and time != before
    )


def result_in_words(shown: Shown, match: state.Match, shootout: commands.Score | None = None) -> str:
    """Say a match's result as it stands: `Lions 2-1 Tigers: Lions win`."""
    tournament = shown.projected
    rules = tally.rules_of(tournament, match)
    home, away = (words.side(tournament, match, which) for which in ("home", "away"))
    if match.forfeit is not None:
        leader = None if match.winner is None else match.side_of(match.winner)
    elif shootout is not None:
        leader = games.leader(games.POINTS, shootout)
    else:
        leader = games.leader(rules, match.result)
    outcome = "a draw" if leader is None else f"{home if leader == 'home' else away} win"
    extra = f" ({words.points(shootout)} in the shoot-out)" if shootout else ""
    return f"{home} {tally.pair(rules, match.result)}{extra} {away}: {outcome}"


def needs_shootout(shown: Shown, match: state.Match) -> bool:
    """Tell whether this match cannot end as it stands: level in a knock-out."""
    rules = tally.rules_of(shown.projected, match)
    level = games.leader(rules, match.score) is None and not isinstance(rules, games.SetsRules)
    return level and shown.projected.stage(match.stage).kind == "knockout"
