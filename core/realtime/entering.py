"""Entering: what a person asks for, made an entry on top of what this device shows.

Owns how matches, tournaments and entries are found by what they were called. The id and the time are made
where the key was pressed, and handed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.domain.commands import (
    Broadcast,
    CloseMissing,
    CreateTournament,
    Entry,
    MatchCommand,
    ReviveTournament,
    Settle,
)
from core.domain.ids import TournamentId, read_room, tournament_of
from core.domain.lookup import find_match
from core.errors import BadInput, Unknown
from core.realtime.outbox.overlay import base_of

if TYPE_CHECKING:
    from datetime import datetime

    from core.domain.commands import Command
    from core.domain.ids import CommandId
    from core.realtime.view import View


def make_entry(
    view: View,
    command: Command,
    id: CommandId,
    at: datetime,
    *,
    tournament: str | None = None,
    why: str = "",
    by: str | None = None,
) -> Entry:
    """Return the entry of a command as it is entered now.

    Args:
        view: what the person sees.
        command: what is asked for; its match may be named by its short form where only one tournament has it.
        id: the entry's id.
        at: now, by this device's clock, UTC.
        tournament: which one; `None` to read it off the command, or where this device knows only one.
        why: the reason given.
        by: who enters it; `None` for the person at this device.

    Raises:
        Unknown: no match, or several, are named so.
        BadInput: it must be said which tournament is meant.
    """
    if isinstance(command, MatchCommand):
        command = _resolved(view, command, tournament)
    named = _tournament(view, command, tournament)
    shown = view.tournaments.get(named)
    return Entry(
        id=id,
        tournament=named,
        command=command,
        by=view.person if by is None else by,
        device=view.device,
        entered_at=at,
        base=base_of(None if shown is None else shown.confirmed, command),
        why=why,
    )


def find_queued(view: View, id: str) -> Entry:
    """Return the entry of this device's queue that an id, or the beginning of one, names.

    Raises:
        Unknown: there is no such entry, or several.
    """
    fitting = [queued.entry for queued in view.queue if queued.entry.id.startswith(id)]
    exact = [entry for entry in fitting if entry.id == id]
    if len(exact or fitting) == 1:
        return (exact or fitting)[0]
    raise Unknown("single entry" if fitting else "entry", id, [entry.id for entry in fitting[:3]])


def _resolved(view: View, command: MatchCommand, tournament: str | None) -> MatchCommand:
    """Return a command with its match's whole id."""
    shown = view.tournaments
    known = shown.get(tournament_of(command.match))
    if known is None and tournament_of(command.match):
        # Of a tournament that this device knows nothing of: the hub will say.
        return command
    if known is not None and command.match in known.confirmed.matches:
        return command
    states = [one.confirmed for id, one in shown.items() if tournament in (None, id)]
    match = find_match(states, command.match)
    if isinstance(command, Settle):
        command = replace(command, instead=tuple(replace(one, match=match) for one in command.instead))
    return replace(command, match=match)


def _tournament(view: View, command: Command, tournament: str | None) -> TournamentId:
    if isinstance(command, MatchCommand):
        return tournament_of(command.match)
    match command:
        case CreateTournament(plan):
            return plan.id
        case ReviveTournament() | CloseMissing():
            if tournament is None:
                raise BadInput("name the tournament")
            return TournamentId(tournament)
        case _ if tournament is not None:
            return TournamentId(tournament)
        case Broadcast(room) if (parts := read_room(room)) is not None and parts.tournament is not None:
            return parts.tournament
        case _:
            known = tuple(view.tournaments)
            if len(known) != 1:
                raise BadInput("name the tournament: this device knows " + (", ".join(known) or "none"))
            return known[0]
