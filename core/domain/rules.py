"""The rules: what becomes of an entry, judged on a state. One judgement for hub and client.

The hub's ledger makes it binding; the client lays its pending entries over the confirmed state by the same
call. Guarantees that a verdict's events fold onto the state they were judged on. Ids, durability and rights
are not its affair; what each command does is `matchplay`'s and `organising`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from core.domain.adoption import unpack_copy
from core.domain.checks import check
from core.domain.commands import (
    Broadcast,
    CloseMissing,
    CreateTournament,
    Entry,
    Founding,
    MatchCommand,
    Notify,
    Organisation,
    ReviveTournament,
)
from core.domain.conflicts import conflicts, reason
from core.domain.events import (
    BroadcastSent,
    EntryHeld,
    EpochBegun,
    Event,
    MissingClosed,
    Notified,
    TournamentCreated,
)
from core.domain.ids import Epoch, read_room
from core.domain.matchplay import play
from core.domain.organising import organise
from core.domain.rooms import room_exists
from core.domain.writing import Refusal, Writer
from core.errors import BadLog, BadPlan

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.state import Tournament


@dataclass(frozen=True, slots=True)
class Accepted:
    """The entry counts."""

    events: tuple[Event, ...]
    """None for a broadcast to a room with a log of its own: it is in no tournament's."""
    state: Tournament
    """The state with the events applied."""


@dataclass(frozen=True, slots=True)
class Conflicting:
    """The entry is held: its base is behind what others did to the same thing."""

    events: tuple[Event, ...]
    state: Tournament
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The entry can never count."""

    reason: str
    """Why, in words for a scorekeeper."""


Verdict: TypeAlias = Accepted | Conflicting | Refused


def judge(  # noqa: C901 - one flat case a kind of command
    state: Tournament | None,
    entry: Entry,
    at: datetime,
    epoch: Epoch,
    deliverer: str = "",
    objection: str = "",
) -> Verdict:
    """Judge an entry on a state.

    Args:
        state: the tournament before; `None` when it does not exist yet.
        entry: what was entered.
        at: when it was received, UTC; times that would go back are lifted to the state's last.
        epoch: the epoch in which its events would stand.
        deliverer: who brought it, `""` when that was the author.
        objection: why rights refuse it, so that it is held for ops on its match; `""` for nothing. What is
            on no match cannot be held, and is refused.
    """
    writer = Writer(state, entry, at, epoch, deliverer)
    try:
        command = entry.command
        if objection and not isinstance(command, MatchCommand):
            raise Refusal(objection)
        if isinstance(command, Founding):
            _found(writer, state, command)
        elif state is None:
            raise Refusal(f"there is no tournament {entry.tournament!r} here")
        elif isinstance(command, Notify):
            writer.write(None, Notified(command.title, command.text, command.level))
        elif isinstance(command, Broadcast):
            _broadcast(writer, command)
        elif isinstance(command, CloseMissing):
            _close(writer, command)
        elif isinstance(command, Organisation):
            organise(writer, command)
        else:
            line = [past.epoch for past in state.past]
            against = conflicts(writer.match(command.match), entry, epoch, line)
            if objection:
                writer.write(command.match, EntryHeld(entry, (), objection))
                return Conflicting(writer.events, writer.state, objection)
            if against:
                writer.write(command.match, EntryHeld(entry, tuple(other.id for other in against)))
                return Conflicting(writer.events, writer.state, reason(against))
            play(writer, command)
    except Refusal as refusal:
        return Refused(str(refusal))
    return Accepted(writer.events, writer.state)


def _found(writer: Writer, state: Tournament | None, command: Founding) -> None:
    """Begin the tournament's log."""
    if isinstance(command, CreateTournament):
        _create(writer, state, command)
    else:
        _revive(writer, state, command)


def _create(writer: Writer, state: Tournament | None, command: CreateTournament) -> None:
    plan = command.plan
    if state is not None:
        raise Refusal(f"there is a tournament {plan.id!r} already; give this one another id")
    if plan.id != writer.entry.tournament:
        raise Refusal(f"the plan is for {plan.id!r}, the entry for {writer.entry.tournament!r}")
    try:
        check(plan)
    except BadPlan as error:
        raise Refusal(str(error)) from error
    writer.write(None, TournamentCreated(plan))


def _revive(writer: Writer, state: Tournament | None, command: ReviveTournament) -> None:
    if state is not None:
        raise Refusal("this tournament is here already; consoles bring what it lacks by themselves")
    try:
        copy = unpack_copy(command.copy)
    except BadLog as error:
        raise Refusal(f"the copy cannot be used: {error.why}") from error
    if copy.id != writer.entry.tournament:
        raise Refusal(f"the copy is of {copy.id!r}, the entry of {writer.entry.tournament!r}")
    parent = copy.position
    writer.write(None, EpochBegun(parent.epoch, parent.seq, parent.seq, command.copy))


def _close(writer: Writer, command: CloseMissing) -> None:
    past = next((one for one in writer.state.past if one.epoch == command.epoch), None)
    if past is None or not any(first <= command.until for first, _ in past.missing):
        raise Refusal("nothing is missing there any more")
    writer.write(None, MissingClosed(command.epoch, min(command.until, past.seen)))
    writer.follow_up()


def _broadcast(writer: Writer, command: Broadcast) -> None:
    """Write what everybody is told; what only some are told changes nothing of the tournament."""
    parts = read_room(command.room)
    if parts is None or not (parts.kind == "global" or room_exists(writer.state, parts)):
        raise Refusal(f"there is no room {command.room!r}")
    if parts.kind == "tournament":
        writer.write(None, BroadcastSent(command.event, command.data, command.exclude_sender))
    elif not parts.has_own_log:
        raise Refusal("a broadcast goes to a tournament, its admins, a team, a role, or to all (global)")
