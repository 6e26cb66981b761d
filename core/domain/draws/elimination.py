"""Knock-outs of any size: who meets whom, where the winner and the loser of each match go.

Guarantees that the strongest meet as late as can be, that byes go to the strongest, and that one team is left
at the end: it lost no match, or in double elimination at most one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.domain.plan import Fixture, LoserOf, Slot, WinnerOf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.domain.ids import MatchId, StageId

_Side = Slot | None
"""Who stands on a side; `None` for nobody: the other side goes on without a match."""


def single_elimination(
    stage: StageId, entrants: Sequence[Slot], make_id: Callable[[], MatchId], *, third_place: bool = False
) -> tuple[Fixture, ...]:
    """Return the matches of a knock-out in playing order, the final last.

    Args:
        stage: the stage that they belong to.
        entrants: who takes part, the strongest first; at least two.
        make_id: gives the id of the next match.
        third_place: whether the losers of two semi-finals play, before the final.
    """
    tree = _Tree(stage, make_id)
    sides = _seeded(entrants)
    while len(sides) > 2:
        name = {4: "Semi-finals", 8: "Quarter-finals"}.get(len(sides), f"Round of {len(sides)}")
        sides, losers = tree.play(sides, name)
        if third_place and len(losers) == 2 and None not in losers:
            tree.play(losers, "Third place")
    tree.play(sides, "Final")
    return tuple(tree.fixtures)


def double_elimination(
    stage: StageId, entrants: Sequence[Slot], make_id: Callable[[], MatchId], *, reset: bool = True
) -> tuple[Fixture, ...]:
    """Return the matches of a double elimination in playing order, the grand final (and its reset) last.

    Args:
        stage: the stage that they belong to.
        entrants: who takes part, the strongest first; at least two.
        make_id: gives the id of the next match.
        reset: whether the grand final is repeated if the side that came through the losers' rounds wins it.
    """
    tree = _Tree(stage, make_id)
    sides, losers = tree.play(_seeded(entrants), "Winners' round 1")
    if len(losers) > 1:
        losers, _ = tree.play(losers, "Losers' round 1")
    number = 1
    while len(sides) > 1:
        number += 1
        final = len(sides) == 2
        sides, dropped = tree.play(sides, "Winners' final" if final else f"Winners' round {number}")
        # Turned round in each round, so that those who have met do not meet again at once.
        dropped = dropped[::-1] if number % 2 == 0 else _halves_changed(dropped)
        pairs = [side for pair in zip(losers, dropped, strict=True) for side in pair]
        losers, _ = tree.play(pairs, "Losers' final" if final else f"Losers' round {2 * number - 2}")
        if len(losers) > 1:
            losers, _ = tree.play(losers, f"Losers' round {2 * number - 1}")
    tree.play([*sides, *losers], "Grand final")
    if reset:
        final_id = tree.fixtures[-1].id
        again = (Slot(None, WinnerOf(final_id)), Slot(None, LoserOf(final_id)))
        tree.fixtures.append(
            Fixture(make_id(), stage, "Grand final, second match", *again, reset_of=final_id)
        )
    return tuple(tree.fixtures)


class _Tree:
    """The matches laid so far."""

    def __init__(self, stage: StageId, make_id: Callable[[], MatchId]) -> None:
        self._stage = stage
        self._make_id = make_id
        self.fixtures: list[Fixture] = []

    def play(self, sides: Sequence[_Side], name: str) -> tuple[list[_Side], list[_Side]]:
        """Lay a round of neighbours against each other; return the winners and the losers, in its order."""
        winners: list[_Side] = []
        losers: list[_Side] = []
        for home, away in zip(sides[::2], sides[1::2], strict=True):
            if home is None or away is None:
                winners.append(home or away)
                losers.append(None)
            else:
                made = self._lay(home, away, name)
                winners.append(Slot(None, WinnerOf(made)))
                losers.append(Slot(None, LoserOf(made)))
        return winners, losers

    def _lay(self, home: Slot, away: Slot, name: str) -> MatchId:
        made = self._make_id()
        self.fixtures.append(Fixture(made, self._stage, name, home, away))
        return made


def _seeded(entrants: Sequence[Slot]) -> list[_Side]:
    """Return the sides of the first round: the best two meet in the final, the best four before it."""
    order = [0]
    while len(order) < len(entrants):
        order = [place for seed in order for place in (seed, 2 * len(order) - 1 - seed)]
    return [entrants[seed] if seed < len(entrants) else None for seed in order]


def _halves_changed(sides: list[_Side]) -> list[_Side]:
    middle = len(sides) // 2
    return sides[middle:] + sides[:middle]
