"""The next round of a Swiss tournament: who meets whom, and who has a bye.

Guarantees that nobody meets anybody twice, nobody has a second bye, and that a round is found whenever there
is one at all (after the basic rules of the FIDE Handbook, C.04.1). It is blind to sport: all it knows is the
order of the table and who has met.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from core.domain.ids import TeamId


@dataclass(frozen=True, slots=True)
class Standing:
    """A team as the draw sees it."""

    team: TeamId
    points: int
    """Table points: teams with the same are paired with each other first."""
    met: frozenset[TeamId] = frozenset()
    """Whom it has played or been drawn against."""
    had_bye: bool = False
    home_surplus: int = 0
    """Home matches less away matches."""
    unplayed_win: bool = False
    """Whether it won a match that was not played: then it has a bye only if nobody else can."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A round as drawn."""

    pairs: tuple[tuple[TeamId, TeamId], ...]
    """Home and away, the pair of the leader first."""
    bye: TeamId | None = None


def draw_round(table: Sequence[Standing]) -> Draw | None:
    """Draw the next round; `None` if there is none without a repeat.

    From the top, each team gets the first of these that leaves a round for the others: in its group of equal
    points the one half a group below, then those further down, then those further up; then the groups below.
    With an odd number of teams the lowest one possible without a bye so far has the bye, those last who have
    won a match that was not played (C.04.1, rule 4).

    Args:
        table: the teams, the leader first.
    """
    if len(table) % 2 == 0:
        pairs = _pairs(table)
        return None if pairs is None else Draw(pairs)
    lowest_first = table[::-1]
    for free in sorted(lowest_first, key=lambda standing: standing.unplayed_win):
        if not free.had_bye:
            pairs = _pairs([standing for standing in table if standing is not free])
            if pairs is not None:
                return Draw(pairs, free.team)
    return None


def _pairs(table: Sequence[Standing]) -> tuple[tuple[TeamId, TeamId], ...] | None:
    """Pair all teams, preferring near ones; `None` if that cannot be."""
    allowed = {
        place: [other for other, two in enumerate(table) if other != place and two.team not in one.met]
        for place, one in enumerate(table)
    }
    mates = match_all(allowed)
    if mates is None:
        return None
    waiting = list(range(len(table)))
    pairs: list[tuple[TeamId, TeamId]] = []
    while waiting:
        top = waiting.pop(0)
        # Its mate in the pairing of all is always possible, so there is one.
        other, mates = next(
            (other, kept)
            for other in _preferred(table, top, waiting)
            if other in allowed[top] and (kept := _without(allowed, mates, top, other)) is not None
        )
        waiting.remove(other)
        for gone in (top, other):
            del allowed[gone]
        allowed = {
            place: [near for near in nears if near not in (top, other)] for place, nears in allowed.items()
        }
        pairs.append(_sides(table[top], table[other]))
    return tuple(pairs)


def _preferred(table: Sequence[Standing], top: int, waiting: Sequence[int]) -> list[int]:
    """Return the others in the order in which they are tried."""
    group = [other for other in waiting if table[other].points == table[top].points]
    middle = max((len(group) + 1) // 2 - 1, 0)
    below = [other for other in waiting if table[other].points != table[top].points]
    return group[middle:] + group[:middle][::-1] + below


def _sides(one: Standing, two: Standing) -> tuple[TeamId, TeamId]:
    """Give the home side to who had it less; to the one higher in the table where that is equal."""
    if one.home_surplus > two.home_surplus:
        return two.team, one.team
    return one.team, two.team


def _without(
    allowed: Mapping[int, Sequence[int]], mates: Mapping[int, int], top: int, other: int
) -> dict[int, int] | None:
    """Return a whole pairing of the others if these two play each other; `None` if there is none."""
    kept = {one: two for one, two in mates.items() if one not in (top, other) and two not in (top, other)}
    if mates[top] == other:
        return kept
    left = {
        place: [near for near in nears if near not in (top, other)]
        for place, nears in allowed.items()
        if place not in (top, other)
    }
    return kept if _augment(left, kept, mates[top]) else None


def match_all(allowed: Mapping[int, Collection[int]]) -> dict[int, int] | None:
    """Return a pairing of all places along allowed pairs, each with its mate; `None` if there is none.

    Edmonds' blossom algorithm (J. Edmonds, Paths, trees, and flowers, 1965).
    """
    mates: dict[int, int] = {}
    for place in allowed:
        if place not in mates and not _augment(allowed, mates, place):
            return None
    return mates


def _augment(allowed: Mapping[int, Collection[int]], mates: dict[int, int], root: int) -> bool:
    """Find a path from an unpaired place to another along which the pairing can be turned over, and do so."""
    search = _Search(mates, root, dict.fromkeys(allowed, -1), {place: place for place in allowed})
    while search.queue:
        place = search.queue.popleft()
        for near in allowed[place]:
            if search.base[place] == search.base[near] or mates.get(place) == near:
                continue
            if near == root or (near in mates and search.parent[mates[near]] != -1):
                search.shrink(place, near)
            elif search.parent[near] == -1:
                search.parent[near] = place
                if near not in mates:
                    search.turn(near)
                    return True
                search.reach(mates[near])
    return False


class _Search:
    """One search for a path: the tree that grows from its root, and the odd rings shrunk to their base."""

    def __init__(
        self, mates: dict[int, int], root: int, parent: dict[int, int], base: dict[int, int]
    ) -> None:
        self._mates = mates
        self._root = root
        self.parent = parent
        self.base = base
        self._reached = {root}
        self.queue = deque([root])

    def reach(self, place: int) -> None:
        """Go on from a place."""
        if place not in self._reached:
            self._reached.add(place)
            self.queue.append(place)

    def turn(self, end: int) -> None:
        """Turn the pairing over along the path that ends here."""
        place: int | None = end
        while place is not None:
            before = self.parent[place]
            following = self._mates.get(before)
            self._mates[place] = before
            self._mates[before] = place
            place = following

    def shrink(self, one: int, two: int) -> None:
        """Take the odd ring that two reached places close as a single one."""
        common = self._common(one, two)
        ring: set[int] = set()
        self._mark(one, common, two, ring)
        self._mark(two, common, one, ring)
        for place, base in self.base.items():
            if base in ring:
                self.base[place] = common
                self.reach(place)

    def _common(self, one: int, two: int) -> int:
        seen: set[int] = set()
        while True:
            one = self.base[one]
            seen.add(one)
            if one == self._root or one not in self._mates:
                break
            one = self.parent[self._mates[one]]
        while self.base[two] not in seen:
            two = self.parent[self._mates[self.base[two]]]
        return self.base[two]

    def _mark(self, place: int, common: int, child: int, ring: set[int]) -> None:
        while self.base[place] != common:
            mate = self._mates[place]
            ring.update((self.base[place], self.base[mate]))
            self.parent[place] = child
            child = mate
            place = self.parent[mate]
