"""The hub's answer to an entry: given once, stored with its events, given again to the same id.

Busy, rate limit, sign-in and read-only are no answers (`core.wire.messages.Deferred`): the entry stays
saved.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.domain.events import Event
from core.domain.ids import CommandId, Epoch

Outcome = Literal["accepted", "held", "refused", "withdrawn", "sent"]


class Answer(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What became of an entry."""

    id: CommandId
    outcome: Outcome
    """`accepted`: it counts; `held`: it waits for a person's decision; `refused`: it never will count, see
    `reason`; `withdrawn`: it was taken back before the hub saw it; `sent`: no answer of a hub, but
    all that can be known at an old server, which gives none: it left."""
    epoch: Epoch = Epoch("")
    seq: int = 0
    """Seq of its last event; 0 when it has none."""
    version: int = 0
    """The match's version with its last event; 0 when it has none."""
    events: tuple[Event, ...] = ()
    reason: str = ""
    """Why it was held or refused, in words for a scorekeeper."""
