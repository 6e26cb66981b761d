"""Testimony: what clients say of older epochs, passed on as far as they may say it.

Whose events they are is judged here, what becomes of them by the ledger. A client that may not write is
heard by nobody: what it saw is shown again by the first one that may.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from core.hub.door.access import may_bring
from core.wire.messages import Problem
from core.wire.offers import Bring, Offer

if TYPE_CHECKING:
    from core.domain.ids import DeviceId
    from core.hub.door.access import Pass
    from core.hub.log.rounds import Rounds
    from core.wire.offers import Want

logger = logging.getLogger(__name__)


class Witness(Protocol):
    """A client."""

    pass_: Pass

    def give_want(self, want: Want) -> None:
        """Take what the hub lacks of an older epoch."""
        ...

    def give_problem(self, problem: Problem) -> None:
        """Take what cannot be used."""
        ...


def take_testimony(
    rounds: Rounds, witness: Witness, message: Offer | Bring, name: str, device: DeviceId
) -> None:
    """Pass on what a client has seen of an older epoch, or brings of it.

    Args:
        rounds: the hub's one writer.
        witness: the client.
        message: what it says.
        name: the person at it.
        device: its device.
    """
    pass_ = witness.pass_
    if isinstance(message, Offer):
        if may_bring(pass_, message.tournament, own=False):
            rounds.recall(witness, message, name, device)
        else:
            logger.warning("%s has seen of %s what this log may lack", device, message.tournament)
        return
    events = tuple(
        event for event in message.events if may_bring(pass_, message.tournament, own=event.device == device)
    )
    if len(events) < len(message.events):
        detail = "only moderators and admins bring others' entries"
        witness.give_problem(Problem("not_yours", detail))
    if events:
        rounds.recall(witness, replace(message, events=events), name, device)
