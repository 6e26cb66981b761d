"""A backplane as the write rounds see it: one order that several hubs share, tournament by tournament.

Pure. Owns only these shapes. What a group is judged on is `chain`'s affair, how it travels `jetstream`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.domain.ids import TournamentId
    from core.domain.state import Position
    from core.errors import BadLog
    from core.hub.judging.chain import Chain, Step
    from core.hub.judging.ledger import Ruling


class Come(Protocol):
    """A group that another hub judged, or this one in an earlier life, next in its tournament's order."""

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """What was judged."""
        ...

    @property
    def step(self) -> Step:
        """Where the log stands with it."""
        ...


class Backplane(Protocol):
    """The one order that several hubs share."""

    @property
    def has_news(self) -> bool:
        """Whether `take` has something to give or to say."""
        ...

    @property
    def is_level(self) -> bool:
        """Whether everything was taken that was there when `join` or `catch_up` looked."""
        ...

    def listen(self, wake: Callable[[], None]) -> None:
        """Name whom to call when there is news."""
        ...

    async def join(self, chain: Chain, positions: Mapping[TournamentId, Position]) -> None:
        """Connect, and begin to read behind what the log has.

        Raises:
            NotSaved: it is away.
            BadLog: the log and the backplane do not go together.
        """
        ...

    async def catch_up(self) -> None:
        """Look how far the backplane is.

        Raises:
            NotSaved: it is away.
        """
        ...

    async def wait(self) -> None:
        """Wait for news."""
        ...

    def take(self) -> Come | None:
        """Return the next group to be stored; `None` where nothing more has come.

        Raises:
            NotSaved: the backplane is away.
            BadLog: what came does not follow what is here.
        """
        ...

    async def publish(self, rulings: Sequence[Ruling], position: Position | None) -> Step | None:
        """Have a group taken on top of the one that it was judged on; `None` where others came after that.

        Raises:
            NotSaved: the backplane is away; whether it took the group is seen when it is back.
            TooLarge: it takes no group of that size.
        """
        ...

    def advance(self, step: Step) -> None:
        """Know that a step was stored."""
        ...

    def give_up(self, error: BadLog) -> None:
        """Join no more: what came cannot be stored."""
        ...
