"""Kinds of games: what a score means, when it can stand, who leads, and what a default result is.

A match's running score is a pair of whole numbers in every kind: points, points of the current set, cups hit,
or milliseconds. Guarantees that a set ends at one score only, so that the same points give the same sets on
every device. When scores may be entered is `matchplay`'s affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import force_setattr

from core.domain.ids import GameId
from core.domain.text import clean
from core.domain.whole import Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

Side = Literal["home", "away"]
Action = Literal["cup", "bounce", "miss"]
"""What a player did in a game of cups."""

MAX_POINTS = 1_000_000
"""Highest score of a side, but for times."""
MAX_TIME_MS = 86_400_000
"""Longest time, a day."""


class Score(Struct, frozen=True, gc=False, array_like=True):
    """Points of both sides; on the wire a pair `[home, away]`."""

    home: Whole = 0
    away: Whole = 0

    def plus(self, home: int, away: int) -> Score:
        """Return this score with points added to each side (negative ones taken off)."""
        return Score(self.home + home, self.away + away)


class PointsRules(Struct, frozen=True, tag="points"):
    """Most points win."""


class SetsRules(Struct, frozen=True, tag="sets", omit_defaults=True):
    """Points make sets; who has most of `best_of` sets wins."""

    best_of: Whole = 3
    """Odd, so that somebody wins."""
    points: Whole = 21
    """A set goes to who has this many points."""
    lead: Whole = 2
    """How far ahead the winner of a set must be."""
    cap: Whole = 0
    """The point that ends a set whatever the lead; 0 for none."""
    last: Whole = 0
    """The points of the deciding set; 0 for the same as the others."""

    @property
    def needed(self) -> int:
        """Sets that win the match."""
        return self.best_of // 2 + 1


class CupsRules(Struct, frozen=True, tag="cups", omit_defaults=True):
    """Each side has cups in front of it; hit all of the other's."""

    cups: Whole = 10
    bounce: Whole = 2
    """Cups that a bounced ball takes."""


class TimeRules(Struct, frozen=True, tag="time"):
    """A time in whole milliseconds each, the lowest wins; 0 stands for no time."""


Rules: TypeAlias = PointsRules | SetsRules | CupsRules | TimeRules
POINTS = PointsRules()


class Game(Struct, frozen=True, omit_defaults=True):
    """One of the games of a tournament."""

    id: GameId
    name: str
    rules: Rules = POINTS
    places: tuple[Whole, ...] = ()
    """What the first, the second, ... place is worth on the leaderboard; nothing behind the last."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", clean(self.name))


def score_problem(rules: Rules, score: Score, played: Sequence[Score] = ()) -> str | None:
    """Say why a running score cannot stand; `None` if it can.

    Args:
        rules: the game's.
        score: the running score, of the current set where there are sets.
        played: the sets before it.
    """
    if min(score.home, score.away) < 0:
        return "a score cannot go below 0"
    highest = max(score.home, score.away)
    match rules:
        case CupsRules(cups) if highest > cups:
            return f"there are {cups} cups on each side"
        case TimeRules():
            return "a time cannot be longer than a day" if highest > MAX_TIME_MS else None
        case SetsRules() if not _set_can_stand(rules, len(played), score):
            goal = _goal(rules, len(played))
            return f"a set to {goal} cannot stand {score.home}-{score.away}"
        case _ if highest > MAX_POINTS:
            return f"a score cannot go above {MAX_POINTS:,}"
        case _:
            return None


def set_winner(rules: SetsRules, score: Score, number: int) -> Side | None:
    """Return who has won a set; `None` while it goes on.

    Args:
        rules: the game's.
        score: the set's points.
        number: how many sets came before it.
    """
    high, low = max(score.home, score.away), min(score.home, score.away)
    if high != rules.cap and (high < _goal(rules, number) or high - low < rules.lead):
        return None
    return _higher(score) if high else None


def sets_problem(rules: Rules, sets: Sequence[Score]) -> str | None:
    """Say why these cannot be a match's sets, the last one perhaps unfinished; `None` if they can."""
    if not isinstance(rules, SetsRules):
        return "this game has no sets"
    for number, score in enumerate(sets):
        if decided(rules, sets[:number]) is not None:
            return f"set {number + 1} is one too many: the match was decided before"
        problem = score_problem(rules, score, sets[:number])
        if problem is not None:
            return f"set {number + 1}: {problem}"
        if number + 1 < len(sets) and set_winner(rules, score, number) is None:
            return f"set {number + 1} is not over at {score.home}-{score.away}"
    return None


def sets_won(sets: Sequence[Score]) -> tuple[int, int]:
    """Return how many of these finished sets each side won, home first."""
    home = sum(score.home > score.away for score in sets)
    return home, len(sets) - home


def decided(rules: Rules, sets: Sequence[Score]) -> Side | None:
    """Return who has won enough sets; `None` while nobody has, and in games without sets."""
    if not isinstance(rules, SetsRules):
        return None
    home, away = sets_won(sets)
    if max(home, away) < rules.needed:
        return None
    return "home" if home > away else "away"


def leader(rules: Rules, score: Score) -> Side | None:
    """Return who wins with this result; `None` if it is level.

    Args:
        rules: the game's.
        score: the result; sets won where there are sets.
    """
    higher = _higher(score)
    if higher is None or not isinstance(rules, TimeRules) or not (score.home and score.away):
        return higher
    return "away" if higher == "home" else "home"


def points_of(rules: Rules, action: Action) -> int | None:
    """Return what an action counts; `None` in games that have no such actions."""
    if not isinstance(rules, CupsRules):
        return None
    return {"cup": 1, "bounce": rules.bounce, "miss": 0}[action]


def default_score(rules: Rules) -> tuple[int, int]:
    """Return the result of a match that was not played, the winner's part first."""
    match rules:
        case SetsRules():
            return rules.needed, 0
        case CupsRules(cups):
            return cups, 0
        case TimeRules():
            return 0, 0
        case _:
            return 3, 0


def time_text(milliseconds: int) -> str:
    """Write a time as minutes, seconds and thousandths (`1:02.345`); a dash for no time."""
    if not milliseconds:
        return "-"
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes}:{seconds:02d}.{thousandths:03d}" if minutes else f"{seconds}.{thousandths:03d}"


def _goal(rules: SetsRules, number: int) -> int:
    return rules.last if rules.last and number == rules.best_of - 1 else rules.points


def _set_can_stand(rules: SetsRules, number: int, score: Score) -> bool:
    """Tell whether a set could have gone on to this score: nobody had won it a point before."""
    high, low = max(score.home, score.away), min(score.home, score.away)
    if rules.cap and (high > rules.cap or low == rules.cap):
        return False
    return high <= _goal(rules, number) or high - low <= rules.lead


def _higher(score: Score) -> Side | None:
    if score.home == score.away:
        return None
    return "home" if score.home > score.away else "away"
