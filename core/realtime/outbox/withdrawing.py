"""Withdrawing: what it takes to have an entry back.

A rule alone: what certainly never left is dropped, anything else needs a command that names it (guarantee 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from core.domain.commands import match_of

if TYPE_CHECKING:
    from core.domain.ids import CommandId
    from core.realtime.outbox.outbox import Outbox

Remedy = Literal["withdrawn", "dismissed", "needs_undo", "impossible"]


def remedy(outbox: Outbox, id: CommandId, *, sends: bool) -> tuple[Remedy, str]:
    """Return how an entry can be taken back, and why so, in words for a scorekeeper.

    Args:
        outbox: this device's entries.
        id: the entry.
        sends: whether this process is the one of its data folder that sends.
    """
    state = outbox.state(id)
    refusal = _irrevocable(outbox, id, sends)
    if refusal:
        return "impossible", refusal
    if state == "refused":
        return "dismissed", "it is listed no more"
    if sends and outbox.withdrawable(id):
        return "withdrawn", "it was never sent, and never will be"
    if state == "confirmed":
        return "needs_undo", "it counts already"
    if state == "conflict":
        return "needs_undo", "the hub holds it"
    return "needs_undo", "it may have left this laptop"


def _irrevocable(outbox: Outbox, id: CommandId, sends: bool) -> str:
    """Say why an entry can be taken back by nothing at all; empty where it can."""
    match outbox.state(id):
        case None:
            return f"there is no entry {id} here"
        case "saving":
            return "it is being saved at this moment; try again"
        case "withdrawn":
            return "it is withdrawn already"
        case "refused":
            return "" if sends else "another process works on this queue; dismiss it there"
        case _ if sends and outbox.withdrawable(id):
            return ""
        case _ if match_of(outbox.entry(id).command) is None:
            return "it may have left, and only what is on a match can be undone"
        case _:
            return ""
