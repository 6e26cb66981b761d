"""What a scorekeeper of the demo presses in a match, in every kind of game, slips of the finger included.

Pure but for the generator handed in. Guarantees that the presses lead to a winner by the game's own rules, so
that the match can be ended, and that `Count` says at any moment what the scorekeeper means the score to be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from core import commands, games
from tui.cli.olympics import players

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from core import ids
    from tui.cli.olympics import Contest

SLIP = 0.04
"""How often a point goes to the wrong side and is taken back."""
OVERSIGHT = 0.03
"""How often a point is not counted at once, and the score is set right a moment later."""
HIT, BOUNCE = 0.6, 0.1
"""How often a ball hits a cup, and how often it bounced before."""
CORNHOLE = (1, 1, 1, 3)
"""What a bag may be worth where matches go to more than a few points."""
MANY = 6
"""From this many points on a match has points of several kinds."""


@dataclass(frozen=True, slots=True)
class Press:
    """One thing that a scorekeeper enters."""

    kind: Literal["point", "slip", "undo", "recount", "time"]
    """A slip is a point for the wrong side; the undo of it comes right after it."""
    side: commands.Side
    delta: int
    """The points, or the milliseconds."""
    pause: float
    """Seconds since the press before."""
    action: games.Action | None = None
    thrower: int = 0
    """Which of the team's two players did it, where it is an action."""


@dataclass(frozen=True, slots=True)
class Count:
    """What a scorekeeper means the score to be: the sets that are over, and the score after them."""

    score: commands.Score = field(default_factory=commands.Score)
    sets: tuple[commands.Score, ...] = ()

    def plus(self, rules: games.Rules, side: commands.Side, delta: int) -> Count:
        """Return the count with points added to a side; a set that they decide is over."""
        home, away = (delta, 0) if side == "home" else (0, delta)
        score = self.score.plus(home, away)
        if isinstance(rules, games.SetsRules) and games.set_winner(rules, score, len(self.sets)):
            return Count(sets=(*self.sets, score))
        return Count(score, self.sets)


def presses(contest: Contest, random: Random) -> Iterator[Press]:
    """Yield what is pressed in one match, until one side has won."""
    match contest.rules:
        case games.TimeRules():
            return _times(random)
        case games.CupsRules(cups):
            return _throws(cups, contest.rules, random)
        case _:
            return _points(contest, random)


def _times(random: Random) -> Iterator[Press]:
    sides: list[commands.Side] = ["home", "away"]
    random.shuffle(sides)
    for side in sides:
        yield Press("time", side, round(random.gauss(21_000, 3_000)), random.uniform(1.5, 4.0))


def _throws(cups: int, rules: games.Rules, random: Random) -> Iterator[Press]:
    """Yield the throws of both sides in turn, until one has hit all cups of the other."""
    hit: dict[commands.Side, int] = {"home": 0, "away": 0}
    aim: dict[commands.Side, float] = {"home": random.uniform(-0.1, 0.1), "away": random.uniform(-0.1, 0.1)}
    number = 0
    while max(hit.values()) < cups:
        side: commands.Side = "home" if number % 2 == 0 else "away"
        luck = random.random() + aim[side]
        action: games.Action = "bounce" if luck < BOUNCE else "cup" if luck < HIT else "miss"
        worth = games.points_of(rules, action) or 0
        if hit[side] + worth > cups:
            action, worth = "cup", 1
        hit[side] += worth
        yield Press("point", side, worth, random.uniform(0.5, 1.5), action, number // 2 % 2)
        number += 1


def _points(contest: Contest, random: Random) -> Iterator[Press]:
    """Yield the points of both sides, until the rules or the game's goal end the match."""
    rules, home_share, count = contest.rules, random.uniform(0.3, 0.7), Count()
    while not _over(contest, count):
        side: commands.Side = "home" if random.random() < home_share else "away"
        left = contest.goal - (count.score.home if side == "home" else count.score.away)
        worth = min(random.choice(CORNHOLE), left) if contest.goal > MANY else 1
        count = count.plus(rules, side, worth)
        pause, chance = random.uniform(0.5, 2.0), random.random()
        if chance < SLIP:
            other: commands.Side = "away" if side == "home" else "home"
            yield Press("slip", other, 1, pause)
            yield Press("undo", other, 1, 0.4)
            yield Press("point", side, worth, 0.3)
        elif chance < SLIP + OVERSIGHT and contest.goal:
            yield Press("recount", side, worth, pause + 1.0)
        else:
            yield Press("point", side, worth, pause)


def _over(contest: Contest, count: Count) -> bool:
    if contest.goal:
        return max(count.score.home, count.score.away) >= contest.goal
    return games.decided(contest.rules, count.sets) is not None


def correction(count: Count, winner: commands.Side) -> commands.Score:
    """Return the score as it should have been where a point of the loser was forgotten, or one too many."""
    home = winner == "away"
    lost = count.score.home if home else count.score.away
    won = count.score.away if home else count.score.home
    right = lost + 1 if lost + 1 < won else lost - 1
    return commands.Score(right, won) if home else commands.Score(won, right)


def player(team: ids.TeamId, press: Press) -> str:
    """Return who did what is pressed; `""` where nobody asks."""
    return "" if press.action is None else players(team)[press.thrower]
