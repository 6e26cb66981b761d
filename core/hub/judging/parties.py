"""Who deals with the write rounds: those who bring entries, those who are told, and what waits in the inbox.

Pure. Owns only these shapes; what becomes of an entry is `rounds`' affair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from core.domain.answers import Answer
    from core.domain.commands import Entry
    from core.domain.events import Event
    from core.domain.ids import DeviceId, Epoch, RoomId
    from core.hub.door.access import Pass
    from core.hub.judging.gate import Gate
    from core.hub.rooms.room import Room
    from core.wire.messages import Deferred, Problem
    from core.wire.offers import Bring, Offer, Want
    from core.wire.rooms import SideEvent


class Sender(Protocol):
    """Who brings entries, and is told what became of them."""

    gate: Gate
    pass_: Pass
    """What it may do, today."""

    def give_answers(self, answers: tuple[Answer, ...]) -> None:
        """Take answers, in the order of the log."""
        ...

    def give_deferred(self, deferred: Deferred) -> None:
        """Take ids that were not judged."""
        ...

    def give_problem(self, problem: Problem) -> None:
        """Take what cannot be used."""
        ...


class Witnessing(Protocol):
    """Who has seen of a tournament what this log may lack."""

    def give_want(self, want: Want) -> None:
        """Take what the hub lacks."""
        ...


class Audience(Protocol):
    """Who is told what happened."""

    def publish(self, room: Room, events: tuple[Event, ...]) -> None:
        """Tell a room's members the events of one round."""
        ...

    def publish_side(self, room: RoomId, epoch: Epoch, events: tuple[SideEvent, ...]) -> None:
        """Tell the members of a room with a log of its own what was said in one round."""
        ...

    def restart(self, room: Room) -> None:
        """Tell a room's members that a new epoch began."""
        ...

    def announce(self) -> None:
        """Tell everybody which tournaments there are."""
        ...

    def show_durable(self, durable: bool) -> None:
        """Tell everybody whether the log can be written."""
        ...


@dataclass(frozen=True, slots=True)
class Brought:
    """An entry in the inbox."""

    sender: Sender
    entry: Entry
    deliverer: str
    objection: str = ""
    """Why a person must decide, whatever rights say; `""` for nothing."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a client says of an older epoch, in the inbox."""

    sender: Witnessing
    message: Offer | Bring
    name: str
    device: DeviceId


@dataclass(slots=True)
class Reply:
    """What one sender is told at the end of a round."""

    answers: list[Answer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def give(self, sender: Sender) -> None:
        """Tell the sender."""
        for problem in self.problems:
            sender.give_problem(problem)
        if self.answers:
            sender.give_answers(tuple(self.answers))
