"""How a score is written, and read, in each kind of game: points, sets, cups that count down, times.

Rules are the domain's. Guarantees that a number of milliseconds is never shown as points, and that the same
match has the same score in every list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core import commands, games
from tui.selectors.cells import Line, Role, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core import state

WIDEST: dict[type[games.Rules], int] = {
    games.PointsRules: 7,
    games.CupsRules: 7,
    games.SetsRules: 9,
    games.TimeRules: 19,
}
"""Cells that a score takes in a list."""
_TIME = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,4}):)?(\d{1,5})(?:[.,](\d{1,3}))?", re.ASCII)
_SET = re.compile(r"(\d{1,4})[-:](\d{1,4})", re.ASCII)
TIME_HELP = "Write a time as 1:23.456 or 83.456; leave it empty for none"
SETS_HELP = "Write the sets as 25-22 21-25 15-10, the home side's points first"
SIDES: tuple[commands.Side, ...] = ("home", "away")


def rules_of(tournament: state.Tournament, match: state.Match) -> games.Rules:
    """Return what a match's score means."""
    return tournament.rules(match.stage)


def width(tournaments: Iterable[state.Tournament]) -> int:
    """Return how many cells the scores of these tournaments take in a list."""
    kinds = {games.PointsRules, *(type(game.rules) for one in tournaments for game in one.games)}
    return max(WIDEST[kind] for kind in kinds)


def pair(rules: games.Rules, score: commands.Score) -> str:
    """Return a score of both sides: `2-1`, in a game for time `59.100 / 1:02.345`."""
    if isinstance(rules, games.TimeRules):
        return f"{games.time_text(score.home)} / {games.time_text(score.away)}"
    return f"{score.home}-{score.away}"


def standing(tournament: state.Tournament, match: state.Match) -> str:
    """Return a match's score for a list: the result once it is over, of a set that goes on its points too."""
    rules = rules_of(tournament, match)
    told = pair(rules, match.result)
    if isinstance(rules, games.SetsRules) and not match.finished and _set_goes_on(rules, match):
        return f"{sets_pair(match)} {pair(rules, match.score)}"
    return told


def result(tournament: state.Tournament, match: state.Match) -> str:
    """Return a match's score in full: with its sets, and with the shoot-out that decided it."""
    rules = rules_of(tournament, match)
    told = standing(tournament, match)
    if match.sets and match.forfeit is None and match.finished:
        told += f" ({' '.join(pair(rules, one) for one in match.sets)})"
    return f"{told} ({pair(games.POINTS, match.shootout)})" if match.shootout else told


def sets_pair(match: state.Match) -> str:
    """Return the sets that both sides have won."""
    home, away = games.sets_won(match.sets)
    return f"{home}-{away}"


def figure(rules: games.Rules, match: state.Match, side: commands.Side) -> str:
    """Return what stands large for a side: points (of the current set), cups still to hit, a time."""
    own: int = getattr(match.score, side)
    match rules:
        case games.TimeRules():
            return games.time_text(own)
        case games.CupsRules(cups) if not match.finished:
            return str(cups - own)
        case games.SetsRules() if match.finished or not _set_goes_on(rules, match):
            return str(getattr(match.result, side))
        case _:
            return str(own)


def small(rules: games.Rules, match: state.Match, side: commands.Side) -> str:
    """Return what stands for a side where there is one line for it: `1  21` in a set, else as `figure`."""
    told = figure(rules, match, side)
    if isinstance(rules, games.SetsRules) and not match.finished and _set_goes_on(rules, match):
        return f"{_won(match, side)}  {told}"
    return told


def note(rules: games.Rules, match: state.Match, side: commands.Side) -> str:
    """Return what stands below a side's large figure; `""` where it says all."""
    own: int = getattr(match.score, side)
    match rules:
        case games.SetsRules() if match.finished:
            return "sets won"
        case games.SetsRules():
            return f"sets {_won(match, side)}"
        case games.CupsRules() if match.finished:
            return "cups hit"
        case games.CupsRules():
            return f"cups left, {own} hit"
        case _:
            return ""


def sets_line(rules: games.Rules, match: state.Match) -> Line:
    """Return all sets in a line: those that are over, the one that goes on, those still to come."""
    if not isinstance(rules, games.SetsRules):
        return ()
    runs: list[Run] = []
    for number in range(rules.best_of):
        told, role = _set(rules, match, number)
        runs.append(Run(f"  S{number + 1} ", "dim"))
        runs.append(Run(told, role))
    to = goal(rules, len(match.sets))
    lead = f", {rules.lead} ahead" if rules.lead > 1 else ""
    cap = f", at most {rules.cap}" if rules.cap else ""
    return (*runs, Run(f"   to {to}{lead}{cap}" if _set_goes_on(rules, match) else "", "dim"))


def goal(rules: games.SetsRules, number: int) -> int:
    """Return the points that a set goes to; `number` sets came before it."""
    return rules.last if rules.last and number == rules.best_of - 1 else rules.points


def _set(rules: games.SetsRules, match: state.Match, number: int) -> tuple[str, Role]:
    if number < len(match.sets):
        return pair(rules, match.sets[number]), "plain"
    if number == len(match.sets) and _set_goes_on(rules, match):
        return pair(rules, match.score), "strong"
    return "-", "dim"


def sets_text(sets: Sequence[commands.Score]) -> str:
    """Return sets as a person writes them: `25-22 21-25`."""
    return " ".join(f"{one.home}-{one.away}" for one in sets)


def playing(rules: games.Rules, match: state.Match) -> str:
    """Say what is played now, for a crumb: `set 2 of 3`; `""` in games that have no parts."""
    now = part(rules, match)
    return f"{now} of {rules.best_of}" if now and isinstance(rules, games.SetsRules) else ""


def part(rules: games.Rules, match: state.Match) -> str:
    """Say what is played now, in short: `set 2`; `""` in games that have no parts."""
    if not isinstance(rules, games.SetsRules) or not _set_goes_on(rules, match):
        return ""
    return f"set {len(match.sets) + 1}"


def _won(match: state.Match, side: commands.Side) -> int:
    return games.sets_won(match.sets)[SIDES.index(side)]


def _set_goes_on(rules: games.SetsRules, match: state.Match) -> bool:
    return not match.finished and games.decided(rules, match.sets) is None


def read_time(typed: str) -> int | None:
    """Return the milliseconds of a time as a person types it, 0 for an empty one; `None` if it is none."""
    if not typed.strip():
        return 0
    found = _TIME.fullmatch(typed.strip())
    if found is None:
        return None
    hours, minutes, seconds, fraction = found.groups()
    if (minutes is not None and int(seconds) > 59) or (hours is not None and int(minutes) > 59):
        return None
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)
    milliseconds = whole * 1000 + int((fraction or "0").ljust(3, "0"))
    return milliseconds if milliseconds <= games.MAX_TIME_MS else None


def time_typed(milliseconds: int) -> str:
    """Return a time as `read_time` reads it."""
    return games.time_text(milliseconds) if milliseconds else ""


def read_sets(typed: str) -> tuple[commands.Score, ...] | None:
    """Return the sets that a person types; `None` if they cannot be read."""
    found = [_SET.fullmatch(part) for part in typed.replace(",", " ").split()]
    if not found or None in found:
        return None
    return tuple(commands.Score(int(one[1]), int(one[2])) for one in found if one is not None)
