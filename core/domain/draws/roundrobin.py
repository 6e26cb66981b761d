"""Everybody against everybody: the pairings of a pool's rounds.

Guarantees that every two teams meet once a leg, nobody plays twice in a round, and over a leg nobody is at
home more than once more often than away; over two legs nobody is at home, or away, more than twice in a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")


def round_robin(teams: Sequence[_T], legs: int = 1) -> tuple[tuple[tuple[_T, _T], ...], ...]:
    """Return the rounds, each the pairs (home, away) that play in it.

    The circle method (E. Lucas, Récréations mathématiques, vol. 2, 1883): one team stays, the others go round
    it, half the circle a round, so that most teams change between home and away. These are the Berger tables
    of the FIDE Handbook, C.05, annex 1; as it recommends, the last two rounds of a leg change places where
    another leg follows, or somebody would be at home three times in a row.

    Args:
        teams: who plays; with an odd number each sits out one round.
        legs: how often two teams meet; every second leg has the sides changed.
    """
    others = len(teams) - 1 + len(teams) % 2
    half = (others + 1) // 2
    first: list[tuple[tuple[_T, _T], ...]] = []
    for number in range(others if len(teams) > 1 else 0):
        turn = number * half % others
        pairs = [((turn + step) % others, (turn - step) % others) for step in range(1, half)]
        if len(teams) % 2 == 0:
            pairs.insert(0, (turn, others) if number % 2 == 0 else (others, turn))
        first.append(tuple((teams[home], teams[away]) for home, away in pairs))
    second = [tuple((away, home) for home, away in pairs) for pairs in first]
    played = [list(second if leg % 2 else first) for leg in range(legs)]
    for leg in played[:-1]:
        leg[-2:] = reversed(leg[-2:])
    return tuple(pairs for leg in played for pairs in leg)
