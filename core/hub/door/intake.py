"""The intake: what a sender brings, sifted by rate and by who it is, before the rounds judge it.

What a pass never allowed, or comes too fast, is deferred: it stays with its sender. What it allowed once and
no longer does goes on, and the round holds it for ops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from core.hub.door.access import judge_entry
from core.wire.messages import Deferred

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.domain.commands import Entry
    from core.hub.door.access import Pass
    from core.hub.door.door import Door, Visitor
    from core.hub.judging.parties import Sender
    from core.hub.web.figures import Figures

SIGN_IN_WAIT = 60.0
"""Seconds after which entries may be brought again that wait for somebody to sign in."""


class Judges(Protocol):
    """Who takes the entries that come through."""

    @property
    def figures(self) -> Figures:
        """What the hub counts."""
        ...

    def bring(self, sender: Sender, entries: Sequence[Entry], name: str, device: str) -> None:
        """Take entries of a sender."""
        ...


def take_in(
    door: Door,
    judges: Judges,
    sender: Sender,
    visitor: Visitor,
    entries: Sequence[Entry],
    name: str,
    device: str,
    now: float,
) -> None:
    """Take a sender's entries, or defer them.

    Args:
        door: has the limits.
        judges: who judges what comes through.
        sender: who brings them, with today's pass.
        visitor: where the sender comes from.
        entries: in the order of the key presses.
        name: the person, as the client says; a name in the pass counts more.
        device: the device that brings them.
        now: monotonic seconds.
    """
    pass_ = sender.pass_
    wait = _wait(door, pass_, visitor, len(entries), now)
    if wait:
        judges.figures.deferred["rate"] += len(entries)
        _defer(sender, entries, "rate", "too many entries at a time; they stay with you until then", wait)
        return
    passing: list[Entry] = []
    refused: dict[str, list[Entry]] = {}
    for entry in entries:
        permit = judge_entry(pass_, entry, None)
        if permit.outcome == "sign_in":
            refused.setdefault(permit.reason, []).append(entry)
        else:
            passing.append(entry)
    for reason, those in refused.items():
        judges.figures.deferred["sign_in"] += len(those)
        _defer(sender, those, "sign_in", reason, SIGN_IN_WAIT)
    if passing:
        judges.bring(sender, passing, pass_.name or name, device)


def _wait(door: Door, pass_: Pass, visitor: Visitor, count: int, now: float) -> float:
    """Count entries against whoever brings them; return after how many seconds there is room for them."""
    if pass_.standing != "valid":
        return door.late_entries.take(pass_.id, now, count)
    if door.trusts(visitor):
        return 0.0
    return door.entries.take(pass_.id or visitor.address, now, count)


def _defer(
    sender: Sender, entries: Sequence[Entry], code: Literal["rate", "sign_in"], detail: str, wait: float
) -> None:
    for entry in entries:
        sender.gate.defer(entry)
    sender.give_deferred(Deferred(tuple(entry.id for entry in entries), code, detail, wait))
