"""What clients and hubs say about older epochs: what a client has, what the hub lacks, and the events.

A client that follows a new epoch, or that has seen what a hub's log lacks, sends an `Offer` for each older
epoch of which it has anything. The hub answers an offer of events with a `Want`, and the client sends
`Bring`s; what was adopted comes to everybody as events of the log, so a `Bring` needs no answer of its own.
"""

from __future__ import annotations

from msgspec import Struct

from core.domain.events import Event
from core.domain.ids import Epoch, TournamentId
from core.domain.spans import Spans
from core.domain.state import Position

MAX_BRING = 200
"""Most events in one `Bring`."""


class Ancestor(Struct, frozen=True, array_like=True):
    """An epoch that another one goes on from."""

    epoch: Epoch
    after: int
    """The last seq that the next epoch goes on from."""


class Offer(Struct, frozen=True, tag="offer", omit_defaults=True):
    """What a client has of an epoch."""

    tournament: TournamentId
    position: Position
    """How far it has seen that epoch."""
    spans: Spans = ()
    """The seqs of the events that it has."""
    line: tuple[Ancestor, ...] = ()
    """What that epoch goes on from, the oldest first."""
    forked: bool = False
    """Whether it has another event than the hub where the hub's part of that epoch ends."""


class Want(Struct, frozen=True, tag="want"):
    """What a hub lacks of an epoch that was offered; no spans when it has everything."""

    tournament: TournamentId
    epoch: Epoch
    spans: Spans


class Bring(Struct, frozen=True, tag="bring"):
    """Events of an older epoch, as they were, by seq; the events of one entry together."""

    tournament: TournamentId
    epoch: Epoch
    events: tuple[Event, ...]
