"""Routing: which link carries which room.

A room is wanted, has at most one carrier, and while it moves one heir, which takes over once it is whole
there. Guarantees that a room stays where it is (sticky) until its link ends, or another is better by
`MARGIN` for `hold` seconds, or its own is to be emptied; that no link is given more than
`max_rooms_per_link`; that few rooms move at once, and where nothing is wrong only some an interval. Rooms go
to the link that fits best, then to the healthiest and least loaded. Times are monotonic seconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.domain.ids import RoomId
    from core.realtime.config import EngineConfig
    from core.realtime.effects import LinkId
    from core.realtime.links.backoff import Dice

MARGIN = 10.0
"""Points by which another link must be better before rooms move to it."""
LOAD_POINTS = 15.0
"""What a full link is worse than an empty one."""
SOUND_HEALTH = 70.0
"""Health from which on nothing is wrong with a link: rooms leave it only to be better off, and slowly."""
MOVES_AT_ONCE = 8
"""Most rooms that are on their way between links at a time."""
MOVES_AN_INTERVAL = 4
"""Most rooms that leave a sound link in an interval: whoever comes back meets no stampede."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A link as far as routing is concerned."""

    link: LinkId
    health: float
    """0 to 100."""
    accepts: bool = True
    """Whether rooms may come to it. Where none does, a wanted room goes to one all the same."""
    urgent: bool = False
    """Whether its rooms leave as soon as another link takes them."""


@dataclass(frozen=True, slots=True)
class Move:
    """A room goes to a link."""

    room: RoomId
    link: LinkId
    at_once: bool
    """True: nothing carries it. False: it is joined there first, and leaves its link when it is whole."""


class Routing:
    """All wanted rooms and the links that carry them.

    Args:
        config: figures of the engine.
        dice: where jitter comes from.
    """

    def __init__(self, config: EngineConfig, dice: Dice) -> None:
        self._config = config
        self._dice = dice
        self.hold = 2 * config.heartbeat_interval
        """How long another link must be better."""
        self._homes: dict[RoomId, LinkId | None] = {}
        self._homeless: dict[RoomId, None] = {}
        self._heirs: dict[RoomId, LinkId] = {}
        self._loads: Counter[LinkId] = Counter()
        """Rooms on a link, those included that come to it or leave it."""
        self._unfit: dict[tuple[RoomId, LinkId], float] = {}
        self._better_since: dict[LinkId, float] = {}
        self._next_batch_at = float("-inf")
        self._planned_at = float("-inf")

    @property
    def wanted(self) -> int:
        """Return how many rooms are wanted."""
        return len(self._homes)

    @property
    def homeless(self) -> tuple[RoomId, ...]:
        """Return the wanted rooms that nothing carries."""
        return tuple(self._homeless)

    def carrier(self, room: RoomId) -> LinkId | None:
        """Return the link that carries a room; `None` without one."""
        return self._homes.get(room)

    def load(self, link: LinkId) -> int:
        """Return how many rooms are on a link, come to it or leave it."""
        return self._loads[link]

    def rooms(self, link: LinkId) -> tuple[RoomId, ...]:
        """Return the rooms that a link carries."""
        return tuple(room for room, home in self._homes.items() if home == link)

    def want(self, room: RoomId) -> None:
        """Have a room carried from now on."""
        if room not in self._homes:
            self._homes[room] = None
            self._homeless[room] = None

    def unwant(self, room: RoomId) -> None:
        """Have a room carried no longer."""
        home = self._homes.pop(room, None)
        self._homeless.pop(room, None)
        for link in (home, self._heirs.pop(room, None)):
            if link is not None:
                self._loads[link] -= 1

    def release(self, room: RoomId) -> None:
        """Take a room from the links that have it, to be given to whichever fits best now."""
        if room in self._homes:
            self.unwant(room)
            self.want(room)

    def receive_settled(self, room: RoomId) -> None:
        """Note that a room is whole on its heir, which carries it from now on."""
        before, self._homes[room] = self._homes[room], self._heirs.pop(room)
        assert before is not None, "only what is carried moves"
        self._loads[before] -= 1

    def receive_unfit(self, room: RoomId, link: LinkId, until: float) -> None:
        """Note that a link cannot make a room whole: for that room it is not used before `until`."""
        self._unfit[room, link] = until
        if self._heirs.get(room) == link:
            del self._heirs[room]
            self._loads[link] -= 1
        elif self._homes.get(room) == link:
            self.release(room)

    def receive_lost(self, link: LinkId) -> list[Move]:
        """Note that a link ended; return the rooms that were about to leave it, for their heirs."""
        taken_over: list[Move] = []
        self._heirs = {room: heir for room, heir in self._heirs.items() if heir != link}
        for room in self.rooms(link):
            heir = self._heirs.pop(room, None)
            self._homes[room] = heir
            if heir is None:
                self._homeless[room] = None
            else:
                taken_over.append(Move(room, heir, at_once=True))
        self._unfit = {key: until for key, until in self._unfit.items() if key[1] != link}
        self._better_since.pop(link, None)
        del self._loads[link]
        return taken_over

    def plan(self, bearers: Sequence[Bearer], fit: Callable[[RoomId, LinkId], int], now: float) -> list[Move]:
        """Give a link to rooms without one, and begin to move those that are better off elsewhere.

        Args:
            bearers: the links that are live, the oldest first.
            fit: how well a link fits a room: 0 not at all, else the more the better.
            now: the time.
        """
        self._planned_at = now
        self._unfit = {key: until for key, until in self._unfit.items() if until > now}
        return self._place(bearers, fit) + self._relieve(bearers, fit, now)

    def next_deadline(self) -> float | None:
        """Return when rooms may move that may not yet; `None` while none waits for that."""
        due = list(self._unfit.values())
        due += [max(since + self.hold, self._next_batch_at) for since in self._better_since.values()]
        return min((at for at in due if at > self._planned_at), default=None)

    def _place(self, bearers: Sequence[Bearer], fit: Callable[[RoomId, LinkId], int]) -> list[Move]:
        moves: list[Move] = []
        for room in tuple(self._homeless):
            best = self._best(room, bearers, fit)
            if best is not None:
                self._homes[room] = best.link
                self._loads[best.link] += 1
                del self._homeless[room]
                moves.append(Move(room, best.link, at_once=True))
        return moves

    def _best(
        self, room: RoomId, bearers: Sequence[Bearer], fit: Callable[[RoomId, LinkId], int]
    ) -> Bearer | None:
        fits = {
            bearer: fit(room, bearer.link)
            for bearer in bearers
            if (room, bearer.link) not in self._unfit
            and self._loads[bearer.link] < self._config.max_rooms_per_link
        }
        free = [bearer for bearer, how in fits.items() if how]
        free = [bearer for bearer in free if bearer.accepts] or free
        return max(free, key=lambda bearer: (fits[bearer], self._worth(bearer)), default=None)

    def _relieve(
        self, bearers: Sequence[Bearer], fit: Callable[[RoomId, LinkId], int], now: float
    ) -> list[Move]:
        """Begin to move rooms from links that are to be emptied, or long worse than another."""
        takers = [bearer for bearer in bearers if bearer.accepts]
        top = max((self._worth(taker) for taker in takers), default=0.0)
        moves: list[Move] = []
        for bearer in bearers:
            if not self._loads[bearer.link]:
                self._better_since.pop(bearer.link, None)
                continue
            if not bearer.urgent:
                if not takers or top - self._worth(bearer) < MARGIN:
                    self._better_since.pop(bearer.link, None)
                    continue
                if now < self._better_since.setdefault(bearer.link, now) + self.hold:
                    continue
            moves += self._move_from(bearer, takers, fit, now)
        return moves

    def _move_from(
        self, bearer: Bearer, takers: Sequence[Bearer], fit: Callable[[RoomId, LinkId], int], now: float
    ) -> list[Move]:
        limit = MOVES_AT_ONCE - len(self._heirs)
        in_no_hurry = not bearer.urgent and bearer.health >= SOUND_HEALTH
        if in_no_hurry:
            if now < self._next_batch_at:
                return []
            limit = min(limit, MOVES_AN_INTERVAL)
            self._next_batch_at = now + self.hold * (0.5 + self._dice.random() / 2)
        moves: list[Move] = []
        staying = [room for room in self.rooms(bearer.link) if room not in self._heirs]
        for room in staying:
            if len(moves) >= limit:
                break
            best = self._best(room, [taker for taker in takers if taker != bearer], fit)
            if best is None or not (bearer.urgent or self._worth(best) - self._worth(bearer) >= MARGIN):
                continue
            self._heirs[room] = best.link
            self._loads[best.link] += 1
            moves.append(Move(room, best.link, at_once=False))
        return moves

    def _worth(self, bearer: Bearer) -> float:
        leaving = sum(self._homes[room] == bearer.link for room in self._heirs)
        load = (self._loads[bearer.link] - leaving) / self._config.max_rooms_per_link
        return bearer.health - LOAD_POINTS * load
