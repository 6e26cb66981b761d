"""The chain: how the groups that several hubs judged follow each other, tournament by tournament.

Pure. Owns where this hub's copy stands in the shared stream, and what a group that comes is: the next one,
one that is here already, one behind a gap, or one that cannot be. Leaves carrying them to `jetstream`, and
what is in them to the ledger. Guarantees that a group is taken only on top of the one that it was judged on.
Places in the stream say only what comes after what: no seq of a tournament is ever made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from core.hub.judging.ledger import Ruling
from core.wire.groups import Group, Judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.domain.ids import Epoch, TournamentId
    from core.domain.state import Position


@dataclass(frozen=True, slots=True)
class Link:
    """The latest group of a tournament."""

    tournament: TournamentId
    at: int
    """Its place in the stream, from 1 on."""
    group: str
    """Its id."""
    epoch: Epoch
    seq: int
    """Where the tournament stands after it."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The last place in the stream up to which everything is here."""

    at: int = 0
    group: str = ""
    """The id of the group there."""


@dataclass(frozen=True, slots=True)
class Step:
    """One group further: stored together with what the group holds."""

    link: Link
    tail: Tail


@dataclass(frozen=True, slots=True)
class Broken:
    """What came cannot follow what is here."""

    reason: str


Receipt: TypeAlias = Literal["next", "known", "gap"] | Broken


class Chain:
    """Where a hub's copy stands.

    Args:
        links: the latest group of each tournament.
        tail: how far everything is here.
    """

    def __init__(self, links: Iterable[Link] = (), tail: Tail = Tail()) -> None:
        self._links = {link.tournament: link for link in links}
        self.tail = tail

    @property
    def newest(self) -> int:
        """The place of the newest group that is here; it may be behind others that are not yet."""
        return max((self.tail.at, *(link.at for link in self._links.values())))

    def place(self, tournament: TournamentId) -> int:
        """Return the place of a tournament's latest group; 0 for none."""
        link = self._links.get(tournament)
        return 0 if link is None else link.at

    def predecessor(self, tournament: TournamentId) -> str:
        """Return the id of a tournament's latest group; `""` for none."""
        link = self._links.get(tournament)
        return "" if link is None else link.group

    def strange(self, positions: Mapping[TournamentId, Position]) -> str:
        """Return what in a log does not come from this chain, in words; `""` if all does.

        Args:
            positions: where the log's tournaments stand.
        """
        for tournament, position in positions.items():
            link = self._links.get(tournament)
            if link is None:
                return f"tournament {tournament} was never on the backplane"
            if (link.epoch, link.seq) != (position.epoch, position.seq):
                return (
                    f"tournament {tournament} is at {position.epoch}:{position.seq}, but was at"
                    f" {link.epoch}:{link.seq} when it was on the backplane last"
                )
        return ""

    def receive(self, at: int, group: Group) -> Receipt:
        """Say what a group is that was read at a place of the stream.

        Args:
            at: its place.
            group: the group.
        """
        if at <= self.tail.at:
            return "known"
        if at > self.tail.at + 1:
            return "gap"
        link = self._links.get(group.tournament)
        if link is not None and at <= link.at:
            # Published from here, and stored when it was acknowledged.
            if at == link.at and group.id != link.group:
                return Broken(f"at {at} of the stream is another group than the one acknowledged there")
            self.tail = Tail(at, group.id)
            return "known"
        if group.predecessor != self.predecessor(group.tournament):
            return Broken(
                f"the group at {at} of the stream was judged on {group.predecessor or 'nothing'}, but the"
                f" one before it of {group.tournament} is {self.predecessor(group.tournament) or 'none'}"
            )
        return "next"

    def step(self, at: int, group: Group) -> Step:
        """Return the step that takes a group, to be stored with it."""
        tail = Tail(at, group.id) if at == self.tail.at + 1 else self.tail
        return Step(Link(group.tournament, at, group.id, group.epoch, group.seq), tail)

    def advance(self, step: Step) -> None:
        """Take a step that was stored."""
        self._links[step.link.tournament] = step.link
        # It may have moved on meanwhile, over groups that were here already.
        if step.tail.at > self.tail.at:
            self.tail = step.tail


def judged(rulings: Sequence[Ruling]) -> tuple[Judged, ...]:
    """Return rulings as the other hubs read them.

    What was said in rooms with a log of their own is left out: each hub has its own of those.
    """
    return tuple(
        Judged(ruling.answer, ruling.digest, ruling.withdrawn, ruling.begins, ruling.filed)
        for ruling in rulings
    )


def rulings_of(group: Group) -> tuple[Ruling, ...]:
    """Return what was judged in a group."""
    return tuple(
        Ruling(group.tournament, one.answer, one.digest, one.withdrawn, begins=one.begins, filed=one.filed)
        for one in group.judged
    )
